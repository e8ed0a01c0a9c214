//! Packets written one behind the other into memory that is used again.

use super::{Cell, store_header};
use crate::abi::round_up;
use crate::error::{Error, Path};
use crate::packet::{HEADER_LEN, Header, MAGIC, PACKET_ALIGN, RawHeader, VERSION};

/// What can be written as a packet.
pub trait Put {
    /// Appends the packet to `out`, which stays as it was after an error: a part is too long for its length field.
    fn put(&self, header: &Header, out: &mut Out) -> Result<(), Error>;
}

/// Packets for one destination. Cleared, it keeps its memory.
#[derive(Debug, Default)]
pub struct Out {
    bytes: Vec<u8>,
}

impl Out {
    /// Appends a packet.
    #[inline]
    pub fn push(&mut self, header: &Header, body: &impl Put) -> Result<(), Error> {
        body.put(header, self)
    }

    /// The packets.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Bytes of memory that it has.
    #[must_use]
    pub fn capacity(&self) -> usize {
        self.bytes.capacity()
    }

    /// Forgets the packets.
    pub fn clear(&mut self) {
        self.bytes.clear();
    }

    /// The packets, to keep; this is empty then, and has no memory.
    #[must_use]
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.bytes)
    }

    /// Appends a packet of a head, in which the header is still empty, and parts.
    #[inline(always)]
    pub(crate) fn packet<const HEAD: usize>(
        &mut self,
        header: &Header,
        operation: u32,
        mut head: [u8; HEAD],
        parts: &[&[u8]],
    ) -> Result<(), Error> {
        let len = parts.iter().fold(HEAD, |len, part| len.saturating_add(part.len()));
        let padded = round_up(len.min(usize::MAX - PACKET_ALIGN), PACKET_ALIGN);
        let Ok(length) = u32::try_from(padded) else { return Err(too_long(len).within("packet")) };
        let Header { generation, dest, src, reqid } = *header;
        let raw =
            RawHeader { length, magic: MAGIC, version: VERSION, generation, operation, dest, src, reqid };
        debug_assert!(HEAD >= HEADER_LEN);
        store_header(&raw, &mut head);
        self.bytes.reserve(padded);
        self.bytes.extend_from_slice(&head);
        parts.iter().for_each(|part| self.bytes.extend_from_slice(part));
        self.bytes.extend_from_slice(&[0; PACKET_ALIGN][..padded - len]);
        Ok(())
    }
}

/// Writes how long a part is.
#[inline(always)]
pub(crate) fn count(part: &[u8], head: &mut [u8], at: usize) -> Result<(), Error> {
    let Ok(len) = u32::try_from(part.len()) else { return Err(too_long(part.len())) };
    len.store(head, at);
    Ok(())
}

pub(crate) fn too_long(len: usize) -> Error {
    Error::TooLong { path: Path::default(), len }
}
