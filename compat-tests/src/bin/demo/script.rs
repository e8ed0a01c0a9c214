//! What happens in the demonstration, in order.
//!
//! Each step waits for a condition and fails with a deadline; a failed step ends the demonstration.

use std::time::Duration;

use anyhow::{Context, bail, ensure};
use compat_tests::{Cluster, Daemon, Node, Tool, require};
use serde_json::Value;

use crate::ledger::{Counts, Pair};
use crate::traffic::Traffic;
use crate::{Clock, Wishes, goodbye};

const NODES: u8 = 3;
/// The node whose ctdbd is killed.
const VICTIM: usize = 2;
/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(30);
/// Messages by which traffic shows that it flows.
const FLOW: usize = 30;

/// Plays all of it; returns the closing line.
pub(crate) fn play(wishes: &Wishes, clock: &Clock) -> anyhow::Result<String> {
    require(&[Tool::Ctdbd, Tool::Ctdb])?;
    println!(
        "Tablecloth: packets of the new protocol cross a cluster of real ctdbd, whose events our daemon runs\n"
    );
    clock.say(format_args!("starting {NODES} ctdbd ({})", version()?));
    // When ctdbd comes back, the leader's first question to it can arrive before the way back is open, and is lost. The
    // leader waits 30 s for the answer unless it is told otherwise, and nobody wants to watch that.
    let builder = Cluster::builder().nodes(NODES).tunable("RecoverTimeout", 5).without_waiting();
    // The events of the cluster are ours to run, with the scripts as Debian ships them.
    let mut builder = builder.our_eventd().debian_scripts();
    if let Some(file) = &wishes.record {
        builder = builder.record(file.clone());
    }
    let cluster = builder.start()?;
    // Logs are worth keeping when a step fails.
    let played = steps(&cluster, wishes, clock);
    if played.is_err() {
        cluster.mark_failed();
    }
    let (tunnelds, closing) = played?;
    cluster.stop_recording()?;
    if let Some(file) = &wishes.record {
        clock.say(format_args!("recorded in {}", file.display()));
    }
    if wishes.keep {
        goodbye::leave(cluster, tunnelds)?;
    }
    Ok(format!("{closing}, {:.0} s", clock.0.elapsed().as_secs_f64()))
}

fn version() -> anyhow::Result<String> {
    let output = std::process::Command::new(Tool::Ctdb.path()?).arg("version").output()?;
    Ok(format!("CTDB {}", String::from_utf8_lossy(&output.stdout).trim()))
}

fn steps(cluster: &Cluster, wishes: &Wishes, clock: &Clock) -> anyhow::Result<(Vec<Daemon>, String)> {
    cluster.wait_healthy(2 * STEP)?;
    clock.say(format_args!("the cluster is healthy; its files are in {}", cluster.dir().display()));
    let tunnelds = (0..cluster.nodes().len()).map(|pnn| cluster.start_tunneld(pnn));
    let tunnelds = tunnelds.collect::<Result<Vec<_>, _>>()?;
    for node in cluster.nodes() {
        cluster.wait(STEP, "each tunneld sees the others", || peers_up(node))?;
    }
    clock.say("a ctdb-tunneld runs beside each ctdbd, and each sees the two others");

    show(cluster.node(0), &["status"])?;
    events(cluster, clock)?;
    show(cluster.node(0), &["tunnel", "ping", "1", "--size", &wishes.sizes()[1].to_string()])?;
    let pings = ping_all(cluster, wishes)?;

    println!("\nTraffic: a small daemon on each node sends to those of both other nodes all the time.");
    let traffic = Traffic::start(cluster, wishes.plan());
    let outage = kill_one(cluster, &traffic, clock);
    // Without the traffic there is nothing to count, and its own error says more.
    let ledger = traffic.finish()?;
    outage?;
    let counts = ledger.counts(|_| true);
    clock.say(format_args!(
        "all is counted: {} messages sent, {} delivered ({}); while a ctdbd was away {} could not be, and their senders \
         were told why:",
        counts.sent,
        counts.delivered,
        volume(ledger.bytes()),
        counts.reported
    ));
    for (reason, times) in ledger.reasons() {
        println!("{:>12} times: {reason}", times);
    }
    let faults = ledger.faults();
    if let Some(first) = faults.first() {
        bail!("the tunnel broke its promise {} times, first: {first}", faults.len());
    }
    println!(
        "Every message was delivered once and in order, or its sender was told. None was lost silently.\n"
    );
    let closing = format!(
        "demo: OK: {NODES} nodes, {pings} pings answered, {} messages sent = {} delivered + {} reported, 0 lost",
        counts.sent, counts.delivered, counts.reported
    );
    Ok((tunnelds, closing))
}

