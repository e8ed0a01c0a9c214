//! Our `ctdb` beside Debian's: the time of a whole process, from its start to its end, on the same node.
//!
//! The two take turns, so that a machine that is busy for a while spoils both. `status` waits for a word of the leader,
//! which comes once a second: what it costs beyond that is seen in `-X status`, which does not ask for the leader.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use compat_tests::{Cluster, Node, Tool, binary};

use crate::report::Spread;

/// Commands, and how often each is run in a round.
const COMMANDS: &[(&str, usize)] =
    &[("version", 10), ("pnn", 10), ("-X status", 10), ("listvars", 3), ("status", 3)];

fn time(program: &Path, words: &str, node: &Node) -> anyhow::Result<Duration> {
    let mut command = Command::new(program);
    command.args(words.split(' ')).envs(node.env()).stdin(Stdio::null()).stdout(Stdio::null());
    let begun = Instant::now();
    let status = command.status().with_context(|| program.display().to_string())?;
    let time = begun.elapsed();
    ensure!(status.success(), "{} {words}: {status}", program.display());
    Ok(time)
}

/// The table, in Markdown.
pub(crate) fn compare(rounds: usize) -> anyhow::Result<String> {
    let cluster = Cluster::builder().nodes(2).start()?;
    let dir = tempfile::tempdir()?;
    let ours = dir.path().join("ctdb");
    std::os::unix::fs::symlink(binary("ctdbctl", "ctdbctl")?, &ours)?;
    let theirs = Tool::Ctdb.path()?;
    let node = cluster.node(0);
    let mut out = String::from("Whole process in milliseconds; ratio of the medians, at most 1 wanted:\n\n");
    out += "| command | C tool | ours | ratio |\n|---|---:|---:|---:|\n";
    for (words, times) in COMMANDS {
        let mut both = [Vec::new(), Vec::new()];
        for _ in 0..rounds * times {
            for (tool, times) in [&theirs, &ours].into_iter().zip(&mut both) {
                times.push(time(tool, words, node)?.as_secs_f64() * 1e3);
            }
        }
        let [theirs, ours] = both.map(|times| Spread::of(times.into_iter()));
        let ratio = ours.0 / theirs.0;
        writeln!(out, "| `ctdb {words}` | {} | {} | {ratio:.2} |", theirs.show(1), ours.show(1))?;
    }
    Ok(out)
}
