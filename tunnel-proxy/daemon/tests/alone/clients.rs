//! `runtime::BusClient` with a real tunneld, and with none: programs that do not read, whose files are removed, who are one
//! too many, or whose tunneld goes and comes.

use std::fs;
use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use bus::datagram::{ToDaemon, ToTunnel};
use bus::{Daemon, Failure, LostReason, Undelivered};
use bytes::Bytes;
use nix::sys::signal::Signal;
use runtime::{BusClient, BusError, Notice, Options};

use crate::raw::Raw;
use crate::{SOON, Tunneld, assert_ways, local, until, within};

/// What the inbox takes before the socket is left alone, and more.
const MUCH: u32 = 900;

fn page(n: u32) -> Bytes {
    let mut body = vec![7; 64 << 10];
    body[..4].copy_from_slice(&n.to_be_bytes());
    body.into()
}

#[tokio::test]
async fn a_program_that_does_not_read_its_inbox_holds_up_nobody_and_gets_everything_when_it_reads() {
    let tunneld = Tunneld::start().await;
    let (sender, mut slow) = (tunneld.client("sender").await, tunneld.client("slow").await);
    let (mut other, begun) = (tunneld.client("other").await, Instant::now());
    let results = tokio::spawn(async move {
        let mut posted = Vec::new();
        for n in 0..MUCH {
            posted.push(sender.bus.post(local("slow"), page(n)).await);
        }
        let mut results = Vec::new();
        for result in posted {
            results.push(result.result().await);
        }
        (results, sender)
    });
    // Longer than a tunneld may be silent: that it is not heard says nothing while nobody listens.
    until("the sender has waited for longer than any silence", async || {
        assert_eq!(other.bus.send(local("other"), "self".into()).await, Ok(()));
        assert_eq!(other.message().await, "self");
        assert!(!results.is_finished(), "{MUCH} pages fit into an inbox that nobody reads");
        let waited = begun.elapsed();
        if waited > Duration::from_secs(7) { Ok(()) } else { Err(format!("{waited:?}")) }
    })
    .await;
    // It may still speak, and hears what became of that when it reads.
    let asked = slow.bus.post(local("other"), "I am busy".into()).await;
    assert_eq!(other.message().await, "I am busy");

    for n in 0..MUCH {
        match slow.notice().await {
            Notice::Message { body, .. } => assert_eq!(body, page(n), "page {n}"),
            notice => panic!("{notice:?} before page {n}"),
        }
    }
    let (results, _sender) = within(results).await.unwrap();
    assert!(results.iter().all(|result| *result == Ok(())), "{results:?}");
    assert_eq!(within(asked.result()).await, Ok(()));
}

#[tokio::test]
async fn a_program_that_drops_its_inbox_goes_on_sending() {
    let tunneld = Tunneld::start().await;
    let (sender, deaf) = (tunneld.client("sender").await, tunneld.client("deaf").await);
    let deaf_bus = deaf.bus.clone();
    for n in 0..MUCH / 2 {
        assert_eq!(within(sender.bus.send(local("deaf"), page(n))).await, Ok(()));
    }
    drop(deaf.inbox);
    for n in 0..MUCH {
        assert_eq!(within(sender.bus.send(local("deaf"), page(n))).await, Ok(()), "page {n}");
    }
    assert_eq!(within(deaf_bus.send(local("sender"), "well".into())).await, Ok(()));
}

#[tokio::test]
async fn a_client_whose_socket_file_is_removed_is_still_reached_makes_it_again_and_loses_nothing() {
    let mut tunneld = Tunneld::start().await;
    let (sender, mut client) = (tunneld.client("sender").await, tunneld.client("client").await);
    let file = tunneld.bus().join("client.0");
    assert_eq!(sender.bus.send(local("client"), "one".into()).await, Ok(()));
    fs::remove_file(&file).unwrap();
    assert_eq!(sender.bus.send(local("client"), "two".into()).await, Ok(()), "over the old connection");
    until("the file is there again", async || fs::metadata(&file).map_err(|e| e.to_string())).await;
    assert_eq!(sender.bus.send(local("client"), "three".into()).await, Ok(()));
    let late = tunneld.client("late").await;
    assert_eq!(late.bus.send(local("client"), "four".into()).await, Ok(()));
    for expected in ["one", "two", "three", "four"] {
        assert_eq!(client.message().await, expected);
    }

    for signal in [Signal::SIGTERM, Signal::SIGKILL] {
        tunneld.end(signal);
        assert_eq!(sender.bus.send(local("client"), "alone".into()).await, Ok(()));
        tunneld.start_again().await;
        until("the tunneld knows it", async || {
            let daemons = tunneld.status().await.daemons;
            daemons.iter().find(|d| d.name == "client").map(drop).ok_or_else(|| format!("{daemons:?}"))
        })
        .await;
        assert_eq!(client.message().await, "alone");
    }
}

