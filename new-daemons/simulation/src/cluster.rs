//! The model cluster: nodes with a ctdbd, a tunneld and daemons, their sockets, and the network between them.

use std::collections::{BTreeMap, VecDeque};
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
use crate::stage::{Stage, World};

const SOCKET_DELAY: Duration = Duration::from_micros(10);
const NETWORK_DELAY: Duration = Duration::from_micros(100);

/// What a world looks like.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How many nodes there are.
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

/// What can happen.
#[derive(Debug)]
pub enum Event {
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
    Mend(u32, u32),
    Relist(u32),
    Written { node: u32, boot: u64, connection: Option<u64>, len: usize },
}

/// What breaks.
#[derive(Clone, Copy, Debug)]
pub enum Fault {
    Ctdbd,
    Tunneld,
    Daemon,
    Stall,
    Partition,
    Mute,
    Freeze,
    Delete,
    Link,
}

impl Fault {
    const ALL: [Self; 9] = [
        Self::Ctdbd,
        Self::Tunneld,
        Self::Daemon,
        Self::Stall,
        Self::Partition,
        Self::Mute,
        Self::Freeze,
        Self::Delete,
        Self::Link,
    ];
}

/// A cluster in virtual time.
#[derive(Debug)]
pub struct Cluster {
    settings: Settings,
    stage: Stage<Event>,
    nodes: Vec<NodeState>,
    letters: BTreeMap<(u32, Daemon, u64, Ticket), Letter>,
    numbers: BTreeMap<(Address, u64), u64>,
    connections: u64,
    boots: u64,
    sending: bool,
    breaking: bool,
    /// Nodes whose ctdbd does not read for a while.
    frozen: BTreeMap<u32, Time>,
    /// What was promised and kept.
    pub ledger: Ledger,
    /// The same for calls and events.
    pub promises: Promises,
    /// The largest queue of any tunneld towards any peer, in bytes.
    pub largest_queue: usize,
}

fn daemon(n: u32) -> Daemon {
    Daemon { name: "app".parse().expect("a name"), instance: n }
}

impl Cluster {
    /// A cluster that has just been switched on.
    #[must_use]
    pub fn new(seed: u64, settings: Settings) -> Self {
        let mut world = Self {
            stage: Stage::new(seed),
            nodes: Vec::new(),
            letters: BTreeMap::new(),
            numbers: BTreeMap::new(),
            connections: 0,
            boots: seed.wrapping_mul(1000),
            sending: true,
            breaking: true,
            frozen: BTreeMap::new(),
            ledger: Ledger::default(),
            promises: Promises::default(),
            largest_queue: 0,
            settings,
        };
        world.stage.network.loss = world.settings.faults.loss;
        world.stage.network.reorder = world.settings.faults.reorder;
        for node in 0..world.settings.nodes {
            world.nodes.push(NodeState { ctdbd: None, tunneld: None, daemons: BTreeMap::new() });
            world.stage.after(Duration::from_millis(5), Event::StartCtdbd(node));
            world.stage.after(Duration::from_millis(5), Event::StartTunneld(node));
            for n in 0..world.settings.daemons {
                world.stage.after(Duration::from_millis(20), Event::StartDaemon(node, daemon(n)));
                let event = Event::AppSends { node, daemon: daemon(n) };
                world.stage.after(Duration::from_millis(500), event);
                if world.settings.call_every.is_some() {
                    let event = Event::AppCalls { node, daemon: daemon(n) };
                    world.stage.after(Duration::from_millis(500), event);
                }
            }
        }
        for fault in Fault::ALL {
            world.plan(fault);
        }
        world
    }

    /// The time of the world.
    #[must_use]
    pub fn now(&self) -> Time {
        self.stage.now
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

    /// Steps so far.
    #[must_use]
    pub const fn steps(&self) -> u64 {
        self.stage.steps()
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
                if self.stage.network.is_whole(from, to) {
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
                let cut = |other: &u32| !self.stage.network.is_whole(node, *other);
                ctdbd.unreachable = (0..self.settings.nodes).filter(cut).collect();
                self.nodes[node as usize].ctdbd = Some(ctdbd);
            }
            Event::StartTunneld(node) => self.start_tunneld(node),
            Event::StartDaemon(node, daemon) => self.start_daemon(node, daemon),
            Event::Mend(from, to) => self.stage.mend(from, to),
            Event::Unmute(node) => self.stage.network.unmute(node),
            Event::Relist(node) => self.set_deleted(node, false),
            Event::Written { node, boot, connection, len } => {
                let same = |t: &&mut Tunneld| t.boot == boot && t.connection == connection;
                if self.tunneld(node).filter(same).is_some() {
                    self.tunneld_input(node, Input::Written(len));
                    self.drive_tunneld(node);
                }
            }
            Event::Heal(a, b) => {
                self.stage.network.join(a, b);
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
                    self.stage.through(("to client", node, connection), SOCKET_DELAY, event);
                }
                Act::ToNode(to, message) => {
                    if (to as usize) < self.nodes.len() {
                        let event = || Event::Between { from: node, to, message: message.clone() };
                        self.stage.send(node, to, NETWORK_DELAY, event);
                    }
                }
            }
        }
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

impl World for Cluster {
    type Event = Event;

    fn stage(&mut self) -> &mut Stage<Event> {
        &mut self.stage
    }

    fn happens(&mut self, event: Event) {
        self.step(event);
    }
}
