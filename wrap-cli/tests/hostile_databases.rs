//! The noun `db` against a ctdbd that lies about databases, gives no records, or sends them in pieces: one line, the right
//! status, no hang, and no file touched that is not a database's.

use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::support::{Answer, Fake, healthy};
use bytes::Bytes;
use legacy_codec::{
    Abi, CallId, ControlReply, ControlRequest, DbFlags, DbId, DbIdAndFlags, DbMap, Dest, Header, LtdbHeader,
    Operation, Packet, Pnn, Record, ReplyCall, ReqMessage, SrvId, Text, Wire,
};
use tdb::{Create, OpenFlags, Store, Tdb};

const ID: DbId = DbId(0x1234_5678);

/// What the fake says about its one database.
#[derive(Clone)]
struct Database {
    path: PathBuf,
    health: Option<&'static str>,
    flags: OpenFlags,
}

impl Database {
    fn answer(&self, dest: Dest, request: &ControlRequest) -> Answer {
        Answer::Reply(match request {
            ControlRequest::GetDbMap(()) => ControlReply::GetDbMap(DbMap {
                dbs: vec![DbIdAndFlags { db_id: ID, flags: DbFlags::empty() }],
            }),
            ControlRequest::GetDbName(_) => ControlReply::GetDbName(Text::new("x.tdb")),
            ControlRequest::DbAttach(_) => ControlReply::DbAttach(ID),
            ControlRequest::GetDbPath(_) => ControlReply::GetDbPath(Text::new(self.path.to_str().unwrap())),
            ControlRequest::DbGetHealth(_) => ControlReply::DbGetHealth(self.health.map(Text::new)),
            ControlRequest::DbOpenFlags(_) => ControlReply::DbOpenFlags(self.flags.bits()),
            ControlRequest::TraverseStartExt(_) => ControlReply::TraverseStartExt(()),
            _ => return healthy(dest, request),
        })
    }
}

/// A database with a file, in a directory that goes with the test.
fn database() -> (tempfile::TempDir, Database) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.tdb.0");
    let flags = OpenFlags::PERSISTENT;
    drop(Tdb::create(&path, flags, Create { mode: 0o600, hash_size: 0 }).unwrap());
    (dir, Database { path, health: None, flags })
}

fn store(path: &Path, stored: &[u8]) {
    let tdb = Tdb::open(path, OpenFlags::PERSISTENT).unwrap();
    tdb.store(b"key", &[stored], Store::Replace).unwrap();
}

fn of(database: &Database) -> Fake {
    let database = database.clone();
    Fake::start(move |dest, request| database.answer(dest, request))
}

#[test]
fn a_file_that_cannot_be_the_databases_is_not_touched() {
    let (dir, good) = database();
    let victim = dir.path().join("victim");
    let text = vec![b'x'; 5000];
    std::fs::write(&victim, &text).unwrap();
    let flags = OpenFlags::VOLATILE;
    let fake = of(&Database { path: victim.clone(), flags, ..good.clone() });
    fake.run("db key get x.tdb key").assert_error(5, "malformed answer: ");
    assert_eq!(std::fs::read(&victim).unwrap(), text);

    // The right name, and no database behind it.
    std::fs::write(&good.path, &text).unwrap();
    of(&good).run("db key get x.tdb key").assert_error(2, "x.tdb.0: ");
    assert_eq!(std::fs::read(&good.path).unwrap(), text);
    std::fs::remove_file(&good.path).unwrap();
    of(&good).run("db key set x.tdb key data").assert_error(2, "No such file");
    assert!(!good.path.exists());
}

#[test]
fn flags_under_which_nobody_is_locked_out_are_refused() {
    let (_dir, good) = database();
    for flags in [OpenFlags::NOLOCK, OpenFlags::INTERNAL] {
        of(&Database { flags, ..good.clone() })
            .run("db key get x.tdb key")
            .assert_error(5, "cannot be opened with flags");
    }
}

#[test]
fn an_unhealthy_database_is_not_used() {
    let (_dir, good) = database();
    let fake = of(&Database { health: Some("dirty\nfile"), ..good });
    fake.run("db key get x.tdb key").assert_error(5, "x.tdb is not healthy: dirty file");
}

