//! Wireshark's own dissector as an independent witness: it was written by others, from the C sources of long ago.
//!
//! Its limits, so that nobody looks for more here: it takes one packet a segment, so packets are given to it one a
//! record; it looks into the reply to a control only where it found the request; it has no name for controls above 148 and no bodies for most; it does not know REQ_TUNNEL. What it does know
//! is the header and the fixed parts of calls and controls, and there it has to agree with our decoder.

use captures::Capture;
use captures::session::Session;
use legacy_codec::{Operation, Packet};

use super::expected::number;
use super::made::on_a_socket;
use super::program::run;
use super::{read, recordings, temporary};

const FIELDS: &[&str] = &[
    "ctdb.len",
    "ctdb.magic",
    "ctdb.version",
    "ctdb.generation",
    "ctdb.opcode",
    "ctdb.dst",
    "ctdb.src",
    "ctdb.id",
    "ctdb.ctrl_opcode",
    "ctdb.srvid",
    "ctdb.clientid",
    "ctdb.ctrl_flags",
    "ctdb.status",
    "ctdb.datalen",
    "ctdb.errorlen",
    "ctdb.dbid",
    "ctdb.callid",
    "ctdb.hopcount",
    "ctdb.keylen",
    "ctdb.rsn",
    "ctdb.dmaster",
];

/// What it must say, for the fields that it has for this operation.
fn expected(packet: &Packet, len: usize) -> Vec<(&'static str, i128)> {
    let header = &packet.header;
    let mut out = vec![
        ("ctdb.len", i128::try_from(len).unwrap()),
        ("ctdb.magic", legacy_codec::MAGIC.into()),
        ("ctdb.version", legacy_codec::VERSION.into()),
        ("ctdb.generation", header.generation.0.into()),
        ("ctdb.opcode", packet.body.number().into()),
        ("ctdb.dst", header.dest.0.into()),
        ("ctdb.src", header.src.0.into()),
        ("ctdb.id", header.reqid.0.into()),
    ];
    let len = |bytes: &[u8]| i128::try_from(bytes.len()).unwrap();
    out.extend(match &packet.body {
        Operation::ReqControl(request) => vec![
            ("ctdb.ctrl_opcode", request.opcode.into()),
            ("ctdb.srvid", request.srvid.0.into()),
            ("ctdb.clientid", request.client_id.0.into()),
            ("ctdb.ctrl_flags", request.flags.bits().into()),
            ("ctdb.datalen", len(&request.data)),
        ],
        Operation::ReplyControl(reply) => vec![
            ("ctdb.status", reply.status.cast_unsigned().into()),
            ("ctdb.datalen", len(&reply.data)),
            ("ctdb.errorlen", len(&reply.error)),
        ],
        Operation::ReqCall(call) => vec![
            ("ctdb.dbid", call.db_id.0.into()),
            ("ctdb.callid", call.call_id.0.into()),
            ("ctdb.hopcount", call.hop_count.into()),
            ("ctdb.keylen", len(&call.key)),
            ("ctdb.datalen", len(&call.call_data)),
        ],
        Operation::ReplyCall(reply) => {
            vec![("ctdb.status", reply.status.cast_unsigned().into()), ("ctdb.datalen", len(&reply.data))]
        }
        Operation::ReqDmaster(request) => vec![
            ("ctdb.dbid", request.db_id.0.into()),
            ("ctdb.rsn", request.rsn.into()),
            ("ctdb.dmaster", request.dmaster.0.into()),
            ("ctdb.keylen", len(&request.key)),
            ("ctdb.datalen", len(&request.data)),
        ],
        Operation::ReplyDmaster(reply) => vec![
            ("ctdb.dbid", reply.db_id.0.into()),
            ("ctdb.rsn", reply.rsn.into()),
            ("ctdb.keylen", len(&reply.key)),
            ("ctdb.datalen", len(&reply.data)),
        ],
        _ => Vec::new(),
    });
    out
}

#[test]
fn wiresharks_own_dissector_sees_the_same_headers_and_fixed_parts() {
    let (mut packets, mut compared, mut unpaired) = (0, 0, 0);
    for path in recordings() {
        let one_a_record = on_a_socket(&read(&path), None);
        let capture = Capture::read(&one_a_record).unwrap();
        let (_folder, file) = temporary("socket.pcapng", &one_a_record);
        let mut args = vec!["-T", "fields", "-E", "occurrence=f"];
        args.extend(FIELDS.iter().flat_map(|field| ["-e", field]));
        let output = run(&file, &args);
        let entries = Session::new(&capture).entries;
        assert_eq!(output.text.lines().count(), entries.len(), "{}", path.display());
        for (i, (line, entry)) in output.text.lines().zip(&entries).enumerate() {
            let said: Vec<_> = line.split('\t').collect();
            let place = format!("{} packet {i} {} {}", path.display(), entry.operation(), entry.name());
            let packet = entry.captured.packet.as_ref().unwrap();
            for (field, value) in expected(packet, entry.captured.raw.len()) {
                let at = FIELDS.iter().position(|known| *known == field).unwrap();
                let seen = said.get(at).copied().unwrap_or_default();
                if seen.is_empty() && matches!(packet.body, Operation::ReplyControl(_)) {
                    unpaired += 1;
                    break;
                }
                assert_eq!(number(seen), Some(value), "{place}: {field} of {line:?}");
                compared += 1;
            }
            packets += 1;
        }
    }
    println!("{packets} packets, {compared} fields, {unpaired} replies that it did not pair");
    assert!(packets > 1000 && compared > 8 * packets && unpaired < packets / 2);
}
