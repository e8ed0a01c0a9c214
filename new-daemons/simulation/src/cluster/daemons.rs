//! A node's daemons: their sockets, and the application that writes numbered messages.

use bus::calls;
use bus::{Address, Daemon, Effect as BusEffect, Input as BusInput, Node, Ticket};
use machine::Machine;
use protocol::bus::BUS_MAGIC;
use rand::Rng;

use super::{Cluster, Event, SOCKET_DELAY, Tunneld, daemon};
use crate::daemon::{FIRST_LETTER, Letter, SOCKET_QUEUE, SimDaemon};

impl Cluster {
    pub(super) fn start_daemon(&mut self, node: u32, daemon: Daemon) {
        self.boots += 1;
        let mut d = SimDaemon::new(daemon, self.boots);
        d.endpoint.handle(self.stage.now, BusInput::Start);
        self.nodes[node as usize].daemons.insert(daemon, d);
        self.ledger.started(Address { node: Node(node), daemon });
        self.drive_daemon(node, daemon);
    }

    pub(super) fn plan_read(&mut self, node: u32, daemon: Daemon) {
        let now = self.stage.now;
        let Some(d) = self.daemon(node, daemon) else { return };
        let incarnation = d.incarnation;
        let at = d.reads_from.max(now + d.read_every);
        self.stage.at(at, Event::DaemonReads { node, daemon, incarnation });
    }

    pub(super) fn daemon_reads(&mut self, node: u32, daemon: Daemon, incarnation: u64) {
        let now = self.stage.now;
        let Some(d) = self.daemon(node, daemon).filter(|d| d.incarnation == incarnation) else { return };
        if now < d.reads_from {
            return self.plan_read(node, daemon);
        }
        for (datagram, file) in std::mem::take(&mut d.socket) {
            d.endpoint.handle(
                now,
                match file {
                    Some(body) => BusInput::Passed { datagram, body },
                    None => BusInput::Datagram(datagram),
                },
            );
        }
        self.drive_daemon(node, daemon);
        self.flush_neighbours(node, daemon);
        self.flush_tunneld(node, daemon);
        self.drive_tunneld(node);
    }

    pub(super) fn drive_daemon(&mut self, node: u32, daemon: Daemon) {
        let now = self.stage.now;
        let here = Address { node: Node(node), daemon };
        loop {
            self.drive_calls(node, daemon);
            let Some(d) = self.daemon(node, daemon) else { return };
            let Some(effect) = d.endpoint.poll_effect(now) else { break };
            let incarnation = d.incarnation;
            match effect {
                BusEffect::Connect => {
                    let boot = self.tunneld(node).map(|t| t.boot);
                    let Some(d) = self.daemon(node, daemon) else { return };
                    d.unsent.clear();
                    d.connected_to = boot;
                    let input = if boot.is_some() { BusInput::Connected } else { BusInput::Unreachable };
                    d.endpoint.handle(now, input);
                }
                BusEffect::Transmit(datagram) => {
                    d.unsent.push_back(datagram);
                    self.flush_daemon(node, daemon);
                }
                BusEffect::Local { to, datagram, passed } => {
                    d.direct.insert(to, (datagram.into_bytes(), passed));
                    self.flush_direct(node, daemon, to);
                }
                BusEffect::LocalClose(to) => {
                    d.direct.remove(&to);
                    d.connections.remove(&to);
                }
                BusEffect::Received { from, body } if body.starts_with(&BUS_MAGIC.to_be_bytes()) => {
                    d.calls.handle(now, calls::Input::Received { from, body });
                }
                BusEffect::Completed { ticket, result } if ticket.0 < FIRST_LETTER => {
                    d.calls.handle(now, calls::Input::Completed { ticket, result });
                }
                BusEffect::Received { mut from, body } => {
                    if from.node == Node::LOCAL {
                        from.node = Node(node);
                    }
                    let letter = Letter::read(from, &body);
                    self.ledger.received(letter, here, incarnation);
                }
                BusEffect::Completed { ticket, result } => {
                    let letter =
                        self.letters.remove(&(node, daemon, incarnation, ticket)).expect("a known ticket");
                    let to = self.ledger.destination(&letter);
                    let receiver = self.incarnation(to);
                    self.ledger.result(letter, result, receiver);
                }
                BusEffect::Lost(_) => d.losses += 1,
                BusEffect::Up { node: here, .. } | BusEffect::Link { node: here, .. } => {
                    here.into_iter().for_each(|here| d.calls.handle(now, calls::Input::Node(here)));
                }
            }
        }
        let Some(d) = self.daemon(node, daemon) else { return };
        d.endpoint.check();
        let incarnation = d.incarnation;
        let wake = d.deadline().map(|at| at.max(now));
        if let Some(at) = wake.filter(|at| d.woken_for.is_none_or(|w| *at < w)) {
            d.woken_for = Some(at);
            self.stage.at(at, Event::WakeDaemon { node, daemon, incarnation, at });
        }
    }

