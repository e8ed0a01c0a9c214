//! Every command of the C tool, through a relay in front of node 0: what it asks ctdbd and what it does with the answer.
//!
//! Two recordings: commands that only ask can be played again on another cluster, those that change something cannot.
//! A command that fails in a cluster like this one fails here too; what it asked is recorded all the same.

use anyhow::ensure;
use compat_tests::rehearsal::{self, Rehearsal};
use compat_tests::{Tool, run};

use super::Scene;
use crate::stage::{Relay, STEP, Stage};

/// Commands that change nothing; ended by those that are answered without ctdbd.
const ASKING: &[&str] = &[
    "status",
    "-X status",
    "uptime",
    "ping",
    "ping -n 1",
    "runstate",
    "getvar MonitorInterval",
    "listvars",
    "statistics",
    "stats",
    "ip",
    "ip all",
    "ipinfo 10.99.0.1",
    "ifaces",
    "process-exists 1",
    "getdbmap",
    "getdbstatus loose.tdb",
    "getdbstatus kept.tdb",
    "catdb loose.tdb",
    "catdb kept.tdb",
    "cattdb loose.tdb",
    "getcapabilities",
    "pnn",
    "getdebug",
    "dumpmemory",
    "rddumpmemory",
    "getpid",
    "gettickles 10.99.0.1",
    "leader",
    "getreclock",
    "pfetch kept.tdb one",
    "readkey loose.tdb one",
    "getdbseqnum kept.tdb",
    "nodestatus",
    "nodestatus all",
    "dbstatistics loose.tdb",
    "scriptstatus",
    "event status legacy monitor",
    "event script list legacy",
    "listnodes",
    "lvs status",
    "lvs list",
    "lvs leader",
    "natgw status",
    "natgw list",
    "natgw leader",
    "checktcpport 4379",
    "version",
    "tfetch DIR/copy.tdb one",
];

/// Commands that change something, in an order in which they can be given.
const CHANGING: &[&str] = &[
    "attach new.tdb",
    "attach gone.tdb",
    "attach more.tdb persistent",
    "attach twice.tdb replicated",
    "setdbreadonly new.tdb",
    "setdbsticky new.tdb",
    "writekey new.tdb key value",
    "readkey new.tdb key readonly",
    "deletekey new.tdb key",
    "pstore more.tdb key value",
    "ptrans more.tdb DIR/changes",
    "pdelete more.tdb key",
    "backupdb more.tdb DIR/backup",
    "wipedb more.tdb",
    "restoredb DIR/backup",
    "dumpdbbackup DIR/backup",
    "tstore DIR/copy.tdb key value",
    "setvar MonitorInterval 3",
    "setvar AllowClientDBAttach 0",
    "setvar AllowClientDBAttach 0 -n 1",
    "detach gone.tdb",
    "setdebug NOTICE",
    "statisticsreset",
    "setifacelink lo up",
    "gratarp 10.99.0.1 lo",
    "tickle 10.99.0.1:445 127.0.0.1:40000",
    "addtickle 192.0.2.7:40001 10.99.0.1:445",
    "deltickle 192.0.2.7:40001 10.99.0.1:445",
    "addip 10.99.0.9/24 lo",
    "delip 10.99.0.9",
    "reloadips",
    "moveip 10.99.0.1 0",
    "ipreallocate",
    "sync",
    "disable",
    "enable",
    "stop",
    "continue",
    "ban 300",
    "unban",
    "setlmasterrole off -n 1",
    "setlmasterrole on -n 1",
    "setleaderrole off -n 1",
    "setleaderrole on -n 1",
    "recover",
    "reloadnodes",
    "event run 30 legacy monitor",
    "shutdown -n 1",
    "shutdown",
];

pub(super) const QUESTIONS: Scene = Scene {
    name: "tool-questions",
    what: "every command of the C tool that changes nothing, through a relay",
    shows: &[
        "GET_NODEMAP",
        "STATISTICS",
        "LIST_TUNABLES",
        "DUMP_MEMORY",
        "GET_PUBLIC_IP_INFO",
        "UPTIME",
        "PING",
    ],
    cluster: rehearsal::TOOL_QUESTIONS.cluster,
    play: questions,
};

