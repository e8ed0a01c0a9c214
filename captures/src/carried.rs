//! From a frame to the TCP segment that it carries, also inside tunnels: VLAN, PPPoE, MPLS, GRE, VXLAN, Geneve, IP in IP.
//!
//! Ethernet, IP and TCP are etherparse's; the few words of the tunnels are read here (RFC 3032, 2516, 2784, 2890, 7348,
//! 8926). Whatever may carry the traffic that is looked for and cannot be read is named, so that nobody takes a recording
//! for empty.

use std::fmt;

use etherparse::{EtherType, IpNumber, LaxSlicedPacket, TransportSlice};
use pcap_parser::Linktype;
use pcap_parser::data::{PacketData, get_packetdata};

/// Tunnels inside tunnels, at most.
const DEPTH: usize = 8;

/// OpenBSD's loopback encapsulation: as [`Linktype::NULL`] with the family in network order.
const LOOP: Linktype = Linktype(108);
/// PPP over Ethernet, the session's header first.
const PPPOE: Linktype = Linktype(51);
/// PPP, with or without the bytes of HDLC before it.
const PPP: Linktype = Linktype(9);

/// Link types that are read below.
const KNOWN: [Linktype; 4] = [Linktype::ETHERNET, Linktype::RAW, Linktype::LINUX_SLL, Linktype::LINUX_SLL2];

const ETHER_IPV4: EtherType = EtherType(0x0800);
const ETHER_IPV6: EtherType = EtherType(0x86dd);
const MACSEC: u16 = 0x88e5;
/// Ethernet over something else.
const ETHER_BRIDGED: u16 = 0x6558;

/// Protocols above IP that hide what they carry.
const ESP: u8 = 50;
const ETHER_IP: u8 = 97;
const L2TP: u8 = 115;

/// UDP ports of tunnels.
const VXLAN: u16 = 4789;
const GENEVE: u16 = 6081;

/// What the frame of a record was not read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Unread {
    /// Of a link type that is not known here.
    Link(i32),
    /// Of an EtherType that is not known here.
    Ether(u16),
    /// Of a protocol of PPP that hides what it carries.
    Ppp(u16),
    /// Of a protocol above IP that hides what it carries.
    Protocol(u8),
    /// A piece of an IP packet.
    Fragment,
    /// Cut off before the end of its headers, or damaged there.
    Cut,
    /// Tunnels inside tunnels without an end.
    Deep,
    /// An exported packet of a protocol that is not looked for.
    Exported,
}

impl fmt::Display for Unread {
    /// `of link type 147`, `that are cut short`: what follows "566 packets".
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Link(number) => write!(f, "of link type {number}"),
            Self::Ether(number) => write!(f, "of EtherType 0x{number:04x}"),
            Self::Ppp(number) => write!(f, "of PPP protocol 0x{number:04x}"),
            Self::Protocol(number) => write!(f, "of IP protocol {number}"),
            Self::Fragment => f.write_str("in fragments of IP"),
            Self::Cut => f.write_str("that are cut short"),
            Self::Deep => write!(f, "in more than {DEPTH} tunnels"),
            Self::Exported => f.write_str("exported from other protocols"),
        }
    }
}

/// What a frame carries.
#[derive(Debug)]
pub(crate) enum Carried<'a> {
    /// TCP, with the headers below it.
    Tcp(Box<LaxSlicedPacket<'a>>),
    /// Something that is known and is no TCP.
    Other,
    /// Nobody knows.
    Unread(Unread),
}

