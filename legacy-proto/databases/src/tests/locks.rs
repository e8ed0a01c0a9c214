//! Records of g_lock.tdb, in the form of ctdb's tool and in Samba's, and ours that both read.

use bytes::Bytes;
use legacy_codec::{Abi, GLock, GLockList, Payload, Pnn, SambaGLock, ServerId, WatchedRecord, Watcher};
use proptest::prelude::*;

use super::super::g_lock::{Lock, Taken, give_back, take};
use super::super::record::Change;

fn server(pid: u64) -> ServerId {
    ServerId { pid, task_id: 0, pnn: Pnn(2), unique_id: 99 }
}

const OWN: u64 = 1000;

fn tool(locks: &[(u32, u64)]) -> Bytes {
    let locks = locks.iter().map(|(lock_type, pid)| GLock { lock_type: *lock_type, holder: server(*pid) });
    GLockList(locks.collect()).to_payload(Abi::NATIVE).unwrap().bytes
}

fn waiting(count: u64) -> Vec<Watcher> {
    (0..count).map(|n| Watcher { server: server(50 + n), instance: n }).collect()
}

fn samba(exclusive: u64, shared: &[u64], watchers: u64) -> Bytes {
    let exclusive = if exclusive == 0 { ServerId::default() } else { server(exclusive) };
    let shared = shared.iter().map(|pid| server(*pid)).collect();
    let lock = SambaGLock { exclusive, lock_epoch: 1, data_epoch: 2, shared, data: Bytes::new() };
    WatchedRecord { watchers: waiting(watchers), data: lock.to_stored().unwrap() }.to_stored().unwrap()
}

/// What Samba takes a record for: who waits and lives, who has the lock alone, who has it together.
fn as_samba(data: &Bytes) -> (Vec<u64>, u64, Vec<u64>) {
    let record = WatchedRecord::stored(data).unwrap();
    // `process_exists_by_pid` takes the low half of the number.
    let alive = record.watchers.iter().map(|w| w.server.pid).filter(|pid| pid & 0xFFFF_FFFF != 0).collect();
    let Some(lock) = SambaGLock::stored(&record.data).unwrap() else { return (alive, 0, Vec::new()) };
    (alive, lock.exclusive.pid, lock.shared.iter().map(|server| server.pid).collect())
}

/// What the C tool takes a record for: the process and the node of the first lock, if it is a writer's. It reads as many
/// whole locks as there is room for, and each must be one.
fn as_tool(data: &Bytes) -> Result<Option<(u64, u32)>, &'static str> {
    let whole = data.slice(..data.len() / 32 * 32);
    let GLockList(locks) = GLockList::from_payload(&whole, Abi::NATIVE).unwrap();
    if locks.iter().any(|lock| lock.lock_type > 1) {
        return Err("invalid lock data");
    }
    let writer = locks.first().filter(|lock| lock.lock_type == 1);
    Ok(writer.map(|lock| (lock.holder.pid, lock.holder.pnn.0)))
}

fn stored(change: Change) -> Bytes {
    let Change::Store(data) = change else { panic!("{change:?}") };
    data
}

fn taken(data: &Bytes, dead: &[u64]) -> (Change, Taken) {
    let dead: Vec<_> = dead.iter().map(|pid| server(*pid)).collect();
    take(data, server(OWN), &dead).unwrap()
}

fn back(data: &Bytes) -> (Change, Vec<u64>) {
    let (change, watchers) = give_back(data, server(OWN)).unwrap();
    (change, watchers.iter().map(|watcher| watcher.server.pid).collect())
}

#[test]
fn txn_01_a_lock_that_is_taken_is_one_for_the_tool_and_for_samba() {
    for free in [Bytes::new(), samba(0, &[], 0)] {
        let (change, yes) = taken(&free, &[]);
        let data = stored(change);
        assert_eq!(yes, Taken::Yes);
        assert_eq!(as_samba(&data), (vec![], OWN, vec![]));
        assert_eq!(as_tool(&data), Ok(Some((OWN, 2))));
    }
}

#[test]
fn those_who_wait_go_on_waiting_and_the_tool_does_not_take_their_number_for_a_free_lock() {
    let data = stored(taken(&samba(0, &[], 2), &[]).0);
    assert_eq!(as_samba(&data), (vec![50, 51], OWN, vec![]));
    assert_eq!(as_tool(&data), Err("invalid lock data"));
}

#[test]
fn whoever_holds_it_keeps_everybody_out() {
    let held = |pids: &[u64]| (Change::Keep, Taken::HeldBy(pids.iter().map(|pid| server(*pid)).collect()));
    for data in [tool(&[(1, 5)]), tool(&[(0, 5)]), samba(5, &[], 0), samba(0, &[5], 1)] {
        assert_eq!(taken(&data, &[]), held(&[5]));
    }
    assert_eq!(taken(&tool(&[(0, 5), (0, 6)]), &[]), held(&[5, 6]));
    // Samba has a writer that waits for readers stand in its place already.
    assert_eq!(taken(&samba(4, &[5], 0), &[]), held(&[4, 5]));
}

