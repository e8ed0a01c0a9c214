//! What the dissector has to show for a packet: the decoder's values, laid out by the tables, in the order of the wire.

use bytes::Bytes;
use captures::dissector::{payload_field, struct_field};
use captures::events::{EventContent, EventPacket};
use captures::session::{Content, Entry};
use legacy_codec::event::{
    Answer, EventHeader, Request, RunRequest, ScriptRequest, StatusReply, StatusRequest,
};
use legacy_codec::{
    Abi, ControlReply, ControlRequest, ControlRow, Describe, LaidOut as _, Layout, LtdbHeader, MessageRow,
    OPERATIONS, Operation, RawHeader, StructLayout, Value, Wire as _,
};

/// A value that a field shows.
#[derive(Debug)]
pub(crate) enum Leaf {
    Number(i128),
    /// The bits of a double.
    Float(u64),
    Text(String),
    Bytes(Bytes),
}

impl Leaf {
    /// Whether tshark shows it this way.
    pub(crate) fn is(&self, text: &str) -> bool {
        match self {
            Self::Number(n) => number(text) == Some(*n),
            Self::Float(bits) => {
                let (ours, theirs) = (f64::from_bits(*bits), text.parse::<f64>().unwrap_or(f64::NAN));
                ours == theirs
                    || (ours - theirs).abs() <= ours.abs() * 1e-12
                    || ours.is_nan() && theirs.is_nan()
            }
            Self::Text(ours) => ours == text,
            Self::Bytes(bytes) => {
                let digits: Vec<_> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
                digits.join(":") == text
            }
        }
    }
}

