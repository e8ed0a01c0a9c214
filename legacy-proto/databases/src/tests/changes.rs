//! What becomes of changes: of a transaction, of a record that the daemon does not want to vacuum, of a damaged file.

use bytes::Bytes;
use legacy_client::CallError;
use legacy_codec::{Abi, Dest, Pnn};
use tdb::{Create, OpenFlags, Store, Tdb};

use crate::error::DbError;
use crate::file::Unowned;
use crate::record::scheduled;
use crate::transaction::{Changes, SEQUENCE_NUMBER};

#[test]
fn each_change_of_a_key_is_committed_behind_the_one_before_so_that_what_is_deleted_was_there() {
    let mut changes = Changes::default();
    let mut store = |key: &[u8], data: &'static str| {
        let before = changes.of(key).map(|(header, _)| header).unwrap_or_default();
        changes.add(key, before, Bytes::from_static(data.as_bytes()), Pnn(3));
    };
    for (key, data) in [(&b"a"[..], "1"), (SEQUENCE_NUMBER, "n"), (b"b", "2"), (b"a", ""), (b"b", "3")] {
        store(key, data);
    }
    let records = changes.records().unwrap();
    let shown: Vec<_> = records
        .iter()
        .map(|record| {
            let (header, data) = record.split(Abi::NATIVE).unwrap();
            assert_eq!(header.dmaster, Pnn(3));
            (&record.key[..], header.rsn, data)
        })
        .collect();
    let want: [(&[u8], u64, &'static str); 5] =
        [(b"a", 1, "1"), (b"b", 1, "2"), (b"a", 2, ""), (b"b", 2, "3"), (SEQUENCE_NUMBER, 1, "n")];
    assert_eq!(shown, want.map(|(key, rsn, data)| (key, rsn, Bytes::from_static(data.as_bytes()))));
    assert_eq!(
        changes.of(b"b").map(|(header, data)| (header.rsn, data)),
        Some((2, Bytes::from_static(b"3")))
    );
    assert_eq!(changes.of(b"c"), None);
}

#[test]
fn a_record_is_deleted_though_the_daemon_does_not_want_to_hear_of_it() {
    let refused = CallError::Status {
        control: "SCHEDULE_FOR_DELETION",
        dest: Dest::CURRENT_NODE,
        status: -1,
        text: String::new(),
    };
    assert!(scheduled(Err(DbError::Call(refused))).is_ok());
    assert!(scheduled(Ok(())).is_ok());
    assert!(matches!(scheduled(Err(DbError::Disconnected)), Err(DbError::Disconnected)));
}

/// Where the head of the list of free records stands, behind the header of the file.
const FREE: usize = 168;

#[test]
fn nothing_is_stored_by_its_path_in_a_file_whose_free_records_go_in_a_circle() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("x.tdb");
    let how = Create { mode: 0o600, hash_size: 0 };
    {
        let tdb = Tdb::create(&path, OpenFlags::PERSISTENT, how).unwrap();
        for key in [&b"one"[..], b"two", b"three"] {
            tdb.store(key, &[&[b'x'; 200]], Store::Replace).unwrap();
        }
        assert!(tdb.delete(b"two").unwrap());
    }
    Unowned::open(&path).unwrap().store(b"key", &[b"data"]).unwrap();
    let mut bytes = std::fs::read(&path).unwrap();
    let head: [u8; 4] = bytes[FREE..FREE + 4].try_into().unwrap();
    let first = usize::try_from(u32::from_ne_bytes(head)).unwrap();
    assert!(first > FREE && first < bytes.len(), "a free record at {first}");
    // The first free record is followed by itself.
    bytes[first..first + 4].copy_from_slice(&head);
    std::fs::write(&path, &bytes).unwrap();
    let stored = Unowned::open(&path).unwrap().store(b"key", &[b"other"]);
    assert!(matches!(&stored, Err(DbError::Damaged(damaged)) if *damaged == path), "{stored:?}");
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
}
