//! `node log`: how much daemons log.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::done::{Done, done};
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::model::LogLevel;
use crate::render::table::Column;

/// How much one daemon logs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Level {
    /// `ERROR`, `WARNING`, `NOTICE`, `INFO` or `DEBUG`.
    pub(crate) level: String,
    pub(crate) level_raw: i32,
}

impl Columns for Level {
    const COLUMNS: &'static [Column] = &[("LEVEL", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.level.clone()]]
    }
}

pub(crate) async fn get(cx: &Context, _: NoArgs) -> Result<Answers<Level>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        let level = cluster.log_level(pnn).await?;
        Ok(Level { level: level.name().into(), level_raw: level.0 })
    })
    .await
}

/// Arguments of `node log set`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SetArgs {
    /// ERROR, WARNING, NOTICE, INFO, DEBUG, or a number from 0 to 10
    #[arg(value_name = "LEVEL")]
    level: LogLevel,
}

pub(crate) async fn set(cx: &Context, args: SetArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| done(cluster.set_log_level(pnn, args.level), args.level.name()).await)
        .await
}
