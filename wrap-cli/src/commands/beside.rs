//! A question for one node, put to several: their answers one beside the other, for every command that only asks.
//!
//! Each node has the whole time for itself. The JSON form is that of commands that ask several nodes themselves.

use std::io::{self, Write};

use clap::ArgMatches;
use futures_util::future::join_all;
use serde::Serialize;
use serde_json::Value;

use super::absent::{self, Reason};
use super::{Answer, Row, view};
use crate::args::{Output, Settings};
use crate::commands::row::Working;
use crate::context::Context;
use crate::error::{Error, one_line};
use crate::exit::Exit;
use crate::render::json;

/// What a node answered, or why it did not.
#[derive(Debug)]
struct Part {
    pnn: u32,
    address: String,
    answer: Result<Box<dyn Answer>, Error>,
}

/// The answers of several nodes.
#[derive(Debug)]
struct Beside(Vec<Part>);

/// The JSON form of one of them.
#[derive(Serialize)]
struct Line<'a> {
    pnn: u32,
    address: &'a str,
    answered: bool,
    #[serde(flatten)]
    answer: Option<Value>,
    error: Option<Reason>,
}

impl From<&Error> for Reason {
    fn from(error: &Error) -> Self {
        Self { code: error.code().into(), message: error.to_string(), exit: error.exit() }
    }
}

impl Part {
    fn line(&self, settings: &Settings) -> io::Result<Line<'_>> {
        let settings = Settings { output: Output::Jsonl, ..settings.clone() };
        let (answer, error) = match &self.answer {
            Ok(answer) => {
                let mut text = Vec::new();
                answer.write(&settings, &mut text)?;
                (Some(serde_json::from_slice(&text)?), None)
            }
            Err(error) => (None, Some(Reason::from(error))),
        };
        Ok(Line { pnn: self.pnn, address: &self.address, answered: answer.is_some(), answer, error })
    }
}

impl Answer for Beside {
    fn exit(&self) -> Exit {
        let failures = self.0.iter().filter_map(|part| part.answer.as_ref().err().map(Error::exit));
        let answers = self.0.iter().filter_map(|part| part.answer.as_ref().ok());
        match absent::exit(failures, answers.clone().next().is_some()) {
            Exit::Done => answers.map(|answer| answer.exit()).fold(Exit::Done, Exit::worse),
            exit => exit,
        }
    }

    fn remark(&self) -> Option<String> {
        None
    }

    fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        if settings.output != Output::Table {
            let nodes = self.0.iter().map(|part| part.line(settings)).collect::<io::Result<Vec<_>>>()?;
            let all = serde_json::json!({ "nodes": nodes });
            let text = if settings.output == Output::Json { json::text(&all) } else { json::line(&all) };
            return out.write_all(text.as_bytes());
        }
        for (i, part) in self.0.iter().enumerate() {
            let gap = if i == 0 { "" } else { "\n" };
            writeln!(out, "{gap}node {} ({})", part.pnn, part.address)?;
            match &part.answer {
                Ok(answer) => answer.write(settings, out)?,
                Err(error) => writeln!(out, "{}", one_line(&error.to_string()))?,
            }
        }
        Ok(())
    }
}

/// Puts the question of a row to all nodes that `-n` names.
pub(crate) fn run(row: &'static Row, cx: Context, matches: ArgMatches) -> Working {
    Box::pin(async move {
        let cluster = cx.nodes().await?;
        let map = view::node_map(&*cluster).await?;
        let asked = view::many_nodes(&*cluster, &cx.settings, &map)?;
        let parts = asked.into_iter().map(|node| {
            let answer = (row.run)(cx.at(node.pnn), &matches);
            let (pnn, address) = (node.pnn, node.address());
            async move { Part { pnn, address, answer: answer.await } }
        });
        Ok(Box::new(Beside(join_all(parts).await)) as Box<dyn Answer>)
    })
}
