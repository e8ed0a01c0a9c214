//! The faults, as docs/reliability.md numbers them, in one table.

use std::fmt;
use std::str::FromStr;

/// Whom a fault hits. Who leads is known only when it comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Victim {
    /// This node.
    Node(u32),
    /// The node that leads then.
    Leader,
    /// A node that does not lead then: the first one, counted from the leader on.
    Follower,
    /// All nodes.
    All,
}

impl fmt::Display for Victim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(pnn) => write!(f, "{pnn}"),
            Self::Leader => f.write_str("leader"),
            Self::Follower => f.write_str("follower"),
            Self::All => f.write_str("all"),
        }
    }
}

impl FromStr for Victim {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        match word {
            "leader" => Ok(Self::Leader),
            "follower" => Ok(Self::Follower),
            "all" => Ok(Self::All),
            number => number.parse().map(Self::Node).map_err(|_| ()),
        }
    }
}

macro_rules! faults {
    ($($name:ident $victim:ident $least:literal $most:literal $tail:literal $about:literal;)+) => {
        /// What can go wrong.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $(#[doc = $about] $name,)+
        }

        impl Fault {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its name, as in `F4`.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => stringify!($name),)+ }
            }

            /// One line for a person.
            #[must_use]
            pub const fn about(self) -> &'static str {
                match self { $(Self::$name => $about,)+ }
            }

            /// Whom it hits when nobody says otherwise.
            #[must_use]
            pub const fn victim(self) -> Victim {
                match self { $(Self::$name => Victim::$victim,)+ }
            }

            /// How long it may last with the fast profile, least and most, in milliseconds.
            #[must_use]
            pub const fn lasts(self) -> (u64, u64) {
                match self { $(Self::$name => ($least, $most),)+ }
            }

            /// The node that it hits may lose what it alone knew (REC-25).
            #[must_use]
            pub const fn takes_tail(self) -> bool {
                match self { $(Self::$name => $tail,)+ }
            }
        }
    };
}

faults! {
    // name victim  least  most   tail  what
    F1  Follower    4_000  9_000  true  "all processes of a follower are killed, as when its machine fails";
    F2  Leader      6_000 12_000  true  "all processes of the leader are killed";
    F3  Follower    4_000  9_000  true  "the main daemon of a node is killed, all else goes on";
    F4  Follower    6_000 14_000  true  "all processes of a node stand still, as when a virtual machine is paused";
    F5  Follower    6_000 14_000  true  "the main daemon of a node stands still";
    F6  Follower    6_000 14_000  true  "a node is cut off, and nobody is told";
    F7  Follower    6_000 14_000  true  "what a node sends to another is lost, in one direction";
    F8  Leader      8_000 16_000  true  "the nodes are parted into two sides";
    F9  All         4_000 12_000  true  "links are stopped one by one, and released in another order";
    F10 All         5_000 15_000  false "packets are lost, late and in another order";
    F11 Follower    6_000 12_000  true  "a node's machine restarts without a word to the others";
    F12 Follower    4_000  8_000  true  "the disk of a node is full";
    F13 Follower    2_000  4_000  true  "a file of a stopped node is damaged";
    F14 Follower    4_000 10_000  false "event scripts hang or fail";
    F15 Follower    4_000 10_000  false "the wall clock of a node jumps";
    F16 Follower    1_000 10_000  false "a client holds a chain lock";
    F17 All         1_000  2_000  false "clients are killed wherever they are";
    F18 Leader      1_000  2_000  true  "helper processes of a node are killed";
    F19 Leader      4_000 10_000  false "the file of the cluster lock is taken away";
    F20 Follower    4_000 10_000  false "an administrator bans, stops, disables, continues";
    F21 Follower    4_000  8_000  true  "a node is stopped as asked, and another program is started in its place";
    F22 Follower    2_000  6_000  true  "damaged packets arrive at a node's port";
    F23 Follower    4_000  8_000  true  "a node's daemons run out of descriptors";
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for Fault {
    type Err = ();

    fn from_str(word: &str) -> Result<Self, ()> {
        Self::ALL.iter().copied().find(|fault| fault.name() == word).ok_or(())
    }
}
