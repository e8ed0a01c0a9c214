//! Writing: pcapng blocks that hold one packet each, with nanoseconds and a word about the client it belongs to.
//!
//! Makes bytes and writes no file. Blocks are little endian; a file is [`section`] followed by any number of [`record`]s,
//! and is whole after each. The format is that of draft-ietf-opsawg-pcapng; the records are exported PDUs, which
//! Wireshark opens.

use std::net::{Ipv4Addr, SocketAddr};

use crate::exported::{self, Kind};
use crate::{Error, Origin, Timestamp};

const SECTION: u32 = 0x0a0d_0d0a;
const INTERFACE: u32 = 1;
const ENHANCED_PACKET: u32 = 6;
const OPT_END: u16 = 0;
const OPT_COMMENT: u16 = 1;
const OPT_IF_NAME: u16 = 2;
const OPT_USER_APPLICATION: u16 = 4;
const OPT_IF_TSRESOL: u16 = 9;
/// Time stamps count nanoseconds: ten to the power of minus nine.
const NANOSECONDS: u8 = 9;
/// First of the addresses that stand for clients: 127.128.0.0.
const CLIENTS: u32 = 0x7f80_0000;
/// Clients per address; their ports are this and above.
const PORTS: u32 = 0x8000;

/// The address that stands for ctdbd's socket in a record.
pub const DAEMON: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 4379);

/// The address that stands for the `n`th client of a recording, so that each has one of its own.
#[must_use]
pub fn client_address(n: u32) -> SocketAddr {
    let ip = Ipv4Addr::from(CLIENTS + n / PORTS % 0x0080_0000);
    let port = u16::try_from(PORTS + n % PORTS).unwrap_or(u16::MAX);
    SocketAddr::new(ip.into(), port)
}

/// What a file of packets of ctdbd's socket starts with.
#[must_use]
pub fn section(application: &str) -> Vec<u8> {
    section_of(application, "ctdbd.socket")
}

/// What a file of packets of the event daemon's socket starts with.
#[must_use]
pub fn event_section(application: &str) -> Vec<u8> {
    section_of(application, "eventd.socket")
}

fn section_of(application: &str, socket: &str) -> Vec<u8> {
    let mut head = Vec::new();
    head.extend(0x1a2b_3c4d_u32.to_le_bytes());
    head.extend([1, 0, 0, 0]);
    head.extend(u64::MAX.to_le_bytes());
    options(&mut head, &[(OPT_USER_APPLICATION, application.as_bytes())]);
    let mut interface = Vec::new();
    interface.extend(exported::LINK_TYPE.to_le_bytes());
    interface.extend([0; 6]);
    options(&mut interface, &[(OPT_IF_NAME, socket.as_bytes()), (OPT_IF_TSRESOL, &[NANOSECONDS])]);
    let mut out = block(SECTION, &head);
    out.extend(block(INTERFACE, &interface));
    out
}

/// One packet of the event daemon's socket.
pub fn event_record(
    time: Timestamp,
    src: SocketAddr,
    dst: SocketAddr,
    origin: &Origin,
    packet: &[u8],
) -> Result<Vec<u8>, Error> {
    record_of(time, &exported::build(Kind::Events, src, dst, packet), origin, packet.len())
}

/// One packet that went from `src` to `dst`.
pub fn record(
    time: Timestamp,
    src: SocketAddr,
    dst: SocketAddr,
    origin: &Origin,
    packet: &[u8],
) -> Result<Vec<u8>, Error> {
    record_of(time, &exported::build(Kind::Ctdb, src, dst, packet), origin, packet.len())
}

fn record_of(time: Timestamp, data: &[u8], origin: &Origin, packet_len: usize) -> Result<Vec<u8>, Error> {
    let len = u32::try_from(data.len()).map_err(|_| Error::TooLong(packet_len))?;
    if len > u32::MAX / 2 {
        return Err(Error::TooLong(packet_len));
    }
    let mut body = Vec::with_capacity(data.len() + 64);
    body.extend(0_u32.to_le_bytes());
    let ticks = time.as_nanos().to_le_bytes();
    body.extend_from_slice(&ticks[4..]);
    body.extend_from_slice(&ticks[..4]);
    body.extend(len.to_le_bytes());
    body.extend(len.to_le_bytes());
    body.extend_from_slice(data);
    body.resize(body.len().next_multiple_of(4), 0);
    if let Some(comment) = origin.comment() {
        options(&mut body, &[(OPT_COMMENT, comment.as_bytes())]);
    }
    Ok(block(ENHANCED_PACKET, &body))
}

