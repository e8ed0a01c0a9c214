//! The model cluster: nodes with a ctdbd, a tunneld and daemons, their sockets, and the network between them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::time::Duration;

use bus::calls::RequestId;
use bus::{Address, Daemon, Input as BusInput, Ticket};
use bytes::Bytes;
use legacy_codec::ReqMessage;
use machine::{Machine, Time};
use tunnel_core::{Input, Tunnel, session};

mod breaking;
mod calling;
mod daemons;
mod scenario;
mod tunneld;

use crate::ctdbd::{Act, ModelCtdbd};
use crate::daemon::{Letter, SimDaemon};
use crate::faults::Faults;
use crate::ledger::Ledger;
use crate::promises::Promises;
use crate::queue::Queue;

const SOCKET_DELAY: Duration = Duration::from_micros(10);
const NETWORK_DELAY: Duration = Duration::from_micros(100);

/// What a world looks like.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Nodes.
    pub nodes: u32,
    /// Daemons on each.
    pub daemons: u32,
    /// Mean time between two messages of a daemon.
    pub send_every: Duration,
    /// Mean time between two calls, events or subscriptions of a daemon.
    pub call_every: Option<Duration>,
    /// Bytes of the largest message.
    pub largest: usize,
    /// What breaks.
    pub faults: Faults,
}

#[derive(Debug)]
struct Tunneld {
    machine: Tunnel,
    boot: u64,
    connection: Option<u64>,
    socket: VecDeque<Bytes>,
    read_planned: bool,
    woken_for: Option<Time>,
    /// Datagrams that wait for room in a daemon's socket.
    pending: BTreeMap<Daemon, VecDeque<(u64, Bytes)>>,
}

#[derive(Debug)]
struct NodeState {
    ctdbd: Option<ModelCtdbd>,
    tunneld: Option<Tunneld>,
    daemons: BTreeMap<Daemon, SimDaemon>,
}

#[derive(Debug)]
enum Event {
    Connect { node: u32, boot: u64 },
    ToCtdbd { node: u32, connection: u64, bytes: Bytes },
    ToClient { node: u32, connection: u64, bytes: Bytes },
    HangUp { node: u32, connection: u64 },
    Between { from: u32, to: u32, message: ReqMessage },
    TunneldReads { node: u32, boot: u64 },
    DaemonReads { node: u32, daemon: Daemon, incarnation: u64 },
    Wake { node: u32, boot: u64, at: Time },
    WakeDaemon { node: u32, daemon: Daemon, incarnation: u64, at: Time },
    AppSends { node: u32, daemon: Daemon },
    AppCalls { node: u32, daemon: Daemon },
    AppReplies { node: u32, daemon: Daemon, run: u64, request: RequestId, answer: Bytes },
    Fault(Fault),
    StartCtdbd(u32),
    StartTunneld(u32),
    StartDaemon(u32, Daemon),
    Heal(u32, u32),
    Unmute(u32),
    Relist(u32),
    Written { node: u32, boot: u64, connection: Option<u64>, len: usize },
}

#[derive(Clone, Copy, Debug)]
enum Fault {
    Ctdbd,
    Tunneld,
    Daemon,
    Stall,
    Partition,
    Mute,
    Freeze,
    Delete,
}

impl Fault {
    const ALL: [Self; 8] = [
        Self::Ctdbd,
        Self::Tunneld,
        Self::Daemon,
        Self::Stall,
        Self::Partition,
        Self::Mute,
        Self::Freeze,
        Self::Delete,
    ];
}

/// A cluster in virtual time.
#[derive(Debug)]
pub struct World {
    settings: Settings,
    queue: Queue<Event>,
    nodes: Vec<NodeState>,
    cut: BTreeSet<(u32, u32)>,
    letters: BTreeMap<(u32, Daemon, u64, Ticket), Letter>,
    numbers: BTreeMap<(Address, u64), u64>,
    connections: u64,
    boots: u64,
    sending: bool,
    breaking: bool,
    /// Nodes whose packets nobody hears, though they hear the others.
    mute: BTreeSet<u32>,
    /// Nodes whose ctdbd does not read for a while.
    frozen: BTreeMap<u32, Time>,
    last_step: Time,
    at_once: u64,
    /// What was promised and kept.
    pub ledger: Ledger,
    /// The same for calls and events.
    pub promises: Promises,
    /// Each step is printed.
    pub trace: bool,
    /// Events so far.
    pub steps: u64,
    /// The largest queue of any tunneld towards any peer, in bytes.
    pub largest_queue: usize,
}

