//! Addresses in words, as `ctdb_sock_addr_from_string` reads and `ctdb_sock_addr_to_string` writes them.
//!
//! IPv6 may stand in brackets; an IPv4 address inside an IPv6 one (`::ffff:192.0.2.1`) counts as IPv4. Ports, where they
//! belong to the word, stand behind the last colon. What cannot be written (a family nobody knows) comes out as C's
//! `printf` has it: `(null)`.

use std::cmp::Ordering;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use legacy_codec::SockAddr;

use crate::numbers::{low32, unsigned_alone};

/// Longer words are refused.
const LONGEST: usize = 64;

fn v4(text: &[u8], port: u16) -> Option<SockAddr> {
    let ip: Ipv4Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
    Some(SockAddr::V4(SocketAddrV4::new(ip, port)))
}

fn ip(text: &[u8], port: u16) -> Option<SockAddr> {
    if !text.contains(&b':') {
        return v4(text, port);
    }
    if text.len() >= LONGEST {
        return None;
    }
    let text = text.strip_prefix(b"[").and_then(|rest| rest.strip_suffix(b"]")).unwrap_or(text);
    let ip: Ipv6Addr = std::str::from_utf8(text).ok()?.parse().ok()?;
    if ip.to_ipv4_mapped().is_some() {
        // C quirk: the last part is read again, so that only the dotted form is understood.
        return v4(text.rsplit(|byte| *byte == b':').next()?, port);
    }
    Some(SockAddr::V6(SocketAddrV6::new(ip, port, 0, 0)))
}

/// An address alone.
pub(crate) fn parse(text: &[u8]) -> Option<SockAddr> {
    ip(text, 0)
}

/// What stands before and behind the last `mark`, which has to be a number.
fn with_number(text: &[u8], mark: u8) -> Option<(&[u8], u32)> {
    if text.len() >= LONGEST {
        return None;
    }
    let at = text.iter().rposition(|byte| *byte == mark)?;
    let number = unsigned_alone(text.get(at + 1..)?, 10).ok()?;
    Some((text.get(..at)?, low32(number)))
}

/// The port as C keeps it: the lower 16 bits.
fn port(number: u32) -> u16 {
    u16::try_from(number & u32::from(u16::MAX)).unwrap_or_default()
}

/// An address with a port behind the last colon.
pub(crate) fn parse_with_port(text: &[u8]) -> Option<SockAddr> {
    let (address, number) = with_number(text, b':')?;
    ip(address, port(number))
}

/// An address with the bits of its network behind the last slash.
pub(crate) fn parse_with_mask(text: &[u8]) -> Option<(SockAddr, u32)> {
    let (address, bits) = with_number(text, b'/')?;
    Some((ip(address, 0)?, bits))
}

/// The same address with another port.
pub(crate) fn with_port(addr: SockAddr, number: u32) -> SockAddr {
    match addr {
        SockAddr::V4(a) => SocketAddr::V4(SocketAddrV4::new(*a.ip(), port(number))).into(),
        SockAddr::V6(a) => {
            SocketAddr::V6(SocketAddrV6::new(*a.ip(), port(number), a.flowinfo(), a.scope_id())).into()
        }
        other => other,
    }
}

fn v6_text(ip: &Ipv6Addr) -> String {
    match ip.segments() {
        // inet_ntop writes an IPv4 address behind six empty words as such; Rust only does so for mapped ones.
        [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
            let [.., a, b, c, d] = ip.octets();
            format!("::{a}.{b}.{c}.{d}")
        }
        _ => ip.to_string(),
    }
}

/// The address without its port.
pub(crate) fn text(addr: &SockAddr) -> String {
    match addr {
        SockAddr::V4(a) => a.ip().to_string(),
        SockAddr::V6(a) => v6_text(a.ip()),
        SockAddr::Other { .. } => "(null)".to_owned(),
    }
}

