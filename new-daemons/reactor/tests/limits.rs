//! What hostile peers send beside their datagrams, and a process that may open no more files. These tests count what is open
//! in the whole process, so they have a program of their own and take turns.

#![allow(clippy::unwrap_used)] // Helpers, which clippy does not see as tests.

use std::fs::File;
use std::io::{ErrorKind, IoSlice};
use std::os::fd::{AsRawFd, RawFd};
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::sync::{Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg, setsockopt, sockopt::PassCred};
use reactor::Reactor;
use reactor::datagram::{Datagram, Inlet, Outlet, Rights};
use tempfile::TempDir;

static TURN: Mutex<()> = Mutex::new(());

struct Peer {
    _turn: MutexGuard<'static, ()>,
    _dir: TempDir,
    path: PathBuf,
    socket: UnixDatagram,
    sender: UnixDatagram,
    null: File,
    inlet: Inlet,
}

impl Peer {
    fn new(rights: Rights) -> Self {
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let socket = UnixDatagram::bind(&path).unwrap();
        setsockopt(&socket, PassCred, &true).unwrap();
        let sender = UnixDatagram::unbound().unwrap();
        sender.connect(&path).unwrap();
        let null = File::open("/dev/null").unwrap();
        Self { _turn: turn, _dir: dir, path, socket, sender, null, inlet: Inlet::new(100, rights) }
    }

    /// Sends a datagram with so many files, as only a hostile peer does.
    fn send(&self, files: usize) {
        let files: Vec<RawFd> = vec![self.null.as_raw_fd(); files];
        let control = [ControlMessage::ScmRights(&files)];
        let (fd, x) = (self.sender.as_raw_fd(), [IoSlice::new(b"x")]);
        sendmsg::<()>(fd, &x, &control, MsgFlags::empty(), None).unwrap();
    }

    fn receive(&mut self) -> Vec<Datagram> {
        let mut came = Vec::new();
        loop {
            let before = came.len();
            self.inlet.receive(&self.socket, &mut came).unwrap();
            if came.len() == before {
                return came;
            }
        }
    }

    /// Of one datagram with five files: its bytes, whether something was cut, how many came, whether its sender is known.
    fn five(&mut self) -> (Bytes, bool, usize, bool) {
        self.send(5);
        let datagram = self.receive().pop().unwrap();
        (datagram.bytes, datagram.cut, datagram.files.len(), datagram.sender.is_some())
    }
}

fn descriptors() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Opens files until there is room for so many only.
fn leave(room: usize) -> Vec<File> {
    let mut all: Vec<_> = std::iter::from_fn(|| File::open("/dev/null").ok()).collect();
    all.truncate(all.len() - room);
    all
}

#[test]
fn no_file_of_a_stranger_stays_open_however_many_it_sends() {
    for rights in [Rights::Refuse, Rights::Take] {
        let refused = rights == Rights::Refuse;
        let mut peer = Peer::new(rights);
        let before = descriptors();
        for count in [1, 2, 3, 253] {
            (0..4).for_each(|_| peer.send(count));
            let came = peer.receive();
            let seen: Vec<_> = came.iter().map(|d| (d.cut, d.files.len(), d.sender.is_none())).collect();
            assert_eq!(seen, [(refused, if refused { 0 } else { count }, refused); 4]);
            drop(came);
            assert_eq!(descriptors(), before, "{rights:?}, {count} files");
        }
    }
}

#[test]
fn where_no_more_files_may_be_opened_errors_say_so_and_nothing_that_came_stays_open() {
    let mut peer = Peer::new(Rights::Take);
    let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
    setrlimit(Resource::RLIMIT_NOFILE, 64, hard).unwrap();
    let x = || Bytes::from("x");
    assert_eq!(peer.five(), (x(), false, 5, true));
    for room in [3, 1] {
        let used = leave(room);
        // As many times as it takes to use up all room if one of them stayed open.
        for _ in 0..3 {
            assert_eq!(peer.five(), (x(), true, room, false), "room for {room} of 5");
        }
        drop(used);
    }
    let used = leave(0);
    assert_eq!(peer.five(), (x(), true, 0, false));
    assert_eq!(Reactor::new().unwrap_err().raw_os_error(), Some(nix::libc::EMFILE));
    let refused = Outlet::<Vec<Bytes>>::connect(&peer.path, 1000).unwrap_err();
    assert_ne!(refused.kind(), ErrorKind::NotFound);
    drop(used);
    assert_eq!(peer.five(), (x(), false, 5, true));
    assert!(Reactor::new().is_ok());
    setrlimit(Resource::RLIMIT_NOFILE, soft, hard).unwrap();
}
