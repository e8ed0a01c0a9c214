//! The outside of a daemon as a whole: it is reached on the bus and at its door, and comes back when something fails.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bus::{Address, Node};
use bytes::Bytes;
use protocol::Announcement;
use protocol::interface::Tell;
use protocol::services::tunnel::Served;
use protocol::tunnel::TunnelPeerChanged;
use protocol::xdr::{Reader, Writer, Xdr, XdrError};
use runtime::frame::Sockets;
use runtime::presence::{Face, Presence, PresenceError, Say, Site, Where};
use runtime::{Bus, Joining};
use serde::Serialize;

use super::client::{Events, SOON, get};
use super::{Fake, Numbers, daemon, peer, socket};

fn site(dir: &tempfile::TempDir) -> Site {
    let http = config::Settings::default().section().unwrap();
    Site {
        dir: dir.path().to_owned(),
        door: Some((http, None)),
        sockets: Sockets::default(),
        configuration: dir.path().to_owned(),
        callbacks: Vec::new(),
    }
}

fn face() -> Face {
    Face::new(Served(Fake), Numbers)
}

/// Somebody else in the same directory.
fn join(dir: &Path, instance: u32) -> Bus {
    let daemon = daemon(instance);
    Bus::join(Joining { dir: dir.to_owned(), daemon, release: "test".to_owned(), features: 0 }).unwrap()
}

/// A log, and whoever writes it.
fn log() -> (Arc<Mutex<Vec<String>>>, Say) {
    let log = Arc::new(Mutex::new(Vec::new()));
    let to = log.clone();
    (log, Arc::new(move |_, line| to.lock().unwrap().push(line.to_owned())))
}

async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let look = async {
        while !holds().await {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(SOON, look).await.unwrap_or_else(|_| panic!("not so in time: {what}"));
}

/// Asks the daemon for an echo.
async fn echoes(by: &Bus) -> bool {
    let to = Address { node: Node::LOCAL, daemon: daemon(0) };
    // Opaque data of no bytes.
    by.call(to, 1, Bytes::from_static(&[0; 4]), SOON).await.is_ok()
}

#[tokio::test]
async fn a_daemon_is_reached_on_the_bus_and_at_its_door_until_it_ends() {
    for lives in [Where::Here, Where::Apart] {
        let dir = tempfile::tempdir().unwrap();
        let mut presence = Presence::join_at(site(&dir), face(), lives).await.unwrap();
        let other = join(dir.path(), 1);
        assert!(echoes(&other).await);
        let door = socket(&dir, 0);
        assert_eq!(get(&door, "/health").await.status, 200);
        assert!(get(&door, "/metrics").await.body.contains("tablecloth_seven 7"));

        presence.ill("ctdbd", Some("it is gone".to_owned()));
        let answer = get(&door, "/health").await;
        assert_eq!((answer.status, &answer.json()["reasons"]["ctdbd"]), (503, &"it is gone".into()));

        let mut events = Events::open(&door, "/events", None).await;
        assert_eq!(events.next().await.name, "up");
        presence.tell(peer(7));
        assert_eq!(events.next().await.data["body"]["node"], 7);

        presence.stop().await;
        assert!(!door.exists() && !dir.path().join("tunnel.0").exists());
    }
}

#[tokio::test]
async fn a_name_that_somebody_has_is_said_at_the_start_and_waited_for_later_on() {
    let dir = tempfile::tempdir().unwrap();
    let taken = join(dir.path(), 0);
    let refused = Presence::join_at(site(&dir), face(), Where::Here).await;
    assert!(matches!(refused, Err(PresenceError::Bus(_))), "{refused:?}");
    let (log, say) = log();
    let mut presence = Presence::start(site(&dir), face(), Where::Here, say).unwrap();
    let has = |words: &str| log.lock().unwrap().iter().any(|line| line.contains(words));
    until("it says that it waits", async || has("not on the bus, trying on: the bus: cannot listen")).await;
    drop(taken);
    until("it has come", async || has("on the bus in")).await;
    assert!(echoes(&join(dir.path(), 1)).await);
    presence.stop().await;
}

/// An event that cannot be told without a mistake.
#[derive(Clone, Debug, Serialize)]
struct Broken;

impl Xdr for Broken {
    const MIN_LEN: usize = 0;

    fn encode(&self, _: &mut Writer) -> Result<(), XdrError> {
        panic!("broken on purpose")
    }
    fn decode(_: &mut Reader) -> Result<Self, XdrError> {
        Ok(Self)
    }
    fn encoded_len(&self) -> usize {
        0
    }
}

impl Tell for Broken {
    const TOPIC: &'static str = TunnelPeerChanged::TOPIC;
}

#[tokio::test]
async fn after_a_mistake_in_what_is_told_the_daemon_is_on_the_bus_again() {
    let dir = tempfile::tempdir().unwrap();
    let (log, say) = log();
    let mut presence = Presence::start(site(&dir), face(), Where::Apart, say).unwrap();
    let times = |words: &str| log.lock().unwrap().iter().filter(|line| line.contains(words)).count();
    until("it is there", async || times("on the bus in") == 1).await;
    presence.tell(Announcement::new("", &[], Broken));
    until("it is there again", async || times("on the bus in") == 2).await;
    assert_eq!(times("internal error on the bus, beginning anew"), 1);
    assert!(echoes(&join(dir.path(), 1)).await);
    assert_eq!(get(&socket(&dir, 0), "/health").await.status, 200);
    presence.stop().await;
}
