//! What both kinds of clients can do, and the far end that answers: an echo, and a sink that counts.
//!
//! The first byte of a message says what the far end does with it.

use std::io::ErrorKind;
use std::time::Duration;

use bytes::Bytes;

/// A read that takes so long ends with nothing; an end that waits for an answer gives up then.
pub(crate) const PATIENCE: Duration = Duration::from_secs(2);

/// Come back.
pub(crate) const ECHO: u8 = 1;
/// Be counted.
pub(crate) const SINK: u8 = 2;
/// Be counted, and send the count back.
pub(crate) const LAST: u8 = 3;
/// The daemon is to end.
pub(crate) const QUIT: u8 = 4;

/// One client.
pub(crate) trait End {
    /// Hands over a message, waiting while there is no room.
    fn send(&mut self, body: Bytes) -> anyhow::Result<()>;
    /// The next message; `None` when none came for a while.
    fn receive(&mut self) -> anyhow::Result<Option<Bytes>>;
}

/// Serves until it is told to end.
pub(crate) fn serve(end: &mut dyn End) -> anyhow::Result<()> {
    let mut counted: u64 = 0;
    loop {
        let Some(body) = end.receive()? else { continue };
        match body.first() {
            Some(&ECHO) => end.send(body)?,
            Some(&SINK) => counted += 1,
            Some(&LAST) => {
                end.send(Bytes::copy_from_slice(&(counted + 1).to_be_bytes()))?;
                counted = 0;
            }
            Some(&QUIT) => return Ok(()),
            _ => {}
        }
    }
}

/// Whether a read ended because nothing came.
pub(crate) fn is_timeout(error: &anyhow::Error) -> bool {
    let io = error.downcast_ref::<std::io::Error>();
    io.is_some_and(|e| matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut))
}
