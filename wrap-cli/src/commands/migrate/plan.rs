//! `migrate plan`, `step` and `back`: the rungs, and where this node stands.
//!
//! One rung exists today: the tunneld beside ctdbd, which serves no function of C and carries the new daemons' messages.

use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::row::NoArgs;
use crate::commands::{Shown, tunnel};
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render::table::table;

/// What there is of each rung: what it brings, what it needs, whether its daemon exists.
const RUNGS: &[(&str, &str, bool)] = &[
    (
        "The new daemons can talk across the cluster; C's daemons do all they did",
        "ctdb-tunneld beside ctdbd, on each node",
        true,
    ),
    (
        "The cluster lock is held by a new program",
        "a line in ctdb.conf, and a restart of ctdbd, node by node",
        false,
    ),
    (
        "A new daemon decides who leads, and when to recover",
        "no node of C may lead any more; no restart",
        false,
    ),
    ("A new program hands out public addresses", "the daemon that leads calls it; no restart", false),
    ("A new program recovers databases", "the daemon that leads calls it; no restart", false),
    ("A new daemon runs event scripts", "a restart of ctdbd, node by node", false),
    ("Whole nodes run without C's daemons", "all rungs before, then node by node", false),
];

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

/// How many rungs this node stands on.
async fn reached(cx: &Context) -> usize {
    usize::from(tunnel::status(cx, NoArgs {}).await.is_ok())
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Plan, Error> {
    let reached = reached(cx).await;
    let rungs = (0..).zip(RUNGS).map(|(number, (brings, needs, exists))| Rung {
        number,
        state: match (number < reached, exists) {
            (true, _) => "reached",
            (false, true) => "possible",
            (false, false) => "not_there",
        },
        brings,
        needs,
    });
    Ok(Plan { rungs: rungs.collect() })
}

fn refused(message: String) -> Error {
    Error::Local { what: "migrate".into(), message, code: "refused", exit: Exit::Refused }
}

pub(crate) async fn step(cx: &Context, _: NoArgs) -> Result<Next, Error> {
    let rung = reached(cx).await;
    match RUNGS.get(rung) {
        Some((_, _, true)) => {
            let to_do = format!(
                "start ctdb-tunneld --ctdb-socket {} --run-dir {} on this node, as a service of the system; 'migrate status' tells \
                 when it answers",
                cx.socket.display(),
                cx.run_dir.display()
            );
            Ok(Next { rung, done: false, to_do })
        }
        Some((brings, _, false)) => Err(refused(format!(
            "the daemon of rung {rung} does not exist yet ({brings}); this node stays where it is"
        ))),
        None => Err(refused("this node stands on the last rung".into())),
    }
}

pub(crate) async fn back(cx: &Context, _: NoArgs) -> Result<Next, Error> {
    match reached(cx).await.checked_sub(1) {
        Some(rung) => {
            let to_do = "stop ctdb-tunneld on this node; ctdbd forgets it, and no function is lost".into();
            Ok(Next { rung, done: false, to_do })
        }
        None => Err(refused("this node stands on no rung; C's daemons do everything already".into())),
    }
}
