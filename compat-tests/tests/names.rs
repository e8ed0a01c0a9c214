//! The names and numbers of the tables beside Debian's binaries: what stands in ctdbd's own list of names, what its log
//! calls the controls that are gone, and which controls the C tool sends for which command.
//!
//! The numbers are pinned from two sides: the list of names in ctdbd is in the order of the numbers, and for every
//! number that is sent here the C daemon or the C tool says the name itself.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use compat_tests::{Cluster, Tool, product, run};
use legacy_codec::{
    Abi, CONTROLS, ClientId, ControlFlags, ControlRow, Dest, Header, MESSAGES, OPERATIONS, Operation, Packet,
    ReqControl, ReqId, SrvId,
};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(30);

/// The number after "4." of the version that is installed.
fn minor() -> u16 {
    let mut command = Command::new(Tool::Ctdb.path().unwrap());
    command.arg("version");
    let text = run(command, SOON).unwrap().ok().unwrap();
    text.trim().strip_prefix("4.").and_then(|rest| rest.split('.').next()?.parse().ok()).expect(&text)
}

/// All texts that end in a zero byte, in the order of the file.
fn texts(program: Tool) -> Vec<String> {
    let bytes = std::fs::read(program.path().unwrap()).unwrap();
    let printable =
        |text: &&[u8]| text.len() > 2 && text.iter().all(|b| b.is_ascii_graphic() || b.is_ascii_whitespace());
    bytes
        .split(|byte| *byte == 0)
        .filter(printable)
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .collect()
}

/// Whether a version answers a control.
fn answered(row: &ControlRow, minor: u16) -> bool {
    row.rust_name.is_some() && row.since <= minor && row.until.is_none_or(|last| last >= minor)
}

#[test]
fn the_list_of_control_names_in_ctdbd_is_that_of_the_table_in_the_order_of_its_numbers() {
    let (texts, minor) = (texts(Tool::Ctdbd), minor());
    let begin = texts.iter().position(|text| text == "PROCESS_EXISTS").unwrap();
    let end = begin + texts[begin..].iter().position(|text| text.starts_with("Buffer len:")).unwrap();
    let list = &texts[begin..end];
    assert!(list.len() > 80, "{list:?}");
    let numbers: Vec<u32> = list
        .iter()
        .map(|name| {
            let row = CONTROLS.iter().find(|row| row.c_name == name);
            row.unwrap_or_else(|| panic!("the table has no {name}")).opcode
        })
        .collect();
    assert!(numbers.is_sorted(), "{numbers:?}");
    // The linker keeps one copy of texts that end alike, so the others are elsewhere.
    for row in CONTROLS.iter().filter(|row| answered(row, minor)) {
        assert!(texts.iter().any(|text| text.ends_with(row.c_name)), "{} {}", row.opcode, row.c_name);
    }
}

#[test]
fn the_names_of_operations_and_messages_are_in_ctdbd() {
    let texts = texts(Tool::Ctdbd);
    for row in OPERATIONS {
        // C's list of names was not continued for these two; one stands in a message about a packet.
        let found = |text: &String| text.trim_end().ends_with(row.c_name);
        assert!(row.c_name == "REPLY_TUNNEL" || texts.iter().any(found), "{}", row.c_name);
    }
    // Of the messages C's list of names is one of prefixes, too.
    let (named, not): (Vec<_>, Vec<_>) =
        MESSAGES.iter().map(|row| row.c_name).partition(|name| texts.iter().any(|text| text.ends_with(name)));
    assert!(named.len() >= 15, "{not:?}");
}

/// Sends a control without data to a daemon.
fn send(stream: &mut UnixStream, opcode: u32, flags: ControlFlags) {
    let control =
        ReqControl { opcode, pad: 0, srvid: SrvId(0), client_id: ClientId(0), flags, data: Bytes::new() };
    let header = Header { reqid: ReqId(opcode + 1), dest: Dest::CURRENT_NODE, ..Header::default() };
    let packet = Packet { header, body: Operation::ReqControl(control) };
    stream.write_all(&packet.encode(Abi::NATIVE).unwrap().bytes).unwrap();
}

