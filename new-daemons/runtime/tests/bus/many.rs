//! Many daemons in one directory, and a directory that goes away.

use std::fs;

use bus::{Address, Daemon, Node};
use bytes::Bytes;

use super::{Place, SOON, daemon, echo, join, local, until, within};

#[tokio::test]
async fn three_hundred_daemons_in_one_directory_find_and_reach_each_other() {
    let place = Place::new();
    let named = |instance| Daemon { instance, ..daemon("many") };
    let all: Vec<_> = (0..300).map(|n| join(&place.path(), named(n))).collect();
    for bus in &all {
        tokio::spawn(echo(bus.serve().unwrap()));
    }
    // What a dead daemon leaves is not found.
    drop(std::os::unix::net::UnixDatagram::bind(place.socket("dead")).unwrap());
    let found = within(all[7].daemons(Node::LOCAL, SOON)).await.unwrap();
    assert_eq!(found, (0..300).map(named).collect::<Vec<_>>());
    for (bus, to) in all.iter().zip((0..300).rev()) {
        let to = Address { node: Node::LOCAL, daemon: named(to) };
        assert_eq!(within(bus.call(to, 1, "hello".into(), SOON)).await, Ok("hello".into()));
    }
    for to in found {
        let to = Address { node: Node::LOCAL, daemon: to };
        assert_eq!(within(all[0].call(to, 1, "hello".into(), SOON)).await, Ok("hello".into()));
    }
}

#[tokio::test]
async fn a_directory_that_is_removed_and_made_again_is_a_bus_again() {
    let place = Place::new();
    let (a, b) = (place.echo("a"), place.echo("b"));
    assert_eq!(within(a.call(local("b"), 1, "x".into(), SOON)).await, Ok("x".into()));
    fs::remove_dir_all(place.path()).unwrap();
    assert_eq!(within(a.call(local("b"), 1, "still".into(), SOON)).await, Ok("still".into()));
    runtime::datagram::prepare_directory(&place.path()).unwrap();
    let c = place.bus("c");
    until("both are found again", async || {
        let all = c.daemons(Node::LOCAL, SOON).await.map_err(|e| e.to_string())?;
        if all.len() == 3 { Ok(()) } else { Err(format!("{all:?}")) }
    })
    .await;
    for (from, to) in [(&a, "b"), (&b, "a"), (&c, "a"), (&c, "b")] {
        assert_eq!(within(from.call(local(to), 1, Bytes::new(), SOON)).await, Ok(Bytes::new()), "{to}");
    }
}
