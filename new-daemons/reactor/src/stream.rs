//! Streams: what comes is read into buffers that are kept, what goes is written by one call for many pieces.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice};
use std::os::fd::{AsFd, AsRawFd};

use bytes::{Buf, Bytes, BytesMut};
use nix::errno::Errno;
use nix::sys::socket::{MsgFlags, recv, sendmsg};

use crate::buffers::Buffers;

/// Pieces given to one call.
const PIECES: usize = 64;

/// What a read has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Read {
    /// These bytes. There may be more when they are as many as fitted.
    Bytes(Bytes),
    /// Nothing for now.
    Nothing,
    /// The other side has ended.
    End,
}

/// Reads a stream.
#[derive(Debug)]
pub struct Reader {
    buffers: Buffers,
    /// Memory for the next read, since the first one.
    buffer: Option<BytesMut>,
    /// The last read has filled its room.
    more: bool,
}

/// Buffers that are used again when they are free.
const KEPT: usize = 8;

/// Of the room of a read, from this part on what came keeps its buffer.
const LARGE_PART: usize = 16;

impl Reader {
    /// Takes at most `size` bytes with one read.
    #[must_use]
    pub const fn new(size: usize) -> Self {
        Self { buffers: Buffers::new(size, size / LARGE_PART, KEPT), buffer: None, more: false }
    }

    /// Whether the last read left something, as far as one can tell without another one.
    #[must_use]
    pub const fn has_more(&self) -> bool {
        self.more
    }

    /// What there is to read.
    pub fn read(&mut self, socket: impl AsFd) -> io::Result<Read> {
        self.more = false;
        let buffer = self.buffer.get_or_insert_with(|| self.buffers.get());
        loop {
            match recv(socket.as_fd().as_raw_fd(), buffer, MsgFlags::MSG_DONTWAIT) {
                Ok(0) => return Ok(Read::End),
                Ok(len) => {
                    self.more = len == buffer.len();
                    return Ok(Read::Bytes(self.buffers.take(buffer, len)));
                }
                Err(Errno::EAGAIN) => return Ok(Read::Nothing),
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// What waits to be written to a stream, in its order.
#[derive(Debug, Default)]
pub struct Writer {
    pieces: VecDeque<Bytes>,
    len: usize,
}

impl Writer {
    /// Adds bytes.
    pub fn push(&mut self, bytes: Bytes) {
        self.len += bytes.len();
        self.pieces.push_back(bytes);
    }

    /// Bytes that wait.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether nothing waits.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Forgets what waits.
    pub fn clear(&mut self) {
        self.pieces.clear();
        self.len = 0;
    }

    /// Writes what the socket takes, and says how much that was. What is left waits for room.
    pub fn write(&mut self, socket: impl AsFd) -> io::Result<usize> {
        let mut written = 0;
        while !self.is_empty() {
            let pieces: Vec<_> = self.pieces.iter().take(PIECES).map(|piece| IoSlice::new(piece)).collect();
            let flags = MsgFlags::MSG_DONTWAIT | MsgFlags::MSG_NOSIGNAL;
            match sendmsg::<()>(socket.as_fd().as_raw_fd(), &pieces, &[], flags, None) {
                Ok(0) => return Err(ErrorKind::WriteZero.into()),
                Ok(len) => {
                    written += len;
                    let whole = pieces.iter().map(|piece| piece.len()).sum::<usize>() == len;
                    self.advance(len);
                    if !whole {
                        break;
                    }
                }
                Err(Errno::EAGAIN) => break,
                Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
        }
        Ok(written)
    }

    fn advance(&mut self, mut taken: usize) {
        self.len -= taken;
        while let Some(first) = self.pieces.front_mut() {
            let of_first = taken.min(first.len());
            first.advance(of_first);
            taken -= of_first;
            if !first.is_empty() {
                break;
            }
            self.pieces.pop_front();
        }
    }
}
