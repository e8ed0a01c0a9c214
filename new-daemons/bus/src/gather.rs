//! A datagram in pieces, so that a large payload is handed to the kernel from where it lies.

use bytes::{Bytes, BytesMut};
use protocol::xdr::{Writer, padding};

/// Payloads of at least this size get a piece of their own; smaller ones are copied.
const OWN_PIECE: usize = 4096;

/// The pieces of one packet, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gather {
    parts: Vec<Bytes>,
}

impl Gather {
    /// The pieces.
    #[must_use]
    pub fn parts(&self) -> &[Bytes] {
        &self.parts
    }

    /// The pieces, to keep.
    #[must_use]
    pub fn into_parts(self) -> Vec<Bytes> {
        self.parts
    }

    /// One more piece, behind the others.
    pub fn push(&mut self, part: Bytes) {
        self.parts.push(part);
    }

    /// Bytes in all.
    #[must_use]
    pub fn len(&self) -> usize {
        self.parts.iter().map(Bytes::len).sum()
    }

    /// True when there is nothing in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// All in one piece.
    #[must_use]
    pub fn into_bytes(mut self) -> Bytes {
        if self.parts.len() == 1 {
            return self.parts.pop().unwrap_or_default();
        }
        let mut all = BytesMut::with_capacity(self.len());
        for part in &self.parts {
            all.extend_from_slice(part);
        }
        all.freeze()
    }
}

impl AsRef<[Bytes]> for Gather {
    fn as_ref(&self) -> &[Bytes] {
        &self.parts
    }
}

/// Builds a [`Gather`] from XDR items.
#[derive(Debug, Default)]
pub struct GatherWriter {
    done: Vec<Bytes>,
    done_len: usize,
    open: Writer,
}

impl GatherWriter {
    /// With memory for so many bytes of small items.
    #[must_use]
    pub fn with_room(bytes: usize) -> Self {
        Self { done: Vec::new(), done_len: 0, open: Writer::with_capacity(bytes) }
    }

    /// The writer for small items.
    pub fn xdr(&mut self) -> &mut Writer {
        &mut self.open
    }

    /// `opaque<>` whose bytes stay where they are when they are many.
    pub fn opaque(&mut self, data: &Bytes) {
        if data.len() < OWN_PIECE {
            self.open.opaque(data);
            return;
        }
        self.open.opaque_head(data.len());
        let head = std::mem::take(&mut self.open).finish();
        self.done_len += head.len() + data.len();
        self.done.push(head);
        self.done.push(data.clone());
        let zeros: &[u8] = &[0; 3];
        if padding(data.len()) > 0 {
            let pad = Bytes::from_static(zeros).slice(..padding(data.len()));
            self.done_len += pad.len();
            self.done.push(pad);
        }
    }

    /// Bytes so far.
    #[must_use]
    pub fn len(&self) -> usize {
        self.done_len + self.open.len()
    }

    /// True before the first item.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The packet.
    #[must_use]
    pub fn finish(mut self) -> Gather {
        if !self.open.is_empty() {
            self.done.push(self.open.finish());
        }
        Gather { parts: self.done }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_large_payload_is_not_copied_and_the_bytes_are_the_same() {
        for len in [0, 5, OWN_PIECE, OWN_PIECE + 1, 70_000] {
            let data = Bytes::from(vec![7; len]);
            let mut g = GatherWriter::default();
            g.xdr().u32(1);
            g.opaque(&data);
            g.xdr().u32(2);
            let mut w = Writer::default();
            w.u32(1);
            w.opaque(&data);
            w.u32(2);
            assert_eq!(g.len(), w.len());
            let gather = g.finish();
            if len >= OWN_PIECE {
                assert!(gather.parts().iter().any(|p| p.as_ptr() == data.as_ptr()));
            }
            assert_eq!(gather.into_bytes(), w.finish());
        }
    }
}
