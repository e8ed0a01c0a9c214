//! The account of every message: what its sender was told, and what its receiver saw. No sockets here.
//!
//! What must hold when all is done: each message was reported to its sender; what was reported delivered came once and
//! in order; what was reported surely undelivered never came. Everything else is a fault of the tunnel, listed in words.

use std::collections::BTreeMap;

use bus::Undelivered;
use bytes::{BufMut, Bytes, BytesMut};

/// A direction: the sending and the receiving node.
pub(crate) type Pair = (u32, u32);

/// Bytes before the filling of a message.
pub(crate) const HEAD: usize = 12;

/// Message `number` of `from`, with a filling that depends on both.
pub(crate) fn message(from: u32, number: u64, len: usize) -> Bytes {
    let mut body = BytesMut::with_capacity(len.max(HEAD));
    body.put_u32(from);
    body.put_u64(number);
    body.resize(len.max(HEAD), filling(from, number));
    body.freeze()
}

fn filling(from: u32, number: u64) -> u8 {
    u8::try_from((u64::from(from) * 101 + number) % 251).unwrap_or_default()
}

/// Sender and number of a message, when its bytes are those that were sent.
fn read(body: &[u8]) -> Option<(u32, u64)> {
    let (from, rest) = body.split_first_chunk()?;
    let (number, rest) = rest.split_first_chunk()?;
    let (from, number) = (u32::from_be_bytes(*from), u64::from_be_bytes(*number));
    rest.iter().all(|byte| *byte == filling(from, number)).then_some((from, number))
}

#[derive(Debug, Default)]
struct Message {
    len: usize,
    fate: Option<Result<(), Undelivered>>,
    arrived: bool,
}

/// Totals, of one direction or of all.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Handed to the tunnel.
    pub(crate) sent: usize,
    /// Reported delivered to the sender.
    pub(crate) delivered: usize,
    /// Reported not delivered to the sender.
    pub(crate) reported: usize,
    /// Of these, such that may have arrived all the same.
    pub(crate) in_doubt: usize,
    /// Seen by the receiver.
    pub(crate) arrived: usize,
}

impl Counts {
    /// Nothing known about them yet.
    pub(crate) fn under_way(&self) -> usize {
        self.sent - self.delivered - self.reported
    }
}

/// All messages of all directions.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    messages: BTreeMap<Pair, Vec<Message>>,
    /// The highest number that came, by direction.
    latest: BTreeMap<Pair, u64>,
    bytes: usize,
    faults: Vec<String>,
}

impl Ledger {
    /// A message leaves; its number is returned.
    pub(crate) fn send(&mut self, pair: Pair, len: usize) -> u64 {
        let all = self.messages.entry(pair).or_default();
        all.push(Message { len: len.max(HEAD), fate: None, arrived: false });
        u64::try_from(all.len() - 1).unwrap_or(u64::MAX)
    }

    /// The sender is told what became of a message.
    pub(crate) fn report(&mut self, pair: Pair, number: u64, fate: Result<(), Undelivered>) {
        let Some(message) = find(&mut self.messages, pair, number) else { return };
        match message.fate.replace(fate) {
            None if fate.is_ok() => self.bytes += message.len,
            None => {}
            Some(_) => self.faults.push(format!("{}: reported twice", name(pair, number))),
        }
    }

    /// Node `to` received a message that says where it is from; the envelope says `sender`.
    pub(crate) fn arrive(&mut self, sender: u32, to: u32, body: &[u8]) {
        let Some((from, number)) = read(body).filter(|(from, _)| *from == sender) else {
            self.faults.push(format!("node {to} received {} bytes that nobody sent", body.len()));
            return;
        };
        let pair = (from, to);
        match find(&mut self.messages, pair, number) {
            None => self.faults.push(format!("{}: nobody sent it", name(pair, number))),
            Some(message) if message.arrived => {
                self.faults.push(format!("{}: came twice", name(pair, number)));
            }
            Some(message) if message.len != body.len() => {
                self.faults.push(format!("{}: other length", name(pair, number)));
            }
            Some(message) => message.arrived = true,
        }
        let before = self.latest.insert(pair, number);
        if before.is_some_and(|before| before > number) {
            self.faults.push(format!("{}: out of order", name(pair, number)));
        }
    }

    /// Totals of the directions that `wanted` takes.
    pub(crate) fn counts(&self, wanted: impl Fn(Pair) -> bool) -> Counts {
        let mut counts = Counts::default();
        for message in self.messages.iter().filter(|(pair, _)| wanted(**pair)).flat_map(|(_, all)| all) {
            counts.sent += 1;
            counts.arrived += usize::from(message.arrived);
            match message.fate {
                None => {}
                Some(Ok(())) => counts.delivered += 1,
                Some(Err(undelivered)) => {
                    counts.reported += 1;
                    counts.in_doubt += usize::from(undelivered.in_doubt);
                }
            }
        }
        counts
    }

