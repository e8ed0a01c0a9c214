//! Walks chain by chain, free pieces, wiping, and the count of changes.

use std::collections::BTreeMap;
use std::ops::ControlFlow;

use tdb::{Error, OpenFlags, Store, Tdb};

use crate::{Fixture, RECORDS, lock_kinds, tdbdump};

fn by_chain(tdb: &Tdb) -> BTreeMap<Vec<u8>, u32> {
    let mut all = BTreeMap::new();
    for chain in 0..tdb.chains() {
        let mut shown = 0;
        let count = tdb.walk_chain(chain, |key, _| {
            shown += 1;
            assert_eq!(all.insert(key.to_vec(), chain), None, "shown twice");
            ControlFlow::Continue(())
        });
        assert_eq!(count.unwrap(), shown);
    }
    all
}

#[test]
fn the_chains_together_are_the_file() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        assert_eq!(it.tdb().chains(), 101);
        let all = by_chain(it.tdb());
        assert_eq!(all.len(), RECORDS);
        assert!(
            all.values().collect::<std::collections::BTreeSet<_>>().len() > 40,
            "nearly all in one chain"
        );
        assert_eq!(it.tdb().walk_chain(all[&b"key5"[..]], |_, _| ControlFlow::Break(())).unwrap(), 1);
        assert!(
            it.tdb().walk_chain(101, |_, _| ControlFlow::Continue(())).is_err(),
            "there are chains 0 to 100"
        );
    }
}

#[test]
fn a_closure_of_a_walk_cannot_use_its_handle() {
    let it = Fixture::new(OpenFlags::VOLATILE);
    let mut refused = 0;
    for chain in 0..it.tdb().chains() {
        it.tdb()
            .walk_chain(chain, |key, _| {
                refused += usize::from(matches!(it.tdb().delete(key), Err(Error::InUse)));
                ControlFlow::Continue(())
            })
            .unwrap();
    }
    assert_eq!(refused, RECORDS);
}

#[test]
fn deletions_leave_free_pieces_and_a_repack_makes_them_one() {
    for flags in [OpenFlags::VOLATILE, OpenFlags::PERSISTENT | OpenFlags::NOSYNC] {
        let mut it = Fixture::new(flags);
        let before = it.tdb().free_pieces().unwrap();
        // Each other one, so that few of the pieces lie side by side.
        for n in (0..RECORDS).step_by(2) {
            assert!(it.tdb().delete(format!("key{n}").as_bytes()).unwrap());
        }
        let scattered = it.tdb().free_pieces().unwrap();
        assert!(scattered > before + 20, "{before}, then {scattered}");
        let content = by_chain(it.tdb());
        it.tdb.as_mut().unwrap().repack().unwrap();
        let after = it.tdb().free_pieces().unwrap();
        assert!(after < scattered / 4, "{scattered}, then {after}");
        assert_eq!(by_chain(it.tdb()), content);
        it.tdb().check().unwrap();
    }
}

#[test]
fn dead_records_stay_in_their_chain_when_that_is_wanted() {
    let mut it = Fixture::new(OpenFlags::VOLATILE | OpenFlags::VOLATILE_FREELIST);
    let tdb = it.tdb.as_mut().unwrap();
    tdb.keep_dead(100);
    let before = tdb.free_pieces().unwrap();
    for n in 0..RECORDS {
        assert!(tdb.delete(format!("key{n}").as_bytes()).unwrap());
    }
    assert_eq!(tdb.free_pieces().unwrap(), before, "nothing came to the list of free pieces");
    assert_eq!(by_chain(tdb).len(), 0, "and nothing is shown");
    tdb.check().unwrap();
}

#[test]
fn a_wiped_file_is_empty_for_everybody() {
    for flags in lock_kinds() {
        let mut it = Fixture::new(flags);
        it.tdb.as_mut().unwrap().wipe().unwrap();
        assert_eq!(it.count(), 0);
        assert_eq!(tdbdump(&it.path()), "");
        it.tdb().store(b"again", &[b"x"], Store::Insert).unwrap();
        assert_eq!(crate::peer::records_for_the_next_opener(&it.path(), flags), "1");
    }
}

#[test]
fn changes_are_counted_from_when_that_is_wanted() {
    let it = Fixture::new(OpenFlags::PERSISTENT | OpenFlags::NOSYNC);
    assert_eq!(it.tdb().seqnum(), 0);
    it.tdb().store(b"key1", &[b"x"], Store::Replace).unwrap();
    assert_eq!(it.tdb().seqnum(), 0, "nobody wants to know");
    it.tdb().count_changes();
    it.tdb().store(b"key1", &[b"y"], Store::Replace).unwrap();
    it.tdb().delete(b"key1").unwrap();
    it.tdb().bump_seqnum().unwrap();
    assert_eq!(it.tdb().seqnum(), 3);
}
