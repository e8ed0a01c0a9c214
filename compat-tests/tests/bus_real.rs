//! Calls and events between daemons of different nodes, over real ctdbd and tunnelds that are killed and come back.

use std::time::{Duration, Instant};

use crate::support::{SOON, address, cluster};
use bus::calls::{CallError, News, Presence};
use bus::{Daemon, Failure, Node};
use bytes::Bytes;
use compat_tests::Cluster;
use runtime::{Bus, Joining, Requests};

fn join(cluster: &Cluster, node: usize, name: &str) -> Bus {
    let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
    let dir = cluster.node(node).bus_dir();
    Bus::join(Joining { dir, daemon, release: "test".to_owned(), features: 0 }).unwrap()
}

async fn echo(mut requests: Requests) {
    while let Some(request) = requests.next().await {
        request.reply.done(request.body);
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(2 * SOON, future).await.expect("this hangs")
}

/// Waits until calls from here to there are answered.
async fn open(bus: &Bus, to: bus::Address) {
    let deadline = Instant::now() + 2 * SOON;
    loop {
        match bus.call(to, 1, "hello".into(), Duration::from_secs(2)).await {
            Ok(_) => return,
            Err(last) => assert!(Instant::now() < deadline, "no way to {to}: {last}"),
        }
        tokio::time::timeout(Duration::from_millis(50), std::future::pending::<()>()).await.unwrap_err();
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap()
}

#[test]
fn calls_and_events_cross_nodes_and_a_daemon_that_ends_there_is_noticed_soon() {
    let cluster = cluster(2);
    let _tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    runtime().block_on(async {
        let (near, far) = (join(&cluster, 0, "near"), join(&cluster, 1, "far"));
        let to = address(1, "far");
        let server = tokio::spawn(echo(far.serve().unwrap()));
        open(&near, to).await;
        let large = Bytes::from(vec![7; 3 << 20]);
        assert!(within(near.call(to, 1, large.clone(), SOON)).await == Ok(large));
        let nobody = within(near.call(address(1, "nobody"), 1, Bytes::new(), SOON)).await;
        assert_eq!(nobody, Err(CallError::NoSuchDaemon));
        let nowhere = within(near.call(address(9, "far"), 1, Bytes::new(), SOON)).await;
        match nowhere {
            Err(CallError::Undelivered(why)) => assert_eq!(why.reason, Failure::NoSuchNode),
            other => panic!("{other:?}"),
        }
        let names = |all: Vec<Daemon>| all.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(within(near.daemons(Node(1), SOON)).await.unwrap()), ["far/0", "tunnel/0"]);
        assert_eq!(names(within(near.daemons(Node(0), SOON)).await.unwrap()), ["near/0", "tunnel/0"]);

        let mut news = near.subscribe(to, "event.run").unwrap();
        assert_eq!(within(news.next()).await, News::Up);
        for n in 0..500_u32 {
            far.publish("event.run.finished", Bytes::copy_from_slice(&n.to_be_bytes())).unwrap();
            far.publish("event.other", Bytes::new()).unwrap();
        }
        for n in 0..500_u32 {
            let body = Bytes::copy_from_slice(&n.to_be_bytes());
            let topic = "event.run.finished".to_owned();
            assert_eq!(within(news.next()).await, News::Event { topic, body });
        }

        let mut watch = near.watch(to);
        assert!(matches!(within(watch.changed()).await, Some(Presence::Up { .. })));
        server.abort();
        drop(news);
        drop(far);
        let begun = Instant::now();
        while !matches!(within(watch.changed()).await, Some(Presence::Down(_))) {}
        println!("the end of a daemon of another node was noticed after {:?}", begun.elapsed());
        assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    });
}

#[test]
fn a_tunneld_that_is_killed_fails_calls_at_once_and_events_go_on_with_a_gap_when_it_is_back() {
    let cluster = cluster(2);
    let mut near_tunneld = cluster.start_tunneld(0).unwrap();
    let mut far_tunneld = cluster.start_tunneld(1).unwrap();
    runtime().block_on(async {
        let (near, far) = (join(&cluster, 0, "near"), join(&cluster, 1, "far"));
        let neighbour = join(&cluster, 0, "neighbour");
        tokio::spawn(echo(far.serve().unwrap()));
        tokio::spawn(echo(neighbour.serve().unwrap()));
        let (to, beside) = (address(1, "far"), address(u32::MAX, "neighbour"));
        open(&near, to).await;
        let mut news = near.subscribe(to, "").unwrap();
        assert_eq!(within(news.next()).await, News::Up);
        for (name, tunneld) in [("near", &mut near_tunneld), ("far", &mut far_tunneld)] {
            tunneld.kill9().unwrap();
            assert_eq!(within(near.call(beside, 1, "x".into(), SOON)).await, Ok("x".into()), "{name}");
            // While it is away: nothing gets through, and that is said and not waited for.
            far.publish("a", "lost, or not".into()).unwrap();
            tunneld.restart().unwrap();
            open(&near, to).await;
            let deadline = Instant::now() + 2 * SOON;
            let mut seen = Vec::new();
            loop {
                far.publish("a", "after".into()).unwrap();
                let next = tokio::time::timeout(Duration::from_millis(500), news.next()).await;
                match next {
                    Ok(News::Event { body, .. }) if body == "after" => break,
                    Ok(other) => seen.push(other),
                    Err(_) => assert!(Instant::now() < deadline, "{name}: only {seen:?}"),
                }
            }
            println!("{name}: {seen:?}");
        }
    });
}
