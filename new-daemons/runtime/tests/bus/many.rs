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

/// Files that this process may have open: each of very many daemons here has some.
fn more_files() {
    use nix::sys::resource::{Resource, getrlimit, setrlimit};
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, hard.min(65_536).max(soft), hard).unwrap();
}

#[tokio::test]
async fn a_daemon_reaches_more_neighbours_than_it_may_have_connections_with() {
    more_files();
    let place = Place::new();
    let many = u32::try_from(bus::LOCAL_PEERS).unwrap() + 9;
    let named = |instance| Daemon { instance, ..daemon("many") };
    let all: Vec<_> = (0..many).map(|n| join(&place.path(), named(n))).collect();
    for bus in &all {
        tokio::spawn(echo(bus.serve().unwrap()));
    }
    let one = place.bus("one");
    // One by one, and the first ones once more, whose connections have given way.
    for to in (0..many).chain(0..20) {
        let to = Address { node: Node::LOCAL, daemon: named(to) };
        assert_eq!(within(one.call(to, 1, "hello".into(), SOON)).await, Ok("hello".into()), "{to}");
    }
    // And all at once.
    let calls = (0..many).map(|to| {
        let to = Address { node: Node::LOCAL, daemon: named(to) };
        one.call(to, 1, "hello".into(), SOON)
    });
    let answers = within(futures_util::future::join_all(calls)).await;
    let answered = answers.iter().filter(|answer| answer.is_ok()).count();
    assert!(answered >= bus::LOCAL_PEERS, "{answered} of {many} were answered");
    for answer in answers.iter().filter(|answer| answer.is_err()) {
        assert!(
            matches!(answer, Err(bus::calls::CallError::Undelivered(why)) if why.reason == bus::Failure::QueueFull),
            "{answer:?}"
        );
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
