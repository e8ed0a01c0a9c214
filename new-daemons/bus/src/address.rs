//! Who is meant: a node, a name and an instance, written `1/cluster/0`.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

/// A node number (pnn) as the new daemons use it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Node(pub u32);

impl Node {
    /// The node of the speaker, whatever its number is.
    pub const LOCAL: Self = Self(u32::MAX);
}

impl fmt::Display for Node {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::LOCAL { f.write_str("local") } else { self.0.fmt(f) }
    }
}

/// Why a name or an address was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// a name is 1 to 15 letters a-z, digits and '-', and begins with a letter
    #[error("a name is 1 to 15 letters a-z, digits and '-', and begins with a letter")]
    Name,
    /// an address is NODE/NAME or NODE/NAME/INSTANCE
    #[error("an address is NODE/NAME or NODE/NAME/INSTANCE")]
    Shape,
}

/// The name of a kind of daemon: 1 to 15 letters, digits and `-`, beginning with a letter. It is used in file names.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Name([u8; Name::MAX + 1]);

impl Name {
    /// The longest name.
    pub const MAX: usize = 15;

    /// A name from its bytes, checked.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, AddressError> {
        let first = bytes.first().is_some_and(u8::is_ascii_lowercase);
        let rest = bytes.iter().all(|byte| LETTERS[usize::from(*byte)]);
        if !first || !rest || bytes.len() > Self::MAX {
            return Err(AddressError::Name);
        }
        let mut name = [0; Self::MAX + 1];
        name[..bytes.len()].copy_from_slice(bytes);
        Ok(Self(name))
    }

    /// The name as bytes: all of them ASCII.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        // A search that stops at the first zero would cost more than it saves.
        let len = self.0.iter().filter(|byte| **byte != 0).count();
        &self.0[..len]
    }

    /// The name as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

/// What a name may have behind its first letter.
const LETTERS: [bool; 256] = {
    let mut letters = [false; 256];
    let all = b"abcdefghijklmnopqrstuvwxyz0123456789-";
    let mut at = 0;
    while at < all.len() {
        letters[all[at] as usize] = true;
        at += 1;
    }
    letters
};

/// By their letters: as one number, since queues and peers are looked up by names all the time.
impl Ord for Name {
    fn cmp(&self, other: &Self) -> Ordering {
        u128::from_be_bytes(self.0).cmp(&u128::from_be_bytes(other.0))
    }
}

impl PartialOrd for Name {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl FromStr for Name {
    type Err = AddressError;
    fn from_str(s: &str) -> Result<Self, AddressError> {
        Self::from_bytes(s.as_bytes())
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.as_str())
    }
}

/// A daemon of a node: name and instance, written `cluster/0`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Daemon {
    /// The kind of daemon.
    pub name: Name,
    /// Which of several; a program that runs for a moment uses its process id.
    pub instance: u32,
}

impl fmt::Display for Daemon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.name, self.instance)
    }
}

/// A daemon of the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// The node it runs on.
    pub node: Node,
    /// The daemon there.
    pub daemon: Daemon,
}

impl Address {
    /// Instance 0 of `name` on `node`.
    #[must_use]
    pub const fn new(node: Node, name: Name) -> Self {
        Self { node, daemon: Daemon { name, instance: 0 } }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.node, self.daemon)
    }
}

impl FromStr for Address {
    type Err = AddressError;
    fn from_str(s: &str) -> Result<Self, AddressError> {
        let mut parts = s.split('/');
        let node = match parts.next() {
            Some("local") => Node::LOCAL,
            Some(n) => Node(n.parse().map_err(|_| AddressError::Shape)?),
            None => return Err(AddressError::Shape),
        };
        let name = parts.next().ok_or(AddressError::Shape)?.parse()?;
        let instance = match parts.next() {
            Some(n) => n.parse().map_err(|_| AddressError::Shape)?,
            None => 0,
        };
        if parts.next().is_some() {
            return Err(AddressError::Shape);
        }
        Ok(Self { node, daemon: Daemon { name, instance } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_written_as_they_are_read() {
        for text in ["1/cluster/0", "local/ip/7", "4294967294/a-1/4294967295"] {
            assert_eq!(text.parse::<Address>().unwrap().to_string(), text);
        }
        assert_eq!("3/event".parse::<Address>().unwrap().to_string(), "3/event/0");
    }

    #[test]
    fn names_are_in_the_order_of_their_letters() {
        let names = ["a", "a-", "a0", "aa", "ab", "b", "bus", "event", "eventd", "fifteen-letters"];
        let read: Vec<Name> = names.iter().map(|name| name.parse().unwrap()).collect();
        assert!(read.is_sorted());
        assert!(read.iter().zip(names).all(|(name, text)| name.as_str() == text));
    }

    #[test]
    fn names_that_could_leave_a_directory_are_refused() {
        for name in ["", "..", "a/b", "A", "1a", "-a", "a\0b", "sixteen-letters-"] {
            assert_eq!(name.parse::<Name>(), Err(AddressError::Name), "{name:?}");
        }
        assert!("fifteen-letters".parse::<Name>().is_ok());
        for address in ["", "1", "x/ip", "1/ip/0/0", "1/ip/x"] {
            assert!(address.parse::<Address>().is_err(), "{address:?}");
        }
    }
}
