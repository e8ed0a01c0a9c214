//! One directory for C's daemons and the new ones: what is ours does not disturb a real ctdbd, and what is shared is read by
//! both.

use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::process::Command;

use compat_tests::{Cluster, wait_until};

use super::SOON;

fn validated(base: &Path) -> Option<i32> {
    let mut command = Command::new("/usr/libexec/ctdb/ctdb-config");
    command.arg("validate").env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", base);
    command.output().unwrap().status.code()
}

#[test]
fn ctdbd_starts_with_our_files_beside_its_own_and_with_our_sections_in_it() {
    let ours = "[tunneld]\n\tpeer timeout = 20s\n[logging]\n\tlog level = INFO\n";
    let cluster = Cluster::builder().nodes(1).file("conf.d/50-tunneld.conf", ours).start().unwrap();
    let node = cluster.node(0);
    assert_eq!(validated(node.base()), Some(0));
    let tunneld = cluster.start_tunneld(0).unwrap();
    let attached = |times: usize| {
        let log = || fs::read_to_string(node.base().join("tunneld.log")).unwrap_or_default();
        wait_until(SOON, "the tunneld is attached", || match log() {
            log if log.matches("attached to ctdbd").count() >= times => Ok(log),
            log => Err(log),
        })
        .unwrap()
    };
    let log = attached(1);
    assert!(log.contains("]: NOTICE attached"), "{log}");

    // Garbage in conf.d, and sections and options that C does not know in its own file.
    node.shutdown().unwrap();
    fs::write(node.base().join("conf.d/60-garbage.conf"), "[[[\n= x\n[cluster]\ntransport = pigeons\n")
        .unwrap();
    assert_eq!(validated(node.base()), Some(0), "C does not look there");
    let mut conf = OpenOptions::new().append(true).open(node.base().join("ctdb.conf")).unwrap();
    conf.write_all(
        b"[tunneld]\n\tpeer timeout = 30s\n[callback web]\n\tevents = x\n[eventd]\n\thistory = 3\n",
    )
    .unwrap();
    assert_eq!(validated(node.base()), Some(22), "its tool refuses them");
    node.start().unwrap();
    node.wait_healthy(3 * SOON).unwrap();
    attached(2);
    drop(tunneld);
}
