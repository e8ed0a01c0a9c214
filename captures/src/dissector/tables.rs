//! The tables of the codec as Lua: structs, operations, controls, messages.
//!
//! Every layout becomes a small Lua table (`{ "num", 4, as = "Pnn" }`, `{ "list", { "struct", "NodeAndFlags" } }`); structs
//! are written once, under their names. The order follows the tables, so that the text changes only when they do.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use legacy_codec::event::{Command, EventHeader, RunRequest, ScriptRequest, StatusReply, StatusRequest};
use legacy_codec::{
    CONTROLS, CallId, ControlRow, DEFAULT_LIMIT, LaidOut as _, Layout, LtdbHeader, MAGIC, MESSAGES, Member,
    MessageRow, OPERATIONS, RawHeader, StructLayout, Tunables, VERSION,
};

use super::meaning;

/// All tables, as the global `T` of the dissector.
pub(super) fn lua() -> String {
    let mut used = Used::default();
    used.add(&RawHeader::LAYOUT);
    used.add(&LtdbHeader::LAYOUT);
    let rows = [operations(&mut used), controls(&mut used), messages(&mut used), events(&mut used)].concat();
    [constants(), meaning::lua(), used.structs(), labels(), rows, used.payloads()].concat()
}

/// What the rows refer to.
#[derive(Default)]
struct Used {
    structs: BTreeMap<&'static str, &'static StructLayout>,
    payloads: BTreeMap<String, String>,
}

impl Used {
    fn add(&mut self, layout: &Layout) {
        match layout {
            Layout::Struct(layout) => {
                let known = self.structs.insert(layout.name, layout).is_some();
                let parts = [layout.members, layout.counted, layout.optional, layout.rest];
                parts.into_iter().flatten().filter(|_| !known).for_each(|member| self.add(&member.layout));
            }
            Layout::Optional(inner)
            | Layout::Named(_, inner)
            | Layout::Array(inner, _)
            | Layout::List(inner)
            | Layout::Prefixed(inner)
            | Layout::Keyed(_, inner) => self.add(inner),
            _ => {}
        }
    }

    /// What fills a payload: its kind and the name of its field.
    fn payload(&mut self, layout: &Layout) -> (String, String) {
        self.add(layout);
        let (kind, name) = (kind(layout), payload_name(layout));
        if !matches!(layout, Layout::Struct(_)) {
            self.payloads.insert(name.clone(), kind.clone());
        }
        (kind, name)
    }

    fn structs(&self) -> String {
        let mut out = String::from("T.structs = {\n");
        for layout in self.structs.values() {
            // The header's members stand at the root, where they are looked for.
            let abbr = if layout.name == "RawHeader" {
                "ctdbx".into()
            } else {
                format!("ctdbx.{}", snake(layout.name))
            };
            let open = !(layout.counted.is_empty() && layout.optional.is_empty() && layout.rest.is_empty());
            push(
                &mut out,
                &format!(
                    "    {} = {{ abbr = \"{abbr}\", packed = {}, open = {open},",
                    layout.name, layout.packed
                ),
            );
            for (part, members) in [
                ("members", layout.members),
                ("counted", layout.counted),
                ("optional", layout.optional),
                ("rest", layout.rest),
            ] {
                push(&mut out, &format!("        {part} = {{{}}},", members_lua(members)));
            }
            push(&mut out, "    },");
        }
        out + "}\n\n"
    }

    fn payloads(&self) -> String {
        let mut out = String::from("T.payloads = {\n");
        for (name, kind) in &self.payloads {
            push(&mut out, &format!("    {name} = {kind},"));
        }
        out + "}\n\n"
    }
}

fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn members_lua(members: &[Member]) -> String {
    let members: Vec<_> =
        members.iter().map(|member| format!("{{ \"{}\", {} }}", member.name, kind(&member.layout))).collect();
    if members.is_empty() { String::new() } else { format!(" {} ", members.join(", ")) }
}

