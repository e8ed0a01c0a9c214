//! One value for every row of the messages, with its bytes written out by hand for 64-bit little endian machines.
//!
//! A row without a value fails here.

use bytes::Bytes;

use super::values::{Hand, hand, v4};
use crate::*;

fn values() -> Vec<(Message, u64, Hand)> {
    use Message as M;
    let any = || Bytes::from_static(b"any");
    let flags = NodeFlagChange { pnn: Pnn(1), new_flags: NodeFlags::STOPPED, old_flags: NodeFlags::empty() };
    let answer = SrvidMessage { pnn: Pnn(1), srvid: SrvId(0xCE01_0000_0000_0007) };
    let disable = DisableMessage { pnn: Pnn(1), srvid: SrvId(7), timeout: 60 };
    let election = ElectionMessage {
        num_connected: 3,
        priority_time: Timeval { sec: CLong(4), usec: CLong(5) },
        pnn: Pnn(1),
        flags: NodeFlags::BANNED,
    };
    let record = Record {
        reqid: 0,
        key: Bytes::from_static(b"k"),
        data: hand().u64(1).u32s([2, 0, 0]).pad(4).bytes(),
    };
    let records = || RecBuffer::new(DbId(8), [&record]).unwrap();
    let record_bytes = || hand().u32s([8, 1, 41, 0, 1, 24]).text("k").u64(1).u32s([2, 0, 0]).pad(4);
    let range = |top: u64| SrvId(top << 56 | 0x0000_0001_0000_0007);
    vec![
        (M::All(any()), u64::MAX, hand().text("any")),
        (M::Recovery(SrvId(0xF001_0000_0000_0009), records()), 0xF001_0000_0000_0009, record_bytes()),
        (M::Banning(Pnn(2)), 0xF002 << 48, hand().u32(2)),
        (M::Election(election), 0xF100 << 48, hand().u32(3).pad(4).u64(4).u64(5).u32s([1, 8])),
        (M::Leader(Pnn(2)), 0xF101 << 48, hand().u32(2)),
        (M::Reconfigure(()), 0xF200 << 48, hand()),
        (M::ReleasedIp("10.0.0.9".into()), 0xF300 << 48, hand().text("10.0.0.9\0")),
        (M::TookIp("fd00::9".into()), 0xF301 << 48, hand().text("fd00::9\0")),
        (M::IpReallocated(()), 0xF302 << 48, hand()),
        (M::StartIpReallocated(()), 0xF303 << 48, hand()),
        (M::SetNodeFlags(flags), 0xF400 << 48, hand().u32s([1, 0x20, 0])),
        (M::RecdUpdateIp(PublicIp { pnn: Pnn(1), addr: v4(9, 0) }), 0xF500 << 48, hand().u32(1).v4(9, 0)),
        (M::VacuumFetch(records()), 0xF700 << 48, record_bytes()),
        (M::DetachDatabase(DbId(8)), 0xF701 << 48, hand().u32(8)),
        (M::MemDump(answer), 0xF800 << 48, hand().u32(1).pad(4).u64(0xCE01_0000_0000_0007)),
        (M::GetLog(()), 0xF801 << 48, hand()),
        (M::ClearLog(()), 0xF802 << 48, hand()),
        (M::PushNodeFlags(flags), 0xF900 << 48, hand().u32s([1, 0x20, 0])),
        (M::ReloadNodes(()), 0xFA00 << 48, hand()),
        (M::TakeoverRun(answer), 0xFB00 << 48, hand().u32(1).pad(4).u64(0xCE01_0000_0000_0007)),
        (M::RebalanceNode(Pnn(2)), 0xFB01 << 48, hand().u32(2)),
        (M::DisableTakeoverRuns(disable), 0xFB03 << 48, hand().u32(1).pad(4).u64(7).u32(60).pad(4)),
        (M::DisableRecoveries(disable), 0xFB04 << 48, hand().u32(1).pad(4).u64(7).u32(60).pad(4)),
        (M::DisableIpCheck(30), 0xFC00 << 48, hand().u32(30)),
        (M::SambaNotify(Bytes::from_static(&[0])), 0xFE00 << 48, hand().u8(0)),
        (M::TunnelNewProtocol(any()), 0x7C54_4E4C << 32, hand().text("any")),
        (M::PidRange(SrvId(4711), any()), 4711, hand().text("any")),
        (M::SambaRange(range(0xFE), any()), range(0xFE).0, hand().text("any")),
        (M::NfsdRange(range(0xEE), any()), range(0xEE).0, hand().text("any")),
        (M::IscsidRange(range(0xDE), any()), range(0xDE).0, hand().text("any")),
        (M::ToolRange(range(0xCE), any()), range(0xCE).0, hand().text("any")),
        (M::ClientRange(range(0xBE), any()), range(0xBE).0, hand().text("any")),
        (M::TestRange(range(0xAE), any()), range(0xAE).0, hand().text("any")),
        (M::ServerRange(range(0x9E), any()), range(0x9E).0, hand().text("any")),
    ]
}

#[test]
fn every_row_of_the_messages_has_a_value_and_its_bytes() {
    let values = values();
    for row in MESSAGES {
        let tried = values.iter().any(|(_, srvid, _)| MessageRow::find(SrvId(*srvid)) == Some(row));
        assert!(tried, "{} has no test value", row.c_name);
    }
    assert_eq!(values.len(), MESSAGES.len());
    for (message, srvid, data) in values {
        let data = data.bytes();
        assert_eq!(message.encode(Abi::LP64_LE).unwrap(), (SrvId(srvid), data.clone()), "{message:?}");
        assert_eq!(Message::decode(SrvId(srvid), &data, Abi::LP64_LE).unwrap(), message);
        assert!(message.matches(SrvId(srvid), &data, Abi::LP64_LE).unwrap());
        assert!(!message.matches(SrvId(srvid ^ 1 << 40), &data, Abi::LP64_LE).unwrap());
        for abi in super::ABIS {
            let (srvid, data) = message.encode(abi).unwrap();
            assert_eq!(Message::decode(srvid, &data, abi).unwrap(), message, "{abi:?}");
        }
    }
}

#[test]
fn the_padding_of_a_message_is_not_compared() {
    let message = Message::TakeoverRun(SrvidMessage { pnn: Pnn(1), srvid: SrvId(0) });
    let seen = hand().u32(1).u32(0xDEAD_BEEF).u64(0).bytes();
    assert_eq!(Message::decode(SrvId::TAKEOVER_RUN, &seen, Abi::LP64_LE).unwrap(), message);
    assert!(message.matches(SrvId::TAKEOVER_RUN, &seen, Abi::LP64_LE).unwrap());
}

#[test]
fn a_message_for_an_id_without_a_row_passes_through() {
    let data = Bytes::from_static(b"xy");
    let srvid = SrvId(0x1234_5678_9ABC_DEF0);
    let other = Message::decode(srvid, &data, Abi::LP64_LE).unwrap();
    assert_eq!(other, Message::Unknown { srvid, data: data.clone() });
    assert_eq!(other.encode(Abi::LP64_LE).unwrap(), (srvid, data));
}
