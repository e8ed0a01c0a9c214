//! The socket to ctdbd: reads whatever comes, at once and always, and writes in order as ctdbd takes it.
//!
//! Room to write is watched only while something waits for it: otherwise each packet that ctdbd takes would wake this
//! process for nothing, and a wake-up costs as much as all the rest of a packet's way.

use std::collections::VecDeque;
use std::io::{self, ErrorKind, IoSlice, Write};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};

use bytes::{Buf, Bytes, BytesMut};
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
}

impl Stream {
    async fn connect(path: &Path) -> io::Result<Self> {
        let writer = tokio::net::UnixStream::connect(path).await?.into_std()?;
        let reader = pipe::Receiver::from_owned_fd_unchecked(writer.try_clone()?.into())?;
        Ok(Self { reader, writer })
    }

    /// Waits for room to write.
    async fn room(&self) -> io::Result<()> {
        tokio::net::UnixStream::from_std(self.writer.try_clone()?)?.writable().await
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

    /// Waits until something can be read, or written when something waits for that.
    pub(crate) async fn ready(&self) {
        let Some(stream) = &self.stream else { return std::future::pending().await };
        // An error shows at the next read.
        if self.outbox.is_empty() {
            let _ = stream.reader.readable().await;
            return;
        }
        tokio::select! {
            _ = stream.reader.readable() => {}
            _ = stream.room() => {}
        }
    }

    /// What is there to read, or `None`. An error or an end closes the socket.
    pub(crate) fn try_read(&mut self) -> Result<Option<Bytes>, String> {
        let Some(stream) = &self.stream else { return Ok(None) };
        self.buffer.reserve(READ_SIZE);
        match stream.reader.try_read_buf(&mut self.buffer) {
            Ok(0) => {
                self.close();
                Err("ctdbd closed the connection".to_owned())
            }
            Ok(_) => Ok(Some(self.buffer.split().freeze())),
            Err(e) if is_not_yet(&e) => Ok(None),
            Err(e) => {
                self.close();
                Err(e.to_string())
            }
        }
    }

    /// Writes what the socket takes; gives back how much that was.
    pub(crate) fn try_write(&mut self) -> Result<usize, String> {
        let mut written = 0;
        while let (Some(stream), false) = (&self.stream, self.outbox.is_empty()) {
            let pieces: Vec<_> = self.outbox.iter().take(WRITE_PIECES).map(|b| IoSlice::new(b)).collect();
            match (&stream.writer).write_vectored(&pieces) {
                Ok(mut n) => {
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
                Err(e) if is_not_yet(&e) => break,
                Err(e) => {
                    self.close();
                    return Err(e.to_string());
                }
            }
        }
        Ok(written)
    }
}

fn is_not_yet(e: &io::Error) -> bool {
    matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::Interrupted)
}
