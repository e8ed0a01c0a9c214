//! Options of every command, and what they become.
//!
//! A line of a batch takes over the options of the command that the batch belongs to, and may set its own.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;

use crate::live;
use crate::nodes::NodeList;

/// How an answer is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    // Ordinary comments: documented values would make the help three pages long.
    // For people.
    #[default]
    Table,
    // For scripts; errors too.
    Json,
    // For scripts that take a line at a time: an object on each.
    Jsonl,
}

/// Whether an answer has colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

/// Options of every command.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Options of every command")]
pub(crate) struct Global {
    /// Node or nodes to ask: numbers, ranges (0-3), addresses, comma lists, or "all"
    #[arg(short, long, global = true, value_name = "LIST", allow_hyphen_values = true,
          add = ArgValueCompleter::new(live::nodes))]
    pub(crate) node: Option<NodeList>,

    /// Time for each node to answer, in seconds [default: 10]
    #[arg(short, long, global = true, value_name = "SEC", value_parser = seconds)]
    timeout: Option<Duration>,

    /// How to write the answer, and errors [default: table]
    #[arg(short, long, global = true, value_enum)]
    output: Option<Output>,

    /// Ask again and again, every 2 seconds or as often as it says
    #[arg(long, global = true, value_name = "SEC", value_parser = seconds, require_equals = true,
          num_args = 0..=1, default_missing_value = "2")]
    watch: Option<Duration>,

    /// Colours in tables [default: auto]
    #[arg(long, global = true, value_enum, value_name = "WHEN")]
    color: Option<Color>,

    /// Socket of the local ctdbd [env: CTDB_SOCKET] [default: /run/ctdb/ctdbd.socket]
    #[arg(long, global = true, value_name = "PATH")]
    socket: Option<PathBuf>,

    /// Directory of the local ctdb-tunneld [default: "bus" beside the socket of ctdbd]
    #[arg(long, global = true, value_name = "PATH", env = "CTDB_BUS_DIR", hide_env_values = true)]
    run_dir: Option<PathBuf>,

    /// Say on standard error who was asked
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    verbose: bool,

    /// Write no answer, only errors; the exit status tells
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Do not ask before something is destroyed
    #[arg(long, global = true)]
    yes: bool,

    /// Read commands, or the arguments of a verb, from standard input: one a line, or none
    #[arg(long, global = true)]
    pub(crate) batch: bool,

    /// Commands from standard input: end at the first that fails
    #[arg(long, global = true)]
    pub(crate) stop_on_error: bool,
}

/// What every command needs to know.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    /// The command as it is typed.
    pub(crate) command: String,
    pub(crate) nodes: Option<NodeList>,
    /// For each node.
    pub(crate) timeout: Duration,
    pub(crate) output: Output,
    pub(crate) watch: Option<Duration>,
    pub(crate) color: bool,
    pub(crate) socket: PathBuf,
    pub(crate) run_dir: PathBuf,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
    pub(crate) yes: bool,
}

impl Global {
    /// As the environment has it, where no word was read.
    pub(crate) fn of_environment() -> Self {
        let run_dir = std::env::var_os("CTDB_BUS_DIR").filter(|dir| !dir.is_empty()).map(PathBuf::from);
        Self { run_dir, ..Self::default() }
    }

    /// What is not said here is taken over from the command that this one is part of.
    pub(crate) fn within(self, outer: &Self) -> Self {
        let outer = outer.clone();
        Self {
            node: self.node.or(outer.node),
            timeout: self.timeout.or(outer.timeout),
            output: self.output.or(outer.output),
            watch: self.watch,
            color: self.color.or(outer.color),
            run_dir: self.run_dir.or(outer.run_dir),
            socket: self.socket.or(outer.socket),
            verbose: self.verbose || (outer.verbose && !self.quiet),
            quiet: self.quiet || (outer.quiet && !self.verbose),
            yes: self.yes || outer.yes,
            batch: self.batch,
            stop_on_error: self.stop_on_error || outer.stop_on_error,
        }
    }

    /// Whether it is asked again and again.
    pub(crate) fn watches(&self) -> bool {
        self.watch.is_some()
    }

    /// How answers and errors are written.
    pub(crate) fn output(&self) -> Output {
        self.output.unwrap_or_default()
    }

    /// The settings of a command.
    pub(crate) fn settings(&self, command: String) -> Settings {
        let socket = self.socket.clone().unwrap_or_else(runtime::paths::ctdbd_socket);
        let color = match self.color.unwrap_or_default() {
            Color::Auto => std::io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none(),
            Color::Always => true,
            Color::Never => false,
        };
        Settings {
            command,
            nodes: self.node.clone(),
            timeout: self.timeout.unwrap_or(Duration::from_secs(10)),
            output: self.output(),
            watch: self.watch,
            color,
            run_dir: self.run_dir.clone().unwrap_or_else(|| runtime::paths::bus_dir(&socket)),
            socket,
            verbose: self.verbose,
            quiet: self.quiet,
            yes: self.yes,
        }
    }
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| *s > 0.0);
    seconds
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
        .filter(|time| *time <= Duration::from_secs(86_400))
        .ok_or_else(|| "write seconds above 0 and up to 86400, such as 10 or 0.5".into())
}
