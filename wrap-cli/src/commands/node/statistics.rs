//! `node statistics`: the counters of daemons.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::done::{Done, done};
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::model::Facts;
use crate::render::table::Column;

/// The counters of one daemon.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Counters {
    pub(crate) statistics: Facts,
}

impl Columns for Counters {
    const COLUMNS: &'static [Column] = &[("COUNTERS", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        lines(&self.statistics)
    }
}

fn lines(facts: &Facts) -> Vec<Vec<String>> {
    let mut lines = Vec::new();
    match facts {
        Facts::Named(facts) => facts.iter().for_each(|(name, fact)| fact.lines(name, 0, &mut lines)),
        facts => facts.lines("", 0, &mut lines),
    }
    lines.into_iter().map(|line| vec![line]).collect()
}

pub(crate) async fn show(cx: &Context, _: NoArgs) -> Result<Answers<Counters>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| Ok(Counters { statistics: cluster.statistics(pnn).await? })).await
}

pub(crate) async fn reset(cx: &Context, _: NoArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| done(cluster.reset_statistics(pnn), "reset").await).await
}

/// Arguments of `node statistics history`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct HistoryArgs {
    /// No more intervals than this
    #[arg(value_name = "COUNT")]
    count: Option<usize>,
}

/// The counters of some intervals.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct History {
    /// Newest first.
    pub(crate) intervals: Vec<Facts>,
}

impl Columns for History {
    const COLUMNS: &'static [Column] = &[("COUNTERS", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let head = |i: usize| vec![format!("interval {i}")];
        self.intervals
            .iter()
            .enumerate()
            .flat_map(|(i, facts)| [vec![head(i)], lines(facts)].concat())
            .collect()
    }
}

pub(crate) async fn history(cx: &Context, args: HistoryArgs) -> Result<Answers<History>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        let mut intervals = cluster.statistics_history(pnn).await?;
        intervals.truncate(args.count.unwrap_or(usize::MAX));
        Ok(History { intervals })
    })
    .await
}
