//! The command line.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use judge::history::Workload;
use judge::plan::parse_workloads;

use crate::sample::Seen;

/// What clients of a cluster do and see, as the lines of a history.
#[derive(Debug, Parser)]
#[command(name = "compat-client")]
pub struct Options {
    /// What to do.
    #[command(subcommand)]
    pub what: What,
}

/// What a process does.
#[derive(Debug, Subcommand)]
pub enum What {
    /// Does a workload on a node until SIGTERM comes or the daemon is gone.
    Work(Work),
    /// Looks at all nodes from outside, again and again, until SIGTERM comes.
    Sample(Sample),
    /// Reads the files of a node record by record, when the clients have ended.
    Dump(Dump),
    /// Looks for what must not be there.
    Audit(Audit),
}

/// Where a process is and what it writes.
#[derive(Clone, Debug, Args)]
pub struct Place {
    /// The number of the node.
    #[arg(long)]
    pub node: u32,
    /// The socket of its ctdbd.
    #[arg(long)]
    pub socket: PathBuf,
    /// The history; lines are appended, and a torn last one is cut off.
    #[arg(long)]
    pub history: PathBuf,
    /// How long a record, a lock or a commit is waited for.
    #[arg(long, default_value = "10000", value_parser = millis)]
    pub patience_ms: Duration,
}

/// A workload.
#[derive(Clone, Debug, Args)]
pub struct Work {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Which one, as in W1.
    #[arg(long, value_parser = workload)]
    pub workload: Workload,
    /// The number of this process in the history, and of the ones behind it that it may use.
    #[arg(long)]
    pub proc: u32,
    /// The seed of the run.
    #[arg(long)]
    pub seed: u64,
    /// How many records.
    #[arg(long, default_value_t = 20)]
    pub keys: u32,
    /// The pause between two acts.
    #[arg(long, default_value = "1000", value_parser = micros)]
    pub pace_us: Duration,
    /// Connections of W8 that do nothing.
    #[arg(long, default_value_t = 200)]
    pub idle: u32,
    /// Does it wrongly, as a checker has to notice.
    #[arg(long)]
    pub wrong: bool,
}

/// Samples.
#[derive(Clone, Debug, Args)]
pub struct Sample {
    /// A node, as NODE:SOCKET:DIRECTORY, and :NAMESPACE when its addresses are to be looked at.
    #[arg(long = "at", required = true)]
    pub nodes: Vec<Seen>,
    /// The history; lines are appended.
    #[arg(long)]
    pub history: PathBuf,
}

/// Files at the end.
#[derive(Clone, Debug, Args)]
pub struct Dump {
    /// Where.
    #[command(flatten)]
    pub place: Place,
    /// Whose databases.
    #[arg(long, value_parser = workload, value_delimiter = ',', required = true)]
    pub workloads: Vec<Workload>,
}

/// Audits.
#[derive(Clone, Debug, Args)]
pub struct Audit {
    /// A node, as for samples.
    #[arg(long = "at", required = true)]
    pub nodes: Vec<Seen>,
    /// The history; lines are appended.
    #[arg(long)]
    pub history: PathBuf,
    /// Which of the audits.
    #[arg(long)]
    pub when: When,
}

/// When an audit is made.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum When {
    /// All nodes run.
    Running,
    /// All nodes were stopped.
    Stopped,
}

fn millis(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_millis)
}

fn micros(text: &str) -> Result<Duration, std::num::ParseIntError> {
    text.parse().map(Duration::from_micros)
}

fn workload(text: &str) -> Result<Workload, String> {
    match parse_workloads(text).map_err(|error| error.to_string())?[..] {
        [one] => Ok(one),
        _ => Err("one workload is done by a process".to_owned()),
    }
}
