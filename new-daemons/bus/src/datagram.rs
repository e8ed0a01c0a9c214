//! The packets between a daemon and the tunneld of its node, and between two daemons of one node.
//!
//! A datagram is a head (magic, version, the daemon at the near end of the tunneld, or the one that is spoken to) and
//! frames until its end. All of it is XDR. Frames that a reader does not know make it drop the rest of the datagram: both
//! ends are of one release or say so at registration. docs/tunnel.md and docs/bus.md have the layout.

use bytes::Bytes;
use protocol::xdr::{Reader, XdrError};

use crate::address::{Address, Daemon, Name, Node};
use crate::failure::{Failure, Undelivered};
use crate::gather::{Gather, GatherWriter};
use crate::{FRAGMENT_MAX, MESSAGE_MAX};

/// First word of each datagram: "TCLB".
pub const MAGIC: u32 = 0x5443_4C42;

/// Version of this layout.
pub const VERSION: u32 = 2;

/// No datagram is longer: one full fragment and room for the frames around it.
pub const DATAGRAM_MAX: usize = FRAGMENT_MAX + 4096;

/// A piece of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fragment {
    /// Length of the whole message.
    pub total: u32,
    /// Where this piece begins.
    pub offset: u32,
    /// The piece.
    pub data: Bytes,
}

impl Fragment {
    /// True for the first piece of a message.
    #[must_use]
    pub const fn is_first(&self) -> bool {
        self.offset == 0
    }

    /// True for the last piece of a message.
    #[must_use]
    pub fn is_last(&self) -> bool {
        self.end() == self.total
    }

    /// Where the next piece begins.
    #[must_use]
    pub fn end(&self) -> u32 {
        self.offset.saturating_add(u32::try_from(self.data.len()).unwrap_or(u32::MAX))
    }

    /// Writes total, offset and data.
    pub fn emit(&self, g: &mut GatherWriter) {
        g.xdr().u32(self.total);
        g.xdr().u32(self.offset);
        g.opaque(&self.data);
    }

    /// Reads and checks total, offset and data: a piece lies within its message, and only an empty message has an
    /// empty piece.
    pub fn take(r: &mut Reader) -> Result<Self, XdrError> {
        let total = r.u32("total")?;
        if usize::try_from(total).unwrap_or(usize::MAX) > MESSAGE_MAX {
            return Err(XdrError::TooLong { what: "message", len: total, max: MESSAGE_MAX });
        }
        let offset = r.u32("offset")?;
        let data = r.opaque("fragment", FRAGMENT_MAX)?;
        let len = u32::try_from(data.len()).unwrap_or(u32::MAX);
        let fits = offset.checked_add(len).is_some_and(|end| end <= total);
        if !fits || (len == 0 && total != 0) {
            return Err(XdrError::Value { what: "offset", value: offset.into() });
        }
        Ok(Self { total, offset, data })
    }
}

/// What a daemon says to its tunneld.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToTunnel {
    /// I am here, and listen at the socket that bears my name. Repeated until answered.
    Register {
        /// Differs from one run of the daemon to the next.
        incarnation: u64,
    },
    /// I am leaving.
    Deregister,
    /// Carry this.
    Send {
        /// Comes back in [`ToDaemon::Accepted`] and [`ToDaemon::Completed`]; the same for all pieces of a message.
        token: u64,
        /// For whom.
        to: Address,
        /// The piece of the message, and where it belongs.
        fragment: Fragment,
    },
}

/// What a tunneld, or a neighbour, says to a daemon of its node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ToDaemon {
    /// Registration was taken.
    Registered {
        /// The registration that is meant.
        incarnation: u64,
        /// Identity of this run of the tunneld.
        boot: u64,
        /// This node, once ctdbd has told it.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// Registration was not taken. The daemon may try again.
    Refused {
        /// The registration that is meant.
        incarnation: u64,
        /// Why it was not taken.
        reason: Failure,
    },
    /// A piece of a message for you.
    Deliver {
        /// From whom, on another node; the tunneld itself is at [`Node::LOCAL`].
        from: Address,
        /// The same for all pieces of a message.
        message: u64,
        /// The piece of the message, and where it belongs.
        fragment: Fragment,
    },
    /// The receiver has taken the message up to this byte: there is room in the window again.
    Accepted {
        /// Of [`ToTunnel::Send`].
        token: u64,
        /// Bytes from the start of the message.
        upto: u32,
    },
    /// The end of a message's way.
    Completed {
        /// Of [`ToTunnel::Send`].
        token: u64,
        /// Delivered, or why not.
        result: Result<(), Undelivered>,
    },
    /// I am alive. Sent each second to who hears nothing else; nobody answers it.
    Alive,
    /// You are not registered, whatever you think: begin anew.
    Forgotten,
    /// The connection to ctdbd came or went.
    Link {
        /// This node, once known.
        node: Option<Node>,
        /// Whether other nodes can be reached now.
        attached: bool,
    },
    /// A piece of a message of a daemon of this node, said by that daemon itself.
    Direct {
        /// Who speaks.
        from: Daemon,
        /// The same for all pieces of a message.
        message: u64,
        /// The piece of the message, and where it belongs.
        fragment: Fragment,
    },
    /// A message of a daemon of this node whose body is the file that comes with the datagram.
    Passed {
        /// Who speaks.
        from: Daemon,
        /// Bytes of the body.
        len: u32,
    },
}

