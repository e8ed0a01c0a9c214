//! `capture diff`: two recordings beside each other.

use std::path::PathBuf;

use captures::compare::Difference;
use captures::diff::{Count, diff as compare};
use captures::session::Session;
use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::Reading;
use crate::error::Error;
use crate::exit::Exit;

/// Arguments of `capture diff`.
#[derive(Args, Clone, Debug)]
pub(crate) struct DiffArgs {
    /// One recording
    #[arg(value_name = "A")]
    left: PathBuf,

    /// The other
    #[arg(value_name = "B")]
    right: PathBuf,

    #[command(flatten)]
    reading: Reading,
}

/// Where two recordings differ.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Diff {
    pub(crate) different: bool,
    /// Questions that are in both.
    pub(crate) questions: usize,
    pub(crate) answers: Vec<Changed>,
    pub(crate) counts: Vec<Counted>,
    /// What of either recording could not be read, with its file.
    pub(crate) remarks: Vec<String>,
}

/// A question with another answer.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Changed {
    pub(crate) question: String,
    pub(crate) dest: String,
    pub(crate) differences: Vec<Place>,
}

/// One place where two answers differ.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Place {
    pub(crate) path: String,
    pub(crate) left: String,
    pub(crate) right: String,
}

/// How often a kind of packet is in either.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counted {
    pub(crate) kind: String,
    pub(crate) left: usize,
    pub(crate) right: usize,
}

impl From<Difference> for Place {
    fn from(difference: Difference) -> Self {
        Self { path: difference.path, left: difference.recorded, right: difference.now }
    }
}

impl Diff {
    pub(crate) fn status(&self) -> Exit {
        if self.different { Exit::No } else { Exit::Done }
    }
}

/// Compares two recordings.
pub(crate) fn diff(args: &DiffArgs) -> Result<Diff, Error> {
    let (left, right) = (args.reading.read(&args.left)?, args.reading.read(&args.right)?);
    let found = compare(&Session::new(&left), &Session::new(&right));
    let different = found.is_different();
    let changed = |answer: captures::diff::Changed| Changed {
        question: answer.question,
        dest: answer.dest.map_or_else(|| "eventd".into(), |dest| legacy_codec::Dest(dest).to_string()),
        differences: answer.differences.into_iter().map(Place::from).collect(),
    };
    Ok(Diff {
        different,
        questions: found.questions,
        answers: found.answers.into_iter().map(changed).collect(),
        counts: found
            .counts
            .into_iter()
            .map(|Count { kind, left, right }| Counted { kind, left, right })
            .collect(),
        remarks: [(&args.left, &left), (&args.right, &right)]
            .into_iter()
            .flat_map(|(path, capture)| {
                super::remarks(capture).into_iter().map(|remark| format!("{}: {remark}", path.display()))
            })
            .collect(),
    })
}
