//! All programs of the project as one executable, which does what the name says that it was started by.
//!
//! A node runs several daemons, which share the pages of one file; and it is linked and optimised once. The crates behind
//! the names know nothing of one another, nor of this. `programs` is the table of names, `links` puts them beside the file.

mod links;
mod programs;

use std::ffi::{CString, OsStr, OsString};
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, ExitCode};

use programs::{OWN, PROGRAMS, Program, find, name_of, names};

/// As with clap: the words were wrong.
const WRONG_WORDS: u8 = 2;

/// The process bears the name of its program, also when the file that was executed has another: `ps`, `pidof` and
/// `killall` show and find that name.
fn run(program: &Program) -> ExitCode {
    if let Ok(name) = CString::new(program.name) {
        // Without it everything else works.
        let _ = nix::sys::prctl::set_name(&name);
    }
    (program.main)()
}

/// Becomes a program under its name, as if it had been started by a link: what it says of itself is the same then.
fn become_program(program: &Program, words: &[OsString]) -> ExitCode {
    let why = Command::new("/proc/self/exe").arg0(program.name).args(words).exec();
    eprintln!("{OWN}: cannot start {}: {why}", program.name);
    ExitCode::FAILURE
}

fn wrong(name: &OsStr) -> ExitCode {
    eprintln!("{OWN}: no program is called {}; there are: {}", name.display(), names());
    ExitCode::from(WRONG_WORDS)
}

fn say(text: &str) -> ExitCode {
    match std::io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

fn help() -> String {
    let mut text = format!(
        "Each program of Tablecloth is this file under another name.\n\n\
         Usage: NAME ARGUMENTS...               by a link with that name\n       \
         {OWN} NAME ARGUMENTS...\n       \
         {OWN} links DIRECTORY [NAME]...  makes links, for all names or for these\n\nNames:\n"
    );
    for Program { name, about, .. } in PROGRAMS {
        text.push_str(&format!("  {name:<14} {about}\n"));
    }
    text
}

fn links(words: &[OsString]) -> ExitCode {
    let Some((dir, wanted)) = words.split_first() else {
        eprintln!("{OWN}: links DIRECTORY [NAME]...: where to?");
        return ExitCode::from(WRONG_WORDS);
    };
    if let Some(unknown) = wanted.iter().find(|name| find(name).is_none()) {
        return wrong(unknown);
    }
    let all: Vec<OsString> = PROGRAMS.iter().map(|program| program.name.into()).collect();
    match links::make(Path::new(dir), if wanted.is_empty() { &all } else { wanted }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("{OWN}: link {}: {}", failed.path.display(), failed.why);
            ExitCode::FAILURE
        }
    }
}

fn main() -> ExitCode {
    let words: Vec<OsString> = std::env::args_os().collect();
    let (called, words) =
        words.split_first().map_or((OsStr::new(OWN), &[][..]), |(first, rest)| (name_of(first), rest));
    if let Some(program) = find(called) {
        return run(program);
    }
    if called != OWN {
        return wrong(called);
    }
    let Some((first, rest)) = words.split_first() else { return say(&help()) };
    match first.to_str() {
        Some("--help" | "-h") => say(&help()),
        Some("--version" | "-V") => say(concat!("tablecloth ", env!("CARGO_PKG_VERSION"), "\n")),
        Some("links") => links(rest),
        _ => find(first).map_or_else(|| wrong(first), |program| become_program(program, rest)),
    }
}
