//! The parser: the table of commands as a tree of nouns and verbs.
//!
//! Words that end at a noun ask for commands from standard input; behind a verb, `--batch` has its arguments read from there.

use std::ffi::OsString;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{ArgMatches, Args, Command, FromArgMatches};

use super::global::{Global, Output, Settings};
use super::help;
use super::meant::{Meant, meant};
use crate::commands::{Effect, NOUNS, NodeUse, Noun, Row, commands};
use crate::error::Error;
use crate::nodes::NodeList;

/// What the command line asks for.
pub(crate) enum Request {
    /// Run this row.
    Run(&'static Row, Box<Settings>, ArgMatches),
    /// Print this text: help or version.
    Text(String),
    /// Read lines that belong behind these words.
    Read(Vec<&'static str>, Box<Global>),
}

/// The prompt by its own name.
const SHELL: &str = "shell";

/// Whether there is a noun, or a verb of a noun.
pub(crate) fn is_command(words: &[&str]) -> bool {
    let root = command();
    words.iter().try_fold(&root, |at, word| at.find_subcommand(word)).is_some()
}

/// The tree of nouns and verbs.
pub(crate) fn command() -> Command {
    let root = Global::augment_args(Command::new("ctdbctl"))
        .version(env!("CARGO_PKG_VERSION"))
        .about("Look at and steer a CTDB cluster")
        .disable_help_subcommand(true)
        .max_term_width(100)
        .after_help(
            "Without a command, and after a noun, commands are read from standard input; at a terminal there is a prompt. \
             With --batch, arguments of a verb are.\n\
             Exit status: 0 done, 1 the answer is no, 2 usage, 3 no daemon, 4 no answer in time, 5 refused or \
             malformed answer, 6 partly done.",
        );
    level(root, &[]).subcommand(
        Command::new(SHELL).about("Read commands from standard input; at a terminal there is a prompt"),
    )
}

/// Adds the verbs and nouns below the words of `path`.
fn level(mut command: Command, path: &[&str]) -> Command {
    for row in commands().filter(|row| row.noun() == path) {
        command = command.subcommand((row.arguments)(Command::new(row.verb())).about(row.doc));
    }
    let below = |noun: &&Noun| noun.path.split_last().is_some_and(|(_, above)| above == path);
    for noun in NOUNS.iter().filter(below) {
        let word = noun.path.last().copied().unwrap_or_default();
        let inner = Command::new(word).about(noun.doc).disable_help_subcommand(true);
        command = command.subcommand(level(inner, noun.path));
    }
    command
}

/// The parser, made once for all lines of a batch.
pub(crate) struct Parser {
    command: Command,
    /// The same with no argument required; made when it is wanted.
    relaxed: Option<Command>,
}

impl Default for Parser {
    fn default() -> Self {
        Self { command: help::with_pointer(command()), relaxed: None }
    }
}

impl Parser {
    /// Understands the words after the program's name, as part of a command with these options.
    pub(crate) fn parse(&mut self, words: &[OsString], outer: &Global) -> Result<Request, Error> {
        match meant(words) {
            Some(Meant::Options) => Ok(Request::Text(help::options())),
            Some(Meant::Words(words)) => self.understand(&words, outer),
            None => self.understand(words, outer),
        }
    }

    fn understand(&mut self, words: &[OsString], outer: &Global) -> Result<Request, Error> {
        let matches = match self.command.try_get_matches_from_mut(with_program(words)) {
            Ok(matches) => matches,
            Err(e) if matches!(e.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => {
                return Ok(Request::Text(e.render().to_string()));
            }
            Err(e) if e.kind() == ErrorKind::MissingRequiredArgument => {
                return match self.without_arguments(words, outer) {
                    Some((row, global)) if global.batch => Ok(Request::Read(row.path.to_vec(), global)),
                    Some((row, _)) => Err(Error::Words(format!(
                        "'{}' needs more words; see --help, or say --batch to have them read from standard input",
                        row.words()
                    ))),
                    None => Err(told(e)),
                };
            }
            Err(e) => return Err(told(e)),
        };
        let global = Global::from_arg_matches(&matches).map_err(told)?.within(outer);
        let (path, matches) = path(&matches);
        let Some(row) = commands().find(|row| row.path == path) else {
            return Ok(Request::Read(noun(&path), Box::new(global)));
        };
        let command = row.words();
        if row.nodes == NodeUse::None && global.node.is_some() {
            return Err(Error::NodeNotTaken(command));
        }
        if row.effect != Effect::Asks && global.watches() {
            return Err(Error::WatchNotTaken(command));
        }
        if global.batch {
            return Ok(Request::Read(row.path.to_vec(), Box::new(global)));
        }
        Ok(Request::Run(row, Box::new(global.settings(command)), matches.clone()))
    }

    /// A command that needs arguments and was given none at all.
    fn without_arguments(
        &mut self,
        words: &[OsString],
        outer: &Global,
    ) -> Option<(&'static Row, Box<Global>)> {
        let relaxed = self.relaxed.get_or_insert_with(|| relax(command()));
        let matches = relaxed.try_get_matches_from_mut(with_program(words)).ok()?;
        let global = Global::from_arg_matches(&matches).ok()?.within(outer);
        let (path, matches) = path(&matches);
        let row = commands().find(|row| row.path == path)?;
        let own = (row.arguments)(Command::new(row.verb()));
        let given = |id: &str| matches.value_source(id) == Some(clap::parser::ValueSource::CommandLine);
        let any = own.get_arguments().any(|arg| given(arg.get_id().as_str()));
        (!any).then(|| (row, Box::new(global)))
    }
}

fn with_program(words: &[OsString]) -> impl Iterator<Item = OsString> {
    std::iter::once("ctdbctl".into()).chain(words.iter().cloned())
}

/// No argument is required any more.
fn relax(command: Command) -> Command {
    command.mut_args(|arg| arg.required(false)).mut_subcommands(relax)
}

fn path(mut matches: &ArgMatches) -> (Vec<&str>, &ArgMatches) {
    let mut path = Vec::new();
    while let Some((word, inner)) = matches.subcommand() {
        path.push(word);
        matches = inner;
    }
    (path, matches)
}

/// The words of a noun as the table has them.
fn noun(path: &[&str]) -> Vec<&'static str> {
    NOUNS.iter().find(|noun| noun.path == path).map_or_else(Vec::new, |noun| noun.path.to_vec())
}

fn told(mut error: clap::Error) -> Error {
    harmless(&mut error);
    let words = moved(&error).or_else(|| misplaced(&error));
    Error::Words(words.unwrap_or_else(|| one_line(&error.render().to_string())))
}

/// Takes those suggestions away that would disturb a cluster if somebody followed them without a thought.
fn harmless(error: &mut clap::Error) {
    let suggested = match error.remove(ContextKind::SuggestedSubcommand) {
        Some(ContextValue::Strings(words)) => words,
        Some(ContextValue::String(word)) => vec![word],
        _ => return,
    };
    let disturbs = |word: &str| commands().any(|row| row.effect == Effect::Disturbs && row.verb() == word);
    let left: Vec<_> = suggested.into_iter().filter(|word| !disturbs(word)).collect();
    if !left.is_empty() {
        error.insert(ContextKind::SuggestedSubcommand, ContextValue::Strings(left));
    }
}

/// A node that was written as an argument.
fn misplaced(error: &clap::Error) -> Option<String> {
    if error.kind() != ErrorKind::UnknownArgument {
        return None;
    }
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidArg) else { return None };
    let list: NodeList = word.parse().ok().filter(|_| !word.starts_with('-'))?;
    Some(format!("unexpected argument '{word}'; nodes are named with -n, such as -n {list}; see --help"))
}

/// What a command of the `ctdb` tool is called here, when that is the word that is not known.
fn moved(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let new: Vec<_> = commands().filter(|row| row.old.contains(&word.as_str())).map(Row::words).collect();
    (!new.is_empty()).then(|| format!("'{word}' is called '{}' here; see --help", new.join("' or '")))
}

/// The JSON that was asked for in words that could not be understood otherwise.
pub(crate) fn wants_json(words: &[OsString]) -> Option<Output> {
    let words: Vec<_> = words.iter().filter_map(|word| word.to_str()).collect();
    let form = |word: &str| match word {
        "json" => Some(Output::Json),
        "jsonl" => Some(Output::Jsonl),
        _ => None,
    };
    let joined = ["-o=", "-o", "--output="];
    let one = words.iter().find_map(|word| joined.iter().find_map(|option| form(word.strip_prefix(option)?)));
    let two = words.windows(2).find_map(|pair| match pair {
        ["-o" | "--output", value] => form(value),
        _ => None,
    });
    one.or(two)
}

/// What clap has to say, without its usage lines, as one line.
fn one_line(text: &str) -> String {
    let lines = text.lines().map(str::trim).take_while(|line| !line.starts_with("Usage:"));
    let told: Vec<_> =
        lines.filter(|line| !line.is_empty() && !line.starts_with("For more information")).collect();
    let told = told.join("; ");
    format!("{}; see --help", told.strip_prefix("error: ").unwrap_or(&told).replace(":;", ":"))
}
