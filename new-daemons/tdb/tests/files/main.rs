//! The binding on real files, beside other processes that use libtdb: this one again as a peer, tdbdump and tdbtool.
//!
//! What an argument about locks between processes is worth shows only with processes, so every danger has its test here.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod basics;
mod damaged;
mod dangers;
mod locks;
mod marks;
mod model;
mod outside;
mod parked;
mod peer;
mod pool;
mod recovered;
mod upkeep;

use std::path::PathBuf;
use std::process::Command;

use tdb::{Create, OpenFlags, Store, Tdb};

/// A directory with a database of 100 records in it, open.
struct Fixture {
    dir: tempfile::TempDir,
    tdb: Option<Tdb>,
    flags: OpenFlags,
}

const RECORDS: usize = 100;

impl Fixture {
    fn new(flags: OpenFlags) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let how = Create { mode: 0o600, hash_size: 101 };
        let tdb = Tdb::create(dir.path().join("test.tdb"), flags, how).unwrap();
        for n in 0..RECORDS {
            tdb.store(format!("key{n}").as_bytes(), &[b"value", n.to_string().as_bytes()], Store::Replace)
                .unwrap();
        }
        Self { dir, tdb: Some(tdb), flags }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("test.tdb")
    }

    fn tdb(&self) -> &Tdb {
        self.tdb.as_ref().unwrap()
    }

    fn count(&self) -> usize {
        self.tdb().traverse(|_, _| std::ops::ControlFlow::Continue(())).unwrap()
    }
}

/// Both ways in which chains are locked.
fn lock_kinds() -> [OpenFlags; 2] {
    [OpenFlags::VOLATILE, OpenFlags::VOLATILE | OpenFlags::MUTEX_LOCKING]
}

/// Waits for a condition.
fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    while !holds() {
        assert!(std::time::Instant::now() < deadline, "in vain: {what}");
        std::thread::yield_now();
    }
}

/// What tdbdump shows of a file.
fn tdbdump(path: &std::path::Path) -> String {
    let output = Command::new("tdbdump").arg(path).output().expect("tdbdump of the package tdb-tools");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}
