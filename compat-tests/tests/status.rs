//! `ctdbctl status`, `cluster list` and `node ping` beside Debian's own `ctdb` tool, on the same clusters in the same
//! states. ctdb is asked before and after: only when it said the same twice is there something to compare. What it says
//! is the truth; this file never states what a cluster should look like beyond the state that it brought about itself.

use std::os::unix::net::UnixListener;
use std::process::Command;
use std::time::{Duration, Instant};

use compat_tests::{Cluster, Node, Status, ToolOutput, product, wait_until};
use serde_json::Value;

const SOON: Duration = Duration::from_secs(60);

/// All that the C tool says about the cluster, as one node sees it.
#[derive(Debug, PartialEq)]
struct Truth {
    status: Status,
    /// `ctdb -X status`: the columns of each node.
    columns: Vec<Vec<String>>,
    /// Exit status of `ctdb nodestatus all`: the flags of all nodes together.
    flags: Option<i32>,
}

impl Truth {
    fn of(node: &Node, target: u32) -> Result<Self, String> {
        let target = target.to_string();
        let ask = |args: &[&str]| {
            let args: Vec<&str> = ["-n", &target].iter().chain(args).copied().collect();
            node.try_ctdb(&args).map_err(|e| e.to_string())
        };
        let text = ask(&["status"])?.ok().map_err(|e| e.to_string())?;
        let status = Status::parse(&text).map_err(|e| e.to_string())?;
        let table = ask(&["-X", "status"])?.ok().map_err(|e| e.to_string())?;
        let words = |line: &str| line.trim_matches('|').split('|').map(str::to_owned).collect();
        let columns = table.lines().skip(1).map(words).collect();
        let nodestatus = ask(&["-X", "nodestatus", "all"])?;
        if nodestatus.stdout != table {
            return Err(format!("two words for one thing:\n{table}{}", nodestatus.stdout));
        }
        Ok(Self { status, columns, flags: nodestatus.code })
    }
}

fn json(run: &ToolOutput) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|e| panic!("{e} in {run:?}"))
}

fn number(value: &Value) -> u32 {
    u32::try_from(value.as_u64().unwrap_or_else(|| panic!("{value} is no number"))).unwrap()
}

/// Waits until node `at` says twice that node `target` sees a settled cluster, and asks `ctdbctl` in between.
fn both(
    cluster: &Cluster,
    (at, target): (usize, u32),
    settled: impl Fn(&Status) -> bool,
) -> (Truth, Value, ToolOutput) {
    let node = cluster.node(at);
    let list = target.to_string();
    let look = || {
        let before = Truth::of(node, target)?;
        if !settled(&before.status) {
            return Err(format!("not yet: {}", before.status));
        }
        let run = node.ctdbctl(&["status", "-n", &list, "-o", "json"]).map_err(|e| e.to_string())?;
        let table = node.ctdbctl(&["status", "-n", &list]).map_err(|e| e.to_string())?;
        let after = Truth::of(node, target)?;
        if before != after {
            return Err(format!("it changes: {} and {}", before.status, after.status));
        }
        Ok((before, run, table))
    };
    let (truth, run, table) = cluster.wait(SOON, "ctdb says the same twice", look).unwrap();
    assert_eq!((run.code, run.stderr.as_str()), (Some(0), ""), "{run:?}");
    assert_eq!((table.code, table.stderr.as_str()), (Some(0), ""), "{table:?}");
    (truth, json(&run), table)
}

