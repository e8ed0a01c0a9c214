//! `legacy-client` beside real ctdbd: every typed call against what the C tool says, messages between clients on two
//! nodes, the leader's own messages, and a ctdbd that goes away and comes back.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use bytes::Bytes;
use compat_tests::{Cluster, wait_until};
use legacy_client::{Backoff, CallError, Client, Event, Options, SendError};
use legacy_codec::{
    Abi, Capabilities, ClientId, Control, ControlFlags, DEFAULT_LIMIT, Dest, FrameBuf, Framing,
    GetCapabilities, GetIfaces, GetNodeMap, GetPid, GetPnn, GetRecMode, GetRunState, GetVnnMap, Header,
    Message, NodeFlags, Operation, Packet, Ping, Pnn, RecMode, ReqControl, ReqId, ReqTunnel, RunState, SrvId,
    TunnelDeregister, TunnelFlags, TunnelId, TunnelRegister, Uptime,
};

const SOON: Duration = Duration::from_secs(30);

/// In the range that C CTDB leaves to its tests.
const SRVID: SrvId = SrvId(0xAE00_7C54_0000_0001);
const OTHER: SrvId = SrvId(0xAE00_7C54_0000_0002);

async fn connect(node: &compat_tests::Node) -> Client {
    Client::connect(node.socket(), Options::default()).await.unwrap()
}

/// The next message, in time.
async fn message(client: &Client) -> legacy_client::Message {
    tokio::time::timeout(SOON, client.next_message()).await.expect("a message in time").expect("a connection")
}

/// The next event, in time.
async fn event(client: &Client) -> Event {
    tokio::time::timeout(SOON, client.next_event()).await.expect("an event in time").expect("a connection")
}

#[tokio::test]
async fn every_call_agrees_with_the_c_tool_whichever_node_is_asked_through_whichever() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let truth = cluster.node(0).status().unwrap();
    for through in cluster.nodes() {
        let client = connect(through).await;
        assert_eq!(client.pnn(), Some(Pnn(through.pnn())));
        for asked in cluster.nodes() {
            let to = Dest(asked.pnn());
            assert_eq!(client.call::<GetPnn>(to, ()).await.unwrap(), Pnn(asked.pnn()));
            assert_eq!(client.call::<GetPid>(to, ()).await.unwrap().0, asked.pid().unwrap());
            assert!(client.call::<Ping>(to, ()).await.unwrap() >= 1, "its recovery daemon is a client");
            assert_eq!(client.call::<GetRecMode>(to, ()).await.unwrap(), RecMode::NORMAL);
            assert_eq!(client.call::<GetRunState>(to, ()).await.unwrap(), RunState::RUNNING);
            assert_eq!(client.call::<GetIfaces>(to, ()).await.unwrap().ifaces, []);

            let map = client.call::<GetVnnMap>(to, ()).await.unwrap();
            assert_eq!(Some(map.generation.0), truth.generation);
            assert_eq!(map.map.iter().map(|pnn| pnn.0).collect::<Vec<_>>(), truth.lmasters);
            let nodes = client.call::<GetNodeMap>(to, ()).await.unwrap().nodes;
            for (node, line) in nodes.iter().zip(&truth.nodes) {
                assert_eq!((node.pnn.0, node.flags), (line.pnn, NodeFlags::empty()));
                assert_eq!(node.addr.ip().unwrap().to_string(), line.address);
            }
            assert_eq!(nodes.len(), truth.nodes.len());

            let all = client.call::<GetCapabilities>(to, ()).await.unwrap();
            let text = asked.ctdb(&["getcapabilities"]).unwrap();
            for (flag, name) in [(Capabilities::LEADER, "LEADER"), (Capabilities::LMASTER, "LMASTER")] {
                let line = text.lines().find(|line| line.starts_with(name)).unwrap();
                assert_eq!(all.contains(flag), line.ends_with("YES"), "{line} and {all:?}");
            }
            let times = client.call::<Uptime>(to, ()).await.unwrap();
            assert!(times.ctdbd_start_time <= times.last_recovery_started, "{times:?}");
            assert!(times.last_recovery_started <= times.last_recovery_finished, "{times:?}");
            assert!(times.last_recovery_finished <= times.current_time, "{times:?}");
        }
        let refused = client.call::<Ping>(Dest(9), ()).await.unwrap_err();
        assert!(matches!(refused, CallError::Status { .. }), "{refused:?}");
    }
}

