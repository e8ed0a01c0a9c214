//! Who may read and change a record in the local file, and which path is believed.

use std::path::PathBuf;

use legacy_codec::{LtdbHeader, Pnn, RecordFlags, Text};

use super::super::checked_path;
use super::super::record::{Reading, may_change, may_read};
use super::super::transaction::{Settled, settled};

const HERE: Pnn = Pnn(1);

fn header(dmaster: u32, flags: RecordFlags) -> LtdbHeader {
    LtdbHeader { rsn: 7, dmaster: Pnn(dmaster), reserved: 0, flags }
}

#[test]
fn cli_07_only_the_data_master_changes_a_record_and_only_without_copies_elsewhere() {
    let moved = RecordFlags::MIGRATED_WITH_DATA;
    for (dmaster, flags, may) in [
        (1, RecordFlags::empty(), true),
        (1, moved, true),
        (0, RecordFlags::empty(), false),
        (u32::MAX, RecordFlags::empty(), false),
        (1, RecordFlags::RO_HAVE_DELEGATIONS | moved, false),
        (1, RecordFlags::RO_HAVE_DELEGATIONS | RecordFlags::RO_REVOKING_READONLY, false),
        (1, RecordFlags::RO_REVOKE_COMPLETE, false),
        (0, RecordFlags::RO_HAVE_READONLY, false),
        (1, RecordFlags::from_bits_retain(0x40), true),
    ] {
        assert_eq!(may_change(&header(dmaster, flags), HERE), may, "{dmaster} {flags:?}");
    }
}

#[test]
fn cli_08_a_copy_is_read_by_those_who_asked_for_one_until_it_is_called_back() {
    let copy = RecordFlags::RO_HAVE_READONLY;
    for (dmaster, flags, reading, may) in [
        (1, RecordFlags::empty(), Reading::Move, true),
        (1, RecordFlags::RO_HAVE_DELEGATIONS, Reading::Move, true),
        (0, RecordFlags::empty(), Reading::Copy, false),
        (0, copy, Reading::Copy, true),
        (0, copy, Reading::Move, false),
        (0, copy | RecordFlags::RO_REVOKING_READONLY, Reading::Copy, false),
        (0, copy | RecordFlags::RO_REVOKE_COMPLETE, Reading::Copy, false),
        (0, RecordFlags::RO_HAVE_DELEGATIONS, Reading::Copy, false),
    ] {
        assert_eq!(may_read(&header(dmaster, flags), HERE, reading), may, "{dmaster} {flags:?} {reading:?}");
    }
}

#[test]
fn only_the_file_of_this_database_on_this_node_is_opened() {
    let name = Text::new("locking.tdb");
    let path = |text: &str| checked_path(&Text::new(text), &name, HERE);
    assert_eq!(
        path("/var/lib/ctdb/volatile/locking.tdb.1").unwrap(),
        PathBuf::from("/var/lib/ctdb/volatile/locking.tdb.1")
    );
    assert_eq!(
        path("/x/locking.tdb").unwrap(),
        PathBuf::from("/x/locking.tdb"),
        "a ctdbd without node numbers"
    );
    for wrong in [
        "/etc/passwd",
        "locking.tdb.1",
        "/x/locking.tdb.2",
        "/x/locking.tdb.",
        "/x/xlocking.tdb",
        "/x/locking.tdb.1/y",
        "",
        "/x/locking.tdb.01",
    ] {
        let error = path(wrong).unwrap_err().to_string();
        assert_eq!(error, format!("'{wrong}' cannot be the file of locking.tdb"));
    }
}

#[test]
fn txn_03_a_commit_that_failed_is_done_only_when_it_was_answered_and_the_file_has_the_next_number() {
    assert_eq!(settled(7, Some(8)), Settled::Done);
    assert_eq!(settled(7, Some(7)), Settled::Not);
    assert_eq!(settled(7, Some(9)), Settled::Otherwise(9));
    // Whatever the file has: the recovery that settles it may be still to come (TXN-06).
    assert_eq!(settled(7, None), Settled::Open);
}