/// What the next bytes are.
enum Layer<'a> {
    Ethernet(&'a [u8]),
    Ether(EtherType, &'a [u8]),
    Ppp(&'a [u8]),
    Gre(&'a [u8]),
}

/// Why there is no segment.
enum Stop {
    Other,
    Unread(Unread),
}

impl From<Unread> for Stop {
    fn from(unread: Unread) -> Self {
        Self::Unread(unread)
    }
}

/// Unwraps a record.
pub(crate) fn carried(link: Linktype, data: &[u8]) -> Carried<'_> {
    let mut layer = match outermost(link, data) {
        Ok(layer) => layer,
        Err(unread) => return Carried::Unread(unread),
    };
    for _ in 0..DEPTH {
        layer = match unwrapped(layer) {
            Ok(Ok(tcp)) => return Carried::Tcp(Box::new(tcp)),
            Ok(Err(inner)) => inner,
            Err(Stop::Other) => return Carried::Other,
            Err(Stop::Unread(unread)) => return Carried::Unread(unread),
        };
    }
    Carried::Unread(Unread::Deep)
}

fn outermost(link: Linktype, data: &[u8]) -> Result<Layer<'_>, Unread> {
    match link {
        // The family word has the byte order of the capturing machine; the IP version says the same.
        Linktype::NULL | LOOP => ip(data.get(4..).ok_or(Unread::Cut)?),
        PPPOE => Ok(Layer::Ppp(data.get(6..).ok_or(Unread::Cut)?)),
        // Not by the library: it takes lengths in there on trust.
        Linktype(252) => Err(Unread::Link(link.0)),
        PPP => Ok(Layer::Ppp(data.strip_prefix(&[0xff, 0x03]).unwrap_or(data))),
        _ => match get_packetdata(data, link, data.len()) {
            Some(PacketData::L2(frame)) => Ok(Layer::Ethernet(frame)),
            Some(PacketData::L3(ether_type, packet)) => Ok(Layer::Ether(EtherType(ether_type), packet)),
            Some(PacketData::L4(47, packet)) => Ok(Layer::Gre(packet)),
            None if KNOWN.contains(&link) => Err(Unread::Cut),
            _ => Err(Unread::Link(link.0)),
        },
    }
}

/// One step inwards: the segment, or the layer below.
fn unwrapped(layer: Layer<'_>) -> Result<Result<LaxSlicedPacket<'_>, Layer<'_>>, Stop> {
    let packet = match layer {
        Layer::Ethernet(frame) => LaxSlicedPacket::from_ethernet(frame).map_err(|_| Unread::Cut)?,
        Layer::Ether(ether_type, packet) => LaxSlicedPacket::from_ether_type(ether_type, packet),
        Layer::Ppp(packet) => return ppp(packet).map(Err),
        Layer::Gre(packet) => return gre(packet).map(Err),
    };
    if packet.net.is_none() {
        let payload = packet.ether_payload().ok_or(Unread::Ether(MACSEC))?;
        return ether(payload.ether_type, payload.payload).map(Err);
    }
    match &packet.transport {
        Some(TransportSlice::Tcp(_)) => return Ok(Ok(packet)),
        Some(TransportSlice::Udp(udp)) => {
            let inner = match udp.destination_port() {
                VXLAN => vxlan(udp.payload())?,
                GENEVE => geneve(udp.payload())?,
                _ => return Err(Stop::Other),
            };
            return Ok(Err(inner));
        }
        Some(_) => return Err(Stop::Other),
        None => {}
    }
    let Some(payload) = packet.ip_payload() else { return Err(Stop::Other) };
    match payload.ip_number {
        IpNumber::TCP | IpNumber::GRE | IpNumber::IPV4 | IpNumber::IPV6 if payload.fragmented => {
            Err(Unread::Fragment.into())
        }
        IpNumber::TCP => Err(Unread::Cut.into()),
        IpNumber::GRE => Ok(Err(Layer::Gre(payload.payload))),
        IpNumber::IPV4 => Ok(Err(Layer::Ether(ETHER_IPV4, payload.payload))),
        IpNumber::IPV6 => Ok(Err(Layer::Ether(ETHER_IPV6, payload.payload))),
        // What these carry is hidden, or nobody can say.
        IpNumber(hides @ (ESP | ETHER_IP | L2TP)) => Err(Unread::Protocol(hides).into()),
        _ => Err(Stop::Other),
    }
}

fn ip(packet: &[u8]) -> Result<Layer<'_>, Unread> {
    match packet.first().map(|first| first >> 4) {
        Some(4) => Ok(Layer::Ether(ETHER_IPV4, packet)),
        Some(6) => Ok(Layer::Ether(ETHER_IPV6, packet)),
        _ => Err(Unread::Cut),
    }
}

