//! Where a packet was seen: between nodes, or on the socket of a daemon.
//!
//! A Unix socket has no addresses, so a recording keeps its path and the client's process id as a comment beside each
//! packet: `pid=4711 socket=/run/ctdb/ctdbd.socket`. This file owns that text, both ways.

use std::sync::Arc;

/// Where a packet was seen.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// On a TCP connection between two nodes.
    Tcp,
    /// On the socket of a ctdbd or of its event daemon.
    Socket(Arc<Socket>),
}

/// One socket and one client of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Socket {
    /// Path of the socket.
    pub path: String,
    /// Process id of the client, where it was known.
    pub pid: Option<u32>,
}

impl Origin {
    /// The socket at `path`, used by the process `pid`.
    #[must_use]
    pub fn socket(path: &str, pid: Option<u32>) -> Self {
        Self::Socket(Arc::new(Socket { path: path.to_owned(), pid }))
    }

    /// The comment beside a packet.
    pub(crate) fn comment(&self) -> Option<String> {
        match self {
            Self::Tcp => None,
            Self::Socket(socket) => {
                let pid = socket.pid.map_or_else(|| "-".into(), |pid| pid.to_string());
                Some(format!("pid={pid} socket={}", socket.path))
            }
        }
    }

    /// From the comment beside a packet; any other text is no socket.
    pub(crate) fn from_comment(comment: Option<&str>) -> Self {
        let parts =
            comment.and_then(|text| text.strip_prefix("pid=")).and_then(|text| text.split_once(" socket="));
        match parts {
            Some((pid, path)) => Self::socket(path, pid.parse().ok()),
            None => Self::Tcp,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_says_what_it_was_made_from() {
        for origin in [Origin::Tcp, Origin::socket("/a b/s", Some(7)), Origin::socket("", None)] {
            assert_eq!(Origin::from_comment(origin.comment().as_deref()), origin);
        }
        assert_eq!(Origin::from_comment(Some("a remark of somebody")), Origin::Tcp);
    }
}
