//! Every recording in `data/` must be decoded, and what was decoded must encode to the bytes that were recorded.
//!
//! Bytes that C leaves undefined (padding) are not compared; `captures::check` says how.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use bytes::Bytes;
use captures::Capture;
use captures::check::check;
use legacy_codec::{Error, Operation, Packet};

pub(crate) fn recordings() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("data")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

pub(crate) fn read(path: &Path) -> Capture {
    Capture::read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

#[test]
fn every_packet_of_the_corpus_decodes_and_encodes_to_the_same_bytes() {
    let recordings = recordings();
    assert!(!recordings.is_empty(), "captures/data holds no recording");
    for path in recordings {
        let capture = read(&path);
        let (tally, findings) = check(&capture, 20);
        println!("{}: {:?}\n  {tally:?}", path.display(), capture.counts);
        assert!(tally.is_perfect(), "{}: {tally:?} {findings:#?}", path.display());
    }
}

#[test]
fn the_recordings_lose_nothing_and_pair_every_answer_with_its_question() {
    for path in recordings() {
        let capture = read(&path);
        let counts = capture.counts;
        assert_eq!((counts.gaps, counts.lost_bytes, counts.damaged), (0, 0, false), "{}", path.display());
        assert_eq!(check(&capture, 0).0.unpaired, 0, "{}", path.display());
    }
}

#[test]
fn every_recording_is_described_and_all_of_them_are_small() {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("data/README.md")).unwrap();
    let mut bytes = 0;
    for path in recordings() {
        bytes += path.metadata().unwrap().len();
        let name = path.file_stem().unwrap().to_str().unwrap();
        let scene = name.rsplit_once('-').unwrap().0;
        let described = readme.contains(&format!("| {scene} |")) || readme.contains(&format!("## {name}."));
        assert!(described, "{name} is not in data/README.md");
    }
    assert!(bytes < 20 << 20, "{bytes} bytes");
}

/// Operations, controls and messages that clusters were seen to send; a recording that goes takes its proof along.
#[test]
fn the_corpus_shows_every_operation_and_most_controls_that_live() {
    let (mut operations, mut controls, mut commands) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for path in recordings() {
        let capture = read(&path);
        for packet in capture.packets.iter().filter_map(|captured| captured.packet.as_ref().ok()) {
            operations.insert(packet.body.number());
            if let Operation::ReqControl(request) = &packet.body {
                controls.insert(request.opcode);
            }
        }
        commands.extend(capture.events.iter().map(captures::events::EventPacket::name));
    }
    println!("operations {operations:?}\ncontrols {} {controls:?}", controls.len());
    // REPLY_ERROR is sent only by a daemon that loses a database or is asked nonsense.
    assert_eq!(operations, BTreeSet::from([0, 1, 2, 3, 5, 7, 8, 9, 10]));
    assert!(controls.len() >= 85, "{} controls", controls.len());
    assert_eq!(commands, BTreeSet::from(["RUN".into(), "SCRIPT".into(), "STATUS".into()]));
}

#[test]
fn host_05_a_control_whose_data_is_cut_short_is_kept_as_bytes_with_its_error() {
    let recordings = recordings();
    let capture = read(recordings.first().unwrap());
    let control = capture
        .packets
        .iter()
        .find(
            |c| matches!(&c.packet, Ok(Packet { body: Operation::ReqControl(r), .. }) if !r.data.is_empty()),
        )
        .unwrap();
    let mut lying = control.raw.to_vec();
    lying[56..60].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(Packet::decode(&Bytes::from(lying), control.abi), Err(Error::Short { .. })));
}
