//! Events at the door: in order, once, and with a word about what is missing.

use std::time::Duration;

use runtime::http::Limits;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::time::timeout;

use super::client::{Events, SOON, get};
use super::{House, peer};
use protocol::Announcement;
use protocol::tunnel::{TunnelLinkChanged, TunnelLinkState, TunnelText};

async fn up(house: &House, target: &str, seen: Option<&str>) -> Events {
    let mut events = Events::open(&house.path, target, seen).await;
    let first = events.next().await;
    assert_eq!((first.name.as_str(), first.data), ("up", json!({ "from": "tunnel/0" })));
    events
}

fn node(event: &super::client::Sent) -> u64 {
    assert_eq!(event.name, "", "{event:?}");
    event.data["body"]["node"].as_u64().unwrap()
}

#[tokio::test]
async fn events_come_in_order_to_all_who_asked_for_their_topics() {
    let house = House::open(Limits::default());
    house.station.tell(&peer(1));
    let mut all = up(&house, "/events", None).await;
    let mut links = up(&house, "/events?topic=tunnel.link.", None).await;
    house.station.tell(&peer(2));
    let reason = Some(TunnelText("gone".to_owned()));
    let link = TunnelLinkChanged { node: None, state: TunnelLinkState::Down, reason };
    house.station.tell(&Announcement::new("", &[], link));
    house.station.tell(&peer(3));
    assert_eq!(node(&all.next().await), 2);
    let link = json!({
        "topic": "tunnel.link.changed", "from": "tunnel/0",
        "body": { "node": null, "state": "down", "reason": "gone" },
    });
    assert_eq!(all.next().await.data, link);
    assert_eq!(node(&all.next().await), 3);
    assert_eq!(links.next().await.data, link);
}

#[tokio::test]
async fn a_reader_that_comes_back_gets_what_it_has_missed() {
    let house = House::open(Limits::default());
    let mut first = up(&house, "/events", None).await;
    house.station.tell(&peer(1));
    let seen = first.next().await.id;
    drop(first);
    (2..=4).for_each(|n| house.station.tell(&peer(n)));
    let mut back = up(&house, "/events", Some(&seen)).await;
    for expected in 2..=4 {
        assert_eq!(node(&back.next().await), expected);
    }
    let mut stranger = up(&house, "/events", Some("of-another-run")).await;
    let gap = stranger.next().await;
    assert_eq!((gap.name.as_str(), gap.data), ("gap", json!({ "lost": null })));
    assert_eq!(node(&stranger.next().await), 1);
}

#[tokio::test]
async fn a_reader_that_comes_back_too_late_is_told_how_many_are_lost() {
    let house = House::open(Limits::default());
    let mut first = up(&house, "/events", None).await;
    house.station.tell(&peer(0));
    let seen = first.next().await.id;
    (1..=1034).for_each(|n| house.station.tell(&peer(n)));
    let mut back = up(&house, "/events", Some(&seen)).await;
    let gap = back.next().await;
    assert_eq!((gap.name.as_str(), gap.data), ("gap", json!({ "lost": 10 })));
    assert_eq!(node(&back.next().await), 11);
}

#[tokio::test]
async fn a_slow_reader_loses_events_and_is_told_how_many_and_a_quick_one_loses_none() {
    let house = House::open(Limits::default());
    let mut slow = up(&house, "/events", None).await;
    let mut quick = up(&house, "/events", None).await;
    const EVENTS: u32 = 20_000;
    for n in 1..=EVENTS {
        house.station.tell(&peer(n));
        // It keeps up, at a distance that the ring holds.
        if n % 500 == 0 {
            for expected in n - 499..=n {
                assert_eq!(node(&quick.next().await), u64::from(expected));
            }
        }
    }
    let (mut seen, mut lost) = (0, 0);
    while seen + lost < u64::from(EVENTS) {
        let event = slow.next().await;
        if event.name == "gap" {
            lost += event.data["lost"].as_u64().unwrap();
        } else {
            seen += 1;
            assert_eq!(node(&event), seen + lost);
        }
    }
    assert!(lost > 0, "the buffers of the socket have taken all {seen}");
}

#[tokio::test]
async fn a_reader_that_takes_nothing_loses_its_place() {
    let limits = Limits { streams: 1, stall: Duration::from_millis(200), ..Limits::default() };
    let house = House::open(limits);
    let mut stuck = UnixStream::connect(&house.path).await.unwrap();
    stuck.write_all(b"GET /events HTTP/1.0\r\n\r\n").await.unwrap();
    let mut first = [0; 1];
    stuck.read_exact(&mut first).await.unwrap();
    let full = get(&house.path, "/events").await;
    assert_eq!((full.status, full.error()), (503, "busy".to_owned()));
    let freed = async {
        loop {
            (0..500).for_each(|n| house.station.tell(&peer(n)));
            let page = get(&house.path, "/metrics").await.body;
            if page.contains("tablecloth_http_streams 0\n") {
                return;
            }
        }
    };
    timeout(SOON, freed).await.unwrap();
    up(&house, "/events", None).await;
}

#[tokio::test]
async fn a_reader_that_leaves_gives_its_place_back() {
    let house = House::open(Limits { streams: 1, ..Limits::default() });
    for _ in 0..3 {
        drop(up(&house, "/events", None).await);
        let freed = async {
            while !get(&house.path, "/metrics").await.body.contains("tablecloth_http_streams 0\n") {}
        };
        timeout(SOON, freed).await.unwrap();
    }
    let gone: Value = get(&house.path, "/health").await.json();
    assert_eq!(gone["healthy"], true);
}
