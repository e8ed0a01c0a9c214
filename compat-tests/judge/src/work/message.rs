//! A message of W6: its bytes follow from who sends it to whom and its number, so that whoever gets it can tell whether
//! they are the ones that were sent.

use crate::history::ProcId;
use crate::numbers::Numbers;

/// Bytes of the head: sender, receiver, number, bytes behind the head, and a number that follows from these.
pub const HEAD: usize = 32;

/// What a message says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Letter {
    /// The sender.
    pub from: ProcId,
    /// The receiver.
    pub to: ProcId,
    /// Its number between these two.
    pub n: u64,
    /// Bytes behind the head.
    pub size: usize,
}

/// Bytes that nobody sent as they are. The letter is as good as could be made out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Damaged(pub Option<Letter>);

impl Letter {
    /// Its bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        let mut all = Vec::with_capacity(HEAD.saturating_add(self.size));
        all.extend(self.from.0.to_le_bytes());
        all.extend(self.to.0.to_le_bytes());
        all.extend(self.n.to_le_bytes());
        all.extend(u64::try_from(self.size).unwrap_or(u64::MAX).to_le_bytes());
        let mut numbers = Numbers::of(self.n, u64::from(self.from.0) << 32 | u64::from(self.to.0));
        all.extend(numbers.draw().to_le_bytes());
        while all.len() < HEAD.saturating_add(self.size) {
            let left = HEAD.saturating_add(self.size) - all.len();
            all.extend(numbers.draw().to_le_bytes().into_iter().take(left));
        }
        all
    }

    /// The letter of these bytes.
    ///
    /// # Errors
    /// [`Damaged`] when they are not those of any letter.
    pub fn read(bytes: &[u8]) -> Result<Self, Damaged> {
        let Some((head, body)) = bytes.split_first_chunk::<HEAD>() else { return Err(Damaged(None)) };
        let [f0, f1, f2, f3, t0, t1, t2, t3, rest @ ..] = head;
        let mut words = rest.chunks_exact(8).map(|word| word.try_into().map_or(0, u64::from_le_bytes));
        let (from, to) = ([*f0, *f1, *f2, *f3], [*t0, *t1, *t2, *t3]);
        let letter = Self {
            from: ProcId(u32::from_le_bytes(from)),
            to: ProcId(u32::from_le_bytes(to)),
            n: words.next().unwrap_or_default(),
            size: body.len(),
        };
        let said = words.next().unwrap_or_default();
        let whole = u64::try_from(body.len()).is_ok_and(|size| size == said) && letter.bytes() == bytes;
        if whole { Ok(letter) } else { Err(Damaged(Some(letter))) }
    }
}
