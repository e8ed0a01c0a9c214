//! Exported PDUs: one packet per record, with the addresses it went between, as Wireshark keeps what has no link layer.
//!
//! Owns the tags in front of the packet, both ways. They are in network order and padded to 4 bytes; unknown ones are
//! stepped over. The truth is `epan/exported_pdu.h` of Wireshark (`EXP_PDU_TAG_*`). The packet itself is not looked at.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// `WTAP_ENCAP_WIRESHARK_UPPER_PDU` as a link type of pcap.
pub(crate) const LINK_TYPE: u16 = 252;

/// The heuristic dissector of Wireshark that takes a packet of CTDB.
const DISSECTOR: &[u8] = b"ctdb_tcp";
/// What Wireshark is to call packets of the event daemon, which it does not know: it shows their bytes.
const EVENTS: &[u8] = b"CTDB-EVENTD";
/// The same as it is written: Wireshark steps over a tag by its length alone, so the padding has to count.
const EVENTS_PADDED: &[u8] = b"CTDB-EVENTD\0";
/// The dissector that shows bytes.
const BYTES: &[u8] = b"data";

/// Whose protocol a packet is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// ctdbd's, on its socket or between nodes.
    Ctdb,
    /// The event daemon's.
    Events,
}

const END: u16 = 0;
const DISSECTOR_NAME: u16 = 12;
const HEURISTIC_NAME: u16 = 13;
const IPV4_SRC: u16 = 20;
const IPV4_DST: u16 = 21;
const IPV6_SRC: u16 = 22;
const IPV6_DST: u16 = 23;
const PORT_TYPE: u16 = 24;
const SRC_PORT: u16 = 25;
const DST_PORT: u16 = 26;
const PROTOCOL_TEXT: u16 = 33;
/// `EXP_PDU_PT_TCP`.
const TCP: u32 = 2;

/// A packet of CTDB out of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Exported<'a> {
    pub(crate) kind: Kind,
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) data: &'a [u8],
}

/// Takes the tags off; `None` when they are cut short, or name another protocol.
pub(crate) fn parse(mut record: &[u8]) -> Option<Exported<'_>> {
    let (mut src, mut dst) = (IpAddr::V4(Ipv4Addr::UNSPECIFIED), IpAddr::V4(Ipv4Addr::UNSPECIFIED));
    let (mut src_port, mut dst_port) = (0, 0);
    let mut kind = None;
    loop {
        let (head, rest) = record.split_at_checked(4)?;
        let tag = u16::from_be_bytes([head[0], head[1]]);
        let len = usize::from(u16::from_be_bytes([head[2], head[3]]));
        let (padded, rest) = rest.split_at_checked(len.next_multiple_of(4))?;
        let value = &padded[..len];
        match tag {
            END => break,
            DISSECTOR_NAME | HEURISTIC_NAME => {
                kind = text(value).starts_with(b"ctdb").then_some(Kind::Ctdb);
            }
            PROTOCOL_TEXT if text(value) == EVENTS => kind = Some(Kind::Events),
            IPV4_SRC => src = <[u8; 4]>::try_from(value).ok()?.into(),
            IPV4_DST => dst = <[u8; 4]>::try_from(value).ok()?.into(),
            IPV6_SRC => src = <[u8; 16]>::try_from(value).ok()?.into(),
            IPV6_DST => dst = <[u8; 16]>::try_from(value).ok()?.into(),
            SRC_PORT => src_port = port(value)?,
            DST_PORT => dst_port = port(value)?,
            _ => {}
        }
        record = rest;
    }
    // The end tag may have a length, as any other.
    let len = usize::from(u16::from_be_bytes([record[2], record[3]])).next_multiple_of(4);
    let data = record.get(4 + len..)?;
    let ends = (SocketAddr::new(src, src_port), SocketAddr::new(dst, dst_port));
    kind.map(|kind| Exported { kind, src: ends.0, dst: ends.1, data })
}

