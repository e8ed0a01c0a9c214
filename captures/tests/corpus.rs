//! Every recording in `data/` must be decoded, and what was decoded must encode to the bytes that were recorded.
//!
//! Bytes that C leaves undefined (padding) are not compared; `captures::check` says how.

#![allow(clippy::unwrap_used, clippy::panic)]

use std::path::{Path, PathBuf};

use bytes::Bytes;
use captures::Capture;
use captures::check::check;
use legacy_codec::{Error, Operation, Packet};

fn recordings() -> Vec<PathBuf> {
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

fn read(path: &Path) -> Capture {
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
fn a_recording_of_a_whole_run_loses_nothing() {
    let capture = read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("data/startup-4.17.12.pcap"));
    assert_eq!((capture.counts.gaps, capture.counts.lost_bytes, capture.counts.damaged), (0, 0, false));
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
