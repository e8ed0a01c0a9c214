//! `ip connection`: what is remembered goes round the cluster, and a tickle is a packet that really goes out.

use std::net::SocketAddr;
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

use compat_tests::product;
use nix::sched::{CloneFlags, unshare};
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, recv, setsockopt, socket, sockopt,
};
use nix::sys::time::TimeVal;

use super::addresses::cluster;
use super::rows::{Try, done, ends, play, run};

/// Played at node 0, which has 10.99.0.1 and fd99::1.
pub(crate) const ROWS: &[Try] = &[
    done("ip connection list", &["none"], &[("/nodes/0/connections", "[]")]),
    // Either end may stand first.
    done("ip connection add 10.99.0.1:2049 192.0.2.7:987", &["added"], &[("/nodes/0/result", "\"added\"")]),
    done("ip connection add 192.0.2.7:988 10.99.0.1:445", &["added"], &[]),
    done("ip connection add [2001:db8::7]:40001 [fd99::1]:445", &["added"], &[]),
    done(
        "ip connection list 10.99.0.1",
        &["192.0.2.7:987", "10.99.0.1:445"],
        &[
            ("/nodes/0/connections/0/client", "\"192.0.2.7:988\""),
            ("/nodes/0/connections/0/server", "\"10.99.0.1:445\""),
            ("/nodes/0/connections/1/server", "\"10.99.0.1:2049\""),
        ],
    ),
    done(
        "ip connection list 10.99.0.1 2049",
        &["192.0.2.7:987"],
        &[("/nodes/0/connections", "[{\"client\":\"192.0.2.7:987\",\"server\":\"10.99.0.1:2049\"}]")],
    ),
    done(
        "ip connection list [fd99::1]",
        &["[2001:db8::7]:40001", "[fd99::1]:445"],
        &[("/nodes/0/connections/0/client", "\"[2001:db8::7]:40001\"")],
    ),
    ends(5, "ip connection list 10.99.9.9", &["10.99.9.9 is no public address of this node"], &[]),
    ends(5, "ip connection add 10.99.9.9:445 192.0.2.7:987", &["no public address"], &[]),
    ends(2, "ip connection add 10.99.0.1 192.0.2.7:987", &["write an address and a port"], &[]),
    done(
        "ip connection del 10.99.0.1:445 192.0.2.7:988",
        &["deleted"],
        &[("/nodes/0/result", "\"not known\"")],
    ),
    ends(2, "ip connection tickle 127.0.0.1:1 [::1]:1", &["of one family"], &[("/error/code", "\"usage\"")]),
    done("ip connection tickle 127.0.0.1:9 127.0.0.2:9", &["a packet was sent from"], &[]),
];

#[test]
fn connections_are_remembered_and_told_to_the_other_nodes() {
    let cluster = cluster();
    play(cluster.node(0), cluster.net(), ROWS);
    cluster
        .wait(Duration::from_secs(30), "another node has heard of the connection", || {
            let list = run(cluster.node(1), "ip connection list 10.99.0.1 -n 0-2", "table").stdout;
            let told = list.matches("192.0.2.7:987").count();
            if told == 3 { Ok(()) } else { Err(list) }
        })
        .unwrap();
    let theirs = cluster.node(2).ctdb(&["gettickles", "10.99.0.1"]).unwrap();
    assert!(theirs.contains("SRC: 192.0.2.7:987   DST: 10.99.0.1:2049"), "{theirs}");
}

/// Ports of both ends and the flags of the first packet whose window is that of a tickle.
fn tickle_seen(family: AddressFamily, send: impl FnOnce()) -> (u16, u16, u8) {
    // Sees the TCP packets that this network receives.
    let seen = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Tcp).unwrap();
    setsockopt(&seen, sockopt::ReceiveTimeout, &TimeVal::new(20, 0)).unwrap();
    send();
    let mut packet = [0_u8; 65_536];
    loop {
        let len = recv(seen.as_raw_fd(), &mut packet, MsgFlags::empty()).expect("a packet comes");
        // IPv4 comes with its header, IPv6 without.
        let start = if family == AddressFamily::Inet { usize::from(packet[0] & 0x0f) * 4 } else { 0 };
        let tcp = &packet[start..len];
        let word = |at: usize| u16::from_be_bytes([tcp[at], tcp[at + 1]]);
        if word(14) == 1234 {
            return (word(0), word(2), tcp[13]);
        }
    }
}

#[test]
fn ip_22_a_tickle_comes_from_this_machine_and_goes_to_the_client() {
    const ACK: u8 = 0x10;
    let program = product("ctdbctl").unwrap();
    // A network of this thread's own: nothing else happens in it. No daemon is needed.
    unshare(CloneFlags::CLONE_NEWNET).unwrap();
    let up = Command::new("ip").args(["link", "set", "lo", "up"]).status().unwrap();
    assert!(up.success());
    for (family, src, dst) in [
        (AddressFamily::Inet, "127.0.0.1:40321", "127.0.0.1:40322"),
        (AddressFamily::Inet6, "[::1]:40321", "[::1]:40322"),
    ] {
        let (from, to, flags) = tickle_seen(family, || {
            let out = Command::new(&program).args(["ip", "connection", "tickle", src, dst]).output().unwrap();
            assert!(out.status.success(), "{out:?}");
        });
        // Both ends are here: as with the C tool the first one is the client.
        let port = |end: &str| end.parse::<SocketAddr>().unwrap().port();
        assert_eq!((from, to, flags), (port(dst), port(src), ACK), "{src} {dst}");
    }
}