#[test]
fn txn_01_the_dead_are_left_out_and_the_living_stay() {
    for data in [tool(&[(1, 5)]), samba(5, &[], 0), samba(0, &[5], 0)] {
        let data = stored(taken(&data, &[5]).0);
        assert_eq!((as_samba(&data), as_tool(&data)), ((vec![], OWN, vec![]), Ok(Some((OWN, 2)))));
    }
    let left = stored(take(&Bytes::new(), server(5), &[]).unwrap().0);
    let next = stored(taken(&left, &[5]).0);
    assert_eq!(next.len(), left.len(), "the stand-in of the dead is gone too");
    assert_eq!(as_tool(&next), Ok(Some((OWN, 2))));
    assert_eq!(taken(&tool(&[(0, 5), (0, 6)]), &[5]), (Change::Keep, Taken::HeldBy(vec![server(6)])));
    let next = ServerId { unique_id: 100, ..server(5) };
    let other = take(&tool(&[(1, 5)]), server(OWN), &[next]).unwrap();
    assert_eq!(other.1, Taken::HeldBy(vec![server(5)]), "another task of the same process");
}

#[test]
fn a_lock_is_not_taken_twice() {
    let own = stored(taken(&Bytes::new(), &[]).0);
    for data in [own, tool(&[(1, OWN)]), tool(&[(0, 5), (0, OWN)]), samba(OWN, &[], 0)] {
        assert_eq!(taken(&data, &[]), (Change::Keep, Taken::Already));
    }
}

#[test]
fn a_lock_is_given_back_and_those_who_wait_are_told() {
    let alone = stored(taken(&Bytes::new(), &[]).0);
    assert_eq!(back(&alone), (Change::Delete, vec![]));
    let waited_for = stored(taken(&samba(0, &[], 2), &[]).0);
    let (change, told) = back(&waited_for);
    assert_eq!(told, [50, 51]);
    let left = stored(change);
    assert_eq!(as_samba(&left), (vec![50, 51], 0, vec![]));
    assert_eq!(left.len(), 4 + 2 * 32, "watchers, and no lock");
    for not_ours in [tool(&[(1, 5)]), Bytes::new(), samba(5, &[], 3)] {
        assert_eq!(back(&not_ours), (Change::Keep, vec![]));
    }
}

#[test]
fn what_a_lock_of_samba_protects_outlives_our_lock() {
    let data = Bytes::from_static(b"protected");
    let exclusive = ServerId::default();
    let lock = SambaGLock { exclusive, lock_epoch: 7, data_epoch: 8, shared: vec![], data: data.clone() };
    let record = WatchedRecord { watchers: vec![], data: lock.to_stored().unwrap() }.to_stored().unwrap();
    let held = stored(taken(&record, &[]).0);
    let free = stored(back(&held).0);
    let lock = SambaGLock::stored(&WatchedRecord::stored(&free).unwrap().data).unwrap().unwrap();
    assert_eq!((lock.data, lock.data_epoch, lock.exclusive.pid), (data, 8, 0));
    assert!(lock.lock_epoch > 7);
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
        let data = samba(exclusive, &shared, watchers);
        let Lock::Samba { watchers: waits, lock: Some(lock) } = Lock::parse(&data).unwrap() else {
            return Err(TestCaseError::fail("not read as Samba's"));
        };
        prop_assert_eq!((waits, lock.exclusive.pid), (waiting(watchers), exclusive));
        prop_assert_eq!(lock.shared.iter().map(|server| server.pid).collect::<Vec<_>>(), shared);
        // Ours is Samba's, however many wait for it or share it.
        let free = WatchedRecord { watchers: waiting(watchers), data: Bytes::new() }.to_stored().unwrap();
        let ours = stored(taken(&free, &[]).0);
        let is_sambas = matches!(Lock::parse(&ours), Ok(Lock::Samba { lock: Some(_), .. }));
        prop_assert!(is_sambas);
    }

    #[test]
    fn any_bytes_are_a_lock_or_an_error(data in prop::collection::vec(any::<u8>(), 0..200)) {
        let data = Bytes::from(data);
        if let Ok((change, Taken::Yes)) = take(&data, server(OWN), &[]) {
            let held = stored(change);
            prop_assert!(matches!(as_tool(&held), Ok(Some((OWN, 2))) | Err(_)), "the tool waits or fails");
            prop_assert_eq!(as_samba(&held).1, OWN);
            let (change, _) = give_back(&held, server(OWN)).unwrap();
            prop_assert!(change != Change::Keep);
        }
    }
}