    /// There is room in a daemon's socket again, or nobody who reads it: its neighbours go on.
    pub(super) fn flush_neighbours(&mut self, node: u32, to: Daemon) {
        let waits = |d: &SimDaemon| d.direct.contains_key(&to);
        let neighbours = self.nodes[node as usize].daemons.iter();
        let waiting: Vec<_> = neighbours.filter(|(_, d)| waits(d)).map(|(d, _)| *d).collect();
        for from in waiting {
            self.flush_direct(node, from, to);
            self.drive_daemon(node, from);
        }
    }

    /// Moves what a daemon has for a neighbour into that one's socket, if there is room.
    fn flush_direct(&mut self, node: u32, from: Daemon, to: Daemon) {
        let now = self.stage.now;
        let neighbours = &mut self.nodes[node as usize].daemons;
        let living = neighbours.get(&to).map(|d| (d.incarnation, d.socket.len() < SOCKET_QUEUE));
        let Some(d) = neighbours.get_mut(&from) else { return };
        let known = d.connections.get(&to).copied();
        let input = match living {
            Some((run, room)) if known.is_none_or(|known| known == run) => {
                d.connections.insert(to, run);
                if !room {
                    return;
                }
                let datagram = d.direct.remove(&to);
                if let Some(receiver) = neighbours.get_mut(&to) {
                    receiver.socket.extend(datagram);
                }
                self.plan_read(node, to);
                BusInput::LocalSent(to)
            }
            _ => {
                d.direct.remove(&to);
                d.connections.remove(&to);
                BusInput::LocalGone { daemon: to, fresh: known.is_none() }
            }
        };
        if let Some(d) = self.daemon(node, from) {
            d.endpoint.handle(now, input);
        }
    }

    /// Moves what a daemon has for the tunneld into the tunneld's socket, while there is room.
    pub(super) fn flush_daemon(&mut self, node: u32, daemon: Daemon) {
        let now = self.stage.now;
        let state = &mut self.nodes[node as usize];
        let Some(d) = state.daemons.get_mut(&daemon) else { return };
        let had = !d.unsent.is_empty();
        let same = |t: &&mut Tunneld| d.connected_to == Some(t.boot);
        let Some(t) = state.tunneld.as_mut().filter(same) else {
            if had {
                d.unsent.clear();
                d.endpoint.handle(now, BusInput::Unreachable);
            }
            return;
        };
        while t.socket.len() < SOCKET_QUEUE
            && let Some(datagram) = d.unsent.pop_front()
        {
            t.socket.push_back(datagram.into_bytes());
            d.endpoint.handle(now, BusInput::Transmitted);
        }
        if !t.socket.is_empty() && !t.read_planned {
            t.read_planned = true;
            let boot = t.boot;
            self.stage.after(SOCKET_DELAY, Event::TunneldReads { node, boot });
        }
        if had {
            self.drive_daemon_again(node, daemon);
        }
    }

    pub(super) fn drive_daemon_again(&mut self, node: u32, daemon: Daemon) {
        let waits = self.daemon(node, daemon).is_some_and(|d| d.unsent.is_empty());
        if waits {
            self.drive_daemon(node, daemon);
        }
    }

    pub(super) fn app_sends(&mut self, node: u32, from: Daemon) {
        if !self.sending {
            return;
        }
        let every = self.settings.send_every;
        self.stage.after(every, Event::AppSends { node, daemon: from });
        let (nodes, daemons, largest) = (self.settings.nodes, self.settings.daemons, self.settings.largest);
        let rng = &mut self.stage.rng;
        let to = Address {
            node: Node(rng.random_range(0..nodes)),
            daemon: daemon(if rng.random_bool(0.02) { 99 } else { rng.random_range(0..daemons) }),
        };
        let len = match rng.random_range(0..10) {
            // Now and then one that is larger than any window.
            0 if largest > 100_000 && rng.random_bool(0.02) => 10 * largest,
            0 => rng.random_range(0..=largest),
            1..4 => rng.random_range(0..=largest.min(5000)),
            _ => rng.random_range(0..100),
        };
        self.write(node, from, to, len);
    }

    pub(super) fn write(&mut self, node: u32, from: Daemon, to: Address, len: usize) {
        let now = self.stage.now;
        let Some(d) = self.daemon(node, from) else { return };
        d.tickets += 1;
        let (ticket, incarnation) = (Ticket(d.tickets), d.incarnation);
        let address = Address { node: Node(node), daemon: from };
        let number = self.numbers.entry((address, incarnation)).or_default();
        *number += 1;
        let letter = Letter { from: address, incarnation, number: *number };
        let to_node = if to.node == Node::LOCAL { Node(node) } else { to.node };
        let receiver = Address { node: to_node, ..to };
        self.ledger.sent(letter, receiver, self.incarnation(receiver).is_some());
        self.letters.insert((node, from, incarnation, ticket), letter);
        let body = letter.write(len);
        if let Some(d) = self.daemon(node, from) {
            d.endpoint.handle(now, BusInput::Send { ticket, to, body });
        }
        self.drive_daemon(node, from);
    }
}
