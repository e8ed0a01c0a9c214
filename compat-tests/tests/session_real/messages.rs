//! Messages between clients: who gets them, in which order, and what becomes of those that nobody fetches.

use std::time::Instant;

use bytes::Bytes;
use compat_tests::Cluster;
use legacy_client::{CallError, Client, Event, Options};
use legacy_codec::{Abi, Dest, Message, Ping, Pnn, SrvId};

use super::{OTHER, SOON, SRVID, connect, message};

#[tokio::test]
async fn messages_reach_every_client_that_registered_in_order_and_no_one_else_cli_12_net_30() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let sender = connect(cluster.node(0)).await;
    let (one, two) = (connect(cluster.node(1)).await, connect(cluster.node(1)).await);
    one.subscribe(SRVID).await.unwrap();
    two.subscribe(SRVID).await.unwrap();
    two.subscribe(OTHER).await.unwrap();
    let body = |n: usize| Bytes::from(vec![u8::try_from(n % 251).unwrap(); n * 37 % 5000]);
    for n in 0..2000 {
        sender.send(Dest(1), SRVID, body(n)).await.unwrap();
    }
    for client in [&one, &two] {
        for n in 0..2000 {
            let came = message(client).await;
            assert!(came.srvid == SRVID && came.data == body(n), "message {n}: {} bytes", came.data.len());
        }
    }
    let large = Bytes::from((0..3_000_001_u32).map(|n| (n % 249).to_be_bytes()[3]).collect::<Vec<_>>());
    sender.send(Dest(1), SRVID, large.clone()).await.unwrap();
    assert!(message(&one).await.data == large && message(&two).await.data == large);

    one.unsubscribe(SRVID).await;
    one.subscribe(OTHER).await.unwrap();
    sender.send(Dest(1), SRVID, Bytes::from_static(b"not for one")).await.unwrap();
    sender.send(Dest(1), OTHER, Bytes::from_static(b"for both")).await.unwrap();
    assert_eq!(message(&one).await.data, &b"for both"[..]);
    assert_eq!(message(&two).await.data, &b"not for one"[..]);
    assert_eq!(message(&two).await.data, &b"for both"[..]);
    // To all nodes: the own one and the sending client are among them.
    sender.subscribe(OTHER).await.unwrap();
    sender.send(Dest::CONNECTED, OTHER, Bytes::from_static(b"all")).await.unwrap();
    for client in [&sender, &one, &two] {
        assert_eq!(message(client).await.data, &b"all"[..]);
    }
}

#[tokio::test]
async fn the_leader_says_each_second_who_it_is() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let leader = cluster.node(0).status().unwrap().leader.unwrap();
    for node in cluster.nodes() {
        let client = connect(node).await;
        client.subscribe(SrvId::LEADER).await.unwrap();
        for _ in 0..2 {
            let came = message(&client).await;
            let said = Message::decode(came.srvid, &came.data, Abi::NATIVE).unwrap();
            assert_eq!(said, Message::Leader(Pnn(leader)));
        }
    }
}

#[tokio::test]
async fn a_program_that_fetches_nothing_is_not_killed_by_ctdbd_and_is_told_what_it_lost_cli_06() {
    let cluster =
        Cluster::builder().nodes(1).tunable("MaxQueueDropMsg", 100).without_waiting().start().unwrap();
    let options = Options { inbox_events: 500, ..Options::default() };
    let lazy = Client::connect(cluster.node(0).socket(), options).await.unwrap();
    lazy.subscribe(SRVID).await.unwrap();
    let sender = connect(cluster.node(0)).await;
    for n in 0..3000_u32 {
        sender.send(Dest::CURRENT_NODE, SRVID, Bytes::from(n.to_be_bytes().repeat(1000))).await.unwrap();
        // The answer comes behind the messages that are under way: they never reach ctdbd's limit if they are read.
        if n % 50 == 49 {
            sender.call::<Ping>(Dest::CURRENT_NODE, ()).await.unwrap();
            lazy.call::<Ping>(Dest::CURRENT_NODE, ()).await.unwrap();
        }
    }
    assert!(lazy.is_up() && lazy.counters().lost == 0);
    let (mut lost, mut came) = (0, Vec::new());
    while let Some(event) = lazy.try_next_event() {
        match event {
            Event::Lost(n) => lost += n,
            Event::Message(message) => came.push(u32::from_be_bytes(message.data[..4].try_into().unwrap())),
            Event::Up { .. } => {}
            Event::Down { reason } => panic!("{reason}"),
        }
    }
    assert_eq!(lost, lazy.messages_lost());
    assert_eq!(u64::try_from(came.len()).unwrap() + lost, 3000);
    assert!(came.is_sorted() && came.last() == Some(&2999), "the oldest go first");
    assert!(lost >= 2500, "{lost}");
}

#[tokio::test]
async fn a_broadcast_reaches_the_nodes_that_it_names_and_a_call_to_a_dead_node_fails_at_once_net_05_net_17() {
    let cluster = Cluster::builder().nodes(4).start().unwrap();
    let mut clients = Vec::new();
    for node in &cluster.nodes()[..3] {
        let client = connect(node).await;
        client.subscribe(SRVID).await.unwrap();
        clients.push(client);
    }
    let sender = &clients[0];
    cluster.node(1).stop().unwrap();
    cluster.node(2).ban(300).unwrap();

    // A call that waits for an answer when its node dies.
    cluster.node(3).pause().unwrap();
    let owed = tokio::spawn({
        let client = sender.clone();
        async move { client.call_within::<Ping>(Dest(3), (), SOON * 2).await }
    });
    let calls = sender.counters().calls;
    while sender.counters().calls == calls {
        tokio::task::yield_now().await;
    }
    cluster.node(3).kill9().unwrap();
    let error = tokio::time::timeout(SOON, owed).await.expect("a word about it").unwrap().unwrap_err();
    assert!(matches!(error, CallError::Status { .. }), "{error:?}");
    for (pnn, flag) in [(1, "STOPPED"), (2, "BANNED")] {
        cluster.node(0).wait_flag_of(pnn, flag, SOON).unwrap();
    }
    cluster.node(0).wait_disconnected_of(3, SOON).unwrap();
    let begun = Instant::now();
    let error = sender.call_within::<Ping>(Dest(3), (), SOON * 2).await.unwrap_err();
    assert!(matches!(error, CallError::Status { .. }) && begun.elapsed() < SOON / 2, "{error:?}");

    let broadcasts = [(Dest::ALL, "all"), (Dest::ACTIVE, "active"), (Dest::CONNECTED, "connected")];
    for (dest, text) in broadcasts {
        sender.send(dest, SRVID, Bytes::from_static(text.as_bytes())).await.unwrap();
    }
    for pnn in 0..3 {
        sender.send(Dest(pnn), SRVID, Bytes::from_static(b"end")).await.unwrap();
    }
    for (pnn, wanted) in [
        &["active", "all", "connected", "end"][..],
        &["all", "connected", "end"],
        &["all", "connected", "end"],
    ]
    .into_iter()
    .enumerate()
    {
        let mut came = Vec::new();
        while came.len() < wanted.len() {
            came.push(String::from_utf8(message(&clients[pnn]).await.data.to_vec()).unwrap());
        }
        // What a node says to itself directly overtakes its broadcasts.
        came.sort();
        assert_eq!(came, wanted, "node {pnn}");
    }
}
