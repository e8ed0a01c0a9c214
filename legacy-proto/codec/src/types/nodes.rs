//! Nodes: the map of all of them, and the map of those that hold records.
//!
//! Sources: `ctdb_node_map_old`, `ctdb_node_and_flags`, `ctdb_vnn_map_wire`. Whether entry *i* is node *i* is not
//! checked here: that is the reader's business (HOST-16).

use crate::addr::SockAddr;
use crate::flags::NodeFlags;
use crate::ids::{Generation, Pnn};
use crate::macros::wire;

wire! {
    /// `struct ctdb_node_and_flags`: one node.
    NodeAndFlags {
        /// Its number.
        pnn: Pnn,
        /// What is wrong with it, as seen by the node that answers.
        flags: NodeFlags,
        /// Its address for other nodes.
        addr: SockAddr,
    }
}

wire! {
    /// `struct ctdb_node_map_old`: all nodes of the nodes file.
    NodeMap {}
    counted {
        /// The nodes, by number.
        nodes: Vec<NodeAndFlags>,
    }
}

wire! {
    /// `struct ctdb_vnn_map_wire`: the nodes that hold records.
    VnnMap {
        /// The recovery that made this map.
        generation: Generation,
    }
    counted {
        /// Node of each slot; a record's hash selects the slot.
        map: Vec<Pnn>,
    }
}
