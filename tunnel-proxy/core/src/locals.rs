//! The daemons of this node: who is registered, and what waits until they read.
//!
//! Each has a queue of its own, so one that does not read delays nobody else. The driver holds a few datagrams per
//! daemon; a fragment counts as delivered when the daemon's socket has taken it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bus::datagram::{self, DATAGRAM_MAX, Fragment, Frame, ToDaemon};
use bus::{Address, Daemon, Gather, Node, charge};
use machine::Time;

use crate::envelope::Channel;
use crate::limits::{
    ALIVE_EVERY, ANSWER_QUEUE, LOCAL_DAEMONS, LOCAL_DRIVER_QUEUE, LOCAL_NOTICES, LOCAL_QUEUE,
};
use crate::outbound::Token;
use crate::turns::Turns;

/// Room for everything around the data of one fragment.
const DELIVER_OVERHEAD: usize = 96;

/// Who is told when a fragment has been delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    Remote {
        node: Node,
        channel: Channel,
        serial: u64,
        cost: usize,
    },
    Local {
        from: Daemon,
        incarnation: u64,
        token: Token,
        upto: u32,
        last: bool,
        cost: usize,
    },
    /// The tunneld itself, which does not ask.
    Own {
        cost: usize,
    },
}

impl Origin {
    const fn local_cost(&self) -> usize {
        match self {
            Self::Remote { .. } => 0,
            Self::Local { cost, .. } | Self::Own { cost } => *cost,
        }
    }
}

/// A message of a daemon of this node to one that is gone.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LostHere {
    pub(crate) from: Daemon,
    /// The run of the sender that is meant; its present one where there is none.
    pub(crate) incarnation: Option<u64>,
    pub(crate) token: Token,
    pub(crate) in_doubt: bool,
}

/// What was waiting for a daemon that is gone.
#[derive(Debug, Default)]
pub(crate) struct Removed {
    pub(crate) lost: Vec<LostHere>,
    /// Fragments of peers, with their charges.
    pub(crate) released: Vec<(Node, usize)>,
}

impl Removed {
    fn add(&mut self, origin: &Origin, in_doubt: bool) {
        match *origin {
            Origin::Local { from, incarnation, token, last: true, .. } => {
                self.lost.push(LostHere { from, incarnation: Some(incarnation), token, in_doubt });
            }
            Origin::Remote { node, cost, .. } => self.released.push((node, cost)),
            Origin::Local { .. } | Origin::Own { .. } => {}
        }
    }
}

/// A fragment that waits for a daemon.
#[derive(Debug)]
pub(crate) struct Delivery {
    pub(crate) from: Address,
    pub(crate) message: u64,
    pub(crate) fragment: Fragment,
    pub(crate) origin: Origin,
}

#[derive(Debug)]
pub(crate) struct Local {
    pub(crate) incarnation: u64,
    notices: VecDeque<ToDaemon>,
    queue: VecDeque<Delivery>,
    /// Charges of the queue: all, and what daemons of this node put there.
    queued: usize,
    own_queued: usize,
    with_driver: VecDeque<Vec<Origin>>,
    /// The driver has held a datagram since then.
    blocked_since: Option<Time>,
    spoken: Time,
    delivered: u64,
    /// Messages of daemons of this node that have begun: token, next offset, number.
    unfinished: BTreeMap<Daemon, (Token, u32, u64)>,
}

impl Local {
    fn has_work(&self) -> bool {
        self.with_driver.len() < LOCAL_DRIVER_QUEUE && !(self.notices.is_empty() && self.queue.is_empty())
    }

    /// Messages and notices that wait, their bytes, and fragments delivered.
    pub(crate) fn numbers(&self) -> (usize, usize, u64) {
        (self.notices.len() + self.queue.len(), self.queued, self.delivered)
    }

    /// True when daemons of this node may put this much more into the queue.
    pub(crate) const fn has_room(&self, cost: usize) -> bool {
        self.own_queued + cost <= LOCAL_QUEUE
    }

    /// The same for an answer of the tunneld itself, which is sent whole.
    pub(crate) const fn has_answer_room(&self, cost: usize) -> bool {
        self.own_queued + cost <= LOCAL_QUEUE + ANSWER_QUEUE
    }

    /// The rest of this sender's message will not be followed.
    pub(crate) fn give_up(&mut self, from: Daemon) {
        self.unfinished.remove(&from);
    }

