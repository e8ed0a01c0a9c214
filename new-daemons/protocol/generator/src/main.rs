//! `xdr-gen`: checks a `.x` file, or prints what is generated from it.
//!
//! The files of the project are written by `UPDATE=1 cargo test -p protocol-generator`, which also notices stale ones.

use std::path::Path;
use std::process::ExitCode;

use protocol_generator::ast::Schema;
use protocol_generator::{Error, project, python, rust};

const USAGE: &str = "usage: xdr-gen check|rust|python FILE.x";

fn run(verb: &str, path: &str) -> Result<Option<String>, Error> {
    let mut schema = Schema::default();
    project::load(&mut schema, Path::new(path))?;
    // The last one read is the one that was asked for; the others are its includes.
    let Some(file) = schema.files.last() else { return Ok(None) };
    Ok(match verb {
        "check" => Some(String::new()),
        "rust" => Some(rust::module(&schema, file)),
        "python" => Some(python::module(&schema, file)),
        _ => None,
    })
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [verb, path] = arguments.as_slice() else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    match run(verb, path) {
        Ok(Some(text)) => {
            print!("{text}");
            ExitCode::SUCCESS
        }
        Ok(None) => {
            eprintln!("{USAGE}");
            ExitCode::from(2)
        }
        Err(error) => {
            eprintln!("xdr-gen: {error}");
            ExitCode::FAILURE
        }
    }
}
