//! Datagrams that no daemon sends: garbage, too much, gifts, strangers. They are counted, and nothing else happens.

use std::fs::{self, Permissions};
use std::io::IoSlice;
use std::os::fd::AsRawFd;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixDatagram;
use std::os::unix::process::CommandExt;
use std::process::Command;

use bus::datagram::{DATAGRAM_MAX, ToTunnel};
use nix::sys::socket::{ControlMessage, MsgFlags, UnixAddr, sendmsg};

use crate::raw::Raw;
use crate::{Tunneld, assert_ways, until};

fn connected(tunneld: &Tunneld) -> UnixDatagram {
    let socket = UnixDatagram::unbound().unwrap();
    socket.connect(tunneld.socket()).unwrap();
    socket
}

async fn assert_counted(tunneld: &Tunneld, count: u64) {
    until("they are counted", async || match tunneld.status().await.counters.datagrams_bad {
        n if n == count => Ok(()),
        n => Err(format!("{n} of {count}")),
    })
    .await;
    assert_ways(tunneld).await;
}

#[tokio::test]
async fn garbage_too_much_and_files_are_counted_and_nothing_else() {
    let tunneld = Tunneld::start().await;
    let socket = connected(&tunneld);
    let fd = socket.as_raw_fd();
    for bytes in [&b""[..], b"x", &[0xff; 4000], &vec![1; DATAGRAM_MAX + 1], &vec![2; 2 * DATAGRAM_MAX]] {
        socket.send(bytes).unwrap();
    }
    // Its own connections stand by now.
    assert_counted(&tunneld, 5).await;
    let files = || fs::read_dir(format!("/proc/{}/fd", tunneld.pid())).unwrap().count();
    let before = files();
    for _ in 0..50 {
        let gifts = [ControlMessage::ScmRights(&[fd; 8])];
        sendmsg::<UnixAddr>(fd, &[IoSlice::new(b"files")], &gifts, MsgFlags::empty(), None).unwrap();
    }
    assert_counted(&tunneld, 55).await;
    assert!(files() <= before + 2, "{} files, {before} before", files());
    assert!(!tunneld.log().contains("WARN bus socket"), "such a datagram is no trouble of the socket");
}

#[tokio::test]
async fn another_user_is_not_heard_even_through_an_open_door() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can be another user");
        return;
    }
    let tunneld = Tunneld::start().await;
    let say = || {
        let mut logger = Command::new("logger");
        logger.arg("--socket").arg(tunneld.socket()).args(["--socket-errors=on", "hello"]);
        logger.uid(65_534).gid(65_534).current_dir("/").status().unwrap().success()
    };
    assert!(!say(), "the mode of the directory keeps strangers away");
    for path in [tunneld.dir.path(), &tunneld.bus()] {
        fs::set_permissions(path, Permissions::from_mode(0o755)).unwrap();
    }
    fs::set_permissions(tunneld.socket(), Permissions::from_mode(0o666)).unwrap();
    assert!(say() && say());
    assert_counted(&tunneld, 2).await;
    assert!(tunneld.log().contains("of another user"));
}

#[tokio::test]
async fn a_daemon_that_registers_again_and_again_and_never_reads_uses_up_no_files() {
    let tunneld = Tunneld::start().await;
    let deaf = Raw::new(&tunneld, 1);
    let files = || fs::read_dir(format!("/proc/{}/fd", tunneld.pid())).unwrap().count();
    let before = files();
    for incarnation in 1..=400 {
        // More answers than fit into its socket, so that the last one waits.
        (0..12).for_each(|_| deaf.say(ToTunnel::Register { incarnation }));
    }
    assert_counted(&tunneld, 0).await;
    assert!(files() < before + 12, "{} files, {before} before", files());
}