    /// Checks that a fragment of a daemon of this node continues its message, and numbers it. A message that was not
    /// finished when the next one began comes back as the second value: its rest will not be followed.
    pub(crate) fn follow(&mut self, from: Daemon, token: Token, f: &Fragment, fresh: u64) -> Followed {
        let known = self.unfinished.remove(&from);
        let (message, displaced) = match known {
            Some((t, offset, message)) if t == token && offset == f.offset && !f.is_first() => {
                (Some(message), None)
            }
            Some((t, ..)) if f.is_first() => (Some(fresh), Some(t)),
            None if f.is_first() => (Some(fresh), None),
            Some(other) if other.0 != token => {
                self.unfinished.insert(from, other);
                (None, None)
            }
            // A piece is missing: what came of this message is worth nothing.
            Some((t, ..)) => (None, Some(t)),
            None => (None, None),
        };
        if let Some(message) = message.filter(|_| !f.is_last()) {
            self.unfinished.insert(from, (token, f.end(), message));
        }
        Followed { message, displaced }
    }
}

/// What [`Local::follow`] found.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Followed {
    /// The number of the message; none when the fragment is to be left out.
    pub(crate) message: Option<u64>,
    /// A message that ends here without its rest.
    pub(crate) displaced: Option<Token>,
}

/// All daemons of this node.
#[derive(Debug, Default)]
pub(crate) struct Locals {
    all: BTreeMap<Daemon, Local>,
    busy: Turns<Daemon>,
}

impl Locals {
    pub(crate) fn contains(&self, daemon: Daemon) -> bool {
        self.all.contains_key(&daemon)
    }

    pub(crate) fn get(&self, daemon: Daemon) -> Option<&Local> {
        self.all.get(&daemon)
    }

    pub(crate) fn get_mut(&mut self, daemon: Daemon) -> Option<&mut Local> {
        self.all.get_mut(&daemon)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&Daemon, &Local)> {
        self.all.iter()
    }

    pub(crate) fn is_full(&self) -> bool {
        self.all.len() >= LOCAL_DAEMONS
    }

    pub(crate) fn add(&mut self, now: Time, daemon: Daemon, incarnation: u64) {
        let local = Local {
            incarnation,
            notices: VecDeque::new(),
            queue: VecDeque::new(),
            queued: 0,
            own_queued: 0,
            with_driver: VecDeque::new(),
            blocked_since: None,
            spoken: now,
            delivered: 0,
            unfinished: BTreeMap::new(),
        };
        self.all.insert(daemon, local);
    }

    /// Forgets a daemon. What was waiting for it comes back, to be reported and released.
    pub(crate) fn remove(&mut self, daemon: Daemon) -> Removed {
        self.busy.remove(daemon);
        // Its own unfinished messages end with it; its next run counts its tokens anew.
        self.all.values_mut().for_each(|l| l.give_up(daemon));
        let mut removed = Removed::default();
        let Some(local) = self.all.remove(&daemon) else { return removed };
        local.with_driver.iter().flatten().for_each(|o| removed.add(o, true));
        local.queue.iter().for_each(|d| removed.add(&d.origin, false));
        let unfinished = local.unfinished.into_iter();
        removed.lost.extend(unfinished.map(|(from, (token, ..))| LostHere {
            from,
            incarnation: None,
            token,
            in_doubt: false,
        }));
        removed
    }

    /// The charge of what a peer sent and daemons of this node have not taken.
    pub(crate) fn waiting_of(&self, peer: Node) -> usize {
        let of_peer = |origin: &Origin| match origin {
            Origin::Remote { node, cost, .. } if *node == peer => *cost,
            _ => 0,
        };
        let with_driver = |l: &Local| l.with_driver.iter().flatten().map(of_peer).sum::<usize>();
        let queued = |l: &Local| l.queue.iter().map(|d| of_peer(&d.origin)).sum::<usize>();
        self.all.values().map(|l| with_driver(l) + queued(l)).sum()
    }

    /// True when a daemon of this node has something to read first.
    pub(crate) fn is_behind(&self, daemon: Daemon) -> bool {
        self.all.get(&daemon).is_some_and(|l| !l.queue.is_empty())
    }

