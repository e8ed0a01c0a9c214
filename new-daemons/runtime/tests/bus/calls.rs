//! Calls between neighbours.

use std::os::unix::net::UnixDatagram;
use std::time::{Duration, Instant};

use bus::Failure;
use bus::calls::{Absence, CallError, Presence};
use bytes::Bytes;
use protocol::common::Code;

use super::{Place, SOON, local, pattern, until, within};

#[tokio::test]
async fn calls_of_any_size_come_back_whole_without_a_tunneld() {
    let place = Place::new();
    let (asker, _server) = (place.bus("asker"), place.echo("server"));
    for len in [0, 1, 1000, 65_000, 65_536, 70_000, 600_000, 5 << 20, (16 << 20) - 4096] {
        let body = pattern(len);
        let answer = within(asker.call(local("server"), 1, body.clone(), SOON)).await;
        assert!(answer == Ok(body), "{len} bytes");
    }
    let myself = place.echo("myself");
    assert_eq!(within(myself.call(local("myself"), 1, "me".into(), SOON)).await, Ok("me".into()));
    assert!(!asker.way().borrow().tunneld, "nobody needs one");
}

#[tokio::test]
async fn ten_thousand_calls_in_both_directions_at_once_are_all_answered() {
    let place = Place::new();
    let (a, b) = (place.echo("a"), place.echo("b"));
    let flood = |bus: runtime::Bus, to: &'static str| async move {
        let mut calls = tokio::task::JoinSet::new();
        for n in 0..10_000_u32 {
            let bus = bus.clone();
            calls.spawn(async move {
                let body = Bytes::copy_from_slice(&n.to_be_bytes());
                let answer = bus.call(local(to), 1, body.clone(), SOON).await;
                assert_eq!(answer, Ok(body));
            });
        }
        calls.join_all().await.len()
    };
    let (there, back) = within(async { tokio::join!(flood(a.clone(), "b"), flood(b.clone(), "a")) }).await;
    assert_eq!((there, back), (10_000, 10_000));
}

#[tokio::test]
async fn what_a_server_does_not_answer_is_told_and_never_forgotten() {
    let place = Place::new();
    let (asker, server) = (place.bus("asker"), place.echo("server"));
    let call = |number| asker.call(local("server"), number, Bytes::new(), SOON);
    match within(call(2)).await {
        Err(CallError::Refused(refusal)) => assert_eq!(refusal.code, Code::Failed),
        other => panic!("{other:?}"),
    }
    match within(call(3)).await {
        Err(CallError::Refused(refusal)) => {
            assert_eq!((refusal.code, refusal.text.as_str()), (Code::Denied, "not you"));
        }
        other => panic!("{other:?}"),
    }
    let nobody = asker.call(local("nobody"), 1, Bytes::new(), SOON);
    assert_eq!(within(nobody).await, Err(CallError::NoSuchDaemon));
    let deaf = within(server.call(local("asker"), 1, Bytes::new(), SOON)).await;
    assert_eq!(deaf, Err(CallError::NoSuchRequest), "it serves nothing");
    let patience = Duration::from_millis(100);
    let slow = within(asker.call(local("server"), 4, Bytes::new(), patience)).await;
    assert_eq!(slow, Err(CallError::Timeout));
}

#[tokio::test]
async fn a_call_that_is_dropped_is_withdrawn_at_the_server() {
    let place = Place::new();
    let (asker, server) = (place.bus("asker"), place.bus("server"));
    let mut requests = server.serve().unwrap();
    assert!(server.serve().is_none(), "one at a time");
    let call = asker.call(local("server"), 1, Bytes::new(), SOON);
    let request = tokio::select! {
        request = requests.next() => request.unwrap(),
        answer = call => panic!("{answer:?}"),
    };
    // The call was dropped with the select.
    within(request.reply.withdrawn()).await;
    request.reply.done("too late");
    drop(requests);
    let answer = within(asker.call(local("server"), 1, Bytes::new(), SOON)).await;
    assert_eq!(answer, Err(CallError::NoSuchRequest));
}

