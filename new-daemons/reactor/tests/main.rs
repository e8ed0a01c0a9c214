//! The parts of a loop on real sockets. Those that count what the whole process has open are a program of their own.

#![allow(clippy::unwrap_used)] // Helpers, which clippy does not see as tests.

mod datagrams;
mod mailboxes;
mod readiness;
mod streams;
mod wheel;

use std::os::fd::AsFd;
use std::time::{Duration, Instant};

use reactor::{Interest, Reactor, Ready, Token};

/// How long something may take on a machine that does other things as well.
const PATIENCE: Duration = Duration::from_secs(60);

/// Waits until this token is ready.
fn wait_for(reactor: &mut Reactor, token: Token) -> Ready {
    let begun = Instant::now();
    loop {
        reactor.wait(Some(PATIENCE)).unwrap();
        if let Some(ready) = reactor.ready().find(|ready| ready.token == token) {
            return ready;
        }
        assert!(begun.elapsed() < PATIENCE, "{token:?} does not get ready");
    }
}

/// What is ready at once.
fn now(reactor: &mut Reactor) -> Vec<Ready> {
    reactor.wait(Some(Duration::ZERO)).unwrap();
    reactor.ready().collect()
}

fn watching(socket: impl AsFd, interest: Interest) -> Reactor {
    let reactor = Reactor::new().unwrap();
    reactor.add(socket, Token(7), interest).unwrap();
    reactor
}

fn readable(token: u64) -> Ready {
    Ready { token: Token(token), readable: true, writable: false }
}