/// Puts the tags in front of a packet.
pub(crate) fn build(kind: Kind, src: SocketAddr, dst: SocketAddr, data: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(data.len() + 80);
    match kind {
        Kind::Ctdb => tag(&mut out, HEURISTIC_NAME, DISSECTOR),
        Kind::Events => tag(&mut out, DISSECTOR_NAME, BYTES),
    }
    address(&mut out, src.ip(), IPV4_SRC, IPV6_SRC);
    address(&mut out, dst.ip(), IPV4_DST, IPV6_DST);
    tag(&mut out, PORT_TYPE, &TCP.to_be_bytes());
    tag(&mut out, SRC_PORT, &u32::from(src.port()).to_be_bytes());
    tag(&mut out, DST_PORT, &u32::from(dst.port()).to_be_bytes());
    if kind == Kind::Events {
        tag(&mut out, PROTOCOL_TEXT, EVENTS_PADDED);
    }
    tag(&mut out, END, &[]);
    out.extend_from_slice(data);
    out
}

fn address(out: &mut Vec<u8>, ip: IpAddr, v4: u16, v6: u16) {
    match ip {
        IpAddr::V4(ip) => tag(out, v4, &Ipv4Addr::octets(&ip)),
        IpAddr::V6(ip) => tag(out, v6, &Ipv6Addr::octets(&ip)),
    }
}

/// Invariant: every value here is a few bytes long.
fn tag(out: &mut Vec<u8>, tag: u16, value: &[u8]) {
    out.extend_from_slice(&tag.to_be_bytes());
    out.extend_from_slice(&u16::try_from(value.len()).unwrap_or(0).to_be_bytes());
    out.extend_from_slice(value);
    out.resize(out.len().next_multiple_of(4), 0);
}

/// A name may be followed by NULs that its length counts.
fn text(value: &[u8]) -> &[u8] {
    let end = value.iter().position(|byte| *byte == 0).unwrap_or(value.len());
    &value[..end]
}

fn port(value: &[u8]) -> Option<u16> {
    u16::try_from(u32::from_be_bytes(value.try_into().ok()?)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_built_is_parsed_for_both_families() {
        for (src, dst) in [("127.0.0.1:7", "10.0.0.2:4379"), ("[fd00::1]:7", "[::1]:4379")] {
            let (src, dst) = (src.parse().unwrap(), dst.parse().unwrap());
            for kind in [Kind::Ctdb, Kind::Events] {
                let record = build(kind, src, dst, b"a packet");
                assert_eq!(parse(&record), Some(Exported { kind, src, dst, data: b"a packet" }));
            }
        }
    }

    #[test]
    fn the_tags_are_those_that_wireshark_takes() {
        let record =
            build(Kind::Ctdb, "127.0.0.1:7".parse().unwrap(), "127.0.0.2:4379".parse().unwrap(), b"!");
        let expected = [
            &[0, 13, 0, 8][..],
            b"ctdb_tcp",
            &[0, 20, 0, 4, 127, 0, 0, 1, 0, 21, 0, 4, 127, 0, 0, 2],
            &[0, 24, 0, 4, 0, 0, 0, 2, 0, 25, 0, 4, 0, 0, 0, 7, 0, 26, 0, 4, 0, 0, 0x11, 0x1b, 0, 0, 0, 0],
            b"!",
        ]
        .concat();
        assert_eq!(record, expected);
    }

    #[test]
    fn another_protocol_and_tags_that_are_cut_short_give_nothing() {
        let record =
            build(Kind::Ctdb, "127.0.0.1:7".parse().unwrap(), "127.0.0.2:4379".parse().unwrap(), b"");
        for len in 0..record.len() {
            assert_eq!(parse(&record[..len]), None, "{len} bytes");
        }
        let mut other = record.clone();
        other[4..8].copy_from_slice(b"http");
        assert_eq!(parse(&other), None);
        let lying = [&[0, 13, 0xff, 0xff][..], &record[4..]].concat();
        assert_eq!(parse(&lying), None);
    }
}