#[test]
fn a_database_map_that_was_cut_or_claims_millions_is_malformed() {
    for data in [vec![], vec![1, 0, 0, 0], [0xFF; 12].to_vec(), vec![1, 0, 0, 0, 1, 2, 3]] {
        let fake = Fake::start(move |dest, request| match request {
            ControlRequest::GetDbMap(()) => Answer::Raw { status: 0, data: data.clone(), error: Vec::new() },
            _ => healthy(dest, request),
        });
        fake.run("db list").assert_error(5, "its databases: malformed answer");
        fake.run("db key get x.tdb key").assert_error(5, "the record: malformed answer");
    }
}

#[test]
fn def_08_a_call_for_a_record_without_an_answer_ends_in_time() {
    let (_dir, good) = database();
    for words in ["db key get x.tdb key", "db key set x.tdb key data", "db key delete x.tdb key"] {
        let run = of(&good).run(&format!("-t 0.5 {words}"));
        run.assert_error(4, "the record: no answer within 0.5 s");
        assert!(run.took < Duration::from_secs(10), "{run:?}");
    }
}

#[test]
fn a_record_that_is_said_to_be_here_and_never_is_ends_the_attempt_in_time() {
    let (_dir, good) = database();
    let fake = Fake::start_with(
        move |dest, request| good.answer(dest, request),
        |_| Some(ReplyCall { status: 0, data: Bytes::new() }),
    );
    let run = fake.run("-t 0.5 db key set x.tdb key data");
    assert!(matches!(run.status, 4 | 5), "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
}

#[test]
fn a_call_that_fails_is_told_with_its_status() {
    let (_dir, good) = database();
    let fake = Fake::start_with(
        move |dest, request| good.answer(dest, request),
        |call| {
            assert!(matches!(call.call_id, CallId::NULL | CallId::FETCH));
            Some(ReplyCall { status: -7, data: Bytes::from_static(b"\x01\xFF") })
        },
    );
    for words in ["db key set x.tdb key data", "db key get x.tdb key"] {
        fake.run(words).assert_error(5, "moving a record here failed with status -7");
    }
}

#[test]
fn rec_02_a_record_without_room_for_its_header_is_damage() {
    let (_dir, good) = database();
    for stored in [&b""[..], &[0; 19]] {
        store(&good.path, stored);
        for words in ["db key get x.tdb key", "db key set x.tdb key data", "db tdb cat x.tdb"] {
            of(&good).run(words).assert_error(5, "malformed answer: a record");
        }
    }
}

#[test]
fn a_record_of_this_node_needs_nobody() {
    let (_dir, good) = database();
    let header = LtdbHeader { rsn: 5, dmaster: Pnn(0), ..LtdbHeader::default() };
    store(&good.path, &[&header.encode(Abi::NATIVE).unwrap().bytes[..], b"data"].concat());
    let fake = of(&good);
    assert_eq!(fake.run("db key get x.tdb key").stdout, "data\n");
    assert_eq!(fake.run("db key set x.tdb key 0x41").status, 0);
    assert_eq!(fake.run("db key get x.tdb key").stdout, "A\n");
}

/// A packet with a record of a traverse, or what is said to be one.
fn message(srvid: SrvId, data: Bytes) -> Vec<u8> {
    let packet =
        Packet { header: Header::default(), body: Operation::ReqMessage(ReqMessage { srvid, data }) };
    packet.encode(Abi::NATIVE).unwrap().bytes.to_vec()
}

fn traversed(good: &Database, data: impl Fn(u32) -> Vec<Bytes> + Send + Sync + 'static) -> Fake {
    let good = good.clone();
    Fake::start(move |dest, request| match request {
        ControlRequest::TraverseStartExt(args) => {
            let messages = data(args.reqid).into_iter().flat_map(|data| message(args.srvid, data)).collect();
            Answer::Then(ControlReply::TraverseStartExt(()), messages)
        }
        _ => good.answer(dest, request),
    })
}

#[test]
fn records_of_a_traverse_that_make_no_sense_are_malformed() {
    let (_dir, good) = database();
    let record = |reqid, data: &'static [u8]| {
        let record = Record { reqid, key: Bytes::from_static(b"key"), data: Bytes::from_static(data) };
        record.encode(Abi::NATIVE).unwrap().bytes
    };
    let end = |reqid| Record { reqid, ..Record::default() }.encode(Abi::NATIVE).unwrap().bytes;
    let header = &[0; 24];
    let cut = traversed(&good, |_| vec![Bytes::from_static(&[9; 7])]);
    cut.run("db cat x.tdb").assert_error(5, "a record of the traverse");
    let short = traversed(&good, move |reqid| vec![record(reqid, b"short"), end(reqid)]);
    short.run("db cat x.tdb").assert_error(5, "malformed answer: a record");
    let foreign = traversed(&good, move |reqid| vec![record(reqid + 1, header), end(reqid)]);
    let run = foreign.run("db cat x.tdb");
    assert_eq!((run.status, run.stdout.lines().count()), (0, 1), "records of another traverse: {run:?}");
    let silent = traversed(&good, |_| Vec::new());
    silent.run("-t 0.5 db cat x.tdb").assert_error(4, "no record of the traverse came within 0.5 s");
}

