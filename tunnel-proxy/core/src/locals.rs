//! The daemons of this node: who is registered, and what waits until they read.
//!
//! Each has a queue of its own, so one that does not read delays nobody else. The driver holds a few datagrams per
//! daemon; a fragment counts as delivered when the daemon's socket has taken it. What daemons of one node say to each
//! other does not come here.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use bus::datagram::{self, DATAGRAM_MAX, Fragment, Frame, ToDaemon};
use bus::{Address, Daemon, Gather, Node, charge};
use machine::Time;

use crate::envelope::Channel;
use crate::limits::{ALIVE_EVERY, LOCAL_ANSWERS, LOCAL_DAEMONS, LOCAL_DRIVER_QUEUE, LOCAL_NOTICES};
use crate::turns::Turns;

/// Room for everything around the data of one fragment.
const DELIVER_OVERHEAD: usize = 96;

/// Who is told when a fragment has been delivered.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin {
    Remote {
        node: Node,
        from: Daemon,
        channel: Channel,
        serial: u64,
        cost: usize,
    },
    /// The tunneld itself, which does not ask.
    Own {
        cost: usize,
    },
}

impl Origin {
    const fn own_cost(&self) -> usize {
        match self {
            Self::Remote { .. } => 0,
            Self::Own { cost } => *cost,
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
    /// Charges of the queue: all, and the tunneld's own answers.
    queued: usize,
    own_queued: usize,
    with_driver: VecDeque<Vec<Origin>>,
    /// The driver has held a datagram since then.
    blocked_since: Option<Time>,
    spoken: Time,
    delivered: u64,
}

impl Local {
    fn has_work(&self) -> bool {
        self.with_driver.len() < LOCAL_DRIVER_QUEUE && !(self.notices.is_empty() && self.queue.is_empty())
    }

    /// Messages and notices that wait, their bytes, and fragments delivered.
    pub(crate) fn numbers(&self) -> (usize, usize, u64) {
        (self.notices.len() + self.queue.len(), self.queued, self.delivered)
    }

    /// True when an answer of the tunneld itself finds room.
    pub(crate) const fn has_answer_room(&self, cost: usize) -> bool {
        self.own_queued + cost <= LOCAL_ANSWERS
    }
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
        };
        self.all.insert(daemon, local);
    }

    /// Forgets a daemon. Fragments of peers that were waiting for it come back, with their senders and charges, to be
    /// released.
    pub(crate) fn remove(&mut self, daemon: Daemon) -> Vec<(Node, Daemon, usize)> {
        self.busy.remove(daemon);
        let Some(local) = self.all.remove(&daemon) else { return Vec::new() };
        let waiting = local.with_driver.iter().flatten().chain(local.queue.iter().map(|d| &d.origin));
        waiting
            .filter_map(|origin| match *origin {
                Origin::Remote { node, from, cost, .. } => Some((node, from, cost)),
                Origin::Own { .. } => None,
            })
            .collect()
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
        local.own_queued += delivery.origin.own_cost();
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
                local.own_queued -= d.origin.own_cost();
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
            let own: usize = local.queue.iter().map(|d| d.origin.own_cost()).sum();
            assert_eq!((local.queued, local.own_queued), (queued, own), "queue of {daemon}");
            assert!(!local.has_work() || self.busy.contains(*daemon), "{daemon} has work and is not listed");
            assert!(local.with_driver.len() <= LOCAL_DRIVER_QUEUE);
        }
    }
}
