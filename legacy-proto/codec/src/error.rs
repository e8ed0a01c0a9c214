//! What can be wrong with bytes, and where in the struct it was seen.
//!
//! Every variant is the fault of the sender except [`Error::TooLong`] and [`Error::OutOfRange`], which are ours while
//! encoding, and [`Error::Refused`], which is an ordinary answer. Framing has its own errors in `frame.rs`.

use std::fmt;

/// Where in a value an error was seen: `NodeMap.nodes[3].flags`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(&'static str),
    Index(usize),
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().rev().enumerate() {
            match step {
                Step::Name(name) if i == 0 => write!(f, "{name}")?,
                Step::Name(name) => write!(f, ".{name}")?,
                Step::Index(at) => write!(f, "[{at}]")?,
            }
        }
        Ok(())
    }
}

/// Why bytes could not be decoded, or a value not be encoded.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end inside a member.
    #[error("{path}: {left} bytes left, {needed} needed")]
    Short {
        /// The member.
        path: Path,
        /// Bytes that were there.
        left: usize,
        /// Bytes that the member needs at least.
        needed: usize,
    },
    /// Bytes follow the value.
    #[error("{path}: {left} bytes follow the value")]
    Trailing {
        /// The value.
        path: Path,
        /// Bytes that follow.
        left: usize,
    },
    /// A text without the NUL that has to end it.
    #[error("{path}: no NUL behind the text")]
    Unterminated {
        /// The text.
        path: Path,
    },
    /// A record's own length is not the sum of its parts.
    #[error("{path}: {stated} bytes stated, {parts} in the parts")]
    RecordLength {
        /// The record.
        path: Path,
        /// Length in the record.
        stated: u32,
        /// Bytes of header, key and data.
        parts: u64,
    },
    /// A value has more items or bytes than its length field can say.
    #[error("{path}: {len} items do not fit a 32-bit length")]
    TooLong {
        /// The list.
        path: Path,
        /// Its length.
        len: usize,
    },
    /// A number does not fit the machine type of the peer.
    #[error("{path}: {value} does not fit this machine type")]
    OutOfRange {
        /// The member.
        path: Path,
        /// The number.
        value: i64,
    },
    /// The length in the packet's header is not that of the packet.
    #[error("packet of {actual} bytes says that it has {stated}")]
    PacketLength {
        /// Length in the header.
        stated: u32,
        /// Bytes that were there.
        actual: usize,
    },
    /// The daemon answered a control with a failure.
    #[error("{control} failed with status {status}")]
    Refused {
        /// C name of the control.
        control: &'static str,
        /// Status word of the reply.
        status: i32,
    },
}

impl Error {
    pub(crate) fn short(left: usize, needed: usize) -> Self {
        Self::Short { path: Path::default(), left, needed }
    }

    pub(crate) fn unterminated() -> Self {
        Self::Unterminated { path: Path::default() }
    }

    pub(crate) fn record_length(stated: u32, parts: u64) -> Self {
        Self::RecordLength { path: Path::default(), stated, parts }
    }

    fn step(mut self, step: Step) -> Self {
        match &mut self {
            Self::Short { path, .. }
            | Self::Trailing { path, .. }
            | Self::Unterminated { path }
            | Self::RecordLength { path, .. }
            | Self::TooLong { path, .. }
            | Self::OutOfRange { path, .. } => path.0.push(step),
            Self::PacketLength { .. } | Self::Refused { .. } => {}
        }
        self
    }

    pub(crate) fn within(self, name: &'static str) -> Self {
        self.step(Step::Name(name))
    }

    pub(crate) fn at(self, index: usize) -> Self {
        self.step(Step::Index(index))
    }
}