#[tokio::test]
async fn one_program_too_many_is_told_that_and_not_that_nobody_answers() {
    let tunneld = Tunneld::start().await;
    // One place is the tunneld's own, and one that of the asker, until it has left.
    let listed = async || match tunneld.status().await.daemons {
        daemons if daemons.iter().any(|d| d.name == "tunnel") => Ok(()),
        daemons => Err(format!("{daemons:?}")),
    };
    until("it is registered at itself", listed).await;
    let mut all: Vec<_> = (0..255).map(|n| Raw::new(&tunneld, n)).collect();
    for raw in &all {
        until("there is a place", async || {
            raw.say(ToTunnel::Register { incarnation: 1 });
            match raw.hear() {
                ToDaemon::Registered { incarnation: 1, .. } => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .await;
    }
    let begun = Instant::now();
    let refused = tunneld.try_client("late").await.err();
    assert!(begun.elapsed() < SOON / 3, "{:?}", begun.elapsed());
    match refused {
        Some(e @ BusError::NotRegistered { reason: Failure::TooManyDaemons, .. }) => {
            assert!(e.to_string().contains("too many daemons"), "{e}");
        }
        other => panic!("{other:?}"),
    }
    assert!(!tunneld.bus().join("late.0").exists(), "it leaves nothing behind");
    all.pop().unwrap().say(ToTunnel::Deregister);
    let late = async || tunneld.try_client("late").await.map_err(|e| e.to_string());
    let mut late = until("there is a place", late).await;
    assert_eq!(late.bus.send(local("late"), "hello".into()).await, Ok(()));
    assert_eq!(late.message().await, "hello");
}

#[tokio::test]
async fn a_tunneld_that_goes_is_reported_lost_once_and_found_again() {
    let mut tunneld = Tunneld::start().await;
    let mut client = tunneld.client("client").await;
    tunneld.end(Signal::SIGTERM);
    assert!(matches!(client.notice().await, Notice::Lost(LostReason::Forgotten)));
    let refused = Err(Undelivered { reason: Failure::TunneldGone, in_doubt: false });
    let far = "1/client".parse().unwrap();
    let begun = Instant::now();
    until("it has looked for the tunneld several times", async || {
        assert_eq!(client.bus.send(far, "x".into()).await, refused);
        assert_eq!(client.bus.send(local("client"), "neighbours need no tunneld".into()).await, Ok(()));
        assert_eq!(client.message().await, "neighbours need no tunneld");
        let waited = begun.elapsed();
        if waited > Duration::from_secs(2) { Ok(()) } else { Err(format!("{waited:?}")) }
    })
    .await;
    tunneld.start_again().await;
    assert!(matches!(client.notice().await, Notice::Up { node: None, attached: false }));
    let nowhere = Err(Undelivered { reason: Failure::NoCtdbd, in_doubt: false });
    assert_eq!(within(client.bus.send(far, "hello".into())).await, nowhere, "no node is known");
    assert_ways(&tunneld).await;
}

#[tokio::test]
async fn whoever_finds_no_tunneld_is_told_what_there_is_instead() {
    let dir = tempfile::tempdir().unwrap();
    let connect = |dir: &std::path::Path| {
        let daemon = Daemon { name: "client".parse().unwrap(), instance: 0 };
        BusClient::connect(Options { dir: dir.to_owned(), daemon, patience: Duration::from_millis(600) })
    };
    let told = |result: Result<_, BusError>| result.err().map(|e| e.to_string()).unwrap_or_default();
    let path = dir.path().join("tunnel");
    assert!(told(connect(dir.path()).await).contains("No such file"));
    drop(UnixDatagram::bind(&path).unwrap());
    assert!(told(connect(dir.path()).await).contains("refused"), "a socket file without a process");
    fs::remove_file(&path).unwrap();
    fs::write(&path, "no socket").unwrap();
    assert!(told(connect(dir.path()).await).contains("refused"));
    fs::remove_file(&path).unwrap();

    let somebody = UnixDatagram::bind(&path).unwrap();
    let begun = Instant::now();
    assert!(told(connect(dir.path()).await).contains("does not answer"));
    assert!(begun.elapsed() < SOON / 3, "it has the patience that was asked for");
    drop(somebody);
    let long = dir.path().join("x".repeat(110));
    assert!(told(connect(&long).await).contains("SUN_LEN"));
    assert_eq!(fs::read_dir(dir.path()).unwrap().count(), 1, "nobody leaves a socket behind");
}
