//! What other threads say to a loop: a queue with a bound, and an eventfd that ends the loop's sleep.
//!
//! Nobody waits here: a full mailbox refuses. A wake-up is written only when the loop sleeps, so threads that say much to
//! a busy loop make no system call.

use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use nix::sys::eventfd::{EfdFlags, EventFd};

use crate::{Interest, Reactor, Token};

/// Why nothing was said, with what was to be said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused<T> {
    /// As much waits already as may.
    Full(T),
    /// The loop has ended.
    Gone(T),
}

#[derive(Debug, PartialEq, Eq)]
enum Reader {
    Awake,
    /// It sleeps, or is about to.
    Asleep,
    /// A wake-up was written for it, which it has not read yet.
    Woken,
    Gone,
}

#[derive(Debug)]
struct Inner<T> {
    said: VecDeque<T>,
    reader: Reader,
}

#[derive(Debug)]
struct Shared<T> {
    inner: Mutex<Inner<T>>,
    bound: usize,
    wake: EventFd,
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, Inner<T>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The end of the threads that speak.
#[derive(Debug)]
pub struct Mailer<T>(Arc<Shared<T>>);

impl<T> Clone for Mailer<T> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

/// The end of the loop.
#[derive(Debug)]
pub struct Mailbox<T>(Arc<Shared<T>>);

/// A mailbox for at most `bound` things. Its token comes back as readable when the loop is to look into it.
pub fn mailbox<T>(reactor: &Reactor, token: Token, bound: usize) -> io::Result<(Mailer<T>, Mailbox<T>)> {
    let wake = EventFd::from_flags(EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK)?;
    reactor.add(&wake, token, Interest::Read)?;
    let inner = Mutex::new(Inner { said: VecDeque::new(), reader: Reader::Awake });
    let shared = Arc::new(Shared { inner, bound, wake });
    Ok((Mailer(shared.clone()), Mailbox(shared)))
}

impl<T> Mailer<T> {
    /// Says something, and wakes the loop if it sleeps.
    pub fn send(&self, thing: T) -> Result<(), Refused<T>> {
        let mut inner = self.0.lock();
        if inner.reader == Reader::Gone {
            return Err(Refused::Gone(thing));
        }
        if inner.said.len() >= self.0.bound {
            return Err(Refused::Full(thing));
        }
        inner.said.push_back(thing);
        if inner.reader == Reader::Asleep {
            inner.reader = Reader::Woken;
            // An eventfd takes 2^64 - 2 of these before it refuses, and at most one is in it.
            let _ = self.0.wake.write(1);
        }
        Ok(())
    }
}

impl<T> Mailbox<T> {
    /// Before the loop sleeps. False: something was said, so it must not.
    #[must_use]
    pub fn sleep(&self) -> bool {
        let mut inner = self.0.lock();
        let empty = inner.said.is_empty();
        if empty && inner.reader == Reader::Awake {
            inner.reader = Reader::Asleep;
        }
        empty
    }

    /// After the loop has slept: all that was said, in its order.
    pub fn take(&self) -> VecDeque<T> {
        let mut inner = self.0.lock();
        if inner.reader == Reader::Woken {
            let _ = self.0.wake.read();
        }
        inner.reader = Reader::Awake;
        std::mem::take(&mut inner.said)
    }
}

impl<T> Drop for Mailbox<T> {
    fn drop(&mut self) {
        let mut inner = self.0.lock();
        inner.reader = Reader::Gone;
        // What is dropped here may speak to this mailbox.
        let said = std::mem::take(&mut inner.said);
        drop(inner);
        drop(said);
    }
}
