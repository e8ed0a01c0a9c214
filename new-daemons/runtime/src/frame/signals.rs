//! Signals, in a thread of their own: a daemon whose loop hangs still ends within its time after SIGTERM.
//!
//! SIGTERM and SIGINT stop, SIGHUP reloads. They are blocked in all threads; the standard library unblocks them in the
//! programs that it starts.

use std::process;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::task::{Context, Poll, ready};
use std::thread;
use std::time::Duration;

use nix::sys::signal::{SigSet, Signal as Number};
use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::error::{FrameError, system};

/// What a signal asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    Stop,
    Reload,
}

/// Requests that wait to be seen; one place is kept for the stop.
const WAITING: usize = 4;

/// The stack of the thread, which calls next to nothing.
const STACK: usize = 64 * 1024;

#[derive(Debug)]
pub(crate) struct Blocked {
    set: SigSet,
}

/// The signals, as the loop sees them.
#[derive(Debug)]
pub(crate) struct Signals {
    receiver: Receiver<Signal>,
    stopped: bool,
    /// When it is dropped the daemon has ended in time.
    _running: mpsc::Sender<()>,
}

/// Blocks the signals in this thread, and in those that it starts.
pub(crate) fn block() -> Result<Blocked, FrameError> {
    let mut set = SigSet::empty();
    [Number::SIGTERM, Number::SIGINT, Number::SIGHUP].into_iter().for_each(|number| set.add(number));
    set.thread_block().map_err(system("cannot block signals"))?;
    Ok(Blocked { set })
}

impl Blocked {
    /// Waits for them from now on.
    pub(crate) fn listen(self, name: &'static str, stop_within: Duration) -> Result<Signals, FrameError> {
        let (sender, receiver) = channel(WAITING);
        let (running, ended) = mpsc::channel();
        let wait = move || listen(&self.set, &sender, &ended, name, stop_within);
        thread::Builder::new()
            .name("signals".to_owned())
            .stack_size(STACK)
            .spawn(wait)
            .map_err(|error| FrameError::System { what: "cannot start a thread", error })?;
        Ok(Signals { receiver, stopped: false, _running: running })
    }
}

fn listen(
    set: &SigSet,
    sender: &Sender<Signal>,
    ended: &mpsc::Receiver<()>,
    name: &str,
    stop_within: Duration,
) {
    loop {
        match set.wait() {
            // Several at once are one: the files are read when it is looked at.
            Ok(Number::SIGHUP) if sender.capacity() > 1 => drop(sender.try_send(Signal::Reload)),
            Ok(Number::SIGHUP) => {}
            Ok(_) => break,
            Err(_) => {}
        }
    }
    let _ = sender.try_send(Signal::Stop);
    if ended.recv_timeout(stop_within) == Err(RecvTimeoutError::Timeout) {
        eprintln!("{name}: it did not stop within {} s and is ended", stop_within.as_secs());
        process::exit(1);
    }
}

impl Signals {
    /// The next request; when there is a stop, nothing else any more.
    pub(crate) fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Signal> {
        if !self.stopped
            && let Some(Signal::Reload) = ready!(self.receiver.poll_recv(cx))
        {
            return Poll::Ready(Signal::Reload);
        }
        self.stopped = true;
        Poll::Ready(Signal::Stop)
    }
}
