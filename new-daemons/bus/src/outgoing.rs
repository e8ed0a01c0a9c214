//! Messages on their way from one daemon to its tunneld: a queue and a window per destination, destinations in turn.
//!
//! All destinations share a pool, so that receivers that do not read cannot take up what the tunneld keeps for this
//! sender; a window shrinks with it, down to one fragment.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ops::Bound;

use bytes::Bytes;

use crate::address::Address;
use crate::datagram::{Fragment, ToTunnel};
use crate::failure::Failure;
use crate::share::{RESERVE, Share};
use crate::{FRAGMENT_MAX, QUEUE_MAX, SENDER_POOL, WINDOW, charge};

/// The caller's own number for a message; it comes back with the message's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

#[derive(Debug)]
struct Message {
    token: u64,
    ticket: Ticket,
    body: Bytes,
    sent: usize,
    /// What its fragments took from the window, and what of that came back.
    spent: usize,
    released: usize,
}

#[derive(Debug, Default)]
struct Flow {
    /// What all its messages count.
    charged: usize,
    /// Not wholly sent; only the first may have begun.
    waiting: VecDeque<Message>,
    /// Wholly sent, result unknown.
    sent: BTreeMap<u64, Message>,
    under_way: usize,
}

impl Flow {
    fn next_len(&self) -> Option<usize> {
        let first = self.waiting.front()?;
        Some((first.body.len() - first.sent).min(FRAGMENT_MAX))
    }

    /// Invariant: with nothing under way the window is always open, so a flow cannot get stuck.
    fn is_within(&self, window: usize) -> bool {
        self.next_len().is_some_and(|len| self.under_way == 0 || self.under_way + charge(len) <= window)
    }

    fn is_ready(&self) -> bool {
        self.is_within(WINDOW)
    }

    fn find(&mut self, token: u64) -> Option<&mut Message> {
        match self.sent.get_mut(&token) {
            Some(message) => Some(message),
            None => self.waiting.front_mut().filter(|m| m.token == token),
        }
    }

    fn remove(&mut self, token: u64) -> Option<Message> {
        let message = match self.sent.remove(&token) {
            Some(message) => Some(message),
            None if self.waiting.front().is_some_and(|m| m.token == token) => self.waiting.pop_front(),
            None => None,
        }?;
        self.charged -= charge(message.body.len());
        Some(message)
    }
}

/// All messages of one endpoint that have no result yet.
#[derive(Debug)]
pub(crate) struct Outgoing {
    flows: BTreeMap<Address, Flow>,
    destination: BTreeMap<u64, Address>,
    /// Those whose own window is open.
    ready: BTreeSet<Address>,
    share: Share,
    last_served: Option<Address>,
    last_token: u64,
}

impl Default for Outgoing {
    fn default() -> Self {
        Self {
            flows: BTreeMap::new(),
            destination: BTreeMap::new(),
            ready: BTreeSet::new(),
            share: Share::new(SENDER_POOL, RESERVE),
            last_served: None,
            last_token: 0,
        }
    }
}

impl Outgoing {
    pub(crate) fn push(&mut self, to: Address, ticket: Ticket, body: Bytes) -> Result<(), Failure> {
        let flow = self.flows.entry(to).or_default();
        let cost = charge(body.len());
        if flow.charged > 0 && flow.charged + cost > QUEUE_MAX {
            return Err(Failure::QueueFull);
        }
        flow.charged += cost;
        self.last_token += 1;
        let token = self.last_token;
        self.destination.insert(token, to);
        flow.waiting.push_back(Message { token, ticket, body, sent: 0, spent: 0, released: 0 });
        self.update(to);
        Ok(())
    }

    /// Takes back what has not left at all, for such destinations.
    pub(crate) fn take_waiting(
        &mut self,
        wanted: impl Fn(&Address) -> bool,
    ) -> Vec<(Address, Ticket, Bytes)> {
        let mut all = Vec::new();
        for to in self.flows.keys().copied().filter(wanted).collect::<Vec<_>>() {
            let Some(flow) = self.flows.get_mut(&to) else { continue };
            let begun = usize::from(flow.waiting.front().is_some_and(|m| m.sent > 0));
            for message in flow.waiting.split_off(begun) {
                flow.charged -= charge(message.body.len());
                self.destination.remove(&message.token);
                all.push((to, message.ticket, message.body));
            }
            self.update(to);
        }
        all
    }

