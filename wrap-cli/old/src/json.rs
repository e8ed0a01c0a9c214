//! `--json`, as Samba's master has it: the same keys in the same order, two blanks for each level, no end of line.

use std::collections::BTreeMap;

use legacy_codec::{Generation, NodeAndFlags, NodeFlags, Pnn, RecMode, VnnMap};
use serde::Serialize;

use crate::address;
use crate::nodes::UNKNOWN;
use crate::output::{err, out};
use crate::status::is_partially_online;
use crate::stop::{Done, ONE};
use crate::tool::Tool;

#[derive(Serialize)]
struct Version<'a> {
    version: &'a str,
}

#[derive(Serialize)]
struct Status {
    node_status: NodeStatus,
    vnn_status: VnnStatus,
    recovery_mode: &'static str,
    recovery_mode_raw: u32,
    leader: u32,
}

#[derive(Serialize)]
struct NodeStatus {
    node_count: usize,
    deleted_node_count: usize,
    nodes: Nodes,
}

/// By number, in the order of the numbers.
struct Nodes(BTreeMap<u32, Node>);

impl Serialize for Nodes {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(pnn, node)| (pnn.to_string(), node)))
    }
}

#[derive(Serialize)]
struct Node {
    pnn: u32,
    address: String,
    partially_online: bool,
    flags_raw: u32,
    flags_ok: bool,
    flags: Flags,
    this_node: bool,
}

#[derive(Serialize)]
#[allow(clippy::struct_excessive_bools, reason = "these are the keys")]
struct Flags {
    disconnected: bool,
    unknown: bool,
    disabled: bool,
    banned: bool,
    unhealthy: bool,
    deleted: bool,
    stopped: bool,
    inactive: bool,
}

#[derive(Serialize)]
struct VnnStatus {
    generation: Option<u32>,
    size: usize,
    vnn_map: Vec<Slot>,
}

#[derive(Serialize)]
struct Slot {
    hash: usize,
    lmaster: u32,
}

fn print(value: &impl Serialize) -> Done {
    let Ok(text) = serde_json::to_string_pretty(value) else {
        err!("failed to create json object\n");
        return Err(ONE);
    };
    out!(text);
    Ok(())
}

pub(crate) fn version(version: &str) -> Done {
    print(&Version { version })
}

fn flags(flags: NodeFlags) -> Flags {
    Flags {
        disconnected: flags.contains(NodeFlags::DISCONNECTED),
        unknown: flags.bits() & UNKNOWN != 0,
        disabled: flags.contains(NodeFlags::DISABLED),
        banned: flags.contains(NodeFlags::BANNED),
        unhealthy: flags.contains(NodeFlags::UNHEALTHY),
        deleted: flags.contains(NodeFlags::DELETED),
        stopped: flags.contains(NodeFlags::STOPPED),
        inactive: flags.is_inactive(),
    }
}

pub(crate) async fn status(
    tool: &Tool,
    all: &[NodeAndFlags],
    map: &VnnMap,
    mode: RecMode,
    leader: Pnn,
) -> Done {
    let mut nodes = BTreeMap::new();
    for node in all.iter().filter(|node| !node.flags.contains(NodeFlags::DELETED)) {
        let partially_online = is_partially_online(tool, node).await?;
        let shown = Node {
            pnn: node.pnn.0,
            address: address::text(&node.addr),
            partially_online,
            flags_raw: node.flags.bits(),
            flags_ok: node.flags.is_empty(),
            flags: flags(node.flags),
            this_node: node.pnn.0 == tool.target,
        };
        nodes.insert(node.pnn.0, shown);
    }
    let slots = map.map.iter().enumerate().map(|(hash, lmaster)| Slot { hash, lmaster: lmaster.0 });
    print(&Status {
        node_status: NodeStatus {
            node_count: all.len(),
            deleted_node_count: all.len() - nodes.len(),
            nodes: Nodes(nodes),
        },
        vnn_status: VnnStatus {
            generation: (map.generation != Generation::INVALID).then_some(map.generation.0),
            size: map.map.len(),
            vnn_map: slots.collect(),
        },
        recovery_mode: if mode == RecMode::NORMAL { "NORMAL" } else { "RECOVERY" },
        recovery_mode_raw: mode.0,
        leader: leader.0,
    })
}
