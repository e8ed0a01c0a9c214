//! What two tunnelds say to each other: the payload of a `CTDB_SRVID_TUNNEL_NEW_PROTOCOL` message.
//!
//! ctdbd hides the sender's node and anybody may send to a srvid, so the head carries a magic word, the nodes and both
//! boot ids. Frames follow until the end. All of it is XDR. Nothing from an envelope is used as a size of memory.

use bus::datagram::{Fragment, emit_daemon, take_daemon};
use bus::{Daemon, Failure, GatherWriter, Node};
use bytes::Bytes;
use protocol::xdr::{Reader, XdrError};

/// First word of each envelope: "TCLO".
pub const MAGIC: u32 = 0x5443_4C4F;

/// Version of this layout.
pub const VERSION: u32 = 1;

/// Version of the same with a seal behind the frames ([`crate::seal`]).
pub const SEALED: u32 = 2;

/// Bytes before the first frame.
pub const HEAD_LEN: usize = 32;

/// Bytes of a [`Frame::Data`] besides its data and padding.
pub const DATA_OVERHEAD: usize = 28;

/// Bytes of a [`Frame::Open`], at most.
pub const OPEN_MAX: usize = 56;

/// Who speaks, to whom, and in which lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Head {
    /// Node of the sender.
    pub from: Node,
    /// Node of the receiver.
    pub to: Node,
    /// Boot id of the sending tunneld.
    pub from_boot: u64,
    /// Boot id of the receiving tunneld as the sender knows it; 0 while it does not.
    pub to_boot: u64,
}

/// Number of a channel, unique for a sender's boot and receiver, rising.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Channel(pub u32);

/// Position of a fragment in its channel, from 0.
pub type Seq = u64;

/// One statement. Only the two greetings are heeded when the boot ids do not fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Frame {
    /// Answer me. The stamp comes back.
    Hello {
        /// The sender's clock.
        stamp: u64,
    },
    /// The answer to a [`Frame::Hello`].
    HelloAnswer {
        /// The asker's clock.
        stamp: u64,
    },
    /// Whose channel this is. Goes before each fragment until the receiver has answered.
    Open {
        /// The channel.
        channel: Channel,
        /// The sending daemon.
        from: Daemon,
        /// The receiving daemon.
        to: Daemon,
    },
    /// A fragment.
    Data {
        /// Its channel.
        channel: Channel,
        /// Its position.
        seq: Seq,
        /// The fragment.
        fragment: Fragment,
    },
    /// What has come of a channel.
    Ack {
        /// The channel.
        channel: Channel,
        /// All before this one were taken by the daemon.
        delivered: Seq,
        /// All before this one were received.
        received: Seq,
        /// What may be under way from `delivered` on, in charges.
        window: u32,
    },
    /// Tell me what has come of this channel.
    Ask {
        /// The channel.
        channel: Channel,
    },
    /// The channel has ended at the receiver.
    Reset {
        /// The channel.
        channel: Channel,
        /// All before this one were delivered, none from it on. Absent when the receiver does not know.
        next: Option<Seq>,
        /// Why it ended.
        reason: Failure,
    },
    /// The sender will not use the channel again.
    Close {
        /// The channel.
        channel: Channel,
    },
}

mod kind {
    pub(super) const HELLO: u32 = 1;
    pub(super) const HELLO_ANSWER: u32 = 2;
    pub(super) const OPEN: u32 = 3;
    pub(super) const DATA: u32 = 4;
    pub(super) const ACK: u32 = 5;
    pub(super) const ASK: u32 = 6;
    pub(super) const RESET: u32 = 7;
    pub(super) const CLOSE: u32 = 8;
}

impl Frame {
    /// Appends the frame.
    pub fn emit(&self, g: &mut GatherWriter) {
        match self {
            Self::Hello { stamp } => {
                g.xdr().u32(kind::HELLO);
                g.xdr().u64(*stamp);
            }
            Self::HelloAnswer { stamp } => {
                g.xdr().u32(kind::HELLO_ANSWER);
                g.xdr().u64(*stamp);
            }
            Self::Open { channel, from, to } => {
                g.xdr().u32(kind::OPEN);
                g.xdr().u32(channel.0);
                emit_daemon(g, *from);
                emit_daemon(g, *to);
            }
            Self::Data { channel, seq, fragment } => {
                g.xdr().u32(kind::DATA);
                g.xdr().u32(channel.0);
                g.xdr().u64(*seq);
                fragment.emit(g);
            }
            Self::Ack { channel, delivered, received, window } => {
                g.xdr().u32(kind::ACK);
                g.xdr().u32(channel.0);
                g.xdr().u64(*delivered);
                g.xdr().u64(*received);
                g.xdr().u32(*window);
            }
            Self::Ask { channel } => {
                g.xdr().u32(kind::ASK);
                g.xdr().u32(channel.0);
            }
            Self::Reset { channel, next, reason } => {
                g.xdr().u32(kind::RESET);
                g.xdr().u32(channel.0);
                g.xdr().bool(next.is_some());
                if let Some(next) = next {
                    g.xdr().u64(*next);
                }
                g.xdr().u32(reason.code());
            }
            Self::Close { channel } => {
                g.xdr().u32(kind::CLOSE);
                g.xdr().u32(channel.0);
            }
        }
    }

