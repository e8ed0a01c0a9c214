//! `status` and `nodestatus`: all nodes or some, the record map, the recovery mode and the leader.
//!
//! While a node starts it does not know yet how the others are; until its first recovery they are told as unknown.
//! Sources: `control_status`, `control_nodestatus`, `get_nodemap_unknown`, `partially_online`.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{
    Generation, GetIfaces, GetRecMode, GetRunState, GetVnnMap, NodeAndFlags, NodeFlags, NodeMap, Pnn,
    RecMode, RunState, VnnMap,
};

use crate::address;
use crate::json;
use crate::nodes::{UNKNOWN, flag_words, leader_line};
use crate::numbers::{low32, unsigned};
use crate::output::{err, out, row, write_out};
use crate::stop::{Done, ONE, Stop};
use crate::table::misused;
use crate::tool::{Tool, find};

/// `CTDB_RUNSTATE_FIRST_RECOVERY`.
const FIRST_RECOVERY: RunState = RunState(3);

/// The nodes that a word means: `all`, a list of numbers, or without a word the node of `-n`.
pub(crate) async fn chosen(tool: &mut Tool, word: Option<&OsString>) -> Result<Vec<NodeAndFlags>, Stop> {
    let map = tool.nodes().await?;
    let Some(word) = word else {
        return Ok(find(&map, tool.target).cloned().into_iter().collect());
    };
    if word == "all" {
        return Ok(map.nodes);
    }
    let mut nodes = Vec::new();
    for part in word.as_bytes().split(|byte| *byte == b',').filter(|part| !part.is_empty()) {
        let Ok(number) = unsigned(part, 0) else {
            err!("Invalid node ", part, "\n");
            return Err(ONE);
        };
        let pnn = low32(number);
        let Some(node) = find(&map, pnn) else {
            err!(format_args!("Node {pnn} does not exist\n"));
            return Err(ONE);
        };
        nodes.push(node.clone());
    }
    Ok(nodes)
}

/// The same nodes, those told as unknown that cannot be known yet.
async fn as_known(tool: &Tool, mut nodes: Vec<NodeAndFlags>) -> Result<Vec<NodeAndFlags>, Stop> {
    let state = match tool.call::<GetRunState>(tool.target, ()).await {
        Err(Stop::Failed(_)) => {
            // C quirk: on standard output, without the end of a line.
            out!("Unable to get runstate");
            return Err(ONE);
        }
        state => state?,
    };
    let certain = |node: &NodeAndFlags| {
        node.flags.intersects(NodeFlags::DELETED | NodeFlags::DISCONNECTED) || node.pnn.0 == tool.target
    };
    if state <= FIRST_RECOVERY {
        for node in nodes.iter_mut().filter(|node| !certain(node)) {
            node.flags = NodeFlags::from_bits_retain(UNKNOWN);
        }
    }
    Ok(nodes)
}

/// Whether a node that is well has an interface without a link.
pub(crate) async fn is_partially_online(tool: &Tool, node: &NodeAndFlags) -> Result<bool, Stop> {
    if !node.flags.is_empty() {
        return Ok(false);
    }
    match tool.call::<GetIfaces>(node.pnn.0, ()).await {
        Ok(list) => Ok(list.ifaces.iter().any(|iface| iface.link_state == 0)),
        Err(Stop::Failed(_)) => Ok(false),
        Err(end @ Stop::End(_)) => Err(end),
    }
}

fn is_deleted(node: &NodeAndFlags) -> bool {
    node.flags.contains(NodeFlags::DELETED)
}

