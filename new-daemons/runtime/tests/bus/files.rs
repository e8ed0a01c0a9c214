//! Bodies that come as files, and files that should not come.

use std::io::{IoSlice, Write};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::net::UnixDatagram;

use bus::datagram::{self, ToDaemon};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};
use rustix::fs::{MemfdFlags, SealFlags, fcntl_add_seals, memfd_create};

use super::{Place, SOON, daemon, local, pattern, until, within};

fn file(len: usize, seals: SealFlags) -> OwnedFd {
    let fd = memfd_create("test", MemfdFlags::ALLOW_SEALING | MemfdFlags::CLOEXEC).unwrap();
    let mut file = std::fs::File::from(fd);
    file.write_all(&vec![7; len]).unwrap();
    fcntl_add_seals(&file, seals).unwrap();
    file.into()
}

const ALL: SealFlags =
    SealFlags::SHRINK.union(SealFlags::GROW).union(SealFlags::WRITE).union(SealFlags::SEAL);

fn open_files() -> usize {
    std::fs::read_dir("/proc/self/fd").unwrap().count()
}

/// Waits: other tests of this program open files as well.
async fn no_more_than(before: usize) {
    until("no file stays open", async || match open_files() {
        n if n <= before => Ok(()),
        n => Err(format!("{n} files, {before} before")),
    })
    .await;
}

#[tokio::test]
async fn files_that_are_not_sealed_of_another_length_too_many_or_not_announced_are_refused_and_closed() {
    let place = Place::new();
    let (asker, _server) = (place.bus("asker"), place.echo("server"));
    let body = pattern(5 << 20);
    assert!(within(asker.call(local("server"), 1, body.clone(), SOON)).await == Ok(body.clone()));
    let socket = UnixDatagram::unbound().unwrap();
    socket.connect(place.socket("server")).unwrap();
    let announce = |len| datagram::encode(daemon("server"), &[ToDaemon::Passed { from: daemon("x"), len }]);
    let send = |announced: u32, files: &[&OwnedFd]| {
        let fds: Vec<_> = files.iter().map(|f| f.as_raw_fd()).collect();
        let gifts = [ControlMessage::ScmRights(&fds)];
        let bytes = announce(announced).into_bytes();
        sendmsg::<UnixAddr>(socket.as_raw_fd(), &[IoSlice::new(&bytes)], &gifts, MsgFlags::empty(), None)
            .unwrap();
    };
    let good = file(1000, ALL);
    let unsealed = [SealFlags::SHRINK, SealFlags::GROW, SealFlags::WRITE, SealFlags::SEAL]
        .map(|missing| file(1000, ALL.difference(missing)));
    let pipe = std::io::pipe().unwrap();
    let plain: OwnedFd = tempfile::tempfile().unwrap().into();
    let before = open_files();
    for _ in 0..20 {
        for bad in &unsealed {
            send(1000, &[bad]);
        }
        send(999, &[&good]);
        send(1001, &[&good]);
        send(1000, &[&good, &good]);
        send(1000, &[&good; 100]);
        send(1000, &[&OwnedFd::from(pipe.0.try_clone().unwrap())]);
        send(0, &[&plain]);
        // Each turn ends with a call, so that the queue does not fill up.
        let answer = within(asker.call(local("server"), 1, "well".into(), SOON)).await;
        assert_eq!(answer, Ok("well".into()));
    }
    no_more_than(before).await;
    assert!(within(asker.call(local("server"), 1, body.clone(), SOON)).await == Ok(body));
}

#[tokio::test]
async fn large_bodies_leave_no_file_behind() {
    let place = Place::new();
    let (asker, _server) = (place.bus("asker"), place.echo("server"));
    let body = pattern(5 << 20);
    assert!(within(asker.call(local("server"), 1, body.clone(), SOON)).await == Ok(body.clone()));
    let before = open_files();
    for _ in 0..20 {
        assert!(within(asker.call(local("server"), 1, body.clone(), SOON)).await == Ok(body.clone()));
    }
    no_more_than(before).await;
}
