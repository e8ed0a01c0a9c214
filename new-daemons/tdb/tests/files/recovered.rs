//! A persistent file that is written anew, as a recovery does it, beside programs that open and close it (FRZ-25).
//!
//! The commit takes no locks of its own, since the freeze has the file. Who opens a file takes only libtdb's open lock, and
//! undoes a transaction that he finds half way: so that lock is held, too, or the file is destroyed.

use tdb::{Create, OpenFlags, Outside, Stop, Store, Tdb, What};

use crate::peer::{Peer, records_for_the_next_opener};

const RECORDS: usize = 20_000;
const FLAGS: OpenFlags = OpenFlags::PERSISTENT;
const COMMITS: u32 = 8;

/// Replaces all records under the lock of the file, and under the open lock if that is wanted.
fn write_anew(tdb: &mut Tdb, outside: &Outside, round: u32, open_lock: bool) -> Result<(), tdb::Error> {
    let lock = |what| outside.lock(what, &Stop::default()).unwrap();
    let (_transaction, _whole) = (lock(What::Transaction), lock(What::Whole));
    let mut unlocked = tdb.unlocked()?;
    let transaction = unlocked.transaction()?;
    for n in 0..RECORDS {
        let value = [&round.to_le_bytes()[..], &[u8::try_from(n % 251).unwrap(); 60]];
        transaction.store(format!("key{n}").as_bytes(), &value, Store::Replace)?;
    }
    let _open = open_lock.then(|| lock(What::Open));
    transaction.commit()
}

fn is_of(tdb: &Tdb, round: u32) -> bool {
    let mut all = 0;
    let shown = tdb.traverse(|_, value| {
        all += usize::from(value.starts_with(&round.to_le_bytes()));
        std::ops::ControlFlow::Continue(())
    });
    shown.is_ok_and(|shown| shown == RECORDS) && all == RECORDS
}

struct Written {
    tdb: Tdb,
    outside: Outside,
    _openers: Vec<Peer>,
    _dir: tempfile::TempDir,
}

fn written() -> Written {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("persistent.tdb");
    let mut tdb = Tdb::create(&path, FLAGS, Create { mode: 0o600, hash_size: 10_007 }).unwrap();
    let outside = tdb.outside().unwrap();
    write_anew(&mut tdb, &outside, 0, true).unwrap();
    let mut openers: Vec<_> = (0..2).map(|_| Peer::start("opener", &path, FLAGS)).collect();
    openers.iter_mut().for_each(|opener| assert_eq!(opener.says(), "opened"));
    Written { tdb, outside, _openers: openers, _dir: dir }
}

#[test]
fn frz_25_a_file_that_is_written_anew_beside_those_who_open_it_is_never_wrong() {
    let mut it = written();
    for round in 1..=COMMITS {
        write_anew(&mut it.tdb, &it.outside, round, true).unwrap();
        assert!(is_of(&it.tdb, round), "commit {round} was undone");
    }
    it.tdb.check().unwrap();
    let path = it.tdb.path().to_owned();
    assert_eq!(records_for_the_next_opener(&path, FLAGS), RECORDS.to_string());
}

/// The reason for the lock: if this ever fails, it is needed no more.
#[test]
fn frz_25_without_the_open_lock_a_commit_is_undone_by_whoever_opens_the_file() {
    let mut it = written();
    let wrong = (1..=100).find(|round| {
        let committed = write_anew(&mut it.tdb, &it.outside, *round, false);
        committed.is_err() || !is_of(&it.tdb, *round)
    });
    assert!(wrong.is_some(), "a hundred commits, and none was undone");
}
