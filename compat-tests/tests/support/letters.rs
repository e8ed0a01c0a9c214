//! Letters: messages whose size and content follow from their number, and the account of what became of them.

use std::collections::BTreeMap;

use bus::Undelivered;
use bytes::{BufMut, Bytes, BytesMut};

/// The finaliser of splitmix64.
fn mix(mut x: u64) -> u64 {
    x = x.wrapping_add(0x9E37_79B9_7F4A_7C15);
    x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    x ^ (x >> 31)
}

/// How long letter `number` is: mostly small, some up to 64 KiB, one in five thousand 300 KiB.
pub(crate) fn size(number: u64) -> usize {
    if number % 5000 == 17 {
        return 300 << 10;
    }
    let (dice, within) = (mix(number) % 100, mix(number ^ 0xABCD));
    let range = match dice {
        0..65 => 8..257,
        65..95 => 257..4097,
        _ => 4097..65_537,
    };
    usize::try_from(range.start + within % (range.end - range.start)).unwrap()
}

/// Letter `number`.
pub(crate) fn letter(number: u64) -> Bytes {
    let size = size(number);
    let mut body = BytesMut::with_capacity(size + 8);
    body.put_u64(number);
    let mut state = number;
    while body.len() < size {
        state = mix(state);
        body.put_u64(state);
    }
    body.truncate(size);
    body.freeze()
}

/// The number of a letter, every byte of which has been compared.
#[track_caller]
pub(crate) fn number(body: &Bytes) -> u64 {
    assert!(body.len() >= 8, "{} bytes are no letter", body.len());
    let number = u64::from_be_bytes(body[..8].try_into().unwrap());
    assert!(*body == letter(number), "letter {number} came changed ({} bytes)", body.len());
    number
}

/// What became of the letters of one sender to one receiver.
#[derive(Debug, Default)]
pub(crate) struct Account {
    results: BTreeMap<u64, Result<(), Undelivered>>,
    received: Vec<u64>,
}

/// The account in numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// Reported as delivered.
    pub(crate) delivered: usize,
    /// Reported as perhaps delivered, and whether they were.
    pub(crate) in_doubt: usize,
    pub(crate) in_doubt_and_received: usize,
    /// Reported as surely not delivered.
    pub(crate) refused: usize,
    /// Received in all.
    pub(crate) received: usize,
}

impl Account {
    /// Letter `number` came.
    #[track_caller]
    pub(crate) fn received(&mut self, number: u64) {
        if let Some(last) = self.received.last() {
            assert!(number > *last, "letter {number} came after {last}");
        }
        self.received.push(number);
    }

    /// The sender was told what became of letter `number`.
    #[track_caller]
    pub(crate) fn result(&mut self, number: u64, result: Result<(), Undelivered>) {
        assert!(self.results.insert(number, result).is_none(), "letter {number} has two results");
    }

    /// The letter that came last.
    pub(crate) fn last(&self) -> Option<u64> {
        self.received.last().copied()
    }

    /// The last letter that was reported as delivered.
    pub(crate) fn last_delivered(&self) -> Option<u64> {
        self.results.iter().rev().find(|(_, result)| result.is_ok()).map(|(number, _)| *number)
    }

    /// Letters that came.
    pub(crate) fn came(&self) -> usize {
        self.received.len()
    }

    /// Checks, once nothing is under way any more, that each of the first `sent` letters was received, or reported to
    /// its sender, and nothing that was said is untrue.
    #[track_caller]
    pub(crate) fn settle(&self, sent: u64) -> Sum {
        let mut sum = Sum { received: self.received.len(), ..Sum::default() };
        let came = |number: &u64| self.received.binary_search(number).is_ok();
        for number in 0..sent {
            let result = self.results.get(&number).unwrap_or_else(|| panic!("letter {number} has no result"));
            match result {
                Ok(()) => {
                    assert!(came(&number), "letter {number} was reported as delivered and did not come");
                    sum.delivered += 1;
                }
                Err(e) if e.in_doubt => {
                    sum.in_doubt += 1;
                    sum.in_doubt_and_received += usize::from(came(&number));
                }
                Err(e) => {
                    assert!(
                        !came(&number),
                        "letter {number} came and was reported as surely undelivered: {e}"
                    );
                    sum.refused += 1;
                }
            }
        }
        assert!(self.received.last().is_none_or(|last| *last < sent), "a letter came that was never sent");
        assert_eq!(sum.delivered + sum.in_doubt + sum.refused, self.results.len());
        sum
    }
}
