//! What is told of sockets.

use std::collections::BTreeSet;
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::time::{Duration, Instant};

use nix::sys::eventfd::EventFd;
use reactor::{Interest, Reactor, Ready, Token};

use crate::{now, readable, watching};

#[test]
fn what_was_not_read_is_told_again() {
    let (mut near, mut far) = UnixStream::pair().unwrap();
    let mut reactor = watching(&near, Interest::Read);
    assert_eq!(now(&mut reactor), []);
    far.write_all(b"two").unwrap();
    assert_eq!(now(&mut reactor), [readable(7)]);
    near.read_exact(&mut [0]).unwrap();
    assert_eq!(now(&mut reactor), [readable(7)]);
    near.read_exact(&mut [0; 2]).unwrap();
    assert_eq!(now(&mut reactor), []);
}

#[test]
fn room_is_told_while_it_is_of_interest_and_nothing_after_the_removal() {
    let (near, _far) = UnixStream::pair().unwrap();
    let mut reactor = watching(&near, Interest::Nothing);
    assert_eq!(now(&mut reactor), []);
    reactor.change(&near, Token(8), Interest::Both).unwrap();
    assert_eq!(now(&mut reactor), [Ready { token: Token(8), readable: false, writable: true }]);
    reactor.change(&near, Token(8), Interest::Read).unwrap();
    assert_eq!(now(&mut reactor), []);
    reactor.change(&near, Token(8), Interest::Write).unwrap();
    reactor.remove(&near).unwrap();
    assert_eq!(now(&mut reactor), []);
    assert!(reactor.remove(&near).is_err(), "it was removed twice");
}

#[test]
fn room_that_is_to_be_told_once_is_told_again_only_when_somebody_asks() {
    let (near, _far) = UnixStream::pair().unwrap();
    let mut reactor = watching(&near, Interest::RoomOnce);
    for _ in 0..2 {
        assert_eq!(now(&mut reactor), [Ready { token: Token(7), readable: false, writable: true }]);
        assert_eq!(now(&mut reactor), []);
        reactor.change(&near, Token(7), Interest::RoomOnce).unwrap();
    }
}

#[test]
fn an_end_is_told_as_ready_for_both_even_where_nothing_is_of_interest() {
    let (near, far) = UnixStream::pair().unwrap();
    let mut reactor = watching(&near, Interest::Nothing);
    drop(far);
    assert_eq!(now(&mut reactor), [Ready { token: Token(7), readable: true, writable: true }]);
}

#[test]
fn a_closed_socket_is_forgotten() {
    let (near, mut far) = UnixStream::pair().unwrap();
    let mut reactor = watching(&near, Interest::Read);
    far.write_all(b"x").unwrap();
    drop(near);
    assert_eq!(now(&mut reactor), []);
}

#[test]
fn a_wait_ends_after_its_patience_and_not_before() {
    let mut reactor = Reactor::new().unwrap();
    let begun = Instant::now();
    reactor.wait(Some(Duration::from_micros(20_100))).unwrap();
    assert!(begun.elapsed() >= Duration::from_micros(20_100));
    assert_eq!(reactor.ready().count(), 0);
}

#[test]
fn of_more_busy_sockets_than_are_told_at_once_none_is_left_out() {
    let mut reactor = Reactor::new().unwrap();
    let busy: Vec<_> = (0..700).map(|_| EventFd::from_value(1).unwrap()).collect();
    for (socket, token) in busy.iter().zip(0..) {
        reactor.add(socket, Token(token), Interest::Read).unwrap();
    }
    // Nobody reads: all stay ready.
    for round in 0..3 {
        let mut told: Vec<u64> = now(&mut reactor).iter().map(|ready| ready.token.0).collect();
        assert!(told.len() < busy.len(), "all at once");
        told.extend(now(&mut reactor).iter().map(|ready| ready.token.0));
        let different: BTreeSet<_> = told.iter().collect();
        assert_eq!(different.len(), busy.len(), "round {round}");
    }
}