    /// Queues a notice. False when the daemon has so many that it must be dead.
    pub(crate) fn notify(&mut self, daemon: Daemon, notice: ToDaemon) -> bool {
        let Some(local) = self.all.get_mut(&daemon) else { return true };
        local.notices.push_back(notice);
        let fits = local.notices.len() <= LOCAL_NOTICES;
        if local.has_work() {
            self.busy.insert(daemon);
        }
        fits
    }

    pub(crate) fn notify_all(&mut self, notice: &ToDaemon) {
        let daemons: Vec<_> = self.all.keys().copied().collect();
        for daemon in daemons {
            self.notify(daemon, notice.clone());
        }
    }

    pub(crate) fn deliver(&mut self, to: Daemon, delivery: Delivery) {
        let Some(local) = self.all.get_mut(&to) else { return };
        local.queued += charge(delivery.fragment.data.len());
        local.own_queued += delivery.origin.local_cost();
        local.queue.push_back(delivery);
        if local.has_work() {
            self.busy.insert(to);
        }
    }

    /// The next datagram for some daemon: as many notices and fragments as fit.
    pub(crate) fn datagram(&mut self, now: Time) -> Option<(Daemon, u64, Gather)> {
        loop {
            let daemon = self.busy.first()?;
            let Some(local) = self.all.get_mut(&daemon).filter(|l| l.has_work()) else {
                self.busy.remove(daemon);
                continue;
            };
            let mut g = datagram::begin(daemon);
            let mut origins = Vec::new();
            while g.len() + DELIVER_OVERHEAD <= DATAGRAM_MAX / 2
                && let Some(notice) = local.notices.pop_front()
            {
                notice.emit(&mut g);
            }
            while let Some(first) = local.queue.front()
                && g.len() + first.fragment.data.len() + DELIVER_OVERHEAD <= DATAGRAM_MAX
                && let Some(d) = local.queue.pop_front()
            {
                local.queued -= charge(d.fragment.data.len());
                local.own_queued -= d.origin.local_cost();
                origins.push(d.origin);
                ToDaemon::Deliver { from: d.from, message: d.message, fragment: d.fragment }.emit(&mut g);
            }
            local.spoken = now;
            local.blocked_since.get_or_insert(now);
            local.with_driver.push_back(origins);
            return Some((daemon, local.incarnation, g.finish()));
        }
    }

    /// The daemon's socket has taken the oldest datagram: its fragments are delivered.
    pub(crate) fn sent(&mut self, now: Time, daemon: Daemon, incarnation: u64) -> Vec<Origin> {
        let Some(local) = self.all.get_mut(&daemon).filter(|l| l.incarnation == incarnation) else {
            return Vec::new();
        };
        let origins = local.with_driver.pop_front().unwrap_or_default();
        local.delivered += u64::try_from(origins.len()).unwrap_or(u64::MAX);
        local.blocked_since = (!local.with_driver.is_empty()).then_some(now);
        if local.has_work() {
            self.busy.insert(daemon);
        }
        origins
    }

    /// Speaks to those who heard nothing for a while, and names those who have not read for too long.
    pub(crate) fn tick(&mut self, now: Time, stall: Duration) -> Vec<Daemon> {
        let is_stalled = |l: &Local| l.blocked_since.is_some_and(|at| now >= at + stall);
        let stalled = self.all.iter().filter(|(_, l)| is_stalled(l)).map(|(d, _)| *d).collect();
        let bored =
            |l: &Local| l.notices.is_empty() && l.with_driver.is_empty() && now >= l.spoken + ALIVE_EVERY;
        let quiet: Vec<_> = self.all.iter().filter(|(_, l)| bored(l)).map(|(d, _)| *d).collect();
        for daemon in quiet {
            self.notify(daemon, ToDaemon::Alive);
        }
        stalled
    }

    pub(crate) fn check(&self) {
        for (daemon, local) in &self.all {
            let queued: usize = local.queue.iter().map(|d| charge(d.fragment.data.len())).sum();
            let own: usize = local.queue.iter().map(|d| d.origin.local_cost()).sum();
            assert_eq!((local.queued, local.own_queued), (queued, own), "queue of {daemon}");
            assert!(!local.has_work() || self.busy.contains(*daemon), "{daemon} has work and is not listed");
            assert!(local.with_driver.len() <= LOCAL_DRIVER_QUEUE);
        }
    }
}
