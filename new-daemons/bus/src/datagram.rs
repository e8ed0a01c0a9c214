//! The packets between a daemon and the tunneld of its node, and between two daemons of one node.
//!
//! A datagram is a head (magic, version, the daemon at the near end of the tunneld, or the one that is spoken to) and
//! frames until its end. All of it is XDR. Frames that a reader does not know make it drop the rest of the datagram: both
//! ends are of one release or say so at registration. docs/tunnel.md and docs/bus.md have the layout.

mod fragment;
mod frames;

use bytes::Bytes;
use protocol::xdr::{Reader, XdrError};

use crate::FRAGMENT_MAX;
use crate::address::{Daemon, Name};
use crate::gather::{Gather, GatherWriter};

pub use fragment::Fragment;
pub use frames::{ToDaemon, ToTunnel};

/// First word of each datagram: "TCLB".
pub const MAGIC: u32 = 0x5443_4C42;

/// Version of this layout.
pub const VERSION: u32 = 2;

/// No datagram is longer: one full fragment and room for the frames around it.
pub const DATAGRAM_MAX: usize = FRAGMENT_MAX + 4096;

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