/// Invariant: bodies are multiples of 4 and far below 4 GiB, values of options below 64 KiB.
fn block(kind: u32, body: &[u8]) -> Vec<u8> {
    let len = u32::try_from(body.len() + 12).unwrap_or(u32::MAX).to_le_bytes();
    [&kind.to_le_bytes()[..], &len, body, &len].concat()
}

fn options(out: &mut Vec<u8>, options: &[(u16, &[u8])]) {
    for (code, value) in options.iter().chain(&[(OPT_END, &[][..])]) {
        let len = u16::try_from(value.len()).unwrap_or(u16::MAX);
        out.extend(code.to_le_bytes());
        out.extend(len.to_le_bytes());
        out.extend_from_slice(&value[..usize::from(len)]);
        out.resize(out.len().next_multiple_of(4), 0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Capture;
    use legacy_codec::{Abi, Header, Operation, Packet, ReqMessage, SrvId};
    use proptest::prelude::*;

    fn packet(text: &'static [u8]) -> Vec<u8> {
        let data = bytes::Bytes::from_static(text);
        let body = Operation::ReqMessage(ReqMessage { srvid: SrvId(7), data });
        Packet { header: Header::default(), body }.encode(Abi::NATIVE).unwrap().bytes.to_vec()
    }

    #[test]
    fn what_was_written_is_read_with_its_time_its_ends_and_its_client() {
        let origin = Origin::socket("/run/ctdb with space/ctdbd.socket", Some(4711));
        let mut file = section("test");
        let sent = [packet(b"one"), packet(b"longer than one")];
        for (i, packet) in (1..).zip(&sent) {
            let time = Timestamp::from_nanos(1_700_000_000_123_456_780 + i);
            file.extend(record(time, client_address(5), DAEMON, &origin, packet).unwrap());
        }
        let capture = Capture::read(&file).unwrap();
        assert_eq!((capture.packets.len(), capture.counts.undecodable), (2, 0));
        for (i, (captured, sent)) in (1..).zip(capture.packets.iter().zip(&sent)) {
            assert_eq!(captured.time.as_nanos(), 1_700_000_000_123_456_780 + i);
            assert_eq!((captured.src, captured.dst), (client_address(5), DAEMON));
            assert_eq!(captured.origin, origin);
            assert_eq!(captured.raw, sent[..]);
        }
    }

    #[test]
    fn a_file_that_was_cut_keeps_the_packets_before_the_cut() {
        let origin = Origin::socket("/s", None);
        let mut file = section("test");
        file.extend(record(Timestamp::default(), DAEMON, client_address(0), &origin, &packet(b"a")).unwrap());
        let whole = file.len();
        file.extend(record(Timestamp::default(), DAEMON, client_address(0), &origin, &packet(b"b")).unwrap());
        for len in whole..file.len() {
            let capture = Capture::read(&file[..len]).unwrap();
            assert_eq!((capture.packets.len(), capture.counts.damaged), (1, len > whole), "{len}");
        }
    }

    #[test]
    fn each_client_has_an_address_of_its_own_below_127() {
        let addresses: std::collections::BTreeSet<_> = (0..100_000).map(client_address).collect();
        assert_eq!(addresses.len(), 100_000);
        assert!(addresses.iter().all(|a| a.ip().is_loopback() && a.port() != 4379));
        assert!(client_address(u32::MAX).ip().is_loopback());
    }

    proptest! {
        #[test]
        fn any_bytes_in_a_record_are_read_without_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
            let mut file = section("test");
            file.extend(record(Timestamp::default(), DAEMON, client_address(1), &Origin::Tcp, &bytes).unwrap());
            let capture = Capture::read(&file).unwrap();
            prop_assert!(capture.packets.len() <= 1);
            let kept: usize = capture.packets.iter().map(|p| p.raw.len()).sum();
            prop_assert_eq!(kept + capture.counts.lost_bytes, bytes.len());
        }
    }
}
