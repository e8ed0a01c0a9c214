//! The tunnel over real ctdbd while parts of it go away: ctdbd itself, a tunneld at either end, a daemon, a node. What is
//! promised then: whoever waits is told, whoever comes back is found, and nobody else notices.

use std::time::{Duration, Instant};

use crate::support::letters::{self, Account};
use crate::support::{Peer, SOON, address, cluster, tunnel_status, wait_way};
use bus::{Failure, LostReason, Undelivered};
use compat_tests::wait_until;
use nix::sys::signal::Signal;
use protocol::tunnel::{LinkState, Status};
use runtime::Notice;

/// What "at once" means: a few round trips, and not one of the tunnel's timers.
const AT_ONCE: Duration = Duration::from_millis(200);

/// Does something that must be over at once.
#[track_caller]
fn at_once<T>(what: &str, act: impl FnOnce() -> T) -> T {
    let begun = Instant::now();
    let result = act();
    assert!(begun.elapsed() < AT_ONCE, "{what} took {:?}", begun.elapsed());
    result
}

fn surely(reason: Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: false })
}

fn perhaps(reason: Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: true })
}

fn boot_of(status: &Status, node: u32) -> Option<String> {
    status.peers.iter().find(|peer| peer.node == node).and_then(|peer| peer.boot.clone().map(|boot| boot.0))
}

#[test]
fn when_ctdbd_goes_the_tunneld_stays_says_so_ends_what_waits_and_is_back_within_a_second_of_its_return() {
    let cluster = cluster(2);
    let near = cluster.start_tunneld(0).unwrap();
    let far = cluster.start_tunneld(1).unwrap();
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    let c = Peer::connect(cluster.node(0), "c");
    let to_b = address(1, "b");
    wait_way(&a, to_b);

    // Waits for an answer that does not come.
    far.signal(Signal::SIGSTOP).unwrap();
    let mut pending = a.post(to_b, &b"pending"[..]);
    let reached = || match tunnel_status(cluster.node(0))?.peers[0].queued_bytes {
        0 => Err("not there yet".to_owned()),
        _ => Ok(()),
    };
    near.wait(SOON, "the message is under way", reached).unwrap();
    assert_eq!(pending.peek(), None);

    cluster.node(0).kill9().unwrap();
    // kill9 returns when the last process is gone; the connection broke before that.
    assert_eq!(pending.result(), perhaps(Failure::NoCtdbd));
    assert_eq!(at_once("a new message", || a.send(to_b, &b"new"[..])), surely(Failure::NoCtdbd));
    assert_eq!(at_once("an unknown node", || a.send(address(9, "b"), &b"x"[..])), surely(Failure::NoCtdbd));
    assert_eq!(a.send(address(u32::MAX, "c"), &b"local"[..]), Ok(()), "daemons of one node need no ctdbd");
    assert_eq!(c.message(SOON).1, &b"local"[..]);

    assert!(near.is_running());
    let status = tunnel_status(cluster.node(0)).unwrap();
    assert_ne!(status.ctdbd.state, LinkState::Attached);
    assert!(status.ctdbd.last_error.is_some(), "{status:?}");
    assert_eq!((status.node, status.ctdbd.attached), (Some(0), 1), "{status:?}");
    let table = cluster.node(0).ctdbctl(&["tunnel", "status"]).unwrap();
    assert_eq!(table.code, Some(0), "{table:?}");
    assert!(table.stdout.contains(&status.ctdbd.state.to_string()), "{table:?}");
    let ping = cluster.node(0).ctdbctl(&["tunnel", "ping", "1", "--count", "1"]).unwrap();
    assert_eq!(ping.code, Some(3), "{ping:?}");

    far.signal(Signal::SIGCONT).unwrap();
    while a.try_notice().is_some() {}
    cluster.node(0).start().unwrap();
    let answers = Instant::now();
    let back = wait_until(SOON, "the link is back", || match a.try_notice() {
        Some(Notice::Link { node, attached: true }) => Ok(node),
        other => Err(format!("{other:?}")),
    });
    println!("attached {:?} after ctdbd's socket answered", answers.elapsed());
    assert!(answers.elapsed() < Duration::from_secs(1), "{:?}", answers.elapsed());
    assert_eq!(back.unwrap(), Some(bus::Node(0)));
    let status = tunnel_status(cluster.node(0)).unwrap();
    assert_eq!((status.ctdbd.state, status.ctdbd.attached), (LinkState::Attached, 2));

    wait_way(&a, to_b);
    wait_way(&b, address(0, "a"));
    assert!(near.is_running() && far.is_running());
    for args in [&["tunnel", "peers"][..], &["tunnel", "peers", "-n", "1"]] {
        let peers = cluster.node(0).ctdbctl(args).unwrap().ok().unwrap();
        let other = if args.len() == 2 { cluster.node(1) } else { cluster.node(0) };
        let row = peers.lines().nth(1).unwrap().split_whitespace().collect::<Vec<_>>();
        assert_eq!(row[1..3], [other.address(), "up"], "{peers}");
    }
}

