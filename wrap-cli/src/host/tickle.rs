//! A tickle: a TCP packet of a connection that this machine need not have, with nothing but a wrong acknowledgement in it.
//!
//! Its receiver answers with what it expects instead; the machine that now has the sender's address knows no such
//! connection and resets it, so that the client connects anew at once. Needs the right to send raw packets. The bytes are
//! those of `ctdb_sys_send_tcp`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::os::fd::AsRawFd;

use etherparse::PacketBuilder;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrIn, SockaddrIn6, sendto, socket,
};

/// Easy to see in a recording, as in C.
const WINDOW: u16 = 1234;
const HOPS: u8 = 255;

/// The packet from one end to the other; none when the ends are of two families.
pub(crate) fn packet(from: SocketAddr, to: SocketAddr) -> Option<Vec<u8>> {
    let ip = match (from.ip(), to.ip()) {
        (IpAddr::V4(from), IpAddr::V4(to)) => PacketBuilder::ipv4(from.octets(), to.octets(), HOPS),
        (IpAddr::V6(from), IpAddr::V6(to)) => PacketBuilder::ipv6(from.octets(), to.octets(), HOPS),
        _ => return None,
    };
    let tcp = ip.tcp(from.port(), to.port(), 0, WINDOW).ack(0);
    let mut bytes = Vec::with_capacity(tcp.size(0));
    // Writing to a vector does not fail, and the lengths are small.
    tcp.write(&mut bytes, &[]).ok()?;
    Some(bytes)
}

/// Sends it.
pub(crate) fn send(from: SocketAddr, to: SocketAddr) -> io::Result<()> {
    let packet = packet(from, to).ok_or(io::ErrorKind::InvalidInput)?;
    let family = if to.is_ipv4() { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let raw = socket(family, SockType::Raw, SockFlag::SOCK_CLOEXEC, SockProtocol::Raw)?;
    let sent = match to {
        SocketAddr::V4(to) => sendto(raw.as_raw_fd(), &packet, &SockaddrIn::from(to), MsgFlags::empty())?,
        SocketAddr::V6(mut to) => {
            // On such a socket the port would be a protocol.
            to.set_port(0);
            sendto(raw.as_raw_fd(), &packet, &SockaddrIn6::from(to), MsgFlags::empty())?
        }
    };
    if sent == packet.len() { Ok(()) } else { Err(io::ErrorKind::WriteZero.into()) }
}

/// Whether an address is on an interface of this machine. Not asked by binding: that works for any address when the
/// kernel is told so (IP-20).
pub(crate) fn is_here(ip: IpAddr) -> io::Result<bool> {
    let mut addresses = nix::ifaddrs::getifaddrs()?.filter_map(|interface| interface.address);
    Ok(addresses.any(|address| match ip {
        IpAddr::V4(ip) => address.as_sockaddr_in().is_some_and(|own| own.ip() == ip),
        IpAddr::V6(ip) => address.as_sockaddr_in6().is_some_and(|own| own.ip() == ip),
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    #[test]
    fn ip_22_a_tickle_is_an_acknowledgement_and_nothing_else() {
        for (from, to, ip_header) in
            [("10.0.2.132:2049", "10.0.1.33:987", 20), ("[fd00::2]:445", "[fd00::33]:40001", 40)]
        {
            let bytes = packet(end(from), end(to)).unwrap();
            assert_eq!(bytes.len(), ip_header + 20);
            let seen = etherparse::SlicedPacket::from_ip(&bytes).unwrap();
            let Some(etherparse::TransportSlice::Tcp(tcp)) = seen.transport else { panic!("no TCP") };
            assert_eq!((tcp.source_port(), tcp.destination_port()), (end(from).port(), end(to).port()));
            assert_eq!((tcp.sequence_number(), tcp.acknowledgment_number(), tcp.window_size()), (0, 0, 1234));
            assert!(tcp.ack() && !tcp.rst() && !tcp.syn() && !tcp.fin());
        }
        assert_eq!(packet(end("10.0.2.132:2049"), end("[fd00::33]:1")), None);
    }

    #[test]
    fn ip_20_an_address_is_here_when_an_interface_has_it() {
        assert!(is_here("127.0.0.1".parse().unwrap()).unwrap());
        assert!(!is_here("192.0.2.77".parse().unwrap()).unwrap());
        assert!(!is_here("fd00::dead:beef".parse().unwrap()).unwrap());
    }
}