async fn print_for_machines(tool: &Tool, nodes: &[NodeAndFlags]) -> Done {
    let sep = &tool.options.separator;
    write_out(&row(
        sep,
        &[
            &"Node",
            &"IP",
            &"Disconnected",
            &"Unknown",
            &"Banned",
            &"Disabled",
            &"Unhealthy",
            &"Stopped",
            &"Inactive",
            &"PartiallyOnline",
            &"ThisNode",
        ],
    ));
    for node in nodes.iter().filter(|node| !is_deleted(node)) {
        let has = |flag: NodeFlags| u8::from(node.flags.intersects(flag));
        let online = u8::from(is_partially_online(tool, node).await?);
        write_out(&row(
            sep,
            &[
                &node.pnn.0,
                &address::text(&node.addr),
                &has(NodeFlags::DISCONNECTED),
                &has(NodeFlags::from_bits_retain(UNKNOWN)),
                &has(NodeFlags::BANNED),
                &has(NodeFlags::DISABLED),
                &has(NodeFlags::UNHEALTHY),
                &has(NodeFlags::STOPPED),
                &has(NodeFlags::INACTIVE),
                &online,
                if node.pnn.0 == tool.target { &"Y" } else { &"N" },
            ],
        ));
    }
    Ok(())
}

async fn print(tool: &Tool, nodes: &[NodeAndFlags], header: bool) -> Done {
    if header {
        let deleted = nodes.iter().filter(|node| is_deleted(node)).count();
        let count = nodes.len();
        match deleted {
            0 => out!(format_args!("Number of nodes:{count}\n")),
            _ => out!(format_args!("Number of nodes:{count} (including {deleted} deleted nodes)\n")),
        }
    }
    for node in nodes.iter().filter(|node| !is_deleted(node)) {
        let online = is_partially_online(tool, node).await?;
        let words = if online { "PARTIALLYONLINE".to_owned() } else { flag_words(node.flags.bits()) };
        let here = if node.pnn.0 == tool.target { " (THIS NODE)" } else { "" };
        let (pnn, address) = (node.pnn.0, address::text(&node.addr));
        out!(format_args!("pnn:{pnn} {address:<16} {words}{here}\n"));
    }
    Ok(())
}

fn print_rest(map: &VnnMap, mode: RecMode, leader: Pnn) {
    if map.generation == Generation::INVALID {
        out!("Generation:INVALID\n");
    } else {
        out!(format_args!("Generation:{}\n", map.generation.0));
    }
    out!(format_args!("Size:{}\n", map.map.len()));
    for (hash, lmaster) in map.map.iter().enumerate() {
        // C quirk: printed as an int.
        out!(format_args!("hash:{hash} lmaster:{}\n", lmaster.0.cast_signed()));
    }
    let word = if mode == RecMode::NORMAL { "NORMAL" } else { "RECOVERY" };
    out!(format_args!("Recovery mode:{word} ({})\n", mode.0.cast_signed()));
    out!("Leader:", leader_line(leader));
}

pub(crate) async fn status(tool: &mut Tool, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("status"));
    }
    let NodeMap { nodes } = tool.nodes().await?;
    let nodes = as_known(tool, nodes).await?;
    if tool.options.machine {
        return print_for_machines(tool, &nodes).await;
    }
    let map = tool.call::<GetVnnMap>(tool.target, ()).await?;
    let mode = tool.call::<GetRecMode>(tool.target, ()).await?;
    let leader = tool.leader().await?;
    if tool.options.json {
        return json::status(tool, &nodes, &map, mode, leader).await;
    }
    print(tool, &nodes, true).await?;
    print_rest(&map, mode, leader);
    Ok(())
}

pub(crate) async fn nodestatus(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.len() > 1 {
        return Err(misused("nodestatus"));
    }
    let word = args.first();
    let nodes = chosen(tool, word).await?;
    let nodes = as_known(tool, nodes).await?;
    if tool.options.machine {
        print_for_machines(tool, &nodes).await?;
    } else {
        print(tool, &nodes, word.is_some_and(|word| word == "all")).await?;
    }
    let all = nodes.iter().filter(|node| !is_deleted(node)).fold(0, |all, node| all | node.flags.bits());
    if all == 0 { Ok(()) } else { Err(Stop::Failed(all.cast_signed())) }
}
