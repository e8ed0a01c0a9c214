//! Commands from standard input: a list of lines, or a prompt when a person is at the other end.
//!
//! Each line is a command behind the words that the batch began with, or the arguments of its verb. All of them share the
//! connections. A line that fails is reported with its number, the next one is run, and the worst status is the last word.

mod lines;
mod place;
mod prompt;
mod words;

use std::ffi::OsString;
use std::io::{BufRead, IsTerminal};

use crate::app::App;
use crate::args::Global;
use crate::error::Error;
use crate::exit::Exit;

use self::lines::{Line, Lines};
use self::place::{Place, Step};

/// Runs what comes from standard input.
pub(crate) fn run(app: &mut App<'_>, path: Vec<&'static str>, outer: &Global) -> Exit {
    let place = Place::new(path);
    if std::io::stdin().is_terminal() && std::io::stdout().is_terminal() {
        return prompt::run(app, place, outer);
    }
    read(app, place, outer, &mut std::io::stdin().lock())
}

/// Runs the lines of a file.
pub(crate) fn read(app: &mut App<'_>, mut place: Place, outer: &Global, input: &mut dyn BufRead) -> Exit {
    let mut worst = Exit::Done;
    let mut lines = Lines::new(input);
    let mut empty = !outer.batch;
    loop {
        let (number, step) = match lines.next() {
            Line::End if empty => {
                let error = Error::Words(
                    "a verb is missing, and standard input has no commands; see --help, or say --batch where there may \
                     be none"
                        .into(),
                );
                app.report(&error, None, outer.output());
                return error.exit();
            }
            Line::End => return worst,
            Line::Text(number, text) => (number, words::split(&text).map(|words| place.step(words))),
            Line::Broken(number, error) => {
                app.report(&error, Some(number), outer.output());
                return worst.worse(error.exit());
            }
        };
        empty = false;
        let exit = match step {
            Ok(Step::Nothing) => Exit::Done,
            Ok(Step::Leave) => return worst,
            Ok(Step::Help(words) | Step::Run(words)) => app.run(&os(&words), outer, Some(number)),
            Err(error) => {
                let error = Error::Words(error.to_string());
                app.report(&error, Some(number), outer.output());
                error.exit()
            }
        };
        worst = worst.worse(exit);
        if app.is_at_an_end() || (outer.stop_on_error && exit != Exit::Done) {
            return worst;
        }
    }
}

fn os(words: &[String]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
