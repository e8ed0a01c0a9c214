//! Daemons of before Samba 4.16: what they do not know, and what is done instead.

use std::sync::Mutex;

use crate::support::{Answer, Fake, healthy, node_map};
use legacy_codec::{ControlReply, ControlRequest, Dest, NodeFlagChange, NodeFlags, Pnn};

/// What a daemon says to a control that it does not know.
fn unknown() -> Answer {
    Answer::Raw { status: -1, data: Vec::new(), error: Vec::new() }
}

/// Says that it was done, and sends no message of a leader after it.
fn without_leader() -> Answer {
    Answer::Raw { status: 0, data: Vec::new(), error: Vec::new() }
}

#[test]
fn the_leader_is_asked_for_where_none_says_that_it_leads() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::RegisterSrvid(_) => without_leader(),
        ControlRequest::GetRecMaster(()) => Answer::Reply(ControlReply::GetRecMaster(Pnn(1))),
        _ => healthy(dest, request),
    });
    let run = fake.run("cluster leader -t 4");
    assert_eq!((run.status, run.stdout.as_str()), (0, "1\n"), "{run:?}");
    let run = fake.run("status -t 4 -o json");
    assert!(run.stdout.contains("\"leader\": 1"), "{run:?}");
}

#[test]
fn a_leader_that_says_so_is_believed_and_the_daemon_not_asked() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetRecMaster(()) => panic!("nobody should ask"),
        _ => healthy(dest, request),
    });
    let run = fake.run("cluster leader");
    assert_eq!((run.status, run.stdout.as_str()), (0, "2\n"), "{run:?}");
}

#[test]
fn without_a_leader_the_answer_is_no() {
    for nobody in [Answer::Raw { status: -1, data: Vec::new(), error: b"obsolete".to_vec() }, unknown()] {
        let nobody = Mutex::new(Some(nobody));
        let fake = Fake::start(move |dest, request| match request {
            ControlRequest::RegisterSrvid(_) => without_leader(),
            ControlRequest::GetRecMaster(()) => nobody.lock().unwrap().take().unwrap(),
            _ => healthy(dest, request),
        });
        let run = fake.run("cluster leader -t 1");
        assert_eq!((run.status, run.stdout.as_str()), (1, "UNKNOWN\n"), "{run:?}");
    }
}

/// A cluster of daemons that know neither `DISABLE_NODE` nor `ENABLE_NODE`; node 0 is disconnected.
fn before_disable_node(told: &'static Mutex<Vec<(Dest, NodeFlagChange)>>) -> Fake {
    Fake::start(move |dest, request| match request {
        ControlRequest::DisableNode(()) | ControlRequest::EnableNode(()) => unknown(),
        ControlRequest::ModifyFlags(change) => {
            told.lock().unwrap().push((dest, *change));
            Answer::Reply(ControlReply::ModifyFlags(()))
        }
        ControlRequest::GetNodeMap(()) => {
            let mut map = node_map();
            map.nodes[2].flags = NodeFlags::DISCONNECTED;
            map.nodes[1].flags = NodeFlags::UNHEALTHY;
            // Each node believes what it was told about itself.
            if let Some((_, change)) = told.lock().unwrap().iter().rfind(|(to, _)| *to == dest) {
                map.nodes[1].flags = change.new_flags;
            }
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        _ => healthy(dest, request),
    })
}

#[test]
fn a_node_is_disabled_and_enabled_by_its_flags_where_no_control_does_it() {
    static TOLD: Mutex<Vec<(Dest, NodeFlagChange)>> = Mutex::new(Vec::new());
    let fake = before_disable_node(&TOLD);
    let both = NodeFlags::UNHEALTHY | NodeFlags::DISABLED;
    for (word, old_flags, new_flags) in
        [("disable", NodeFlags::UNHEALTHY, both), ("enable", both, NodeFlags::UNHEALTHY)]
    {
        let run = fake.run(&format!("node {word} -n 1 --yes"));
        assert_eq!(run.status, 0, "{run:?}");
        let mut told = TOLD.lock().unwrap();
        let change = NodeFlagChange { pnn: Pnn(1), new_flags, old_flags };
        told.sort_by_key(|(to, _)| to.0);
        let count = told.len();
        assert_eq!(told[count - 2..].len(), 2);
        assert!(told.iter().filter(|(_, seen)| *seen == change).map(|(to, _)| to.0).eq([0, 1]), "{told:?}");
    }
}

#[test]
fn a_refusal_with_a_reason_is_told_and_nothing_else_is_tried() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::DisableNode(()) => {
            Answer::Raw { status: -1, data: Vec::new(), error: b"not today".to_vec() }
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("node disable -n 1 --yes");
    assert!(
        run.status == 5 && run.stdout.contains("not today") | run.stderr.contains("not today"),
        "{run:?}"
    );
}
