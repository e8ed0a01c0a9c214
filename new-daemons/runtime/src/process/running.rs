//! A program that was started: its output, its input, its end.
//!
//! It is collected only when nothing will be sent to its process group any more: until then its process id, which is the
//! group's, cannot be given to somebody else, and no signal can hit a stranger.

use std::io::ErrorKind;
use std::os::unix::process::ExitStatusExt;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid};
use nix::unistd::Pid;
use tokio::net::unix::pipe;
use tokio::signal::unix::Signal as Signals;
use tokio::time::timeout;

use super::orphans;
use super::output::{Output, Tail};

/// Bytes of one read.
const CHUNK: usize = 16 << 10;
/// Bytes that are read at most once the program has ended: what fits into a pipe. Something that it has left behind may
/// write for ever.
const REST: usize = 1 << 20;

/// Nothing is killed any more when it is dropped.
static LEAVE: AtomicBool = AtomicBool::new(false);

/// From now on a [`Running`] that is dropped leaves its program alone: for a daemon that is about to end, and leaves what it
/// has begun to the one that comes after it. What a program prints then is lost, and may end it.
pub fn leave_running() {
    LEAVE.store(true, Ordering::Relaxed);
}

/// How a program ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By itself, with this status.
    Exit(u8),
    /// By a signal.
    Signal(i32),
}

/// The end of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ended {
    /// How it has ended.
    pub how: How,
    /// What it printed.
    pub output: Output,
}

/// What is still to be written to a program.
#[derive(Debug)]
pub(super) struct Feed {
    to: pipe::Sender,
    bytes: Vec<u8>,
    written: usize,
}

impl Feed {
    pub(super) fn new(to: pipe::Sender, bytes: Vec<u8>) -> Self {
        Self { to, bytes, written: 0 }
    }

    /// Writes once; `false` when there is nothing more to do.
    async fn write(&mut self) -> bool {
        if self.to.writable().await.is_err() {
            return false;
        }
        match self.to.try_write(self.bytes.get(self.written..).unwrap_or_default()) {
            Ok(count) => {
                self.written += count;
                self.written < self.bytes.len()
            }
            Err(error) => error.kind() == ErrorKind::WouldBlock,
        }
    }
}

/// A program that runs. Dropping it kills its process group, unless [`leave_running`] was called.
#[derive(Debug)]
pub struct Running {
    /// `None` once it was collected.
    child: Option<Child>,
    pid: Pid,
    /// Tells that some child of this process has ended.
    ended: Signals,
    output: Option<pipe::Receiver>,
    tail: Tail,
    feed: Option<Feed>,
    how: How,
}

impl Running {
    pub(super) fn new(
        child: Child,
        ended: Signals,
        output: pipe::Receiver,
        limit: usize,
        feed: Option<Feed>,
    ) -> Self {
        // Process ids fit: the kernel's limit is 2^22.
        let pid = Pid::from_raw(i32::try_from(child.id()).unwrap_or(i32::MAX));
        let (child, output, tail) = (Some(child), Some(output), Tail::new(limit));
        Self { child, pid, ended, output, tail, feed, how: How::Exit(0) }
    }

    /// Its process id, which is that of its process group too.
    #[must_use]
    pub fn pid(&self) -> i32 {
        self.pid.as_raw()
    }

    /// What it has printed up to now; it is not told again at the end.
    pub fn take_output(&mut self) -> Output {
        self.tail.take()
    }

    /// Waits for its end. May be given up and called again; nothing is lost.
    pub async fn wait(&mut self) -> Ended {
        while self.is_alive() {
            self.step().await;
        }
        self.collect()
    }

    /// Asks the process group to end, and kills what is left of it after `grace`, at once when that is zero. Returns when
    /// the program itself has ended and the group got its last signal. A group costs less than the grace when all of it
    /// has closed the output.
    pub async fn terminate(&mut self, grace: Duration) -> Ended {
        if !grace.is_zero() {
            self.signal(Signal::SIGTERM);
            // One that was stopped hears it only then.
            self.signal(Signal::SIGCONT);
            let _ = timeout(grace, async {
                while self.is_alive() || self.output.is_some() {
                    self.step().await;
                }
            })
            .await;
        }
        self.signal(Signal::SIGKILL);
        self.wait().await
    }

    /// Sends a signal to its process group. Nothing happens once its end was told.
    pub fn signal(&self, signal: Signal) {
        if self.child.is_some() {
            let _ = killpg(self.pid, signal);
        }
    }

    /// Looks without collecting.
    fn is_alive(&self) -> bool {
        if self.child.is_none() {
            return false;
        }
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOWAIT | WaitPidFlag::WNOHANG;
        matches!(waitid(Id::Pid(self.pid), flags), Ok(WaitStatus::StillAlive) | Err(Errno::EINTR))
    }

    /// Waits for one thing to happen, and deals with it.
    async fn step(&mut self) {
        let Self { ended, output, tail, feed, .. } = self;
        let read = async {
            match output {
                Some(pipe) => read(pipe, tail).await,
                None => std::future::pending().await,
            }
        };
        let write = async {
            match feed {
                Some(feed) => feed.write().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = ended.recv() => orphans::collect(),
            more = read => if !more { self.output = None },
            more = write => if !more { self.feed = None },
        }
    }

    /// Takes what is in the pipe, and the exit status of a program that has ended.
    fn collect(&mut self) -> Ended {
        if let Some(pipe) = self.output.take() {
            let (mut chunk, mut taken) = ([0; CHUNK], 0);
            // Past tokio, which has perhaps not been told yet that there is something to read.
            while taken < REST
                && let Ok(count @ 1..) = nix::unistd::read(&pipe, &mut chunk)
            {
                taken += count;
                self.tail.push(chunk.get(..count).unwrap_or_default());
            }
        }
        self.feed = None;
        if let Some(mut child) = self.child.take() {
            // It has ended: this does not wait.
            self.how = child.wait().map_or(How::Signal(nix::libc::SIGKILL), how);
            orphans::collected(child.id());
        }
        Ended { how: self.how, output: self.tail.take() }
    }
}

fn how(status: ExitStatus) -> How {
    match (status.code(), status.signal()) {
        (Some(code), _) => How::Exit(u8::try_from(code).unwrap_or(u8::MAX)),
        (None, signal) => How::Signal(signal.unwrap_or(nix::libc::SIGKILL)),
    }
}

/// Reads once; `false` at the end.
async fn read(pipe: &pipe::Receiver, tail: &mut Tail) -> bool {
    if pipe.readable().await.is_err() {
        return false;
    }
    let mut chunk = [0; CHUNK];
    match pipe.try_read(&mut chunk) {
        Ok(0) => false,
        Ok(count) => {
            tail.push(chunk.get(..count).unwrap_or_default());
            true
        }
        Err(error) => matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted),
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.child.is_some() && LEAVE.load(Ordering::Relaxed) {
            return;
        }
        if self.child.is_some() {
            self.signal(Signal::SIGKILL);
        }
        if let Some(child) = self.child.take() {
            orphans::leave(child);
            orphans::collect();
        }
    }
}
