//! `version`: of this program. What the running daemon is, it does not tell.

use schemars::JsonSchema;
use serde::Serialize;

use super::row::{NoArgs, rows};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;

rows! {
    "version": None Asks, "Show the version of this program", ["version"], NoArgs => Version = run;
}

/// The version.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Version {
    pub(crate) version: String,
}

impl Shown for Version {
    fn table(&self) -> String {
        format!("ctdbctl {}\n", self.version)
    }
}

async fn run(_: &Context, _: NoArgs) -> Result<Version, Error> {
    Ok(Version { version: env!("CARGO_PKG_VERSION").into() })
}
