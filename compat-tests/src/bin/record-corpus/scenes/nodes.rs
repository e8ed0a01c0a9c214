//! Nodes that come and go: start, stop, loss and return, a ban, a changed nodes file.

use std::fs;

use compat_tests::{Builder, Timing};

use super::Scene;
use crate::stage::{STEP, Stage};

pub(super) const STARTUP: Scene = Scene {
    name: "startup",
    what: "three nodes from their start until healthy, a recovery, one node stopped and continued",
    shows: &["REQ_KEEPALIVE", "START_RECOVERY", "SET_RECMODE", "STOP_NODE", "CONTINUE_NODE"],
    cluster: |builder| builder.timing(Timing::Stock),
    play: startup,
};

fn startup(stage: &Stage) -> anyhow::Result<()> {
    stage.ctdb(0, "recover")?;
    stage.ctdb(0, "stop -n 1")?;
    stage.cluster.node(1).wait_flag_of(1, "STOPPED", STEP)?;
    stage.ctdb(0, "continue -n 1")?;
    stage.healthy()
}

pub(super) const NODE_LOSS: Scene = Scene {
    name: "node-loss",
    what: "a node is killed, the others recover without it, and it comes back",
    shows: &["START_RECOVERY", "REQ_KEEPALIVE", "DB_PULL", "DB_PUSH_START", "MODIFY_FLAGS"],
    cluster: |builder| builder.nodes(3),
    play: node_loss,
};

fn node_loss(stage: &Stage) -> anyhow::Result<()> {
    let all = &stage.cluster;
    stage.ctdb(0, "attach loss.tdb")?;
    for pnn in 0..3 {
        stage.ctdb(pnn, &format!("writekey loss.tdb key{pnn} written_on_node_{pnn}"))?;
    }
    all.node(2).kill9()?;
    all.node(0).wait_disconnected_of(2, STEP)?;
    all.wait_healthy_nodes(&[0, 1], STEP)?;
    stage.ctdb(1, "readkey loss.tdb key0")?;
    all.node(2).start()?;
    stage.healthy()?;
    stage.ctdb(2, "readkey loss.tdb key1")?;
    Ok(())
}

pub(super) const BAN: Scene = Scene {
    name: "ban",
    what: "a node is banned, and the ban is lifted",
    shows: &["SET_BAN_STATE", "MODIFY_FLAGS", "START_RECOVERY"],
    cluster: |builder| builder.nodes(3),
    play: ban,
};

fn ban(stage: &Stage) -> anyhow::Result<()> {
    stage.ctdb(0, "ban 300 -n 2")?;
    stage.cluster.node(0).wait_flag_of(2, "BANNED", STEP)?;
    stage.cluster.wait_healthy_nodes(&[0, 1], STEP)?;
    stage.ctdb(0, "unban -n 2")?;
    stage.healthy()
}

pub(super) const RELOADNODES: Scene = Scene {
    name: "reloadnodes",
    what: "a node is taken out of the nodes file and another added, both with ctdb reloadnodes",
    shows: &["GET_NODES_FILE", "RELOAD_NODES_FILE", "DISABLE_RECOVERIES"],
    cluster: |builder: Builder| builder.nodes(3),
    play: reloadnodes,
};

fn reloadnodes(stage: &Stage) -> anyhow::Result<()> {
    let all = &stage.cluster;
    let line = |pnn: usize| format!("{}\n", all.node(pnn).address());
    let everywhere =
        |content: &str| all.nodes().iter().try_for_each(|node| fs::write(node.base().join("nodes"), content));
    all.node(2).shutdown()?;
    all.node(0).wait_disconnected_of(2, STEP)?;
    everywhere(&format!("{}{}#{}", line(0), line(1), line(2)))?;
    stage.ctdb(0, "reloadnodes")?;
    stage.wait_ctdb(1, "-X nodestatus all", |text| !text.contains(line(2).trim()))?;
    everywhere(&[line(0), line(1), line(2)].concat())?;
    stage.ctdb(0, "reloadnodes")?;
    all.node(2).start()?;
    stage.healthy()
}
