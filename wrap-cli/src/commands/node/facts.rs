//! `node uptime`, `runstate`, `pnn` and `pid`: single facts about nodes.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::table::{Column, span};

/// When a daemon started and last recovered, by its own clock.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Times {
    pub(crate) current_time: Moment,
    pub(crate) start_time: Moment,
    pub(crate) up_ms: Option<u64>,
    pub(crate) last_recovery_started: Moment,
    pub(crate) last_recovery_finished: Moment,
    /// Null while a recovery is going on.
    pub(crate) last_recovery_ms: Option<u64>,
}

impl Columns for Times {
    const COLUMNS: &'static [Column] =
        &[("STARTED", false), ("UP", true), ("LAST RECOVERY", false), ("TOOK", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        let took = |ms: Option<u64>| ms.map_or_else(|| "-".into(), span);
        vec![vec![
            self.start_time.local(),
            took(self.up_ms),
            self.last_recovery_finished.local(),
            took(self.last_recovery_ms),
        ]]
    }
}

fn milliseconds(earlier: Moment, later: Moment) -> Option<u64> {
    u64::try_from(earlier.until(later)?.as_millis()).ok()
}

pub(crate) async fn uptime(cx: &Context, _: NoArgs) -> Result<Answers<Times>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        let seen = cluster.uptime(pnn).await?;
        Ok(Times {
            current_time: seen.now,
            start_time: seen.started,
            up_ms: milliseconds(seen.started, seen.now),
            last_recovery_started: seen.recovery_started,
            last_recovery_finished: seen.recovery_finished,
            last_recovery_ms: milliseconds(seen.recovery_started, seen.recovery_finished),
        })
    })
    .await
}

/// Arguments of `node runstate`.
#[derive(Args, Clone, Debug)]
pub(crate) struct RunStateArgs {
    /// States that are wanted; exit status 1 when a node is in another
    #[arg(value_enum, value_name = "STATE", ignore_case = true)]
    wanted: Vec<WantedState>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
#[value(rename_all = "snake_case")]
enum WantedState {
    Init,
    Setup,
    FirstRecovery,
    Startup,
    Running,
    Shutdown,
}

impl WantedState {
    /// As the daemon is said to be in it.
    fn name(self) -> &'static str {
        match self {
            Self::Init => "INIT",
            Self::Setup => "SETUP",
            Self::FirstRecovery => "FIRST_RECOVERY",
            Self::Startup => "STARTUP",
            Self::Running => "RUNNING",
            Self::Shutdown => "SHUTDOWN",
        }
    }
}

/// How far the start of a node has come.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct RunState {
    /// `INIT`, `SETUP`, `FIRST_RECOVERY`, `STARTUP`, `RUNNING` or `SHUTDOWN`.
    pub(crate) runstate: String,
    /// Whether it is one of those that were asked for; true when none was.
    pub(crate) wanted: bool,
}

impl Columns for RunState {
    const COLUMNS: &'static [Column] = &[("RUNSTATE", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.runstate.clone()]]
    }

    fn exit(&self) -> Exit {
        if self.wanted { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn run_state(cx: &Context, args: RunStateArgs) -> Result<Answers<RunState>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        let runstate = cluster.run_state(pnn).await?;
        let wanted = args.wanted.is_empty() || args.wanted.iter().any(|state| state.name() == runstate);
        Ok(RunState { runstate, wanted })
    })
    .await
}

/// The number of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Number {
    pub(crate) pnn: u32,
}

impl Shown for Number {
    fn table(&self) -> String {
        format!("{}\n", self.pnn)
    }
}

pub(crate) async fn pnn(cx: &Context, _: NoArgs) -> Result<Number, Error> {
    let cluster = cx.nodes().await?;
    if cx.settings.nodes.is_none() {
        return Ok(Number { pnn: cluster.this_node() });
    }
    let nodes = view::node_map(&*cluster).await?;
    Ok(Number { pnn: view::one_node(&*cluster, &cx.settings, &nodes)? })
}

/// The process of a daemon.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Process {
    pub(crate) pid: i32,
}

impl Columns for Process {
    const COLUMNS: &'static [Column] = &[("PID", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.pid.to_string()]]
    }
}

pub(crate) async fn pid(cx: &Context, _: NoArgs) -> Result<Answers<Process>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| Ok(Process { pid: cluster.pid(pnn).await? })).await
}
