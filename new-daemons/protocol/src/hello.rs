//! What two daemons agree on after each has sent its greeting ([`Hello`]).
//!
//! Both sides compute the same from the same two greetings; nothing is sent besides them. Which feature bits there are
//! is said where the features are.

use crate::common::Hello;

/// What holds between two daemons.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agreed {
    /// Version of the protocol.
    pub major: u32,
    /// The smaller of both minor versions.
    pub minor: u32,
    /// What both can do.
    pub features: u64,
}

impl Agreed {
    /// True when all of these bits were agreed on.
    #[must_use]
    pub const fn has(&self, features: u64) -> bool {
        self.features & features == features
    }
}

/// Why two daemons do not understand each other.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Incompatible {
    /// the peer speaks another major version
    #[error("{peer} ({release}) speaks version {theirs} of the protocol, and this side version {ours}")]
    Major {
        /// Who it is, as `node/name/instance`.
        peer: String,
        /// The version of its program.
        release: String,
        /// Its major version.
        theirs: u32,
        /// The major version of this side.
        ours: u32,
    },
    /// the peer's greeting has no incarnation
    #[error("{peer} says that it has never been started")]
    NoIncarnation {
        /// Who it is, as `node/name/instance`.
        peer: String,
    },
}

/// What holds between this side and the peer that sent `theirs`.
pub fn negotiate(ours: &Hello, theirs: &Hello) -> Result<Agreed, Incompatible> {
    let (node, daemon) = (theirs.speaker.node.0, &theirs.speaker.daemon);
    let peer = format!("{node}/{}/{}", daemon.name, daemon.instance);
    if ours.major != theirs.major {
        let release = theirs.release.clone();
        return Err(Incompatible::Major { peer, release, theirs: theirs.major, ours: ours.major });
    }
    if theirs.incarnation == 0 {
        return Err(Incompatible::NoIncarnation { peer });
    }
    Ok(Agreed {
        major: ours.major,
        minor: ours.minor.min(theirs.minor),
        features: ours.features & theirs.features,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::{Address, Daemon, More, Node};

    fn hello(major: u32, minor: u32, features: u64) -> Hello {
        let daemon = Daemon { name: "event".to_owned(), instance: 0 };
        Hello {
            major,
            minor,
            features,
            release: "0.1.0".to_owned(),
            speaker: Address { node: Node(2), daemon },
            incarnation: 7,
            more: More(Vec::new()),
        }
    }

    #[test]
    fn both_sides_agree_on_the_same() {
        let (a, b) = (hello(1, 3, 0b1011), hello(1, 5, 0b1_0110));
        let agreed = negotiate(&a, &b).unwrap();
        assert_eq!(agreed, Agreed { major: 1, minor: 3, features: 0b10 });
        assert_eq!(negotiate(&b, &a).unwrap(), agreed);
        assert!(agreed.has(0b10) && !agreed.has(0b11));
    }

    #[test]
    fn another_major_version_is_refused_by_name() {
        let error = negotiate(&hello(1, 9, 0), &hello(2, 0, 0)).unwrap_err();
        let text = "2/event/0 (0.1.0) speaks version 2 of the protocol, and this side version 1";
        assert_eq!(error.to_string(), text);
    }

    #[test]
    fn a_peer_without_an_incarnation_is_refused() {
        let peer = Hello { incarnation: 0, ..hello(1, 0, 0) };
        let error = negotiate(&hello(1, 0, 0), &peer).unwrap_err();
        assert_eq!(error.to_string(), "2/event/0 says that it has never been started");
    }
}
