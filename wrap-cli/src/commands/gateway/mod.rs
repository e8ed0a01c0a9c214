//! `natgw` and `lvs`: groups of nodes with one that leads. CTDB's own helper scripts find out; what they print is read.
//!
//! A helper finds the nodes of its group in a file, and asks the `ctdb` tool for their states. Which helper: what
//! `CTDB_NATGW_HELPER` and `CTDB_LVS_HELPER` say, or Debian's own. The shapes are those of `ctdb_natgw` and `ctdb_lvs`.

mod output;

use std::ffi::OsStr;

use schemars::JsonSchema;
use serde::Serialize;

use super::row::{NoArgs, rows};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::{Error, seconds};
use crate::exit::Exit;
use crate::host::helper::{self, Ended, HelperError};
use crate::host::paths;
use crate::render::table::{here, or_dash, table};

rows! {
    "natgw" "leader": None Asks, "Show the node that leads; exit status 1 when there is none", ["natgw"],
        NoArgs => Leader = natgw_leader;
    "natgw" "list": None Asks, "List the nodes of the group", ["natgw"], NoArgs => List = natgw_list;
    "natgw" "status": None Asks, "Show the states of the nodes of the group", ["natgw"], NoArgs => States = natgw_status;
    "lvs" "leader": None Asks, "Show the node that leads; exit status 1 when there is none", ["lvs"],
        NoArgs => Leader = lvs_leader;
    "lvs" "list": None Asks, "List the nodes of the group that can be used", ["lvs"], NoArgs => List = lvs_list;
    "lvs" "status": None Asks, "Show the states of the nodes of the group", ["lvs"], NoArgs => States = lvs_status;
}

/// The node that leads a group.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Leader {
    /// Null when no node can.
    pub(crate) pnn: Option<u32>,
    /// Null where the helper does not tell, too.
    pub(crate) address: Option<String>,
}

impl Shown for Leader {
    fn table(&self) -> String {
        match (self.pnn, &self.address) {
            (None, _) => "no node can lead\n".into(),
            (Some(pnn), None) => format!("{pnn}\n"),
            (Some(pnn), Some(address)) => format!("{pnn} {address}\n"),
        }
    }

    fn exit(&self) -> Exit {
        if self.pnn.is_some() { Exit::Done } else { Exit::No }
    }
}

/// The nodes of a group.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct List {
    pub(crate) nodes: Vec<Member>,
}

/// One node of a group. Null is what the helper does not tell.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Member {
    pub(crate) pnn: Option<u32>,
    pub(crate) address: String,
    pub(crate) leader: Option<bool>,
    /// Whether it may never lead.
    pub(crate) follower_only: Option<bool>,
}

impl Shown for List {
    fn table(&self) -> String {
        let numbered = self.nodes.iter().any(|node| node.pnn.is_some());
        let rows = self.nodes.iter().map(|node| {
            let words = [(node.leader, "leader"), (node.follower_only, "follower only")];
            let words: Vec<_> =
                words.iter().filter(|(on, _)| *on == Some(true)).map(|(_, word)| *word).collect();
            let mut row = if numbered { vec![or_dash(node.pnn)] } else { Vec::new() };
            row.extend([node.address.clone(), words.join(", ")]);
            row
        });
        let columns = [("PNN", true), ("ADDRESS", false), ("", false)];
        table(&columns[usize::from(!numbered)..], rows)
    }
}

/// The states of the nodes of a group.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct States {
    pub(crate) nodes: Vec<State>,
}

/// One node.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct State {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    /// The flags by name, or `OK`.
    pub(crate) state: String,
    pub(crate) this_node: bool,
}

impl Shown for States {
    fn table(&self) -> String {
        let rows = self.nodes.iter().map(|node| {
            vec![node.pnn.to_string(), node.address.clone(), node.state.clone(), here(node.this_node)]
        });
        table(&[("PNN", true), ("ADDRESS", false), ("STATE", false), ("", false)], rows)
    }
}

/// Which group.
#[derive(Clone, Copy)]
enum Group {
    Natgw,
    Lvs,
}

/// Runs the helper and reads what it printed.
async fn ask<T>(
    cx: &Context,
    group: Group,
    verb: &str,
    read: impl Fn(&Ended) -> Option<T>,
) -> Result<T, Error> {
    let program = match group {
        Group::Natgw => paths::helper("CTDB_NATGW_HELPER", "ctdb_natgw"),
        Group::Lvs => paths::helper("CTDB_LVS_HELPER", "ctdb_lvs"),
    };
    let error = |message: String, code, exit| Error::Local { what: program.clone(), message, code, exit };
    let ended = helper::run(&program, &[OsStr::new(verb)], &cx.socket, cx.timeout).await;
    let ended = ended.map_err(|failure| match failure {
        HelperError::System(e) => Error::file(&program, &e),
        HelperError::Late => error(
            format!("it did not end within {}; a longer time can be given with -t", seconds(cx.timeout)),
            "no_answer",
            Exit::NoAnswer,
        ),
        HelperError::Endless => error(failure.to_string(), "malformed_answer", Exit::Refused),
    })?;
    if let Some(answer) = read(&ended) {
        return Ok(answer);
    }
    match (ended.stderr.lines().find(|line| !line.trim().is_empty()), ended.status) {
        (Some(line), _) => Err(error(line.to_owned(), "refused", Exit::Refused)),
        (None, Some(0)) => {
            Err(error("what it prints cannot be read".into(), "malformed_answer", Exit::Refused))
        }
        (None, Some(status)) => {
            Err(error(format!("it ended with status {status}"), "refused", Exit::Refused))
        }
        (None, None) => Err(error("a signal ended it".into(), "refused", Exit::Refused)),
    }
}

async fn natgw_leader(cx: &Context, _: NoArgs) -> Result<Leader, Error> {
    ask(cx, Group::Natgw, "leader", output::leader).await
}

async fn natgw_list(cx: &Context, _: NoArgs) -> Result<List, Error> {
    ask(cx, Group::Natgw, "list", output::natgw_list).await
}

async fn natgw_status(cx: &Context, _: NoArgs) -> Result<States, Error> {
    ask(cx, Group::Natgw, "status", output::states).await
}

async fn lvs_leader(cx: &Context, _: NoArgs) -> Result<Leader, Error> {
    ask(cx, Group::Lvs, "leader", output::leader).await
}

async fn lvs_list(cx: &Context, _: NoArgs) -> Result<List, Error> {
    ask(cx, Group::Lvs, "list", output::lvs_list).await
}

async fn lvs_status(cx: &Context, _: NoArgs) -> Result<States, Error> {
    ask(cx, Group::Lvs, "status", output::states).await
}
