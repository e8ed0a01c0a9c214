//! From the words of the command line to a row of the table and its settings.
//!
//! The parser is made from the table of commands. Options of every command live here. Errors become one line; nothing
//! is asked of a daemon yet.

use std::path::PathBuf;
use std::time::Duration;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, Command, FromArgMatches, ValueEnum};

use crate::commands::{NOUNS, NodeUse, Row, commands};
use crate::error::Error;
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

/// Options of every command.
#[derive(Args, Debug)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// Node or nodes to ask: numbers, ranges (0-3), addresses, comma lists, or "all"
    #[arg(short, long, global = true, value_name = "LIST", allow_hyphen_values = true)]
    node: Option<NodeList>,

    /// Time for each node to answer, in seconds
    #[arg(short, long, global = true, value_name = "SEC", default_value = "10", value_parser = seconds)]
    timeout: Duration,

    /// How to write the answer, and errors
    #[arg(short, long, global = true, value_enum, default_value = "table")]
    output: Output,

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
    pub(crate) socket: PathBuf,
    pub(crate) run_dir: PathBuf,
    pub(crate) verbose: bool,
    pub(crate) quiet: bool,
    pub(crate) yes: bool,
}

/// What the command line asks for.
pub(crate) enum Request {
    /// Run this row.
    Run(&'static Row, Box<Settings>, ArgMatches),
    /// Print this text: help or version.
    Text(String),
}

/// The parser: the table of commands as a tree of nouns and verbs.
pub(crate) fn parser() -> Command {
    let mut root = Global::augment_args(Command::new("ctdbctl"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Look at and steer a CTDB cluster")
        .subcommand_required(true)
        .disable_help_subcommand(true)
        .max_term_width(100)
        .after_help(
            "Exit status: 0 done, 1 the answer is no, 2 usage, 3 no daemon, 4 no answer in time, 5 refused or \
             malformed answer, 6 partly done.",
        );
    root = level(root, &[]);
    root
}

/// Adds the verbs and nouns below the words of `path`.
fn level(mut command: Command, path: &[&str]) -> Command {
    for row in commands().filter(|row| row.noun() == path) {
        command = command.subcommand((row.arguments)(Command::new(row.verb())).about(row.doc));
    }
    let below =
        |noun: &&crate::commands::Noun| noun.path.split_last().is_some_and(|(_, above)| above == path);
    for noun in NOUNS.iter().filter(below) {
        let word = noun.path.last().copied().unwrap_or_default();
        let inner =
            Command::new(word).about(noun.doc).subcommand_required(true).disable_help_subcommand(true);
        command = command.subcommand(level(inner, noun.path));
    }
    command
}

/// Understands the words after the program's name.
pub(crate) fn parse(words: &[std::ffi::OsString]) -> Result<Request, Error> {
    let program = std::ffi::OsString::from("ctdbctl");
    let matches = match parser().try_get_matches_from(std::iter::once(&program).chain(words)) {
        Ok(matches) => matches,
        Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
            return Ok(Request::Text(e.render().to_string()));
        }
        Err(e) => {
            return Err(Error::Words(moved(&e).unwrap_or_else(|| one_line(&e.render().to_string()))));
        }
    };
    let global = Global::from_arg_matches(&matches).map_err(|e| Error::Words(one_line(&e.to_string())))?;
    let (row, matches) = row(&matches).ok_or_else(|| Error::Words("no such command; see --help".into()))?;
    let command = row.words();
    if row.nodes == NodeUse::None && global.node.is_some() {
        return Err(Error::NodeNotTaken(command));
    }
    let socket = global.socket.unwrap_or_else(runtime::paths::ctdbd_socket);
    let settings = Settings {
        command,
        nodes: global.node,
        timeout: global.timeout,
        output: global.output,
        run_dir: global.run_dir.unwrap_or_else(|| runtime::paths::bus_dir(&socket)),
        socket,
        verbose: global.verbose,
        quiet: global.quiet,
        yes: global.yes,
    };
    Ok(Request::Run(row, Box::new(settings), matches.clone()))
}

/// What a command of the `ctdb` tool is called here, when that is the word that is not known.
fn moved(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let new: Vec<_> = commands().filter(|row| row.old.contains(&word.as_str())).map(Row::words).collect();
    (!new.is_empty()).then(|| format!("'{word}' is called '{}' here; see --help", new.join("' or '")))
}

/// Whether JSON was asked for, in words that could not be understood otherwise.
pub(crate) fn wants_json(words: &[std::ffi::OsString]) -> bool {
    let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
    let joined = words.iter().any(|word| {
        matches!(*word, "-ojson" | "-o=json" | "--output=json" | "-ojsonl" | "-o=jsonl" | "--output=jsonl")
    });
    joined || words.windows(2).any(|pair| matches!(pair, ["-o" | "--output", "json" | "jsonl"]))
}

fn row(mut matches: &ArgMatches) -> Option<(&'static Row, &ArgMatches)> {
    let mut path = Vec::new();
    while let Some((word, inner)) = matches.subcommand() {
        path.push(word);
        matches = inner;
    }
    Some((commands().find(|row| row.path == path)?, matches))
}

fn seconds(text: &str) -> Result<Duration, String> {
    let seconds = text.parse::<f64>().ok().filter(|s| *s > 0.0);
    seconds
        .and_then(|s| Duration::try_from_secs_f64(s).ok())
        .filter(|time| *time <= Duration::from_secs(86_400))
        .ok_or_else(|| "write seconds above 0 and up to 86400, such as 10 or 0.5".into())
}

/// What clap has to say, without its usage lines, as one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let told: Vec<_> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")).collect();
    let told = told.join("; ");
    format!("{}; see --help", told.strip_prefix("error: ").unwrap_or(&told).replace(":;", ":"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse_words(words: &str) -> Result<Request, Error> {
        parse(&words.split_whitespace().map(Into::into).collect::<Vec<_>>())
    }

    fn settings(words: &str) -> Settings {
        match parse_words(words) {
            Ok(Request::Run(_, settings, _)) => *settings,
            Ok(Request::Text(text)) => panic!("{text}"),
            Err(e) => panic!("{e}"),
        }
    }

    fn refusal(words: &str) -> String {
        match parse_words(words) {
            Err(e) => e.to_string(),
            Ok(_) => panic!("'{words}' was accepted"),
        }
    }

    #[test]
    fn the_parser_is_sound() {
        parser().debug_assert();
    }

    /// Commands that need arguments.
    const EXAMPLES: &[&str] = &[
        "capture check a",
        "capture diff a b",
        "capture record --listen a --out b",
        "capture replay a",
        "capture show a",
        "capture stats a",
        "db attach x.tdb",
        "db backup x.tdb file",
        "db cat x.tdb",
        "db detach x.tdb",
        "db dump-backup file",
        "db flag get x.tdb",
        "db flag set x.tdb readonly",
        "db info x.tdb",
        "db key batch x.tdb",
        "db key delete x.tdb key",
        "db key get x.tdb key",
        "db key push x.tdb key data",
        "db key set x.tdb key data",
        "db restore file",
        "db seqnum x.tdb",
        "db statistics x.tdb",
        "db tdb cat x.tdb",
        "db tdb get file key",
        "db tdb set file key data",
        "db wipe x.tdb",
        "node ban 60",
        "node capability set leader off",
        "node log set notice",
        "node process check 1",
        "tunable get RecoverTimeout",
        "tunable set RecoverTimeout 30",
        "tunnel ping 1",
    ];

    #[test]
    fn every_row_is_reached_by_its_words_and_has_a_noun_with_a_text() {
        for wanted in commands() {
            let words = wanted.words();
            let example = EXAMPLES.iter().find(|example| example.starts_with(&format!("{words} ")));
            let arguments = example.map_or("", |example| &example[words.len() + 1..]);
            let words = format!("{} {arguments}", wanted.words());
            let Ok(Request::Run(found, settings, _)) = parse_words(&words) else {
                panic!("'{words}' is not understood");
            };
            assert_eq!((found.words(), settings.command), (wanted.words(), wanted.words()));
            let known = NOUNS.iter().any(|noun| noun.path == wanted.noun());
            assert!(wanted.noun().is_empty() || known, "{words}");
        }
        for noun in NOUNS {
            assert!(commands().any(|row| row.noun().starts_with(noun.path)), "{:?} has no verb", noun.path);
        }
    }

    #[test]
    fn options_may_stand_anywhere() {
        for words in [
            "-n 0-1 -t 0.5 -o json node ping",
            "node -n 0-1 ping -t 0.5 -o json",
            "node ping -n0-1 -t.5 -ojson",
        ] {
            let settings = settings(words);
            assert_eq!(settings.nodes, Some("0-1".parse().unwrap()), "{words}");
            assert_eq!(
                (settings.timeout, settings.output),
                (Duration::from_millis(500), Output::Json),
                "{words}"
            );
        }
    }

    #[test]
    fn the_bus_is_beside_the_socket_of_ctdbd_unless_it_is_named() {
        let at = |words| {
            let settings = settings(words);
            (settings.socket.display().to_string(), settings.run_dir.display().to_string())
        };
        assert_eq!(at("status --socket /a/s"), ("/a/s".into(), "/a/bus".into()));
        assert_eq!(at("--socket /a/s status --run-dir /b"), ("/a/s".into(), "/b".into()));
    }

    #[test]
    fn words_that_make_no_sense_are_one_line_with_a_hint() {
        for (words, line) in [
            (
                "statsu",
                "unrecognized subcommand 'statsu'; tip: a similar subcommand exists: 'status'; see --help",
            ),
            (
                "tunnel",
                "'ctdbctl tunnel' requires a subcommand but one was not provided; [subcommands: status, ping]; see --help",
            ),
            ("-o json listnodes", "'listnodes' is called 'cluster list' here; see --help"),
            (
                "status --nodes 1",
                "unexpected argument '--nodes' found; tip: a similar argument exists: '--node'; see --help",
            ),
            (
                "status -t 0",
                "invalid value '0' for '--timeout <SEC>': write seconds above 0 and up to 86400, such as 10 or 0.5; see --help",
            ),
            (
                "status -n x",
                "invalid value 'x' for '--node <LIST>': 'x' is no node; write numbers, ranges (0-3), addresses, comma lists, or all; see --help",
            ),
            ("tunnel ping", "the following required arguments were not provided: <NODE>; see --help"),
            ("tunnel ping 1 -n 1", "'tunnel ping' does not take -n; leave it out"),
            ("status -q -v", "the argument '--quiet' cannot be used with '--verbose'; see --help"),
        ] {
            assert_eq!(refusal(words), line, "{words}");
        }
    }

    #[test]
    fn json_is_noticed_in_words_that_make_no_sense() {
        let asks = |words: &str| wants_json(&words.split(' ').map(Into::into).collect::<Vec<_>>());
        assert!(
            asks("statsu -o json")
                && asks("statsu -ojson")
                && asks("--output=json")
                && asks("--output json x")
        );
        assert!(!asks("-o table") && !asks("json"));
    }
}