#[test]
fn whoever_cannot_be_reached_is_told_apart_and_told_at_once() {
    let cluster = cluster(3);
    let _tunnelds = [cluster.start_tunneld(0).unwrap(), cluster.start_tunneld(1).unwrap()];
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));

    for round in 0..20 {
        let nobody = at_once("no such daemon", || a.send(address(1, "nobody"), &b"x"[..]));
        assert_eq!(nobody, surely(Failure::NoSuchDaemon), "round {round}");
        let instance = bus::Address {
            daemon: bus::Daemon { instance: round + 1, ..address(1, "b").daemon },
            ..address(1, "b")
        };
        let other = at_once("no such instance", || a.send(instance, &b"x"[..]));
        assert_eq!(other, surely(Failure::NoSuchDaemon), "round {round}");
    }
    let large = vec![7; 4 << 20];
    let nobody = at_once("no such daemon, 4 MiB", || a.send(address(1, "nobody"), large));
    assert_eq!(nobody, surely(Failure::NoSuchDaemon));
    assert_eq!(at_once("here", || a.send(address(0, "nobody"), &b"x"[..])), surely(Failure::NoSuchDaemon));
    assert_eq!(at_once("no such node", || a.send(address(77, "b"), &b"x"[..])), surely(Failure::NoSuchNode));

    // Somebody may start one there: the first one to ask waits a little, the others know.
    let begun = Instant::now();
    assert_eq!(a.send(address(2, "b"), &b"x"[..]), surely(Failure::NoTunneld));
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    assert_eq!(at_once("no tunneld", || a.send(address(2, "b"), &b"x"[..])), surely(Failure::NoTunneld));

    // The same for somebody who types.
    for (node, status) in [("2", 4), ("77", 2)] {
        let begun = Instant::now();
        let ping =
            cluster.node(0).ctdbctl(&["tunnel", "ping", node, "--count", "1", "-t", "20", "-o", "json"]);
        let ping = ping.unwrap();
        assert_eq!(ping.code, Some(status), "{ping:?}");
        assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
    }

    // A daemon that has been there, and then one that comes.
    drop(b);
    let gone =
        |result| if result == surely(Failure::NoSuchDaemon) { Ok(()) } else { Err(format!("{result:?}")) };
    wait_until(SOON, "its good-bye is heard", || gone(a.send(address(1, "b"), &b"x"[..]))).unwrap();
    let b = Peer::connect(cluster.node(1), "b");
    assert_eq!(at_once("again", || a.send(address(1, "b"), &b"back"[..])), Ok(()));
    assert_eq!(b.message(SOON).1, &b"back"[..]);
    let _late = cluster.start_tunneld(2).unwrap();
    let _c = Peer::connect(cluster.node(2), "c");
    wait_way(&a, address(2, "c"));
}

