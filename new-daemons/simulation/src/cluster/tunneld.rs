//! A node's tunneld: its connection to ctdbd, its socket, and what it has for the daemons.

use std::collections::{BTreeMap, VecDeque};

use bus::Daemon;
use machine::{Machine, Time};
use tunnel_core::{Config, Effect, Input, Tunnel, session};

use super::{Cluster, Event, SOCKET_DELAY, Tunneld};
use crate::daemon::SOCKET_QUEUE;

impl Cluster {
    pub(super) fn start_tunneld(&mut self, node: u32) {
        self.boots += 1;
        let boot = self.boots.max(1);
        let config = Config::new("ctdbd.socket".to_owned(), "model".to_owned(), boot);
        let mut machine = Tunnel::new(config);
        machine.handle(self.stage.now, Input::Start);
        self.nodes[node as usize].tunneld = Some(Tunneld {
            machine,
            boot,
            connection: None,
            socket: VecDeque::new(),
            read_planned: false,
            woken_for: None,
            pending: BTreeMap::new(),
        });
        self.drive_tunneld(node);
    }

    pub(super) fn tunneld(&mut self, node: u32) -> Option<&mut Tunneld> {
        self.nodes[node as usize].tunneld.as_mut()
    }

    pub(super) fn tunneld_input(&mut self, node: u32, input: Input) {
        let now = self.stage.now;
        if let Some(t) = self.tunneld(node) {
            t.machine.handle(now, input);
        }
    }

    pub(super) fn connect(&mut self, node: u32, boot: u64) {
        self.connections += 1;
        let connection = self.connections;
        if self.tunneld(node).is_none_or(|t| t.boot != boot) {
            return;
        }
        let input = match self.ctdbd(node) {
            Some(ctdbd) => {
                ctdbd.accept(connection);
                if let Some(t) = self.tunneld(node) {
                    t.connection = Some(connection);
                }
                session::Input::Connected
            }
            None => session::Input::ConnectFailed("refused".to_owned()),
        };
        self.tunneld_input(node, Input::Ctdbd(input));
        self.drive_tunneld(node);
    }

    pub(super) fn ctdbd_says(&mut self, node: u32, connection: u64, input: session::Input) {
        if self.tunneld(node).is_none_or(|t| t.connection != Some(connection)) {
            return;
        }
        if let (session::Input::Closed(_), Some(t)) = (&input, self.tunneld(node)) {
            t.connection = None;
        }
        self.tunneld_input(node, Input::Ctdbd(input));
        self.drive_tunneld(node);
    }

    pub(super) fn tunneld_reads(&mut self, node: u32, boot: u64) {
        let Some(t) = self.tunneld(node).filter(|t| t.boot == boot) else { return };
        t.read_planned = false;
        for datagram in std::mem::take(&mut t.socket) {
            self.tunneld_input(node, Input::Datagram(datagram));
        }
        self.drive_tunneld(node);
        for daemon in self.nodes[node as usize].daemons.keys().copied().collect::<Vec<_>>() {
            self.flush_daemon(node, daemon);
        }
    }

    pub(super) fn tunneld_tick(&mut self, node: u32, boot: u64, at: Time) {
        // A wake-up that was put earlier meanwhile finds another time noted and does nothing.
        let mine = |t: &&mut Tunneld| t.boot == boot && t.woken_for == Some(at);
        let Some(t) = self.tunneld(node).filter(mine) else { return };
        t.woken_for = None;
        t.machine.tick(at);
        self.drive_tunneld(node);
    }

    pub(super) fn drive_tunneld(&mut self, node: u32) {
        let now = self.stage.now;
        while let Some(t) = self.tunneld(node)
            && let Some(effect) = t.machine.poll_effect(now)
        {
            let (boot, connection) = (t.boot, t.connection);
            match effect {
                Effect::Connect => self.stage.after(SOCKET_DELAY, Event::Connect { node, boot }),
                Effect::Write(bytes) => {
                    let len = bytes.len();
                    if let Some(connection) = connection {
                        // A socket takes little while nobody reads at the other end.
                        let now = self.stage.now;
                        let frozen = self.frozen.get(&node).copied().unwrap_or_default().max(now) - now;
                        let event = Event::ToCtdbd { node, connection, bytes };
                        self.stage.through(("to ctdbd", node, connection), SOCKET_DELAY + frozen, event);
                    }
                    let frozen = self.frozen.get(&node).copied().unwrap_or_default();
                    self.stage.at(frozen, Event::Written { node, boot, connection, len });
                }
                Effect::Close => self.tunneld(node).into_iter().for_each(|t| t.connection = None),
                Effect::Deliver { daemon, incarnation, datagram } => {
                    let Some(t) = self.tunneld(node) else { return };
                    t.pending.entry(daemon).or_default().push_back((incarnation, datagram.into_bytes()));
                    self.flush_tunneld(node, daemon);
                }
                Effect::Forget { daemon, .. } => {
                    self.tunneld(node).and_then(|t| t.pending.remove(&daemon));
                }
                Effect::Reject { daemon, datagram } => {
                    let bytes = datagram.into_bytes();
                    if let Some(d) = self.daemon(node, daemon).filter(|d| d.socket.len() < SOCKET_QUEUE) {
                        d.socket.push_back((bytes, None));
                        self.plan_read(node, daemon);
                    }
                }
                Effect::Event(_) => {}
            }
        }
        let now = self.stage.now;
        let Some(t) = self.tunneld(node) else { return };
        t.machine.check();
        let queued = t.machine.largest_queue();
        let wake = t.machine.poll_timeout();
        let boot = t.boot;
        if let Some(at) = wake.map(|at| at.max(now)).filter(|at| t.woken_for.is_none_or(|w| *at < w)) {
            t.woken_for = Some(at);
            self.stage.at(at, Event::Wake { node, boot, at });
        }
        self.largest_queue = self.largest_queue.max(queued);
    }

    /// Moves what the tunneld has for a daemon into the daemon's socket, while there is room.
    pub(super) fn flush_tunneld(&mut self, node: u32, daemon: Daemon) {
        loop {
            let state = &mut self.nodes[node as usize];
            let Some(t) = state.tunneld.as_mut() else { return };
            let Some(waiting) = t.pending.get_mut(&daemon) else { return };
            let Some((incarnation, _)) = waiting.front() else { return };
            let incarnation = *incarnation;
            let input = match state.daemons.get_mut(&daemon) {
                None => Input::Gone { daemon, incarnation },
                // A connected socket reaches the run of the daemon that it was connected to.
                Some(d) if d.incarnation != incarnation => Input::Gone { daemon, incarnation },
                Some(d) if d.socket.len() >= SOCKET_QUEUE => return,
                Some(d) => {
                    d.socket.extend(waiting.pop_front().map(|(_, bytes)| (bytes, None)));
                    Input::Sent { daemon, incarnation }
                }
            };
            let gone = matches!(input, Input::Gone { .. });
            if gone {
                waiting.clear();
            }
            self.tunneld_input(node, input);
            if gone {
                return;
            }
            self.plan_read(node, daemon);
        }
    }
}
