//! Wireshark's view of the corpus: the shipped dissector against our decoder, and Wireshark's own as a witness.
//!
//! `tshark` has to be installed; without it these tests fail and name the command. They run it over the recordings and
//! over files made of them: cut into other segments, turned into packets of other machines, damaged.

mod compare;
mod events;
mod expected;
mod hostile;
mod made;
mod program;
mod shown;
mod witness;

use std::path::{Path, PathBuf};

use captures::Capture;
use compare::{Compared, compare};

fn recordings() -> Vec<PathBuf> {
    let mut found: Vec<_> = std::fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("data"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng"))
        .collect();
    found.sort();
    assert!(!found.is_empty(), "captures/data holds no recording");
    found
}

fn read(path: &Path) -> Capture {
    Capture::read(&std::fs::read(path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

/// A file in a folder of its own, gone with the folder.
fn temporary(name: &str, content: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    std::fs::write(&path, content).unwrap();
    (folder, path)
}

#[test]
fn every_field_of_every_packet_of_the_corpus_is_shown_as_it_was_decoded() {
    let mut total = Compared::default();
    for path in recordings() {
        let compared = compare(&path, None, &[]);
        println!("{}: {compared:?}", path.display());
        assert!(
            compared.packets > 0 && compared.fields > 3 * compared.packets,
            "{}: {compared:?}",
            path.display()
        );
        assert_eq!(compared.malformed, 0, "{}", path.display());
        total.packets += compared.packets;
        total.fields += compared.fields;
        total.pairs += compared.pairs;
    }
    println!("{total:?}");
}

#[test]
fn two_passes_show_the_same_as_one() {
    let path = recordings().into_iter().find(|path| path.ends_with("startup-4.17.12.pcap")).unwrap();
    assert_eq!(compare(&path, None, &["-2"]), compare(&path, None, &[]));
}
