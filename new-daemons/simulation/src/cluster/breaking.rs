//! What breaks, and when.

use std::time::Duration;

use bus::{Address, Daemon, Node};
use rand::Rng;

use super::{Cluster, Event, Fault, SOCKET_DELAY, daemon};
use crate::network::Link;

impl Cluster {
    pub(super) fn plan(&mut self, fault: Fault) {
        let f = &self.settings.faults;
        let every = match fault {
            Fault::Ctdbd => f.ctdbd_restart,
            Fault::Tunneld => f.tunneld_restart,
            Fault::Daemon => f.daemon_restart,
            Fault::Stall => f.daemon_stall,
            Fault::Partition => f.partition,
            Fault::Mute => f.mute,
            Fault::Freeze => f.freeze,
            Fault::Delete => f.delete,
            Fault::Link => f.link,
        };
        if let Some(every) = every {
            self.stage.after(every, Event::Fault(fault));
        }
    }

    pub(super) fn fault(&mut self, fault: Fault) {
        if !self.breaking {
            return;
        }
        self.plan(fault);
        let (nodes, daemons) = (self.settings.nodes, self.settings.daemons);
        let rng = &mut self.stage.rng;
        let node = rng.random_range(0..nodes);
        let victim = daemon(rng.random_range(0..daemons));
        let away = Duration::from_millis(rng.random_range(10..5000));
        match fault {
            Fault::Ctdbd => {
                if self.nodes[node as usize].ctdbd.take().is_some() {
                    let connection = self.tunneld(node).and_then(|t| t.connection);
                    if let Some(connection) = connection {
                        let event = Event::HangUp { node, connection };
                        self.stage.through(("to client", node, connection), SOCKET_DELAY, event);
                    }
                    self.stage.after(away, Event::StartCtdbd(node));
                }
            }
            Fault::Tunneld => {
                if let Some(t) = self.nodes[node as usize].tunneld.take() {
                    if let (Some(connection), Some(ctdbd)) = (t.connection, self.ctdbd(node)) {
                        ctdbd.hang_up(connection);
                    }
                    self.stage.after(away, Event::StartTunneld(node));
                }
            }
            Fault::Daemon => {
                if self.end_daemon(node, victim) {
                    self.stage.after(away, Event::StartDaemon(node, victim));
                }
            }
            Fault::Mute => {
                if self.stage.network.mute(node) {
                    self.stage.after(away * 6, Event::Unmute(node));
                }
            }
            Fault::Freeze => self.freeze(node, away),
            Fault::Delete => {
                self.set_deleted(node, true);
                self.stage.after(away * 2, Event::Relist(node));
            }
            Fault::Stall if rng.random_bool(0.5) => self.leave_inbox(node, victim.instance, away * 8),
            Fault::Stall => self.stall(node, victim.instance, away * 8),
            Fault::Link => {
                let (other, loss) = ((node + 1) % nodes, rng.random_range(0.0..0.5));
                let (from, to) = if rng.random_bool(0.5) { (node, other) } else { (other, node) };
                if from != to && self.stage.worsen(from, to, Link { loss, delay: away / 10 }) {
                    self.stage.after(away * 3, Event::Mend(from, to));
                }
            }
            Fault::Partition => {
                let other = (node + 1) % nodes;
                let pair = (node.min(other), node.max(other));
                if pair.0 != pair.1 && self.stage.network.part(pair.0, pair.1) {
                    self.set_unreachable(pair.0, pair.1, true);
                    self.stage.after(away * 3, Event::Heal(pair.0, pair.1));
                }
            }
        }
    }

    pub(super) fn end_daemon(&mut self, node: u32, victim: Daemon) -> bool {
        let Some(d) = self.nodes[node as usize].daemons.remove(&victim) else { return false };
        let address = Address { node: Node(node), daemon: victim };
        self.ledger.sender_ended(address, d.incarnation);
        self.promises.daemon_ended((address, d.incarnation));
        // Whoever waits for room in its socket finds out that nobody is there.
        self.flush_neighbours(node, victim);
        self.letters.retain(|(n, d2, i, _), _| (*n, *d2, *i) != (node, victim, d.incarnation));
        true
    }
}
