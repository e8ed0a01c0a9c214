//! The clients of the corpus once more, against ctdbds that were started just now.
//!
//! Each recording of a socket in `captures/data/` is played on a cluster that was prepared as the recorded one was.
//! `ctdbctl capture replay` sends the recorded requests byte for byte and compares the answers; what
//! differs must be explained by the table of volatile fields in `captures::compare`. Between-node recordings have no
//! clients and are not played, nor is the one of an event daemon: what it was asked runs scripts.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use compat_tests::Cluster;
use compat_tests::rehearsal::{self, REHEARSALS, Rehearsal};
use serde_json::Value;

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("captures/data")
}

/// Plays a recording against a node of a cluster that is prepared, and demands that nothing is left unexplained.
fn replay(rehearsal: &Rehearsal) {
    let (name, pnn) = (rehearsal.name, rehearsal.pnn);
    let cluster = (rehearsal.cluster)(Cluster::builder()).start().unwrap();
    (rehearsal.prepare)(&cluster).unwrap();
    let file = data().join(format!("{name}-4.17.12.pcapng"));
    let args = ["capture", "replay", file.to_str().unwrap(), "-o", "json"];
    let output = cluster.node(pnn).ctdbctl(&args).unwrap();
    let played: Value = serde_json::from_str(&output.stdout)
        .unwrap_or_else(|error| panic!("{error}: {}{}", output.stdout, output.stderr));
    let count = |key: &str| played[key].as_u64().unwrap();
    println!(
        "{name}: clients {}, requests {}, answers {}, same {}, explained {}, expected {}",
        count("clients"),
        count("requests"),
        count("answers"),
        count("same"),
        count("explained"),
        played["expected"]
    );
    let different = played["different"].as_array().unwrap();
    if !different.is_empty() {
        cluster.mark_failed();
    }
    assert!(different.is_empty(), "{name}: {different:#?}");
    assert_eq!(count("answers"), count("same") + count("explained"));
    assert!(count("answers") > 0);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
}

#[test]
fn attaching_and_detaching_is_answered_as_recorded() {
    replay(&rehearsal::ATTACH);
}

#[test]
fn fetching_records_from_other_nodes_is_answered_as_recorded() {
    replay(&rehearsal::MIGRATION);
}

#[test]
fn fetching_copies_for_reading_is_answered_as_recorded() {
    replay(&rehearsal::READONLY);
}

#[test]
fn traversing_is_answered_as_recorded() {
    replay(&rehearsal::TRAVERSE);
}

#[test]
fn transactions_are_answered_as_recorded() {
    replay(&rehearsal::TRANSACTIONS);
}

#[test]
fn moving_and_adding_addresses_is_answered_as_recorded() {
    replay(&rehearsal::ADDRESSES);
}

#[test]
fn tunnels_are_answered_as_recorded() {
    replay(&rehearsal::TUNNELS);
}

#[test]
fn a_file_server_is_answered_as_recorded() {
    replay(&rehearsal::SMBD_SOCKET);
}

#[test]
fn questions_of_the_c_tool_are_answered_as_recorded() {
    replay(&rehearsal::TOOL_QUESTIONS);
}

#[test]
fn changes_by_the_c_tool_are_answered_as_recorded() {
    replay(&rehearsal::TOOL_CHANGES);
}

#[test]
fn every_recording_of_a_socket_is_played_here() {
    let recorded: BTreeSet<String> = std::fs::read_dir(data())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".pcapng") && !name.starts_with("events"))
        .collect();
    let rehearsed = REHEARSALS.iter().map(|rehearsal| format!("{}-4.17.12.pcapng", rehearsal.name));
    assert_eq!(recorded, rehearsed.collect());
    let here = include_str!("replay.rs").matches("    replay(&rehearsal::").count();
    assert_eq!(here, REHEARSALS.len() + 1, "a test for each, and this line");
}