/// Where the head of the list of free records stands, behind the header of the file.
const FREE: usize = 168;

#[test]
fn nothing_is_stored_in_a_file_whose_free_records_go_in_a_circle() {
    let (dir, database) = database();
    {
        let tdb = Tdb::open(&database.path, OpenFlags::PERSISTENT).unwrap();
        for key in [&b"one"[..], b"two", b"three"] {
            tdb.store(key, &[&[b'x'; 200]], Store::Replace).unwrap();
        }
        assert!(tdb.delete(b"two").unwrap());
    }
    let path = database.path.display().to_string();
    let set = |file: &str| {
        let words = ["db", "tdb", "set", file, "key", "data", "--yes", "-t", "20"];
        crate::support::finish(crate::support::program().args(words))
    };
    assert_eq!(set(&path).status, 0, "a whole one");
    let mut bytes = std::fs::read(&path).unwrap();
    let head: [u8; 4] = bytes[FREE..FREE + 4].try_into().unwrap();
    let first = usize::try_from(u32::from_ne_bytes(head)).unwrap();
    assert!(first > FREE && first < bytes.len(), "a free record at {first}");
    // The first free record is followed by itself.
    bytes[first..first + 4].copy_from_slice(&head);
    let circle = dir.path().join("circle.tdb").display().to_string();
    std::fs::write(&circle, &bytes).unwrap();
    set(&circle).assert_error(2, "circle.tdb: the file is damaged, and nothing was stored");
    assert_eq!(std::fs::read(&circle).unwrap(), bytes);
    let fake = of(&database);
    let old = run_old(&fake, &["tstore", &circle, "key", "data"]);
    let told = format!("Failed to write record key to file {circle}\n");
    assert_eq!((old.status, old.stderr), (1, told));
    assert_eq!(std::fs::read(&circle).unwrap(), bytes);
    assert_eq!(run_old(&fake, &["tstore", &path, "key", "data"]).status, 0, "a whole one");
}

/// The program by its old name.
fn run_old(fake: &Fake, words: &[&str]) -> crate::support::Run {
    use std::os::unix::process::CommandExt;
    let mut command = crate::support::program();
    command.arg0("ctdb").args(words).env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", "/nonexistent");
    // Most of what is asked has no end of its own.
    command.env("CTDB_TIMEOUT", "20").env("CTDB_SOCKET", fake.socket());
    crate::support::finish(&mut command)
}

#[test]
fn a_record_is_deleted_though_the_daemon_does_not_want_to_hear_of_it() {
    let (_dir, good) = database();
    let header = LtdbHeader { rsn: 5, dmaster: Pnn(0), ..LtdbHeader::default() };
    let stored = [&header.encode(Abi::NATIVE).unwrap().bytes[..], b"data"].concat();
    let fake = {
        let good = good.clone();
        Fake::start(move |dest, request| match request {
            ControlRequest::ScheduleForDeletion(_) => {
                Answer::Raw { status: -1, data: Vec::new(), error: b"Not implemented".to_vec() }
            }
            _ => good.answer(dest, request),
        })
    };
    store(&good.path, &stored);
    let deleted = run_old(&fake, &["deletekey", "x.tdb", "key"]);
    assert_eq!((deleted.status, deleted.stdout.as_str(), deleted.stderr.as_str()), (0, "", ""));
    // One that is empty already is deleted, too.
    let again = run_old(&fake, &["deletekey", "x.tdb", "key"]);
    assert_eq!((again.status, again.stderr.as_str()), (0, ""));
    assert_eq!(run_old(&fake, &["readkey", "x.tdb", "key"]).stdout, "Data: size:0 ptr:[]\n");
    store(&good.path, &stored);
    assert_eq!(fake.run("db key delete x.tdb key").status, 0);
}
