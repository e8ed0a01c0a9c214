//! Wardens: small processes that make sure that nothing of a test is left behind.
//!
//! A *tree* warden starts one program, adopts whatever that program leaves behind (it is a child subreaper), and ends all
//! of it when its standard input closes. A *site* warden owns a cluster's directory and network: it waits until the
//! trees are gone, saves the logs if asked, and deletes the directory. The kernel closes the pipes of a test that
//! ends, whether it returned, panicked or was killed, so that both need no signal and no cooperation.
//! Both sit in a session of their own: what kills the process group of a test does not reach them.

mod site;
mod tree;

use std::ffi::OsString;
use std::io::{self, Write};
use std::path::PathBuf;

pub(crate) use site::Site;
pub(crate) use tree::{Spec, Stdin, Tree, Whom};

/// Runs the warden that the arguments ask for: `site SAVE-DIR` or `tree LOCK LOG STDIN PROGRAM ARGS...`.
///
/// # Errors
/// Whatever kept it from starting.
pub fn main(mut args: impl Iterator<Item = OsString>) -> io::Result<()> {
    let mut next = || {
        args.next()
            .ok_or_else(|| io::Error::other("usage: site SAVE-DIR | tree LOCK LOG STDIN PROGRAM ARGS..."))
    };
    match next()?.to_str() {
        Some("site") => site::guard(&PathBuf::from(next()?)),
        Some("tree") => {
            let (lock, log) = (PathBuf::from(next()?), PathBuf::from(next()?));
            let stdin = Stdin::parse(&next()?)?;
            let program = next()?;
            tree::guard(&lock, &log, stdin, &program, args)
        }
        _ => Err(io::Error::other("the first argument is site or tree")),
    }
}

/// Tells the test something. A test that is gone does not matter.
fn say(line: &str) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}
