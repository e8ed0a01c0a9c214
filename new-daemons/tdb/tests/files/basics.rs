//! One process: what goes in comes out, also in the eyes of tdbdump; closures, transactions, names of errors.

use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};

use tdb::{Code, Create, Error, OpenFlags, Store, Tdb};

use crate::{Fixture, RECORDS, lock_kinds, tdbdump};

#[test]
fn records_come_back_as_they_were_stored_and_tdbdump_sees_them() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        assert_eq!(it.tdb().fetch(b"key7").unwrap().unwrap(), b"value7");
        assert_eq!(it.tdb().parse(b"key7", <[u8]>::len).unwrap(), Some(6));
        assert_eq!(it.tdb().fetch(b"nokey").unwrap(), None);
        assert!(it.tdb().delete(b"key7").unwrap());
        assert!(!it.tdb().delete(b"key7").unwrap());
        it.tdb().store(b"empty", &[], Store::Replace).unwrap();
        assert_eq!(it.tdb().fetch(b"empty").unwrap().unwrap(), b"");
        assert_eq!(it.count(), RECORDS);
        it.tdb().check().unwrap();
        let dump = tdbdump(&it.path());
        assert!(dump.contains("data(8) = \"value42\"") || dump.contains("\"value42\""), "{dump}");
        assert!(!dump.contains("\"key7\""), "{dump}");
    }
}

#[test]
fn insert_and_modify_keep_their_conditions() {
    let it = Fixture::new(OpenFlags::VOLATILE);
    let exists = it.tdb().store(b"key1", &[b"x"], Store::Insert).unwrap_err();
    assert_eq!(exists.code(), Some(Code::EXISTS));
    let absent = it.tdb().store(b"nokey", &[b"x"], Store::Modify).unwrap_err();
    assert_eq!(absent.code(), Some(Code::NOEXIST));
    it.tdb().store(b"key1", &[b"x"], Store::Modify).unwrap();
    assert_eq!(it.tdb().fetch(b"key1").unwrap().unwrap(), b"x");
}

#[test]
fn a_traverse_ends_when_the_closure_says_so() {
    let it = Fixture::new(OpenFlags::VOLATILE);
    let mut seen = 0;
    let shown = it.tdb().traverse(|key, data| {
        assert_eq!(&key[3..], &data[5..]);
        seen += 1;
        if seen == 5 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(shown.unwrap(), 5);
}

#[test]
fn a_closure_that_looks_at_a_record_cannot_use_the_handle() {
    let it = Fixture::new(OpenFlags::VOLATILE);
    let tdb = it.tdb();
    let refused = tdb.parse(b"key1", |_| {
        let store = tdb.store(b"key1", &[&[0; 100_000]], Store::Replace);
        let lock = tdb.lock(b"key2").map(drop);
        let traverse = tdb.traverse(|_, _| ControlFlow::Continue(())).map(drop);
        [store, lock, traverse, tdb.delete(b"key1").map(drop), tdb.fetch(b"key1").map(drop)]
            .iter()
            .all(|result| matches!(result, Err(Error::InUse)))
    });
    assert_eq!(refused.unwrap(), Some(true));
    tdb.store(b"key1", &[b"now"], Store::Replace).unwrap();
}

#[test]
fn a_panic_in_a_closure_passes_libtdb_and_leaves_no_lock_behind() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let tdb = it.tdb();
        for look in [
            catch_unwind(AssertUnwindSafe(|| tdb.parse(b"key1", |_| panic!("seen")).map(drop))),
            catch_unwind(AssertUnwindSafe(|| tdb.traverse(|_, _| panic!("seen")).map(drop))),
        ] {
            assert_eq!(*look.unwrap_err().downcast::<&str>().unwrap(), "seen");
        }
        tdb.store(b"key1", &[b"x"], Store::Replace).unwrap();
        let free = crate::peer::Peer::start("try", &it.path(), it.flags).says();
        assert_eq!(free, "free");
    }
}

