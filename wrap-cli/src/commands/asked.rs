//! One question to several nodes at the same time: each has the whole time for itself, and a node that does not answer
//! is a row of the answer and holds up no other.

use schemars::JsonSchema;
use serde::Serialize;

use super::absent::{self, Reason};
use super::answer::Shown;
use super::view;
use crate::backend::Cluster;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::model::Node;
use crate::render::table::{Column, table};
use futures_util::future::join_all;

/// The answers of all nodes that were asked.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Answers<T> {
    pub(crate) nodes: Vec<FromNode<T>>,
}

/// What one node answered.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct FromNode<T> {
    pub(crate) pnn: u32,
    pub(crate) address: String,
    /// Whether there is an answer; without one `error` says why.
    pub(crate) answered: bool,
    #[serde(flatten)]
    pub(crate) answer: Option<T>,
    pub(crate) error: Option<Reason>,
}

/// How the answer of one node stands in a table.
pub(crate) trait Columns {
    /// Behind the node's number and address.
    const COLUMNS: &'static [Column];

    /// One line; more lines for an answer of several.
    fn lines(&self) -> Vec<Vec<String>>;

    /// What an answer that came means for the exit status.
    fn exit(&self) -> Exit {
        Exit::Done
    }
}

impl<T> Answers<T> {
    /// Done when all answered, partly when some did, and otherwise the reason.
    fn status(&self, of: impl Fn(&T) -> Exit) -> Exit {
        let answers: Vec<&T> = self.nodes.iter().filter_map(|node| node.answer.as_ref()).collect();
        let failures = self.nodes.iter().filter_map(|node| node.error.as_ref()).map(|reason| reason.exit);
        match absent::exit(failures, !answers.is_empty()) {
            Exit::Done => answers.into_iter().map(of).find(|exit| *exit != Exit::Done).unwrap_or(Exit::Done),
            exit => exit,
        }
    }
}

impl<T: Columns + std::fmt::Debug + Serialize + JsonSchema> Shown for Answers<T> {
    fn table(&self) -> String {
        let mut columns: Vec<Column> = vec![("PNN", true), ("ADDRESS", false)];
        columns.extend(T::COLUMNS);
        let failed = self.nodes.iter().any(|node| node.error.is_some());
        if failed {
            columns.push(("ERROR", false));
        }
        let rows = self.nodes.iter().flat_map(|node| {
            let lines = node.answer.as_ref().map(Columns::lines);
            let error = node.error.as_ref().map_or_else(String::new, |reason| reason.message.clone());
            // An answer that is an empty list is another thing than no answer.
            let filled = |first: &str, others: &str| {
                let columns = T::COLUMNS.iter().enumerate();
                vec![columns.map(|(at, _)| (if at == 0 { first } else { others }).to_owned()).collect()]
            };
            let lines = match lines {
                Some(lines) if lines.is_empty() => filled("none", ""),
                Some(lines) => lines,
                None => filled("-", "-"),
            };
            let head = [node.pnn.to_string(), node.address.clone()];
            lines.into_iter().enumerate().map(move |(at, cells)| {
                // Of many lines of one node the first one says which node it is.
                let mut row = if at == 0 { head.to_vec() } else { vec![String::new(); head.len()] };
                row.extend(cells);
                if failed {
                    row.push(error.clone());
                }
                row
            })
        });
        table(&columns, rows)
    }

    fn exit(&self) -> Exit {
        self.status(Columns::exit)
    }
}

/// Puts a question to the nodes that `-n` names, or to this one. A node that is disconnected is not asked.
pub(crate) async fn ask<T>(
    cx: &Context,
    cluster: &dyn Cluster,
    question: impl AsyncFn(u32) -> Result<T, Failure>,
) -> Result<Answers<T>, Error> {
    let nodes = view::node_map(cluster).await?;
    let gone = |pnn| nodes.iter().any(|node| node.pnn == pnn && node.flags.disconnected);
    let question = async |pnn| if gone(pnn) { Err(Failure::Disconnected) } else { question(pnn).await };
    ask_all(cx, cluster, &nodes, question).await
}

/// Puts a question to the nodes that `-n` names in this node map, or to this one.
pub(crate) async fn ask_all<T>(
    cx: &Context,
    cluster: &dyn Cluster,
    nodes: &[Node],
    question: impl AsyncFn(u32) -> Result<T, Failure>,
) -> Result<Answers<T>, Error> {
    let asked = view::many_nodes(cluster, &cx.settings, nodes)?;
    let answers = join_all(asked.into_iter().map(|node| {
        let answer = question(node.pnn);
        async move {
            let answer = answer.await;
            let (answer, error) = match answer {
                Ok(answer) => (Some(answer), None),
                Err(failure) => (None, Some(Reason::from(failure))),
            };
            FromNode { pnn: node.pnn, address: node.address(), answered: answer.is_some(), answer, error }
        }
    }));
    Ok(Answers { nodes: answers.await })
}
