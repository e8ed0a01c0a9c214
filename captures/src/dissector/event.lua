-- Events -------------------------------------------------------------------------------------------------------------

-- The event daemon's own protocol, in recordings of its socket only. It has no magic: the byte order is the one in which
-- the stated length is that of the packet. No node takes part, so a pair is a client and the number of its request.
local EVENT_HEADER = { "struct", "EventHeader" }
local EVENT_PAIR = { request = { half = "request" }, reply = { half = "reply" } }

local function event_result(r, tree, row)
    local result, item = take_number(r, tree, "ctdbx.event.result", 4)
    if result ~= 0 then
        local signed = result < 0x80000000 and result or result - 0x100000000
        item:add_proto_expert_info(expert.failed, string.format("%s failed with %d", row.name, signed))
    end
    return result
end

local function event_body(r, tree, is_reply)
    walk_members(r, tree, EVENT_HEADER)
    local length, there = r.seen["ctdbx.event_header.length"].value, r.tvb:reported_len()
    if length ~= there then misfit(string.format("%.0f bytes stated, %d are there", length, there)) end
    r.base = r.at
    local command, item = take_number(r, tree, "ctdbx.event.command", 4)
    local row = T.events[command] or { name = "COMMAND_" .. string.format("%.0f", command), unknown = true }
    item:append_text(" (" .. row.name .. ")")
    tree:add(F["ctdbx.event"], r.tvb(0, 0), row.name):set_generated()
    local kind = row.request
    if is_reply then
        kind = event_result(r, tree, row) == 0 and row.reply or nil
    end
    if row.unknown then
        tree:add_proto_expert_info(expert.unknown)
        take(r, tree, "ctdbx.undecoded", r.limit - r.at)
    elseif kind then
        walk_members(r, tree, kind)
    end
    if r.at < r.limit then misfit(string.format("%d bytes follow the value", r.limit - r.at)) end
    return row.name
end

-- One packet of the event daemon's socket. `ends` says who sent it to whom.
local function event_packet(tvb, pinfo, root, ends)
    if items.frame ~= pinfo.number then items.frame, items.count = pinfo.number, 0 end
    local is_reply = ends.from_daemon
    local tree = root:add(proto, tvb())
    local le = tvb:len() < 4 or tvb(0, 4):le_uint() == tvb:reported_len() or tvb(0, 4):uint() ~= tvb:reported_len()
    local r = {
        tvb = tvb, at = 0, base = 0, limit = tvb:len(), seen = {}, le = le,
        abi = ABIS[proto.prefs.machine] or ABIS[1],
    }
    local name
    guarded(tree, function() name = event_body(r, tree, is_reply) end)
    if name then
        local reqid = string.format("event %.0f", r.seen["ctdbx.event_header.reqid"].value)
        local head = {
            row = EVENT_PAIR[is_reply and "reply" or "request"], pinfo = pinfo, reqid = reqid,
            mark = string.format("%d %s", pinfo.number, reqid),
        }
        show_pair(r, tree, pair(head, name, ends), is_reply)
    end
    local what = (is_reply and "EVENT_REPLY " or "EVENT_REQUEST ") .. (name or "(malformed)")
    tree:append_text(", " .. what)
    return what
end
