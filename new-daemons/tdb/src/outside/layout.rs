//! What of a file's layout its locks need: the header, and the bytes that stand for each lock.

use super::What;
use crate::ffi;
use crate::handle::bytes;

/// Bytes of the header.
pub(super) const HEADER: usize = 168;

/// The first words of each file, with the zero behind them.
const FOOD: &[u8] = b"TDB file\n\0";

/// The numbers of the header: where they stand.
mod at {
    pub(super) const CHAINS: usize = 36;
    pub(super) const HASH_OF_FOOD: usize = 52;
    pub(super) const MUTEXES: usize = 64;
}

/// What the header says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) chains: u32,
    /// Bytes for the mutexes, the header among them; 0 in a file without.
    pub(super) mutexes: u32,
    /// Keys are hashed by Jenkins' hash.
    pub(super) jenkins: bool,
}

/// The hash of a key.
pub(super) fn hash(key: &[u8]) -> u32 {
    let key = bytes(key);
    // SAFETY: the pointer is to a value that outlives the call, and its bytes are only read.
    #[expect(unsafe_code, reason = "calls libtdb")]
    unsafe {
        ffi::tdb_jenkins_hash(&raw const key)
    }
}

impl Header {
    /// Reads it, in this machine's order of bytes: another one's cannot be shared by locks either.
    pub(super) fn read(header: &[u8]) -> Option<Self> {
        let number = |at: usize| Some(u32::from_ne_bytes(*header.get(at..)?.first_chunk()?));
        if !header.starts_with(FOOD) || header.len() < HEADER {
            return None;
        }
        let chains = number(at::CHAINS)?;
        let jenkins = number(at::HASH_OF_FOOD)? == hash(FOOD);
        (chains > 0).then_some(Self { chains, mutexes: number(at::MUTEXES)?, jenkins })
    }
}

/// Bytes of a file, from one to before another; without the other, to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Span {
    pub(super) from: i64,
    pub(super) to: Option<i64>,
    /// Up to here it may be taken part by part.
    pub(super) parts_to: i64,
}

impl Span {
    const OPEN: i64 = 0;
    const TRANSACTION: i64 = 8;
    const CHAINS: i64 = 168;
    const CHAIN: i64 = 4;

    fn byte(from: i64) -> Self {
        Self { from, to: Some(from + 1), parts_to: from }
    }

    /// What stands for a lock. Where chains have mutexes, the records alone.
    pub(super) fn of(what: What, chains: u32, mutexes: bool) -> Self {
        let chain = |number: u32| Self::CHAINS + Self::CHAIN * i64::from(number);
        match what {
            What::Open => Self::byte(Self::OPEN),
            What::Transaction => Self::byte(Self::TRANSACTION),
            What::Chain(_) | What::Freelist if mutexes => Self { from: 0, to: Some(0), parts_to: 0 },
            What::Chain(number) => Self::byte(chain(number)),
            What::Freelist => Self::byte(Self::CHAINS - Self::CHAIN),
            What::Whole => {
                let records = chain(chains);
                let from = if mutexes { records } else { Self::CHAINS };
                Self { from, to: None, parts_to: records }
            }
        }
    }

    pub(super) fn is_empty(self) -> bool {
        self.to == Some(self.from)
    }

    pub(super) fn meets(self, other: Self) -> bool {
        self.to.is_none_or(|to| other.from < to) && other.to.is_none_or(|to| self.from < to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_that_is_short_or_of_something_else_is_refused() {
        let mut header = [0_u8; HEADER];
        header[..10].copy_from_slice(FOOD);
        header[at::CHAINS..at::CHAINS + 4].copy_from_slice(&7_u32.to_ne_bytes());
        assert_eq!(Header::read(&header), Some(Header { chains: 7, mutexes: 0, jenkins: false }));
        assert_eq!(Header::read(&header[..HEADER - 1]), None);
        header[at::CHAINS] = 0;
        assert_eq!(Header::read(&header), None, "no chains");
        assert_eq!(Header::read(&[0; HEADER]), None);
    }

    #[test]
    fn the_whole_meets_every_chain_and_neither_the_free_pieces_nor_the_rights() {
        let of = |what| Span::of(what, 10, false);
        for chain in 0..10 {
            assert!(
                of(What::Whole).meets(of(What::Chain(chain)))
                    && of(What::Chain(chain)).meets(of(What::Whole))
            );
            assert!(!of(What::Chain(chain)).meets(of(What::Chain((chain + 1) % 10))));
        }
        for apart in [What::Freelist, What::Transaction, What::Open] {
            assert!(!of(What::Whole).meets(of(apart)) && !of(apart).meets(of(What::Whole)));
        }
        assert!(Span::of(What::Chain(3), 10, true).is_empty() && !Span::of(What::Whole, 10, true).is_empty());
    }
}
