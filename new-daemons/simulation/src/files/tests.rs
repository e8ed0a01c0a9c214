//! Locks exclude and die with their owners; a crash forgets what was not synced; a write can fail.

use std::collections::BTreeSet;

use bytes::Bytes;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

use super::{Db, Failed, Files, Granted, Kept, Owner, Place, chain};

const DB: Db = Db(0);
const A: Owner = Owner(1);
const B: Owner = Owner(2);
const C: Owner = Owner(3);

fn files(kept: Kept) -> Files {
    Files::new([kept])
}

fn bytes(text: &str) -> Bytes {
    Bytes::copy_from_slice(text.as_bytes())
}

fn granted(files: &mut Files) -> Vec<(Owner, Place)> {
    files.granted().into_iter().map(|Granted { owner, place, .. }| (owner, place)).collect()
}

#[test]
fn a_chain_has_one_owner_and_those_who_wait_get_it_in_their_order() {
    let mut files = files(Kept::InMemory);
    let one = Place::Chain(1);
    assert!(files.lock(A, DB, one) && !files.lock(B, DB, one) && !files.lock(C, DB, one));
    assert!(files.try_lock(C, DB, Place::Chain(2)), "another chain is free");
    files.unlock(A, DB, one);
    assert_eq!(granted(&mut files), [(B, one)]);
    files.unlock(B, DB, one);
    assert_eq!(granted(&mut files), [(C, one)]);
    assert!(!files.try_lock(A, DB, one));
}

#[test]
fn frz_03_a_freeze_waits_for_each_chain_and_nobody_overtakes_it() {
    let mut files = files(Kept::InMemory);
    assert!(files.lock(A, DB, Place::Chain(1)) && files.lock(B, DB, Place::Chain(2)));
    assert!(!files.lock(C, DB, Place::Whole));
    assert!(!files.lock(A, DB, Place::Chain(3)), "it comes behind the freeze");
    assert!(!files.try_lock(B, DB, Place::Chain(4)));
    files.unlock(A, DB, Place::Chain(1));
    assert_eq!(granted(&mut files), []);
    files.unlock(B, DB, Place::Chain(2));
    assert_eq!(granted(&mut files), [(C, Place::Whole)]);
    files.unlock(C, DB, Place::Whole);
    assert_eq!(granted(&mut files), [(A, Place::Chain(3))]);
}

#[test]
fn frz_17_the_locks_of_a_process_die_with_it_and_so_does_its_place_in_the_row() {
    let mut files = files(Kept::InMemory);
    assert!(files.lock(A, DB, Place::Whole));
    assert!(!files.lock(B, DB, Place::Chain(1)) && !files.lock(C, DB, Place::Chain(1)));
    files.begin(A, DB);
    assert!(files.change(DB, &bytes("k"), Some(bytes("v"))));
    files.dies(B);
    files.dies(A);
    assert_eq!(granted(&mut files), [(C, Place::Chain(1))]);
    assert!(!files.begun(A, DB) && files.read(DB, b"k").is_none());
}

#[test]
fn who_does_not_wait_any_more_lets_the_others_pass() {
    let mut files = files(Kept::InMemory);
    assert!(files.lock(A, DB, Place::Chain(1)) && !files.lock(B, DB, Place::Whole));
    assert!(!files.lock(C, DB, Place::Chain(2)));
    files.withdraw(B, DB, Place::Whole);
    assert_eq!(granted(&mut files), [(C, Place::Chain(2))]);
}

#[test]
fn no_two_owners_have_what_excludes_each_other_whatever_they_do() {
    for seed in 0..200 {
        let (mut rng, mut files) = (SmallRng::seed_from_u64(seed), files(Kept::InMemory));
        for _ in 0..300 {
            let owner = Owner(rng.random_range(1..5));
            let place = match rng.random_range(0..4) {
                3 => Place::Whole,
                n => Place::Chain(n),
            };
            let mine = files.lockers(DB).any(|(other, _)| other == owner);
            match rng.random_range(0..4) {
                0 => files.dies(owner),
                1 if files.holds(owner, DB, place) => files.unlock(owner, DB, place),
                2 if !mine => drop(files.try_lock(owner, DB, place)),
                3 if !mine => drop(files.lock(owner, DB, place)),
                _ => {}
            }
            let held: Vec<_> = files.lockers(DB).filter(|(o, p)| files.holds(*o, DB, *p)).collect();
            for (at, (owner, place)) in held.iter().enumerate() {
                for (other, theirs) in &held[at + 1..] {
                    let apart = matches!((place, theirs), (Place::Chain(a), Place::Chain(b)) if a != b);
                    assert!(owner == other || apart, "seed {seed}: {held:?}");
                }
            }
            // Nobody waits for what is free.
            if let Some((first, place)) = files.lockers(DB).find(|(o, p)| !files.holds(*o, DB, *p)) {
                let apart = |p: Place| matches!((p, place), (Place::Chain(a), Place::Chain(b)) if a != b);
                assert!(held.iter().any(|(o, p)| *o != first && !apart(*p)), "seed {seed}: {place:?}");
            }
        }
    }
}

