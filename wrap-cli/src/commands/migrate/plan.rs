//! `migrate plan`, `step` and `back`: the rungs, where this node stands, and what takes it further.

use schemars::JsonSchema;
use serde::Serialize;

use super::rungs::{self, RUNGS};
use crate::commands::Shown;
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render::table::table;

/// The rungs.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Plan {
    pub(crate) rungs: Vec<Rung>,
}

/// One rung.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Rung {
    pub(crate) number: usize,
    /// `reached`, `possible`, or `not_there`: its daemon does not exist.
    pub(crate) state: &'static str,
    pub(crate) brings: &'static str,
    pub(crate) needs: &'static str,
}

impl Shown for Plan {
    fn table(&self) -> String {
        let rows = self.rungs.iter().map(|rung| {
            let state = rung.state.replace('_', " ");
            vec![rung.number.to_string(), state, rung.brings.into(), rung.needs.into()]
        });
        table(&[("RUNG", true), ("STATE", false), ("BRINGS", false), ("NEEDS", false)], rows)
    }
}

/// What is to be done next.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Next {
    /// The rung that this is about.
    pub(crate) rung: usize,
    /// Never: what is to be done is done by whoever runs the services of this machine.
    pub(crate) done: bool,
    pub(crate) to_do: String,
}

impl Shown for Next {
    fn table(&self) -> String {
        one_line(&self.to_do) + "\n"
    }

    fn exit(&self) -> Exit {
        if self.done { Exit::Done } else { Exit::No }
    }
}

/// For each rung whether this node stands on it.
async fn reached(cx: &Context) -> Vec<bool> {
    let mut all = Vec::with_capacity(RUNGS.len());
    for rung in RUNGS {
        all.push(rungs::stands(cx, rung).await);
    }
    all
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Plan, Error> {
    let reached = reached(cx).await;
    let rungs = (0..).zip(RUNGS).zip(reached).map(|((number, rung), reached)| Rung {
        number,
        state: match (reached, &rung.steps) {
            (true, _) => "reached",
            (false, Some(_)) => "possible",
            (false, None) => "not_there",
        },
        brings: rung.brings,
        needs: rung.needs,
    });
    Ok(Plan { rungs: rungs.collect() })
}

fn refused(message: String) -> Error {
    Error::Local { what: "migrate".into(), message, code: "refused", exit: Exit::Refused }
}

/// The first rung that this node does not stand on, as far as there are daemons.
pub(crate) async fn step(cx: &Context, _: NoArgs) -> Result<Next, Error> {
    let reached = reached(cx).await;
    let next = (0..).zip(RUNGS).zip(&reached).find(|((_, rung), reached)| !**reached && rung.steps.is_some());
    if let Some(((number, rung), _)) = next
        && let Some(steps) = &rung.steps
    {
        return Ok(Next { rung: number, done: false, to_do: (steps.up)(cx) });
    }
    Err(refused("the daemons of the further rungs do not exist yet; this node stays where it is".into()))
}

/// The last rung that this node stands on.
pub(crate) async fn back(cx: &Context, _: NoArgs) -> Result<Next, Error> {
    let reached = reached(cx).await;
    let last = (0..).zip(RUNGS).zip(&reached).filter(|(_, reached)| **reached).last();
    if let Some(((number, rung), _)) = last
        && let Some(steps) = &rung.steps
    {
        return Ok(Next { rung: number, done: false, to_do: steps.down.into() });
    }
    Err(refused("this node stands on no rung; C's daemons do everything already".into()))
}
