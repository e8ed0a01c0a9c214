//! Running a program of somebody else to its end, with a deadline.
//!
//! Output goes to files and not to pipes: a program can print any amount without anybody reading at the same time.

use std::fs;
use std::io::{Read, Seek};
use std::process::{Command, Stdio};
use std::time::Duration;

use crate::error::{Error, Result, io_at};
use crate::wait::wait_until;

/// What a program printed and how it ended.
#[derive(Clone, Debug)]
pub struct ToolOutput {
    /// The command line, for messages.
    pub command: String,
    /// Its exit status; `None` when a signal ended it.
    pub code: Option<i32>,
    /// Its standard output.
    pub stdout: String,
    /// Its standard error.
    pub stderr: String,
}

impl ToolOutput {
    /// The standard output of a program that ended with status 0.
    ///
    /// # Errors
    /// [`Error::Tool`] with all that it printed.
    pub fn ok(self) -> Result<String> {
        if self.code == Some(0) {
            return Ok(self.stdout);
        }
        let status = self.code.map_or("killed".to_owned(), |code| format!("exit status {code}"));
        Err(Error::Tool { command: self.command, status, output: self.stdout + &self.stderr })
    }
}

/// Runs a program to its end; kills it at the deadline.
///
/// # Errors
/// When it cannot be started, or does not end in time.
pub fn run(mut command: Command, limit: Duration) -> Result<ToolOutput> {
    let text = std::iter::once(command.get_program())
        .chain(command.get_args())
        .map(|word| word.to_string_lossy().into_owned())
        .collect::<Vec<_>>()
        .join(" ");
    let out = tempfile::tempfile().map_err(io_at("a temporary file"))?;
    let err = tempfile::tempfile().map_err(io_at("a temporary file"))?;
    let copy = |file: &fs::File| file.try_clone().map_err(io_at("a temporary file"));
    command.stdin(Stdio::null()).stdout(copy(&out)?).stderr(copy(&err)?);
    let mut child = command.spawn().map_err(io_at(&text))?;
    let ended = wait_until(limit, &format!("`{text}` ends"), || match child.try_wait() {
        Ok(Some(status)) => Ok(status),
        Ok(None) => Err("it still runs".to_owned()),
        Err(error) => Err(error.to_string()),
    });
    if ended.is_err() {
        let _ = child.kill();
        let _ = child.wait();
    }
    Ok(ToolOutput { command: text, code: ended?.code(), stdout: read_back(out)?, stderr: read_back(err)? })
}

fn read_back(mut file: fs::File) -> Result<String> {
    let mut bytes = Vec::new();
    file.rewind().and_then(|()| file.read_to_end(&mut bytes)).map_err(io_at("a temporary file"))?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
