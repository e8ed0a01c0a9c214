//! Proof by bytes: what was decoded is encoded again and has to be what was recorded.
//!
//! Bytes that C leaves undefined (padding) are not compared, nor are the up to 7 that a client may leave out behind its
//! packet. Says what was found and judges no daemon.

use legacy_codec::{Abi, Encoded, Error, Operation, PACKET_ALIGN, Packet};

use crate::Capture;
use crate::events::{EventEntry, EventPacket};
use crate::session::{Content, Entry, Session};

/// What a check found.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Whole packets.
    pub pdus: usize,
    /// Those whose body and payload were decoded.
    pub decoded: usize,
    /// Those that were the same bytes again.
    pub identical: usize,
    /// Those that no table has a row for.
    pub unknown: usize,
    /// Replies without their request: decoded as far as that goes.
    pub unpaired: usize,
}

impl Tally {
    /// Whether everything was decoded, known and identical, and there was something.
    #[must_use]
    pub fn is_perfect(&self) -> bool {
        self.pdus > 0 && self.decoded == self.pdus && self.identical == self.pdus && self.unknown == 0
    }

    /// Adds what another check found.
    pub fn add(&mut self, other: Self) {
        self.pdus += other.pdus;
        self.decoded += other.decoded;
        self.identical += other.identical;
        self.unknown += other.unknown;
        self.unpaired += other.unpaired;
    }
}

/// A packet that is not as it should be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Place of the packet in the capture, from 0; packets of the event daemon are counted by themselves.
    pub index: usize,
    /// What is wrong.
    pub what: String,
}

/// Checks every packet of a capture; gives the first `limit` that are not perfect.
#[must_use]
pub fn check(capture: &Capture, limit: usize) -> (Tally, Vec<Finding>) {
    let session = Session::new(capture);
    let mut tally = Tally::default();
    let mut findings = Vec::new();
    for (index, entry) in session.entries.iter().enumerate() {
        tally.pdus += 1;
        tally.unknown += usize::from(entry.is_unknown());
        tally.unpaired += usize::from(entry.content == Content::Orphan);
        let wrong = match (entry.error(), identical(entry)) {
            (Some(e), _) => Some(e.to_string()),
            (None, Err(what)) => {
                tally.decoded += 1;
                Some(what)
            }
            (None, Ok(())) => {
                tally.decoded += 1;
                tally.identical += 1;
                entry.is_unknown().then(|| "no row in the tables".into())
            }
        };
        if let Some(what) = wrong
            && findings.len() < limit
        {
            let name = format!("{} {}", entry.operation(), entry.name());
            findings.push(Finding { index, what: format!("{}: {what}", name.trim_end()) });
        }
    }
    for (index, EventEntry { event, request, .. }) in session.events.iter().enumerate() {
        let wrong = event_fault(event);
        tally.pdus += 1;
        tally.decoded += usize::from(event.content.is_ok());
        tally.identical += usize::from(event.is_identical());
        tally.unknown += usize::from(event.is_unknown());
        tally.unpaired += usize::from(event.result().is_some() && request.is_none());
        if let Some(what) = wrong
            && findings.len() < limit
        {
            findings.push(Finding { index, what: format!("{} {}: {what}", event.operation(), event.name()) });
        }
    }
    (tally, findings)
}

/// What is not as it should be in a packet of the event daemon's socket.
fn event_fault(event: &EventPacket) -> Option<String> {
    match &event.content {
        Err(e) => Some(e.to_string()),
        Ok(_) if !event.is_identical() => Some("the packet encodes to other bytes".into()),
        Ok(_) => event.is_unknown().then(|| "no command that is known".into()),
    }
}