/// What is behind an EtherType that is not IP.
fn ether(ether_type: EtherType, payload: &[u8]) -> Result<Layer<'_>, Stop> {
    match ether_type.0 {
        0x8847 | 0x8848 => mpls(payload).map_err(Stop::from),
        // A session of PPPoE: version and type, code, session, length.
        0x8864 => Ok(Layer::Ppp(payload.get(6..).ok_or(Unread::Cut)?)),
        0x0800 | 0x86dd => Err(Unread::Cut.into()),
        // More tags than are taken at once.
        0x8100 | 0x88a8 | 0x9100 => Ok(Layer::Ether(ether_type, payload)),
        // Lengths of IEEE 802.3, and what only switches and stations say to one another: ARP and its reverse, PPPoE's
        // discovery, LLDP, EAPOL, slow protocols, loops and clocks.
        0..0x0600 | 0x0806 | 0x8035 | 0x8863 | 0x88cc | 0x888e | 0x8809 | 0x9000 | 0x88f7 => Err(Stop::Other),
        other => Err(Unread::Ether(other).into()),
    }
}

/// Labels, the last of which says so; then IP, or Ethernet behind a control word.
fn mpls(mut labels: &[u8]) -> Result<Layer<'_>, Unread> {
    for _ in 0..16 {
        let (label, rest) = labels.split_first_chunk::<4>().ok_or(Unread::Cut)?;
        labels = rest;
        if label[2] & 1 == 1 {
            return match rest.first().map(|first| first >> 4) {
                Some(0) => Ok(Layer::Ethernet(rest.get(4..).ok_or(Unread::Cut)?)),
                _ => ip(rest),
            };
        }
    }
    Err(Unread::Deep)
}

fn ppp(packet: &[u8]) -> Result<Layer<'_>, Stop> {
    // The first byte of the protocol may be left out where it is zero.
    let (protocol, rest) = match packet {
        [short, rest @ ..] if short & 1 == 1 => (u16::from(*short), rest),
        [high, low, rest @ ..] => (u16::from_be_bytes([*high, *low]), rest),
        _ => return Err(Unread::Cut.into()),
    };
    match protocol {
        0x0021 => Ok(Layer::Ether(ETHER_IPV4, rest)),
        0x0057 => Ok(Layer::Ether(ETHER_IPV6, rest)),
        0x0281 | 0x0283 => mpls(rest).map_err(Stop::from),
        // Compressed or encrypted, or many in one.
        0x002d | 0x002f | 0x003d | 0x0053 | 0x00fb | 0x00fd => Err(Unread::Ppp(protocol).into()),
        _ => Err(Stop::Other),
    }
}

fn gre(packet: &[u8]) -> Result<Layer<'_>, Stop> {
    let (head, rest) = packet.split_first_chunk::<4>().ok_or(Unread::Cut)?;
    let protocol = u16::from_be_bytes([head[2], head[3]]);
    // Checksum, key, sequence number; in version 1 an acknowledgement.
    let words = [0x80, 0x20, 0x10].iter().filter(|bit| head[0] & **bit != 0).count();
    let words = words + usize::from(head[1] & 0x80 != 0);
    let payload = rest.get(words * 4..).ok_or(Unread::Cut)?;
    match protocol {
        // Routing, which nobody uses, has no fixed length.
        _ if head[0] & 0x40 != 0 => Err(Unread::Protocol(47).into()),
        ETHER_BRIDGED => Ok(Layer::Ethernet(payload)),
        0x880b => Ok(Layer::Ppp(payload)),
        // A switch's copy of a frame, with 8 bytes of its own before it when it is numbered.
        0x88be if head[0] & 0x10 != 0 => Ok(Layer::Ethernet(payload.get(8..).ok_or(Unread::Cut)?)),
        0x88be => Ok(Layer::Ethernet(payload)),
        0x0800 | 0x86dd => Ok(Layer::Ether(EtherType(protocol), payload)),
        other => ether(EtherType(other), payload),
    }
}

fn vxlan(packet: &[u8]) -> Result<Layer<'_>, Stop> {
    Ok(Layer::Ethernet(packet.get(8..).ok_or(Unread::Cut)?))
}

fn geneve(packet: &[u8]) -> Result<Layer<'_>, Stop> {
    let (head, rest) = packet.split_first_chunk::<8>().ok_or(Unread::Cut)?;
    let payload = rest.get(usize::from(head[0] & 0x3f) * 4..).ok_or(Unread::Cut)?;
    match u16::from_be_bytes([head[2], head[3]]) {
        ETHER_BRIDGED => Ok(Layer::Ethernet(payload)),
        0x0800 => Ok(Layer::Ether(ETHER_IPV4, payload)),
        0x86dd => Ok(Layer::Ether(ETHER_IPV6, payload)),
        other => ether(EtherType(other), payload),
    }
}