/// The Lua table of a layout.
fn kind(layout: &Layout) -> String {
    match layout {
        Layout::Nothing => "{ \"nothing\" }".into(),
        Layout::Number { bytes, signed } => {
            format!("{{ \"num\", {bytes}{} }}", if *signed { ", signed = true" } else { "" })
        }
        Layout::Long { signed } => format!("{{ \"{}\" }}", if *signed { "long" } else { "size" }),
        Layout::Pointer => "{ \"pointer\" }".into(),
        Layout::SockAddr => "{ \"sockaddr\" }".into(),
        Layout::Name(len) => format!("{{ \"name\", {len} }}"),
        Layout::Text => "{ \"text\" }".into(),
        Layout::Optional(inner) => format!("{{ \"optional\", {} }}", kind(inner)),
        Layout::Named(name, inner) => {
            let inner = kind(inner);
            format!("{}, as = \"{name}\" }}", inner.trim_end_matches(" }"))
        }
        Layout::Array(inner, len) => format!("{{ \"array\", {}, {len} }}", kind(inner)),
        Layout::List(inner) => format!("{{ \"list\", {} }}", kind(inner)),
        Layout::Prefixed(inner) => format!("{{ \"prefixed\", {} }}", kind(inner)),
        Layout::Struct(layout) => format!("{{ \"struct\", \"{}\" }}", layout.name),
        Layout::Record => "{ \"record\" }".into(),
        Layout::RecBuffer => "{ \"recbuffer\" }".into(),
        Layout::Keyed(name, head) => format!("{{ \"keyed\", \"{name}\", {} }}", kind(head)),
        // A kind that the engine does not know is bytes to it.
        _ => "{ \"bytes\" }".into(),
    }
}

/// The last word of the field of a payload that has no members.
pub(super) fn payload_name(layout: &Layout) -> String {
    match layout {
        Layout::Nothing => "nothing".into(),
        Layout::Number { bytes, signed } => format!("{}{}", if *signed { 'i' } else { 'u' }, bytes * 8),
        Layout::Optional(inner) => payload_name(inner),
        Layout::Named(name, _) | Layout::Keyed(name, _) => snake(name),
        Layout::Struct(layout) => snake(layout.name),
        Layout::SockAddr => "sock_addr".into(),
        Layout::Text => "text".into(),
        Layout::Record => "record".into(),
        Layout::RecBuffer => "rec_buffer".into(),
        _ => "bytes".into(),
    }
}

/// `NodeMap` as `node_map`.
pub(super) fn snake(name: &str) -> String {
    let mut out = String::new();
    for (i, letter) in name.chars().enumerate() {
        if letter.is_ascii_uppercase() && i > 0 {
            out.push('_');
        }
        out.push(letter.to_ascii_lowercase());
    }
    out
}

fn constants() -> String {
    let bytes = |bytes: [u8; 4]| String::from_utf8_lossy(&bytes).into_owned();
    let (little, big) = (bytes(MAGIC.to_le_bytes()), bytes(MAGIC.to_be_bytes()));
    let fetch = CallId::FETCH_WITH_HEADER.0;
    format!(
        "local T = {{\n    magic = {MAGIC:#x}, magic_le = \"{little}\", magic_be = \"{big}\",\n    version = {VERSION}, \
         limit = {DEFAULT_LIMIT}, fetch_with_header = {fetch:#x},\n}}\n\n"
    )
}

/// Names of the items of an array.
fn labels() -> String {
    let names: Vec<_> = Tunables::NAMES.iter().map(|name| format!("        \"{name}\",\n")).collect();
    format!("T.labels = {{\n    [\"ctdbx.tunables.values\"] = {{\n{}    }},\n}}\n\n", names.concat())
}

/// Half of a pair that an operation is, and what kind of pair.
const HALVES: &[(&str, &str, &str)] = &[
    ("REQ_CALL", "request", "call"),
    ("REPLY_CALL", "reply", "call"),
    ("REPLY_DMASTER", "reply", "call"),
    ("REPLY_ERROR", "reply", "call"),
    ("REQ_CONTROL", "request", "control"),
    ("REPLY_CONTROL", "reply", "control"),
];

fn operations(used: &mut Used) -> String {
    let mut out = String::from("T.operations = {\n");
    for row in OPERATIONS {
        used.add(&row.layout);
        let half = HALVES.iter().find(|half| half.0 == row.c_name);
        let half = half
            .map_or_else(String::new, |(_, half, pair)| format!(", half = \"{half}\", pair = \"{pair}\""));
        push(
            &mut out,
            &format!(
                "    [{}] = {{ name = \"{}\", body = \"{}\"{half} }},",
                row.number, row.c_name, row.body
            ),
        );
    }
    out + "}\n\n"
}

fn controls(used: &mut Used) -> String {
    let mut out = String::from("T.controls = {\n");
    for row in CONTROLS {
        push(
            &mut out,
            &format!("    [{}] = {{ name = \"{}\"{} }},", row.opcode, row.c_name, travels(row, used)),
        );
    }
    out + "}\n\n"
}

