-- Requests and their replies -----------------------------------------------------------------------------------------

-- Between nodes a reply comes on another connection than its request; so a control is found again by both addresses, a
-- call, which a third node may answer, by the node that asked, and what a client asks by the client's end of its socket.
local waiting, pairs_by_reply, pairs_by_request = {}, {}, {}

function proto.init()
    waiting, pairs_by_reply, pairs_by_request = {}, {}, {}
    items.frame, items.count = -1, 0
end

local sources = { Field.new("ip.src"), Field.new("ipv6.src") }
local targets = { Field.new("ip.dst"), Field.new("ipv6.dst") }

local function address(extractors, otherwise)
    for _, extract in ipairs(extractors) do
        local found = { extract() }
        if #found > 0 then return tostring(found[#found].range:bytes()) end
    end
    return tostring(otherwise)
end

local function asker(head, row, is_request, ends)
    if ends then
        return "client " .. (is_request and ends.src or ends.dst)
    elseif row.pair == "call" then
        return "call " .. (is_request and head.src or head.dest)
    end
    local src, dst = address(sources, head.pinfo.src), address(targets, head.pinfo.dst)
    return is_request and "control " .. src .. " " .. dst or "control " .. dst .. " " .. src
end

local function remember(head, key, asked, ends)
    local from = ends and "" or address(sources, head.pinfo.src)
    local known = waiting[key]
    -- A call that another node passes on is still the same call.
    if known and head.row.pair == "call" and not ends and known.from ~= from then return end
    waiting[key] = { frame = head.pinfo.number, time = head.pinfo.rel_ts, asked = asked, from = from, mark = head.mark }
end

-- What was asked is the number of a control, or what a call does. The pair that this packet belongs to, as far as it is known by now.
local function pair(head, asked, ends)
    local row = head.row
    if not row.half then return nil end
    local key = asker(head, row, row.half == "request", ends) .. " " .. head.reqid
    if row.half == "request" then
        if not head.pinfo.visited then remember(head, key, asked, ends) end
        return pairs_by_request[head.mark]
    end
    if not head.pinfo.visited and waiting[key] then
        local request = waiting[key]
        waiting[key] = nil
        local made = {
            request = request.frame,
            reply = head.pinfo.number,
            asked = request.asked,
            time = head.pinfo.rel_ts - request.time,
        }
        pairs_by_reply[head.mark] = made
        pairs_by_request[request.mark] = made
    end
    return pairs_by_reply[head.mark]
end

local function show_pair(r, tree, found, is_reply)
    if found and is_reply then
        tree:add(F["ctdbx.request_in"], r.tvb(0, 0), found.request):set_generated()
        tree:add(F["ctdbx.time"], r.tvb(0, 0), found.time):set_generated()
    elseif found then
        tree:add(F["ctdbx.reply_in"], r.tvb(0, 0), found.reply):set_generated()
    end
end

-- Packets ------------------------------------------------------------------------------------------------------------

local function control_row(number)
    return T.controls[number] or { name = "CONTROL_" .. string.format("%.0f", number), unknown = true }
end

local function show_control(tree, tvb, number, row)
    tree:add(F["ctdbx.control"], tvb(0, 0), row.name):set_generated()
    tree:add(F["ctdbx.control.number"], tvb(0, 0), number):set_generated()
    if row.unknown then tree:add_proto_expert_info(expert.unknown) end
end

-- A payload at the member of the operation where the table says that it travels.
local function place_payload(r, place, prefix)
    local seen = r.seen[prefix .. place[1]:lower()]
    if not seen then return end
    if place[1] == "Flags" then
        -- Only the upper half belongs to the control.
        local field, value = F["ctdbx.payload." .. place[3]], math.floor(seen.value / 0x10000) * 0x10000
        local item = seen.item:add(field, r.tvb(seen.at, seen.len), value)
        append_flags(item, T.named[place[2].as], value)
    elseif place[2].as ~= "SrvId" or place[1] == "Data" then
        walk_payload(r, seen.item, place[2], place[3], seen.at, seen.len)
    end
end

-- What travels elsewhere leaves nothing for the data.
local function expect_empty(r, place, abbr)
    local data = r.seen[abbr]
    if place[1] ~= "Data" then walk_payload(r, data.item, { "nothing" }, "nothing", data.at, data.len) end
end

local function request_control(r, tree)
    local opcode = r.seen["ctdbx.req_control.opcode"].value
    local row = control_row(opcode)
    r.seen["ctdbx.req_control.opcode"].item:append_text(" (" .. row.name .. ")")
    show_control(tree, r.tvb, opcode, row)
    for _, place in ipairs(row.argument or {}) do
        place_payload(r, place, "ctdbx.req_control.")
    end
    if row.argument then expect_empty(r, row.argument[1], "ctdbx.req_control.data") end
    return row.name, opcode
end

