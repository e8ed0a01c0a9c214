//! What can go wrong between a program and ctdbd, each in one line that says what, where and what to do.
//!
//! A failure status of ctdbd comes with ctdbd's own text. Reasons of the session are kept as sources.

use std::io;
use std::path::{Path, PathBuf};

use legacy_codec::Dest;
use legacy_session::{CallError as NoReply, DownReason};

/// Why ctdbd could not be reached.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The socket file does not exist.
    #[error("{}: no such socket; start ctdb on this node, or name the right socket", path.display())]
    NoSocket {
        /// The socket.
        path: PathBuf,
    },
    /// The socket file is there, and nobody listens: it was left behind by a ctdbd that has ended.
    #[error("{}: no ctdbd is listening; start ctdb on this node", path.display())]
    NotRunning {
        /// The socket.
        path: PathBuf,
    },
    /// The socket may not be used; it belongs to root.
    #[error("{}: no permission; run this as root", path.display())]
    Permission {
        /// The socket.
        path: PathBuf,
    },
    /// The socket could not be connected for another reason.
    #[error("{}: cannot connect to ctdbd: {source}", path.display())]
    Io {
        /// The socket.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody listens, but does not take this program as a client.
    #[error("{}: cannot attach to ctdbd: {source}; see ctdb's log", path.display())]
    Attach {
        /// The socket.
        path: PathBuf,
        /// What went wrong.
        source: DownReason,
    },
}

impl ConnectError {
    pub(crate) fn from_io(path: &Path, error: &io::Error) -> Self {
        let path = path.to_owned();
        match error.kind() {
            io::ErrorKind::NotFound => Self::NoSocket { path },
            io::ErrorKind::ConnectionRefused => Self::NotRunning { path },
            io::ErrorKind::PermissionDenied => Self::Permission { path },
            kind => {
                let source = error.raw_os_error().map_or_else(|| kind.into(), io::Error::from_raw_os_error);
                Self::Io { path, source }
            }
        }
    }
}

/// Why a call has no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// No reply came: not connected, connection lost, too late.
    #[error("{control} to {dest}: {source}")]
    NoReply {
        /// C name of the control.
        control: &'static str,
        /// Who was asked.
        dest: Dest,
        /// What came instead of a reply.
        source: NoReply,
    },
    /// ctdbd answered that it failed.
    #[error("{control} to {dest} failed with status {status}{}{}", if text.is_empty() { "" } else { ": " }, text)]
    Status {
        /// C name of the control.
        control: &'static str,
        /// Who was asked.
        dest: Dest,
        /// Status word.
        status: i32,
        /// ctdbd's own words; may be empty.
        text: String,
    },
    /// The reply makes no sense.
    #[error("{control} to {dest}: malformed reply: {source}")]
    BadReply {
        /// C name of the control.
        control: &'static str,
        /// Who was asked.
        dest: Dest,
        /// What is wrong with it.
        source: legacy_codec::Error,
    },
}

impl CallError {
    /// Whether the deadline passed.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self, Self::NoReply { source: NoReply::Timeout, .. })
    }

    /// Whether there was no connection, or it was lost.
    #[must_use]
    pub fn is_disconnected(&self) -> bool {
        matches!(self, Self::NoReply { source: NoReply::NotConnected | NoReply::Disconnected, .. })
    }
}

/// Why a message was not taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SendError {
    /// There is no connection; messages are never queued for the next one.
    #[error("not connected to ctdbd")]
    NotConnected,
    /// ctdbd could not take a packet of this size.
    #[error("message of {0} bytes is too large")]
    TooLarge(usize),
    /// Too much waits to be written already; only from `try_send`.
    #[error("ctdbd does not read fast enough")]
    Full,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_to_fail_to_connect_is_one_line_with_the_path_and_what_to_do() {
        let path = Path::new("/run/ctdb/ctdbd.socket");
        let cases = [
            (io::ErrorKind::NotFound, "no such socket; start ctdb on this node, or name the right socket"),
            (io::ErrorKind::ConnectionRefused, "no ctdbd is listening; start ctdb on this node"),
            (io::ErrorKind::PermissionDenied, "no permission; run this as root"),
            (io::ErrorKind::OutOfMemory, "cannot connect to ctdbd: out of memory"),
        ];
        for (kind, text) in cases {
            let error = ConnectError::from_io(path, &kind.into()).to_string();
            assert_eq!(error, format!("/run/ctdb/ctdbd.socket: {text}"));
        }
        let attach = ConnectError::Attach { path: path.into(), source: DownReason::AttachTimeout };
        assert_eq!(
            attach.to_string(),
            "/run/ctdb/ctdbd.socket: cannot attach to ctdbd: ctdbd does not answer; see ctdb's log"
        );
    }

    #[test]
    fn a_failed_call_says_which_and_to_whom() {
        let status = CallError::Status {
            control: "PING",
            dest: Dest(3),
            status: -1,
            text: "node is disconnected".into(),
        };
        assert_eq!(status.to_string(), "PING to 3 failed with status -1: node is disconnected");
        let timeout =
            CallError::NoReply { control: "PING", dest: Dest::CURRENT_NODE, source: NoReply::Timeout };
        assert_eq!(timeout.to_string(), "PING to CURRENT: no reply from ctdbd in time");
        assert!(timeout.is_timeout() && !timeout.is_disconnected());
    }
}
