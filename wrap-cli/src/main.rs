//! `ctdbctl`, the command line of Tablecloth.
//!
//! This file only joins the parts: `args` understands the words, `commands` is the table of what there is, `backend` asks
//! the daemons, `render` writes the answer, `app` puts them in a row. No part but `app` writes anything.

mod app;
mod args;
mod backend;
mod batch;
mod commands;
mod context;
mod error;
mod exit;
mod join;
mod live;
mod model;
mod nodes;
mod render;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
    clap_complete::CompleteEnv::with_factory(args::command).complete();
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    let (mut out, mut err) = (std::io::stdout(), std::io::stderr());
    let exit = app::App::new(&mut out, &mut err).run(&words, &args::Global::default(), None);
    ExitCode::from(exit.status())
}
