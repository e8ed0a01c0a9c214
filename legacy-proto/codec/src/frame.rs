//! Cutting a byte stream into packets: every packet starts with its own length.
//!
//! Memory follows the bytes that arrived, never the length a peer claims (NET-02, HOST-42). Packets come out as slices
//! of the buffer they were read into. What to do about a bad header differs: between nodes the connection is closed
//! (HOST-40, HOST-41), on the client socket the packet is dropped and only length 0 closes (CLI-03).

use bytes::{Buf, Bytes, BytesMut};

use crate::abi::{Abi, Endian};
use crate::packet::{HEADER_LEN, MAGIC, PACKET_ALIGN, VERSION};

/// The largest packet C CTDB can take: talloc allocates less than 256 MiB at once.
pub const DEFAULT_LIMIT: usize = (256 << 20) - PACKET_ALIGN;

/// Bytes to make room for, at least, before a read.
const CHUNK: usize = 64 << 10;
/// Bytes to make room for, at most, because an earlier packet was that large.
const PROVEN: usize = 4 << 20;

/// Which rules hold on a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// Between a client and ctdbd: a packet with a bad header is dropped.
    Client,
    /// Between nodes: a packet with a bad header ends the connection.
    Node,
}

/// What is wrong with a packet's header.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The length is 0.
    #[error("packet length 0")]
    ZeroLength,
    /// The length is smaller than a header.
    #[error("packet length {0} is shorter than a header")]
    Short(u32),
    /// The length is not a multiple of 8; checked between nodes only.
    #[error("packet length {0} is not a multiple of 8")]
    Unaligned(u32),
    /// The length is above the limit.
    #[error("packet length {len} is above the limit of {limit}")]
    TooLong {
        /// Length in the header.
        len: u32,
        /// The limit.
        limit: usize,
    },
    /// The second word is not `CTDB`.
    #[error("magic {0:#010x} is not that of CTDB")]
    Magic(u32),
    /// The third word is not 1.
    #[error("protocol version {0} is not 1")]
    Version(u32),
}

/// A packet that was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Rejected {
    /// What is wrong with its header.
    pub error: FrameError,
    /// Whether the connection has to be closed. Otherwise the packet is skipped and the next one can be asked for.
    pub fatal: bool,
}

enum Verdict {
    NeedMore { frame: Option<usize> },
    Frame(usize),
    Rejected { error: FrameError, skip: Option<usize> },
}

/// Collects bytes and gives out whole packets.
#[derive(Debug)]
pub struct FrameBuf {
    endian: Endian,
    framing: Framing,
    limit: usize,
    /// Older bytes, copied together or read here directly.
    head: BytesMut,
    /// Newer bytes, as they were pushed.
    tail: Bytes,
    /// Bytes of a dropped packet that have yet to arrive.
    skip: usize,
    /// Size of the largest packet seen here.
    proven: usize,
}

impl FrameBuf {
    /// A buffer for one direction of one connection.
    #[must_use]
    pub fn new(abi: Abi, framing: Framing, limit: usize) -> Self {
        Self {
            endian: abi.endian(),
            framing,
            limit,
            head: BytesMut::new(),
            tail: Bytes::new(),
            skip: 0,
            proven: 0,
        }
    }

    /// Adds bytes that arrived. Whole packets in them will not be copied, a packet cut in two will.
    pub fn push(&mut self, bytes: Bytes) {
        self.head.extend_from_slice(&self.tail);
        self.tail = bytes;
    }

    /// The buffer to read into, with room; whatever is appended counts as arrived.
    ///
    /// The room is one chunk, or what the packet under way still needs, but no more than has arrived of it already
    /// or than an earlier packet has filled.
    pub fn spare_mut(&mut self) -> &mut BytesMut {
        self.head.extend_from_slice(&self.tail);
        self.tail = Bytes::new();
        let missing = match self.judge(&self.head) {
            Verdict::NeedMore { frame: Some(len) } => len.saturating_sub(self.head.len()),
            _ => 0,
        };
        let earned = self.head.len().max(self.proven.min(PROVEN));
        if self.head.capacity() - self.head.len() < CHUNK / 8 {
            self.head.reserve(missing.min(earned).max(CHUNK));
        }
        &mut self.head
    }

    /// Bytes that arrived and were not given out.
    #[must_use]
    pub fn len(&self) -> usize {
        self.head.len() + self.tail.len()
    }

