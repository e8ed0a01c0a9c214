-- Machine types ------------------------------------------------------------------------------------------------------

local ABIS = {
    { long = 8, align8 = 8, lens = {}, aligns = {} },
    { long = 4, align8 = 4, lens = {}, aligns = {} },
}

local function number_size(abi, kind)
    return kind[1] == "num" and kind[2] or abi.long
end

local align_of, min_len

local function compute_align(abi, kind)
    local k = kind[1]
    if k == "num" or k == "long" or k == "size" or k == "pointer" then
        local size = number_size(abi, kind)
        return size == 8 and abi.align8 or size
    elseif k == "sockaddr" or k == "prefixed" or k == "recbuffer" then
        return 4
    elseif k == "array" or k == "list" then
        return align_of(abi, kind[2])
    elseif k == "keyed" then
        return align_of(abi, kind[3])
    elseif k == "struct" then
        local layout, most = T.structs[kind[2]], 1
        if layout.packed then return 1 end
        for _, member in ipairs(layout.members) do most = math.max(most, align_of(abi, member[2])) end
        for _, member in ipairs(layout.counted) do most = math.max(most, 4, align_of(abi, member[2])) end
        return most
    end
    return 1
end

local function round_up(at, align)
    return at + (-at) % align
end

local function compute_len(abi, kind)
    local k = kind[1]
    if k == "num" or k == "long" or k == "size" or k == "pointer" then
        return number_size(abi, kind)
    elseif k == "sockaddr" then
        return 28
    elseif k == "name" then
        return kind[2]
    elseif k == "array" then
        return min_len(abi, kind[2]) * kind[3]
    elseif k == "prefixed" then
        return 4
    elseif k == "record" then
        return 16
    elseif k == "recbuffer" then
        return 8
    elseif k == "keyed" then
        return min_len(abi, kind[3])
    elseif k == "struct" then
        local layout, at = T.structs[kind[2]], 0
        local function place(align) if not layout.packed then at = round_up(at, align) end end
        for _, member in ipairs(layout.members) do
            place(align_of(abi, member[2]))
            at = at + min_len(abi, member[2])
        end
        for _ in ipairs(layout.counted) do
            place(4)
            at = at + 4
        end
        if not layout.open then place(align_of(abi, kind)) end
        return at
    end
    return 0
end

align_of = function(abi, kind)
    local known = abi.aligns[kind]
    if not known then
        known = compute_align(abi, kind)
        abi.aligns[kind] = known
    end
    return known
end

min_len = function(abi, kind)
    local known = abi.lens[kind]
    if not known then
        known = compute_len(abi, kind)
        abi.lens[kind] = known
    end
    return known
end

-- Walking ------------------------------------------------------------------------------------------------------------

-- What is thrown where bytes do not fit; anything else that is thrown is a mistake of this file and not caught.
local Misfit = {}

local function misfit(text)
    error(setmetatable({ text = text }, Misfit), 0)
end

local function guarded(item, run, ...)
    local fine, thrown = pcall(run, ...)
    if fine then return true end
    if getmetatable(thrown) ~= Misfit then error(thrown, 0) end
    item:add_proto_expert_info(expert.malformed, thrown.text)
    return false
end

local items = { frame = -1, count = 0 }

local function need(r, len, what)
    if len > r.limit - r.at then
        misfit(string.format("%s: %d bytes left, %.0f needed", what, r.limit - r.at, len))
    end
end

local function align_to(r, align, what)
    local over = (r.base - r.at) % align
    need(r, over, what)
    r.at = r.at + over
end

-- Adds a field for the next bytes and steps over them. Its value is in the bytes, or `text`, or in the bytes `utf8`.
local function take(r, tree, abbr, len, text, utf8)
    need(r, len, abbr)
    items.count = items.count + 1
    if items.count > MAX_ITEMS then misfit("the rest is not shown: too many items in this frame") end
    local range, item = r.tvb(r.at, len), nil
    if utf8 then
        item = tree:add_packet_field(F[abbr], utf8, ENC_UTF_8)
    elseif text then
        item = tree:add(F[abbr], range, text)
    elseif r.le then
        item = tree:add_le(F[abbr], range)
    else
        item = tree:add(F[abbr], range)
    end
    r.seen[abbr] = { item = item, at = r.at, len = len }
    r.at = r.at + len
    return item, range
end

local function take_bytes(r, tree, abbr, len)
    local item = take(r, tree, abbr, len)
    if len == 0 then item:set_text(abbr:match("[^.]*$") .. ": (empty)") end
end

local function number(r, range, size)
    if size == 8 then
        return (r.le and range:le_uint64() or range:uint64()):tonumber()
    end
    return r.le and range:le_uint() or range:uint()
end

