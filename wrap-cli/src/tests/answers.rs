//! What the commands collect, with the rules of the `ctdb` tool, and how each answer is written.

use insta::assert_snapshot;
use protocol::tunnel::{Counters, CtdbdLink, DaemonStatus, LinkState, PeerState, PeerStatus, Text};

use super::fake::{Fake, node, settings, silent};
use crate::args::Output;
use crate::commands::asked::Answers;
use crate::commands::node::ping::{self as node_ping, Ping};
use crate::commands::node::state as node_state;
use crate::commands::{Shown, cluster, status, tunnel};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::model::RecordMap;
use crate::render;

fn table(answer: &impl Shown) -> String {
    answer.table()
}

fn json(answer: &impl Shown) -> String {
    render::json::text(answer)
}

async fn status_of(fake: &Fake, nodes: Option<&str>) -> status::Status {
    status::collect(fake, &settings("status", nodes)).await.unwrap()
}

async fn states(fake: &Fake, nodes: Option<&str>) -> Vec<String> {
    let status = status_of(fake, nodes).await;
    status.node_status.nodes.values().map(status::NodeLine::state).collect()
}

#[tokio::test]
async fn status_of_a_cluster_with_all_kinds_of_nodes() {
    let mut fake = Fake::new(&[0, 0x20, 0x01, 0x10, 0x0a, 0, 0x04]);
    fake.links_down = vec![5, 6];
    let answer = status_of(&fake, None).await;
    assert_snapshot!("status_table", table(&answer));
    assert_snapshot!("status_json", json(&answer));
    assert_eq!(Shown::exit(&answer), Exit::Done);
}

#[tokio::test]
async fn status_before_the_first_recovery() {
    let mut fake = Fake::new(&[0, 0x02, 0x01]);
    fake.starting = true;
    fake.leader = None;
    fake.recovery_mode = 1;
    fake.record_map = RecordMap { generation: None, lmasters: Vec::new() };
    let answer = status_of(&fake, None).await;
    assert_snapshot!("status_starting_table", table(&answer));
    assert_snapshot!("status_starting_json", json(&answer));
}

#[tokio::test]
async fn a_node_that_starts_judges_only_itself_and_the_disconnected() {
    let mut fake = Fake::new(&[0x02, 0x02, 0x01, 0]);
    fake.starting = true;
    assert_eq!(states(&fake, None).await, ["UNHEALTHY", "UNKNOWN", "DISCONNECTED|INACTIVE", "UNKNOWN"]);
    assert_eq!(states(&fake, Some("1")).await, ["UNKNOWN", "UNHEALTHY", "DISCONNECTED|INACTIVE", "UNKNOWN"]);
}

#[tokio::test]
async fn a_banned_node_is_not_trusted_with_the_node_map() {
    let mut fake = Fake::new(&[0x08, 0x01, 0, 0]);
    // Node 1 is disconnected, node 2 believes that it is banned itself, node 3 knows.
    fake.maps.insert(2, vec![node(0, 0x08), node(1, 0x01), node(2, 0x08), node(3, 0)]);
    fake.maps.insert(3, vec![node(0, 0x08), node(1, 0x01), node(2, 0x20), node(3, 0)]);
    assert_eq!(
        states(&fake, None).await,
        ["BANNED|INACTIVE", "DISCONNECTED|INACTIVE", "STOPPED|INACTIVE", "OK"]
    );
    // Node 2 does not even answer, and node 3 is banned, too: there is the own view, and what node 3 says of itself.
    fake.maps.remove(&2);
    fake.maps.insert(3, vec![node(3, 0x08)]);
    assert_eq!(
        states(&fake, None).await,
        ["BANNED|INACTIVE", "DISCONNECTED|INACTIVE", "OK", "BANNED|INACTIVE"]
    );
}