fn travels(row: &ControlRow, used: &mut Used) -> String {
    let mut place = |place: &str, layout: &Layout| {
        let (kind, name) = used.payload(layout);
        format!("{{ \"{place}\", {kind}, \"{name}\" }}")
    };
    let mut out = String::new();
    let argument: Vec<_> =
        row.argument.iter().zip(row.argument_layout).map(|(part, layout)| place(part.0, layout)).collect();
    if !argument.is_empty() {
        let _ = write!(out, ", argument = {{ {} }}", argument.join(", "));
    }
    if let (Some(part), Some(layout)) = (row.reply, &row.reply_layout) {
        let _ = write!(out, ", reply = {}", place(part.0, layout));
    }
    out
}

fn messages(used: &mut Used) -> String {
    let (mut single, mut ranges) = (String::from("T.messages = {\n"), String::from("T.ranges = {\n"));
    for row in MESSAGES {
        let (kind, name) = used.payload(&row.layout);
        let told = format!("name = \"{}\", payload = {kind}, type = \"{name}\"", row.c_name);
        if row.is_range() {
            push(&mut ranges, &format!("    {{ prefix = \"{}\", {told} }},", prefix(row)));
        } else {
            push(&mut single, &format!("    [\"{:016x}\"] = {{ {told} }},", row.srvid.0));
        }
    }
    [single, "}\n\n".into(), ranges, "}\n\n".into()].concat()
}

/// The commands of the event daemon's socket: name, request, and what follows the result of a success.
const EVENTS: &[(Command, &str, Layout, Option<Layout>)] = &[
    (Command::RUN, "RUN", RunRequest::LAYOUT, None),
    (Command::STATUS, "STATUS", StatusRequest::LAYOUT, Some(StatusReply::LAYOUT)),
    (Command::SCRIPT, "SCRIPT", ScriptRequest::LAYOUT, None),
];

fn events(used: &mut Used) -> String {
    used.add(&EventHeader::LAYOUT);
    let mut out = String::from("T.events = {\n");
    for (command, name, request, reply) in EVENTS {
        used.add(request);
        let reply = reply.as_ref().map_or_else(String::new, |reply| {
            used.add(reply);
            format!(", reply = {}", kind(reply))
        });
        push(
            &mut out,
            &format!("    [{}] = {{ name = \"{name}\", request = {}{reply} }},", command.0, kind(request)),
        );
    }
    out + "}\n\n"
}

/// The hexadecimal digits that all srvids of a range begin with.
fn prefix(row: &MessageRow) -> String {
    let digits = usize::try_from(row.mask.leading_ones() / 4).unwrap_or(0);
    format!("{:016x}", row.srvid.0).chars().take(digits).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_of_the_tables_is_there() {
        let lua = lua();
        for row in CONTROLS {
            assert!(
                lua.contains(&format!("    [{}] = {{ name = \"{}\"", row.opcode, row.c_name)),
                "{}",
                row.c_name
            );
        }
        for row in MESSAGES {
            assert!(lua.contains(&format!("name = \"{}\"", row.c_name)), "{}", row.c_name);
        }
        for row in OPERATIONS {
            assert!(
                lua.contains(&format!("name = \"{}\", body = \"{}\"", row.c_name, row.body)),
                "{}",
                row.c_name
            );
        }
    }

    #[test]
    fn the_mask_of_a_range_is_a_row_of_whole_digits() {
        for row in MESSAGES.iter().filter(|row| row.is_range()) {
            assert_eq!(row.mask.leading_ones() + row.mask.trailing_zeros(), 64, "{}", row.c_name);
            assert_eq!(row.mask.leading_ones() % 4, 0, "{}", row.c_name);
        }
    }

    #[test]
    fn every_half_of_a_pair_is_an_operation() {
        for (name, ..) in HALVES {
            assert!(OPERATIONS.iter().any(|row| row.c_name == *name), "{name}");
        }
    }

    #[test]
    fn no_two_structs_share_the_names_of_their_fields() {
        let mut used = Used::default();
        used.add(&RawHeader::LAYOUT);
        controls(&mut used);
        operations(&mut used);
        messages(&mut used);
        events(&mut used);
        let abbreviations: BTreeSet<_> = used.structs.keys().map(|name| snake(name)).collect();
        assert_eq!(abbreviations.len(), used.structs.len());
        for engine in
            ["record", "rec_buffer", "keyed", "sockaddr", "payload", "flag", "control", "message", "event"]
        {
            assert!(!abbreviations.contains(engine), "{engine}");
        }
    }
}
