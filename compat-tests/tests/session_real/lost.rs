//! A ctdbd that goes away and comes back, and one that is not there.

use std::time::{Duration, Instant};

use bytes::Bytes;
use compat_tests::{Cluster, wait_until};
use legacy_client::{Backoff, Client, Event, Options, SendError};
use legacy_codec::{Dest, Ping, Pnn};

use super::{SOON, SRVID, event, message};

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
