-- Streams ------------------------------------------------------------------------------------------------------------

local function order(tvb, at)
    local magic = tvb(at + 4, 4)
    if magic:le_uint() == T.magic then return true, true end
    return magic:uint() == T.magic, false
end

-- The length of the packet whose header may stand at `at`; nil when no node would accept it.
local function plausible(tvb, at)
    local ours, le = order(tvb, at)
    if not ours then return nil end
    local function word(offset)
        local range = tvb(at + offset, 4)
        return le and range:le_uint() or range:uint()
    end
    local len = word(0)
    local fits = len >= HEADER and len <= T.limit and len % 8 == 0 and word(8) == T.version
    return fits and len or nil
end

-- Where the next header may stand; the end less 31 bytes when there is none.
local function search(tvb, at)
    local raw, from = tvb:raw(), at + 1
    while true do
        local little, big = raw:find(T.magic_le, from + 5, true), raw:find(T.magic_be, from + 5, true)
        local next = math.min(little or math.huge, big or math.huge) - 5
        if next + HEADER > tvb:len() then return math.max(at + 1, tvb:len() - HEADER + 1) end
        if plausible(tvb, next) then return next end
        from = next + 1
    end
end

local function no_packet(tvb, root, at, len)
    local tree = root:add(proto, tvb(at, len))
    tree:append_text(", bytes that are no packet")
    tree:add(F["ctdbx.undecoded"], tvb(at, len))
    tree:add_proto_expert_info(expert.stream)
    return len
end

local function column(pinfo, first, text)
    pinfo.cols.protocol = "CTDB"
    if first then pinfo.cols.info:set(text) else pinfo.cols.info:append("; " .. text) end
end

-- A segment of a stream: all packets in it, and a wish for more bytes when the last one is cut.
function proto.dissector(tvb, pinfo, root)
    local at, first, len = 0, true, tvb:len()
    local complete = tvb:reported_len() == len
    while at < len do
        local size = len - at >= HEADER and plausible(tvb, at)
        local wanted = size or HEADER
        if not size and len - at >= HEADER then
            local next = search(tvb, at)
            no_packet(tvb, root, at, next - at)
            column(pinfo, first, "(no packet)")
            at = next
        elseif wanted > len - at then
            if complete and pinfo.can_desegment > 0 then
                pinfo.desegment_offset = at
                pinfo.desegment_len = size and size - (len - at) or DESEGMENT_ONE_MORE_SEGMENT
                return len
            end
            if len - at >= HEADER then
                column(pinfo, first, packet(tvb(at):tvb(), pinfo, root))
            else
                no_packet(tvb, root, at, len - at)
            end
            return len
        else
            column(pinfo, first, packet(tvb(at, size):tvb(), pinfo, root))
            at = at + size
        end
        first = false
    end
    pinfo.cols.info:fence()
    return len
end

-- Exported packets ---------------------------------------------------------------------------------------------------

-- Recordings of a Unix socket hold one packet a record, behind tags that name Wireshark's own heuristic dissector. The
-- tags go to the dissector of exported packets as ever, which shows the ends; the packet comes here.
local exported = Proto("tablecloth_exported", "Exported packets of CTDB")
local original = Dissector.get("exported_pdu")

local TAG = { END = 0, NAME = 12, HEURISTIC = 13, IPV4_SRC = 20, IPV4_DST = 21, IPV6_SRC = 22, IPV6_DST = 23,
    PORT_TYPE = 24, SRC_PORT = 25, DST_PORT = 26, PROTOCOL = 33, TCP_DATA = 34 }

-- What the tags say: whether the packet is of CTDB or of the event daemon, its ends, where it starts.
local function tags(tvb)
    local said, at = { src = "", dst = "" }, 0
    while at + 4 <= tvb:len() do
        local tag, len = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
        local value = at + 4
        at = value + round_up(len, 4)
        if at > tvb:len() then return nil end
        local raw = len > 0 and tvb(value, len):raw() or ""
        if tag == TAG.END then
            said.start = at
            return said.of and said or nil
        elseif tag == TAG.NAME or tag == TAG.HEURISTIC then
            said.of = raw:sub(1, 4) == "ctdb" and "ctdbd" or nil
        elseif tag == TAG.PROTOCOL and raw:sub(1, (raw:find("\0", 1, true) or #raw + 1) - 1) == "CTDB-EVENTD" then
            said.of = "eventd"
        elseif tag == TAG.IPV4_SRC or tag == TAG.IPV6_SRC or tag == TAG.SRC_PORT then
            said.src = said.src .. tostring(tvb(value, len):bytes()) .. "."
            if tag == TAG.SRC_PORT then said.from_daemon = len == 4 and tvb(value, len):uint() == 4379 end
        elseif tag == TAG.IPV4_DST or tag == TAG.IPV6_DST or tag == TAG.DST_PORT then
            said.dst = said.dst .. tostring(tvb(value, len):bytes()) .. "."
        end
    end
    return nil
end

-- Whether Wireshark itself survives the tags: for a port type or TCP data that it does not know it throws what passes
-- through Lua without being caught, and Lua does not stand that often. It steps by the stated lengths.
local function harmless(tvb)
    local at = 0
    while at + 8 <= tvb:len() do
        local tag, len = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
        if tag == TAG.END then return true end
        if tag == TAG.PORT_TYPE and tvb(at + 4, 4):uint() > 12 then return false end
        if tag == TAG.TCP_DATA and tvb(at + 4, 2):uint() ~= 1 then return false end
        at = at + 4 + len
    end
    return true
end

-- Other tags that Wireshark does not take it shows as malformed; what it throws then is not an error of ours.
local function show_tags(tvb, pinfo, root)
    if original and harmless(tvb) then
        pcall(original.call, original, tvb, pinfo, root)
    else
        no_packet(tvb, root, 0, tvb:len())
    end
end

function exported.dissector(tvb, pinfo, root)
    local said = tags(tvb)
    show_tags(said and tvb(0, said.start):tvb() or tvb, pinfo, root)
    if not said then return tvb:len() end
    local len = tvb:len() - said.start
    if len == 0 then return tvb:len() end
    local pdu = tvb(said.start):tvb()
    if said.of == "eventd" then
        column(pinfo, true, event_packet(pdu, pinfo, root, said))
        return tvb:len()
    end
    if len < HEADER or not (order(pdu, 0)) then
        no_packet(pdu, root, 0, len)
        column(pinfo, true, "(no packet)")
        return tvb:len()
    end
    column(pinfo, true, packet(pdu, pinfo, root, said))
    return tvb:len()
end

-- Registration -------------------------------------------------------------------------------------------------------

proto.prefs.ports = Pref.range("TCP ports", "4379", "Ports of the nodes", 65535)
proto.prefs.machine = Pref.enum("Machine type", 1, "What the nodes run on; byte order is told by each packet", {
    { 1, "64-bit", 1 },
    { 2, "32-bit x86", 2 },
}, false)

local ports = DissectorTable.get("tcp.port")
local taken = proto.prefs.ports
ports:add(taken, proto)

function proto.prefs_changed()
    if taken ~= proto.prefs.ports then
        ports:remove(taken, proto)
        taken = proto.prefs.ports
        ports:add(taken, proto)
    end
end

local encapsulations = wtap_encaps or wtap
if encapsulations and encapsulations.WIRESHARK_UPPER_PDU then
    DissectorTable.get("wtap_encap"):add(encapsulations.WIRESHARK_UPPER_PDU, exported)
end
