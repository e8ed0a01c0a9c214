//! Threads that wait for locks: who asked is told, a wait can be called off, nothing is lost beside other processes.

use std::sync::mpsc::{self, Receiver};
use std::time::{Duration, Instant};

use tdb::{LockPool, OpenFlags, Outside, Store, Tdb, Ticket, What};

use crate::peer::{INCREMENTS, Peer};
use crate::{Fixture, lock_kinds, until};

const PATIENCE: Duration = Duration::from_secs(60);

struct Pool {
    pool: LockPool,
    told: Receiver<Ticket>,
}

impl Pool {
    fn new(most: usize) -> Self {
        let (tell, told) = mpsc::channel();
        let pool = LockPool::new(most, move |ticket, result| {
            result.unwrap();
            // A test that is over hears nothing.
            let _ = tell.send(ticket);
        });
        Self { pool, told }
    }

    fn told(&self) -> Ticket {
        self.told.recv_timeout(PATIENCE).expect("nothing was told")
    }

    fn nothing_told(&self) -> bool {
        self.told.try_recv().is_err()
    }
}

fn chain(outside: &Outside) -> What {
    What::Chain(outside.chain_of(b"key1").unwrap())
}

#[test]
fn those_who_ask_get_the_lock_one_after_the_other() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let pool = Pool::new(4);
        let mut asked: Vec<Ticket> = (0..20).map(|_| pool.pool.ask(&outside, chain(&outside))).collect();
        while !asked.is_empty() {
            let ticket = pool.told();
            assert!(pool.nothing_told(), "two have it");
            let mark = it.tdb().mark_chain(b"key1").unwrap();
            it.tdb().store(b"key1", &[b"x"], Store::Modify).unwrap();
            drop(mark);
            pool.pool.give_back(ticket);
            let at = asked.iter().position(|one| *one == ticket).expect("nobody has asked for it");
            asked.swap_remove(at);
        }
        assert_eq!(pool.pool.open(), 0);
        until("the chain is free", || it.tdb().try_lock(b"key1").unwrap().is_some());
    }
}

#[test]
fn frz_12_a_whole_file_is_not_held_up_by_chains_that_have_all_threads() {
    for flags in lock_kinds() {
        let (it, other) = (Fixture::new(flags), Fixture::new(flags));
        let (outside, free) = (it.tdb().outside().unwrap(), other.tdb().outside().unwrap());
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        let pool = Pool::new(3);
        let waiting: Vec<Ticket> = (0..50).map(|_| pool.pool.ask(&outside, chain(&outside))).collect();
        let whole = pool.pool.ask(&free, What::Whole);
        assert_eq!(pool.told(), whole);
        let behind = pool.pool.ask(&free, chain(&free));
        assert!(pool.nothing_told(), "there are no more threads for chains");
        waiting.iter().for_each(|ticket| pool.pool.give_back(*ticket));
        pool.pool.give_back(whole);
        assert_eq!(pool.told(), behind, "waits that are called off leave their threads");
        peer.go_on();
    }
}

#[test]
fn frz_14_a_wait_is_called_off_at_any_time_and_leaves_nothing_behind() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let pool = Pool::new(8);
        for _ in 0..20 {
            let mut peer = Peer::start("hold", &it.path(), flags);
            assert_eq!(peer.says(), "locked");
            let tickets = [chain(&outside), What::Whole].map(|what| pool.pool.ask(&outside, what));
            tickets.into_iter().for_each(|ticket| pool.pool.give_back(ticket));
            peer.go_on();
            assert_eq!(peer.says(), "unlocked");
            until("the file is free", || Peer::start("try", &it.path(), flags).says() == "free");
        }
        assert!(pool.nothing_told() && pool.pool.open() == 0);
        // And the other one is still there to be had.
        let ticket = pool.pool.ask(&outside, What::Whole);
        assert_eq!(pool.told(), ticket);
    }
}

#[test]
fn a_pool_that_is_dropped_gives_everything_back() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let outside = it.tdb().outside().unwrap();
        let pool = Pool::new(8);
        let what = chain(&outside);
        pool.pool.ask(&outside, what);
        pool.told();
        for _ in 0..5 {
            pool.pool.ask(&outside, what);
        }
        assert!(it.tdb().try_lock(b"key1").unwrap().is_none());
        drop(pool);
        until("the chain is free", || it.tdb().try_lock(b"key1").unwrap().is_some());
    }
}