/// Compares every word. `settled` says when the state is there that the test wants to compare in.
fn assert_agrees(cluster: &Cluster, at: usize, target: u32, settled: impl Fn(&Status) -> bool) -> Value {
    let (truth, ours, table) = both(cluster, (at, target), settled);
    let nodes = &ours["node_status"]["nodes"];
    assert_eq!(nodes.as_object().unwrap().len(), truth.status.nodes.len(), "{ours}");
    assert_eq!(ours["node_status"]["node_count"], truth.status.nodes.len(), "{ours}");
    assert_eq!(ours["node_status"]["deleted_node_count"], 0, "{ours}");
    let mut all_flags = 0;
    for (line, columns) in truth.status.nodes.iter().zip(&truth.columns) {
        let node = &nodes[line.pnn.to_string()];
        all_flags |= number(&node["flags_raw"]);
        let flag = |name: &str| u8::from(node["flags"][name].as_bool().unwrap()).to_string();
        let said = [
            number(&node["pnn"]).to_string(),
            node["address"].as_str().unwrap().to_owned(),
            flag("disconnected"),
            flag("unknown"),
            flag("banned"),
            flag("disabled"),
            flag("unhealthy"),
            flag("stopped"),
            flag("inactive"),
            u8::from(node["partially_online"].as_bool().unwrap()).to_string(),
            if node["this_node"] == true { "Y" } else { "N" }.to_owned(),
        ];
        assert_eq!(columns[..], said, "node {}: {}", line.pnn, truth.status);
        assert_eq!(node["this_node"], line.this_node);
        assert_eq!(node["flags_ok"], number(&node["flags_raw"]) == 0);
        let state = line.flags.join("|");
        let row = table.stdout.lines().find(|row| row.contains(&line.address)).unwrap();
        let words: Vec<&str> = row.split_ascii_whitespace().collect();
        assert_eq!(words[..3], [line.pnn.to_string(), line.address.clone(), state], "{table:?}");
        assert_eq!(row.contains("(this node)"), line.this_node, "{row}");
    }
    assert_eq!(Some(i32::try_from(all_flags).unwrap()), truth.flags, "{ours}");

    let map = &ours["vnn_status"];
    let generation = map["generation"].as_u64().map(|n| u32::try_from(n).unwrap());
    assert_eq!(generation, truth.status.generation, "{ours}");
    assert_eq!(map["size"], truth.status.lmasters.len(), "{ours}");
    let slots = map["vnn_map"].as_array().unwrap();
    let lmasters: Vec<u32> = slots.iter().map(|slot| number(&slot["lmaster"])).collect();
    assert_eq!(lmasters, truth.status.lmasters, "{ours}");
    assert!(slots.iter().enumerate().all(|(hash, slot)| slot["hash"] == hash), "{ours}");
    assert_eq!(ours["recovery_mode"] == "NORMAL", truth.status.recovered, "{ours}");
    assert_eq!(ours["recovery_mode_raw"] == 0, truth.status.recovered, "{ours}");
    assert_eq!(number(&ours["leader"]), truth.status.leader.unwrap_or(u32::MAX), "{ours}");
    ours
}

fn has(status: &Status, pnn: u32, flag: &str) -> bool {
    status.recovered && status.leader.is_some() && status.node(pnn).is_some_and(|line| line.has(flag))
}

/// Neither the leader nor node 0, where the questions are put.
fn victim(cluster: &Cluster) -> u32 {
    let leader = cluster.node(0).status().unwrap().leader.unwrap();
    (1..3).find(|pnn| *pnn != leader).unwrap()
}

fn index(pnn: u32) -> usize {
    usize::try_from(pnn).unwrap()
}

#[test]
fn status_agrees_with_ctdb_in_a_healthy_cluster_with_a_disabled_node_and_with_a_node_killed() {
    let cluster = Cluster::builder().start().unwrap();
    for (at, target) in [(0, 0), (2, 2), (0, 1)] {
        let ours = assert_agrees(&cluster, at, target, |s| s.recovered && s.nodes.iter().all(|n| n.is_ok()));
        assert_eq!(ours["vnn_status"]["size"], 3);
    }
    let chosen = victim(&cluster);
    cluster.node(index(chosen)).ctdb(&["disable"]).unwrap();
    for at in [0, index(chosen)] {
        let asked = u32::try_from(at).unwrap();
        let ours = assert_agrees(&cluster, at, asked, |s| has(s, chosen, "DISABLED"));
        assert_eq!(ours["node_status"]["nodes"][chosen.to_string()]["flags_raw"], 4);
    }
    cluster.node(index(chosen)).ctdb(&["enable"]).unwrap();
    cluster.wait_healthy(SOON).unwrap();

    cluster.node(index(chosen)).kill9().unwrap();
    let gone = |s: &Status| has(s, chosen, "DISCONNECTED") && s.lmasters.len() == 2;
    let ours = assert_agrees(&cluster, 0, 0, gone);
    assert_eq!(ours["node_status"]["nodes"][chosen.to_string()]["flags"]["disconnected"], true);

    // A node that is gone has no status: both say so.
    let asked = chosen.to_string();
    let theirs = cluster.node(0).try_ctdb(&["-n", &asked, "status"]).unwrap();
    assert_ne!(theirs.code, Some(0), "{theirs:?}");
    let run = cluster.node(0).ctdbctl(&["status", "-n", &asked, "-t", "3"]).unwrap();
    assert!(matches!(run.code, Some(4 | 5)), "{run:?}");
    assert_one_line(&run, &format!("node {chosen}"));
    list_and_pings_with_a_dead_node(&cluster, chosen);
}

