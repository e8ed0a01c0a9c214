//! Lengths that lie inside arguments, answers and messages.
//!
//! Rule ids (HOST-nn) are those of the hostile-input rules. Everything here must be an error with a place, and cost no
//! memory; what to do then (drop, answer -1) is the daemon's business.

use bytes::Bytes;

use super::ABIS;
use super::values::{Hand, hand};
use crate::*;

/// Words in the byte order of a machine.
fn words(abi: Abi, words: &[u32]) -> Bytes {
    let mut writer = Writer::new(abi);
    for word in words {
        word.put(&mut writer);
    }
    writer.finish().unwrap().bytes
}

fn request(opcode: u32, data: Bytes, abi: Abi) -> Result<ControlRequest, Error> {
    let request = ReqControl {
        opcode,
        pad: 0,
        srvid: SrvId(0),
        client_id: ClientId(0),
        flags: ControlFlags::empty(),
        data,
    };
    ControlRequest::decode(&request, abi)
}

fn refused(opcode: u32, data: Hand) -> String {
    request(opcode, data.bytes(), Abi::LP64_LE).unwrap_err().to_string()
}

fn answer_refused(opcode: u32, data: Bytes, abi: Abi) -> String {
    let reply = ReplyControl { status: 0, data, error: Bytes::new() };
    ControlReply::decode(opcode, &reply, abi).unwrap_err().to_string()
}