/// Adds one to the counter as a thread does that never waits for a lock: it asks, and works when it is told.
fn increment(tdb: &Tdb, outside: &Outside, pool: &Pool) -> Duration {
    let add = || {
        let old = tdb.fetch(b"counter").unwrap().map_or(0, |v| u64::from_le_bytes(v.try_into().unwrap()));
        tdb.store(b"counter", &[&(old + 1).to_le_bytes()], Store::Replace).unwrap();
    };
    if let Some(_lock) = tdb.try_lock(b"counter").unwrap() {
        add();
        return Duration::ZERO;
    }
    let begun = Instant::now();
    let ticket = pool.pool.ask(outside, What::Chain(outside.chain_of(b"counter").unwrap()));
    assert_eq!(pool.told(), ticket);
    let waited = begun.elapsed();
    let mark = tdb.mark_chain(b"counter").unwrap();
    add();
    drop(mark);
    pool.pool.give_back(ticket);
    waited
}

/// A freeze, in which a worker repacks or commits with the handle that it was lent.
fn freeze(tdb: Tdb, outside: &Outside, pool: &Pool) -> Tdb {
    let mut locks = Vec::new();
    for what in [What::Transaction, What::Whole, What::Open] {
        locks.push(pool.pool.ask(outside, what));
        assert_eq!(Some(&pool.told()), locks.last());
    }
    let parked = tdb.park();
    let worker = std::thread::spawn(move || {
        let mut tdb = parked.unpark();
        let mut unlocked = tdb.unlocked().unwrap();
        let transaction = unlocked.transaction().unwrap();
        transaction.store(b"frozen", &[&[3; 700]], Store::Replace).unwrap();
        transaction.commit().unwrap();
        unlocked.repack().unwrap();
        drop(unlocked);
        tdb.park()
    });
    let tdb = worker.join().unwrap().unpark();
    locks.into_iter().rev().for_each(|ticket| pool.pool.give_back(ticket));
    tdb
}

/// Seconds for which the hammer goes on when somebody wants to know it; then waits are measured, too.
fn hammer_seconds() -> Option<u64> {
    std::env::var("HAMMER_SECONDS").ok().map(|text| text.parse().unwrap())
}

#[test]
fn no_update_is_lost_beside_processes_that_open_write_close_and_are_killed() {
    for flags in lock_kinds() {
        let mut it = Fixture::new(flags | OpenFlags::SEQNUM);
        let flags = it.flags;
        let outside = it.tdb().outside().unwrap();
        let pool = Pool::new(8);
        let (mut mine, mut theirs, mut longest) = (0, 0, Duration::ZERO);
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(hammer_seconds().unwrap_or(3)) {
            let mut peers: Vec<Peer> = (0..2).map(|_| Peer::start("increment", &it.path(), flags)).collect();
            for round in 0..4 {
                for _ in 0..INCREMENTS / 4 {
                    longest = longest.max(increment(it.tdb(), &outside, &pool));
                    mine += 1;
                }
                let mut victim = Peer::start("hold counter", &it.path(), flags);
                // Killed with the lock, or in whatever it does before.
                if round % 2 == 0 {
                    assert_eq!(victim.says(), "locked");
                }
                victim.kill();
                let tdb = it.tdb.take().unwrap();
                it.tdb = Some(freeze(tdb, &outside, &pool));
            }
            for peer in &mut peers {
                assert_eq!(peer.says(), "done");
                theirs += INCREMENTS;
            }
            until("a victim's lock is free", || it.tdb().try_lock(b"counter").unwrap().is_some());
            it.tdb().check().unwrap();
        }
        let sum = u64::from_le_bytes(it.tdb().fetch(b"counter").unwrap().unwrap().try_into().unwrap());
        assert_eq!(sum, mine + theirs, "mine {mine}, theirs {theirs}");
        let tool = std::process::Command::new("tdbtool").arg(it.path()).arg("check").output().unwrap();
        assert!(String::from_utf8_lossy(&tool.stdout).contains("Database integrity is OK"), "{tool:?}");
        assert!(hammer_seconds().is_none() || longest < Duration::from_secs(1), "{longest:?}");
        println!("{flags:?}: {mine} here, {theirs} there, longest wait {longest:?}");
    }
}