#[tokio::test]
async fn a_daemon_that_ends_in_the_middle_of_a_call_is_noticed_within_two_seconds() {
    let place = Place::new();
    let asker = place.bus("asker");
    let mut watch = asker.watch(local("server"));
    assert_eq!(within(watch.changed()).await, Some(Presence::Down(Absence::NoSuchDaemon)));
    let server = place.echo("server");
    assert!(matches!(within(watch.changed()).await, Some(Presence::Up { .. })));

    // A socket that is there, and a process that is not: what a killed daemon leaves.
    let silent = UnixDatagram::bind(place.socket("silent")).unwrap();
    silent.set_nonblocking(true).unwrap();
    let bus = asker.clone();
    let call = tokio::spawn(async move { bus.call(local("silent"), 1, Bytes::new(), SOON).await });
    let mut buffer = [0; 4096];
    until("it is asked", async || silent.recv(&mut buffer).map(drop).map_err(|e| e.to_string())).await;
    let begun = Instant::now();
    drop(silent);
    let answer = within(call).await.unwrap();
    println!("noticed after {:?}: {answer:?}", begun.elapsed());
    assert_eq!(answer, Err(CallError::PeerGone));
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    drop(server);
}

#[tokio::test]
async fn a_reader_with_a_full_queue_holds_up_nobody_else_and_gets_everything_when_it_reads() {
    let place = Place::new();
    let (sender, _quick) = (place.bus("sender"), place.echo("quick"));
    let stalled = UnixDatagram::bind(place.socket("stalled")).unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for n in 0..200_u32 {
        let sender = sender.clone();
        calls.spawn(async move {
            let body = Bytes::from(vec![7; 20_000]);
            sender.call(local("stalled"), n, body, Duration::from_secs(2)).await
        });
    }
    for n in 0..100 {
        let answer = within(sender.call(local("quick"), 1, pattern(n), SOON)).await;
        assert_eq!(answer, Ok(pattern(n)));
    }
    let results = within(calls.join_all()).await;
    assert!(results.iter().all(|r| *r == Err(CallError::Timeout)), "{:?}", results.first());
    // Nobody was spinning: it reads now, and all that was asked is there in order.
    stalled.set_nonblocking(true).unwrap();
    let (mut buffer, mut bytes) = (vec![0; bus::datagram::DATAGRAM_MAX], 0);
    until("it has read everything", async || {
        while let Ok(len) = stalled.recv(&mut buffer) {
            bytes += len;
        }
        if bytes > 200 * 20_000 { Ok(()) } else { Err(format!("{bytes} bytes")) }
    })
    .await;
}

#[tokio::test]
async fn a_reader_that_is_killed_with_a_full_queue_fails_what_waited_for_it_at_once() {
    let place = Place::new();
    let sender = place.bus("sender");
    let stalled = UnixDatagram::bind(place.socket("stalled")).unwrap();
    let mut calls = tokio::task::JoinSet::new();
    for _ in 0..100 {
        let sender = sender.clone();
        let body = Bytes::from(vec![7; 60_000]);
        calls.spawn(async move { sender.call(local("stalled"), 1, body, SOON).await });
    }
    tokio::task::yield_now().await;
    until("its queue is full", async || {
        let probe = UnixDatagram::unbound().unwrap();
        probe.connect(place.socket("stalled")).unwrap();
        probe.set_nonblocking(true).unwrap();
        let full = probe.send(b"x").is_err_and(|e| e.kind() == std::io::ErrorKind::WouldBlock);
        full.then_some(()).ok_or_else(|| "there is room".to_owned())
    })
    .await;
    let begun = Instant::now();
    drop(stalled);
    let results = within(calls.join_all()).await;
    assert!(begun.elapsed() < Duration::from_secs(3), "{:?}", begun.elapsed());
    let told = |r: &Result<Bytes, CallError>| match r {
        Err(CallError::NoSuchDaemon | CallError::PeerGone) => true,
        Err(CallError::Undelivered(why)) => why.reason == Failure::ReceiverGone,
        _ => false,
    };
    assert!(results.iter().all(told), "{results:?}");
}