/// `cluster list` beside `ctdb nodestatus`, and `node ping` of all nodes and of the dead one alone.
fn list_and_pings_with_a_dead_node(cluster: &Cluster, dead: u32) {
    let node = cluster.node(0);
    let run = node.ctdbctl(&["cluster", "list", "-o", "json"]).unwrap();
    let theirs = node.node_status().unwrap();
    let list = json(&run);
    let lines = list["nodes"].as_array().unwrap();
    assert_eq!((run.code, lines.len()), (Some(0), 3), "{run:?}");
    for (line, theirs) in lines.iter().zip(&theirs.nodes) {
        assert_eq!(number(&line["pnn"]), theirs.pnn);
        assert_eq!(line["address"], theirs.address);
        assert_eq!(line["state"], theirs.flags.join("|"));
        assert_eq!(line["this_node"], theirs.pnn == 0);
    }

    let begun = Instant::now();
    let run = node.ctdbctl(&["node", "ping", "-n", "all", "-t", "5", "-o", "json"]).unwrap();
    assert_eq!(run.code, Some(6), "partly done: {run:?}");
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    for ping in json(&run)["nodes"].as_array().unwrap() {
        let lives = number(&ping["pnn"]) != dead;
        assert_eq!(ping["answered"], lives, "{ping}");
        assert_eq!(ping["error"].is_null(), lives, "{ping}");
        assert_eq!(ping["clients"].as_u64().is_some_and(|clients| clients > 0), lives, "{ping}");
    }
    let alone = node.ctdbctl(&["node", "ping", "-n", &dead.to_string(), "-t", "5", "-o", "json"]).unwrap();
    // ctdbd itself would refuse to ask a node to which it has no connection.
    assert_eq!(alone.code, Some(5), "{alone:?}");
    assert_eq!(json(&alone)["nodes"][0]["error"]["code"], "disconnected", "{alone:?}");
    let well = node.ctdbctl(&["node", "ping", "-n", "all", "-t", "5"]).unwrap();
    assert_eq!(well.code, Some(6), "{well:?}");
    let living: Vec<String> = (0..3).filter(|pnn| *pnn != dead).map(|pnn| pnn.to_string()).collect();
    let well = node.ctdbctl(&["node", "ping", "-n", &living.join(",")]).unwrap();
    assert_eq!((well.code, well.stderr.as_str()), (Some(0), ""), "{well:?}");
}

#[test]
fn status_agrees_with_ctdb_with_a_node_stopped_and_with_a_node_banned() {
    let cluster = Cluster::builder().start().unwrap();
    let chosen = victim(&cluster);
    let node = cluster.node(index(chosen));
    node.stop().unwrap();
    for at in [0, index(chosen)] {
        let asked = u32::try_from(at).unwrap();
        // A node that is stopped stays in recovery as it sees it.
        let here = asked == chosen;
        let stopped = |s: &Status| s.node(chosen).is_some_and(|line| line.has("STOPPED"));
        assert_agrees(&cluster, at, asked, |s| stopped(s) && s.recovered != here && s.leader.is_some());
    }
    node.continue_().unwrap();
    cluster.wait_healthy(SOON).unwrap();

    let chosen = victim(&cluster);
    let node = cluster.node(index(chosen));
    node.ban(300).unwrap();
    assert_agrees(&cluster, 0, 0, |s| has(s, chosen, "BANNED"));
    // The banned node itself is in recovery for good; what it says of the nodes comes from another one.
    assert_agrees(&cluster, index(chosen), chosen, |s| s.node(chosen).is_some_and(|l| l.has("BANNED")));
    node.unban().unwrap();
    cluster.wait_healthy(SOON).unwrap();
    assert_agrees(&cluster, 0, 0, |s| s.recovered && s.nodes.iter().all(|n| n.is_ok()));
}

#[test]
fn status_agrees_with_ctdb_while_an_interface_of_a_node_has_no_link() {
    let cluster = Cluster::builder().nodes(2).without_waiting().start().unwrap();
    let node = cluster.node(1);
    node.kill9().unwrap();
    std::fs::write(node.base().join("public_addresses"), "127.99.7.1/8 lo\n").unwrap();
    node.start().unwrap();
    cluster.wait_healthy(SOON).unwrap();
    node.ctdb(&["setifacelink", "lo", "down"]).unwrap();
    let ours = assert_agrees(&cluster, 0, 0, |s| has(s, 1, "PARTIALLYONLINE"));
    assert_eq!(ours["node_status"]["nodes"]["1"]["flags_ok"], true, "no flag says so");
    node.ctdb(&["setifacelink", "lo", "up"]).unwrap();
    assert_agrees(&cluster, 0, 0, |s| has(s, 1, "OK"));
}

/// Nothing on standard output, one line on standard error that has `word` in it.
#[track_caller]
fn assert_one_line(run: &ToolOutput, word: &str) {
    assert_eq!(run.stdout, "", "{run:?}");
    assert_eq!(run.stderr.lines().count(), 1, "{run:?}");
    assert!(run.stderr.contains(word) && run.stderr.ends_with('\n'), "{run:?}");
}

