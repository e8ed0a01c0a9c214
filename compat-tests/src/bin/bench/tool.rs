//! The command line beside Debian's `ctdb`: the time of a whole process, from its start to its end, on the same node, and
//! the CPU time that it took.
//!
//! The programs take turns, so that a machine that is busy for a while spoils all of them. `status` waits for a word of
//! the leader, which comes once a second: what it costs beyond that is seen in its CPU time, and in `-X status`, which
//! does not ask for the leader.

use std::fmt::Write;
use std::io::{Seek, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use compat_tests::{Cluster, Node, Tool, product};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::{TimeVal, TimeValLike};

use crate::report::Spread;

/// Commands of the C tool, those of `ctdbctl` that say the same, and how often each is run in a round.
const COMMANDS: &[(&str, Option<&str>, usize)] = &[
    ("version", Some("version"), 10),
    ("pnn", Some("node pnn"), 10),
    ("-X status", None, 10),
    ("listvars", Some("tunable list"), 3),
    ("status", Some("status"), 3),
];
/// Lines of the batch, and runs of a program for one record each.
const LINES: usize = 10_000;
const RUNS: usize = 200;
const DATABASE: &str = "bench.tdb";

/// What a run took.
#[derive(Clone, Copy)]
struct Took {
    wall: f64,
    cpu: f64,
}

fn microseconds(time: TimeVal) -> Duration {
    Duration::from_micros(u64::try_from(time.num_microseconds()).unwrap_or(0))
}

/// CPU time of the programs that have ended.
fn cpu() -> anyhow::Result<Duration> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    Ok(microseconds(usage.user_time()) + microseconds(usage.system_time()))
}

/// Runs a program that has to succeed.
fn time(program: &Path, words: &[&str], node: &Node, input: Stdio) -> anyhow::Result<Took> {
    let mut command = Command::new(program);
    command.args(words).envs(node.env()).env("CTDB_SOCKET", node.socket());
    command.stdin(input).stdout(Stdio::null());
    let (before, begun) = (cpu()?, Instant::now());
    let status = command.status().with_context(|| program.display().to_string())?;
    let (wall, after) = (begun.elapsed(), cpu()?);
    ensure!(status.success(), "{} {}: {status}", program.display(), words.join(" "));
    Ok(Took { wall: wall.as_secs_f64() * 1e3, cpu: after.saturating_sub(before).as_secs_f64() * 1e3 })
}

/// The programs that are compared.
struct Programs {
    c: PathBuf,
    /// Ours in the old grammar.
    ctdb: PathBuf,
    ctdbctl: PathBuf,
    _dir: tempfile::TempDir,
}

impl Programs {
    fn find() -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let (ctdbctl, ctdb) = (product("ctdbctl")?, dir.path().join("ctdb"));
        std::os::unix::fs::symlink(&ctdbctl, &ctdb)?;
        Ok(Self { c: Tool::Ctdb.path()?, ctdb, ctdbctl, _dir: dir })
    }
}

fn spread(times: &[Took], of: impl Fn(&Took) -> f64) -> Spread {
    Spread::of(times.iter().map(of))
}

/// The tables, in Markdown.
pub(crate) fn compare(rounds: usize) -> anyhow::Result<String> {
    let cluster = Cluster::builder().nodes(2).start()?;
    let programs = Programs::find()?;
    let mut out = one_command(cluster.node(0), &programs, rounds)?;
    out += &many_records(cluster.node(0), &programs)?;
    Ok(out)
}

fn one_command(node: &Node, programs: &Programs, rounds: usize) -> anyhow::Result<String> {
    let mut out = String::from(
        "Whole process in milliseconds, and its CPU time; ratios of the medians to the C tool, at most 1 wanted:\n\n\
         | command | C tool | CPU | our `ctdb` | ratio | CPU | `ctdbctl` | ratio | CPU |\n\
         |---|---:|---:|---:|---:|---:|---:|---:|---:|\n",
    );
    for (words, new, times) in COMMANDS {
        let mut took = [Vec::new(), Vec::new(), Vec::new()];
        let ways = [(&programs.c, Some(*words)), (&programs.ctdb, Some(*words)), (&programs.ctdbctl, *new)];
        for _ in 0..rounds * times {
            for ((program, words), took) in ways.iter().zip(&mut took) {
                let Some(words) = words else { continue };
                let words: Vec<&str> = words.split(' ').collect();
                took.push(time(program, &words, node, Stdio::null())?);
            }
        }
        let [theirs, old, new_grammar] = &took;
        let base = spread(theirs, |took| took.wall);
        write!(out, "| `{words}` | {} | {} |", base.show(1), spread(theirs, |took| took.cpu).show(1))?;
        for took in [old, new_grammar] {
            if took.is_empty() {
                write!(out, " - | - | - |")?;
                continue;
            }
            let (wall, cpu) = (spread(took, |took| took.wall), spread(took, |took| took.cpu));
            write!(out, " {} | {:.2} | {} |", wall.show(1), wall.0 / base.0, cpu.show(1))?;
        }
        out.push('\n');
    }
    Ok(out)
}

/// Records written one by one into a volatile database.
fn many_records(node: &Node, programs: &Programs) -> anyhow::Result<String> {
    node.ctdb(&["attach", DATABASE])?;
    let mut lines = tempfile::tempfile()?;
    for n in 0..LINES {
        writeln!(lines, "{DATABASE} key{n} value{n}")?;
    }
    lines.rewind()?;
    let batch = time(&programs.ctdbctl, &["--batch", "db", "key", "set"], node, lines.into())?.wall;
    let records = node.ctdb(&["catdb", DATABASE])?;
    let written =
        records.lines().filter(|line| line.starts_with("data(") && line.contains("\"value")).count();
    ensure!(written == LINES, "{written} of {LINES} lines were carried out");
    let mut single = [0.0, 0.0];
    for n in 0..RUNS {
        let (key, value) = (format!("single{n}"), format!("value{n}"));
        let ways = [(&programs.c, &["writekey"][..]), (&programs.ctdbctl, &["db", "key", "set"])];
        for ((program, words), sum) in ways.into_iter().zip(&mut single) {
            *sum += time(program, &[words, &[DATABASE, &key, &value]].concat(), node, Stdio::null())?.wall;
        }
    }
    let scale = |sum: f64| sum / RUNS as f64 * LINES as f64 / 1e3;
    let [theirs, ours] = single.map(scale);
    let batch = batch / 1e3;
    Ok(format!(
        "\n{LINES} records of a volatile database, in seconds; single runs: {RUNS} measured, times {}:\n\n\
         | `ctdbctl --batch db key set`, {LINES} lines | `ctdbctl db key set`, a process each | C's `ctdb writekey`, a process each |\n\
         |---:|---:|---:|\n| {batch:.2} | {ours:.1} | {theirs:.1} |\n\nC's tool takes {:.0} times as long as the batch.\n",
        LINES / RUNS,
        theirs / batch
    ))
}
