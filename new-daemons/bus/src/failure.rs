//! What a sender is told about a message that was not delivered.

use std::fmt;

macro_rules! failures {
    ($( $(#[$doc:meta])* $code:literal $name:ident $text:literal; )+) => {
        /// Why a message was not delivered. Values of newer versions are kept.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Failure {
            $( $(#[$doc])* $name, )+
            /// A reason that this version does not know.
            Unknown(u32),
        }

        impl Failure {
            /// Every reason with a name.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The number on the wire. 0 is not a failure and never used.
            #[must_use]
            pub const fn code(self) -> u32 {
                match self { $(Self::$name => $code,)+ Self::Unknown(code) => code }
            }

            /// The reason with this number.
            #[must_use]
            pub const fn from_code(code: u32) -> Self {
                match code { $($code => Self::$name,)+ code => Self::Unknown(code) }
            }
        }

        impl fmt::Display for Failure {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                match self {
                    $(Self::$name => f.write_str($text),)+
                    Self::Unknown(code) => write!(f, "reason {code}"),
                }
            }
        }
    };
}

failures! {
    /// The node is not in the nodes file, or deleted from it.
    1 NoSuchNode "no such node";
    /// The far tunneld answered before, but has been silent for too long.
    2 NodeUnreachable "the node does not answer";
    /// ctdbd may run there, but no tunneld ever answered.
    3 NoTunneld "no tunneld answers on that node";
    /// No daemon of that name and instance is registered on the node.
    4 NoSuchDaemon "no such daemon on that node";
    /// The receiving daemon has not read anything for too long.
    5 ReceiverStalled "the receiver does not read";
    /// The far tunneld was started anew and has forgotten what was under way.
    6 PeerRestarted "the tunneld of that node was restarted";
    /// This node's ctdbd does not run, so no other node can be reached.
    7 NoCtdbd "ctdbd does not run on this node";
    /// The sender did not keep to its window.
    8 QueueFull "the queue to that node is full";
    /// More than 16 MiB, or pieces that do not fit together.
    9 BadMessage "the message is too large or malformed";
    /// The sender's own tunneld does not run or was restarted.
    10 TunneldGone "no tunneld runs on this node";
    /// The receiving daemon ended before it had taken the message.
    11 ReceiverGone "the receiver ended";
    /// As many daemons are registered on this node as a tunneld takes.
    12 TooManyDaemons "too many daemons are registered on this node";
}

/// A message that did not, or perhaps did not, reach its receiver.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub struct Undelivered {
    /// Why it did not reach its receiver.
    pub reason: Failure,
    /// True when it may have been delivered all the same: it had left, and no answer came.
    pub in_doubt: bool,
}

impl fmt::Display for Undelivered {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.reason.fmt(f)?;
        if self.in_doubt { f.write_str(" (it may have been delivered)") } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reasons_keep_their_numbers() {
        for f in Failure::ALL {
            assert_eq!(Failure::from_code(f.code()), *f);
            assert_ne!(f.code(), 0);
        }
        assert_eq!(Failure::from_code(999).code(), 999);
    }
}