fn peers_up(node: &Node) -> Result<(), String> {
    let output = node.ctdbctl(&["tunnel", "status", "-o", "json"]).map_err(|error| error.to_string())?;
    let status: Value = serde_json::from_str(&output.stdout).map_err(|_| output.stderr.clone())?;
    let peers = status["peers"].as_array().map_or(&[][..], Vec::as_slice);
    let up = peers.iter().filter(|peer| peer["state"] == "up").count();
    if up + 1 == usize::from(NODES) { Ok(()) } else { Err(format!("node {}: {up} peers up", node.pnn())) }
}

/// Shows that each ctdbd has our event daemon, and what that one has done.
fn events(cluster: &Cluster, clock: &Clock) -> anyhow::Result<()> {
    let mut run = 0;
    for node in cluster.nodes() {
        let log = node.log();
        let line = log.lines().find(|line| line.contains("Starting event daemon")).unwrap_or_default();
        ensure!(!line.contains("/usr/libexec/"), "node {} has an event daemon of C: {line}", node.pnn());
        let output = node.ctdbctl(&["event", "status", "-o", "json"])?.ok()?;
        let status: Value = serde_json::from_str(&output)?;
        ensure!(status["ok"] == true, "the last monitor event of node {} failed: {output}", node.pnn());
        run += status["scripts"].as_array().map_or(0, Vec::len);
    }
    println!();
    clock.say(format_args!(
        "ctdb-eventd runs the events of each ctdbd: {run} scripts of Debian in the last monitor events"
    ));
    show(cluster.node(0), &["event", "status"])?;
    show(cluster.node(0), &["event", "status", "startup"])
}

/// Runs ctdbctl and shows what it says.
fn show(node: &Node, args: &[&str]) -> anyhow::Result<()> {
    println!("\n$ ctdbctl {}", args.join(" "));
    let output = node.ctdbctl(args)?.ok()?;
    for line in output.lines() {
        println!("{}", format!("    {line}").trim_end());
    }
    Ok(())
}

/// Packets of three sizes from every node to every node and back; returns how many came back.
fn ping_all(cluster: &Cluster, wishes: &Wishes) -> anyhow::Result<u32> {
    let (sizes, count) = (wishes.sizes(), wishes.pings());
    println!("\nPackets to every node and back, {count} of each size, median time:");
    println!("    from  to {:>12} {:>12} {:>12}", label(sizes[0]), label(sizes[1]), label(sizes[2]));
    let mut answered = 0;
    for from in cluster.nodes() {
        for to in cluster.nodes() {
            let mut line = format!("    {:>4}{:>4} ", from.pnn(), to.pnn());
            for size in sizes {
                line += &format!("{:>9} us ", ping(from, to.pnn(), size, count)?);
                answered += count;
            }
            println!("{}", line.trim_end());
        }
    }
    Ok(answered)
}

fn label(size: u32) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..0x10_0000 => format!("{} KiB", size >> 10),
        _ => format!("{} MiB", size >> 20),
    }
}