mod kind {
    pub(super) const REGISTER: u32 = 1;
    pub(super) const DEREGISTER: u32 = 2;
    pub(super) const SEND: u32 = 3;
    pub(super) const REGISTERED: u32 = 16;
    pub(super) const DELIVER: u32 = 17;
    pub(super) const ACCEPTED: u32 = 18;
    pub(super) const COMPLETED: u32 = 19;
    pub(super) const ALIVE: u32 = 20;
    pub(super) const LINK: u32 = 21;
    pub(super) const FORGOTTEN: u32 = 22;
    pub(super) const REFUSED: u32 = 23;
    pub(super) const DIRECT: u32 = 32;
    pub(super) const PASSED: u32 = 33;
}

/// A frame of one direction.
pub trait Frame: Sized {
    /// Appends the frame.
    fn emit(&self, g: &mut GatherWriter);
    /// Reads one frame.
    fn take(r: &mut Reader) -> Result<Self, XdrError>;
}

/// Writes name and instance.
pub fn emit_daemon(g: &mut GatherWriter, daemon: Daemon) {
    g.xdr().opaque(daemon.name.as_bytes());
    g.xdr().u32(daemon.instance);
}

/// Reads name and instance.
pub fn take_daemon(r: &mut Reader) -> Result<Daemon, XdrError> {
    let name = r.opaque_ref("name", Name::MAX)?;
    let name = Name::from_bytes(name).map_err(|_| XdrError::Value { what: "name", value: 0 })?;
    Ok(Daemon { name, instance: r.u32("instance")? })
}

fn emit_address(g: &mut GatherWriter, a: Address) {
    g.xdr().u32(a.node.0);
    emit_daemon(g, a.daemon);
}

fn take_address(r: &mut Reader) -> Result<Address, XdrError> {
    Ok(Address { node: Node(r.u32("node")?), daemon: take_daemon(r)? })
}

fn emit_link(g: &mut GatherWriter, node: Option<Node>, attached: bool) {
    g.xdr().u32(node.unwrap_or(Node::LOCAL).0);
    g.xdr().bool(attached);
}

fn take_link(r: &mut Reader) -> Result<(Option<Node>, bool), XdrError> {
    let node = Node(r.u32("node")?);
    Ok(((node != Node::LOCAL).then_some(node), r.bool("attached")?))
}

impl Frame for ToTunnel {
    fn emit(&self, g: &mut GatherWriter) {
        match self {
            Self::Register { incarnation } => {
                g.xdr().u32(kind::REGISTER);
                g.xdr().u64(*incarnation);
            }
            Self::Deregister => g.xdr().u32(kind::DEREGISTER),
            Self::Send { token, to, fragment } => {
                g.xdr().u32(kind::SEND);
                g.xdr().u64(*token);
                emit_address(g, *to);
                fragment.emit(g);
            }
        }
    }

    fn take(r: &mut Reader) -> Result<Self, XdrError> {
        match r.u32("kind")? {
            kind::REGISTER => Ok(Self::Register { incarnation: r.u64("incarnation")? }),
            kind::DEREGISTER => Ok(Self::Deregister),
            kind::SEND => {
                Ok(Self::Send { token: r.u64("token")?, to: take_address(r)?, fragment: Fragment::take(r)? })
            }
            value => Err(XdrError::Value { what: "kind", value: value.into() }),
        }
    }
}