    /// Reads one frame; data is a slice of the packet.
    pub fn take(r: &mut Reader) -> Result<Self, XdrError> {
        let kind = r.u32("kind")?;
        match kind {
            kind::HELLO => return Ok(Self::Hello { stamp: r.u64("stamp")? }),
            kind::HELLO_ANSWER => return Ok(Self::HelloAnswer { stamp: r.u64("stamp")? }),
            _ => {}
        }
        let channel = Channel(r.u32("channel")?);
        Ok(match kind {
            kind::OPEN => Self::Open { channel, from: take_daemon(r)?, to: take_daemon(r)? },
            kind::DATA => Self::Data { channel, seq: r.u64("seq")?, fragment: Fragment::take(r)? },
            kind::ACK => Self::Ack {
                channel,
                delivered: r.u64("delivered")?,
                received: r.u64("received")?,
                window: r.u32("window")?,
            },
            kind::ASK => Self::Ask { channel },
            kind::RESET => {
                let next = if r.bool("known")? { Some(r.u64("next")?) } else { None };
                match r.u32("reason")? {
                    0 => return Err(XdrError::Value { what: "reason", value: 0 }),
                    code => Self::Reset { channel, next, reason: Failure::from_code(code) },
                }
            }
            kind::CLOSE => Self::Close { channel },
            value => return Err(XdrError::Value { what: "kind", value: value.into() }),
        })
    }
}

/// Starts an envelope without a seal.
#[must_use]
pub fn begin(head: Head) -> GatherWriter {
    begin_as(VERSION, head)
}

/// Starts an envelope of this version.
pub(crate) fn begin_as(version: u32, head: Head) -> GatherWriter {
    let mut g = GatherWriter::default();
    g.xdr().u32(MAGIC);
    g.xdr().u32(version);
    g.xdr().u32(head.from.0);
    g.xdr().u32(head.to.0);
    g.xdr().u64(head.from_boot);
    g.xdr().u64(head.to_boot);
    g
}

/// Reads the head of an envelope without a seal; the reader stands at the first frame.
pub fn open(bytes: Bytes) -> Result<(Head, Reader), XdrError> {
    match open_any(bytes)? {
        (VERSION, head, frames) => Ok((head, frames)),
        (version, ..) => Err(XdrError::Value { what: "version", value: version.into() }),
    }
}

/// Reads the head of an envelope of any known version, and says which.
pub(crate) fn open_any(bytes: Bytes) -> Result<(u32, Head, Reader), XdrError> {
    let mut r = Reader::new(bytes);
    let magic = r.u32("magic")?;
    if magic != MAGIC {
        return Err(XdrError::Value { what: "magic", value: magic.into() });
    }
    let version = r.u32("version")?;
    if version != VERSION && version != SEALED {
        return Err(XdrError::Value { what: "version", value: version.into() });
    }
    let head = Head {
        from: Node(r.u32("from")?),
        to: Node(r.u32("to")?),
        from_boot: r.u64("from boot")?,
        to_boot: r.u64("to boot")?,
    };
    if head.from_boot == 0 {
        return Err(XdrError::Value { what: "from boot", value: 0 });
    }
    Ok((version, head, r))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const HEAD: Head = Head { from: Node(1), to: Node(2), from_boot: 3, to_boot: 4 };

    fn samples(data: Bytes) -> Vec<Frame> {
        let total = u32::try_from(data.len()).unwrap();
        let channel = Channel(7);
        let daemon = |n: &str| Daemon { name: n.parse().unwrap(), instance: 9 };
        vec![
            Frame::Hello { stamp: 1 },
            Frame::HelloAnswer { stamp: 2 },
            Frame::Open { channel, from: daemon("a"), to: daemon("fifteen-letters") },
            Frame::Data { channel, seq: 3, fragment: Fragment { total, offset: 0, data } },
            Frame::Ack { channel, delivered: 4, received: 5, window: 6 },
            Frame::Ask { channel },
            Frame::Reset { channel, next: None, reason: Failure::NoSuchDaemon },
            Frame::Reset { channel, next: Some(8), reason: Failure::Unknown(99) },
            Frame::Close { channel },
        ]
    }

    fn read(bytes: Bytes) -> Result<Vec<Frame>, XdrError> {
        let (_, mut r) = open(bytes)?;
        let mut frames = Vec::new();
        while !r.is_empty() {
            frames.push(Frame::take(&mut r)?);
        }
        Ok(frames)
    }

    fn write(frames: &[Frame]) -> Bytes {
        let mut g = begin(HEAD);
        frames.iter().for_each(|f| f.emit(&mut g));
        g.finish().into_bytes()
    }

    #[test]
    fn the_overheads_are_what_the_writer_writes() {
        assert_eq!(write(&[]).len(), HEAD_LEN);
        for frame in samples(Bytes::new()) {
            let len = write(std::slice::from_ref(&frame)).len() - HEAD_LEN;
            match frame {
                Frame::Data { .. } => assert_eq!(len, DATA_OVERHEAD),
                Frame::Open { .. } => assert!(len <= OPEN_MAX),
                _ => {}
            }
        }
    }

    #[test]
    fn every_cut_inside_a_frame_is_noticed() {
        for frame in samples(Bytes::from_static(b"abcde")) {
            let whole = write(std::slice::from_ref(&frame));
            for cut in (0..whole.len()).filter(|cut| *cut != HEAD_LEN) {
                assert!(read(whole.slice(..cut)).is_err(), "{frame:?} cut at {cut}");
            }
        }
    }

    proptest! {
        #[test]
        fn envelopes_survive_the_wire(data in proptest::collection::vec(any::<u8>(), 0..9000)) {
            let frames = samples(Bytes::from(data));
            prop_assert_eq!(read(write(&frames)).unwrap(), frames);
        }

        #[test]
        fn any_bytes_are_read_without_a_panic(data in proptest::collection::vec(any::<u8>(), 0..300), at in any::<usize>(), byte in any::<u8>()) {
            let mut good = write(&samples(Bytes::from(data.clone()))).to_vec();
            let n = good.len();
            good[at % n] = byte;
            let _ = read(Bytes::from(good));
            let _ = read(Bytes::from(data));
        }
    }
}