#[tokio::test]
async fn many_calls_are_in_flight_at_once_and_each_gets_its_own_answer() {
    let cluster = Cluster::builder().nodes(2).without_waiting().start().unwrap();
    let client = connect(cluster.node(0)).await;
    let other = || async { client.call::<GetPnn>(Dest(1), ()).await };
    let begun = Instant::now();
    while other().await.is_err() {
        assert!(begun.elapsed() < SOON, "the nodes find each other");
        tokio::task::yield_now().await;
    }
    let pids = [cluster.node(0).pid().unwrap(), cluster.node(1).pid().unwrap()];
    let calls: Vec<_> = (0..1000_u32)
        .map(|n| {
            let client = client.clone();
            tokio::spawn(async move {
                if n % 3 == 0 {
                    let pnn = client.call::<GetPnn>(Dest(n % 2), ()).await.unwrap();
                    assert_eq!(pnn, Pnn(n % 2));
                } else {
                    let pid = client.call::<GetPid>(Dest(n % 2), ()).await.unwrap();
                    assert_eq!(pid.0, pids[usize::try_from(n % 2).unwrap()]);
                }
            })
        })
        .collect();
    for call in calls {
        call.await.unwrap();
    }

    // One that is not answered in time ends alone.
    cluster.node(1).pause().unwrap();
    let late = client.call_within::<Ping>(Dest(1), (), Duration::from_millis(300));
    let (late, here) = tokio::join!(late, client.call::<Ping>(Dest::CURRENT_NODE, ()));
    assert!(late.unwrap_err().is_timeout());
    assert!(here.unwrap() >= 1);
    cluster.node(1).resume().unwrap();
    assert_eq!(client.counters().timeouts, 1);
    assert_eq!(client.counters().rejected, 0);
}

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
async fn a_ctdbd_that_comes_back_is_found_within_a_second_and_subscriptions_are_in_force_again() {
    let cluster = Cluster::builder().nodes(2).without_waiting().start().unwrap();
    let node = cluster.node(0);
    let options = Options { reconnect: Some(Backoff::default()), ..Options::default() };
    let client = Client::connect(node.socket(), options).await.unwrap();
    client.subscribe(SRVID).await.unwrap();
    client.send(Dest::CURRENT_NODE, SRVID, Bytes::from_static(b"before")).await.unwrap();
    assert_eq!(event(&client).await, Event::Up { pnn: Pnn(0) });
    assert_eq!(message(&client).await.data, &b"before"[..]);

    for round in 1..=3 {
        // Frozen first, so that an answer is still owed when it dies.
        node.pause().unwrap();
        let owed = tokio::spawn({
            let client = client.clone();
            async move { client.call::<Ping>(Dest::CURRENT_NODE, ()).await }
        });
        let calls = client.counters().calls;
        while client.counters().calls == calls {
            tokio::task::yield_now().await;
        }
        node.kill9().unwrap();
        let begun = Instant::now();
        let error = owed.await.unwrap().unwrap_err();
        assert!(error.is_disconnected(), "{error}");
        assert!(begun.elapsed() < Duration::from_secs(1), "not a hang: {:?}", begun.elapsed());
        assert!(matches!(event(&client).await, Event::Down { .. }));
        let sent = client.send(Dest::CURRENT_NODE, SRVID, Bytes::from_static(b"lost")).await;
        assert_eq!(sent, Err(SendError::NotConnected));
        let error = client.call::<Ping>(Dest::CURRENT_NODE, ()).await.unwrap_err();
        assert!(error.is_disconnected(), "{error}");

        node.start().unwrap();
        let begun = Instant::now();
        assert_eq!(event(&client).await, Event::Up { pnn: Pnn(0) });
        assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
        client.send(Dest::CURRENT_NODE, SRVID, Bytes::from_static(b"after")).await.unwrap();
        assert_eq!(message(&client).await.data, &b"after"[..]);
        assert_eq!((client.counters().attached, client.counters().lost), (round + 1, round));
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
async fn where_nobody_listens_the_first_attempt_says_so_and_a_patient_client_waits() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    node.kill9().unwrap();
    let error = Client::connect(node.socket(), Options::default()).await.unwrap_err();
    assert!(error.to_string().ends_with("no ctdbd is listening; start ctdb on this node"), "{error}");
    let options = Options { reconnect: Some(Backoff::default()), ..Options::default() };
    let patient = Client::start(node.socket(), options);
    assert!(!patient.is_up());
    node.start().unwrap();
    assert_eq!(event(&patient).await, Event::Up { pnn: Pnn(0) });
    let answer = wait_until(SOON, "the C tool sees it too", || node.ctdb(&["pnn"]));
    assert_eq!(answer.unwrap().trim(), "0");
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

#[tokio::test]
async fn the_answer_to_a_client_that_has_gone_reaches_nobody_else_net_29() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let pid = cluster.node(1).pid().unwrap();
    let ask = |client: &Client| -> Vec<_> {
        let ask = |client: Client| async move { client.call_within::<GetPid>(Dest(1), (), SOON).await };
        (0..50).map(|_| tokio::spawn(ask(client.clone()))).collect()
    };
    cluster.node(1).pause().unwrap();
    let gone = connect(cluster.node(0)).await;
    let (before, calls) = (gone.counters().calls, ask(&gone));
    while gone.counters().calls < before + 50 {
        tokio::task::yield_now().await;
    }
    // The answer of its own ctdbd comes behind the requests: they are on their way.
    gone.call::<Ping>(Dest::CURRENT_NODE, ()).await.unwrap();
    for call in &calls {
        call.abort();
    }
    for call in calls {
        assert!(call.await.unwrap_err().is_cancelled());
    }
    drop(gone);
    let other = connect(cluster.node(0)).await;
    let calls = ask(&other);
    other.call::<Ping>(Dest::CURRENT_NODE, ()).await.unwrap();
    cluster.node(1).resume().unwrap();
    for call in calls {
        assert_eq!(call.await.unwrap().unwrap().0, pid);
    }
    assert_eq!(other.counters().rejected, 0, "nothing came that was not asked for");
}

/// A client that says what legacy-client does not: packets of tunnels.
struct Raw {
    stream: UnixStream,
    frames: FrameBuf,
}

impl Raw {
    fn connect(node: &compat_tests::Node) -> Self {
        let stream = UnixStream::connect(node.socket()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Self { stream, frames: FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT) }
    }

    fn send(&mut self, dest: Dest, body: Operation) {
        let packet = Packet { header: Header { dest, reqid: ReqId(7), ..Header::default() }, body };
        self.stream.write_all(&packet.encode(Abi::NATIVE).unwrap().bytes).unwrap();
    }

    fn receive(&mut self) -> Operation {
        loop {
            if let Some(frame) = self.frames.pop().unwrap() {
                return Packet::decode(&frame, Abi::NATIVE).unwrap().body;
            }
            let mut buffer = [0; 4096];
            let len = self.stream.read(&mut buffer).expect("a packet in time");
            assert!(len > 0, "ctdbd has closed the connection");
            self.frames.push(Bytes::copy_from_slice(&buffer[..len]));
        }
    }

    /// The status of a control, whose answer has to be the next packet.
    fn control(&mut self, opcode: u32, srvid: SrvId) -> i32 {
        let (client_id, flags) = (ClientId(0), ControlFlags::empty());
        let ask = ReqControl { opcode, pad: 0, srvid, client_id, flags, data: Bytes::new() };
        self.send(Dest::CURRENT_NODE, Operation::ReqControl(ask));
        match self.receive() {
            Operation::ReplyControl(reply) => reply.status,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_tunnel_has_one_owner_on_a_node_and_what_nobody_owns_is_dropped_without_an_answer_cli_18() {
    const TUNNEL: SrvId = SrvId(0x7C54_0000_0000_0002);
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let (mut here, mut there) = (Raw::connect(cluster.node(0)), Raw::connect(cluster.node(1)));
    let mut other = Raw::connect(cluster.node(1));
    let packet = |data: &'static [u8]| {
        let flags = TunnelFlags::REQUEST;
        Operation::ReqTunnel(ReqTunnel {
            tunnel_id: TunnelId(TUNNEL.0),
            flags,
            data: Bytes::from_static(data),
        })
    };
    // Nobody owns it: the next thing that the sender hears is the answer to another question.
    here.send(Dest(1), packet(b"lost"));
    assert_eq!(here.control(TunnelRegister::OPCODE, TUNNEL), 0);
    assert_eq!(there.control(TunnelRegister::OPCODE, TUNNEL), 0);
    assert_ne!(other.control(TunnelRegister::OPCODE, TUNNEL), 0, "it has an owner on this node");
    here.send(Dest(1), packet(b"there"));
    assert_eq!(there.receive(), packet(b"there"));
    there.send(Dest(0), packet(b"back"));
    assert_eq!(here.receive(), packet(b"back"));
    assert_eq!(there.control(TunnelDeregister::OPCODE, TUNNEL), 0);
    assert_eq!(other.control(TunnelRegister::OPCODE, TUNNEL), 0);
    here.send(Dest(1), packet(b"again"));
    assert_eq!(other.receive(), packet(b"again"));
}
