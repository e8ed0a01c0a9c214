//! The tables themselves, and what numbers are called.
//!
//! Names are those of `ctdb_pnn_print`, `ctdb_srvid_print` and of the `ctdb` tool.

use std::collections::BTreeSet;

use crate::*;

/// The lines of a list without its comments.
fn lines(list: &'static str) -> impl Iterator<Item = &'static str> {
    list.lines().filter(|line| !line.starts_with('#'))
}

#[test]
fn the_table_has_every_control_of_c_under_its_number_and_no_other() {
    let mut rows = CONTROLS.iter();
    for line in lines(include_str!("../../tests/data/controls.txt")) {
        let mut words = line.split(' ');
        let (number, name) = (words.next().unwrap(), words.next().unwrap());
        let row = rows.next().unwrap_or_else(|| panic!("{line} has no row"));
        assert_eq!((row.opcode.to_string().as_str(), row.c_name), (number, name));
        // C calls five more obsolete that some covered version answers.
        let answered = ["PULL_DB", "PUSH_DB", "GET_RECMASTER", "SET_RECMASTER", "RECEIVE_RECORDS"];
        let counted = ["START_PERSISTENT_UPDATE", "CANCEL_PERSISTENT_UPDATE"];
        if words.next() == Some("obsolete") {
            assert_eq!(row.is_live(), answered.contains(&name) || counted.contains(&name), "{name}");
            assert_eq!(row.until.is_none(), counted.contains(&name), "{name}");
        } else {
            assert!(row.is_live() && row.until.is_none(), "{name}");
        }
    }
    assert_eq!(rows.next(), None);
    assert_eq!(CONTROLS.len(), 149);
}

#[test]
fn the_table_has_every_srvid_of_c_and_ours_cli_13() {
    let mut known = BTreeSet::new();
    for line in lines(include_str!("../../tests/data/srvids.txt")) {
        let (number, name) = line.split_once(' ').unwrap();
        let row =
            MESSAGES.iter().find(|row| row.c_name == name).unwrap_or_else(|| panic!("{name} has no row"));
        assert_eq!(row.srvid, SrvId(u64::from_str_radix(number, 16).unwrap()), "{name}");
        let ends = if name.ends_with("_RANGE") { 56 } else { 48 };
        let mask = if row.is_range() { u64::MAX << ends } else { u64::MAX };
        assert_eq!(row.mask, mask, "{name}");
        known.insert(name);
    }
    assert_eq!(known.len(), 33);
    let own: Vec<_> = MESSAGES.iter().map(|row| row.c_name).filter(|name| !known.contains(name)).collect();
    assert_eq!(own, ["TUNNEL_NEW_PROTOCOL"]);
}

#[test]
fn no_number_and_no_name_stands_twice_in_a_table() {
    let names: BTreeSet<_> = CONTROLS.iter().map(|r| r.c_name).collect();
    let rust_names: BTreeSet<_> = CONTROLS.iter().filter_map(|r| r.rust_name).collect();
    assert_eq!(names.len(), CONTROLS.len());
    assert_eq!(rust_names.len(), CONTROLS.iter().filter(|r| r.is_live()).count());
    assert!(CONTROLS.is_sorted_by(|a, b| a.opcode < b.opcode));
    let operations: Vec<_> = OPERATIONS.iter().map(|r| r.number).collect();
    assert_eq!(operations, [0, 1, 2, 3, 4, 5, 7, 8, 9, 10], "NET-04; 6 was removed in C");
    let single: BTreeSet<_> = MESSAGES.iter().filter(|r| !r.is_range()).map(|r| r.srvid).collect();
    let ranges: BTreeSet<_> = MESSAGES.iter().filter(|r| r.is_range()).map(|r| r.srvid).collect();
    assert_eq!(single.len() + ranges.len(), MESSAGES.len());
}

#[test]
fn every_row_says_what_it_is_for() {
    let docs = CONTROLS.iter().map(|row| (row.c_name, row.doc));
    let docs = docs.chain(MESSAGES.iter().map(|row| (row.c_name, row.doc)));
    let docs = docs.chain(OPERATIONS.iter().map(|row| (row.c_name, row.doc)));
    for (name, doc) in docs {
        assert!(doc.len() > 5 && doc.ends_with('.'), "{name}: {doc:?}");
    }
}

#[test]
fn a_row_says_where_argument_and_reply_travel() {
    let row = ControlRow::find(RegisterSrvid::OPCODE).unwrap();
    assert_eq!((row.c_name, row.rust_name), ("REGISTER_SRVID", Some("RegisterSrvid")));
    assert_eq!((row.argument, row.reply), (&[("Srvid", "SrvId")][..], Some(("Data", "()"))));
    let row = ControlRow::find(DbAttach::OPCODE).unwrap();
    assert_eq!(row.argument, [("Data", "Text"), ("Flags", "AttachFlags")]);
    let in_status = CONTROLS.iter().filter(|r| r.reply.is_some_and(|reply| reply.0 == "Status"));
    assert_eq!(
        in_status.map(|r| r.c_name).collect::<Vec<_>>(),
        ["PROCESS_EXISTS", "PING", "GET_RECMODE", "GET_PID", "GET_RECMASTER", "GET_PNN", "CHECK_PID_SRVID"]
    );
    assert_eq!(ControlRow::find(2), None);
    assert_eq!(ControlRow::find(u32::MAX), None);
}

#[test]
fn a_row_says_which_versions_of_samba_have_the_control() {
    let versions = |name| CONTROLS.iter().find(|r| r.c_name == name).map(|r| (r.since, r.until)).unwrap();
    assert_eq!(versions("PING"), (8, None));
    assert_eq!(versions("GET_RECMASTER"), (8, Some(15)));
    assert_eq!(versions("START_IPREALLOCATE"), (21, None));
    assert_eq!(versions("KILL_TCP"), (8, Some(7)), "before all covered versions");
}

#[test]
fn a_srvid_belongs_to_its_own_row_before_that_of_its_range_cli_13() {
    let row = |id| MessageRow::find(SrvId(id)).map(|row| row.c_name);
    assert_eq!(row(0xFE00 << 48), Some("SAMBA_NOTIFY"));
    assert_eq!(row(0xFE00_0000_0000_0001), Some("SAMBA_RANGE"));
    assert_eq!(row(0xF001_0000_0000_00AB), Some("RECOVERY"));
    assert_eq!(row(0xCE01_0000_0000_1234), Some("TOOL_RANGE"));
    assert_eq!(row(4711), Some("PID_RANGE"));
    assert_eq!(row(u64::MAX), Some("ALL"));
    assert_eq!(row(0x1234_5678_9ABC_DEF0), None, "chosen by a process of Samba");
}

#[test]
fn numbers_print_as_the_ctdb_tools_print_them() {
    // NET-05.
    let destinations = [
        (Dest(3), 3, "3"),
        (Dest::CURRENT_NODE, 0xF000_0001, "CURRENT"),
        (Dest::ALL, 0xF000_0002, "ALL"),
        (Dest::ACTIVE, 0xF000_0003, "ACTIVE"),
        (Dest::CONNECTED, 0xF000_0004, "CONNECTED"),
        (Dest::MULTICAST, 0xF000_0005, "MULTICAST"),
        (Dest::UNKNOWN, 0xFFFF_FFFF, "UNKNOWN"),
    ];
    for (dest, number, text) in destinations {
        assert_eq!(dest.0, number);
        assert_eq!((dest.to_string(), Pnn(dest.0).to_string()), (text.to_owned(), text.to_owned()));
    }
    let srvids = [
        (SrvId::ALL, "ALL"),
        (SrvId(0xF001_0000_0000_00AB), "RECOVERY-ab"),
        (SrvId(0xF100 << 48), "ELECTION"),
        (SrvId(0xF300 << 48), "RELEASE_IP"),
        (SrvId(0xFE00 << 48), "SAMBA_NOTIFY"),
        (SrvId(0xFE00_0000_0000_0010), "samba-0x10"),
        (SrvId(0xCE00_0000_0000_0010), "tool-0x10"),
        (SrvId(4711), "pid-4711"),
        (SrvId(0x12_3456), "pid-0x123456"),
        (SrvId(0xF302 << 48), "IPREALLOCATED"),
        (SrvId(0xBE00_0000_0000_0010), "0xbe00000000000010"),
        (SrvId::TUNNEL_NEW_PROTOCOL, "TUNNEL_NEW_PROTOCOL"),
    ];
    for (srvid, text) in srvids {
        assert_eq!(srvid.to_string(), text);
    }
    assert_eq!(Generation::INVALID.to_string(), "INVALID");
    assert_eq!(Generation(77).to_string(), "77");
    assert_eq!(RecMode::ACTIVE.to_string(), "RECOVERY");
    let states: Vec<_> = (0..8).map(|n| RunState(n).to_string()).collect();
    assert_eq!(
        states,
        ["UNKNOWN", "INIT", "SETUP", "FIRST_RECOVERY", "STARTUP", "RUNNING", "SHUTDOWN", "UNKNOWN"]
    );
    assert_eq!(SockAddr::from(std::net::SocketAddr::from(([10, 0, 0, 1], 4379))).to_string(), "10.0.0.1");
}

#[test]
fn bits_without_a_name_are_kept() {
    let flags = NodeFlags::from_bits_retain(0x8000_0021);
    assert!(flags.is_inactive());
    assert!(flags.contains(NodeFlags::STOPPED | NodeFlags::DISCONNECTED));
    let bytes = flags.encode(Abi::LP64_BE).unwrap().bytes;
    assert_eq!(NodeFlags::decode_exact(&bytes, Abi::LP64_BE).unwrap().bits(), 0x8000_0021);
    assert!(!(NodeFlags::UNHEALTHY | NodeFlags::DISABLED).is_inactive());
}

#[test]
fn the_machine_type_of_this_build_is_one_the_tests_know() {
    if cfg!(all(target_pointer_width = "64", target_endian = "little")) {
        assert_eq!(Abi::NATIVE, Abi::LP64_LE);
    }
    assert_eq!(Abi::endian_of(*b"BDTC"), Some(Endian::Little));
    assert_eq!(Abi::endian_of(*b"CTDB"), Some(Endian::Big));
    assert_eq!(Abi::endian_of(*b"HTTP"), None);
}

#[test]
fn a_machine_type_that_was_not_verified_is_refused_by_its_name() {
    for (name, abi) in Abi::VERIFIED {
        assert_eq!(name.parse(), Ok(abi));
        assert_eq!(abi.to_string(), name);
    }
    assert!(Abi::VERIFIED.iter().any(|(_, abi)| *abi == Abi::NATIVE));
    let refused = "ilp32-be".parse::<Abi>().unwrap_err();
    assert_eq!(
        refused.to_string(),
        "the structs of machine type \"ilp32-be\" have not been verified; lp64-le, lp64-be and i386 have"
    );
}
