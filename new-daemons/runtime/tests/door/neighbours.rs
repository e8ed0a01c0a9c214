//! Through the door of one daemon to another one of the same node, over the bus.

use protocol::services::tunnel::Served;
use runtime::http::Limits;
use runtime::{Bus, Joining, Station};
use serde_json::json;
use tempfile::TempDir;

use super::client::{Events, post};
use super::{Fake, House, base64, daemon, peer};

fn join(dir: &TempDir, instance: u32) -> Bus {
    let release = env!("CARGO_PKG_VERSION").to_owned();
    let joining = Joining { dir: dir.path().to_owned(), daemon: daemon(instance), release, features: 0 };
    Bus::join(joining).unwrap()
}

fn serve(bus: Bus, instance: u32) -> Station {
    let station = Station::new(daemon(instance), Some(bus), Box::new(Served(Fake)), None);
    tokio::spawn(station.clone().serve());
    station
}

#[tokio::test]
async fn a_request_is_forwarded_over_the_bus_and_answered_by_the_same_handler() {
    let dir = tempfile::tempdir().unwrap();
    let (near, far) = (join(&dir, 0), join(&dir, 1));
    let _far = serve(far, 1);
    let house = House::open_in(dir, Some(near), Limits::default());
    let body = json!({ "data": base64(b"hello") });
    let answer = post(&house.path, "/v1/nodes/local/tunnel.1/echo", &body.to_string()).await;
    assert_eq!((answer.status, answer.json()), (200, body));
    let answer = post(&house.path, "/v1/nodes/local/tunnel.1/status", "").await;
    let refusal = json!({ "error": "busy", "detail": "ask again" });
    assert_eq!((answer.status, answer.json()), (503, refusal));
    let answer = post(&house.path, "/v1/nodes/local/tunnel.1/peers?timeout=0.2", "").await;
    assert_eq!((answer.status, &answer.json()["in_doubt"]), (504, &json!(true)));
    let answer = post(&house.path, "/v1/nodes/local/tunnel.9/status", "").await;
    assert_eq!((answer.status, answer.error()), (404, "no_such_daemon".to_owned()));
    let answer = post(&house.path, "/v1/nodes/7/tunnel/status", "").await;
    assert_eq!((answer.status, answer.error()), (503, "no_way".to_owned()), "there is no tunneld");
}

#[tokio::test]
async fn events_of_another_daemon_come_through_the_door_and_its_end_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let near = join(&dir, 0);
    let house = House::open_in(dir, Some(near), Limits::default());
    let path = "/v1/nodes/local/tunnel.1/events?topic=tunnel.peer.";
    let mut events = Events::open(&house.path, path, None).await;
    let absent = events.next().await;
    assert_eq!((absent.name.as_str(), &absent.data["from"]), ("down", &json!("local/tunnel/1")));

    let far = join(&house.dir, 1);
    let station = Station::new(daemon(1), Some(far), Box::new(Served(Fake)), None);
    let serving = tokio::spawn(station.clone().serve());
    assert_eq!(events.next().await.name, "up");
    station.tell(&peer(5));
    let body = json!({ "node": 5, "state": "up" });
    let expected = json!({ "topic": "tunnel.peer.changed", "from": "local/tunnel/1", "body": body });
    assert_eq!(events.next().await.data, expected);

    serving.abort();
    let _ = serving.await;
    drop(station);
    let down = events.next().await;
    assert_eq!(down.name, "down", "{down:?}");
    let mut back = Events::open(&house.path, path, Some("whatever")).await;
    let gap = back.next().await;
    assert_eq!((gap.name.as_str(), gap.data), ("gap", json!({ "lost": null })));
}
