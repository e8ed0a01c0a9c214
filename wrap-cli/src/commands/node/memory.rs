//! `node memory`: what a daemon has allocated, by its own report.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::Error;
use crate::render::table::Column;

/// Arguments of `node memory`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct MemoryArgs {
    /// Of the recovery daemon instead of ctdbd
    #[arg(long)]
    recoverd: bool,
}

/// A report.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Memory {
    /// As the daemon wrote it.
    pub(crate) report: String,
}

impl Columns for Memory {
    const COLUMNS: &'static [Column] = &[("REPORT", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        self.report.lines().map(|line| vec![line.to_owned()]).collect()
    }
}

pub(crate) async fn run(cx: &Context, args: MemoryArgs) -> Result<Answers<Memory>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        let report = if args.recoverd {
            cluster.recovery_daemon_memory(pnn).await?
        } else {
            cluster.memory(pnn).await?
        };
        Ok(Memory { report })
    })
    .await
}
