//! `ctdb_sock_addr`: a union of `struct sockaddr_in` and `struct sockaddr_in6`, 28 bytes on every Linux.
//!
//! Hand-written because the layout depends on a value (the family). Ports and addresses are in network order whatever
//! the machine; family and scope are in its own. What an IPv4 address leaves unused counts as padding.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::abi::Abi;
use crate::error::Error;
use crate::wire::{Reader, Wire, Writer};

const LEN: usize = 28;
const AF_INET: u16 = 2;
const AF_INET6: u16 = 10;

/// A socket address as C nodes send it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SockAddr {
    /// `struct sockaddr_in`.
    V4(SocketAddrV4),
    /// `struct sockaddr_in6`.
    V6(SocketAddrV6),
    /// A family this program does not know; a deleted node has family 0.
    Other {
        /// The family.
        family: u16,
        /// What follows it.
        data: [u8; LEN - 2],
    },
}

impl SockAddr {
    /// The address without its port.
    #[must_use]
    pub fn ip(&self) -> Option<IpAddr> {
        match self {
            Self::V4(a) => Some(IpAddr::V4(*a.ip())),
            Self::V6(a) => Some(IpAddr::V6(*a.ip())),
            Self::Other { .. } => None,
        }
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        match self {
            Self::V4(a) => Some(a.port()),
            Self::V6(a) => Some(a.port()),
            Self::Other { .. } => None,
        }
    }
}

impl From<SocketAddr> for SockAddr {
    fn from(addr: SocketAddr) -> Self {
        match addr {
            SocketAddr::V4(a) => Self::V4(a),
            SocketAddr::V6(a) => Self::V6(a),
        }
    }
}

impl fmt::Display for SockAddr {
    /// The address without its port, as the `ctdb` tool prints nodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::V4(a) => write!(f, "{}", a.ip()),
            Self::V6(a) => write!(f, "{}", a.ip()),
            Self::Other { family, .. } => write!(f, "family-{family}"),
        }
    }
}

fn array<const N: usize>(reader: &mut Reader) -> Result<[u8; N], Error> {
    let bytes = reader.take(N)?;
    let mut out = [0; N];
    out.copy_from_slice(&bytes);
    Ok(out)
}

impl Wire for SockAddr {
    const NAME: &'static str = "SockAddr";

    fn align(_: Abi) -> usize {
        4
    }

    fn min_len(_: Abi) -> usize {
        LEN
    }

    fn get(reader: &mut Reader) -> Result<Self, Error> {
        reader.align_to(4)?;
        if reader.left() < LEN {
            return Err(Error::short(reader.left(), LEN));
        }
        Ok(match u16::get(reader)? {
            AF_INET => {
                let port = u16::from_be_bytes(array(reader)?);
                let ip = Ipv4Addr::from(array::<4>(reader)?);
                reader.take(LEN - 8)?;
                Self::V4(SocketAddrV4::new(ip, port))
            }
            AF_INET6 => {
                let port = u16::from_be_bytes(array(reader)?);
                let flow = u32::from_be_bytes(array(reader)?);
                let ip = Ipv6Addr::from(array::<16>(reader)?);
                Self::V6(SocketAddrV6::new(ip, port, flow, u32::get(reader)?))
            }
            family => Self::Other { family, data: array(reader)? },
        })
    }

    fn put(&self, writer: &mut Writer) {
        writer.align_to(4);
        match self {
            Self::V4(a) => {
                AF_INET.put(writer);
                writer.slice(&a.port().to_be_bytes());
                writer.slice(&a.ip().octets());
                writer.pad(LEN - 8);
            }
            Self::V6(a) => {
                AF_INET6.put(writer);
                writer.slice(&a.port().to_be_bytes());
                writer.slice(&a.flowinfo().to_be_bytes());
                writer.slice(&a.ip().octets());
                a.scope_id().put(writer);
            }
            Self::Other { family, data } => {
                family.put(writer);
                writer.slice(data);
            }
        }
    }
}
