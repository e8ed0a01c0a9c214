//! Who has how much of what is kept for a peer: what daemons of this node have queued towards it, what came from it and
//! waits here, and channels. Each pair has a reserve, each sender a part of its own, and the rest is shared
//! ([`bus::Share`]): so those who do not read hold up nobody else.

use std::collections::BTreeMap;

use bus::{Daemon, RESERVE, SENDER_POOL, Share};

use crate::limits::{CHANNEL_RESERVE, CHANNEL_WINDOW, CHANNELS_MAX, PEER_BUFFER, PEER_CHANNELS, PEER_QUEUE};

/// Sending and receiving daemon.
pub(super) type Pair = (Daemon, Daemon);

/// What the daemons of this node have queued, in charges.
#[derive(Debug)]
pub(super) struct Queued {
    all: usize,
    common: Share,
    /// Only of those who are beyond the reserves of their pairs.
    senders: BTreeMap<Daemon, Share>,
}

impl Queued {
    pub(super) const fn new() -> Self {
        Self { all: 0, common: Share::new(PEER_QUEUE, RESERVE), senders: BTreeMap::new() }
    }

    pub(super) const fn all(&self) -> usize {
        self.all
    }

    /// What a channel of this sender that holds `before` may hold, `cost` of it new.
    pub(super) fn limit(&self, from: Daemon, before: usize, cost: usize, most: usize) -> usize {
        let after = before + cost;
        let own = self.senders.get(&from).copied().unwrap_or_else(Self::sender);
        // Invariant: a sender that keeps to its window, and to its pool, is never refused.
        if own.fits(before, after) { most } else { self.common.limit(most) }
    }

    const fn sender() -> Share {
        Share::new(SENDER_POOL, RESERVE)
    }

    /// A channel of this sender that held `before` holds `after`.
    pub(super) fn change(&mut self, from: Daemon, before: usize, after: usize) {
        self.all = self.all + after - before;
        if before.max(after) <= RESERVE {
            return;
        }
        self.common.change(before, after);
        let own = self.senders.entry(from).or_insert_with(Self::sender);
        own.change(before, after);
        if own.used() == 0 {
            self.senders.remove(&from);
        }
    }

    pub(super) fn check<'a>(&self, channels: impl Iterator<Item = (&'a Daemon, usize)>) {
        let (mut all, mut beyond) = (0, BTreeMap::<Daemon, usize>::new());
        for (from, held) in channels {
            all += held;
            *beyond.entry(*from).or_default() += held.saturating_sub(RESERVE);
        }
        beyond.retain(|_, used| *used > 0);
        let mine: BTreeMap<_, _> = self.senders.iter().map(|(from, own)| (*from, own.used())).collect();
        assert_eq!((self.all, &mine), (all, &beyond), "what is queued");
        assert_eq!(self.common.used(), beyond.values().sum::<usize>(), "what is queued beyond the reserves");
    }
}

/// What came from the peer and daemons of this node have not taken yet, in charges.
#[derive(Debug)]
pub(super) struct Waiting {
    all: usize,
    pool: Share,
    /// What channels left behind that have ended.
    left: BTreeMap<Pair, usize>,
}

impl Waiting {
    pub(super) const fn new() -> Self {
        Self { all: 0, pool: Share::new(PEER_BUFFER, RESERVE), left: BTreeMap::new() }
    }

    pub(super) const fn all(&self) -> usize {
        self.all
    }

    /// What earlier channels of a pair left behind.
    pub(super) fn left_of(&self, pair: Pair) -> usize {
        if self.left.is_empty() { 0 } else { self.left.get(&pair).copied().unwrap_or(0) }
    }

    /// Pairs of which something waits without a channel, or beside one.
    pub(super) fn pairs_left(&self) -> usize {
        self.left.len()
    }

    /// What an open channel of the pair may hold now. What its predecessors left behind counts, too: a sender that is
    /// started anew over and over does not get a reserve each time.
    pub(super) fn limit(&self, pair: Pair) -> usize {
        self.pool.limit(CHANNEL_WINDOW).saturating_sub(self.left_of(pair))
    }

    /// The open channel of a pair held `before` and holds `after`.
    pub(super) fn change(&mut self, pair: Pair, before: usize, after: usize) {
        let left = self.left_of(pair);
        self.pool.change(left + before, left + after);
        self.all = self.all + after - before;
    }

    /// A channel has ended and left so much behind.
    pub(super) fn ended(&mut self, pair: Pair, held: usize) {
        if held > 0 {
            *self.left.entry(pair).or_default() += held;
        }
    }

    /// So much of what ended channels of a pair left behind is gone; its open channel holds `open`.
    pub(super) fn gone(&mut self, pair: Pair, open: usize, cost: usize) {
        let Some(left) = self.left.get_mut(&pair) else { return };
        let before = open + *left;
        *left = left.saturating_sub(cost);
        let after = open + *left;
        if *left == 0 {
            self.left.remove(&pair);
        }
        self.pool.change(before, after);
        self.all = self.all + after - before;
    }

    pub(super) fn check(&self, open: impl Iterator<Item = (Pair, usize)>) {
        let mut pairs = self.left.clone();
        open.for_each(|(pair, held)| *pairs.entry(pair).or_default() += held);
        assert_eq!(self.all, pairs.values().sum::<usize>(), "what waits here");
        let beyond: usize = pairs.values().map(|held| held.saturating_sub(RESERVE)).sum();
        assert_eq!(self.pool.used(), beyond, "what waits here beyond the reserves");
        assert!(beyond <= PEER_BUFFER, "{beyond} wait here");
    }
}

/// Open channels in one direction, by their senders.
#[derive(Debug)]
pub(super) struct Channels {
    all: usize,
    common: Share,
    senders: BTreeMap<Daemon, usize>,
}

impl Channels {
    pub(super) const fn new() -> Self {
        Self { all: 0, common: Share::new(PEER_CHANNELS, CHANNEL_RESERVE), senders: BTreeMap::new() }
    }

    /// Whether this sender may have one more, where `others` take up the place of channels, too.
    pub(super) fn may_open(&self, from: Daemon, others: usize) -> bool {
        let mine = self.senders.get(&from).copied().unwrap_or(0);
        mine < self.common.limit(PEER_CHANNELS) && self.all + others < CHANNELS_MAX
    }

    pub(super) fn opened(&mut self, from: Daemon) {
        let mine = self.senders.entry(from).or_default();
        self.common.change(*mine, *mine + 1);
        *mine += 1;
        self.all += 1;
    }

    pub(super) fn closed(&mut self, from: Daemon) {
        let Some(mine) = self.senders.get_mut(&from) else { return };
        self.common.change(*mine, *mine - 1);
        *mine -= 1;
        self.all -= 1;
        if *mine == 0 {
            self.senders.remove(&from);
        }
    }

    pub(super) fn check<'a>(&self, open: impl Iterator<Item = &'a Daemon>) {
        let mut senders = BTreeMap::<Daemon, usize>::new();
        open.for_each(|from| *senders.entry(*from).or_default() += 1);
        assert_eq!((self.all, &self.senders), (senders.values().sum(), &senders), "open channels");
    }
}