#[test]
fn a_map_of_nodes_must_hold_what_it_counts_host_07() {
    for abi in ABIS {
        for (content, message) in [
            (&[7][..], "SetVnnMap.VnnMap.map.len: 0 bytes left, 4 needed"),
            (&[7, 1], "SetVnnMap.VnnMap.map[0]: 0 bytes left, 4 needed"),
            (&[7, u32::MAX, 0], "SetVnnMap.VnnMap.map[1]: 0 bytes left, 4 needed"),
            // 4 * 0x4000_0001 is 4 in 32 bits.
            (&[7, 0x4000_0001, 0], "SetVnnMap.VnnMap.map[1]: 0 bytes left, 4 needed"),
            (&[7, 0, 0], "SetVnnMap.VnnMap: 4 bytes follow the value"),
        ] {
            let error = request(SetVnnMap::OPCODE, words(abi, content), abi).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}

#[test]
fn a_map_without_nodes_is_told_and_not_judged_host_17() {
    let map = request(SetVnnMap::OPCODE, words(Abi::LP64_LE, &[7, 0]), Abi::LP64_LE).unwrap();
    assert!(matches!(map, ControlRequest::SetVnnMap(map) if map.map.is_empty()));
}

#[test]
fn a_database_name_needs_its_nul_host_08() {
    for (opcode, control) in [(18, "DbAttach"), (61, "DbAttachPersistent"), (150, "DbAttachReplicated")] {
        for name in ["", "locking.tdb"] {
            let error = refused(opcode, hand().text(name));
            assert_eq!(error, format!("{control}.Text: no NUL behind the text"), "{name:?}");
        }
    }
}

#[test]
fn a_text_ends_at_its_first_nul_and_keeps_all_its_bytes() {
    let data = hand().text("a\0b\0").bytes();
    let decoded = request(DbAttach::OPCODE, data.clone(), Abi::LP64_LE).unwrap();
    let ControlRequest::DbAttach((name, _)) = &decoded else { panic!("{decoded:?}") };
    assert_eq!((name.as_bytes(), name.raw()), (&b"a"[..], &data));
    let counted = hand().u32s([7, 4]).text("a\0b\0").bytes();
    let decoded = request(SetTunable::OPCODE, counted.clone(), Abi::LP64_LE).unwrap();
    assert_eq!(decoded.encode(Abi::LP64_LE).unwrap().data, counted, "the counted bytes are all taken");
    let without = hand().u32s([7, 3]).text("abc").bytes();
    let decoded = request(SetTunable::OPCODE, without, Abi::LP64_LE).unwrap();
    let ControlRequest::SetTunable(tunable) = &decoded else { panic!("{decoded:?}") };
    assert_eq!(tunable.name.to_string(), "abc", "a counted text may do without its NUL");
}

/// What a record buffer may not be: its bytes, and the message behind the control's name.
fn bad_buffers() -> Vec<(Hand, &'static str)> {
    let buffer = |count| hand().u32s([8, count]);
    vec![
        (hand().u32(8), "RecBuffer.count: 0 bytes left, 4 needed"),
        (hand().text("1234567"), "RecBuffer.count: 3 bytes left, 4 needed"),
        (buffer(1), "RecBuffer.records[0].length: 0 bytes left, 4 needed"),
        (buffer(u32::MAX), "RecBuffer.records[0].length: 0 bytes left, 4 needed"),
        (buffer(1).u32s([15, 0, 0]), "RecBuffer.records[0].data.len: 0 bytes left, 4 needed"),
        (buffer(1).u32s([0, 0, 0, 0]), "RecBuffer.records[0]: 0 bytes stated, 16 in the parts"),
        (buffer(1).u32s([15, 0, 0, 0]), "RecBuffer.records[0]: 15 bytes stated, 16 in the parts"),
        (buffer(1).u32s([17, 0, 0, 0]).u8(0), "RecBuffer.records[0]: 17 bytes stated, 16 in the parts"),
        (buffer(1).u32s([17, 0, 1, 0]), "RecBuffer.records[0]: 0 bytes left, 1 needed"),
        (
            buffer(1).u32s([16, 0, u32::MAX, 1]),
            "RecBuffer.records[0]: 16 bytes stated, 4294967312 in the parts",
        ),
        (
            buffer(1).u32s([14, 0, u32::MAX, u32::MAX]),
            "RecBuffer.records[0]: 14 bytes stated, 8589934606 in the parts",
        ),
        (
            buffer(1).u32s([u32::MAX, 0, u32::MAX - 16, 0]),
            "RecBuffer.records[0]: 0 bytes left, 4294967279 needed",
        ),
        (buffer(2).u32s([16, 0, 0, 0]), "RecBuffer.records[1].length: 0 bytes left, 4 needed"),
        (buffer(0).u32s([16, 0, 0, 0]), "RecBuffer: 16 bytes follow the value"),
        (buffer(1).u32s([16, 0, 0, 0, 0]), "RecBuffer: 4 bytes follow the value"),
    ]
}

#[test]
fn records_are_walked_one_by_one_before_they_are_believed_host_09_10_11_19() {
    for (opcode, control) in [
        (63, "UpdateRecord"),
        (119, "Trans3Commit"),
        (74, "TryDeleteRecords"),
        (154, "VacuumFetch"),
        (14, "PushDb"),
        (136, "ReceiveRecords"),
    ] {
        for (data, message) in bad_buffers() {
            assert_eq!(refused(opcode, data), format!("{control}.{message}"));
        }
    }
    for (data, message) in bad_buffers() {
        let error = answer_refused(TryDeleteRecords::OPCODE, data.bytes(), Abi::LP64_LE);
        assert_eq!(error, format!("TryDeleteRecords.{message}"));
    }
}

#[test]
fn pushed_records_are_walked_too_host_19() {
    for srvid in [SrvId(0xF001_0000_0000_0001), SrvId::VACUUM_FETCH] {
        let name = if srvid == SrvId::VACUUM_FETCH { "VacuumFetch" } else { "Recovery" };
        for (data, message) in bad_buffers() {
            let error = Message::decode(srvid, &data.bytes(), Abi::LP64_LE).unwrap_err();
            assert_eq!(error.to_string(), format!("{name}.{message}"));
        }
    }
}

#[test]
fn a_record_without_room_for_its_header_is_found_where_one_is_expected_host_19() {
    let buffer = hand().u32s([8, 1]).u32s([16 + 3 + 23, 0, 3, 23]).text("key").pad(23).bytes();
    let buffer = RecBuffer::decode_exact(&buffer, Abi::LP64_LE).unwrap();
    let record = buffer.records().next().unwrap().unwrap();
    let error = record.split(Abi::LP64_LE).unwrap_err();
    assert_eq!(error.to_string(), "data.LtdbHeader: 3 bytes left, 4 needed");
}

#[test]
fn a_record_of_a_traverse_is_just_as_long_as_it_says_host_14() {
    let table = [
        (hand().u32s([16, 0, 0]), "TraverseData.Record.data.len: 0 bytes left, 4 needed"),
        (hand().u32s([17, 0, 0, 0]).u8(0), "TraverseData.Record: 17 bytes stated, 16 in the parts"),
        (hand().u32s([17, 0, 1, 0]), "TraverseData.Record.key: 0 bytes left, 1 needed"),
        (hand().u32s([17, 0, 0, 1]), "TraverseData.Record.data: 0 bytes left, 1 needed"),
        (hand().u32s([16, 0, 0, 0, 0]), "TraverseData.Record: 4 bytes follow the value"),
        (hand().u32s([15, 0, u32::MAX, 0]), "TraverseData.Record: 15 bytes stated, 4294967311 in the parts"),
    ];
    for (data, message) in table {
        assert_eq!(refused(TraverseData::OPCODE, data), message);
    }
}

#[test]
fn a_count_never_decides_how_much_memory_is_taken_host_12_13() {
    let lists = [
        (GetNodeMap::OPCODE, "GetNodeMap.NodeMap.nodes[0].addr: 4 bytes left, 28 needed"),
        (GetNodesFile::OPCODE, "GetNodesFile.NodeMap.nodes[0].addr: 4 bytes left, 28 needed"),
        (GetIfaces::OPCODE, "GetIfaces.IfaceList.ifaces[0].name: 12 bytes left, 18 needed"),
        (GetPublicIps::OPCODE, "GetPublicIps.PublicIpList.ips[0].addr: 8 bytes left, 28 needed"),
        (GetDbMap::OPCODE, "GetDbMap.DbMap.dbs[1].flags: 0 bytes left, 1 needed"),
        (ListTunables::OPCODE, "ListTunables.TunableNames.names: 12 bytes left, 4294967295 needed"),
    ];
    for abi in ABIS {
        for (opcode, message) in lists {
            assert_eq!(answer_refused(opcode, words(abi, &[u32::MAX, 0, 0, 0]), abi), message);
        }
        let error = answer_refused(GetVnnMap::OPCODE, words(abi, &[7, u32::MAX, 0]), abi);
        assert_eq!(error, "GetVnnMap.VnnMap.map[1]: 0 bytes left, 4 needed");
        let error = answer_refused(GetStatHistory::OPCODE, words(abi, &[u32::MAX, 0, 0]), abi);
        assert!(error.starts_with("GetStatHistory.StatisticsList.stats[0]."), "{error}");
        let tickles = words(abi, &[&[0; 7][..], &[u32::MAX, 0]].concat());
        let error = answer_refused(GetTcpTickleList::OPCODE, tickles, abi);
        assert_eq!(error, "GetTcpTickleList.TickleList.connections[0].src: 4 bytes left, 28 needed");
        let info = words(abi, &[&[0; 8][..], &[0, u32::MAX, 0]].concat());
        let error = answer_refused(GetPublicIpInfo::OPCODE, info, abi);
        assert_eq!(error, "GetPublicIpInfo.PublicIpInfo.ifaces[0].name: 4 bytes left, 18 needed");
    }
}

#[test]
fn the_sizes_of_hot_keys_are_checked_against_the_bytes_behind_them() {
    for abi in ABIS {
        let whole = DbStatistics::default().encode(abi).unwrap().bytes;
        for (entry, size) in [(0, 1_u32), (9, 1), (3, u32::MAX)] {
            let mut bytes = whole.to_vec();
            let slot = HotKeySlotPlace::of(abi);
            let at = whole.len() - slot.len * (10 - entry) + slot.size;
            bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
            if abi.endian() == Endian::Big {
                bytes[at + slot.word - 4..at + slot.word].copy_from_slice(&size.to_be_bytes());
                bytes[at..at + 4].fill(0);
            }
            let error = answer_refused(GetDbStatistics::OPCODE, bytes.into(), abi);
            assert_eq!(
                error,
                format!("GetDbStatistics.DbStatistics.hot_keys[{entry}].key: 0 bytes left, {size} needed")
            );
        }
    }
}

/// Where the size of a hot key stands in its entry.
struct HotKeySlotPlace {
    len: usize,
    size: usize,
    word: usize,
}

impl HotKeySlotPlace {
    fn of(abi: Abi) -> Self {
        if abi.long() == 8 { Self { len: 24, size: 16, word: 8 } } else { Self { len: 12, size: 8, word: 4 } }
    }
}

#[test]
fn messages_to_the_recovery_daemon_must_be_whole_host_15() {
    let table = [
        (SrvId::ELECTION, 31, "Election.ElectionMessage.flags: "),
        (SrvId::PUSH_NODE_FLAGS, 11, "PushNodeFlags.NodeFlagChange.old_flags: "),
        (SrvId::SET_NODE_FLAGS, 0, "SetNodeFlags.NodeFlagChange.pnn: "),
        (SrvId::TAKEOVER_RUN, 15, "TakeoverRun.SrvidMessage.srvid: "),
        (SrvId::MEM_DUMP, 8, "MemDump.SrvidMessage.srvid: "),
        (SrvId::DISABLE_TAKEOVER_RUNS, 20, "DisableTakeoverRuns.DisableMessage"),
        (SrvId::DISABLE_RECOVERIES, 16, "DisableRecoveries.DisableMessage.timeout: "),
        (SrvId::BANNING, 3, "Banning.Pnn: "),
        (SrvId::LEADER, 2, "Leader.Pnn: "),
        (SrvId::RECD_UPDATE_IP, 31, "RecdUpdateIp.PublicIp.addr: "),
        (SrvId::DETACH_DATABASE, 3, "DetachDatabase.DbId: "),
        (SrvId::RELEASE_IP, 8, "ReleasedIp.Text: no NUL"),
    ];
    for (srvid, len, place) in table {
        let data = Bytes::from(vec![b'1'; len]);
        let error = Message::decode(srvid, &data, Abi::LP64_LE).unwrap_err().to_string();
        assert!(error.starts_with(place), "{srvid}: {error}");
    }
}

#[test]
fn entries_of_a_shorter_list_are_simply_not_there_host_16() {
    let bytes = hand().u32(1).u32s([5, 0]).pad(28).bytes();
    let map = NodeMap::decode_exact(&bytes, Abi::LP64_LE).unwrap();
    assert_eq!(map.nodes.iter().map(|node| node.pnn).collect::<Vec<_>>(), [Pnn(5)], "index is not number");
}

#[test]
fn an_argument_shorter_than_its_number_is_an_error_host_18() {
    for len in 0..4 {
        let error = refused(DbDetach::OPCODE, hand().pad(len));
        assert_eq!(error, format!("DbDetach.DbId: {len} bytes left, 4 needed"));
    }
    assert_eq!(refused(DbDetach::OPCODE, hand().pad(5)), "DbDetach.DbId: 1 bytes follow the value");
}

#[test]
fn an_answer_without_room_for_a_header_is_still_an_answer_host_24() {
    let reply = hand().u32s([0, 5]).text("short").bytes();
    let (reply, _) = ReplyCall::decode(&reply, Abi::LP64_LE).unwrap();
    assert!(LtdbHeader::split(&reply.data, Abi::LP64_LE).is_err());
    assert_eq!(&reply.data[..], b"short");
}

#[test]
fn an_interface_name_without_nul_ends_with_its_array_host_34() {
    assert_eq!(CName([b'x'; 18]).to_string(), "x".repeat(18));
    assert_eq!(CName::<18>::new("a-name-that-is-far-too-long").as_bytes().len(), 17);
    assert_eq!(CName::<18>::new("eth0").to_string(), "eth0");
    let iface = hand().text("xxxxxxxxxxxxxxxxxx").u16(1).u32(2).bytes();
    let decoded = request(SetIfaceLinkState::OPCODE, iface.clone(), Abi::LP64_LE).unwrap();
    assert_eq!(decoded.encode(Abi::LP64_LE).unwrap().data, iface);
}

#[test]
fn a_payload_takes_no_memory_of_its_own() {
    let records: Vec<_> = (0..100)
        .map(|i: u32| Record { reqid: i, key: Bytes::from(vec![1; 20]), data: Bytes::from(vec![2; 200]) })
        .collect();
    let bytes = RecBuffer::new(DbId(1), &records).unwrap().encode(Abi::NATIVE).unwrap().bytes;
    let buffer = RecBuffer::decode_exact(&bytes, Abi::NATIVE).unwrap();
    let inside = |part: &Bytes| bytes.as_ptr_range().contains(&part.as_ptr());
    assert!(inside(buffer.data()));
    let walked: Vec<_> = buffer.records().map(Result::unwrap).collect();
    assert_eq!(walked, records);
    assert!(walked.iter().all(|record| inside(&record.key) && inside(&record.data)));
}
