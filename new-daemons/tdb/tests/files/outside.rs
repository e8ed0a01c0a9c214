//! Locks that are taken outside the handle are those of libtdb, between threads and between processes.

use std::ops::ControlFlow;
use std::sync::mpsc;

use tdb::{OpenFlags, Outside, Stop, Store, Tdb, WaitError, What};

use crate::peer::{Peer, records_for_the_next_opener};
use crate::{Fixture, RECORDS, lock_kinds};

/// Runs `inside` while another thread has a lock.
fn while_held<R>(outside: &Outside, what: What, inside: impl FnOnce() -> R) -> R {
    let (outside, (got, is_there), (end, ended)) = (outside.clone(), mpsc::channel(), mpsc::channel::<()>());
    let thread = std::thread::spawn(move || {
        let held = outside.lock(what, &Stop::default()).unwrap();
        got.send(held.what()).unwrap();
        // Until the other side is dropped.
        let _ = ended.recv();
    });
    assert_eq!(is_there.recv().unwrap(), what);
    let result = inside();
    drop(end);
    thread.join().unwrap();
    result
}

fn is_free(tdb: &Tdb, key: &[u8]) -> bool {
    tdb.try_lock(key).unwrap().is_some()
}

fn key(n: usize) -> Vec<u8> {
    format!("key{n}").into_bytes()
}

#[test]
fn the_chain_of_a_key_is_the_one_that_libtdb_locks() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        assert_eq!(outside.chains(), 101);
        let chain = |n: usize| outside.chain_of(&key(n)).unwrap();
        for n in 0..RECORDS {
            while_held(&outside, What::Chain(chain(n)), || {
                for other in [n, (n + 1) % RECORDS, (n + 50) % RECORDS] {
                    assert_eq!(is_free(it.tdb(), &key(other)), chain(other) != chain(n), "{n} and {other}");
                }
                assert!(it.tdb().try_freelist().unwrap().is_some());
            });
            assert!(is_free(it.tdb(), &key(n)));
        }
        let mut shown = 0;
        it.tdb()
            .walk_chain(chain(5), |key, _| {
                shown += usize::from(key == b"key5");
                ControlFlow::Continue(())
            })
            .unwrap();
        assert_eq!(shown, 1, "and the one in which it is found");
    }
}

#[test]
fn another_process_waits_for_a_chain_and_this_one_for_it() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let what = What::Chain(outside.chain_of(b"key1").unwrap());
        let ask = || Peer::start("try", &it.path(), flags).says();
        assert_eq!(while_held(&outside, what, ask), "busy");
        assert_eq!(ask(), "free");
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        let (got, is_there) = mpsc::channel();
        let waiting = std::thread::spawn(move || {
            let held = outside.lock(what, &Stop::default()).unwrap();
            got.send(()).unwrap();
            drop(held);
        });
        assert!(is_there.try_recv().is_err());
        peer.go_on();
        assert_eq!(peer.says(), "unlocked");
        is_there.recv_timeout(std::time::Duration::from_secs(60)).unwrap();
        waiting.join().unwrap();
        assert_eq!(ask(), "free");
    }
}

#[test]
fn the_whole_is_every_chain_and_under_its_mark_the_handle_works() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        while_held(&outside, What::Whole, || {
            for n in 0..RECORDS {
                assert!(!is_free(it.tdb(), &key(n)), "{n}");
            }
            assert_eq!(Peer::start("try", &it.path(), flags).says(), "busy");
            // Not part of it, as in libtdb.
            assert!(it.tdb().try_freelist().unwrap().is_some());
            let mark = it.tdb().mark_whole().unwrap();
            it.tdb().store(b"key1", &[&[1; 3000]], Store::Modify).unwrap();
            assert!(it.tdb().delete(b"key2").unwrap());
            it.tdb().check().unwrap();
            drop(mark);
            assert!(!is_free(it.tdb(), b"key1"));
        });
        assert!(is_free(it.tdb(), b"key1"));
        assert_eq!(records_for_the_next_opener(&it.path(), flags), (RECORDS - 1).to_string());
    }
}