local function reply_control(r, tree, found)
    if not found then return "(request not seen)" end
    local row = control_row(found.asked)
    show_control(tree, r.tvb, found.asked, row)
    local place = row.reply
    if not place then return row.name end
    local seen = r.seen["ctdbx.reply_control.status"]
    local status = seen.value < 0x80000000 and seen.value or seen.value - 0x100000000
    local failed = status ~= 0
    if place[1] == "Status" then
        failed = status < (place[2].as == "Exists" and -1 or 0) or (place[2].as == "Exists" and status > 0)
    end
    if failed then
        seen.item:add_proto_expert_info(expert.failed, string.format("%s failed with %d", row.name, status))
        return string.format("%s failed (%d)", row.name, status)
    end
    place_payload(r, place, "ctdbx.reply_control.")
    expect_empty(r, place, "ctdbx.reply_control.data")
    return row.name
end

-- The answer to a call that wanted the record with its header.
local function reply_call(r, found)
    local data = r.seen["ctdbx.reply_call.data"]
    if not found or found.asked ~= T.fetch_with_header or r.seen["ctdbx.reply_call.status"].value ~= 0 then return "" end
    walk_payload(r, data.item, { "fetched" }, "bytes", data.at, data.len)
    return ""
end

-- A row whose srvids begin with the same hexadecimal digits.
local function message_row(id)
    local single = T.messages[id]
    if single then return single, single.name end
    for _, row in ipairs(T.ranges) do
        if id:sub(1, #row.prefix) == row.prefix then
            return row, row.name .. "-0x" .. id:sub(#row.prefix + 1):gsub("^0+(.)", "%1")
        end
    end
    return nil, "0x" .. id
end

local function request_message(r, tree)
    local place = r.seen["ctdbx.req_message.srvid"]
    local raw = r.tvb(place.at, 8):raw()
    if r.le then raw = raw:reverse() end
    local id = raw:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
    local row, name = message_row(id)
    tree:add(F["ctdbx.message"], r.tvb(place.at, 8), name):set_generated()
    place.item:append_text(" (" .. name .. ")")
    local data = r.seen["ctdbx.req_message.data"]
    if row then walk_payload(r, data.item, row.payload, row.type, data.at, data.len) end
    return name
end

local RAW_HEADER = { "struct", "RawHeader" }

-- The body, and what the packet is about.
local function body(r, tree, head, ends)
    local row = head.row
    local abbr = T.structs[row.body].abbr
    local whole = guarded(tree, function()
        branch(r, tree, abbr, nil, function(item) walk_members(r, item, row.kind) end)
    end)
    local asked = r.seen["ctdbx.req_control.opcode"] or r.seen["ctdbx.req_call.call_id"]
    local found = pair(head, asked and asked.value, ends)
    show_pair(r, tree, found, row.half == "reply")
    if not whole then return "(malformed)" end
    if row.body == "ReqControl" then return (request_control(r, tree)) end
    if row.body == "ReplyControl" then return reply_control(r, tree, found) end
    if row.body == "ReplyCall" then return reply_call(r, found) end
    if row.body == "ReqMessage" then return request_message(r, tree) end
    return ""
end

local function node(number)
    return T.named.Dest.names[number] or string.format("%.0f", number)
end

-- One packet of at least a header, or what was captured of it.
local function packet(tvb, pinfo, root, ends)
    if items.frame ~= pinfo.number then items.frame, items.count = pinfo.number, 0 end
    local tree = root:add(proto, tvb())
    local r = {
        tvb = tvb, at = 0, base = 0, limit = tvb:len(), seen = {},
        le = tvb(4, 4):le_uint() == T.magic, abi = ABIS[proto.prefs.machine] or ABIS[1],
    }
    local what
    guarded(tree, function()
        walk_members(r, tree, RAW_HEADER)
        local value = function(name) return r.seen["ctdbx." .. name].value end
        local number = value("operation")
        local row = T.operations[number] or { name = "OPERATION_" .. string.format("%.0f", number) }
        r.seen["ctdbx.operation"].item:append_text(" (" .. row.name .. ")")
        local head = {
            row = row, pinfo = pinfo, src = value("src"), dest = value("dest"), reqid = value("reqid"),
            mark = string.format("%d %.0f %.0f", pinfo.number, number, value("reqid")),
        }
        if value("length") ~= tvb:reported_len() then
            local text = string.format("%.0f bytes stated, %d are there", value("length"), tvb:reported_len())
            r.seen["ctdbx.length"].item:add_proto_expert_info(expert.malformed, text)
        end
        r.base = r.at
        if row.body then
            what = row.name .. " " .. body(r, tree, head, ends)
        else
            tree:add_proto_expert_info(expert.unknown)
            take(r, tree, "ctdbx.undecoded", r.limit - r.at)
            what = row.name
        end
        what = what:gsub(" $", "") .. " " .. node(head.src) .. " > " .. node(head.dest)
    end)
    tree:append_text(", " .. (what or "(malformed)"))
    return what or "(malformed)"
end