    fn update(&mut self, to: Address) {
        let Some(flow) = self.flows.get(&to) else { return };
        if flow.is_ready() {
            self.ready.insert(to);
        } else {
            self.ready.remove(&to);
        }
        if flow.waiting.is_empty() && flow.sent.is_empty() {
            self.flows.remove(&to);
        }
    }

    /// The destination whose turn it is, of those that have a part of the pool left.
    fn turn(&self) -> Option<Address> {
        let after = self.last_served.map_or(Bound::Unbounded, Bound::Excluded);
        let window = self.share.limit(WINDOW);
        let open =
            |to: &&Address| window >= WINDOW || self.flows.get(to).is_some_and(|f| f.is_within(window));
        let following = self.ready.range((after, Bound::Unbounded)).find(open);
        following.or_else(|| self.ready.iter().find(open)).copied()
    }

    /// The length of the next fragment, or nothing when no window is open.
    pub(crate) fn next_len(&self) -> Option<usize> {
        self.flows.get(&self.turn()?)?.next_len()
    }

    /// The next fragment to send, of the destination whose turn it is.
    pub(crate) fn next(&mut self) -> Option<ToTunnel> {
        let to = self.turn()?;
        self.last_served = Some(to);
        let flow = self.flows.get_mut(&to)?;
        let len = flow.next_len()?;
        let message = flow.waiting.front_mut()?;
        let token = message.token;
        let fragment = Fragment {
            total: u32::try_from(message.body.len()).unwrap_or(u32::MAX),
            offset: u32::try_from(message.sent).unwrap_or(u32::MAX),
            data: message.body.slice(message.sent..message.sent + len),
        };
        message.sent += len;
        message.spent += charge(len);
        self.share.change(flow.under_way, flow.under_way + charge(len));
        flow.under_way += charge(len);
        if fragment.is_last()
            && let Some(message) = flow.waiting.pop_front()
        {
            flow.sent.insert(token, message);
        }
        self.update(to);
        Some(ToTunnel::Send { token, to, fragment })
    }

    /// The receiver has taken `upto` bytes of a message.
    pub(crate) fn accepted(&mut self, token: u64, upto: u32) {
        let Some(to) = self.destination.get(&token).copied() else { return };
        let Some(flow) = self.flows.get_mut(&to) else { return };
        let Some(message) = flow.find(token) else { return };
        let upto = usize::try_from(upto).unwrap_or(usize::MAX).min(message.sent);
        let cost = upto + upto.div_ceil(FRAGMENT_MAX) * charge(0);
        let back = cost.min(message.spent).saturating_sub(message.released);
        message.released += back;
        self.share.change(flow.under_way, flow.under_way - back);
        flow.under_way -= back;
        self.update(to);
    }

    /// A message has come to its end.
    pub(crate) fn completed(&mut self, token: u64) -> Option<Ticket> {
        let to = self.destination.remove(&token)?;
        let flow = self.flows.get_mut(&to)?;
        let message = flow.remove(token)?;
        let left = flow.under_way - (message.spent - message.released);
        self.share.change(flow.under_way, left);
        flow.under_way = left;
        self.update(to);
        Some(message.ticket)
    }

    /// Gives up everything. True beside a ticket whose message may have been delivered all the same.
    pub(crate) fn fail_all(&mut self) -> Vec<(Ticket, bool)> {
        let flows = std::mem::take(&mut self.flows);
        self.destination.clear();
        self.ready.clear();
        self.share = Share::new(SENDER_POOL, RESERVE);
        let mut all = Vec::new();
        for flow in flows.into_values() {
            all.extend(flow.sent.into_values().map(|m| (m.ticket, true)));
            all.extend(flow.waiting.into_iter().map(|m| (m.ticket, false)));
        }
        all
    }

