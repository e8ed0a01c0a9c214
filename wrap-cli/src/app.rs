//! Commands from their words to their exit status.
//!
//! The only place that writes: the answer to standard output, one line about an error to standard error, and with JSON
//! the error to standard output too. A reader that closes its end early is no error; anything else that keeps an answer
//! from being written is.

use std::ffi::OsString;
use std::io::Write;
use std::rc::Rc;

use tokio::runtime::Runtime;

use crate::args::{Global, Output, Parser, Request, Settings, wants_json};
use crate::batch;
use crate::commands::row::Working;
use crate::commands::{Answer, Effect, NodeUse, beside};
use crate::context::{Connections, Context};
use crate::error::{Error, one_line, system};
use crate::exit::Exit;
use crate::render;

/// One run of the program: the parser and the connections that all its commands share.
pub(crate) struct App<'a> {
    parser: Parser,
    connections: Rc<Connections>,
    runtime: Option<Runtime>,
    out: &'a mut dyn Write,
    err: &'a mut dyn Write,
    /// Lines are read already.
    reading: bool,
    output: Written,
}

/// What has become of the answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Written {
    /// They were written.
    All,
    /// Nobody reads them any more.
    Gone,
    /// They cannot be written, which has been told.
    Lost,
}

impl<'a> App<'a> {
    pub(crate) fn new(out: &'a mut dyn Write, err: &'a mut dyn Write) -> Self {
        Self {
            parser: Parser::default(),
            connections: Rc::default(),
            runtime: None,
            out,
            err,
            reading: false,
            output: Written::All,
        }
    }

    /// Runs the command that the words ask for, as part of one with the options `outer`; `line` is its number in a batch.
    pub(crate) fn run(&mut self, words: &[OsString], outer: &Global, line: Option<u64>) -> Exit {
        let exit = self.carry_out(words, outer, line);
        if self.output == Written::Lost { exit.worse(Error::Output(String::new()).exit()) } else { exit }
    }

    fn carry_out(&mut self, words: &[OsString], outer: &Global, line: Option<u64>) -> Exit {
        match self.parser.parse(words, outer) {
            Ok(Request::Text(text)) => {
                self.write(|out| out.write_all(text.as_bytes()));
                Exit::Done
            }
            Ok(Request::Read(path, global)) if !self.reading => {
                self.reading = true;
                batch::run(self, path, &global)
            }
            Ok(Request::Read(path, _)) => {
                let error = Error::Words(format!("'{}' needs more words; see --help", path.join(" ")));
                self.report(&error, line, outer.output());
                error.exit()
            }
            Ok(Request::Run(row, settings, matches)) => {
                let watch = settings.watch;
                loop {
                    let cx = Context::new((*settings).clone(), &self.connections, self.reading);
                    let several = settings.nodes.as_ref().is_some_and(|nodes| nodes.single().is_none());
                    let working = match (row.nodes, row.effect) {
                        (NodeUse::One, Effect::Asks) if several => beside::run(row, cx, matches.clone()),
                        _ => (row.run)(cx, &matches),
                    };
                    let answer = self.answer(working);
                    let exit = match answer {
                        Ok(answer) => self.show(&*answer, &settings),
                        Err(error) => {
                            self.report(&error, line, settings.output);
                            error.exit()
                        }
                    };
                    let Some(period) = watch.filter(|_| !self.is_at_an_end()) else { return exit };
                    std::thread::sleep(period);
                }
            }
            Err(error) => {
                let output = wants_json(words).unwrap_or(outer.output());
                self.report(&error, line, output);
                error.exit()
            }
        }
    }

    /// Whether further answers would reach nobody.
    pub(crate) fn is_at_an_end(&self) -> bool {
        self.output != Written::All
    }

    /// One line about an error, and with JSON an object too.
    pub(crate) fn report(&mut self, error: &Error, line: Option<u64>, output: Output) {
        if output != Output::Table {
            let text = render::json::error(error, line, output);
            self.write(|out| out.write_all(text.as_bytes()));
        }
        let place = line.map_or_else(String::new, |line| format!("line {line}: "));
        self.tell(&format!("{place}{error}"));
    }

    /// A line to standard error.
    fn tell(&mut self, text: &str) {
        let text = format!("ctdbctl: {}\n", one_line(text));
        // Nobody is left to be told.
        let _gone = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
    }

    fn answer(&mut self, working: Working) -> Result<Box<dyn Answer>, Error> {
        let runtime = match &mut self.runtime {
            Some(runtime) => runtime,
            empty => {
                let made = tokio::runtime::Builder::new_current_thread().enable_all().build();
                empty.insert(made.map_err(Error::Start)?)
            }
        };
        runtime.block_on(working)
    }

    fn show(&mut self, answer: &dyn Answer, settings: &Settings) -> Exit {
        if !settings.quiet {
            if settings.watch.is_some() && settings.output == Output::Table && settings.color {
                self.write(|out| out.write_all(b"\x1b[H\x1b[2J"));
            }
            self.write(|out| answer.write(settings, out));
        }
        if let Some(remark) = answer.remark().filter(|_| settings.output == Output::Table) {
            self.tell(&remark);
        }
        answer.exit()
    }

    /// A reader that is gone has seen what it wanted.
    fn write(&mut self, writing: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) {
        let Err(error) = writing(self.out).and_then(|()| self.out.flush()) else { return };
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            self.output = Written::Gone;
        } else if self.output == Written::All {
            self.output = Written::Lost;
            self.tell(&Error::Output(system(&error)).to_string());
        }
    }
}

/// With `-v`: a line about who is asked.
pub(crate) fn note(settings: &Settings, text: std::fmt::Arguments<'_>) {
    if settings.verbose {
        // Nobody is left to be told.
        let _gone = writeln!(std::io::stderr(), "ctdbctl: {text}");
    }
}
