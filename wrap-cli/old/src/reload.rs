//! Files that are read again on many nodes at once: `reloadnodes`, `reloadips`.
//!
//! Meanwhile the nodes are asked to leave recoveries, or the handing out of addresses, alone. Sources:
//! `control_reloadnodes`, `check_node_file_changes`, `disable_recoveries`, `control_reloadips`,
//! `disable_takeover_runs`.

use std::ffi::OsString;

use legacy_codec::{
    Dest, DisableMessage, GetNodesFile, NodeFlags, NodeMap, Pnn, ReloadNodesFile, ReloadPublicIps, SrvId,
};

use crate::address::{same_ip, text};
use crate::nodes_file;
use crate::output::{err, out};
use crate::state::hand_out_addresses;
use crate::status::chosen;
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::{Failure, Tool, without};
use futures_util::future::join_all;

/// Asks each node to leave something alone for some seconds (0: no longer), and waits until each has agreed.
pub(crate) async fn leave_alone(tool: &mut Tool, what: SrvId, seconds: u32, nodes: &[u32]) -> Done {
    let srvid = tool.new_srvid();
    tool.listen(srvid).await?;
    let question = DisableMessage { pnn: Pnn(tool.pnn), srvid, timeout: seconds };
    for pnn in nodes {
        tool.send(Dest(*pnn), what, &question).await?;
    }
    let deadline = tool.deadline();
    let mut missing: Vec<u32> = nodes.to_vec();
    while !missing.is_empty() {
        // C quirk: it looks for another number than a time-out has, so that nodes which say nothing count as agreed.
        let Some(data) = tool.message(srvid, deadline).await? else { return Ok(()) };
        let Ok(word) = <[u8; 4]>::try_from(&data[..]) else { continue };
        let answer = i32::from_ne_bytes(word);
        if answer < 0 {
            return Err(ONE);
        }
        missing.retain(|pnn| *pnn != answer.cast_unsigned());
    }
    Ok(())
}

/// Twice the time for a question: how long something is left alone.
pub(crate) fn quiet_time(tool: &Tool) -> u32 {
    tool.options.time_limit.cast_unsigned().wrapping_mul(2)
}

fn is_same(a: &NodeMap, b: &NodeMap) -> bool {
    a.nodes.len() == b.nodes.len()
        && a.nodes
            .iter()
            .zip(&b.nodes)
            .all(|(a, b)| a.pnn == b.pnn && a.flags == b.flags && same_ip(&a.addr, &b.addr))
}

/// Compares the nodes there are with those of the file; whether there is anything to reload.
fn changes(now: &NodeMap, file: &NodeMap) -> Result<bool, Stop> {
    let (mut reload, mut failed) = (false, false);
    let deleted = |flags: NodeFlags| flags.contains(NodeFlags::DELETED);
    for (i, node) in now.nodes.iter().enumerate() {
        let pnn = node.pnn.0;
        let Some(new) = file.nodes.get(i) else {
            err!(format_args!("Node {pnn} ({}) missing from nodes file\n", text(&node.addr)));
            failed = true;
            continue;
        };
        let disconnected = node.flags.contains(NodeFlags::DISCONNECTED);
        match (deleted(node.flags), deleted(new.flags)) {
            (true, true) => {}
            (false, false) if !same_ip(&node.addr, &new.addr) => {
                let (was, is) = (text(&node.addr), text(&new.addr));
                err!(format_args!("Node {pnn} has changed IP address (was {was}, now {is})\n"));
                failed = true;
            }
            (false, false) if disconnected => {
                err!(format_args!("WARNING: Node {pnn} is disconnected. You MUST fix this node manually!\n"))
            }
            (false, false) => {}
            (false, true) => {
                out!(format_args!("Node {pnn} is DELETED\n"));
                reload = true;
                if !disconnected {
                    err!(format_args!("ERROR: Node {pnn} is still connected\n"));
                    failed = true;
                }
            }
            (true, false) => {
                out!(format_args!("Node {pnn} is UNDELETED\n"));
                reload = true;
            }
        }
    }
    if failed {
        err!("ERROR: Nodes will not be reloaded due to previous error\n");
        return Err(ONE);
    }
    for new in file.nodes.iter().skip(now.nodes.len()) {
        out!(format_args!("Node {} is NEW\n", new.pnn.0));
        reload = true;
    }
    Ok(reload)
}

pub(crate) async fn reloadnodes(tool: &mut Tool, _: &[OsString]) -> Done {
    let now = tool.nodes().await?;
    let file = nodes_file::read().await.ok_or(ONE)?;
    for pnn in without(&now, NodeFlags::DISCONNECTED) {
        let theirs = tool.call::<GetNodesFile>(pnn, ()).await;
        let theirs =
            theirs.explain(words!(format_args!("ERROR: Failed to get nodes file from node {pnn}\n")))?;
        if !is_same(&file, &theirs) {
            let here = tool.pnn;
            err!(format_args!("ERROR: Nodes file on node {pnn} differs from current node ({here})\n"));
            return Err(ONE);
        }
    }
    if !changes(&now, &file)? {
        err!("No change in nodes file, skipping unnecessary reload\n");
        return Ok(());
    }
    let nodes = without(&now, NodeFlags::DISCONNECTED);
    let quiet = quiet_time(tool);
    leave_alone(tool, SrvId::DISABLE_RECOVERIES, quiet, &nodes)
        .await
        .explain(words!("Failed to disable recoveries\n"))?;
    let told = join_all(nodes.iter().map(|pnn| tool.ask::<ReloadNodesFile>(*pnn, ()))).await;
    if told.iter().any(|one| matches!(one, Err(Failure::Gone))) {
        return Err(tool.gone());
    }
    let failed: Vec<u32> =
        nodes.iter().zip(&told).filter(|(_, one)| one.is_err()).map(|(pnn, _)| *pnn).collect();
    for pnn in &failed {
        err!(format_args!("Node {pnn} failed to reload nodes\n"));
    }
    if !failed.is_empty() {
        err!("You MUST fix failed nodes manually!\n");
    }
    leave_alone(tool, SrvId::DISABLE_RECOVERIES, 0, &nodes)
        .await
        .explain(words!("Failed to enable recoveries\n"))
}

pub(crate) async fn reloadips(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.len() > 1 {
        return Err(misused("reloadips"));
    }
    let all = tool.nodes().await?;
    let wanted = NodeMap { nodes: chosen(tool, args.first()).await? };
    let (connected, wanted) = (without(&all, NodeFlags::DISCONNECTED), without(&wanted, NodeFlags::INACTIVE));
    if connected.is_empty() || wanted.is_empty() {
        err!("Memory allocation error\n");
        return Err(ONE);
    }
    let quiet = quiet_time(tool);
    leave_alone(tool, SrvId::DISABLE_TAKEOVER_RUNS, quiet, &connected)
        .await
        .explain(words!("Failed to disable takeover runs\n"))?;
    match tool.call_all::<ReloadPublicIps>(&wanted, ()).await {
        Ok(_) => {}
        Err(Stop::Failed(_)) => err!("Failed to reload IPs on some nodes.\n"),
        Err(end @ Stop::End(_)) => return Err(end),
    }
    leave_alone(tool, SrvId::DISABLE_TAKEOVER_RUNS, 0, &connected)
        .await
        .explain(words!("Failed to enable takeover runs\n"))?;
    hand_out_addresses(tool).await
}