/// Sends a control without data to a daemon, and waits for the answer, which has to be the next packet.
fn ask(stream: &mut UnixStream, opcode: u32) -> i32 {
    send(stream, opcode, ControlFlags::empty());
    let mut length = [0; 4];
    stream.read_exact(&mut length).unwrap();
    let mut answer = vec![0; usize::try_from(u32::from_ne_bytes(length)).unwrap()];
    answer[..4].copy_from_slice(&length);
    stream.read_exact(&mut answer[4..]).unwrap();
    match Packet::decode(&answer.into(), Abi::NATIVE).unwrap() {
        Packet { header, body: Operation::ReplyControl(reply) } if header.reqid.0 == opcode + 1 => {
            reply.status
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_daemon_calls_each_control_that_is_gone_by_the_name_of_the_table_and_refuses_unknown_numbers_net_25() {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    let (node, minor) = (cluster.node(0), minor());
    let mut stream = UnixStream::connect(node.socket()).unwrap();
    stream.set_read_timeout(Some(SOON)).unwrap();
    let mut asked = 0;
    for row in CONTROLS.iter().filter(|row| row.since <= minor && !answered(row, minor)) {
        assert_eq!(ask(&mut stream, row.opcode), -1, "{}", row.c_name);
        let said = |line: &str| {
            let name = line.split_once("Control ")?.1.split_once(" is not implemented any more")?.0;
            Some(name.to_owned())
        };
        let named = cluster
            .wait(SOON, row.c_name, || node.log().lines().filter_map(said).nth(asked).ok_or("no word"));
        let named = named.unwrap();
        // C's log leaves a word out here and there: SET_RECLOCK, TRANS2_COMMIT.
        assert!(row.c_name.contains(&named), "number {}: {} is called {named}", row.opcode, row.c_name);
        asked += 1;
    }
    assert!(asked >= 30, "{asked}");
    let last = CONTROLS.iter().filter(|row| row.since <= minor).map(|row| row.opcode).max().unwrap();
    for unknown in
        (0..last + 20).filter(|number| ControlRow::find(*number).is_none_or(|row| row.since > minor))
    {
        assert_eq!(ask(&mut stream, unknown), -1, "{unknown}");
        let word = format!("Unknown CTDB control opcode {unknown}");
        cluster
            .wait(SOON, &word, || if node.log().contains(&word) { Ok(()) } else { Err("no word") })
            .unwrap();
        // Nobody is told where no answer is wanted: the next packet is that of the next question.
        send(&mut stream, unknown, ControlFlags::NOREPLY);
    }
    let gone = CONTROLS.iter().find(|row| row.since <= minor && !answered(row, minor)).unwrap();
    assert_eq!(ask(&mut stream, gone.opcode), -1);
}

/// Commands of the C tool, and the control that does the work of each.
const COMMANDS: &[(&str, &str)] = &[
    ("attach names.tdb", "DB_ATTACH"),
    ("attach gone.tdb", "DB_ATTACH"),
    ("attach kept.tdb persistent", "DB_ATTACH_PERSISTENT"),
    ("attach copied.tdb replicated", "DB_ATTACH_REPLICATED"),
    ("dbstatistics names.tdb", "GET_DB_STATISTICS"),
    ("delip 127.99.99.99", "GET_PUBLIC_IPS"),
    ("disable", "DISABLE_NODE"),
    ("dumpmemory", "DUMP_MEMORY"),
    ("enable", "ENABLE_NODE"),
    ("getcapabilities", "GET_CAPABILITIES"),
    ("getdbmap", "GET_DBMAP"),
    ("getdbseqnum kept.tdb", "GET_DB_SEQNUM"),
    ("getdbstatus names.tdb", "GETDBPATH"),
    ("getdebug", "GET_DEBUG"),
    ("getpid", "GET_PID"),
    ("getreclock", "GET_RECLOCK_FILE"),
    ("getvar MonitorInterval", "GET_TUNABLE"),
    ("ifaces", "GET_IFACES"),
    ("nodestatus", "GET_NODEMAP"),
    ("listvars", "LIST_TUNABLES"),
    ("ping", "PING"),
    ("process-exists 1", "PROCESS_EXISTS"),
    ("runstate", "GET_RUNSTATE"),
    ("setdbreadonly names.tdb", "SET_DB_READONLY"),
    ("setdbsticky names.tdb", "SET_DB_STICKY"),
    ("setdebug NOTICE", "SET_DEBUG"),
    ("setleaderrole on", "SET_RECMASTERROLE"),
    ("setlmasterrole on", "SET_LMASTERROLE"),
    ("setvar MonitorInterval 15", "SET_TUNABLE"),
    ("statistics", "STATISTICS"),
    ("statisticsreset", "STATISTICS_RESET"),
    ("stats", "GET_STAT_HISTORY"),
    ("uptime", "UPTIME"),
    ("wipedb names.tdb", "WIPE_DATABASE"),
    ("setvar AllowClientDBAttach 0", "SET_TUNABLE"),
    ("detach gone.tdb", "DB_DETACH"),
];

/// The C names of the controls that each process sent.
fn sent(file: &std::path::Path, cluster: &Cluster) -> BTreeMap<u64, BTreeSet<String>> {
    let file = file.to_str().unwrap();
    let shown = cluster.node(0).ctdbctl(&["capture", "show", file, "-o", "json"]).unwrap();
    let shown: Value = serde_json::from_str(&shown.stdout).expect(&shown.stderr);
    let packets = shown["packets"].as_array().unwrap();
    let mut sent = BTreeMap::<u64, BTreeSet<String>>::new();
    for packet in packets.iter().filter(|packet| packet["operation"] == "REQ_CONTROL") {
        let name = packet["name"].as_str().unwrap().to_owned();
        sent.entry(packet["pid"].as_u64().unwrap()).or_default().insert(name);
    }
    sent
}

#[test]
fn the_c_tool_sends_the_control_that_the_table_names_for_what_its_command_is_called() {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    let (socket, file) = (cluster.dir().join("relay"), cluster.dir().join("tool.pcapng"));
    let relay = cluster
        .daemon("relay", product("ctdbctl").unwrap())
        .args(["capture", "record", "-v", "--listen"])
        .arg(&socket)
        .arg("--connect")
        .arg(cluster.node(0).socket())
        .arg("--out")
        .arg(&file)
        .start()
        .unwrap();
    let listens = || if relay.log().contains("passed on") { Ok(()) } else { Err(relay.log()) };
    relay.wait(SOON, "the relay listens", listens).unwrap();
    let mut pids = Vec::new();
    for (words, _) in COMMANDS {
        let mut tool = Command::new(Tool::Ctdb.path().unwrap());
        tool.args(words.split(' ')).envs(cluster.node(0).env()).env("CTDB_SOCKET", &socket);
        let mut child =
            tool.stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null()).spawn().unwrap();
        pids.push(u64::from(child.id()));
        cluster
            .wait(SOON, words, || match child.try_wait() {
                Ok(Some(_)) => Ok(()),
                other => Err(format!("{other:?}")),
            })
            .unwrap();
    }
    relay.stop().unwrap();
    let sent = sent(&file, &cluster);
    let none = BTreeSet::new();
    let other: Vec<_> = COMMANDS
        .iter()
        .zip(&pids)
        .map(|((words, control), pid)| (words, control, sent.get(pid).unwrap_or(&none)))
        .filter(|(_, control, seen)| !seen.contains(**control))
        .collect();
    assert!(other.is_empty(), "{other:#?}");
}