#[test]
fn frz_25_a_transaction_is_made_under_locks_that_another_thread_has() {
    for flags in lock_kinds().into_iter().chain([OpenFlags::PERSISTENT]) {
        let mut it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let tdb = it.tdb.as_mut().unwrap();
        while_held(&outside, What::Transaction, || {
            // Nobody else begins one.
            assert!(tdb.try_transaction().unwrap().is_none());
            while_held(&outside, What::Whole, || {
                let mut unlocked = tdb.unlocked().unwrap();
                let transaction = unlocked.transaction().unwrap();
                transaction.store(b"new", &[b"x"], Store::Insert).unwrap();
                while_held(&outside, What::Open, || transaction.commit().unwrap());
            });
        });
        tdb.try_transaction().unwrap().expect("the right is free again").commit().unwrap();
        assert_eq!(records_for_the_next_opener(&it.path(), flags), (RECORDS + 1).to_string());
        it.tdb().check().unwrap();
    }
}

#[test]
fn frz_17_what_a_killed_process_held_outside_its_handle_can_be_had() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        for role in ["hold", "whole"] {
            for what in [What::Chain(outside.chain_of(b"key1").unwrap()), What::Whole] {
                let mut peer = Peer::start(role, &it.path(), flags);
                assert_eq!(peer.says(), "locked");
                assert!(!is_free(it.tdb(), b"key1"));
                peer.kill();
                while_held(&outside, what, || assert!(!is_free(it.tdb(), b"key1")));
                assert!(is_free(it.tdb(), b"key1"), "{role}, then {what:?}");
            }
        }
        it.tdb().check().unwrap();
    }
}

#[test]
fn threads_of_one_process_exclude_each_other() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let chain = What::Chain(outside.chain_of(b"key1").unwrap());
        let counter = std::sync::atomic::AtomicU32::new(0);
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (outside, counter) = (&outside, &counter);
                scope.spawn(move || {
                    for round in 0..50 {
                        let what = if (n + round) % 8 == 0 { What::Whole } else { chain };
                        let held = outside.lock(what, &Stop::default()).unwrap();
                        let before = counter.load(std::sync::atomic::Ordering::Relaxed);
                        std::thread::yield_now();
                        counter.store(before + 1, std::sync::atomic::Ordering::Relaxed);
                        drop(held);
                    }
                });
            }
        });
        assert_eq!(counter.into_inner(), 400);
        assert!(is_free(it.tdb(), b"key1"));
    }
}

#[test]
fn a_wait_that_was_called_off_before_it_began_takes_nothing() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let stop = Stop::default();
        stop.set();
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        for what in [What::Chain(outside.chain_of(b"key1").unwrap()), What::Whole] {
            assert!(matches!(outside.lock(what, &stop), Err(WaitError::CalledOff)), "{what:?}");
        }
        // Nothing of the file is left behind by half a lock of the whole.
        assert!((0..RECORDS).filter(|n| is_free(it.tdb(), &key(*n))).count() > RECORDS - 20);
        assert!(outside.lock(What::Chain(101), &Stop::default()).is_err() || flags == OpenFlags::VOLATILE);
    }
}

#[test]
fn a_file_stays_in_use_while_somebody_may_lock_it() {
    let mut it = Fixture::new(OpenFlags::PERSISTENT);
    let outside = it.tdb().outside().unwrap();
    it.tdb = None;
    // Another descriptor of the file would take its locks with it when this one is closed.
    assert!(matches!(Tdb::open(it.path(), it.flags), Err(tdb::Error::AlreadyOpen(_))));
    drop(outside);
    assert_eq!(Tdb::open(it.path(), it.flags).unwrap().fetch(b"key1").unwrap().unwrap(), b"value1");
}

#[test]
fn the_hash_of_old_files_is_not_guessed() {
    let it = Fixture::new(OpenFlags::PERSISTENT);
    assert_eq!(it.tdb().outside().unwrap().chain_of(b"key1"), None);
}
