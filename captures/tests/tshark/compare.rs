//! Packet by packet: what the dissector showed against what the decoder says.

use std::path::Path;
use std::time::Duration;

use captures::events::EventEntry;
use captures::session::{Content, Entry, Session};
use captures::{Capture, Options};
use legacy_codec::{Abi, MessageRow, Operation};

use super::expected::{Leaf, event_fields, fields, number};
use super::shown::{Shown, packets};

/// How much was compared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Compared {
    /// Packets.
    pub(crate) packets: usize,
    /// Their fields.
    pub(crate) fields: usize,
    /// Packets whose bytes do not fit, said so by both.
    pub(crate) malformed: usize,
    /// Replies with their requests.
    pub(crate) pairs: usize,
    /// Pieces of a stream that belong to no packet.
    pub(crate) pieces: usize,
}

/// Reads a file both ways; panics at the first difference.
pub(crate) fn compare(file: &Path, abi: Option<Abi>, args: &[&str]) -> Compared {
    let capture =
        Capture::read_with(&std::fs::read(file).unwrap(), Options { abi, ..Options::default() }).unwrap();
    let session = Session::new(&capture);
    let mut shown = packets(file, args);
    let mut compared = Compared::default();
    for entry in &session.entries {
        let at = shown.get_mut(&entry.captured.time.as_nanos());
        let found = at.and_then(|at| at.iter().position(|one| is(one, entry)).map(|found| at.remove(found)));
        let Some(found) = found else { panic!("{}: not shown: {entry:?}", file.display()) };
        compared.packets += 1;
        if entry.error().is_some() {
            assert!(found.malformed, "{} frame {}: {entry:?} is shown as well", file.display(), found.frame);
            compared.malformed += 1;
        } else {
            same(&file.display().to_string(), &session, entry, &found, &mut compared);
        }
    }
    for entry in &session.events {
        let at = shown.get_mut(&entry.event.time.as_nanos());
        let found = at.and_then(|at| (!at.is_empty()).then(|| at.remove(0)));
        let Some(found) = found else { panic!("{}: not shown: {entry:?}", file.display()) };
        same_event(&file.display().to_string(), entry, &found, &mut compared);
    }
    for left in shown.into_values().flatten() {
        assert_eq!(left.field("ctdbx.length"), None, "{}: shown, but no packet: {left:?}", file.display());
        compared.pieces += 1;
    }
    compared
}

/// Whether a packet as shown can be this one: by the words of its header.
fn is(shown: &Shown, entry: &Entry<'_>) -> bool {
    let word = |at: usize| {
        let bytes: [u8; 4] = entry.captured.raw[at..at + 4].try_into().unwrap();
        let little = entry.captured.abi.endian() == legacy_codec::Endian::Little;
        i128::from(if little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    };
    ["length", "magic", "version", "generation", "operation", "dest", "src", "reqid"]
        .iter()
        .zip(0..)
        .all(|(name, i)| shown.field(&format!("ctdbx.{name}")).and_then(number) == Some(word(4 * i)))
}

fn same(file: &str, session: &Session<'_>, entry: &Entry<'_>, shown: &Shown, compared: &mut Compared) {
    let place = format!("{file} frame {} {} {}", shown.frame, entry.operation(), entry.name());
    same_fields(&place, &fields(entry), shown, compared);
    names(&place, session, entry, shown);
    same_latency(&place, entry.latency, shown, compared);
}

fn same_latency(place: &str, latency: Option<Duration>, shown: &Shown, compared: &mut Compared) {
    let seconds = shown.extra.get("ctdbx.time").map(|text| text.parse::<f64>().unwrap());
    assert_eq!(seconds.is_some(), latency.is_some(), "{place}: {latency:?}");
    if let (Some(seconds), Some(latency)) = (seconds, latency) {
        assert!(
            (seconds - latency.as_secs_f64()).abs() < 2e-6,
            "{place}: {seconds} s shown, {latency:?} measured"
        );
        compared.pairs += 1;
    }
}

fn same_event(file: &str, entry: &EventEntry<'_>, shown: &Shown, compared: &mut Compared) {
    let event = entry.event;
    let place = format!("{file} frame {} {} {}", shown.frame, event.operation(), event.name());
    compared.packets += 1;
    if event.content.is_err() {
        assert!(shown.malformed, "{place}: {event:?} is shown as well");
        compared.malformed += 1;
        return;
    }
    same_fields(&place, &event_fields(event), shown, compared);
    assert_eq!(shown.extra.get("ctdbx.event"), Some(&event.name()), "{place}");
    same_latency(&place, entry.latency, shown, compared);
    let (asked, answered) = ("ctdbx.request_in", "ctdbx.reply_in");
    assert_eq!(shown.extra.contains_key(asked), entry.request.is_some(), "{place}");
    assert!(!shown.extra.contains_key(answered) || entry.reply.is_some(), "{place}");
}

fn same_fields(place: &str, expected: &[(String, Leaf)], shown: &Shown, compared: &mut Compared) {
    for (i, (name, leaf)) in expected.iter().enumerate() {
        let Some((field, text)) = shown.fields.get(i) else {
            panic!("{place}: {name} is not shown, {leaf:?}")
        };
        assert!(name == field && leaf.is(text), "{place}: {name} is {leaf:?}, shown is {field} = {text}");
    }
    assert_eq!(shown.fields.get(expected.len()), None, "{place}: shown as well");
    assert!(!shown.malformed, "{place} is shown as malformed");
    compared.fields += expected.len();
}

fn names(place: &str, session: &Session<'_>, entry: &Entry<'_>, shown: &Shown) {
    let extra = |name: &str| shown.extra.get(name).map(String::as_str);
    let opcode = match (&entry.content, entry.captured.packet.as_ref().map(|packet| &packet.body)) {
        (_, Ok(Operation::ReqControl(request))) => Some(request.opcode),
        (Content::Reply(reply), _) => Some(reply.opcode()),
        (_, Ok(Operation::ReqMessage(message))) => {
            let row = MessageRow::find(message.srvid).filter(|row| !row.is_range());
            if let Some(row) = row {
                assert_eq!(extra("ctdbx.message"), Some(row.c_name), "{place}");
            }
            assert!(extra("ctdbx.message").is_some(), "{place}");
            None
        }
        _ => None,
    };
    assert_eq!(extra("ctdbx.control.number").and_then(number), opcode.map(Into::into), "{place}");
    assert_eq!(extra("ctdbx.control"), opcode.map(|_| entry.name()).as_deref(), "{place}");
    assert!(session.request_of(entry).is_none() || extra("ctdbx.request_in").is_some(), "{place}");
}
