//! The program against a ctdbd that lies, garbles, refuses, or goes away: one line, the right status, no hang.

use crate::support::{Answer, Fake, healthy, node_map};
use legacy_codec::{Abi, ControlRequest, Wire};

/// Answers as a healthy cluster, and the node map with these bytes.
fn with_node_map(data: Vec<u8>) -> Fake {
    Fake::start(move |dest, request| match request {
        ControlRequest::GetNodeMap(()) => Answer::Raw { status: 0, data: data.clone(), error: Vec::new() },
        _ => healthy(dest, request),
    })
}

#[test]
fn host_13_a_node_map_that_was_cut_is_malformed() {
    let whole = node_map().encode(Abi::NATIVE).unwrap().bytes;
    for len in [0, 1, 3, 4, 5, 40, whole.len() - 1] {
        with_node_map(whole[..len].to_vec()).run("status").assert_error(5, "the node map: malformed answer");
    }
    let longer = [&whole[..], &[0]].concat();
    with_node_map(longer).run("cluster list").assert_error(5, "the node map: malformed answer");
}

#[test]
fn host_13_a_node_map_that_claims_millions_of_nodes_is_malformed() {
    for count in [4_u32, 0x0010_0000, u32::MAX] {
        let mut data = node_map().encode(Abi::NATIVE).unwrap().bytes.to_vec();
        data[..4].copy_from_slice(&count.to_ne_bytes());
        with_node_map(data).run("node ping -n all").assert_error(5, "the node map: malformed answer");
    }
}

#[test]
fn a_node_map_without_nodes_is_malformed() {
    with_node_map(vec![0; 4]).run("status").assert_error(5, "the node itself is not in it");
}

#[test]
fn a_record_map_that_claims_millions_of_slots_is_malformed() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetVnnMap(()) => {
            Answer::Raw { status: 0, data: [[1, 0, 0, 0], [0xff; 4]].concat(), error: Vec::new() }
        }
        _ => healthy(dest, request),
    });
    let json = fake.run("status -o json");
    json.assert_error(5, "the record map: malformed answer");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(json["error"]["code"], "malformed_answer");
}

#[test]
fn what_a_ctdbd_says_when_it_refuses_stays_one_line() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetVnnMap(()) => {
            Answer::Raw { status: -1, data: Vec::new(), error: b"not\nnow\x1b[31m, \xff\r\nlater".to_vec() }
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("status");
    run.assert_error(5, "the record map: refused: not now");
    assert!(!run.stderr.contains('\x1b'), "{run:?}");
}

#[test]
fn a_refusal_of_one_node_is_a_row() {
    let fake = Fake::start(|dest, request| match (dest.0, request) {
        (1, ControlRequest::Ping(())) => {
            let error = b"ctdb_control to disconnected\nnode".to_vec();
            Answer::Raw { status: -1, data: Vec::new(), error }
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("node ping -n all");
    assert_eq!((run.status, run.stdout.lines().count()), (6, 4), "{run:?}");
    assert!(run.stdout.contains("refused: ctdb_control to disconnected node\n"), "{run:?}");
    assert_eq!(fake.run("node ping -n 1").status, 5);
}

#[test]
fn host_06_a_reply_with_lying_lengths_is_no_answer() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetRecMode(()) => {
            let mut packet = vec![0; 48];
            packet[..4].copy_from_slice(&48_u32.to_ne_bytes());
            packet[4..8].copy_from_slice(&0x4354_4442_u32.to_ne_bytes());
            packet[8..12].copy_from_slice(&1_u32.to_ne_bytes());
            packet[16..20].copy_from_slice(&8_u32.to_ne_bytes());
            packet[36..40].copy_from_slice(&u32::MAX.to_ne_bytes());
            Answer::Bytes(packet)
        }
        _ => healthy(dest, request),
    });
    fake.run("status -t 1").assert_error(4, "the recovery mode: no answer within 1 s");
}

#[test]
fn host_40_bytes_that_are_no_packets_end_the_command() {
    for garbage in [&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], &[0; 64], &[0xff; 64]] {
        let fake = Fake::start(move |dest, request| match request {
            ControlRequest::GetVnnMap(()) => Answer::Bytes(garbage.to_vec()),
            _ => healthy(dest, request),
        });
        let run = fake.run("status -t 1");
        assert!(matches!(run.status, 3..=5), "{run:?}");
        run.assert_error(run.status, "node 0");
        let fake = Fake::start(move |_, _| Answer::Bytes(garbage.to_vec()));
        let run = fake.run("status -t 1");
        assert!(matches!(run.status, 3..=5), "{run:?}");
        run.assert_error(run.status, "cannot attach to ctdbd");
    }
}

#[test]
fn a_ctdbd_that_closes_the_connection_is_status_3() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetRunState(()) => Answer::Close,
        _ => healthy(dest, request),
    });
    fake.run("status").assert_error(3, "the connection to the local ctdbd was lost");
    Fake::start(|_, _| Answer::Close).run("status").assert_error(3, "cannot attach to ctdbd");
}

#[test]
fn a_ctdbd_that_accepts_and_says_nothing_is_status_4() {
    let run = Fake::start(|_, _| Answer::Silence).run("status -t 1 -o json");
    run.assert_error(4, "ctdbd does not answer");
    assert!(run.stdout.contains("\"code\": \"no_answer\""), "{run:?}");
}
