//! What a transaction of a persistent database commits, seen by a ctdbd that takes it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use crate::support::{Answer, Fake, finish, healthy, program};
use legacy_codec::{
    Abi, ControlReply, ControlRequest, DbFlags, DbId, DbIdAndFlags, DbMap, LtdbHeader, Pnn, Text, Wire,
};
use tdb::{Create, OpenFlags, Store, Tdb};

const LOCKS: DbId = DbId(0x1111_1111);
const DATA: DbId = DbId(0x2222_2222);

fn file(dir: &Path, name: &str) -> PathBuf {
    let path = dir.join(name);
    drop(Tdb::create(&path, OpenFlags::PERSISTENT, Create { mode: 0o600, hash_size: 0 }).unwrap());
    path
}

/// A record that is committed: its key, version and data.
type Committed = (String, u64, String);

#[test]
fn each_change_of_a_key_is_committed_behind_the_one_before_so_that_what_is_deleted_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let (locks, data) = (file(dir.path(), "g_lock.tdb.0"), file(dir.path(), "p.tdb.0"));
    // The lock's record is on this node already.
    let here = LtdbHeader { dmaster: Pnn(0), ..LtdbHeader::default() }.encode(Abi::NATIVE).unwrap().bytes;
    let lock = format!("transaction_db_0x{:08x}\0", DATA.0);
    let tdb = Tdb::open(&locks, OpenFlags::PERSISTENT).unwrap();
    tdb.store(lock.as_bytes(), &[&here], Store::Replace).unwrap();
    drop(tdb);
    let committed: Arc<Mutex<Vec<Committed>>> = Arc::default();
    let seen = Arc::clone(&committed);
    let fake = Fake::start(move |dest, request| {
        Answer::Reply(match request {
            ControlRequest::GetDbMap(()) => ControlReply::GetDbMap(DbMap {
                dbs: vec![DbIdAndFlags { db_id: DATA, flags: DbFlags::PERSISTENT }],
            }),
            ControlRequest::GetDbName(_) => ControlReply::GetDbName(Text::new("p.tdb")),
            ControlRequest::DbAttach(_) => ControlReply::DbAttach(LOCKS),
            ControlRequest::DbAttachPersistent(_) => ControlReply::DbAttachPersistent(DATA),
            ControlRequest::GetDbPath(id) => {
                let path = if *id == LOCKS { &locks } else { &data };
                ControlReply::GetDbPath(Text::new(path.to_str().unwrap()))
            }
            ControlRequest::DbGetHealth(_) => ControlReply::DbGetHealth(None),
            ControlRequest::DbOpenFlags(_) => ControlReply::DbOpenFlags(OpenFlags::PERSISTENT.bits()),
            ControlRequest::ScheduleForDeletion(_) => ControlReply::ScheduleForDeletion(()),
            ControlRequest::Trans3Commit(buffer) => {
                for record in buffer.records() {
                    let record = record.unwrap();
                    let (header, data) = record.split(Abi::NATIVE).unwrap();
                    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                    seen.lock().unwrap().push((text(&record.key), header.rsn, text(&data)));
                }
                ControlReply::Trans3Commit(())
            }
            _ => return healthy(dest, request),
        })
    });
    use std::os::unix::process::CommandExt;
    let changes = dir.path().join("changes");
    std::fs::write(&changes, "\"a\" \"1\"\n\"b\" \"2\"\n\"a\" \"\"\n\"b\" \"2\"\n\"b\" \"3\"\n\"c\" \"\"\n")
        .unwrap();
    let mut command = program();
    command.arg0("ctdb").args(["ptrans", "p.tdb"]).arg(&changes);
    command.env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", "/nonexistent");
    command.env("CTDB_SOCKET", fake.socket()).env("CTDB_TIMEOUT", "20");
    let run = finish(&mut command);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{run:?}");
    let all = committed.lock().unwrap().clone();
    let (sequence, changed) = all.split_last().unwrap();
    let want = [("a", 1, "1"), ("b", 1, "2"), ("a", 2, ""), ("b", 2, "3")];
    assert_eq!(changed, want.map(|(key, rsn, data)| (key.to_owned(), rsn, data.to_owned())));
    assert_eq!((sequence.0.as_str(), sequence.1), ("__db_sequence_number__\0", 1), "once, and last");
}
