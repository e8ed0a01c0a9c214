//! `ctdbctl`, the command line of Tablecloth.
//!
//! This file only joins the parts: `args` understands the words, `commands` is the table of what there is, `backend` asks
//! the daemons, `render` writes the answer, `app` puts them in a row. No part but `app` writes anything.

mod app;
mod args;
mod backend;
mod commands;
mod context;
mod error;
mod exit;
mod join;
mod model;
mod nodes;
mod render;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

fn main() -> ExitCode {
    let words: Vec<_> = std::env::args_os().skip(1).collect();
    app::run(&words, &mut std::io::stdout(), &mut std::io::stderr())
}