/// A number as tshark writes it.
pub(crate) fn number(text: &str) -> Option<i128> {
    match text.strip_prefix("0x") {
        Some(digits) => i128::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// What is said inside the body: at which member, of which kind, which value.
type Payload = (&'static str, Layout, Value);

/// Collects fields.
struct Fields {
    abi: Abi,
    out: Vec<(String, Leaf)>,
}

/// All fields of a packet that was decoded.
pub(crate) fn fields(entry: &Entry<'_>) -> Vec<(String, Leaf)> {
    let abi = entry.captured.abi;
    let mut fields = Fields { abi, out: Vec::new() };
    let (header, _) = RawHeader::decode(&entry.captured.raw, abi).unwrap();
    fields.value(&RawHeader::LAYOUT, &header.describe(abi), "", &[]);
    let body = &entry.captured.packet.as_ref().unwrap().body;
    if let Operation::Unknown { data, .. } = body {
        fields.leaf("ctdbx.undecoded", Leaf::Bytes(data.clone()));
        return fields.out;
    }
    let row = OPERATIONS.iter().find(|row| row.number == body.number()).unwrap();
    fields.value(&row.layout, &body.describe(abi), "", &payloads(entry, abi));
    fields.out
}

/// All fields of a packet of the event daemon's socket.
pub(crate) fn event_fields(event: &EventPacket) -> Vec<(String, Leaf)> {
    let mut fields = Fields { abi: event.abi, out: Vec::new() };
    let (header, _) = EventHeader::decode(&event.raw, event.abi).unwrap();
    fields.value(&EventHeader::LAYOUT, &header.describe(event.abi), "", &[]);
    match event.content.as_ref().unwrap() {
        EventContent::Request(request) => {
            fields.leaf("ctdbx.event.command", Leaf::Number(request.request.command().0.into()));
            let layout = match &request.request {
                Request::Run(_) => RunRequest::LAYOUT,
                Request::Status(_) => StatusRequest::LAYOUT,
                Request::Script(_) => ScriptRequest::LAYOUT,
                _ => Layout::Bytes,
            };
            fields.value(&layout, &event.describe().unwrap(), "ctdbx.undecoded", &[]);
        }
        EventContent::Reply(reply) => {
            fields.leaf("ctdbx.event.command", Leaf::Number(reply.command.0.into()));
            fields.leaf("ctdbx.event.result", Leaf::Number(reply.result.into()));
            match &reply.answer {
                Answer::Status(status) => {
                    fields.value(&StatusReply::LAYOUT, &status.describe(event.abi), "", &[])
                }
                Answer::Unknown(data) => fields.leaf("ctdbx.undecoded", Leaf::Bytes(data.clone())),
                _ => {}
            }
        }
    }
    fields.out
}

fn payloads(entry: &Entry<'_>, abi: Abi) -> Vec<Payload> {
    match &entry.content {
        Content::Request(ControlRequest::Unknown { .. }) => Vec::new(),
        Content::Request(request) => {
            let row = ControlRow::find(request.opcode()).unwrap();
            let parts = row.argument.iter().zip(row.argument_layout).enumerate();
            let value = request.describe(abi);
            let value = |i: usize| match &value {
                Value::List(parts) if row.argument.len() > 1 => parts[i].clone(),
                value => value.clone(),
            };
            parts.filter_map(|(i, (part, layout))| placed(part.0, layout, value(i))).collect()
        }
        Content::Reply(reply) => {
            if matches!(**reply, ControlReply::Unknown { .. } | ControlReply::Failed { .. }) {
                return Vec::new();
            }
            let row = ControlRow::find(reply.opcode()).unwrap();
            placed(row.reply.unwrap().0, &row.reply_layout.unwrap(), reply.describe(abi))
                .into_iter()
                .collect()
        }
        Content::Message(message) => {
            let Ok(Operation::ReqMessage(body)) = entry.captured.packet.as_ref().map(|packet| &packet.body)
            else {
                panic!("a message in another packet")
            };
            let row = MessageRow::find(body.srvid);
            row.map(|row| ("data", row.layout, message.describe(abi))).into_iter().collect()
        }
        // The header, and the data behind it as a field of its own: `Optional` sets it off from the bytes of the member.
        Content::Fetched(header, data) => vec![
            ("data", LtdbHeader::LAYOUT, header.describe(abi)),
            ("data", Layout::Optional(&Layout::Bytes), data.describe(abi)),
        ],
        Content::Broken(_) | Content::BadPayload(_) | Content::Orphan | Content::Body => Vec::new(),
    }
}

/// A srvid in the srvid field is there already.
fn placed(place: &str, layout: &Layout, value: Value) -> Option<Payload> {
    let member = match place {
        "Data" => "data",
        "Srvid" if matches!(layout, Layout::Named("SrvId", _)) => return None,
        "Srvid" => "srvid",
        "Flags" => "flags",
        "Status" => "status",
        other => panic!("no place {other}"),
    };
    Some((member, *layout, value))
}

impl Fields {
    fn leaf(&mut self, field: &str, leaf: Leaf) {
        self.out.push((field.to_owned(), leaf));
    }

    fn count(&mut self, field: &str, len: usize) {
        self.leaf(field, Leaf::Number(len.try_into().unwrap()));
    }

    fn value(&mut self, layout: &Layout, value: &Value, field: &str, payloads: &[Payload]) {
        match (layout, value) {
            (_, Value::Nothing) => {}
            (Layout::Named("CDouble", _), _) => {
                self.leaf(field, Leaf::Float(value.number().unwrap().try_into().unwrap()));
            }
            (Layout::Named(..) | Layout::Number { .. } | Layout::Long { .. }, _) => {
                self.leaf(field, Leaf::Number(value.number().unwrap()));
            }
            (Layout::SockAddr | Layout::Name(_), Value::Text(text)) => {
                self.leaf(field, Leaf::Text(text.clone()))
            }
            (Layout::Text, Value::Bytes(bytes)) => {
                let text = bytes.split(|byte| *byte == 0).next().unwrap_or(&[]);
                self.leaf(field, Leaf::Text(String::from_utf8_lossy(text).into_owned()));
            }
            (Layout::Bytes, Value::Bytes(bytes)) => self.leaf(field, Leaf::Bytes(bytes.clone())),
            (Layout::Optional(inner), _) => self.value(inner, value, field, payloads),
            (Layout::Array(inner, _) | Layout::List(inner), Value::List(items)) => {
                items.iter().for_each(|item| self.value(inner, item, field, &[]));
            }
            (Layout::Prefixed(inner), _) => {
                self.length(inner, value, field);
                self.value(inner, value, field, &[]);
            }
            (Layout::Struct(layout), _) => self.members(layout, value, payloads),
            (Layout::Record, _) => self.record(value),
            (Layout::RecBuffer, _) => {
                self.leaf(
                    "ctdbx.rec_buffer.db_id",
                    Leaf::Number(value.member("db_id").unwrap().number().unwrap()),
                );
                let Some(Value::List(records)) = value.member("records") else { panic!("no records") };
                self.count("ctdbx.rec_buffer.records.count", records.len());
                records.iter().for_each(|record| self.record(record));
            }
            (Layout::Keyed(_, Layout::Struct(head)), _) => self.keyed(head, value),
            (layout, value) => panic!("{field}: {value:?} for {layout:?}"),
        }
    }

    fn length(&mut self, layout: &Layout, value: &Value, field: &str) {
        match (layout, value) {
            (Layout::List(_), Value::List(items)) => self.count(&format!("{field}.count"), items.len()),
            (_, Value::Bytes(bytes)) => self.count(&format!("{field}.len"), bytes.len()),
            (layout, value) => panic!("{field}: {value:?} for {layout:?}"),
        }
    }

    fn members(&mut self, layout: &StructLayout, value: &Value, payloads: &[Payload]) {
        let prefix = struct_field(layout);
        for part in [layout.members, layout.counted, layout.optional, layout.rest] {
            if part == layout.counted {
                for member in part {
                    self.length(
                        &member.layout,
                        value.member(member.name).unwrap(),
                        &format!("{prefix}.{}", member.name),
                    );
                }
            }
            for member in part {
                self.value(
                    &member.layout,
                    value.member(member.name).unwrap(),
                    &format!("{prefix}.{}", member.name),
                    &[],
                );
                for (_, layout, value) in payloads.iter().filter(|payload| payload.0 == member.name) {
                    self.payload(layout, value);
                }
            }
        }
    }

    /// Bytes of somebody else's making are shown by their member already.
    fn payload(&mut self, layout: &Layout, value: &Value) {
        if *layout != Layout::Bytes {
            self.value(layout, value, &payload_field(layout), &[]);
        }
    }

    fn record(&mut self, value: &Value) {
        let bytes = |name| match value.member(name) {
            Some(Value::Bytes(bytes)) => bytes.clone(),
            other => panic!("record.{name}: {other:?}"),
        };
        let (key, data, header) = (bytes("key"), bytes("data"), value.member("header"));
        let len = data.len() + header.map_or(0, |_| LtdbHeader::min_len(self.abi));
        self.count("ctdbx.record.length", 16 + key.len() + len);
        self.leaf("ctdbx.record.reqid", Leaf::Number(value.member("reqid").unwrap().number().unwrap()));
        self.count("ctdbx.record.key.len", key.len());
        self.count("ctdbx.record.data.len", len);
        self.leaf("ctdbx.record.key", Leaf::Bytes(key));
        if let Some(header) = header {
            self.value(&LtdbHeader::LAYOUT, header, "", &[]);
        }
        self.leaf("ctdbx.record.data", Leaf::Bytes(data));
    }

    /// Counters of a database: the sizes of the keys stand in the struct, the keys behind it.
    fn keyed(&mut self, head: &StructLayout, value: &Value) {
        let prefix = struct_field(head);
        let mut keys = Vec::new();
        for member in head.members {
            let (field, value) = (format!("{prefix}.{}", member.name), value.member(member.name).unwrap());
            let Layout::Array(Layout::Struct(slot), _) = member.layout else {
                self.value(&member.layout, value, &field, &[]);
                continue;
            };
            let (Value::List(items), slot) = (value, struct_field(slot)) else {
                panic!("{field}: {value:?}")
            };
            for item in items {
                let Some(Value::Bytes(key)) = item.member("key") else { panic!("{field}: {item:?}") };
                self.leaf(
                    &format!("{slot}.count"),
                    Leaf::Number(item.member("count").unwrap().number().unwrap()),
                );
                self.count(&format!("{slot}.size"), key.len());
                keys.push(key.clone());
            }
        }
        keys.into_iter().for_each(|key| self.leaf("ctdbx.keyed.key", Leaf::Bytes(key)));
    }
}
