-- The engine: registers a field for everything the tables name, cuts streams into packets and walks over them.
--
-- It knows the rules of C structs (alignment, lengths in front of open ends) and no struct by name but those of
-- records. Every length is compared with the bytes that are there before it is used; what does not fit is reported as
-- an expert item and shown as bytes. Loops are bounded by bytes, and the items of a frame by MAX_ITEMS.

local proto = Proto("tablecloth_ctdb", "Clustered TDB Protocol")
local F, fields = {}, {}
local HEADER = 32
local MAX_ITEMS = 200000

local expert = {
    malformed = ProtoExpert.new("ctdbx.malformed", "Packet does not fit its layout", expert.group.MALFORMED,
        expert.severity.ERROR),
    stream = ProtoExpert.new("ctdbx.no_packet", "Bytes that are no packet", expert.group.PROTOCOL,
        expert.severity.WARN),
    failed = ProtoExpert.new("ctdbx.failed", "The daemon refused or failed", expert.group.RESPONSE_CODE,
        expert.severity.NOTE),
    unknown = ProtoExpert.new("ctdbx.unknown", "No row in the tables", expert.group.UNDECODED,
        expert.severity.NOTE),
}
proto.experts = { expert.malformed, expert.stream, expert.failed, expert.unknown }

-- Fields -------------------------------------------------------------------------------------------------------------

local function field(abbr, make, ...)
    if not F[abbr] then
        F[abbr] = make(abbr, ...)
        fields[#fields + 1] = F[abbr]
    end
end

local function register_number(abbr, name, size, signed, as)
    local meaning = as and T.named[as] or {}
    local show = meaning.hex and base.HEX or base.DEC
    if as == "CDouble" then
        field(abbr, ProtoField.double, name)
    elseif size == 8 then
        field(abbr, signed and ProtoField.int64 or ProtoField.uint64, name, show)
    else
        local make = { ProtoField.uint8, ProtoField.uint16, [4] = signed and ProtoField.int32 or ProtoField.uint32 }
        -- Where few values of many have a name, it is added to the text instead: others are not unknown.
        field(abbr, make[size], name, show, not meaning.sparse and meaning.names or nil)
    end
    for _, flag in ipairs(meaning.flags or {}) do
        field("ctdbx.flag." .. meaning.abbr .. "." .. flag[2]:lower(), ProtoField.bool, flag[2], size * 8, nil, flag[1])
    end
end

local function register(abbr, name, kind)
    local k = kind[1]
    if k == "num" then
        register_number(abbr, name, kind[2], kind.signed, kind.as)
    elseif k == "long" then
        register_number(abbr, name, 8, true)
    elseif k == "size" then
        register_number(abbr, name, 8, false)
    elseif k == "sockaddr" or k == "name" or k == "text" then
        field(abbr, ProtoField.string, name)
    elseif k == "bytes" or k == "pointer" then
        field(abbr, ProtoField.bytes, name)
    elseif k == "array" or k == "optional" then
        register(abbr, name, kind[2])
    elseif k == "list" then
        register(abbr, name, kind[2])
        field(abbr .. ".count", ProtoField.uint32, name .. " count", base.DEC)
    elseif k == "prefixed" then
        register(abbr, name, kind[2])
        field(abbr .. ".len", ProtoField.uint32, name .. " length", base.DEC)
    elseif k ~= "nothing" then
        field(abbr, ProtoField.none, name)
    end
end

for _, layout in pairs(T.structs) do
    for _, part in ipairs({ layout.members, layout.optional, layout.rest }) do
        for _, member in ipairs(part) do
            register(layout.abbr .. "." .. member[1], member[1], member[2])
        end
    end
    for _, member in ipairs(layout.counted) do
        register(layout.abbr .. "." .. member[1], member[1], member[2])
        if member[2][1] ~= "list" then
            field(layout.abbr .. "." .. member[1] .. ".len", ProtoField.uint32, member[1] .. " length", base.DEC)
        end
    end
end
for _, row in pairs(T.operations) do
    field(T.structs[row.body].abbr, ProtoField.none, row.body)
    row.kind = { "struct", row.body }
end
for name, kind in pairs(T.payloads) do
    register("ctdbx.payload." .. name, name, kind)
end
field("ctdbx.rec_buffer.db_id", ProtoField.uint32, "db_id", base.HEX)
field("ctdbx.rec_buffer.records.count", ProtoField.uint32, "records count", base.DEC)
field("ctdbx.rec_buffer.records", ProtoField.none, "record")
field("ctdbx.record.length", ProtoField.uint32, "length", base.DEC)
field("ctdbx.record.reqid", ProtoField.uint32, "reqid", base.HEX)
field("ctdbx.record.key.len", ProtoField.uint32, "key length", base.DEC)
field("ctdbx.record.data.len", ProtoField.uint32, "data length", base.DEC)
field("ctdbx.record.key", ProtoField.bytes, "key")
field("ctdbx.record.header", ProtoField.none, "header")
field("ctdbx.record.data", ProtoField.bytes, "data")
field("ctdbx.keyed.key", ProtoField.bytes, "key")
field("ctdbx.sockaddr.family", ProtoField.uint16, "family", base.DEC)
field("ctdbx.sockaddr.port", ProtoField.uint16, "port", base.DEC)
field("ctdbx.sockaddr.ipv4", ProtoField.ipv4, "IPv4 address")
field("ctdbx.sockaddr.ipv6", ProtoField.ipv6, "IPv6 address")
field("ctdbx.control", ProtoField.string, "Control")
field("ctdbx.control.number", ProtoField.uint32, "Control number", base.DEC)
field("ctdbx.message", ProtoField.string, "Message")
field("ctdbx.event", ProtoField.string, "Event command")
field("ctdbx.event.command", ProtoField.uint32, "command", base.DEC)
field("ctdbx.event.result", ProtoField.int32, "result", base.DEC)
field("ctdbx.request_in", ProtoField.framenum, "Answers the request in", base.NONE, frametype.REQUEST)
field("ctdbx.reply_in", ProtoField.framenum, "Answered in", base.NONE, frametype.RESPONSE)
field("ctdbx.time", ProtoField.double, "Seconds since the request")
field("ctdbx.undecoded", ProtoField.bytes, "Bytes not decoded")
proto.fields = fields