impl Frame for ToDaemon {
    fn emit(&self, g: &mut GatherWriter) {
        match self {
            Self::Registered { incarnation, boot, node, attached } => {
                g.xdr().u32(kind::REGISTERED);
                g.xdr().u64(*incarnation);
                g.xdr().u64(*boot);
                emit_link(g, *node, *attached);
            }
            Self::Refused { incarnation, reason } => {
                g.xdr().u32(kind::REFUSED);
                g.xdr().u64(*incarnation);
                g.xdr().u32(reason.code());
            }
            Self::Deliver { from, message, fragment } => {
                g.xdr().u32(kind::DELIVER);
                emit_address(g, *from);
                g.xdr().u64(*message);
                fragment.emit(g);
            }
            Self::Accepted { token, upto } => {
                g.xdr().u32(kind::ACCEPTED);
                g.xdr().u64(*token);
                g.xdr().u32(*upto);
            }
            Self::Completed { token, result } => {
                g.xdr().u32(kind::COMPLETED);
                g.xdr().u64(*token);
                g.xdr().u32(result.map_or_else(|e| e.reason.code().max(1), |()| 0));
                g.xdr().bool(result.is_err_and(|e| e.in_doubt));
            }
            Self::Alive => g.xdr().u32(kind::ALIVE),
            Self::Forgotten => g.xdr().u32(kind::FORGOTTEN),
            Self::Link { node, attached } => {
                g.xdr().u32(kind::LINK);
                emit_link(g, *node, *attached);
            }
            Self::Direct { from, message, fragment } => {
                g.xdr().u32(kind::DIRECT);
                emit_daemon(g, *from);
                g.xdr().u64(*message);
                fragment.emit(g);
            }
            Self::Passed { from, len } => {
                g.xdr().u32(kind::PASSED);
                emit_daemon(g, *from);
                g.xdr().u32(*len);
            }
        }
    }

    fn take(r: &mut Reader) -> Result<Self, XdrError> {
        match r.u32("kind")? {
            kind::REGISTERED => {
                let (incarnation, boot) = (r.u64("incarnation")?, r.u64("boot")?);
                let (node, attached) = take_link(r)?;
                Ok(Self::Registered { incarnation, boot, node, attached })
            }
            kind::REFUSED => {
                let incarnation = r.u64("incarnation")?;
                match r.u32("reason")? {
                    0 => Err(XdrError::Value { what: "reason", value: 0 }),
                    code => Ok(Self::Refused { incarnation, reason: Failure::from_code(code) }),
                }
            }
            kind::DELIVER => Ok(Self::Deliver {
                from: take_address(r)?,
                message: r.u64("message")?,
                fragment: Fragment::take(r)?,
            }),
            kind::ACCEPTED => Ok(Self::Accepted { token: r.u64("token")?, upto: r.u32("upto")? }),
            kind::COMPLETED => {
                let token = r.u64("token")?;
                let code = r.u32("reason")?;
                let in_doubt = r.bool("in doubt")?;
                let result = match code {
                    0 => Ok(()),
                    code => Err(Undelivered { reason: Failure::from_code(code), in_doubt }),
                };
                Ok(Self::Completed { token, result })
            }
            kind::ALIVE => Ok(Self::Alive),
            kind::FORGOTTEN => Ok(Self::Forgotten),
            kind::LINK => {
                let (node, attached) = take_link(r)?;
                Ok(Self::Link { node, attached })
            }
            kind::DIRECT => Ok(Self::Direct {
                from: take_daemon(r)?,
                message: r.u64("message")?,
                fragment: Fragment::take(r)?,
            }),
            kind::PASSED => {
                let (from, len) = (take_daemon(r)?, r.u32("length")?);
                let fits = usize::try_from(len).is_ok_and(|len| len <= MESSAGE_MAX);
                fits.then_some(Self::Passed { from, len })
                    .ok_or(XdrError::Value { what: "length", value: len.into() })
            }
            value => Err(XdrError::Value { what: "kind", value: value.into() }),
        }
    }
}

/// Memory that a datagram with one small message needs.
const ROOM: usize = 256;

/// Starts a datagram from, or for, `daemon`.
#[must_use]
pub fn begin(daemon: Daemon) -> GatherWriter {
    let mut g = GatherWriter::with_room(ROOM);
    g.xdr().u32(MAGIC);
    g.xdr().u32(VERSION);
    emit_daemon(&mut g, daemon);
    g
}

/// A whole datagram of some frames.
#[must_use]
pub fn encode<F: Frame>(daemon: Daemon, frames: &[F]) -> Gather {
    let mut g = begin(daemon);
    for frame in frames {
        frame.emit(&mut g);
    }
    g.finish()
}

/// Reads the head of a datagram: the daemon at the near end, and a reader that stands at the first frame.
pub fn open(bytes: Bytes) -> Result<(Daemon, Reader), XdrError> {
    let mut r = Reader::new(bytes);
    let magic = r.u32("magic")?;
    if magic != MAGIC {
        return Err(XdrError::Value { what: "magic", value: magic.into() });
    }
    let version = r.u32("version")?;
    if version != VERSION {
        return Err(XdrError::Value { what: "version", value: version.into() });
    }
    let daemon = take_daemon(&mut r)?;
    Ok((daemon, r))
}

/// How long the file must be that came with a datagram; nothing when none belongs to it. Such a datagram says nothing
/// else.
#[must_use]
pub fn passed_len(datagram: &Bytes) -> Option<usize> {
    let (_, mut frames) = open(datagram.clone()).ok()?;
    match ToDaemon::take(&mut frames) {
        Ok(ToDaemon::Passed { len, .. }) if frames.is_empty() => usize::try_from(len).ok(),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
