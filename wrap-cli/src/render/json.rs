//! JSON for scripts: one object and a newline. The keys are those of the answers' structs.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::json;

use crate::args::Output;
use crate::error::Error;

/// The answer of a command on one line.
pub(crate) fn line(answer: &impl Serialize) -> String {
    serde_json::to_string(answer).unwrap_or_else(|e| json!({ "error": e.to_string() }).to_string()) + "\n"
}

/// An error, with the status that the program will exit with.
pub(crate) fn error(error: &Error, number: Option<u64>, output: Output) -> String {
    let mut object = json!({
        "code": error.code(), "message": error.to_string(), "exit_status": error.exit().status()
    });
    if let Some(number) = number {
        object["line"] = number.into();
    }
    let object = json!({ "error": object });
    if output == Output::Jsonl { line(&object) } else { text(&object) }
}

/// An answer piece by piece, so that a large one needs no large text.
pub(crate) fn write(answer: &impl Serialize, output: Output, out: &mut dyn Write) -> io::Result<()> {
    if output == Output::Jsonl {
        serde_json::to_writer(&mut *out, answer)?;
    } else {
        serde_json::to_writer_pretty(&mut *out, answer)?;
    }
    writeln!(out)
}

/// On lines of its own, indented.
pub(crate) fn text(value: &impl Serialize) -> String {
    // Invariant: keys are strings and numbers are finite, so the text can always be made.
    let text =
        serde_json::to_string_pretty(value).unwrap_or_else(|e| json!({ "error": e.to_string() }).to_string());
    text + "\n"
}
