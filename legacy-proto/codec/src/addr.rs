//! `ctdb_sock_addr`: a union of `struct sockaddr_in` and `struct sockaddr_in6`, 28 bytes on every Linux.
//!
//! Hand-written because the layout depends on a value (the family). Ports and addresses are in network order whatever
//! the machine; family and scope are in its own. What an IPv4 address leaves unused counts as padding.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, SocketAddrV4, SocketAddrV6};

use crate::abi::{Abi, Endian};
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

/// The `N` bytes from `AT` on.
const fn piece<const AT: usize, const N: usize>(of: &[u8; LEN]) -> [u8; N] {
    const { assert!(AT + N <= LEN) };
    let mut piece = [0; N];
    let mut at = 0;
    while at < N {
        piece[at] = of[AT + at];
        at += 1;
    }
    piece
}

impl SockAddr {
    /// Bytes of the union.
    pub(crate) const LEN: usize = LEN;

    /// From the bytes of the union.
    pub(crate) fn from_c(c: &[u8; LEN], abi: Abi) -> Self {
        let own = |bytes: [u8; 4]| match abi.endian() {
            Endian::Little => u32::from_le_bytes(bytes),
            Endian::Big => u32::from_be_bytes(bytes),
        };
        let family = match abi.endian() {
            Endian::Little => u16::from_le_bytes(piece::<0, 2>(c)),
            Endian::Big => u16::from_be_bytes(piece::<0, 2>(c)),
        };
        let port = u16::from_be_bytes(piece::<2, 2>(c));
        match family {
            AF_INET => Self::V4(SocketAddrV4::new(Ipv4Addr::from(piece::<4, 4>(c)), port)),
            AF_INET6 => {
                let (flow, ip) = (u32::from_be_bytes(piece::<4, 4>(c)), Ipv6Addr::from(piece::<8, 16>(c)));
                Self::V6(SocketAddrV6::new(ip, port, flow, own(piece::<24, 4>(c))))
            }
            family => Self::Other { family, data: piece::<2, 26>(c) },
        }
    }

    /// The bytes of the union, and how many of them say something.
    pub(crate) fn to_c(self, abi: Abi) -> ([u8; LEN], usize) {
        let own = |number: u32| match abi.endian() {
            Endian::Little => number.to_le_bytes(),
            Endian::Big => number.to_be_bytes(),
        };
        let family = |number: u16| match abi.endian() {
            Endian::Little => number.to_le_bytes(),
            Endian::Big => number.to_be_bytes(),
        };
        let mut c = [0; LEN];
        match self {
            Self::V4(a) => {
                c[..2].copy_from_slice(&family(AF_INET));
                c[2..4].copy_from_slice(&a.port().to_be_bytes());
                c[4..8].copy_from_slice(&a.ip().octets());
                (c, 8)
            }
            Self::V6(a) => {
                c[..2].copy_from_slice(&family(AF_INET6));
                c[2..4].copy_from_slice(&a.port().to_be_bytes());
                c[4..8].copy_from_slice(&a.flowinfo().to_be_bytes());
                c[8..24].copy_from_slice(&a.ip().octets());
                c[24..].copy_from_slice(&own(a.scope_id()));
                (c, LEN)
            }
            Self::Other { family: number, data } => {
                c[..2].copy_from_slice(&family(number));
                c[2..].copy_from_slice(&data);
                (c, LEN)
            }
        }
    }
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
        let abi = reader.abi();
        Ok(Self::from_c(&reader.array()?, abi))
    }

    fn put(&self, writer: &mut Writer) {
        writer.align_to(4);
        let (bytes, len) = self.to_c(writer.abi());
        writer.slice(&bytes[..len]);
        writer.pad(LEN - len);
    }
}
