//! From a record to a TCP segment: link layer, VLAN tags, IPv4 or IPv6, TCP.
//!
//! Owns nothing but the unwrapping; the headers are parsed by etherparse and pcap-parser. IP fragments and anything
//! that is not TCP give no segment. Lengths are taken from the IP header and cut to what was captured.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use etherparse::{EtherType, LaxNetSlice, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;
use pcap_parser::data::{PacketData, get_packetdata};

/// One TCP segment as it was captured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Segment<'a> {
    pub(crate) src: SocketAddr,
    pub(crate) dst: SocketAddr,
    pub(crate) seq: u32,
    pub(crate) syn: bool,
    pub(crate) payload: &'a [u8],
}

/// OpenBSD's loopback encapsulation: as [`Linktype::NULL`] with the family in network order.
const LOOP: Linktype = Linktype(108);

/// The TCP segment inside a record, if there is one.
pub(crate) fn segment(link: Linktype, data: &[u8]) -> Option<Segment<'_>> {
    let packet = match link {
        // The family word has the byte order of the capturing machine; the IP version says the same.
        Linktype::NULL | LOOP => LaxSlicedPacket::from_ip(data.get(4..)?).ok()?,
        _ => match get_packetdata(data, link, data.len())? {
            PacketData::L2(frame) => LaxSlicedPacket::from_ethernet(frame).ok()?,
            PacketData::L3(ether_type, packet) => {
                LaxSlicedPacket::from_ether_type(EtherType(ether_type), packet)
            }
            _ => return None,
        },
    };
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
    use etherparse::PacketBuilder;

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
        let segment = segment(link, data).unwrap_or_else(|| panic!("no segment for {link:?}"));
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
        check(LOOP, &[&[0, 0, 0, 2][..], &ip].concat());
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
        let segment = segment(Linktype::RAW, &packet).unwrap();
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
        let cut = segment(Linktype::ETHERNET, &frame[..frame.len() - 4]).unwrap();
        assert_eq!(cut.payload, &PAYLOAD[..PAYLOAD.len() - 4]);
    }

    #[test]
    fn what_is_not_tcp_gives_no_segment() {
        let mut udp = Vec::new();
        PacketBuilder::ipv4([1, 2, 3, 4], [5, 6, 7, 8], 1).udp(4379, 4379).write(&mut udp, PAYLOAD).unwrap();
        assert_eq!(segment(Linktype::RAW, &udp), None);
        let mut fragment = ipv4();
        fragment[6] = 0x20;
        assert_eq!(segment(Linktype::RAW, &fragment), None);
        assert_eq!(segment(Linktype::ETHERNET, &[0; 5]), None);
        assert_eq!(segment(Linktype::NULL, &[0; 3]), None);
    }
}
