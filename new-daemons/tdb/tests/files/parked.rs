//! Handles that go from thread to thread.

use tdb::{OpenFlags, Store};

use crate::peer::{Peer, records_for_the_next_opener};
use crate::{Fixture, RECORDS, lock_kinds};

#[test]
fn a_parked_handle_works_in_other_threads_and_the_file_stays_in_use() {
    for flags in lock_kinds().into_iter().chain([OpenFlags::PERSISTENT | OpenFlags::NOSYNC]) {
        let mut it = Fixture::new(flags);
        for round in 0..20_u32 {
            let parked = it.tdb.take().unwrap().park();
            assert_eq!(parked.path(), it.path());
            let parked = std::thread::spawn(move || {
                let mut tdb = parked.unpark();
                let lock = tdb.lock(b"round").unwrap();
                tdb.store(b"round", &[&round.to_le_bytes()], Store::Replace).unwrap();
                drop(lock);
                let transaction = tdb.transaction().unwrap();
                transaction.store(b"twice", &[&round.to_le_bytes()], Store::Replace).unwrap();
                transaction.commit().unwrap();
                tdb.park()
            });
            it.tdb = Some(parked.join().unwrap().unpark());
            assert_eq!(it.tdb().fetch(b"round").unwrap().unwrap(), round.to_le_bytes());
        }
        // The next opener would have emptied a file that nobody has open.
        assert_eq!(records_for_the_next_opener(&it.path(), flags), (RECORDS + 2).to_string());
        let mut peer = Peer::start("hold", &it.path(), flags);
        assert_eq!(peer.says(), "locked");
        assert!(it.tdb().try_lock(b"key1").unwrap().is_none());
        peer.kill();
        it.tdb().check().unwrap();
    }
}

#[test]
fn a_parked_handle_that_is_dropped_closes_its_file() {
    let mut it = Fixture::new(OpenFlags::PERSISTENT);
    drop(it.tdb.take().unwrap().park());
    let again = tdb::Tdb::open(it.path(), it.flags).unwrap();
    assert_eq!(again.fetch(b"key7").unwrap().unwrap(), b"value7");
}
