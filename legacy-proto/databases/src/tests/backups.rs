//! Files of backups: what is written is read, and nothing else is believed.

use std::path::Path;

use bytes::Bytes;
use legacy_codec::{DbFlags, DbId, Record};
use proptest::prelude::*;

use super::super::backup::{Contents, Problem, encode, write};
use super::super::error::DbError;

fn record(key: &[u8], data: &[u8]) -> Record {
    Record { reqid: 0, key: Bytes::copy_from_slice(key), data: Bytes::copy_from_slice(data) }
}

fn file(records: &[Record]) -> Vec<u8> {
    let (_, pieces) = encode(DbId(0x1234), b"test.tdb", DbFlags::PERSISTENT, 1_700_000_000, records).unwrap();
    pieces.concat()
}

fn read(bytes: &[u8]) -> Result<Vec<Record>, DbError> {
    let mut contents = Contents::read(Path::new("b"), Box::new(std::io::Cursor::new(bytes.to_vec())))?;
    let mut records = Vec::new();
    while let Some(buffer) = contents.next_buffer()? {
        records.extend(buffer.records().map(|record| record.expect("a walked buffer")));
    }
    Ok(records)
}

fn problem(bytes: &[u8]) -> Problem {
    match read(bytes) {
        Err(DbError::Backup { problem, .. }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_head_lies_where_the_c_tool_has_it() {
    let bytes = file(&[record(b"key", b"data")]);
    let word = |n: usize| u64::from_ne_bytes(bytes[n * 8..n * 8 + 8].try_into().unwrap());
    assert_eq!([word(0), word(1), word(2), word(3), word(4)], [3, 1_700_000_000, 1, 1, 1]);
    assert_eq!(&bytes[40..49], b"test.tdb\0");
    assert_eq!(bytes[104..108], 0x1234_u32.to_ne_bytes());
    assert_eq!(bytes[108..112], 1_u32.to_ne_bytes());
    assert_eq!(bytes[112..120], 23_u64.to_ne_bytes());
    assert_eq!(bytes.len(), 120 + 16 + 7);
}

#[test]
fn buffers_are_closed_at_a_hundred_thousand_bytes() {
    let records: Vec<_> = (0..10).map(|n| record(&[n], &[0; 30_000])).collect();
    let (head, pieces) = encode(DbId(1), b"x", DbFlags::empty(), 0, &records).unwrap();
    assert_eq!((head.buffers, head.records, pieces.len()), (3, 10, 1 + 2 * 3));
    assert_eq!(read(&pieces.concat()).unwrap(), records);
}

#[test]
fn an_empty_database_is_a_backup_too() {
    assert_eq!(file(&[]).len(), 104);
    assert_eq!(read(&file(&[])).unwrap(), []);
}

#[test]
fn a_name_that_does_not_fit_is_refused() {
    let name = [b'x'; 64];
    assert_eq!(encode(DbId(1), &name, DbFlags::empty(), 0, &[]).unwrap_err(), Problem::Name);
    assert!(encode(DbId(1), &name[..63], DbFlags::empty(), 0, &[]).is_ok());
}

#[test]
fn what_is_no_backup_is_said_so() {
    assert_eq!(problem(b"short"), Problem::Short);
    assert_eq!(problem(&[0; 104]), Problem::Version(0));
    let mut lies = file(&[record(b"key", b"data")]);
    lies[32] = 2;
    assert_eq!(problem(&lies), Problem::Count { stated: 2, found: 1 });
    let mut huge = file(&[record(b"key", b"data")]);
    huge[112..120].copy_from_slice(&u64::MAX.to_ne_bytes());
    assert_eq!(problem(&huge), Problem::Short, "a length costs no memory");
    let mut more = file(&[record(b"key", b"data")]);
    more[24..32].copy_from_slice(&u64::MAX.to_ne_bytes());
    assert_eq!(problem(&more), Problem::Short);
    let mut damaged = file(&[record(b"key", b"data")]);
    damaged[128] = 200;
    assert!(matches!(problem(&damaged), Problem::Buffer(0, _)));
}

#[test]
fn every_part_of_a_backup_is_too_short() {
    let whole = file(&[record(b"a", b"1"), record(b"b", b"2")]);
    for len in 0..whole.len() {
        assert_eq!(problem(&whole[..len]), Problem::Short, "{len}");
    }
}

#[test]
fn a_backup_appears_when_it_is_whole_and_replaces_what_was_there() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("backup");
    std::fs::write(&path, vec![b'x'; 10_000]).unwrap();
    let bytes = file(&[record(b"key", b"data")]);
    write(&path, &[Bytes::from(bytes.clone())], |_| ()).unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), bytes);
    assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1, "nothing is left beside it");
    let nowhere = dir.path().join("no/such/directory");
    assert!(matches!(write(&nowhere, &[], |_| ()), Err(DbError::File { .. })));
    write(Path::new("/dev/null"), &[Bytes::from_static(b"x")], |_| ()).unwrap();
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        records in prop::collection::vec(
            (prop::collection::vec(any::<u8>(), 0..20), prop::collection::vec(any::<u8>(), 0..40_000)), 0..12,
        ),
    ) {
        let records: Vec<_> = records.iter().map(|(key, data)| record(key, data)).collect();
        prop_assert_eq!(read(&file(&records)).unwrap(), records);
    }

    #[test]
    fn any_change_of_a_byte_is_read_or_refused(at in 0_usize..400, value in any::<u8>()) {
        let mut bytes = file(&[record(b"key", &[7; 200]), record(b"other", b"data")]);
        let at = at % bytes.len();
        bytes[at] = value;
        let _either = read(&bytes);
    }
}