    pub(crate) fn check(&self) {
        let beyond: usize = self.flows.values().map(|f| f.under_way.saturating_sub(RESERVE)).sum();
        assert!(self.share.used() == beyond && beyond <= SENDER_POOL, "{beyond} of the pool are taken");
        for (to, flow) in &self.flows {
            let spent: usize = flow.sent.values().chain(&flow.waiting).map(|m| m.spent - m.released).sum();
            assert_eq!(flow.under_way, spent, "window of {to}");
            let all: usize = flow.sent.values().chain(&flow.waiting).map(|m| charge(m.body.len())).sum();
            assert_eq!(flow.charged, all, "queue for {to}");
            assert_eq!(flow.is_ready(), self.ready.contains(to), "readiness of {to}");
            assert!(!flow.waiting.iter().skip(1).any(|m| m.sent > 0), "two messages begun towards {to}");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(text: &str) -> Address {
        text.parse().unwrap()
    }

    fn drain(out: &mut Outgoing) -> Vec<(u64, u32, usize)> {
        let mut all = Vec::new();
        while let Some(ToTunnel::Send { token, fragment, .. }) = out.next() {
            out.check();
            all.push((token, fragment.offset, fragment.data.len()));
        }
        all
    }

    #[test]
    fn a_large_message_keeps_to_the_window_and_goes_on_when_pieces_are_accepted() {
        let mut out = Outgoing::default();
        out.push(to("1/ip"), Ticket(9), Bytes::from(vec![0; 3 << 20])).unwrap();
        let first = drain(&mut out);
        assert_eq!(first.len(), 15, "fifteen full pieces and their overhead fit a window of 1 MiB");
        out.accepted(1, 2 * 65536);
        out.check();
        assert_eq!(drain(&mut out).len(), 2);
        let mut upto = 2 * 65536;
        while upto < 3 << 20 {
            upto += 65536;
            out.accepted(1, upto);
            drain(&mut out);
        }
        assert_eq!(out.completed(1), Some(Ticket(9)));
        out.check();
        assert!(out.flows.is_empty());
    }

    #[test]
    fn destinations_take_turns_and_a_full_one_holds_up_nobody() {
        let mut out = Outgoing::default();
        for n in 0..40 {
            out.push(to("1/ip"), Ticket(n), Bytes::from(vec![0; 65536])).unwrap();
        }
        out.push(to("2/ip"), Ticket(100), Bytes::from_static(b"x")).unwrap();
        out.push(to("2/ip"), Ticket(101), Bytes::new()).unwrap();
        let sent = drain(&mut out);
        assert_eq!(sent.iter().position(|s| s.0 == 41), Some(1), "second in turn");
        assert!(sent.iter().any(|s| s.0 == 42 && s.2 == 0), "an empty message is a message");
        assert_eq!(sent.len(), 15 + 2);
        let lost = out.fail_all();
        assert_eq!(lost.len(), 42);
        assert_eq!(lost.iter().filter(|(_, in_doubt)| *in_doubt).count(), 17);
    }

    #[test]
    fn many_that_take_nothing_leave_room_for_one_that_does() {
        let mut out = Outgoing::default();
        let mut read = Vec::new();
        for n in 0..200 {
            out.push(to(&format!("1/deaf/{n}")), Ticket(n), Bytes::from(vec![0; 2 << 20])).unwrap();
            drain(&mut out);
            // One that is read gets a message through, whoever else holds on to what.
            out.push(to("1/ip"), Ticket(1000 + n), Bytes::from(vec![0; 300_000])).unwrap();
            let token = out.last_token;
            let mut upto = 0;
            while upto < 300_000 {
                let sent = drain(&mut out);
                let (_, offset, len) = *sent.iter().rfind(|s| s.0 == token).expect("it goes on");
                upto = offset + u32::try_from(len).unwrap();
                out.accepted(token, upto);
            }
            read.extend(out.completed(token));
        }
        assert_eq!(read.len(), 200);
        assert!(out.share.used() <= SENDER_POOL && out.share.used() > SENDER_POOL / 2);
    }

    #[test]
    fn results_of_unknown_messages_change_nothing() {
        let mut out = Outgoing::default();
        out.push(to("1/ip"), Ticket(1), Bytes::from_static(b"abc")).unwrap();
        assert_eq!(out.completed(77), None);
        out.accepted(77, 5);
        drain(&mut out);
        out.accepted(1, u32::MAX);
        out.accepted(1, u32::MAX);
        out.check();
        assert_eq!(out.completed(1), Some(Ticket(1)));
        assert_eq!(out.completed(1), None);
    }
}
