//! Seals of envelopes: with a key that all nodes share, only tunnelds can speak as tunnelds.
//!
//! A sealed envelope is one of version 2: behind the last frame stand the name of the key and a code over everything
//! before (BLAKE3 with a key). Without a key nothing changes: envelopes are of version 1. Several keys may be known at a
//! time, so that a key can be changed node by node; the first one seals.

use blake3::Hasher;
use bus::{Gather, GatherWriter};
use bytes::Bytes;
use protocol::xdr::{Reader, XdrError};
use thiserror::Error;

use crate::envelope::{self, HEAD_LEN, Head, SEALED, VERSION};

/// Bytes of a key.
pub const KEY_LEN: usize = 32;

/// Keys that may be known at a time.
pub const KEYS_MAX: usize = 4;

/// Bytes behind the last frame: the name of the key, and the code.
pub const SEAL_LEN: usize = NAME_LEN + CODE_LEN;

const NAME_LEN: usize = 8;
const CODE_LEN: usize = 32;

/// The key of the cluster may serve others, too: what one of them writes means nothing here.
const PURPOSE: &str = "Tablecloth: envelopes between two tunnelds, version 2";

/// What a key is used for, in the order in which it comes to a cluster.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum KeyUse {
    /// Envelopes go without a seal, and come with one or without.
    #[default]
    Accept,
    /// Envelopes go with a seal, and come with one or without.
    Seal,
    /// Envelopes go with a seal, and others are not heeded.
    Require,
}

/// Bytes that are no keys.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum KeyError {
    /// Each key has its 32 bytes.
    #[error("{0} bytes are no keys: each has {KEY_LEN}")]
    Length(usize),
    /// One key is enough, but while it is changed.
    #[error("no more than {KEYS_MAX} keys can be known at a time")]
    Many,
    /// Made of one byte only, or twice the same.
    #[error("key {0} is no key: it is one byte over and over, or was there before")]
    Weak(usize),
}

/// Why an envelope is not heeded.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Unheeded {
    /// It cannot be read.
    #[error("not an envelope: {0}")]
    Malformed(#[from] XdrError),
    /// It has no seal.
    #[error("an envelope in the name of node {} has no seal", .0.from)]
    Open(Head),
    /// It has a seal, and this node has no key.
    #[error("an envelope in the name of node {} has a seal, and this node has no key", .0.from)]
    NoKey(Head),
    /// It was sealed with a key that is not known here.
    #[error("an envelope in the name of node {} was sealed with another key", .0.from)]
    OtherKey(Head),
    /// It is not what was sealed.
    #[error("the seal of an envelope in the name of node {} is false", .0.from)]
    False(Head),
}

impl Unheeded {
    /// What it says of itself, when a seal is what is wrong.
    #[must_use]
    pub const fn head(&self) -> Option<Head> {
        match self {
            Self::Malformed(_) => None,
            Self::Open(head) | Self::NoKey(head) | Self::OtherKey(head) | Self::False(head) => Some(*head),
        }
    }
}

#[derive(Clone)]
struct Key {
    name: [u8; NAME_LEN],
    hasher: Hasher,
}

impl Key {
    fn new(secret: &[u8; KEY_LEN]) -> Self {
        let hasher = Hasher::new_keyed(&blake3::derive_key(PURPOSE, secret));
        let mut name = [0; NAME_LEN];
        hasher.clone().update(b"name").finalize_xof().fill(&mut name);
        Self { name, hasher }
    }

    fn code<'a>(&self, pieces: impl Iterator<Item = &'a [u8]>) -> blake3::Hash {
        let mut hasher = self.hasher.clone();
        for piece in pieces {
            hasher.update(piece);
        }
        hasher.finalize()
    }
}

/// The keys that a tunneld knows, and what it does with them.
#[derive(Clone, Default)]
pub struct Keys {
    how: KeyUse,
    keys: Vec<Key>,
}

/// Says nothing of the keys but how many there are.
impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({:?}, {})", self.how, self.keys.len())
    }
}

impl Keys {
    /// The keys that stand in a file, one behind the other.
    ///
    /// # Errors
    ///
    /// The bytes are no keys, or too many.
    pub fn read(how: KeyUse, bytes: &[u8]) -> Result<Self, KeyError> {
        let (secrets, rest) = bytes.as_chunks::<KEY_LEN>();
        if secrets.is_empty() || !rest.is_empty() {
            return Err(KeyError::Length(bytes.len()));
        }
        if secrets.len() > KEYS_MAX {
            return Err(KeyError::Many);
        }
        let weak = |n: &usize| {
            let secret = &secrets[*n];
            secret.iter().all(|byte| *byte == secret[0]) || secrets[..*n].contains(secret)
        };
        match (0..secrets.len()).find(weak) {
            Some(n) => Err(KeyError::Weak(n + 1)),
            None => Ok(Self { how, keys: secrets.iter().map(Key::new).collect() }),
        }
    }

    fn sealing(&self) -> Option<&Key> {
        self.keys.first().filter(|_| self.how != KeyUse::Accept)
    }

    /// Starts an envelope.
    #[must_use]
    pub fn begin(&self, head: Head) -> GatherWriter {
        envelope::begin_as(if self.sealing().is_some() { SEALED } else { VERSION }, head)
    }

    /// Ends an envelope that [`Self::begin`] has started.
    #[must_use]
    pub fn finish(&self, envelope: GatherWriter) -> Gather {
        let mut whole = envelope.finish();
        if let Some(key) = self.sealing() {
            let code = key.code(whole.parts().iter().map(AsRef::as_ref));
            whole.push([key.name.as_slice(), code.as_bytes()].concat().into());
        }
        whole
    }

    /// Reads the head of an envelope and its seal; the reader stands at the first frame.
    ///
    /// # Errors
    ///
    /// It cannot be read, or its seal is not what the keys ask for.
    pub fn open(&self, bytes: Bytes) -> Result<(Head, Reader), Unheeded> {
        let (version, head, frames) = envelope::open_any(bytes.clone())?;
        match (version, self.how, self.keys.is_empty()) {
            (SEALED, _, true) => return Err(Unheeded::NoKey(head)),
            (SEALED, _, false) => {}
            (_, KeyUse::Require, false) => return Err(Unheeded::Open(head)),
            _ => return Ok((head, frames)),
        }
        let said = bytes.len().checked_sub(SEAL_LEN).filter(|end| *end >= HEAD_LEN);
        let Some((sealed, seal)) = said.and_then(|end| bytes.split_at_checked(end)) else {
            return Err(Unheeded::False(head));
        };
        let Some((name, code)) = seal.split_first_chunk::<NAME_LEN>() else {
            return Err(Unheeded::False(head));
        };
        let Some(key) = self.keys.iter().find(|key| key.name == *name) else {
            return Err(Unheeded::OtherKey(head));
        };
        // The comparison takes the same time wherever they differ.
        if key.code(std::iter::once(sealed)) != *code {
            return Err(Unheeded::False(head));
        }
        let frames = bytes.slice(HEAD_LEN..sealed.len());
        Ok((head, Reader::new(frames)))
    }
}
