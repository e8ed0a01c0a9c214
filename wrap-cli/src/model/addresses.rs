//! Public addresses, the interfaces they may be on, and the TCP connections to them.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use schemars::JsonSchema;
use serde::Serialize;

/// A public address, and who has it in the eyes of one node.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicAddress {
    pub(crate) ip: IpAddr,
    pub(crate) node: Option<u32>,
}

/// An interface that may carry public addresses.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Interface {
    pub(crate) name: String,
    /// Whether it has a link, as the event scripts last found it.
    pub(crate) link: bool,
    /// Public addresses on it now.
    pub(crate) references: u32,
}

impl Interface {
    /// `up` or `down`.
    pub(crate) fn state(&self) -> &'static str {
        if self.link { "up" } else { "down" }
    }
}

/// A public address with the interfaces that it may be on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Placement {
    pub(crate) address: PublicAddress,
    pub(crate) interfaces: Vec<Interface>,
    /// The name of the one that it is on.
    pub(crate) active: Option<String>,
}

/// Both ends of a TCP connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Connection {
    pub(crate) client: SocketAddr,
    /// The end with the public address.
    pub(crate) server: SocketAddr,
}

/// An address with the bits of its network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Network {
    pub(crate) ip: IpAddr,
    pub(crate) bits: u8,
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.ip, self.bits)
    }
}

impl FromStr for Network {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let parsed = text.rsplit_once('/').and_then(|(ip, bits)| Some((ip_address(ip).ok()?, number(bits)?)));
        let fits = |(ip, bits): &(IpAddr, u8)| *bits <= if ip.is_ipv4() { 32 } else { 128 };
        let (ip, bits) = parsed
            .filter(fits)
            .ok_or("write an address and the bits of its network, such as 10.0.2.132/24 or fd00::2/64")?;
        Ok(Self { ip, bits })
    }
}

/// A number without sign or blanks, which `parse` would take.
fn number(text: &str) -> Option<u8> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

/// Reads an address; IPv6 may stand in brackets, and an IPv4 address inside of an IPv6 one is an IPv4 address.
pub(crate) fn ip_address(text: &str) -> Result<IpAddr, &'static str> {
    let inner = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    let parsed: Option<IpAddr> = match inner {
        Some(inner) => inner.parse().ok().map(IpAddr::V6),
        None => text.parse().ok(),
    };
    parsed.map(|ip| ip.to_canonical()).ok_or("write one address, such as 10.0.2.132 or fd00::2")
}

/// Reads an address with its port; IPv6 has to stand in brackets.
pub(crate) fn end_point(text: &str) -> Result<SocketAddr, &'static str> {
    let parsed = text.parse().ok().filter(|end: &SocketAddr| match end {
        SocketAddr::V4(_) => true,
        // A scope means nothing on another node.
        SocketAddr::V6(end) => end.scope_id() == 0,
    });
    let end = parsed.ok_or("write an address and a port, such as 10.0.2.132:2049 or [::1]:445")?;
    Ok(SocketAddr::new(end.ip().to_canonical(), end.port()))
}

/// Reads the name of an interface: what fits the kernel's, and ctdbd's, field for it.
pub(crate) fn interface_name(text: &str) -> Result<String, &'static str> {
    let odd = |c: char| c.is_whitespace() || c.is_control() || c == '/' || c == ',';
    if text.is_empty() || text.len() > 15 || text.contains(odd) {
        return Err("write the name of one interface, of at most 15 bytes, such as eth0");
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_with_and_without_brackets() {
        for (text, shown) in [
            ("10.0.2.132", Some("10.0.2.132")),
            ("fd00::2", Some("fd00::2")),
            ("[fd00::2]", Some("fd00::2")),
            ("::ffff:10.0.2.1", Some("10.0.2.1")),
            ("[10.0.2.1]", None),
            ("10.0.2", None),
            ("10.0.2.1 ", None),
            ("fe80::1%eth0", None),
            ("", None),
        ] {
            assert_eq!(ip_address(text).ok().map(|ip| ip.to_string()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn end_points_are_read_with_ipv6_in_brackets() {
        for (text, shown) in [
            ("10.0.2.132:2049", Some("10.0.2.132:2049")),
            ("[::1]:445", Some("[::1]:445")),
            ("[::ffff:10.0.2.1]:445", Some("10.0.2.1:445")),
            ("::1:445", None),
            ("10.0.2.132", None),
            ("10.0.2.132:65536", None),
            ("[fe80::1%2]:445", None),
            (":445", None),
        ] {
            assert_eq!(end_point(text).ok().map(|end| end.to_string()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn networks_have_as_many_bits_as_their_family() {
        for (text, shown) in [
            ("10.0.2.132/24", Some("10.0.2.132/24")),
            ("fd00::2/64", Some("fd00::2/64")),
            ("10.0.2.132/33", None),
            ("fd00::2/129", None),
            ("10.0.2.132/+4", None),
            ("10.0.2.132/", None),
            ("10.0.2.132", None),
        ] {
            assert_eq!(text.parse::<Network>().ok().map(|n| n.to_string()).as_deref(), shown, "{text}");
        }
    }

    #[test]
    fn names_of_interfaces_are_those_of_the_kernel() {
        assert_eq!(interface_name("bond0.100").as_deref(), Ok("bond0.100"));
        for name in ["", "a b", "eth0,eth1", "eth/0", "a-name-that-has-16", "e\n"] {
            assert!(interface_name(name).is_err(), "{name:?}");
        }
    }
}
