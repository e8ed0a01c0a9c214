//! Files made of recordings: other machines, other segments, a start in the middle.

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

use bytes::Bytes;
use captures::session::{Content, Entry, Session};
use captures::{Capture, DAEMON, Origin, Timestamp, write};
use etherparse::PacketBuilder;
use legacy_codec::{
    Abi, ClientId, ControlFlags, Header, Message, Operation, Packet, Pnn, PublicIp, ReplyControl, ReplyError,
    ReqControl, ReqKeepalive, ReqMessage, SockAddr, SrvId,
};

use super::compare::{Compared, compare};
use super::{read, recordings, temporary};

/// The packet as a sender of another machine type would have sent it; `None` for what has no length of its own there.
fn translated(entry: &Entry<'_>, abi: Abi) -> Option<Bytes> {
    let Ok(Packet { header, body }) = entry.captured.packet.clone() else { return None };
    let data = match &entry.content {
        Content::Request(request) => request.encode(abi).unwrap().data,
        Content::Reply(reply) => reply.encode(abi).unwrap().data,
        Content::Message(message) => message.encode(abi).unwrap().1,
        _ => Bytes::new(),
    };
    let body = match body {
        Operation::ReqControl(request) => Operation::ReqControl(ReqControl { data, ..request }),
        Operation::ReplyControl(_) if entry.content == Content::Orphan => return None,
        Operation::ReplyControl(reply) => Operation::ReplyControl(ReplyControl { data, ..reply }),
        Operation::ReqMessage(message) => Operation::ReqMessage(ReqMessage { data, ..message }),
        body => body,
    };
    Some(Packet { header, body }.encode(abi).unwrap().bytes)
}

/// One packet a record, as if each pair of nodes were a client and its daemon. Times are those of the recording, but no
/// two are the same.
pub(crate) fn on_a_socket(capture: &Capture, abi: Option<Abi>) -> Vec<u8> {
    let mut file = write::section("test");
    let mut clients = BTreeMap::<(SocketAddr, SocketAddr), u32>::new();
    let mut last = 0;
    for entry in &Session::new(capture).entries {
        let packet = abi.map_or_else(|| Some(entry.captured.raw.clone()), |abi| translated(entry, abi));
        let Some(packet) = packet else { continue };
        let port = |address: SocketAddr| match entry.captured.origin {
            Origin::Tcp => SocketAddr::new(address.ip(), 0),
            Origin::Socket(_) => address,
        };
        let number = entry.captured.packet.as_ref().map(|packet| packet.body.number());
        let answer = matches!(number, Ok(1 | 3 | 4 | 8)) || entry.captured.src == DAEMON;
        let (src, dst) = (port(entry.captured.src), port(entry.captured.dst));
        let next = u32::try_from(clients.len()).unwrap();
        let client = write::client_address(
            *clients.entry(if answer { (dst, src) } else { (src, dst) }).or_insert(next),
        );
        let (src, dst) = if answer { (DAEMON, client) } else { (client, DAEMON) };
        last = entry.captured.time.as_nanos().max(last + 1);
        let origin = Origin::socket("/run/ctdb/ctdbd.socket", None);
        file.extend(write::record(Timestamp::from_nanos(last), src, dst, &origin, &packet).unwrap());
    }
    file
}

/// The packets between nodes, in segments of these sizes in turn; `skip` bytes of each stream are missing at its start.
fn in_segments(capture: &Capture, sizes: &[usize], skip: usize) -> Vec<u8> {
    let mut file = Vec::new();
    for word in [0xa1b2_c3d4, 0x0004_0002, 0, 0, 0x0004_0000, 1_u32] {
        file.extend(word.to_le_bytes());
    }
    let mut streams = BTreeMap::<(SocketAddr, SocketAddr), Vec<u8>>::new();
    for packet in capture.packets.iter().filter(|packet| packet.origin == Origin::Tcp) {
        streams.entry((packet.src, packet.dst)).or_default().extend_from_slice(&packet.raw);
    }
    let mut sizes = sizes.iter().cycle();
    let mut tick = 0_u32;
    for ((src, dst), bytes) in streams {
        let (IpAddr::V4(from), IpAddr::V4(to)) = (src.ip(), dst.ip()) else { panic!("no IPv4") };
        let (mut rest, mut seq) = (bytes.get(skip..).unwrap_or(&[]), 1000_u32);
        while !rest.is_empty() {
            let (segment, next) = rest.split_at(rest.len().min(*sizes.next().unwrap()));
            let builder = PacketBuilder::ethernet2([2; 6], [4; 6])
                .ipv4(from.octets(), to.octets(), 64)
                .tcp(src.port(), dst.port(), seq, 65_000)
                .ack(1);
            let mut frame = Vec::with_capacity(builder.size(segment.len()));
            builder.write(&mut frame, segment).unwrap();
            let len = u32::try_from(frame.len()).unwrap();
            tick += 1;
            for word in [1_700_000_000 + tick / 1_000_000, tick % 1_000_000, len, len] {
                file.extend(word.to_le_bytes());
            }
            file.extend(frame);
            seq += u32::try_from(segment.len()).unwrap();
            rest = next;
        }
    }
    file
}

