//! Answers as text.

pub(crate) mod capture;
mod color;
pub(crate) mod json;
pub(crate) mod status;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod tunnel;

use crate::args::Output;
use crate::commands::Shown;

/// An answer in the form that was asked for.
pub(crate) fn text(answer: &impl Shown, output: Output, color: bool) -> String {
    match output {
        Output::Table if color => color::paint(&answer.table()),
        Output::Table => answer.table(),
        Output::Json => json::text(answer),
        Output::Jsonl => json::line(answer),
    }
}
