//! Files that were cut, mixed up or made up: read without a panic, and without more packets than their bytes can hold.

#![allow(clippy::unwrap_used, clippy::panic)]

use captures::Capture;
use proptest::prelude::*;

/// The first records of a real recording: enough to reach every layer, small enough to try often.
fn recording() -> Vec<u8> {
    let mut file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/startup-4.17.12.pcap")).unwrap();
    file.truncate(20_000);
    file
}

fn check(file: &[u8]) {
    if let Ok(capture) = Capture::read(file) {
        let bytes: usize = capture.packets.iter().map(|p| p.raw.len()).sum();
        assert!(bytes <= file.len(), "{bytes} bytes of packets from a file of {}", file.len());
        assert_eq!(capture.packets.len(), capture.counts.packets);
    }
}

/// A pcapng file with one interface and the given blocks.
fn pcapng(blocks: &[(u32, Vec<u8>)]) -> Vec<u8> {
    let mut out = Vec::new();
    let section = [&0x1a2b_3c4d_u32.to_le_bytes()[..], &[1, 0, 0, 0], &[0xff; 8]].concat();
    let interface = vec![1, 0, 0, 0, 0, 0, 4, 0];
    for (kind, body) in [(0x0a0d_0d0a, section), (1, interface)].iter().chain(blocks) {
        let mut body = body.clone();
        body.resize(body.len().next_multiple_of(4), 0);
        let len = u32::try_from(body.len() + 12).unwrap().to_le_bytes();
        out.extend([&kind.to_le_bytes()[..], &len, &body, &len].concat());
    }
    out
}

#[test]
fn every_length_of_a_recording_is_read_without_a_panic() {
    let file = recording();
    let mut packets = 0;
    for len in (0..file.len()).step_by(7) {
        check(&file[..len]);
        if let Ok(capture) = Capture::read(&file[..len]) {
            assert!(capture.packets.len() >= packets, "a longer file has fewer packets");
            packets = capture.packets.len();
        }
    }
    assert!(packets > 10, "only {packets} packets in {} bytes", file.len());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_recording_with_changed_bytes_is_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..40),
    ) {
        let mut file = recording();
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        check(&file);
    }

    #[test]
    fn a_recording_with_a_piece_missing_or_doubled_is_read_without_a_panic(
        from: prop::sample::Index, to: prop::sample::Index, doubled: bool,
    ) {
        let file = recording();
        let (a, b) = (from.index(file.len()), to.index(file.len()));
        let (a, b) = (a.min(b), a.max(b));
        let middle = if doubled { [&file[a..b], &file[a..b]].concat() } else { Vec::new() };
        let changed = [&file[..a], &middle, &file[b..]].concat();
        if let Ok(capture) = Capture::read(&changed) {
            prop_assert_eq!(capture.packets.len(), capture.counts.packets);
        }
    }

    #[test]
    fn any_pcapng_blocks_are_read_without_a_panic(
        blocks in prop::collection::vec((prop_oneof![0_u32..12, any::<u32>()], prop::collection::vec(any::<u8>(), 0..200)), 0..20),
        cut in 0_usize..30,
    ) {
        let file = pcapng(&blocks);
        check(&file[..file.len() - cut.min(file.len())]);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        check(&bytes);
        check(&[&0xa1b2_c3d4_u32.to_le_bytes()[..], &bytes].concat());
    }
}
