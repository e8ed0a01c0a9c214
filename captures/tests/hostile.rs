//! Files that were cut, mixed up or made up: read without a panic, and without more packets than their bytes can hold.

use captures::compare::brief;
use captures::replay::{Replay, Step};
use captures::session::Session;
use captures::{Capture, DAEMON, Origin, check, diff, stats, write};
use legacy_codec::{Abi, Operation};
use proptest::prelude::*;

/// The first records of a real recording: enough to reach every layer, small enough to try often.
fn recording() -> Vec<u8> {
    let mut file = std::fs::read(concat!(env!("CARGO_MANIFEST_DIR"), "/data/startup-4.17.12.pcap")).unwrap();
    file.truncate(20_000);
    file
}

fn read(file: &[u8]) {
    if let Ok(capture) = Capture::read(file) {
        let packets = capture.packets.iter().map(|p| p.raw.len());
        let bytes: usize = packets.chain(capture.events.iter().map(|event| event.raw.len())).sum();
        assert!(bytes <= file.len(), "{bytes} bytes of packets from a file of {}", file.len());
        assert_eq!(capture.packets.len() + capture.events.len(), capture.counts.packets);
        look_at_all(&capture);
    }
}

/// Everything that is made of a capture takes any packets, too.
fn look_at_all(capture: &Capture) {
    let session = Session::new(capture);
    assert_eq!(session.entries.len(), capture.packets.len());
    for entry in &session.entries {
        assert!(!entry.operation().is_empty());
        let shown = entry.describe().map(|value| brief(&value, 100)).unwrap_or_default();
        assert!(shown.chars().count() <= 103);
    }
    assert_eq!(session.events.len(), capture.events.len());
    for event in &capture.events {
        let shown = event.describe().map(|value| brief(&value, 100)).unwrap_or_default();
        assert!(!event.name().is_empty() && shown.chars().count() <= 103);
    }
    let (tally, findings) = check::check(capture, usize::MAX);
    assert!(tally.identical <= tally.decoded && tally.decoded <= tally.pdus);
    assert!(findings.len() >= tally.pdus - tally.identical);
    assert_eq!(stats::stats(&session).packets, tally.pdus);
    assert!(!diff::diff(&session, &session).is_different());
    let replay = Replay::new(capture);
    for (_, step) in &replay.steps {
        if let Step::Expect { recorded, .. } = step {
            let verdict = replay.judge(*recorded, &capture.packets[*recorded].raw).unwrap();
            assert_eq!(verdict.differences, [], "an answer differs from itself");
        }
    }
}

/// A session of a client as the relay records it.
fn session_of_a_client() -> Vec<u8> {
    let mut file = write::section("test");
    let recording = Capture::read(&recording()).unwrap();
    let origin = Origin::socket("/run/s", Some(1));
    let client = write::client_address(0);
    for packet in &recording.packets {
        let from_client = matches!(&packet.packet, Ok(p) if matches!(p.body, Operation::ReqControl(_)));
        let (src, dst) = if from_client { (client, DAEMON) } else { (DAEMON, client) };
        file.extend(write::record(packet.time, src, dst, &origin, &packet.raw).unwrap());
    }
    file
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
        read(&file[..len]);
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
        read(&file);
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
    fn a_session_with_changed_bytes_is_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
    ) {
        let mut file = session_of_a_client();
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        if let Ok(capture) = Capture::read(&file) {
            look_at_all(&capture);
        }
    }

    #[test]
    fn a_session_of_the_event_daemon_with_changed_bytes_is_read_without_a_panic(
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..40),
        big_endian: bool,
    ) {
        let abi = if big_endian { Abi::LP64_BE } else { Abi::LP64_LE };
        let mut file = crate::support::file(&crate::support::session(abi));
        for (at, value) in changes {
            let at = at.index(file.len());
            file[at] = value;
        }
        read(&file);
    }

    #[test]
    fn any_pcapng_blocks_are_read_without_a_panic(
        blocks in prop::collection::vec((prop_oneof![0_u32..12, any::<u32>()], prop::collection::vec(any::<u8>(), 0..200)), 0..20),
        cut in 0_usize..30,
    ) {
        let file = pcapng(&blocks);
        read(&file[..file.len() - cut.min(file.len())]);
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        read(&bytes);
        read(&[&0xa1b2_c3d4_u32.to_le_bytes()[..], &bytes].concat());
    }
}
