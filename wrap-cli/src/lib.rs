//! `ctdbctl`, the command line of Tablecloth.
//!
//! This file only joins the parts: `args` understands the words, `commands` is the table of what there is, `backend` asks
//! the daemons, `render` writes the answer, `app` puts them in a row. No part but `app` writes anything. Called by the name
//! of the C tool, `ctdb`, it is that tool: `old`.

mod app;
mod args;
mod backend;
mod batch;
mod commands;
mod context;
mod error;
mod exit;
mod host;
mod live;
mod model;
mod nodes;
mod render;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

/// The whole program: reads the words that this process was started with, and ends with the exit status.
pub fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(|| args::for_tab(args::command())).complete();
    let mut words = std::env::args_os();
    let called = words.next();
    let words: Vec<_> = words.collect();
    if old::is_meant(called.as_deref())
        && let Some(status) = old::run(&words, &args::is_command)
    {
        return status;
    }
    // Long answers are written piece by piece, and short lines one by one would be slow.
    let (mut out, mut err) = (std::io::BufWriter::new(std::io::stdout()), std::io::stderr());
    let exit = app::App::new(&mut out, &mut err).run(&words, &args::Global::default(), None);
    ExitCode::from(exit.status())
}