    /// How often each reason was given.
    pub(crate) fn reasons(&self) -> BTreeMap<String, usize> {
        let mut reasons = BTreeMap::new();
        for message in self.messages.values().flatten() {
            if let Some(Err(undelivered)) = message.fate {
                *reasons.entry(undelivered.to_string()).or_default() += 1;
            }
        }
        reasons
    }

    /// Bytes of the messages that were reported delivered.
    pub(crate) fn bytes(&self) -> usize {
        self.bytes
    }

    /// Messages whose receiver has not seen them although the sender was told that they were delivered.
    pub(crate) fn missing(&self) -> usize {
        self.messages.values().flatten().filter(|m| m.fate == Some(Ok(())) && !m.arrived).count()
    }

    /// Whatever must not be, once all is done.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = self.faults.clone();
        for (pair, all) in &self.messages {
            for (number, message) in (0..).zip(all) {
                let fault = match message.fate {
                    None => "its sender was never told what became of it",
                    Some(Ok(())) if !message.arrived => "reported delivered, but it never came",
                    Some(Err(Undelivered { in_doubt: false, .. })) if message.arrived => {
                        "reported as surely not delivered, but it came"
                    }
                    Some(_) => continue,
                };
                faults.push(format!("{}: {fault}", name(*pair, number)));
            }
        }
        faults
    }
}

fn find(all: &mut BTreeMap<Pair, Vec<Message>>, pair: Pair, number: u64) -> Option<&mut Message> {
    all.get_mut(&pair)?.get_mut(usize::try_from(number).ok()?)
}

fn name((from, to): Pair, number: u64) -> String {
    format!("message {number} from node {from} to node {to}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::Failure;

    const PAIR: Pair = (0, 1);

    fn lost(in_doubt: bool) -> Result<(), Undelivered> {
        Err(Undelivered { reason: Failure::NodeUnreachable, in_doubt })
    }

    fn sent(count: usize) -> Ledger {
        let mut ledger = Ledger::default();
        for _ in 0..count {
            ledger.send(PAIR, 100);
        }
        ledger
    }

    #[test]
    fn delivered_in_doubt_and_refused_messages_add_up_without_a_fault() {
        let mut ledger = sent(4);
        for (number, fate, comes) in
            [(0, Ok(()), true), (1, lost(true), true), (2, lost(true), false), (3, lost(false), false)]
        {
            if comes {
                ledger.arrive(0, 1, &message(0, number, 100));
            }
            ledger.report(PAIR, number, fate);
        }
        let wanted = Counts { sent: 4, delivered: 1, reported: 3, in_doubt: 2, arrived: 2 };
        assert_eq!(ledger.counts(|pair| pair == PAIR), wanted);
        assert_eq!((ledger.faults(), ledger.bytes(), ledger.missing()), (vec![], 100, 0));
    }

    #[test]
    fn each_kind_of_broken_promise_is_a_fault() {
        let faults = |play: &dyn Fn(&mut Ledger)| {
            let mut ledger = sent(2);
            play(&mut ledger);
            ledger.faults().join("; ")
        };
        let told = |ledger: &mut Ledger| {
            ledger.report(PAIR, 0, lost(true));
            ledger.report(PAIR, 1, lost(true));
        };
        assert!(faults(&|_| {}).contains("never told"));
        assert!(faults(&|l| l.report(PAIR, 0, Ok(()))).contains("never came"));
        let surely = |l: &mut Ledger| {
            l.arrive(0, 1, &message(0, 0, 100));
            l.report(PAIR, 0, lost(false));
        };
        assert!(faults(&surely).contains("surely not delivered, but it came"));
        let come = |numbers: &'static [u64]| {
            faults(&move |l| {
                numbers.iter().for_each(|n| l.arrive(0, 1, &message(0, *n, 100)));
                told(l);
            })
        };
        assert_eq!(come(&[0, 1]), "");
        assert!(come(&[0, 0]).contains("came twice"));
        assert!(come(&[1, 0]).contains("out of order"));
        assert!(come(&[7]).contains("nobody sent it"));
        let broken = |l: &mut Ledger| {
            let mut body = message(0, 0, 100).to_vec();
            body[50] ^= 1;
            l.arrive(0, 1, &body);
            l.arrive(2, 1, &message(0, 0, 100));
            l.arrive(0, 1, &message(0, 1, 99));
            told(l);
        };
        let broken = faults(&broken);
        assert_eq!(broken.matches("that nobody sent").count(), 2, "{broken}");
        assert!(broken.contains("other length"), "{broken}");
    }
}
