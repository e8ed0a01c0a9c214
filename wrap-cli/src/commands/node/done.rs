//! The answer of commands that change something on a node and have nothing else to say.

use std::future::Future;

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::Columns;
use crate::error::Failure;
use crate::render::table::Column;

/// It was done.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Done {
    /// What happened, in a word or two.
    pub(crate) result: String,
}

impl Columns for Done {
    const COLUMNS: &'static [Column] = &[("RESULT", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.result.clone()]]
    }
}

/// What to say when it has been done.
pub(crate) async fn done(
    doing: impl Future<Output = Result<(), Failure>>,
    result: &str,
) -> Result<Done, Failure> {
    doing.await.map(|()| Done { result: result.into() })
}
