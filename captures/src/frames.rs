//! From the bytes of one direction to whole packets, also when the recording starts in the middle of one.
//!
//! The cutting is [`FrameBuf`]'s, with the rules that hold between nodes. Before the first packet, behind a gap and
//! behind a header that no node would accept, bytes are skipped up to the next 32 that look like a header. What was
//! skipped is counted.

use bytes::{Buf, Bytes, BytesMut};
use legacy_codec::{Abi, DEFAULT_LIMIT, FrameBuf, Framing, HEADER_LEN, OPERATIONS, RawHeader, VERSION, Wire};

/// The packets of one direction.
#[derive(Debug, Default)]
pub(crate) struct Frames {
    /// The machine type to assume; `None`: the 64-bit one with the byte order of the packet.
    abi: Option<Abi>,
    state: State,
    skipped: usize,
}

#[derive(Debug)]
enum State {
    /// Looking for a header in these bytes.
    Searching(BytesMut),
    /// At the start of a packet.
    Cutting(Abi, FrameBuf),
}

impl Default for State {
    fn default() -> Self {
        Self::Searching(BytesMut::new())
    }
}

impl Frames {
    /// For a sender of this machine type, or of one to be found out.
    pub(crate) fn new(abi: Option<Abi>) -> Self {
        Self { abi, ..Self::default() }
    }

    /// Takes the next bytes; gives the packets that are whole now.
    pub(crate) fn push(&mut self, bytes: Bytes) -> Vec<(Abi, Bytes)> {
        let mut packets = Vec::new();
        match &mut self.state {
            State::Searching(waiting) => waiting.extend_from_slice(&bytes),
            State::Cutting(_, frames) => frames.push(bytes),
        }
        loop {
            match &mut self.state {
                State::Searching(waiting) => {
                    let Some(abi) = search(waiting, self.abi, &mut self.skipped) else { return packets };
                    let mut frames = FrameBuf::new(abi, Framing::Node, DEFAULT_LIMIT);
                    frames.push(waiting.split().freeze());
                    self.state = State::Cutting(abi, frames);
                }
                State::Cutting(abi, frames) => match frames.pop() {
                    Ok(Some(packet)) => packets.push((*abi, packet)),
                    Ok(None) => return packets,
                    // A header that is refused here is no header for the search either: each round takes bytes away.
                    Err(_) => self.state = State::Searching(frames.spare_mut().split()),
                },
            }
        }
    }

    /// Forgets the packet under way: its rest is lost, or the connection is another one.
    pub(crate) fn interrupt(&mut self) {
        self.skipped += self.waiting();
        self.state = State::default();
    }

    /// Bytes that belong to no packet that was given out, those that still wait included.
    pub(crate) fn lost(&self) -> usize {
        self.skipped + self.waiting()
    }

    fn waiting(&self) -> usize {
        match &self.state {
            State::Searching(waiting) => waiting.len(),
            State::Cutting(_, frames) => frames.len(),
        }
    }
}

/// Drops bytes until a header stands at the start; says the machine type of its sender.
fn search(waiting: &mut BytesMut, abi: Option<Abi>, skipped: &mut usize) -> Option<Abi> {
    while waiting.len() >= HEADER_LEN {
        if let Some(abi) = header_abi(&waiting[..HEADER_LEN], abi) {
            return Some(abi);
        }
        waiting.advance(1);
        *skipped += 1;
    }
    None
}

/// Whether 32 bytes can be the header of a packet between nodes, and of which machine type.
fn header_abi(bytes: &[u8], expected: Option<Abi>) -> Option<Abi> {
    let detected = Abi::detect(bytes)?;
    let abi = match expected {
        Some(abi) if abi.endian() == detected.endian() => abi,
        Some(_) => return None,
        None => detected,
    };
    let header = RawHeader::decode_exact(&Bytes::copy_from_slice(bytes), abi).ok()?;
    let len = usize::try_from(header.length).ok()?;
    let plausible = header.version == VERSION
        && (HEADER_LEN..=DEFAULT_LIMIT).contains(&len)
        && len.is_multiple_of(8)
        && OPERATIONS.iter().any(|row| row.number == header.operation);
    plausible.then_some(abi)
}