/// Whether the packet and its payload encode to what was recorded; else what differs.
fn identical(entry: &Entry<'_>) -> Result<(), String> {
    let captured = entry.captured;
    let Ok(packet) = &captured.packet else { return Err("not decoded".into()) };
    if !same_packet(packet, &captured.raw, captured.abi).map_err(|e| e.to_string())? {
        return Err("the packet encodes to other bytes".into());
    }
    if payload_is_same(entry, packet)? { Ok(()) } else { Err("the payload encodes to other bytes".into()) }
}

fn payload_is_same(entry: &Entry<'_>, packet: &Packet) -> Result<bool, String> {
    let abi = entry.captured.abi;
    let text = |e: Error| e.to_string();
    Ok(match (&entry.content, &packet.body) {
        (Content::Request(request), Operation::ReqControl(recorded)) => {
            request.matches(recorded, abi).map_err(text)?
        }
        (Content::Reply(reply), Operation::ReplyControl(recorded)) => {
            reply.matches(recorded, abi).map_err(text)?
        }
        (Content::Message(message), Operation::ReqMessage(recorded)) => {
            let (srvid, data) = message.encode_masked(abi).map_err(text)?;
            srvid == recorded.srvid && data.matches(&recorded.data)
        }
        _ => true,
    })
}

/// Whether a packet is the recorded one, also where a client left out the padding behind it.
fn same_packet(packet: &Packet, raw: &[u8], abi: Abi) -> Result<bool, Error> {
    if packet.matches(raw, abi)? {
        return Ok(true);
    }
    let again = packet.encode(abi)?;
    let missing = again.bytes.len().checked_sub(raw.len()).filter(|missing| *missing < PACKET_ALIGN);
    let ends_in_padding =
        again.padding.last().is_some_and(|last| last.start <= raw.len() && last.end == again.bytes.len());
    Ok(missing.is_some() && ends_in_padding && same_but_length(&again, raw))
}

/// Whether all that is recorded is the same, but for the first word: that has to differ, and decoding checked it.
fn same_but_length(again: &Encoded, raw: &[u8]) -> bool {
    let same = |from: usize, to: usize| {
        let to = to.min(raw.len());
        from >= to || again.bytes.get(from..to) == raw.get(from..to)
    };
    let mut at = 4;
    for padding in &again.padding {
        if !same(at, padding.start) {
            return false;
        }
        at = at.max(padding.end);
    }
    same(at, raw.len())
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;
    use legacy_codec::{Header, ReplyCall};

    const ABI: Abi = Abi::LP64_LE;

    fn reply(data: &'static [u8]) -> (Packet, Vec<u8>) {
        let body = Operation::ReplyCall(ReplyCall { status: 0, data: Bytes::from_static(data) });
        let packet = Packet { header: Header::default(), body };
        let bytes = packet.encode(ABI).unwrap().bytes.to_vec();
        (packet, bytes)
    }

    fn with_length(bytes: &[u8], len: usize) -> Vec<u8> {
        let mut bytes = bytes.to_vec();
        bytes.resize(len, 0);
        bytes[..4].copy_from_slice(&u32::try_from(len).unwrap().to_le_bytes());
        bytes
    }

    #[test]
    fn a_reply_without_data_may_have_the_size_of_its_struct() {
        let (packet, bytes) = reply(b"");
        let same = |raw: &[u8]| same_packet(&packet, raw, ABI).unwrap();
        assert!(same(&bytes) && same(&with_length(&bytes, bytes.len() + 8)));
        assert!(!same(&with_length(&bytes, bytes.len() + 16)));
    }

    #[test]
    fn a_packet_of_a_client_may_end_before_its_padding() {
        let (packet, bytes) = reply(b"abc");
        let same = |raw: &[u8]| same_packet(&packet, raw, ABI).unwrap();
        assert!(same(&with_length(&bytes[..43], 43)));
        assert!(!same(&with_length(&bytes[..42], 42)), "a byte of data is missing");
        let mut other = with_length(&bytes[..43], 43);
        other[42] ^= 1;
        assert!(!same(&other), "a byte of data is another");
    }
}
