//! The tables themselves, and what numbers are called.
//!
//! Names are those of `ctdb_pnn_print`, `ctdb_srvid_print` and of the `ctdb` tool.

use std::collections::BTreeSet;

use crate::*;

#[test]
fn no_number_and_no_name_stands_twice_in_a_table() {
    let opcodes: BTreeSet<_> = CONTROLS.iter().map(|r| r.opcode).collect();
    let names: BTreeSet<_> = CONTROLS.iter().map(|r| r.c_name).collect();
    assert_eq!((opcodes.len(), names.len()), (CONTROLS.len(), CONTROLS.len()));
    assert!(CONTROLS.is_sorted_by_key(|r| r.opcode));
    let operations: BTreeSet<_> = OPERATIONS.iter().map(|r| r.number).collect();
    assert_eq!(
        operations.into_iter().collect::<Vec<_>>(),
        [0, 1, 2, 3, 4, 5, 7, 8, 9, 10],
        "6 was removed in C"
    );
    let srvids: BTreeSet<_> = MESSAGES.iter().map(|r| r.srvid).collect();
    assert_eq!(srvids.len(), MESSAGES.len());
}

#[test]
fn a_row_says_where_argument_and_reply_travel() {
    let row = CONTROLS.iter().find(|r| r.opcode == RegisterSrvid::OPCODE).unwrap();
    assert_eq!((row.c_name, row.rust_name), ("REGISTER_SRVID", "RegisterSrvid"));
    assert_eq!((row.argument, row.reply), (("Srvid", "SrvId"), ("Data", "()")));
    let in_status: Vec<_> = CONTROLS.iter().filter(|r| r.reply.0 == "Status").map(|r| r.c_name).collect();
    assert_eq!(in_status, ["PING", "GET_RECMODE", "GET_PID", "GET_PNN"]);
}

#[test]
fn numbers_print_as_the_ctdb_tools_print_them() {
    let destinations = [
        (Dest(3), "3"),
        (Dest::CURRENT_NODE, "CURRENT"),
        (Dest::ALL, "ALL"),
        (Dest::ACTIVE, "ACTIVE"),
        (Dest::CONNECTED, "CONNECTED"),
        (Dest::MULTICAST, "MULTICAST"),
        (Dest::UNKNOWN, "UNKNOWN"),
    ];
    for (dest, text) in destinations {
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
        (SrvId::TUNNEL_NEW_PROTOCOL, "0x7c544e4c00000000"),
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
