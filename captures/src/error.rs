//! What can be wrong with a capture as a whole.
//!
//! A file that ends early or turns to garbage later on is no error: what was readable is returned and the damage is
//! counted ([`crate::Counts`]). Only a file without any readable beginning is refused.

/// Why a file gives no packets at all, or a packet no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The file starts with neither a pcap nor a pcapng header.
    #[error("neither a pcap nor a pcapng file")]
    NotACapture,
    /// The file is packed, in this way.
    #[error("packed with {0}; unpack it first")]
    Packed(&'static str),
    /// A packet is too long for a record.
    #[error("a packet of {0} bytes does not fit a record")]
    TooLong(usize),
}