#[test]
fn a_far_tunneld_killed_and_started_under_traffic_costs_only_what_is_reported() {
    let cluster = cluster(2);
    let near = cluster.start_tunneld(0).unwrap();
    let mut far = cluster.start_tunneld(1).unwrap();
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    assert_eq!(b.message(SOON).1, &b"hello"[..]);
    let boot = boot_of(&tunnel_status(cluster.node(0)).unwrap(), 1).unwrap();

    let (mut account, mut sent, mut news) = (Account::default(), 0, Vec::new());
    let mut under_way = std::collections::VecDeque::new();
    let mut step = |account: &mut Account, more: bool| {
        while more && under_way.len() < 200 {
            under_way.push_back((sent, a.post(address(1, "b"), letters::letter(sent))));
            sent += 1;
        }
        while let Some(notice) = b.try_notice() {
            match notice {
                Notice::Message { body, .. } => account.received(letters::number(&body)),
                other => news.push(other),
            }
        }
        under_way.retain_mut(|(number, posted): &mut (u64, crate::support::Posted)| match posted.peek() {
            Some(result) => {
                account.result(*number, result);
                false
            }
            None => true,
        });
        under_way.len()
    };
    let mut came = 0;
    for _ in 0..3 {
        // Flowing, or flowing again.
        let flows = |came: usize, account: &Account| {
            if account.came() >= came + 500 { Ok(()) } else { Err("it is still") }
        };
        far.wait(SOON, "letters flow", || {
            step(&mut account, true);
            flows(came, &account)
        })
        .unwrap();
        far.kill9().unwrap();
        step(&mut account, true);
        far.restart().unwrap();
        came = account.came();
    }
    wait_until(SOON, "letters flow again", || {
        step(&mut account, true);
        if account.came() >= came + 500 { Ok(()) } else { Err("they do not") }
    })
    .unwrap();
    wait_until(SOON, "every letter has a result", || match step(&mut account, false) {
        0 => Ok(()),
        n => Err(n),
    })
    .unwrap();
    // The last delivered ones may still be in the socket of their reader.
    let last = a.post(address(1, "b"), letters::letter(sent));
    assert_eq!(last.result(), Ok(()));
    account.result(sent, Ok(()));
    while account.came() == 0 || account.last() != Some(sent) {
        match b.notice(SOON) {
            Notice::Message { body, .. } => account.received(letters::number(&body)),
            other => news.push(other),
        }
    }
    let sum = account.settle(sent + 1);
    println!("{} letters: {sum:?}", sent + 1);
    assert!(sum.in_doubt + sum.refused > 0, "each time something was under way: {sum:?}");
    let lost = news.iter().filter(|n| matches!(n, Notice::Lost(_))).count();
    let up = news.iter().filter(|n| matches!(n, Notice::Up { .. })).count();
    assert_eq!((lost, up), (3, 3), "the far daemon saw its tunneld go and come: {news:?}");
    let status = tunnel_status(cluster.node(0)).unwrap();
    assert_ne!(boot_of(&status, 1).unwrap(), boot);
    assert_eq!(status.ctdbd.attached, 1);
    assert!(near.is_running());
}

#[test]
fn a_local_tunneld_that_is_started_anew_is_lost_and_found_by_its_daemons() {
    let cluster = cluster(2);
    let mut near = cluster.start_tunneld(0).unwrap();
    let far = cluster.start_tunneld(1).unwrap();
    let (a, b) = (Peer::connect(cluster.node(0), "a"), Peer::connect(cluster.node(1), "b"));
    wait_way(&a, address(1, "b"));
    wait_way(&b, address(0, "a"));
    assert_eq!(a.message(SOON).1, &b"hello"[..]);
    while a.try_notice().is_some() {}

    far.signal(Signal::SIGSTOP).unwrap();
    let mut pending = a.post(address(1, "b"), &b"pending"[..]);
    near.wait(SOON, "the message is under way", || {
        match tunnel_status(cluster.node(0))?.peers[0].queued_bytes {
            0 => Err("not there yet".to_owned()),
            _ => Ok(()),
        }
    })
    .unwrap();
    assert_eq!(pending.peek(), None);
    assert_eq!(near.stop().unwrap(), "status 0");
    far.signal(Signal::SIGCONT).unwrap();
    let begun = Instant::now();
    assert!(matches!(a.news(SOON), Notice::Lost(LostReason::Forgotten)));
    println!("the loss was noticed after {:?}", begun.elapsed());
    assert_eq!(pending.result(), perhaps(Failure::TunneldGone));
    assert_eq!(at_once("meanwhile", || a.send(address(1, "b"), &b"x"[..])), surely(Failure::TunneldGone));

    near.restart().unwrap();
    let up = a.news(SOON);
    assert!(matches!(up, Notice::Up { .. }), "{up:?}");
    wait_way(&a, address(1, "b"));
    wait_way(&b, address(0, "a"));
    assert_eq!(a.message(SOON).1, &b"hello"[..]);

    // Killed with no chance to remove its socket file, and at once there again: nobody may miss that.
    while a.try_notice().is_some() {}
    near.restart().unwrap();
    assert!(matches!(a.news(SOON), Notice::Lost(_)));
    assert!(matches!(a.news(SOON), Notice::Up { .. }));
    wait_way(&a, address(1, "b"));
    wait_way(&b, address(0, "a"));
    assert_eq!(a.message(SOON).1, &b"hello"[..]);
}
