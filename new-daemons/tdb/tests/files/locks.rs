//! Locks of chains between processes (FRZ-01, FRZ-17): they exclude, they go with their holder, nothing is lost.

use tdb::OpenFlags;

use crate::peer::{INCREMENTS, Peer, increment};
use crate::{Fixture, lock_kinds};

#[test]
fn frz_01_a_chain_that_another_process_holds_is_busy_until_it_lets_go() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        assert!(it.tdb().try_lock(b"key1").unwrap().is_none());
        peer.go_on();
        assert_eq!(peer.says(), "unlocked");
        assert!(it.tdb().try_lock(b"key1").unwrap().is_some());
    }
}

#[test]
fn a_lock_goes_when_its_guard_is_dropped() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let lock = it.tdb().lock(b"key1").unwrap();
        assert_eq!(Peer::start("try", &it.path(), flags).says(), "busy");
        drop(lock);
        assert_eq!(Peer::start("try", &it.path(), flags).says(), "free");
    }
}

#[test]
fn frz_17_the_lock_of_a_killed_holder_can_be_taken() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        peer.kill();
        let lock = it.tdb().lock(b"key1").unwrap();
        it.tdb().store(b"key1", &[b"mine"], tdb::Store::Replace).unwrap();
        drop(lock);
        assert!(it.tdb().try_lock(b"key1").unwrap().is_some());
        it.tdb().check().unwrap();
    }
}

#[test]
fn no_increment_under_the_lock_is_lost_between_processes() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let mut peers: Vec<_> = (0..2).map(|_| Peer::start("increment", &it.path(), flags)).collect();
        for _ in 0..INCREMENTS {
            increment(it.tdb());
        }
        for peer in &mut peers {
            assert_eq!(peer.says(), "done");
        }
        let sum = u64::from_le_bytes(it.tdb().fetch(b"counter").unwrap().unwrap().try_into().unwrap());
        assert_eq!(sum, 3 * INCREMENTS);
        it.tdb().check().unwrap();
    }
}

#[test]
fn tdbtool_and_the_handle_see_each_others_changes() {
    let it = Fixture::new(OpenFlags::PERSISTENT);
    let run = |words: &[&str]| {
        let output = std::process::Command::new("tdbtool").arg(it.path()).args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    run(&["insert", "fromtool", "hello"]);
    let stored = it.tdb().fetch(b"fromtool").unwrap();
    // tdbtool of some versions stores the NUL behind its arguments too.
    let stored = stored.or_else(|| it.tdb().fetch(b"fromtool\0").unwrap()).unwrap();
    assert!(stored.starts_with(b"hello"), "{stored:?}");
    assert!(run(&["check"]).contains("Database integrity is OK"));
}
