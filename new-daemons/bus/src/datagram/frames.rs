//! The frames of both directions: what a daemon says to its tunneld, and what a daemon is told.

use protocol::xdr::{Reader, XdrError};

use super::{Fragment, Frame, emit_daemon, take_daemon};
use crate::MESSAGE_MAX;
use crate::address::{Address, Daemon, Node};
use crate::failure::{Failure, Undelivered};
use crate::gather::GatherWriter;

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
