//! The answer of commands that do one thing, at no node in particular, and have nothing else to say.

use schemars::JsonSchema;
use serde::Serialize;

use super::answer::Shown;
use crate::error::one_line;

/// It was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Said {
    /// What happened, in a few words.
    pub(crate) result: String,
}

impl Said {
    pub(crate) fn new(result: impl Into<String>) -> Self {
        Self { result: result.into() }
    }
}

impl Shown for Said {
    fn table(&self) -> String {
        one_line(&self.result) + "\n"
    }
}