fn volume(bytes: usize) -> String {
    if bytes < 1_000_000 { format!("{} kB", bytes / 1000) } else { format!("{} MB", bytes / 1_000_000) }
}

fn ping(from: &Node, to: u32, size: u32, count: u32) -> anyhow::Result<u64> {
    let (to, size, packets) = (to.to_string(), size.to_string(), count.to_string());
    let output = from
        .ctdbctl(&["tunnel", "ping", &to, "--size", &size, "--count", &packets, "-o", "json"])?
        .ok()
        .with_context(|| format!("packets from node {} to node {to}", from.pnn()))?;
    let answer: Value = serde_json::from_str(&output)?;
    ensure!(answer["answered"] == count, "node {to} answered {} of {count} packets", answer["answered"]);
    answer["time_us"]["median"].as_u64().context("no time in the answer of ctdbctl")
}

/// Kills a ctdbd and starts it again while messages flow in all directions.
fn kill_one(cluster: &Cluster, traffic: &Traffic, clock: &Clock) -> anyhow::Result<()> {
    let victim = cluster.node(VICTIM);
    let dead = victim.pnn();
    let concerns = move |(from, to): Pair| from == dead || to == dead;
    let others = move |pair| !concerns(pair);

    let wait = |what: &str, wanted: &dyn Fn(Pair) -> bool, enough: &dyn Fn(Counts) -> bool| {
        cluster.wait(STEP, what, || match traffic.counts(wanted) {
            Ok(counts) if enough(counts) => Ok(Ok(counts)),
            Ok(counts) => Err(format!("{counts:?}")),
            Err(broken) => Ok(Err(broken)),
        })?
    };

    let before = wait("messages flow", &|_| true, &|c| c.arrived >= 6 * FLOW)?;
    clock.say(format_args!("{} messages delivered in all directions", before.delivered));

    println!(
        "\nNow node {dead} loses its ctdbd. No message from or to it can arrive until it is back; the promise is that each \
         sender is told.\nSo those reported below are the demonstration at work: nothing else is lost, and nothing in silence."
    );
    clock.say(format_args!("kill -9 of the ctdbd of node {dead}, and of all that it had started"));
    victim.kill9()?;
    let at_kill = traffic.counts(|_| true)?;
    let between = traffic.counts(others)?;
    for pnn in (0..cluster.nodes().len()).filter(|pnn| *pnn != VICTIM) {
        cluster.node(pnn).wait_disconnected_of(dead, STEP)?;
    }
    clock.say(format_args!("the other nodes have noticed; ctdbctl cluster list on node 0:"));
    for line in cluster.node(0).ctdbctl(&["cluster", "list"])?.stdout.lines() {
        println!("          {line}");
    }
    let is_told = |(_, to): Pair| to == dead;
    let told_before = traffic.counts(is_told)?.reported;
    wait("senders to the dead node are told", &is_told, &|c| c.reported > told_before)?;
    let went_on = wait("the others go on", &others, &|c| c.arrived >= between.arrived + 2 * FLOW)?.arrived
        - between.arrived;
    let told = traffic.counts(concerns)?.reported;
    clock.say(format_args!(
        "{went_on} messages more between the others; the senders of {told} from or to node {dead} were told why they failed"
    ));

    clock.say(format_args!("the ctdbd of node {dead} is started again"));
    victim.start()?;
    let at_start = traffic.counts(concerns)?;
    let again = wait("messages to and from the node flow again", &concerns, &|c| {
        c.delivered >= at_start.delivered + 4 * FLOW
    })?;
    clock.say(format_args!(
        "messages from and to node {dead} flow again: {} since then",
        again.delivered - at_start.delivered
    ));
    cluster.wait_healthy(2 * STEP)?;
    let end = traffic.counts(|_| true)?;
    clock.say(format_args!(
        "the cluster is healthy again; {} messages delivered since the kill, {} under way",
        end.delivered - at_kill.delivered,
        end.under_way()
    ));
    Ok(())
}
