//! Calls over a real socket: matching, deadlines, failures, and how connecting can fail.
//!
//! Times are bounds to fail by, never pauses: every wait is for something that has to happen.

use std::time::{Duration, Instant};

use crate::fake::{Ctdbd, PNN, reconnecting, within};
use bytes::Bytes;
use legacy_client::{CallError, Client, ConnectError, Event, NoReply, Options};
use legacy_codec::*;
use tokio::net::UnixListener;
use tokio::task::JoinSet;

const HERE: Dest = Dest::CURRENT_NODE;

#[tokio::test]
async fn an_attached_client_knows_its_node_and_gets_typed_answers() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    assert_eq!((client.pnn(), client.is_up()), (Some(PNN), true));
    assert_eq!(client.next_event().await, Some(Event::Up { pnn: PNN }));
    let map = VnnMap { generation: Generation(77), map: vec![Pnn(0), Pnn(4)] };
    let data = map.encode(Abi::NATIVE).unwrap().bytes;
    let (answer, ()) = tokio::join!(client.call::<GetVnnMap>(Pnn(0), ()), async {
        let (reqid, request) = peer.next_control().await;
        assert_eq!(request, GetVnnMap::request(()));
        peer.reply(reqid, 0, &data, b"").await;
    });
    assert_eq!(answer, Ok(map));
}

#[tokio::test]
async fn a_thousand_calls_in_flight_answered_backwards_find_their_callers() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let mut calls = JoinSet::new();
    for node in 0..1000 {
        let client = client.clone();
        calls.spawn(async move { (node, client.call::<GetPid>(Pnn(node), ()).await) });
    }
    let mut asked = Vec::new();
    while asked.len() < 1000 {
        let packet = peer.next().await.unwrap();
        asked.push((packet.header.reqid, packet.header.dest));
    }
    for (reqid, dest) in asked.into_iter().rev() {
        peer.reply(reqid, i32::try_from(dest.0).unwrap() + 5000, b"", b"").await;
    }
    let mut answered = 0;
    while let Some(done) = within(calls.join_next()).await {
        let (node, pid) = done.unwrap();
        assert_eq!(pid, Ok(Pid(i32::try_from(node).unwrap() + 5000)));
        answered += 1;
    }
    assert_eq!(answered, 1000);
}

#[tokio::test]
async fn a_call_without_an_answer_ends_at_its_deadline() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let start = Instant::now();
    let timeout = Duration::from_millis(80);
    let error = within(client.call_within::<Ping>(HERE, (), timeout)).await.unwrap_err();
    assert!(error.is_timeout());
    assert_eq!(error.to_string(), "PING to CURRENT: no reply from ctdbd in time");
    assert!(start.elapsed() >= timeout);
    // The late answer harms nothing.
    let (late, _) = peer.next_control().await;
    peer.reply(late, 1, b"", b"").await;
    let (answer, ()) = tokio::join!(client.call::<Ping>(HERE, ()), async {
        let (reqid, _) = peer.next_control().await;
        peer.reply(reqid, 6, b"", b"").await;
    });
    assert_eq!(answer, Ok(6));
    assert_eq!((client.counters().timeouts, client.counters().rejected), (1, 1));
}

#[tokio::test]
async fn a_failure_carries_ctdbds_own_words() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let (answer, ()) = tokio::join!(client.call::<GetNodeMap>(Pnn(2), ()), async {
        let (reqid, _) = peer.next_control().await;
        peer.reply(reqid, -1, b"", b"ctdb_control to disconnected node").await;
    });
    let error = answer.unwrap_err();
    assert_eq!(
        error.to_string(),
        "GET_NODEMAP to 2 failed with status -1: ctdb_control to disconnected node"
    );
    let (answer, ()) = tokio::join!(client.call::<GetNodeMap>(Pnn(2), ()), async {
        let (reqid, _) = peer.next_control().await;
        peer.reply(reqid, 0, &[1, 0, 0, 0, 9], b"").await;
    });
    assert!(matches!(answer, Err(CallError::BadReply { control: "GET_NODEMAP", .. })));
}

#[tokio::test]
async fn a_socket_file_without_a_process_is_told_apart_from_no_socket() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("ctdbd.socket");
    let error = within(Client::connect(&path, reconnecting())).await.unwrap_err();
    assert!(matches!(error, ConnectError::NoSocket { .. }));

    drop(UnixListener::bind(&path).unwrap());
    let error = within(Client::connect(&path, Options::default())).await.unwrap_err();
    assert!(matches!(error, ConnectError::NotRunning { .. }));
    assert_eq!(
        error.to_string(),
        format!("{}: no ctdbd is listening; start ctdb on this node", path.display())
    );
}

#[tokio::test]
async fn a_server_that_never_answers_is_not_waited_for() {
    let ctdbd = Ctdbd::new();
    let options = Options { attach_timeout: Duration::from_millis(50), ..Options::default() };
    let error = within(Client::connect(&ctdbd.path, options)).await.unwrap_err();
    assert!(
        error.to_string().ends_with("cannot attach to ctdbd: ctdbd does not answer; see ctdb's log"),
        "{error}"
    );
}

#[tokio::test]
async fn without_reconnect_calls_fail_at_once_after_a_loss_and_nothing_hangs() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let (answer, ()) = tokio::join!(client.call::<Ping>(HERE, ()), async {
        peer.next_control().await;
        drop(peer);
    });
    let error = answer.unwrap_err();
    assert!(error.is_disconnected(), "{error}");
    let error = within(client.call::<Ping>(HERE, ())).await.unwrap_err();
    assert!(matches!(error, CallError::NoReply { source: NoReply::NotConnected, .. }));
    assert!(!client.is_up());
    assert_eq!(client.pnn(), Some(PNN));
}

#[tokio::test]
async fn the_socket_closes_with_the_last_handle_and_what_was_sent_is_written() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let second = client.clone();
    drop(client);
    second.send(Pnn(0), SrvId(1), vec![7; 3 << 20].into()).await.unwrap();
    drop(second);
    assert_eq!(peer.next_message().await.1.data.len(), 3 << 20);
    assert_eq!(peer.next().await, None);
}

#[tokio::test]
async fn a_record_is_called_to_this_node_and_a_deadline_ends_the_wait() {
    let ctdbd = Ctdbd::new();
    let (client, mut peer) = ctdbd.attached(Options::default()).await;
    let call = ReqCall {
        flags: CallFlags::IMMEDIATE_MIGRATION,
        db_id: DbId(7),
        call_id: CallId::NULL,
        hop_count: 0,
        key: Bytes::from_static(b"key"),
        call_data: Bytes::new(),
    };
    let (answer, ()) = tokio::join!(client.record_call(call.clone(), Duration::from_secs(10)), async {
        let packet = peer.next().await.unwrap();
        assert_eq!(packet.body, Operation::ReqCall(call.clone()));
        let body = ReplyCall { status: 3, data: Bytes::from_static(b"data") };
        peer.write(packet.header.reqid, Operation::ReplyCall(body)).await;
    });
    assert_eq!(answer, Ok(ReplyCall { status: 3, data: Bytes::from_static(b"data") }));
    let unanswered = within(client.record_call(call, Duration::from_millis(50))).await;
    assert_eq!(unanswered, Err(NoReply::Timeout));
}