/// The address with its port.
pub(crate) fn text_with_port(addr: &SockAddr) -> String {
    match addr {
        SockAddr::V4(a) => a.to_string(),
        SockAddr::V6(a) => format!("[{}]:{}", v6_text(a.ip()), a.port()),
        SockAddr::Other { .. } => "(null)".to_owned(),
    }
}

/// Whether both have the same family and address.
pub(crate) fn same_ip(a: &SockAddr, b: &SockAddr) -> bool {
    match (a, b) {
        (SockAddr::Other { .. }, _) => false,
        _ => a.ip() == b.ip(),
    }
}

/// The order in which C sorts addresses: IPv4 first, then by address, then by port.
pub(crate) fn order(a: &SockAddr, b: &SockAddr) -> Ordering {
    // C quirk: ports are compared as they lie in memory.
    let key = |addr: &SockAddr| match addr {
        SockAddr::V4(a) => (2, a.ip().octets().to_vec(), a.port().swap_bytes()),
        SockAddr::V6(a) => (10, a.ip().octets().to_vec(), a.port().swap_bytes()),
        SockAddr::Other { family, .. } => (*family, Vec::new(), 0),
    };
    key(a).cmp(&key(b))
}

/// Whether the address is one of this machine: whether a socket can be bound to it.
pub(crate) fn is_here(addr: &SockAddr) -> bool {
    let addr = match addr {
        SockAddr::V4(a) => SocketAddr::V4(SocketAddrV4::new(*a.ip(), 0)),
        SockAddr::V6(a) => SocketAddr::V6(SocketAddrV6::new(*a.ip(), 0, 0, a.scope_id())),
        SockAddr::Other { .. } => return false,
    };
    // std sets SO_REUSEADDR before it binds and listens afterwards; with port 0 neither makes a difference.
    std::net::TcpListener::bind(addr).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Option<String> {
        parse(text.as_bytes()).map(|addr| super::text(&addr))
    }

    #[test]
    fn addresses_are_understood_and_written_as_c_does() {
        for (word, want) in [
            ("10.0.0.1", Some("10.0.0.1")),
            ("010.0.0.1", None),
            ("10.0.0", None),
            ("fe80::0:1", Some("fe80::1")),
            ("[::1]", Some("::1")),
            ("::ffff:192.0.2.1", Some("192.0.2.1")),
            ("::ffff:c000:201", None),
            ("::1.2.3.4", Some("::1.2.3.4")),
            ("::1:2", Some("::0.1.0.2")),
            ("", None),
        ] {
            assert_eq!(shown(word).as_deref(), want, "{word}");
        }
    }

    #[test]
    fn ports_and_masks_stand_behind_the_last_mark() {
        let shown = |word: &str| parse_with_port(word.as_bytes()).map(|a| text_with_port(&a));
        assert_eq!(shown("1.2.3.4:445").as_deref(), Some("1.2.3.4:445"));
        assert_eq!(shown("[::1]:445").as_deref(), Some("[::1]:445"));
        assert_eq!(shown("1.2.3.4:65537").as_deref(), Some("1.2.3.4:1"));
        assert_eq!((shown("1.2.3.4"), shown("1.2.3.4:"), shown("1.2.3.4:1x")), (None, None, None));
        let (addr, bits) = parse_with_mask(b"1.2.3.4/24").unwrap();
        assert_eq!((text(&addr), bits), ("1.2.3.4".to_owned(), 24));
        assert_eq!(parse_with_mask(b"1.2.3.4"), None);
    }

    #[test]
    fn a_family_that_nobody_knows_is_what_printf_makes_of_null() {
        let other = SockAddr::Other { family: 0, data: [0; 26] };
        assert_eq!((text(&other), text_with_port(&other)), ("(null)".into(), "(null)".into()));
        assert!(!same_ip(&other, &other));
    }

    #[test]
    fn loopback_is_here_and_documentation_is_not() {
        assert!(is_here(&parse(b"127.3.2.1").unwrap()));
        assert!(!is_here(&parse(b"192.0.2.1").unwrap()));
    }
}