    /// Whether no byte is waiting.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The next whole packet.
    pub fn pop(&mut self) -> Result<Option<Bytes>, Rejected> {
        self.pop_up_to(1)
    }

    /// All whole packets that are there, one behind the other in one piece of memory; never empty.
    pub fn pop_run(&mut self) -> Result<Option<Bytes>, Rejected> {
        self.pop_up_to(usize::MAX)
    }

    fn pop_up_to(&mut self, packets: usize) -> Result<Option<Bytes>, Rejected> {
        self.drop_skipped();
        self.complete_head();
        let from_head = !self.head.is_empty();
        let (run, longest, end) = self.measure(if from_head { &self.head } else { &self.tail }, packets);
        if run > 0 {
            self.proven = self.proven.max(longest);
            let run = if from_head { self.head.split_to(run).freeze() } else { self.tail.split_to(run) };
            return Ok(Some(run));
        }
        if let Some(Verdict::Rejected { error, skip }) = end {
            return Err(self.reject(error, skip));
        }
        // A packet cut in two is copied now, so that the piece of memory it came in can go.
        self.head.extend_from_slice(&std::mem::take(&mut self.tail));
        Ok(None)
    }

    /// Length of the whole packets at the start of `data`, the longest of them, and what ended the run.
    fn measure(&self, data: &[u8], packets: usize) -> (usize, usize, Option<Verdict>) {
        let (mut run, mut longest) = (0, 0);
        for _ in 0..packets {
            match self.judge(&data[run..]) {
                Verdict::Frame(len) => {
                    run += len;
                    longest = longest.max(len);
                }
                end => return (run, longest, Some(end)),
            }
        }
        (run, longest, None)
    }

    /// Moves just so many bytes from the tail that the packet at the start of the head is whole.
    fn complete_head(&mut self) {
        while !self.head.is_empty() && !self.tail.is_empty() {
            let want = match self.judge(&self.head) {
                Verdict::NeedMore { frame: Some(len) } => len,
                Verdict::NeedMore { frame: None } => HEADER_LEN,
                Verdict::Frame(_) | Verdict::Rejected { .. } => return,
            };
            let missing = want.saturating_sub(self.head.len()).min(self.tail.len());
            if missing == 0 {
                return;
            }
            let part = self.tail.split_to(missing);
            self.head.extend_from_slice(&part);
        }
    }

    fn drop_skipped(&mut self) {
        let from_head = self.skip.min(self.head.len());
        self.head.advance(from_head);
        self.skip -= from_head;
        let from_tail = self.skip.min(self.tail.len());
        self.tail.advance(from_tail);
        self.skip -= from_tail;
    }

    fn reject(&mut self, error: FrameError, skip: Option<usize>) -> Rejected {
        match skip {
            Some(skip) if self.framing == Framing::Client => {
                self.skip = skip;
                self.drop_skipped();
                Rejected { error, fatal: false }
            }
            _ => Rejected { error, fatal: true },
        }
    }

    /// Looks at the header at the start of `data`. Each word is judged as soon as it is there.
    fn judge(&self, data: &[u8]) -> Verdict {
        let Some(len) = self.word(data, 0) else { return Verdict::NeedMore { frame: None } };
        let Ok(size) = usize::try_from(len) else {
            return Verdict::Rejected { error: FrameError::TooLong { len, limit: self.limit }, skip: None };
        };
        let bad = |error, skip| Verdict::Rejected { error, skip };
        if len == 0 {
            return bad(FrameError::ZeroLength, None);
        }
        if size < HEADER_LEN {
            return bad(FrameError::Short(len), Some(size));
        }
        if self.framing == Framing::Node && size % PACKET_ALIGN != 0 {
            return bad(FrameError::Unaligned(len), None);
        }
        if size > self.limit {
            return bad(FrameError::TooLong { len, limit: self.limit }, None);
        }
        match self.word(data, 4) {
            Some(magic) if magic != MAGIC => return bad(FrameError::Magic(magic), Some(size)),
            _ => {}
        }
        match self.word(data, 8) {
            Some(version) if version != VERSION => return bad(FrameError::Version(version), Some(size)),
            _ => {}
        }
        if data.len() < size { Verdict::NeedMore { frame: Some(size) } } else { Verdict::Frame(size) }
    }

    fn word(&self, data: &[u8], at: usize) -> Option<u32> {
        let mut data = data.get(at..at + 4)?;
        Some(match self.endian {
            Endian::Little => data.get_u32_le(),
            Endian::Big => data.get_u32(),
        })
    }
}
