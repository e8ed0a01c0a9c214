//! What a test does to a world by hand.

use std::time::Duration;

use bus::{Address, Node};
use tunnel_core::Keys;

use super::{Cluster, daemon};
use crate::faults::Faults;

impl Cluster {
    /// No more messages are written.
    pub fn stop_sending(&mut self) {
        self.sending = false;
    }

    /// Nothing breaks any more, and what is broken heals.
    pub fn heal(&mut self) {
        self.breaking = false;
        self.settings.faults = Faults::default();
        for (a, b) in self.stage.network.heal_all() {
            self.set_unreachable(a, b, false);
        }
        for node in 0..self.settings.nodes {
            self.set_deleted(node, false);
        }
    }

    /// A daemon of the model does not read for so long.
    pub fn stall(&mut self, node: u32, n: u32, time: Duration) {
        let until = self.stage.now + time;
        if let Some(d) = self.nodes[node as usize].daemons.get_mut(&daemon(n)) {
            d.reads_from = until;
            d.leaves_inbox = false;
        }
    }

    /// A daemon of the model lives on and leaves its inbox alone for so long.
    pub fn leave_inbox(&mut self, node: u32, n: u32, time: Duration) {
        self.stall(node, n, time);
        if let Some(d) = self.nodes[node as usize].daemons.get_mut(&daemon(n)) {
            d.leaves_inbox = true;
        }
    }

    /// How often a daemon of the model has lost its tunneld.
    #[must_use]
    pub fn losses(&self, node: u32, n: u32) -> u64 {
        self.nodes[node as usize].daemons.get(&daemon(n)).map_or(0, |d| d.losses)
    }

    /// A daemon of the model ends.
    pub fn kill(&mut self, node: u32, n: u32) {
        self.end_daemon(node, daemon(n));
    }

    /// It is started again.
    pub fn start(&mut self, node: u32, n: u32) {
        self.start_daemon(node, daemon(n));
    }

    /// Sends a message now.
    pub fn post(&mut self, from: (u32, u32), to: (u32, u32), len: usize) {
        self.write(from.0, daemon(from.1), Self::address(to.0, to.1), len);
    }

    /// Sends a message now to a daemon of the same node, which is called local.
    pub fn post_local(&mut self, from: (u32, u32), to: u32, len: usize) {
        self.write(from.0, daemon(from.1), Address { node: Node::LOCAL, daemon: daemon(to) }, len);
    }

    /// Messages between ctdbds are lost with this chance from now on.
    pub fn lose(&mut self, chance: f64) {
        self.stage.network.loss = chance;
    }

    /// Nobody hears this node any more, though it hears the others.
    pub fn mute(&mut self, node: u32) {
        self.stage.network.mute(node);
    }

    /// The ctdbd of a node does not read for so long.
    pub fn freeze(&mut self, node: u32, time: Duration) {
        self.frozen.insert(node, self.stage.now + time);
    }

    /// A node is deleted from the nodes file, or put back.
    pub fn set_deleted(&mut self, node: u32, deleted: bool) {
        for ctdbd in self.nodes.iter_mut().filter_map(|n| n.ctdbd.as_mut()) {
            if deleted {
                ctdbd.deleted.insert(node);
            } else {
                ctdbd.deleted.remove(&node);
            }
        }
    }

    /// The tunneld of a node takes other keys.
    pub fn set_keys(&mut self, node: u32, keys: Keys) {
        if let Some(tunneld) = self.tunneld(node) {
            tunneld.machine.set_keys(keys);
        }
    }

    /// The address of a daemon of the model.
    #[must_use]
    pub fn address(node: u32, n: u32) -> Address {
        Address { node: Node(node), daemon: daemon(n) }
    }
}