#[tokio::test]
async fn when_all_nodes_are_banned_what_can_be_asked_is_shown() {
    let mut fake = Fake::new(&[0x08, 0, 0]);
    // No node has heard of the others' bans.
    fake.maps.insert(1, vec![node(0, 0), node(1, 0x08), node(2, 0)]);
    fake.maps.insert(2, vec![node(0, 0), node(1, 0), node(2, 0x08)]);
    assert_eq!(states(&fake, None).await, ["BANNED|INACTIVE"; 3]);
    let cx = Context::new(settings("node status", Some("all")), &Default::default(), false);
    fake.pings = [(0, Ok(1)), (1, Ok(1)), (2, Ok(1))].into();
    let answer = node_state::state(&cx, &fake).await.unwrap();
    assert_eq!((Shown::exit(&answer), answer.table().matches("BANNED").count()), (Exit::No, 3));
}

#[tokio::test]
async fn a_node_that_hangs_is_not_ok_though_the_node_map_says_so() {
    let mut fake = Fake::new(&[0, 0x02, 0, 0x01]);
    fake.silent = vec![1, 2];
    let answer = status_of(&fake, None).await;
    let states: Vec<_> = answer.node_status.nodes.values().map(status::NodeLine::state).collect();
    assert_eq!(states, ["OK", "UNHEALTHY|NO ANSWER", "NO ANSWER", "DISCONNECTED|INACTIVE"]);
    assert!(!answer.node_status.nodes[&2].flags_ok && answer.node_status.nodes[&0].flags_ok);
    assert!(table(&answer).contains("node 2: no answer within 10 s\n"), "{}", table(&answer));
    assert_eq!(Shown::exit(&answer), Exit::Partly);
    fake.pings = [(0, Ok(1)), (1, Ok(1))].into();
    let cx = Context::new(settings("node status", Some("all")), &Default::default(), false);
    let answer = node_state::state(&cx, &fake).await.unwrap();
    let answered: Vec<_> = answer.nodes.iter().map(|node| node.answered).collect();
    assert_eq!(answered, [true, true, false, true]);
    assert_eq!(Shown::exit(&answer), Exit::Partly);
}

#[tokio::test]
async fn host_16_a_node_map_without_the_node_itself_is_malformed() {
    let mut fake = Fake::new(&[0]);
    fake.maps.insert(0, vec![node(1, 0)]);
    let error = cluster::list::list(&fake, &settings("cluster list", None)).await.unwrap_err();
    assert_eq!((error.code(), error.exit()), ("malformed_answer", Exit::Refused));
    fake.maps.insert(0, Vec::new());
    assert!(cluster::list::list(&fake, &settings("cluster list", None)).await.is_err());
}

#[tokio::test]
async fn status_asks_one_node() {
    let fake = Fake::new(&[0, 0]);
    for (nodes, exit) in [("all", Exit::Usage), ("0-1", Exit::Usage), ("7", Exit::Usage)] {
        let error = status::collect(&fake, &settings("status", Some(nodes))).await.unwrap_err();
        assert_eq!(error.exit(), exit, "{error}");
    }
    let status = status_of(&fake, Some("10.0.0.2")).await;
    assert!(status.node_status.nodes[&1].this_node && !status.node_status.nodes[&0].this_node);
}

#[tokio::test]
async fn the_list_of_nodes() {
    let answer =
        cluster::list::list(&Fake::new(&[0, 0x20, 0x10, 0x01]), &settings("cluster list", None)).await;
    let answer = answer.unwrap();
    assert_snapshot!("cluster_list_table", table(&answer));
    assert_snapshot!("cluster_list_json", json(&answer));
}

async fn ping(fake: &Fake, nodes: Option<&str>) -> Answers<Ping> {
    let cx = Context::new(settings("node ping", nodes), &Default::default(), false);
    let mut answers = node_ping::ping(&cx, fake).await.unwrap();
    for ping in answers.nodes.iter_mut().filter_map(|node| node.answer.as_mut()) {
        ping.time_us = 1234;
    }
    answers
}

