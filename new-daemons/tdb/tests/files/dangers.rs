//! What was seen to destroy a live database, and that the binding does not do it.
//!
//! libtdb marks a file as in use by an fcntl lock. When any descriptor of the file is closed in the process, the lock is
//! gone, and the next opener with CLEAR_IF_FIRST, such as any smbd, empties the file.

use tdb::{Create, Error, OpenFlags, Tdb};

use crate::peer::records_for_the_next_opener;
use crate::{Fixture, RECORDS, lock_kinds};

#[test]
fn the_next_opener_leaves_a_file_that_is_in_use_alone() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        assert_eq!(records_for_the_next_opener(&it.path(), flags), RECORDS.to_string());
    }
}

/// The reason for all the rest: if this ever fails, the rules may be relaxed.
#[test]
fn reading_the_file_by_its_path_makes_the_next_opener_empty_it() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        assert!(!std::fs::read(it.path()).unwrap().is_empty());
        assert_eq!(records_for_the_next_opener(&it.path(), flags), "0");
    }
}

#[test]
fn reading_the_file_by_its_handle_keeps_it_in_use() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let mut head = [0; 16];
        assert_eq!(it.tdb().read_at(&mut head, 0).unwrap(), 16);
        assert_eq!(&head, b"TDB file\n\0\0\0\0\0\0\0");
        assert_eq!(records_for_the_next_opener(&it.path(), flags), RECORDS.to_string());
    }
}

#[test]
fn a_second_open_of_a_file_is_refused_before_it_does_harm() {
    for flags in lock_kinds() {
        let it = Fixture::new(flags);
        let link = it.dir.path().join("link.tdb");
        let hard_link = it.dir.path().join("hard.tdb");
        std::os::unix::fs::symlink(it.path(), &link).unwrap();
        std::fs::hard_link(it.path(), &hard_link).unwrap();
        for path in [&it.path(), &link, &hard_link, &it.dir.path().join("../").join(it.path())] {
            for flags in [flags, flags - OpenFlags::CLEAR_IF_FIRST, OpenFlags::PERSISTENT] {
                let open = Tdb::open(path, flags);
                assert!(matches!(open, Err(Error::AlreadyOpen(_))), "{open:?}");
                let create = Tdb::create(path, flags, Create { mode: 0o600, hash_size: 0 });
                assert!(matches!(create, Err(Error::AlreadyOpen(_))), "{create:?}");
            }
        }
        assert_eq!(it.count(), RECORDS);
        assert_eq!(records_for_the_next_opener(&it.path(), flags), RECORDS.to_string());
    }
}

#[test]
fn the_second_open_is_refused_in_other_threads_too() {
    let it = Fixture::new(OpenFlags::VOLATILE);
    let path = it.path();
    let refused = std::thread::spawn(move || {
        matches!(Tdb::open(&path, OpenFlags::VOLATILE), Err(Error::AlreadyOpen(_)))
    });
    assert!(refused.join().unwrap());
    assert_eq!(records_for_the_next_opener(&it.path(), it.flags), RECORDS.to_string());
}

#[test]
fn a_closed_file_can_be_opened_again() {
    let mut it = Fixture::new(OpenFlags::PERSISTENT);
    for _ in 0..3 {
        it.tdb = None;
        it.tdb = Some(Tdb::open(it.path(), it.flags).unwrap());
        assert_eq!(it.count(), RECORDS);
    }
}

#[test]
fn files_opened_and_closed_in_many_threads_at_once_stay_whole() {
    let dir = tempfile::tempdir().unwrap();
    let threads: Vec<_> = (0..8)
        .map(|n| {
            let path = dir.path().join(format!("{n}.tdb"));
            std::thread::spawn(move || {
                for round in 0..50_u32 {
                    let how = Create { mode: 0o600, hash_size: 0 };
                    let tdb = Tdb::create(&path, OpenFlags::PERSISTENT | OpenFlags::NOSYNC, how).unwrap();
                    tdb.store(&round.to_le_bytes(), &[b"x"], tdb::Store::Insert).unwrap();
                }
                let tdb = Tdb::open(&path, OpenFlags::PERSISTENT).unwrap();
                tdb.check().unwrap();
                tdb.traverse(|_, _| std::ops::ControlFlow::Continue(())).unwrap()
            })
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), 50);
    }
}