local function append_flags(item, meaning, value)
    local set = {}
    for _, flag in ipairs(meaning.flags) do
        if math.floor(value / flag[1]) % 2 == 1 then set[#set + 1] = flag[2] end
    end
    if #set > 0 then item:append_text(" (" .. table.concat(set, " | ") .. ")") end
end

-- The bits of a number, each below it; names of those that are set behind it.
local function take_flags(r, item, range, meaning, value)
    for _, flag in ipairs(meaning.flags) do
        local bit = F["ctdbx.flag." .. meaning.abbr .. "." .. flag[2]:lower()]
        if r.le then item:add_le(bit, range) else item:add(bit, range) end
    end
    append_flags(item, meaning, value)
end

local function take_number(r, tree, abbr, size, as)
    align_to(r, size == 8 and r.abi.align8 or size, abbr)
    local item, range = take(r, tree, abbr, size)
    local value = number(r, range, size)
    r.seen[abbr].value = value
    local meaning = as and T.named[as] or {}
    if meaning.flags then
        take_flags(r, item, range, meaning, value)
    elseif meaning.sparse and meaning.names[value] then
        item:append_text(" (" .. meaning.names[value] .. ")")
    end
    return value, item
end

-- The text before the first NUL of the next bytes.
local function take_text(r, tree, abbr, len)
    need(r, len, abbr)
    local zero = r.tvb(r.at, len):raw():find("\0", 1, true)
    local shown = zero and zero - 1 or len
    if shown == 0 then return take(r, tree, abbr, len, "") end
    -- Not TvbRange:string(), which cuts off what bytes that are no UTF-8 are longer by when replaced.
    local item = take(r, tree, abbr, 0, false, r.tvb(r.at, shown))
    item:set_len(len)
    r.at = r.at + len
end

local function endpoint(r)
    local range = r.tvb(r.at, 28)
    local family = number(r, range(0, 2), 2)
    local port = range(2, 2):uint()
    if family == 2 then
        return family, string.format("%s:%d", tostring(range(4, 4):ipv4()), port)
    elseif family == 10 then
        local scope = number(r, range(24, 4), 4)
        local zone = scope ~= 0 and "%" .. string.format("%.0f", scope) or ""
        return family, string.format("[%s%s]:%d", tostring(range(8, 16):ipv6()), zone, port)
    end
    return family, "family-" .. family
end

local function take_sockaddr(r, tree, abbr)
    align_to(r, 4, abbr)
    need(r, 28, abbr)
    local family, text = endpoint(r)
    local item, range = take(r, tree, abbr, 28, text)
    if r.le then
        item:add_le(F["ctdbx.sockaddr.family"], range(0, 2))
    else
        item:add(F["ctdbx.sockaddr.family"], range(0, 2))
    end
    if family == 2 or family == 10 then
        item:add(F["ctdbx.sockaddr.port"], range(2, 2))
    end
    if family == 2 then
        item:add(F["ctdbx.sockaddr.ipv4"], range(4, 4))
    elseif family == 10 then
        item:add(F["ctdbx.sockaddr.ipv6"], range(8, 16))
    end
end

local walk, walk_members

-- A branch whose length is known when `run` has filled it.
local function branch(r, tree, abbr, label, run)
    local start = r.at
    local item = take(r, tree, abbr, 0)
    if label then item:append_text(" " .. label) end
    run(item)
    item:set_len(r.at - start)
    return item
end

-- A record: lengths, key, and data with the record's header where there is room for one.
local function walk_record(r, tree, header)
    local outer = r.base
    r.base = r.at
    local length = take_number(r, tree, "ctdbx.record.length", 4)
    take_number(r, tree, "ctdbx.record.reqid", 4)
    local key = take_number(r, tree, "ctdbx.record.key.len", 4)
    local data = take_number(r, tree, "ctdbx.record.data.len", 4)
    if length ~= 16 + key + data then
        misfit(string.format("record: %.0f bytes stated, %.0f in the parts", length, 16 + key + data))
    end
    take_bytes(r, tree, "ctdbx.record.key", key)
    need(r, data, "ctdbx.record.data")
    local stop = r.at + data
    if data >= min_len(r.abi, header) then
        local limit = r.limit
        r.limit = stop
        r.base = r.at
        branch(r, tree, "ctdbx.record.header", nil, function(item) walk_members(r, item, header) end)
        r.limit = limit
    end
    take_bytes(r, tree, "ctdbx.record.data", stop - r.at)
    r.base = outer
end

local LTDB_HEADER = { "struct", "LtdbHeader" }

local function walk_recbuffer(r, tree)
    take_number(r, tree, "ctdbx.rec_buffer.db_id", 4, "DbId")
    local count = take_number(r, tree, "ctdbx.rec_buffer.records.count", 4)
    for i = 1, count do
        need(r, 16, "ctdbx.rec_buffer.records")
        branch(r, tree, "ctdbx.rec_buffer.records", "[" .. (i - 1) .. "]", function(item)
            walk_record(r, item, LTDB_HEADER)
        end)
    end
end

local function walk_keyed(r, tree, head)
    r.sizes = {}
    walk_members(r, tree, head)
    for _, size in ipairs(r.sizes) do
        take_bytes(r, tree, "ctdbx.keyed.key", size)
    end
end

-- One value of any kind, with the padding before it and, for a struct without an open end, behind it.
walk = function(r, tree, abbr, kind, label)
    local k = kind[1]
    if k == "num" then
        local _, item = take_number(r, tree, abbr, kind[2], kind.as)
        if label then item:prepend_text(label .. " ") end
    elseif k == "long" or k == "size" then
        local value = take_number(r, tree, abbr, r.abi.long)
        if k == "size" and r.sizes then r.sizes[#r.sizes + 1] = value end
    elseif k == "pointer" then
        align_to(r, r.abi.long == 8 and r.abi.align8 or 4, abbr)
        take(r, tree, abbr, r.abi.long)
    elseif k == "sockaddr" then
        take_sockaddr(r, tree, abbr)
    elseif k == "name" then
        take_text(r, tree, abbr, kind[2])
    elseif k == "text" then
        take_text(r, tree, abbr, r.limit - r.at)
    elseif k == "bytes" then
        take_bytes(r, tree, abbr, r.limit - r.at)
    elseif k == "optional" then
        if r.at < r.limit then walk(r, tree, abbr, kind[2]) end
    elseif k == "array" then
        local names = T.labels[abbr] or {}
        for i = 1, kind[3] do
            walk(r, tree, abbr, kind[2], names[i] or "[" .. (i - 1) .. "]")
        end
    elseif k == "prefixed" then
        align_to(r, 4, abbr)
        local len = take_number(r, tree, abbr .. ".len", 4)
        need(r, len, abbr)
        local limit = r.limit
        r.limit = r.at + len
        walk(r, tree, abbr, kind[2])
        r.limit = limit
    elseif k == "struct" or k == "record" or k == "recbuffer" or k == "keyed" then
        align_to(r, align_of(r.abi, kind), abbr)
        branch(r, tree, abbr, label, function(item) walk_members(r, item, kind) end)
    end
end

local function walk_counted(r, tree, layout)
    local counts = {}
    for i, member in ipairs(layout.counted) do
        if layout.packed then r.base = r.at end
        local abbr = layout.abbr .. "." .. member[1]
        counts[i] = take_number(r, tree, abbr .. (member[2][1] == "list" and ".count" or ".len"), 4)
    end
    for i, member in ipairs(layout.counted) do
        if layout.packed then r.base = r.at end
        local abbr, kind, count = layout.abbr .. "." .. member[1], member[2], counts[i]
        if kind[1] == "list" then
            need(r, count * math.max(1, min_len(r.abi, kind[2])), abbr)
            for n = 1, count do walk(r, tree, abbr, kind[2], "[" .. (n - 1) .. "]") end
        else
            need(r, count, abbr)
            local limit = r.limit
            r.limit = r.at + count
            walk(r, tree, abbr, kind)
            r.limit = limit
        end
    end
end

-- The inside of a value that has parts.
walk_members = function(r, tree, kind)
    if kind[1] == "record" then return walk_record(r, tree, LTDB_HEADER) end
    if kind[1] == "recbuffer" then return walk_recbuffer(r, tree) end
    if kind[1] == "keyed" then return walk_keyed(r, tree, kind[3]) end
    local layout, outer = T.structs[kind[2]], r.base
    align_to(r, align_of(r.abi, kind), layout.abbr)
    for _, member in ipairs(layout.members) do
        if layout.packed then r.base = r.at end
        walk(r, tree, layout.abbr .. "." .. member[1], member[2])
    end
    walk_counted(r, tree, layout)
    for _, member in ipairs(layout.optional) do
        if r.limit - r.at >= min_len(r.abi, member[2]) then
            r.base = r.at
            walk(r, tree, layout.abbr .. "." .. member[1], member[2])
        end
    end
    for _, member in ipairs(layout.rest) do
        walk(r, tree, layout.abbr .. "." .. member[1], member[2])
    end
    r.base = outer
    if not layout.open then align_to(r, align_of(r.abi, kind), layout.abbr) end
end

-- A value that fills the bytes from `at` on.
local function walk_payload(r, tree, kind, name, at, len)
    if kind[1] == "optional" then
        if len == 0 then return end
        kind = kind[2]
    end
    local inner = { tvb = r.tvb, at = at, base = at, limit = at + len, le = r.le, abi = r.abi, seen = {} }
    guarded(tree, function()
        local k = kind[1]
        if k == "struct" or k == "record" or k == "recbuffer" or k == "keyed" then
            walk_members(inner, tree, kind)
        elseif k == "fetched" then
            walk_members(inner, tree, LTDB_HEADER)
            take_bytes(inner, tree, "ctdbx.payload.bytes", inner.limit - inner.at)
        elseif k ~= "nothing" and k ~= "bytes" then
            walk(inner, tree, "ctdbx.payload." .. name, kind)
        end
        if k == "text" and not r.tvb(at, len):raw():find("\0", 1, true) then
            misfit("no NUL behind the text")
        end
        if k ~= "bytes" and inner.at < inner.limit then
            misfit(string.format("%d bytes follow the value", inner.limit - inner.at))
        end
    end)
end