#[tokio::test]
async fn pings_of_nodes_that_answer_refuse_and_are_silent() {
    let mut fake = Fake::new(&[0, 0x01, 0]);
    fake.pings = [
        (0, Ok(7)),
        (1, Err(Failure::Refused("ctdb_control to disconnected node".into()))),
        (2, Err(silent())),
    ]
    .into();
    let answer = ping(&fake, Some("all")).await;
    assert_snapshot!("node_ping_table", table(&answer));
    assert_snapshot!("node_ping_json", json(&answer));
    for (nodes, exit) in [
        (None, Exit::Done),
        (Some("0"), Exit::Done),
        (Some("0,2"), Exit::Partly),
        (Some("2"), Exit::NoAnswer),
        (Some("1-2"), Exit::NoAnswer),
        (Some("1"), Exit::Refused),
    ] {
        assert_eq!(Shown::exit(&ping(&fake, nodes).await), exit, "{nodes:?}");
    }
}

#[test]
fn the_state_of_a_tunneld() {
    let peer = |node: u32, state: PeerState, heard: Option<u64>| PeerStatus {
        node,
        address: format!("10.0.0.{}", node + 1),
        state,
        boot: heard.map(|_| Text("00c0ffee".into())),
        rtt_us: heard.map(|_| 210),
        heard_ms: heard,
        channels_out: 2,
        channels_in: 1,
        queued_bytes: 65536,
        sent: 1000,
        resent: 3,
        received: 998,
        failed: 1,
    };
    let daemon = |name: &str, instance| DaemonStatus {
        name: name.into(),
        instance,
        queued: 1,
        queued_bytes: 512,
        delivered: 42,
    };
    let mut status = tunnel::Status {
        release: "0.1.0".into(),
        node: Some(0),
        boot: "0badcafe".into(),
        uptime_ms: 93_784_000,
        ctdbd: CtdbdLink {
            socket: "/run/ctdb/ctdbd.socket".into(),
            state: LinkState::Attached,
            since_ms: 61_500,
            attached: 2,
            last_error: Some(Text("connection closed: end of file".into())),
        },
        daemons: vec![daemon("cluster", 0), daemon("ctdbctl", 4711)],
        peers: vec![peer(1, PeerState::Up, Some(900)), peer(2, PeerState::Absent, None)],
        counters: Counters { envelopes_out: 10, envelopes_in: 9, delivered: 7, ..Counters::default() },
    };
    assert_snapshot!("tunnel_status_json", json(&status));
    assert_snapshot!("tunnel_status_table", table(&status));
    status.node = None;
    status.peers.clear();
    status.daemons.clear();
    status.ctdbd.last_error = None;
    assert_snapshot!("tunnel_status_alone_table", table(&status));
}

#[test]
fn pings_through_the_tunnel() {
    let failed = tunnel::Failed {
        packet: 3,
        code: "node_unreachable".into(),
        message: "the node does not answer".into(),
        exit: Exit::NoAnswer,
    };
    let times = tunnel::Times { min: 180, median: 240, p99: 1_900, max: 12_345 };
    let pings = |answered, failures, time_us| tunnel::Pings {
        node: 1,
        size: 64,
        sent: 4,
        answered,
        time_us,
        failures,
    };
    let all = pings(4, Vec::new(), Some(times));
    assert_snapshot!("tunnel_ping_table", table(&all));
    assert_snapshot!("tunnel_ping_json", json(&all));
    let some = pings(3, vec![failed], Some(times));
    assert_snapshot!("tunnel_ping_partly_table", table(&some));
    assert_snapshot!("tunnel_ping_partly_json", json(&some));
}

#[test]
fn errors_for_scripts_carry_code_line_and_status() {
    let error = Error::Question { node: 2, question: "the record map", failure: silent() };
    assert_snapshot!("error_json", render::json::error(&error, None, Output::Json));
}
