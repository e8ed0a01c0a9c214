//! A piece of a message, and what is true of each: it lies within its message.

use bytes::Bytes;
use protocol::xdr::{Reader, XdrError};

use crate::gather::GatherWriter;
use crate::{FRAGMENT_MAX, MESSAGE_MAX};

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
