//! Workloads as rows of acts: the same from the same seed, and what the checkers need of them.

use std::collections::BTreeSet;

use judge::history::{Op, ProcId, Workload};
use judge::work::{Act, Letter, Work, Worker};

fn work(workload: Workload, seed: u64, proc: u32) -> Work {
    let client = format!("n{proc}");
    Work::new(Worker { workload, seed, proc: ProcId(proc), client, keys: 20, writes: true })
}

const ALL: [Workload; 8] = {
    use Workload::{W1, W2, W3, W4, W5, W6, W8, W9};
    [W1, W2, W3, W4, W5, W6, W8, W9]
};

#[test]
fn a_seed_gives_the_same_row_again_and_another_process_another_one() {
    for workload in ALL {
        let first = |seed, proc| -> Vec<Act> { work(workload, seed, proc).take(200).collect() };
        assert_eq!(first(7, 1), first(7, 1));
        if workload != Workload::W8 {
            assert_ne!(first(7, 1), first(8, 1), "{workload}");
            assert_ne!(first(7, 1), first(7, 2), "{workload}");
        }
    }
    assert_eq!(work(Workload::W7, 7, 1).next(), None, "nobody acts there");
}

#[test]
fn no_value_is_written_twice_by_whomever() {
    let mut seen = BTreeSet::new();
    for workload in [Workload::W2, Workload::W3, Workload::W5] {
        seen.clear();
        for act in (1..5).flat_map(|proc| work(workload, 7, proc).take(2000)) {
            if let Act::Op(Op::Write { value, .. }) = act {
                assert!(seen.insert(value), "{workload}: {value}");
                assert!(i64::try_from(value).is_ok(), "a dump holds it");
            }
        }
        assert!(seen.len() > 1000, "{workload}");
    }
}

#[test]
fn commits_are_counted_up_from_one_for_each_database_and_go_on_after_a_restart() {
    let numbers = |work: Work, of: &str| -> Vec<u64> {
        let all = work.take(400).filter_map(|act| match act {
            Act::Transfer { op: Op::Commit { db, n, .. }, from, to, .. } => {
                assert_ne!(from, to);
                (db == of).then_some(n)
            }
            _ => None,
        });
        all.collect()
    };
    for db in ["w4.tdb", "w4r.tdb"] {
        let fresh = numbers(work(Workload::W4, 7, 1), db);
        assert!(fresh.len() > 20 && fresh.iter().copied().eq(1..=fresh.len() as u64));
        let later = numbers(work(Workload::W4, 7, 2).after_commit(db, 70), db);
        assert_eq!(later[0], 71);
    }
}

#[test]
fn messages_come_in_all_sizes_and_some_holders_die() {
    let sizes: Vec<usize> = work(Workload::W6, 7, 1)
        .take(3000)
        .map(|act| match act {
            Act::Message { size } => size,
            other => panic!("{other:?}"),
        })
        .collect();
    assert!(sizes.iter().any(|size| *size < 4) && sizes.iter().any(|size| *size > 500_000));
    assert!(sizes.iter().all(|size| (1..=1 << 20).contains(size)));
    let dying = work(Workload::W9, 7, 1).take(1000).filter(|act| matches!(act, Act::Hold { dies: true, .. }));
    assert!((5..100).contains(&dying.count()));
}

#[test]
fn a_letter_is_read_again_and_no_changed_one_is() {
    for size in [0, 1, 7, 8, 9, 1000] {
        let letter = Letter { from: ProcId(3), to: ProcId(70_000), n: 5, size };
        let bytes = letter.bytes();
        assert_eq!(Letter::read(&bytes), Ok(letter));
        for at in 0..bytes.len() {
            let mut changed = bytes.clone();
            changed[at] ^= 4;
            assert!(Letter::read(&changed).is_err(), "{size} {at}");
            assert!(Letter::read(&bytes[..at]).is_err(), "{size} {at}");
        }
    }
}
