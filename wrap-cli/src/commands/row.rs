//! One row of the table of commands, and the macro that writes the rows of a noun.
//!
//! A row names the words, the arguments, the function that finds the answer and the type of the answer; the parser, the
//! help texts, the manual pages and the JSON schema are made from it.

use std::future::Future;
use std::pin::Pin;

use clap::{ArgMatches, Args, Command, FromArgMatches};
use schemars::{Schema, SchemaGenerator};

use super::answer::Answer;
use crate::context::Context;
use crate::error::Error;

/// A handler at work.
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<Box<dyn Answer>, Error>>>>;

/// One command.
pub(crate) struct Row {
    /// The words as they are typed: nouns, then the verb.
    pub(crate) path: &'static [&'static str],
    pub(crate) doc: &'static str,
    /// What `-n` means to it.
    pub(crate) nodes: NodeUse,
    /// What becomes of the cluster.
    pub(crate) effect: Effect,
    /// Commands of the `ctdb` tool that it stands for.
    pub(crate) old: &'static [&'static str],
    pub(crate) arguments: fn(Command) -> Command,
    pub(crate) run: fn(Context, &ArgMatches) -> Working,
    pub(crate) schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Row {
    /// As it is typed: `node ping`.
    pub(crate) fn words(&self) -> String {
        self.path.join(" ")
    }

    /// The last word.
    pub(crate) fn verb(&self) -> &'static str {
        self.path.last().copied().unwrap_or_default()
    }

    /// The words before it; empty for a verb that stands alone.
    pub(crate) fn noun(&self) -> &'static [&'static str] {
        self.path.split_last().map_or(&[], |(_, noun)| noun)
    }
}

/// What `-n` means to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeUse {
    /// Nothing: it is refused.
    None,
    /// The one node that is asked. A question may be put to several, one beside the other.
    One,
    /// The nodes that are asked side by side.
    Many,
}

/// What a command does to those whom it asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effect {
    /// Nothing; it may be asked again and again.
    Asks,
    /// Something that clients need not notice.
    Changes,
    /// Clients lose something, for a while or for good: a person is asked first, and nobody is led to it by a suggestion.
    Disturbs,
}

/// For commands that take no arguments.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct NoArgs {}

/// What the parser understood, as the arguments of one command.
pub(crate) fn arguments<A: FromArgMatches>(matches: &ArgMatches) -> Result<A, Error> {
    A::from_arg_matches(matches).map_err(|e| Error::Words(e.to_string()))
}

/// The rows of a noun: `"node" "ping": Many Asks, "Ask ...", ["ping"], NoArgs => Answers<Ping> = ping::ping;`.
///
/// In brackets the names of the C tool's commands; the function takes the context and the arguments.
macro_rules! rows {
    ($( $($word:literal)+ : $nodes:ident $effect:ident, $doc:literal, [$($old:literal),*],
        $args:ty => $answer:ty = $run:path; )+) => {
        pub(crate) const ROWS: &[$crate::commands::Row] = &[ $( $crate::commands::Row {
            path: &[ $($word),+ ],
            doc: $doc,
            nodes: $crate::commands::NodeUse::$nodes,
            effect: $crate::commands::Effect::$effect,
            old: &[ $($old),* ],
            arguments: <$args as clap::Args>::augment_args,
            run: |cx, matches| {
                let args = $crate::commands::row::arguments::<$args>(matches);
                Box::pin(async move {
                    let answer: $answer = $run(&cx, args?).await?;
                    Ok(Box::new(answer) as Box<dyn $crate::commands::Answer>)
                })
            },
            schema: |generator| generator.subschema_for::<$answer>(),
        } ),+ ];
    };
}
pub(crate) use rows;
