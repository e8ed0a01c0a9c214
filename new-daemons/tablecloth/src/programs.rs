//! The table of the programs: a row for each name that the executable may be started by.

use std::ffi::OsStr;
use std::path::Path;
use std::process::ExitCode;

/// A program of the project.
pub(crate) struct Program {
    /// By this name it is started; those of C's programs are C's own.
    pub(crate) name: &'static str,
    /// What it is, in a line.
    pub(crate) about: &'static str,
    /// All of it. It reads the words that this process was started with.
    pub(crate) main: fn() -> ExitCode,
}

/// The executable's own name.
pub(crate) const OWN: &str = "tablecloth";

pub(crate) const PROGRAMS: &[Program] = &[
    Program { name: "ctdb", about: "the command line with the words of C's tool", main: ctdbctl::main },
    Program { name: "ctdbctl", about: "the command line", main: ctdbctl::main },
    Program { name: "ctdb-eventd", about: "runs event scripts, in C's place", main: daemons::eventd::main },
    Program {
        name: "ctdb-serviced",
        about: "looks after the services of a node",
        main: daemons::serviced::main,
    },
    Program { name: "ctdb-tunneld", about: "carries messages between nodes", main: tunneld::main },
];

/// The last part of the path by which a program was started.
pub(crate) fn name_of(called: &OsStr) -> &OsStr {
    Path::new(called).file_name().unwrap_or(called)
}

pub(crate) fn find(name: &OsStr) -> Option<&'static Program> {
    PROGRAMS.iter().find(|program| OsStr::new(program.name) == name)
}

/// All names in a line.
pub(crate) fn names() -> String {
    PROGRAMS.iter().map(|program| program.name).collect::<Vec<_>>().join(", ")
}
