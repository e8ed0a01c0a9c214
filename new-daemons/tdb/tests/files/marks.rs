//! What a handle does under marks and without locks (FRZ-22), seen from another process that really holds the locks.

use std::ops::ControlFlow;

use tdb::{OpenFlags, Store, Tdb};

use crate::peer::Peer;
use crate::{Fixture, RECORDS, lock_kinds};

/// Another process has the chain of `key1` from here to the end.
fn held(it: &Fixture) -> Peer {
    let mut peer = Peer::start("hold", &it.path(), it.flags);
    assert_eq!(peer.says(), "locked");
    peer
}

fn is_busy(tdb: &Tdb) -> bool {
    tdb.try_lock(b"key1").unwrap().is_none()
}

#[test]
fn frz_22_under_the_mark_of_a_chain_no_lock_is_taken_and_none_is_left_behind() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let peer = held(&it);
        let mark = it.tdb().mark_chain(b"key1").unwrap();
        // Without the mark each of these would wait for the other process.
        it.tdb().store(b"key1", &[b"larger than what was there before"], Store::Modify).unwrap();
        assert!(it.tdb().delete(b"key1").unwrap());
        assert_eq!(it.tdb().fetch(b"key1").unwrap(), None);
        drop(mark);
        assert!(is_busy(it.tdb()), "the lock of the other process is still there");
        peer.kill();
        assert!(!is_busy(it.tdb()));
        it.tdb().check().unwrap();
    }
}

#[test]
fn frz_22_under_the_mark_of_the_file_everything_but_a_transaction_works() {
    for flags in lock_kinds() {
        let mut it = Fixture::new(flags);
        let peer = held(&it);
        let mark = it.tdb().mark_whole().unwrap();
        for n in 0..RECORDS {
            it.tdb().store(format!("key{n}").as_bytes(), &[&[7; 500]], Store::Modify).unwrap();
        }
        assert!(it.tdb().delete(b"key2").unwrap());
        assert_eq!(it.tdb().traverse(|_, _| ControlFlow::Continue(())).unwrap(), RECORDS - 1);
        it.tdb().check().unwrap();
        drop(mark);
        assert!(is_busy(it.tdb()));
        peer.kill();
        // The file is free: a transaction can be made, and others see what was done.
        let transaction = it.tdb.as_mut().unwrap().try_transaction().unwrap().expect("nobody has one");
        transaction.store(b"after", &[b"x"], Store::Insert).unwrap();
        transaction.commit().unwrap();
        assert_eq!(crate::peer::records_for_the_next_opener(&it.path(), it.flags), RECORDS.to_string());
    }
}

#[test]
fn frz_22_a_transaction_is_refused_under_a_mark_and_made_without_locks() {
    for flags in lock_kinds().into_iter().chain([OpenFlags::PERSISTENT]) {
        let mut it = Fixture::new(flags);
        let peer = held(&it);
        let tdb = it.tdb.as_mut().unwrap();
        let mut unlocked = tdb.unlocked().unwrap();
        let transaction = unlocked.transaction().unwrap();
        transaction.store(b"key1", &[b"committed"], Store::Modify).unwrap();
        transaction.commit().unwrap();
        unlocked.repack().unwrap();
        drop(unlocked);
        assert_eq!(tdb.flags(), flags | (tdb.flags() - OpenFlags::NOLOCK), "locks are taken again");
        assert!(is_busy(tdb));
        peer.kill();
        assert_eq!(tdb.fetch(b"key1").unwrap().as_deref(), Some(&b"committed"[..]));
        assert_eq!(crate::peer::records_for_the_next_opener(&it.path(), it.flags), RECORDS.to_string());
    }
}

#[test]
fn the_list_of_free_pieces_is_taken_without_waiting_and_by_one_alone() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let ask = || Peer::start("freelist", &it.path(), flags).says();
        assert_eq!(ask(), "free");
        let lock = it.tdb().try_freelist().unwrap().expect("nobody has it");
        assert_eq!(ask(), "busy");
        // Whoever has it stores without waiting for himself.
        it.tdb().store(b"new", &[&[1; 5000]], Store::Insert).unwrap();
        drop(lock);
        assert_eq!(ask(), "free");
        it.tdb().check().unwrap();
    }
}
