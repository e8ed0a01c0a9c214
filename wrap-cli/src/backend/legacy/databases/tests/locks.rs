//! Records of g_lock.tdb, in the form of ctdb's tool and in Samba's.

use bytes::Bytes;
use legacy_codec::{Abi, GLock, GLockList, Payload, Pnn, SambaGLock, ServerId, WatchedRecord, Watcher};
use proptest::prelude::*;

use super::super::g_lock::{Lock, Taken, give_back, take};
use super::super::record::Change;

fn server(pid: u64) -> ServerId {
    ServerId { pid, task_id: 7, pnn: Pnn(2), unique_id: 99 }
}

const OWN: u64 = 1000;

fn tool(locks: &[(u32, u64)]) -> Bytes {
    let locks = locks.iter().map(|(lock_type, pid)| GLock { lock_type: *lock_type, holder: server(*pid) });
    GLockList(locks.collect()).to_payload(Abi::NATIVE).unwrap().bytes
}

fn samba(exclusive: u64, shared: &[u64], watchers: u64) -> Bytes {
    let exclusive = if exclusive == 0 { ServerId::default() } else { server(exclusive) };
    let shared = shared.iter().map(|pid| server(*pid)).collect();
    let lock = SambaGLock { exclusive, lock_epoch: 1, data_epoch: 2, shared, data: Bytes::new() };
    let watchers = (0..watchers).map(|n| Watcher { server: server(50 + n), instance: n }).collect();
    WatchedRecord { watchers, data: lock.to_stored().unwrap() }.to_stored().unwrap()
}

fn taken(data: &Bytes, write: bool, dead: &[u64]) -> (Change, Taken) {
    let dead: Vec<_> = dead.iter().map(|pid| server(*pid)).collect();
    take(data, server(OWN), write, &dead).unwrap()
}

#[test]
fn txn_01_a_free_lock_is_taken_in_the_form_of_the_tool() {
    for free in [Bytes::new(), samba(0, &[], 0), samba(0, &[], 2)] {
        assert_eq!(taken(&free, true, &[]), (Change::Store(tool(&[(1, OWN)])), Taken::Yes));
        assert_eq!(taken(&free, false, &[]), (Change::Store(tool(&[(0, OWN)])), Taken::Yes));
    }
}

#[test]
fn a_writer_keeps_everybody_out_and_readers_keep_writers_out() {
    let held = |pids: &[u64]| (Change::Keep, Taken::HeldBy(pids.iter().map(|pid| server(*pid)).collect()));
    for (data, reader, writer) in [
        (tool(&[(1, 5)]), Some(held(&[5])), held(&[5])),
        (tool(&[(0, 5), (0, 6)]), None, held(&[5, 6])),
        (samba(5, &[], 0), Some(held(&[5])), held(&[5])),
        (samba(0, &[5, 6], 1), None, held(&[5, 6])),
    ] {
        assert_eq!(taken(&data, true, &[]), writer);
        match reader {
            Some(held) => assert_eq!(taken(&data, false, &[]), held),
            None => {
                let together = Change::Store(tool(&[(0, 5), (0, 6), (0, OWN)]));
                assert_eq!(taken(&data, false, &[]), (together, Taken::Yes));
            }
        }
    }
}

#[test]
fn txn_01_the_dead_are_left_out_and_the_living_stay() {
    assert_eq!(taken(&tool(&[(1, 5)]), true, &[5]), (Change::Store(tool(&[(1, OWN)])), Taken::Yes));
    assert_eq!(taken(&samba(5, &[], 1), true, &[5]), (Change::Store(tool(&[(1, OWN)])), Taken::Yes));
    let both = tool(&[(0, 5), (0, 6)]);
    assert_eq!(taken(&both, true, &[5]), (Change::Keep, Taken::HeldBy(vec![server(6)])));
    let next = ServerId { unique_id: 100, ..server(5) };
    let other = take(&tool(&[(1, 5)]), server(OWN), true, &[next]).unwrap();
    assert_eq!(other.1, Taken::HeldBy(vec![server(5)]), "another task of the same process");
}

#[test]
fn a_lock_is_not_taken_twice() {
    for data in [tool(&[(1, OWN)]), tool(&[(0, 5), (0, OWN)]), samba(OWN, &[], 0)] {
        assert_eq!(taken(&data, false, &[]), (Change::Keep, Taken::Already));
    }
}

#[test]
fn a_lock_is_given_back_and_those_of_others_stay() {
    let back = |data: &Bytes| give_back(data, server(OWN)).unwrap();
    assert_eq!(back(&tool(&[(1, OWN)])), Change::Delete);
    assert_eq!(back(&tool(&[(0, 5), (0, OWN), (0, 6)])), Change::Store(tool(&[(0, 5), (0, 6)])));
    for not_ours in [tool(&[(1, 5)]), Bytes::new(), samba(5, &[], 3)] {
        assert_eq!(back(&not_ours), Change::Keep);
    }
}

#[test]
fn a_record_that_is_no_lock_is_an_error() {
    for bad in [&b"x"[..], &[0xFF; 31], &[0xFF; 64]] {
        let error = Lock::parse(&Bytes::copy_from_slice(bad)).unwrap_err().to_string();
        assert!(error.starts_with("a record of g_lock.tdb: "), "{error}");
    }
}

proptest! {
    #[test]
    fn the_forms_are_never_mistaken_for_each_other(
        exclusive in 0_u64..5, shared in prop::collection::vec(1_u64..9, 0..5), watchers in 0_u64..5,
    ) {
        let exclusive_id = (exclusive != 0).then(|| server(exclusive));
        let expected = Lock::Samba { exclusive: exclusive_id, shared: shared.iter().map(|pid| server(*pid)).collect() };
        prop_assert_eq!(Lock::parse(&samba(exclusive, &shared, watchers)).unwrap(), expected);
    }

    #[test]
    fn any_bytes_are_a_lock_or_an_error(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let data = Bytes::from(data);
        if let Ok((change, Taken::Yes)) = take(&data, server(OWN), true, &[]) {
            let Change::Store(stored) = change else { panic!("{change:?}") };
            prop_assert_eq!(give_back(&stored, server(OWN)).unwrap() == Change::Delete, stored.len() == 32);
        }
    }
}
