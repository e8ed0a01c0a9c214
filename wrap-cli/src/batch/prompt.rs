//! The prompt: line editing, history and TAB, for a person at a terminal.
//!
//! The history is kept in `$XDG_STATE_HOME/ctdbctl/history`, or below `~/.local/state`; where neither can be written there
//! is one for this run only.

use std::path::PathBuf;

use clap::Command;
use rustyline::completion::{Completer, Pair};
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{CompletionType, Config, Context, Editor, Helper, Highlighter, Hinter, Validator};

use super::place::{Place, Step};
use super::{os, words};
use crate::app::App;
use crate::args::{Global, Output, command, for_tab};
use crate::error::Error;
use crate::exit::Exit;

/// Lines that are kept.
const HISTORY: usize = 1000;

/// What TAB needs to know.
#[derive(Helper, Highlighter, Hinter, Validator)]
struct Words {
    command: Command,
    place: Place,
}

impl Completer for Words {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = line.get(..pos).unwrap_or(line);
        let start = before.rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let Ok(mut typed) = words::split(before.get(..start).unwrap_or_default()) else {
            return Ok((pos, Vec::new()));
        };
        typed.push(before.get(start..).unwrap_or_default().to_owned());
        let candidates = crate::live::complete(&self.command, &self.place.full(typed));
        Ok((
            start,
            candidates.into_iter().map(|word| Pair { display: word.clone(), replacement: word }).collect(),
        ))
    }
}

fn history_file() -> Option<PathBuf> {
    let state = std::env::var_os("XDG_STATE_HOME").map(PathBuf::from).filter(|path| path.is_absolute());
    let home = || std::env::var_os("HOME").map(|home| PathBuf::from(home).join(".local/state"));
    let dir = state.or_else(home)?.join("ctdbctl");
    std::fs::create_dir_all(&dir).ok()?;
    Some(dir.join("history"))
}

/// Runs what a person types, until the end.
pub(super) fn run(app: &mut App<'_>, place: Place, outer: &Global) -> Exit {
    match talk(app, place, outer) {
        Ok(()) => Exit::Done,
        Err(error) => {
            let error = Error::Input(error.to_string());
            app.report(&error, None, Output::Table);
            error.exit()
        }
    }
}

fn talk(app: &mut App<'_>, place: Place, outer: &Global) -> rustyline::Result<()> {
    let config = Config::builder()
        .max_history_size(HISTORY)?
        .auto_add_history(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor: Editor<Words, FileHistory> = Editor::with_config(config)?;
    editor.set_helper(Some(Words { command: for_tab(command()), place }));
    let history = history_file();
    if let Some(file) = &history {
        // There is none the first time.
        let _none = editor.load_history(file);
    }
    loop {
        let prompt = match editor.helper().map(|words| words.place.path().join(" ")) {
            Some(path) if !path.is_empty() => format!("ctdbctl {path}> "),
            _ => "ctdbctl> ".into(),
        };
        let line = match editor.readline(&prompt) {
            Ok(line) => line,
            Err(ReadlineError::Interrupted) => continue,
            Err(ReadlineError::Eof) => break,
            Err(error) => return Err(error),
        };
        let Some(words) = editor.helper_mut() else { break };
        match words::split(&line).map(|line| words.place.step(line)) {
            Ok(Step::Nothing) => {}
            Ok(Step::Leave) => break,
            Ok(Step::Help(words) | Step::Run(words)) => {
                app.run(&os(&words), outer, None);
            }
            Err(error) => app.report(&Error::Words(error.to_string()), None, Output::Table),
        }
    }
    if let Some(file) = &history {
        // A history that cannot be kept is no reason to fail.
        let _lost = editor.save_history(file);
    }
    Ok(())
}