fn daemon(n: u32) -> Daemon {
    Daemon { name: "app".parse().expect("a name"), instance: n }
}

impl World {
    /// A cluster that has just been switched on.
    #[must_use]
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut world = Self {
            queue: Queue::new(seed),
            nodes: Vec::new(),
            cut: BTreeSet::new(),
            letters: BTreeMap::new(),
            numbers: BTreeMap::new(),
            connections: 0,
            boots: seed.wrapping_mul(1000),
            sending: true,
            breaking: true,
            mute: BTreeSet::new(),
            frozen: BTreeMap::new(),
            last_step: Time::ZERO,
            at_once: 0,
            ledger: Ledger::default(),
            promises: Promises::default(),
            trace: false,
            steps: 0,
            largest_queue: 0,
            settings,
        };
        for node in 0..world.settings.nodes {
            world.nodes.push(NodeState { ctdbd: None, tunneld: None, daemons: BTreeMap::new() });
            world.queue.after(Duration::from_millis(5), Event::StartCtdbd(node));
            world.queue.after(Duration::from_millis(5), Event::StartTunneld(node));
            for n in 0..world.settings.daemons {
                world.queue.after(Duration::from_millis(20), Event::StartDaemon(node, daemon(n)));
                let event = Event::AppSends { node, daemon: daemon(n) };
                world.queue.after(Duration::from_millis(500), event);
                if world.settings.call_every.is_some() {
                    let event = Event::AppCalls { node, daemon: daemon(n) };
                    world.queue.after(Duration::from_millis(500), event);
                }
            }
        }
        for fault in Fault::ALL {
            world.plan(fault);
        }
        world
    }

    /// Now.
    #[must_use]
    pub fn now(&self) -> Time {
        self.queue.now
    }

    /// Checks what has to hold once everything has settled.
    pub fn settle(&self) {
        self.ledger.settle(&|a| self.incarnation(a));
        for tunneld in self.nodes.iter().filter_map(|n| n.tunneld.as_ref()) {
            assert_eq!(tunneld.machine.kept(), 0, "a tunneld keeps what nobody waits for");
        }
    }

    fn incarnation(&self, a: Address) -> Option<u64> {
        self.nodes.get(a.node.0 as usize)?.daemons.get(&a.daemon).map(|d| d.incarnation)
    }

    /// Runs for so long.
    pub fn run(&mut self, time: Duration) {
        let end = self.queue.now + time;
        while self.queue.next_time().is_some_and(|at| at <= end)
            && let Some(event) = self.queue.pop()
        {
            self.steps += 1;
            self.at_once = if self.queue.now == self.last_step { self.at_once + 1 } else { 0 };
            self.last_step = self.queue.now;
            assert!(self.at_once < 100_000, "busy at {}: {event:?}", self.queue.now);
            if self.trace {
                println!("{} {event:?}", self.queue.now);
            }
            self.step(event);
        }
        self.queue.now = end;
    }

    fn step(&mut self, event: Event) {
        match event {
            Event::Connect { node, boot } => self.connect(node, boot),
            Event::ToCtdbd { node, connection, bytes } => {
                let acts = self.ctdbd(node).map(|c| c.bytes(connection, bytes));
                self.acts(node, acts.unwrap_or_default());
            }
            Event::ToClient { node, connection, bytes } => {
                self.ctdbd_says(node, connection, session::Input::Received(bytes));
            }
            Event::HangUp { node, connection } => {
                self.ctdbd_says(node, connection, session::Input::Closed("ctdbd ended".to_owned()));
            }
            Event::Between { from, to, message } => {
                if !self.is_cut(from, to) {
                    let acts = self.ctdbd(to).map(|c| c.message(&message));
                    self.acts(to, acts.unwrap_or_default());
                }
            }
            Event::TunneldReads { node, boot } => self.tunneld_reads(node, boot),
            Event::DaemonReads { node, daemon, incarnation } => self.daemon_reads(node, daemon, incarnation),
            Event::Wake { node, boot, at } => self.tunneld_tick(node, boot, at),
            Event::WakeDaemon { node, daemon, incarnation, at } => {
                let mine = |d: &&mut SimDaemon| d.incarnation == incarnation && d.woken_for == Some(at);
                if let Some(d) = self.daemon(node, daemon).filter(mine) {
                    d.woken_for = None;
                    if d.leaves_inbox && at < d.reads_from {
                        d.endpoint.handle(at, BusInput::NotReading);
                    }
                    d.endpoint.tick(at);
                    d.calls.tick(at);
                    self.drive_daemon(node, daemon);
                }
            }
            Event::AppSends { node, daemon } => self.app_sends(node, daemon),
            Event::AppCalls { node, daemon } => self.app_calls(node, daemon),
            Event::AppReplies { node, daemon, run, request, answer } => {
                self.app_replies(node, daemon, run, request, answer);
            }
            Event::Fault(fault) => self.fault(fault),
            Event::StartCtdbd(node) => {
                let mut ctdbd = ModelCtdbd::new(node, self.settings.nodes);
                ctdbd.unreachable = self.cut.iter().filter_map(|(a, b)| other(*a, *b, node)).collect();
                self.nodes[node as usize].ctdbd = Some(ctdbd);
            }
            Event::StartTunneld(node) => self.start_tunneld(node),
            Event::StartDaemon(node, daemon) => self.start_daemon(node, daemon),
            Event::Unmute(node) => drop(self.mute.remove(&node)),
            Event::Relist(node) => self.set_deleted(node, false),
            Event::Written { node, boot, connection, len } => {
                let same = |t: &&mut Tunneld| t.boot == boot && t.connection == connection;
                if self.tunneld(node).filter(same).is_some() {
                    self.tunneld_input(node, Input::Written(len));
                    self.drive_tunneld(node);
                }
            }
            Event::Heal(a, b) => {
                self.cut.remove(&(a, b));
                self.set_unreachable(a, b, false);
            }
        }
    }

    fn ctdbd(&mut self, node: u32) -> Option<&mut ModelCtdbd> {
        self.nodes[node as usize].ctdbd.as_mut()
    }

    fn daemon(&mut self, node: u32, daemon: Daemon) -> Option<&mut SimDaemon> {
        self.nodes[node as usize].daemons.get_mut(&daemon)
    }

    fn acts(&mut self, node: u32, acts: Vec<Act>) {
        for act in acts {
            match act {
                Act::ToClient(connection, bytes) => {
                    let event = Event::ToClient { node, connection, bytes };
                    self.queue.through(("to client", node, connection), SOCKET_DELAY, event);
                }
                Act::ToNode(to, message) => {
                    let faults = &self.settings.faults;
                    let (loss, reorder) = (faults.loss, faults.reorder);
                    let exists = (to as usize) < self.nodes.len();
                    let mute = self.mute.contains(&node) && to != node;
                    if !exists || mute || self.is_cut(node, to) || self.queue.chance(loss) {
                        continue;
                    }
                    if self.queue.chance(reorder) {
                        let event = Event::Between { from: node, to, message: message.clone() };
                        self.queue.after(NETWORK_DELAY * 10, event);
                    }
                    let event = Event::Between { from: node, to, message };
                    if self.queue.chance(reorder) {
                        self.queue.after(NETWORK_DELAY * 50, event);
                    } else {
                        self.queue.through(("between", node, to.into()), NETWORK_DELAY, event);
                    }
                }
            }
        }
    }

    fn is_cut(&self, a: u32, b: u32) -> bool {
        self.cut.contains(&(a.min(b), a.max(b)))
    }

    fn set_unreachable(&mut self, a: u32, b: u32, cut: bool) {
        for (here, there) in [(a, b), (b, a)] {
            if let Some(ctdbd) = self.ctdbd(here) {
                if cut {
                    ctdbd.unreachable.insert(there);
                } else {
                    ctdbd.unreachable.remove(&there);
                }
            }
        }
    }
}

fn other(a: u32, b: u32, node: u32) -> Option<u32> {
    match node {
        n if n == a => Some(b),
        n if n == b => Some(a),
        _ => None,
    }
}