fn sum(all: &mut Compared, one: Compared) {
    all.packets += one.packets;
    all.fields += one.fields;
    all.pairs += one.pairs;
    all.pieces += one.pieces;
    assert_eq!(one.malformed, 0);
}

/// The whole corpus as machines of this type would have sent it.
fn on_machines(abi: Abi, preference: &str) {
    let mut all = Compared::default();
    for path in recordings() {
        let (_folder, file) = temporary("socket.pcapng", &on_a_socket(&read(&path), Some(abi)));
        sum(&mut all, compare(&file, Some(abi), &["-o", &format!("tablecloth_ctdb.machine:{preference}")]));
    }
    println!("{all:?}");
    assert!(all.packets > 1000 && all.pairs > 300, "{all:?}");
}

#[test]
fn packets_of_big_endian_machines_are_shown_as_they_are_decoded() {
    on_machines(Abi::LP64_BE, "64-bit");
}

#[test]
fn packets_of_32_bit_machines_are_shown_as_they_are_decoded() {
    on_machines(Abi::I386, "32-bit x86");
}

fn message(message: &Message) -> Operation {
    let (srvid, data) = message.encode(Abi::LP64_LE).unwrap();
    Operation::ReqMessage(ReqMessage { srvid, data })
}

#[test]
fn what_no_recording_holds_is_shown_as_it_is_decoded() {
    let addresses =
        ["[fd00:1:2:3:4:5:6:7]:65535", "[fe80::1%4294967295]:1", "[::ffff:10.0.0.1]:0", "[::]:4379"];
    let addresses = addresses.map(|text| SockAddr::from(text.parse::<SocketAddr>().unwrap()));
    let other = SockAddr::Other { family: 77, data: [3; 26] };
    let mut bodies: Vec<_> = addresses
        .into_iter()
        .chain([other])
        .map(|addr| message(&Message::RecdUpdateIp(PublicIp { pnn: Pnn::UNKNOWN, addr })))
        .collect();
    let text = |bytes: &'static [u8]| Bytes::from_static(bytes).into();
    bodies.extend([
        message(&Message::TookIp(text(b"\xff\xfe no UTF-8 \xc3\0"))),
        message(&Message::ReleasedIp(text(b"\0"))),
        message(&Message::Unknown { srvid: SrvId(0x7000_0000_0000_0001), data: Bytes::from_static(b"own") }),
        Operation::ReplyError(ReplyError { status: -7, message: text(b"out of memory") }),
        Operation::ReqKeepalive(ReqKeepalive { info: None }),
        Operation::Unknown { op: 6, data: Bytes::from_static(b"12345678") },
        Operation::ReqControl(ReqControl {
            opcode: 4711,
            pad: 0,
            srvid: SrvId(1),
            client_id: ClientId(2),
            flags: ControlFlags::NOREPLY,
            data: Bytes::from_static(b"never heard of"),
        }),
    ]);
    let mut file = write::section("test");
    for (i, body) in (1..).zip(&bodies) {
        let packet =
            Packet { header: Header::default(), body: body.clone() }.encode(Abi::LP64_LE).unwrap().bytes;
        let time = Timestamp::from_nanos(1_700_000_000_000_000_000 + i);
        file.extend(write::record(time, write::client_address(1), DAEMON, &Origin::Tcp, &packet).unwrap());
    }
    let (_folder, path) = temporary("made.pcapng", &file);
    assert_eq!(compare(&path, None, &[]).packets, bodies.len());
}

#[test]
fn packets_are_put_together_again_however_they_were_cut_into_segments() {
    let mut all = Compared::default();
    for (path, sizes) in recordings()
        .iter()
        .zip([&[1, 31, 7, 64, 1448][..], &[5, 3000, 33], &[1400], &[40, 24]].iter().cycle())
    {
        let capture = read(path);
        let between_nodes = capture.packets.iter().filter(|packet| packet.origin == Origin::Tcp).count();
        let (_folder, file) = temporary("segments.pcap", &in_segments(&capture, sizes, 0));
        let compared = compare(&file, None, &[]);
        assert_eq!((compared.packets, compared.pieces), (between_nodes, 0), "{}", path.display());
        sum(&mut all, compared);
    }
    println!("{all:?}");
    assert!(all.packets > 1000, "{all:?}");
}

#[test]
fn a_recording_that_starts_inside_a_packet_is_shown_from_the_next_one_on() {
    for skip in [1, 4, 8, 31, 32, 50] {
        let path = recordings().into_iter().find(|path| path.ends_with("startup-4.17.12.pcap")).unwrap();
        let (_folder, file) = temporary("segments.pcap", &in_segments(&read(&path), &[700, 13, 200], skip));
        let compared = compare(&file, None, &[]);
        assert!(compared.packets > 1000 && compared.pieces > 0, "{skip}: {compared:?}");
    }
}
