//! The socket to ctdbd: reads whatever comes, at once and always, and writes in order as ctdbd takes it.
//!
//! Each wake-up costs as much as all the rest of a packet's way. So room to write is watched only since the socket was
//! full, until a wake-up finds nothing to write: otherwise each packet that ctdbd takes would wake this process for
//! nothing. And a read that did not fill its buffer is the last one until the kernel says that there is more.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes, BytesMut};
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

/// What one read takes at most.
const READ_SIZE: usize = 256 << 10;

/// Pieces given to one write.
const WRITE_PIECES: usize = 64;

/// A connection. The reading half is a `pipe::Receiver` because that is watched for reading alone.
#[derive(Debug)]
struct Stream {
    reader: pipe::Receiver,
    writer: UnixStream,
    /// The same socket, watched for room.
    room: Option<tokio::net::UnixStream>,
}

impl Stream {
    async fn connect(path: &Path) -> io::Result<Self> {
        let writer = tokio::net::UnixStream::connect(path).await?.into_std()?;
        let reader = pipe::Receiver::from_owned_fd_unchecked(writer.try_clone()?.into())?;
        Ok(Self { reader, writer, room: None })
    }

    /// Writes what the socket takes; nothing means that it is full and watched.
    fn write(&mut self, pieces: &[IoSlice<'_>]) -> io::Result<Option<usize>> {
        let written = match &self.room {
            Some(room) => room.try_write_vectored(pieces),
            None => (&self.writer).write_vectored(pieces),
        };
        match written {
            Ok(len) => Ok(Some(len)),
            Err(e) if e.kind() == ErrorKind::Interrupted => Ok(Some(0)),
            Err(e) if e.kind() == ErrorKind::WouldBlock => {
                if self.room.is_none() {
                    self.room = Some(tokio::net::UnixStream::from_std(self.writer.try_clone()?)?);
                }
                Ok(None)
            }
            Err(e) => Err(e),
        }
    }
}

#[derive(Debug)]
pub(crate) struct Ctdbd {
    path: PathBuf,
    stream: Option<Stream>,
    outbox: VecDeque<Bytes>,
    buffer: BytesMut,
}

impl Ctdbd {
    pub(crate) fn new(path: PathBuf) -> Self {
        Self { path, stream: None, outbox: VecDeque::new(), buffer: BytesMut::new() }
    }

    pub(crate) async fn connect(&mut self) -> Result<(), String> {
        self.close();
        match Stream::connect(&self.path).await {
            Ok(stream) => {
                self.stream = Some(stream);
                Ok(())
            }
            Err(e) => Err(format!("{}: {e}", self.path.display())),
        }
    }

    pub(crate) fn close(&mut self) {
        self.stream = None;
        self.outbox.clear();
        self.buffer.clear();
    }

    pub(crate) fn write(&mut self, bytes: Bytes) {
        if self.stream.is_some() {
            self.outbox.push_back(bytes);
        }
    }

    /// Ready when what waits to be written may go on.
    pub(crate) fn poll_room(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Some(stream) = &mut self.stream else { return Poll::Pending };
        let Some(room) = &stream.room else { return Poll::Pending };
        // An error shows at the next write.
        let _ = ready!(room.poll_write_ready(cx));
        if self.outbox.is_empty() {
            stream.room = None;
            return Poll::Pending;
        }
        Poll::Ready(())
    }

    /// What there is to read. An error or an end closes the socket.
    pub(crate) fn poll_read(&mut self, cx: &mut Context<'_>) -> Poll<Result<Bytes, String>> {
        let Some(stream) = &mut self.stream else { return Poll::Pending };
        self.buffer.reserve(READ_SIZE);
        let read = ready!(pin!(stream.reader.read_buf(&mut self.buffer)).poll(cx));
        let why = match read {
            Ok(0) => "ctdbd closed the connection".to_owned(),
            Ok(_) => return Poll::Ready(Ok(self.buffer.split().freeze())),
            Err(e) => e.to_string(),
        };
        self.close();
        Poll::Ready(Err(why))
    }

    /// Writes what the socket takes; gives back how much that was.
    pub(crate) fn try_write(&mut self) -> Result<usize, String> {
        let mut written = 0;
        while let (Some(stream), false) = (&mut self.stream, self.outbox.is_empty()) {
            let pieces: Vec<_> = self.outbox.iter().take(WRITE_PIECES).map(|b| IoSlice::new(b)).collect();
            match stream.write(&pieces) {
                Ok(Some(mut n)) => {
                    written += n;
                    while let Some(first) = self.outbox.front_mut() {
                        let taken = n.min(first.len());
                        first.advance(taken);
                        n -= taken;
                        if !first.is_empty() {
                            break;
                        }
                        self.outbox.pop_front();
                    }
                }
                Ok(None) => break,
                Err(e) => {
                    self.close();
                    return Err(e.to_string());
                }
            }
        }
        Ok(written)
    }
}
