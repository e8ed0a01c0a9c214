//! Typed calls: what they say agrees with the C tool, and each answer goes to who asked.

use std::time::{Duration, Instant};

use compat_tests::Cluster;
use legacy_client::{CallError, Client};
use legacy_codec::{
    Capabilities, Dest, GetCapabilities, GetIfaces, GetNodeMap, GetPid, GetPnn, GetRecMode, GetRunState,
    GetVnnMap, NodeFlags, Ping, Pnn, RecMode, RunState, Uptime,
};

use super::{SOON, connect};

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
