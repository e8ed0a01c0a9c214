//! From a record to a TCP segment.
//!
//! Anything that is not TCP gives no segment; what could not be read is said ([`crate::carried`]). Lengths are taken from
//! the IP header and cut to what was captured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use etherparse::{LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;

use crate::carried::{Carried, Unread, carried};

/// One TCP segment as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) seq: u32,
    pub(crate) syn: bool,
    pub(crate) payload: &'a [u8],
}

/// The TCP segment inside a record, if there is one.
pub(crate) fn segment(link: Linktype, data: &[u8]) -> Result<Option<Segment<'_>>, Unread> {
    match carried(link, data) {
        Carried::Tcp(packet) => Ok(of_tcp(*packet)),
        Carried::Other => Ok(None),
        Carried::Unread(unread) => Err(unread),
    }
}

fn of_tcp(packet: LaxSlicedPacket<'_>) -> Option<Segment<'_>> {
    let (src, dst): (IpAddr, IpAddr) = match packet.net.as_ref()? {
        LaxNetSlice::Ipv4(ip) => {
            let header = ip.header();
            (Ipv4Addr::from(header.source()).into(), Ipv4Addr::from(header.destination()).into())
        }
        LaxNetSlice::Ipv6(ip) => {
            let header = ip.header();
            (Ipv6Addr::from(header.source()).into(), Ipv6Addr::from(header.destination()).into())
        }
        LaxNetSlice::Arp(_) => return None,
    };
    let TransportSlice::Tcp(tcp) = packet.transport? else { return None };
    Some(Segment {
        src: SocketAddr::new(src, tcp.source_port()),
        dst: SocketAddr::new(dst, tcp.destination_port()),
        seq: tcp.sequence_number(),
        syn: tcp.syn(),
        payload: tcp.payload(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use etherparse::{IpNumber, PacketBuilder};
    use proptest::prelude::*;

    const PAYLOAD: &[u8] = b"forty-two";

    fn ipv4() -> Vec<u8> {
        let mut out = Vec::new();
        PacketBuilder::ipv4([127, 0, 0, 1], [127, 0, 0, 2], 64)
            .tcp(1024, 4379, 7, 100)
            .write(&mut out, PAYLOAD)
            .unwrap();
        out
    }

    fn ethernet() -> Vec<u8> {
        [&[0; 12][..], &[0x08, 0x00], &ipv4()].concat()
    }

    fn check(link: Linktype, data: &[u8]) {
        let found = segment(link, data).unwrap_or_else(|unread| panic!("{link:?}: {unread}"));
        let segment = found.unwrap_or_else(|| panic!("no segment for {link:?}"));
        assert_eq!(segment.src, "127.0.0.1:1024".parse().unwrap());
        assert_eq!(segment.dst, "127.0.0.2:4379".parse().unwrap());
        assert_eq!((segment.seq, segment.syn, segment.payload), (7, false, PAYLOAD));
    }

    #[test]
    fn a_segment_is_found_below_every_link_type() {
        let ip = ipv4();
        check(Linktype::ETHERNET, &ethernet());
        check(Linktype::ETHERNET, &[&[0; 12][..], &[0x81, 0x00, 0x00, 0x05, 0x08, 0x00], &ip].concat());
        check(Linktype::RAW, &ip);
        check(Linktype::IPV4, &ip);
        check(Linktype::NULL, &[&[2, 0, 0, 0][..], &ip].concat());
        check(Linktype::NULL, &[&[0, 0, 0, 2][..], &ip].concat());
        check(Linktype(108), &[&[0, 0, 0, 2][..], &ip].concat());
        let cooked = [&[0, 0, 0x03, 0x04, 0, 6][..], &[0; 8], &[0x08, 0x00], &ip].concat();
        check(Linktype::LINUX_SLL, &cooked);
        let cooked2 = [&[0x08, 0x00, 0, 0, 0, 0, 0, 1, 0x03, 0x04, 0, 6][..], &[0; 8], &ip].concat();
        check(Linktype::LINUX_SLL2, &cooked2);
    }

    #[test]
    fn ipv6_addresses_are_kept() {
        let mut packet = Vec::new();
        let (a, b) = (Ipv6Addr::LOCALHOST, "fd00::2".parse::<Ipv6Addr>().unwrap());
        PacketBuilder::ipv6(a.octets(), b.octets(), 64)
            .tcp(4379, 9, 1, 1)
            .syn()
            .write(&mut packet, b"")
            .unwrap();
        let segment = segment(Linktype::RAW, &packet).unwrap().unwrap();
        assert_eq!(
            (segment.src.to_string(), segment.dst.to_string()),
            ("[::1]:4379".into(), "[fd00::2]:9".into())
        );
        assert!(segment.syn);
    }

    #[test]
    fn the_padding_of_short_ethernet_frames_is_no_payload() {
        check(Linktype::ETHERNET, &[&ethernet()[..], &[0; 20]].concat());
    }

    #[test]
    fn a_record_cut_by_the_snap_length_gives_what_is_there() {
        let frame = ethernet();
        let cut = segment(Linktype::ETHERNET, &frame[..frame.len() - 4]).unwrap().unwrap();
        assert_eq!(cut.payload, &PAYLOAD[..PAYLOAD.len() - 4]);
    }

    #[test]
    fn what_is_not_tcp_gives_no_segment() {
        let mut udp = Vec::new();
        PacketBuilder::ipv4([1, 2, 3, 4], [5, 6, 7, 8], 1).udp(4379, 4379).write(&mut udp, PAYLOAD).unwrap();
        assert_eq!(segment(Linktype::RAW, &udp), Ok(None));
        let arp = [&[0; 12][..], &[0x08, 0x06], &[0; 28]].concat();
        assert_eq!(segment(Linktype::ETHERNET, &arp), Ok(None));
    }

    #[test]
    fn a_segment_is_found_inside_every_tunnel() {
        let ip = ipv4();
        let outer = |protocol, inside: &[u8]| {
            let mut out = Vec::new();
            PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
                .write(&mut out, IpNumber(protocol), inside)
                .unwrap();
            out
        };
        let udp = |port, inside: &[u8]| {
            let mut out = Vec::new();
            PacketBuilder::ipv4([10, 0, 0, 1], [10, 0, 0, 2], 64)
                .udp(55_555, port)
                .write(&mut out, inside)
                .unwrap();
            out
        };
        let frame = |ether_type: [u8; 2], inside: &[u8]| [&[0; 12][..], &ether_type, inside].concat();
        let mpls = [&[0, 1, 0, 64][..], &[0, 2, 1, 64], &ip].concat();
        let pppoe = [&[0x11, 0, 0, 9, 0, 0][..], &[0x00, 0x21], &ip].concat();
        check(Linktype::ETHERNET, &frame([0x88, 0x47], &mpls));
        check(
            Linktype::ETHERNET,
            &frame([0x88, 0x47], &[&[0, 1, 1, 64, 0, 0, 0, 0][..], &ethernet()].concat()),
        );
        check(Linktype::ETHERNET, &frame([0x88, 0x64], &pppoe));
        check(Linktype(51), &pppoe);
        check(Linktype(9), &[&[0xff, 0x03, 0x00, 0x21][..], &ip].concat());
        check(Linktype::RAW, &outer(47, &[&[0, 0, 0x08, 0x00][..], &ip].concat()));
        check(Linktype::RAW, &outer(47, &[&[0xb0, 0, 0x65, 0x58][..], &[0; 12], &ethernet()].concat()));
        check(Linktype::RAW, &outer(47, &[&[0, 0, 0x88, 0x47][..], &mpls].concat()));
        check(Linktype::RAW, &outer(47, &[&[0x10, 0, 0x88, 0xbe][..], &[0; 12], &ethernet()].concat()));
        check(Linktype::RAW, &outer(4, &ip));
        check(Linktype::RAW, &udp(4789, &[&[8, 0, 0, 0, 0, 0, 7, 0][..], &ethernet()].concat()));
        check(
            Linktype::RAW,
            &udp(6081, &[&[1, 0, 0x65, 0x58, 0, 0, 7, 0][..], &[0; 4], &ethernet()].concat()),
        );
        let tags = [0x81, 0x00, 0, 5].repeat(6);
        check(Linktype::ETHERNET, &[&[0; 12][..], &tags, &[0x08, 0x00], &ip].concat());
    }

    #[test]
    fn what_may_carry_tcp_and_cannot_be_read_is_named() {
        let told = |link, data: &[u8]| segment(link, data).unwrap_err().to_string();
        let frame = |ether_type: [u8; 2]| [&[0; 12][..], &ether_type, &[0; 40]].concat();
        assert_eq!(told(Linktype(147), &[0; 60]), "of link type 147");
        assert_eq!(told(Linktype::ETHERNET, &frame([0x89, 0x15])), "of EtherType 0x8915");
        let encrypted = [&[0; 12][..], &[0x88, 0xe5, 0x0c], &[0; 40]].concat();
        assert_eq!(told(Linktype::ETHERNET, &encrypted), "of EtherType 0x88e5");
        assert_eq!(told(Linktype::ETHERNET, &[0; 5]), "that are cut short");
        assert_eq!(told(Linktype::NULL, &[0; 3]), "that are cut short");
        assert_eq!(told(Linktype::RAW, &ipv4()[..25]), "that are cut short");
        let mut fragment = ipv4();
        fragment[6] = 0x20;
        assert_eq!(told(Linktype::RAW, &fragment), "in fragments of IP");
        let mut hidden = Vec::new();
        PacketBuilder::ipv4([1, 2, 3, 4], [5, 6, 7, 8], 1).write(&mut hidden, IpNumber(50), PAYLOAD).unwrap();
        assert_eq!(told(Linktype::RAW, &hidden), "of IP protocol 50");
        let mut deep = ipv4();
        for _ in 0..20 {
            let mut out = Vec::new();
            PacketBuilder::ipv4([1, 2, 3, 4], [5, 6, 7, 8], 1).write(&mut out, IpNumber(4), &deep).unwrap();
            deep = out;
        }
        assert_eq!(told(Linktype::RAW, &deep), "in more than 8 tunnels");
    }

    proptest! {
        #[test]
        fn any_bytes_of_any_link_type_are_taken(link in 0..300_i32, start in 0..6_usize, data in proptest::collection::vec(any::<u8>(), 0..120)) {
            let tunnels: [&[u8]; 6] = [&[], &[0x88, 0x47], &[0x88, 0x64], &[0x81, 0x00], &[0x08, 0x00, 0x45], &[0x86, 0xdd, 0x60]];
            let frame = [&[0; 12][..], tunnels[start], &data].concat();
            let _ = (segment(Linktype(link), &data), segment(Linktype::ETHERNET, &frame));
        }
    }
}