/// Runs `ctdbctl` where there is no cluster.
fn alone(words: &str, socket: &std::path::Path) -> ToolOutput {
    let mut command = Command::new(product("ctdbctl").unwrap());
    let out = command.args(words.split(' ')).arg("--socket").arg(socket).output().unwrap();
    ToolOutput {
        command: words.to_owned(),
        code: out.status.code(),
        stdout: String::from_utf8(out.stdout).unwrap(),
        stderr: String::from_utf8(out.stderr).unwrap(),
    }
}

#[test]
fn a_socket_file_without_a_process_and_a_missing_one_are_each_one_line_and_status_3() {
    let dir = tempfile::tempdir().unwrap();
    let stale = dir.path().join("stale.socket");
    drop(UnixListener::bind(&stale).unwrap());
    for (socket, why) in
        [(&stale, "no ctdbd is listening"), (&dir.path().join("none.socket"), "no such socket")]
    {
        for words in ["status", "cluster list", "node ping -n all"] {
            let run = alone(words, socket);
            assert_eq!(run.code, Some(3), "{run:?}");
            assert_one_line(&run, why);
            assert!(run.stderr.contains(socket.to_str().unwrap()), "{run:?}");
        }
        let run = alone("status -o json", socket);
        assert_eq!((run.code, &json_error(&run)["code"]), (Some(3), &"no_ctdbd".into()), "{run:?}");
        for words in ["tunnel status", "tunnel ping 1"] {
            let run = alone(words, socket);
            assert_eq!(run.code, Some(3), "{run:?}");
            assert_one_line(&run, "ctdb-tunneld");
        }
    }
}

/// The error of a command that was asked for JSON, wherever it was printed.
fn json_error(run: &ToolOutput) -> Value {
    let text = if run.stdout.is_empty() { &run.stderr } else { &run.stdout };
    serde_json::from_str::<Value>(text).unwrap_or_else(|e| panic!("{e} in {run:?}"))["error"].clone()
}

#[test]
fn the_socket_file_that_a_killed_ctdbd_leaves_behind_is_one_line_and_status_3() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let node = cluster.node(0);
    wait_until(SOON, "ctdbctl is answered", || match node.ctdbctl(&["node", "ping"]) {
        Ok(run) if run.code == Some(0) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .unwrap();
    node.kill9().unwrap();
    assert!(node.socket().exists(), "ctdbd had no time to remove it");
    let run = node.ctdbctl(&["status"]).unwrap();
    assert_eq!(run.code, Some(3), "{run:?}");
    assert_one_line(&run, "no ctdbd is listening; start ctdb on this node");
}

#[test]
fn a_ctdbd_that_hangs_is_one_line_and_status_4_within_the_time_that_was_asked_for() {
    // So that its neighbour does not give it up during the test.
    let builder = Cluster::builder().nodes(2).tunable("KeepaliveLimit", 1000);
    let cluster = builder.without_waiting().start().unwrap();
    let node = cluster.node(0);
    let both = |run: &ToolOutput| run.code == Some(0);
    wait_until(SOON, "both answer", || match node.ctdbctl(&["node", "ping", "-n", "all"]) {
        Ok(run) if both(&run) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .unwrap();
    let hurried = |node: &Node, words: &[&str]| {
        let begun = Instant::now();
        let run = node.ctdbctl(&[words, &["-t", "2"]].concat()).unwrap();
        let took = begun.elapsed();
        assert!((2..8).contains(&took.as_secs()), "{took:?}: {run:?}");
        run
    };

    // The other node's: it was asked, and its line of the answer says what came of that.
    cluster.node(1).pause().unwrap();
    let run = hurried(node, &["node", "ping", "-n", "1"]);
    assert_eq!((run.code, run.stderr.as_str()), (Some(4), ""), "{run:?}");
    let lines: Vec<&str> = run.stdout.lines().skip(1).collect();
    assert!(matches!(lines[..], [line] if line.contains("no answer within 2 s")), "{run:?}");
    let run = hurried(node, &["node", "ping", "-n", "1", "-o", "json"]);
    assert_eq!(
        (run.code, &json(&run)["nodes"][0]["error"]["code"]),
        (Some(4), &"no_answer".into()),
        "{run:?}"
    );
    let run = hurried(node, &["node", "ping", "-n", "all"]);
    assert_eq!(run.code, Some(6), "partly done: {run:?}");
    cluster.node(1).resume().unwrap();

    // This node's own: there is nobody to ask.
    node.pause().unwrap();
    for words in [&["node", "ping"][..], &["node", "ping", "-n", "all"], &["status"]] {
        let run = hurried(node, words);
        assert_eq!(run.code, Some(4), "{run:?}");
        assert_one_line(&run, "ctdbd does not answer");
    }
    node.resume().unwrap();
    wait_until(SOON, "it runs on", || match node.ctdbctl(&["node", "ping", "-n", "all"]) {
        Ok(run) if both(&run) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .unwrap();
}