fn questions(stage: &Stage) -> anyhow::Result<()> {
    every_command_has_a_line()?;
    let relay = prepare(stage, &rehearsal::TOOL_QUESTIONS)?;
    play(stage, &relay, ASKING)
}

/// What the commands are about.
fn prepare(stage: &Stage, rehearsal: &Rehearsal) -> anyhow::Result<Relay> {
    let relay = stage.rehearse(rehearsal)?;
    let (all, node) = (&stage.cluster, stage.cluster.node(0));
    std::fs::copy(node.base().join("db/persistent/kept.tdb.0"), all.dir().join("copy.tdb"))?;
    let addresses: String = all.nodes().iter().map(|node| format!("{}\n", node.address())).collect();
    for name in ["lvs_nodes", "natgw_nodes"] {
        std::fs::write(node.base().join(name), &addresses)?;
    }
    Ok(relay)
}

pub(super) const CHANGES: Scene = Scene {
    name: "tool-changes",
    what: "every command of the C tool that changes something, through a relay, down to shutdown",
    shows: &[
        "SHUTDOWN",
        "DB_SET_HEALTHY",
        "SET_DB_STICKY",
        "DEL_PUBLIC_IP",
        "SET_IFACE_LINK_STATE",
        "TRANS3_COMMIT",
    ],
    cluster: rehearsal::TOOL_CHANGES.cluster,
    play: changes,
};

fn changes(stage: &Stage) -> anyhow::Result<()> {
    let relay = prepare(stage, &rehearsal::TOOL_CHANGES)?;
    let changes = stage.cluster.dir().join("changes");
    std::fs::write(changes, "\"key\" \"other\"\n\"second\" \"value\"\n")?;
    play(stage, &relay, CHANGING)
}

/// Runs the commands one after the other. What one starts is waited for where the next would come too early.
fn play(stage: &Stage, relay: &Relay, commands: &[&str]) -> anyhow::Result<()> {
    for words in commands {
        let words = words.replace("DIR", &stage.cluster.dir().display().to_string());
        let done = stage.through(relay, &words)?;
        let code = done.code.map_or("killed".to_owned(), |code| code.to_string());
        println!("    ctdb {words}: status {code}");
        let last = done.stderr.lines().last().unwrap_or_default();
        if done.code != Some(0) && !last.is_empty() {
            println!("      {last}");
        }
        match words.split(' ').next() {
            Some("continue" | "unban" | "recover" | "enable" | "setleaderrole" | "setlmasterrole") => {
                stage.healthy()?;
            }
            Some("reloadips" | "moveip" | "ipreallocate") => {
                stage.wait_ctdb(0, "-X ip all", |text| !text.contains("|-1|"))?;
            }
            Some("shutdown") if words.ends_with('1') => {
                stage.cluster.node(0).wait_disconnected_of(1, STEP)?;
            }
            _ => {}
        }
    }
    Ok(())
}

/// The tool lists its commands when it is given none.
fn every_command_has_a_line() -> anyhow::Result<()> {
    let text = run(std::process::Command::new(Tool::Ctdb.path()?), STEP)?.stdout;
    let (_, list) = text.split_once("Commands:").unwrap_or_default();
    let known = |name: &str| {
        ASKING
            .iter()
            .chain(CHANGING)
            .any(|words| words.trim_start_matches("-X ").split(' ').next() == Some(name))
    };
    let listed: Vec<&str> = list.lines().filter_map(|line| line.split_whitespace().next()).collect();
    ensure!(listed.len() > 50, "the C tool lists {} commands", listed.len());
    let absent: Vec<&&str> = listed.iter().filter(|name| !known(name)).collect();
    ensure!(absent.is_empty(), "commands of the C tool without a line here: {absent:?}");
    Ok(())
}