#[test]
fn a_crash_leaves_what_was_synced_and_any_beginning_of_what_came_after() {
    let mut seen = BTreeSet::new();
    for seed in 0..50 {
        let mut files = files(Kept::OnDisk);
        for n in 0..5 {
            files.write(DB, &bytes(&format!("k{n}")), bytes("v")).unwrap();
            if n == 2 {
                files.sync(DB).unwrap();
            }
        }
        assert_eq!(files.walk(DB).count(), 5, "a reader sees all of it");
        files.crash(&mut SmallRng::seed_from_u64(seed));
        let left: Vec<_> = files.walk(DB).map(|(key, _)| key.clone()).collect();
        assert!((0..left.len()).all(|n| left[n] == format!("k{n}")), "{left:?}");
        seen.insert(left.len());
    }
    assert_eq!(seen.into_iter().collect::<Vec<_>>(), [3, 4, 5]);
}

#[test]
fn a_transaction_is_there_as_a_whole_or_not_at_all_and_survives_a_crash() {
    let mut files = files(Kept::OnDisk);
    files.begin(A, DB);
    files.change(DB, &bytes("a"), Some(bytes("1")));
    files.change(DB, &bytes("b"), Some(bytes("2")));
    assert_eq!(files.walk(DB).count(), 0, "not yet");
    files.commit(DB).unwrap();
    files.begin(A, DB);
    files.change(DB, &bytes("a"), None);
    files.cancel(DB);
    files.crash(&mut SmallRng::seed_from_u64(1));
    assert_eq!(files.walk(DB).count(), 2);
    files.begin(A, DB);
    files.change(DB, &bytes("a"), None);
    files.crash(&mut SmallRng::seed_from_u64(1));
    assert!(files.read(DB, b"a").is_some() && !files.begun(A, DB));
}

#[test]
fn what_is_kept_in_memory_is_gone_with_the_node_and_when_its_daemon_starts() {
    let mut files = Files::new([Kept::InMemory, Kept::OnDisk]);
    for db in [Db(0), Db(1)] {
        files.write(db, &bytes("k"), bytes("v")).unwrap();
        files.sync(db).unwrap();
    }
    files.clear();
    assert!(files.read(Db(0), b"k").is_none() && files.read(Db(1), b"k").is_some());
    files.write(Db(0), &bytes("k"), bytes("v")).unwrap();
    files.crash(&mut SmallRng::seed_from_u64(1));
    assert!(files.read(Db(0), b"k").is_none() && files.read(Db(1), b"k").is_some());
}

#[test]
fn the_nth_write_fails_and_a_commit_that_fails_changes_nothing() {
    let mut files = files(Kept::OnDisk);
    files.fail_at(3, Failed::NoSpace);
    assert_eq!(files.write(DB, &bytes("a"), bytes("1")), Ok(()));
    assert_eq!(files.delete(DB, &bytes("a")), Ok(true));
    assert_eq!(files.write(DB, &bytes("b"), bytes("1")), Err(Failed::NoSpace));
    assert_eq!(files.delete(DB, &bytes("b")), Err(Failed::NoSpace));
    files.mend();
    for n in 1..=3 {
        files.begin(A, DB);
        files.change(DB, &bytes("c"), Some(bytes("1")));
        files.change(DB, &bytes("d"), Some(bytes("1")));
        files.fail_at(n, Failed::Io);
        assert_eq!(files.commit(DB), Err(Failed::Io), "write {n}");
        assert!(files.walk(DB).next().is_none() && !files.begun(A, DB));
    }
    files.begin(A, DB);
    files.change(DB, &bytes("c"), Some(bytes("1")));
    files.fail_at(4, Failed::Io);
    assert_eq!(files.commit(DB), Ok(()));
}

#[test]
fn keys_are_spread_over_the_chains() {
    let chains: BTreeSet<Place> = (0..200).map(|n| chain(format!("k{n}").as_bytes())).collect();
    assert!(chains.len() > 12, "{chains:?}");
}