#[test]
fn a_transaction_is_kept_by_commit_only() {
    let mut it = Fixture::new(OpenFlags::PERSISTENT);
    let path = it.path();
    let tdb = it.tdb.as_mut().unwrap();
    for commit in [false, true] {
        let transaction = tdb.transaction().unwrap();
        transaction.store(b"new", &[b"inside"], Store::Replace).unwrap();
        assert!(transaction.delete(b"key1").unwrap());
        assert_eq!(transaction.fetch(b"new").unwrap().unwrap(), b"inside");
        if commit {
            transaction.commit().unwrap();
        } else {
            drop(transaction);
        }
        assert_eq!(tdb.fetch(b"new").unwrap().is_some(), commit);
        assert_eq!(tdbdump(&path).contains("\"inside\""), commit);
        assert_eq!(tdb.fetch(b"key1").unwrap().is_none(), commit);
    }
    assert!(tdb.try_transaction().unwrap().is_some());
    tdb.check().unwrap();
}

#[test]
fn the_sequence_number_rises_where_it_was_asked_for() {
    let it = Fixture::new(OpenFlags::VOLATILE | OpenFlags::SEQNUM);
    let before = it.tdb().seqnum();
    it.tdb().store(b"key1", &[b"x"], Store::Replace).unwrap();
    assert_eq!(it.tdb().seqnum(), before + 1);
    assert!(it.tdb().flags().contains(OpenFlags::SEQNUM));
}

#[test]
fn a_file_that_is_not_there_is_not_made_by_open() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("none.tdb");
    let error = Tdb::open(&path, OpenFlags::VOLATILE).unwrap_err();
    assert!(error.to_string().starts_with(&format!("{}: No such file", path.display())), "{error}");
    assert!(!path.exists());
    let how = Create { mode: 0o600, hash_size: 0 };
    drop(Tdb::create(&path, OpenFlags::VOLATILE, how).unwrap());
    drop(Tdb::open(&path, OpenFlags::VOLATILE).unwrap());
}

#[test]
fn a_file_that_is_no_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("text.tdb");
    std::fs::write(&path, "not a database at all").unwrap();
    let error = Tdb::open(&path, OpenFlags::PERSISTENT).unwrap_err();
    assert!(matches!(error, Error::Open { .. }), "{error}");
    assert_eq!(std::fs::read(&path).unwrap(), b"not a database at all");
}

/// Words of a file's head: `rwlocks`, `magic1_hash` and `feature_flags` of `struct tdb_header`.
const MARKED: [u64; 3] = [40, 52, 60];
const JENKINS: u32 = 0x0BAD_1A51;
const FEATURES: u32 = 0x0BAD_1A52;

#[test]
fn cli_10_a_file_says_that_its_hash_is_jenkins_and_whether_its_locks_are_mutexes() {
    let marks = |flags| {
        let it = Fixture::new(flags);
        MARKED.map(|at| {
            let mut word = [0; 4];
            assert_eq!(it.tdb().read_at(&mut word, at).unwrap(), 4);
            u32::from_ne_bytes(word)
        })
    };
    let [plain, mutexes] = lock_kinds().map(marks);
    assert_eq!((plain[0], plain[2]), (JENKINS, 0));
    assert_eq!((mutexes[0], mutexes[2]), (FEATURES, 1), "an older libtdb refuses both");
    assert_eq!(plain[1], mutexes[1]);
    assert_ne!(plain[1], 0, "the hash of the file's first words, by which a wrong one is noticed");
    // Whoever opens it without saying which hash it has finds that out from the file.
    let mut it = Fixture::new(OpenFlags::PERSISTENT | OpenFlags::INCOMPATIBLE_HASH);
    it.tdb = None;
    let tdb = Tdb::open(it.path(), OpenFlags::PERSISTENT).unwrap();
    assert_eq!(tdb.fetch(b"key7").unwrap().unwrap(), b"value7");
}
