//! One command from its words to its exit status.
//!
//! The only place that writes: the answer to standard output, one line about an error to standard error, and with JSON
//! the error to standard output too. A reader that closes its end early is no error.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;
use std::rc::Rc;

use crate::args::{self, Output, Request, Settings};
use crate::commands::Answer;
use crate::commands::row::Working;
use crate::context::{Connections, Context};
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render;

/// Runs the command that the words ask for.
pub(crate) fn run(words: &[OsString], out: &mut dyn Write, err: &mut dyn Write) -> ExitCode {
    let exit = match args::parse(words) {
        Ok(Request::Text(text)) => {
            write(out, &text);
            Exit::Done
        }
        Ok(Request::Run(row, settings, matches)) => {
            let connections = Rc::new(Connections::default());
            let working = (row.run)(Context::new((*settings).clone(), &connections), &matches);
            match answer(working) {
                Ok(answer) => show(&*answer, &settings, out),
                Err(e) => fail(&e, settings.output != Output::Table, out, err),
            }
        }
        Err(e) => fail(&e, args::wants_json(words), out, err),
    };
    ExitCode::from(exit.status())
}

/// With `-v`: a line about who is asked.
pub(crate) fn note(settings: &Settings, text: std::fmt::Arguments<'_>) {
    if settings.verbose {
        write(&mut std::io::stderr(), &format!("ctdbctl: {text}\n"));
    }
}

fn answer(working: Working) -> Result<Box<dyn Answer>, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::Start)?;
    runtime.block_on(working)
}

fn show(answer: &dyn Answer, settings: &Settings, out: &mut dyn Write) -> Exit {
    if !settings.quiet {
        // A reader that is gone has seen what it wanted.
        let _gone = answer.write(settings, out).and_then(|()| out.flush());
    }
    answer.exit()
}

fn fail(error: &Error, json: bool, out: &mut dyn Write, err: &mut dyn Write) -> Exit {
    if json {
        write(out, &render::json::error(error));
    }
    let line = one_line(&error.to_string());
    write(err, &format!("ctdbctl: {line}\n"));
    error.exit()
}

/// Nothing can be done about a reader that is gone, and nobody is left to be told.
fn write(to: &mut dyn Write, text: &str) {
    if to.write_all(text.as_bytes()).is_ok() {
        let _gone = to.flush();
    }
}