#[cfg(test)]
mod tests {
    use super::*;
    use legacy_codec::{Header, Operation, Packet, ReqMessage, SrvId};
    use proptest::prelude::*;

    fn packet(abi: Abi, text: &'static [u8]) -> Bytes {
        let body = Operation::ReqMessage(ReqMessage { srvid: SrvId(7), data: Bytes::from_static(text) });
        Packet { header: Header::default(), body }.encode(abi).unwrap().bytes
    }

    fn cut(frames: &mut Frames, pieces: &[&[u8]]) -> Vec<Bytes> {
        pieces.iter().flat_map(|p| frames.push(Bytes::copy_from_slice(p))).map(|(_, packet)| packet).collect()
    }

    #[test]
    fn packets_of_both_byte_orders_are_cut() {
        for abi in [Abi::LP64_LE, Abi::LP64_BE] {
            let (a, b) = (packet(abi, b"one"), packet(abi, b"two and more"));
            let mut frames = Frames::new(None);
            assert_eq!(cut(&mut frames, &[&a[..5], &a[5..], &b]), [a.clone(), b.clone()]);
            assert_eq!(frames.lost(), 0);
        }
    }

    #[test]
    fn a_recording_that_starts_inside_a_packet_finds_the_next_one() {
        let (a, b) = (packet(Abi::LP64_LE, b"cut off at the front"), packet(Abi::LP64_LE, b"whole"));
        let mut frames = Frames::new(None);
        assert_eq!(cut(&mut frames, &[&a[11..40], &a[40..], &b[..20], &b[20..]]), std::slice::from_ref(&b));
        assert_eq!(frames.lost(), a.len() - 11);
    }

    #[test]
    fn after_a_gap_the_next_header_is_found() {
        let (a, b) = (packet(Abi::LP64_LE, b"loses its end"), packet(Abi::LP64_LE, b"whole"));
        let mut frames = Frames::new(None);
        assert!(cut(&mut frames, &[&a[..40]]).is_empty());
        frames.interrupt();
        assert_eq!(cut(&mut frames, &[&a[48..], &b]), std::slice::from_ref(&b));
        assert_eq!(frames.lost(), a.len() - 8);
    }

    #[test]
    fn host_40_host_41_a_header_that_no_node_accepts_is_skipped() {
        let good = packet(Abi::LP64_LE, b"good");
        for (at, value) in [(0, 0_u32), (0, 31), (0, 41), (4, 0x1234_5678), (8, 2)] {
            let mut bad = packet(Abi::LP64_LE, b"bad").to_vec();
            bad[at..at + 4].copy_from_slice(&value.to_le_bytes());
            let mut frames = Frames::new(None);
            assert_eq!(
                cut(&mut frames, &[&good, &bad, &good]),
                [good.clone(), good.clone()],
                "{value:#x} at {at}"
            );
            assert_eq!(frames.lost(), bad.len());
        }
    }

    #[test]
    fn host_42_a_header_that_claims_much_does_not_make_room_for_it() {
        let mut huge = packet(Abi::LP64_LE, b"").to_vec();
        huge[..4].copy_from_slice(&(200_u32 << 20).to_le_bytes());
        let mut frames = Frames::new(None);
        assert!(cut(&mut frames, &[&huge]).is_empty());
        assert_eq!(frames.lost(), huge.len());
    }

    proptest! {
        #[test]
        fn every_byte_is_given_out_or_counted(
            pieces in prop::collection::vec(prop_oneof![
                Just(packet(Abi::LP64_LE, b"abc").to_vec()),
                Just(packet(Abi::LP64_BE, b"abcdefgh").to_vec()),
                prop::collection::vec(any::<u8>(), 0..60),
            ], 0..20),
            at in 1_usize..50,
        ) {
            let whole = pieces.concat();
            let mut frames = Frames::new(None);
            let parts: Vec<_> = whole.chunks(at).collect();
            let given: usize = cut(&mut frames, &parts).iter().map(Bytes::len).sum();
            prop_assert_eq!(given + frames.lost(), whole.len());
        }
    }
}
