//! The table of commands: noun, verb, what it is, its arguments, and the function that finds its answer.
//!
//! Everything that exists is a row of [`COMMANDS`]; the parser and the help texts are made from it. A handler collects
//! a plain [`Answer`] and never prints.

pub(crate) mod capture;
pub(crate) mod cluster;
pub(crate) mod node;
pub(crate) mod status;
pub(crate) mod tunnel;

use std::future::Future;
use std::pin::Pin;

use clap::{ArgMatches, Args, Command};
use serde::Serialize;

use crate::args::Settings;
use crate::backend::legacy::Legacy;
use crate::error::Error;
use crate::exit::Exit;

/// A handler at work.
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<Answer, Error>>>>;

/// One command.
pub(crate) struct Row {
    /// `None`: the verb stands alone.
    pub(crate) noun: Option<&'static str>,
    pub(crate) verb: &'static str,
    pub(crate) doc: &'static str,
    /// What `-n` means to it.
    pub(crate) nodes: NodeUse,
    pub(crate) arguments: fn(Command) -> Command,
    pub(crate) run: fn(Settings, &ArgMatches) -> Working,
}

impl Row {
    /// As it is typed: `node ping`.
    pub(crate) fn words(&self) -> String {
        self.noun.map_or_else(|| self.verb.into(), |noun| format!("{noun} {}", self.verb))
    }
}

/// What `-n` means to a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NodeUse {
    /// Nothing: it is refused.
    None,
    /// The one node that is asked.
    One,
    /// The nodes that are asked side by side.
    Many,
}

/// Nouns, with what their verbs are about.
pub(crate) const NOUNS: &[(&str, &str)] = &[
    ("cluster", "The cluster as a whole"),
    ("node", "One node or several"),
    ("capture", "Recorded packets: look at them, prove them, record and play them"),
    ("tunnel", "The way of the new daemons from node to node"),
];

/// Every command there is.
pub(crate) const COMMANDS: &[Row] = &[
    Row {
        noun: None,
        verb: "status",
        doc: "Show the nodes, the record map, the recovery mode and the leader",
        nodes: NodeUse::One,
        arguments: |command| command,
        run: |settings, _| {
            Box::pin(async move {
                let cluster = Legacy::connect(&settings).await?;
                status::collect(&cluster, &settings).await.map(Answer::Status)
            })
        },
    },
    Row {
        noun: Some("cluster"),
        verb: "list",
        doc: "List the nodes with their addresses and states",
        nodes: NodeUse::One,
        arguments: |command| command,
        run: |settings, _| {
            Box::pin(async move {
                let cluster = Legacy::connect(&settings).await?;
                cluster::list(&cluster, &settings).await.map(Answer::ClusterList)
            })
        },
    },
    Row {
        noun: Some("node"),
        verb: "ping",
        doc: "Ask the ctdbd of each node whether it lives",
        nodes: NodeUse::Many,
        arguments: |command| command,
        run: |settings, _| {
            Box::pin(async move {
                let cluster = Legacy::connect(&settings).await?;
                node::ping(&cluster, &settings).await.map(Answer::NodePing)
            })
        },
    },
    Row {
        noun: Some("tunnel"),
        verb: "status",
        doc: "Show the tunneld of this node or another, its peers and its daemons",
        nodes: NodeUse::One,
        arguments: |command| command,
        run: |settings, _| Box::pin(async move { tunnel::status(&settings).await.map(Answer::TunnelStatus) }),
    },
    Row {
        noun: Some("tunnel"),
        verb: "ping",
        doc: "Send packets to the tunneld of a node and back",
        nodes: NodeUse::None,
        arguments: tunnel::PingArgs::augment_args,
        run: |settings, matches| {
            let args = tunnel::PingArgs::from_matches(matches);
            Box::pin(async move { tunnel::ping(&settings, &args?).await.map(Answer::TunnelPing) })
        },
    },
    Row {
        noun: Some("capture"),
        verb: "show",
        doc: "Show the packets of a recording",
        nodes: NodeUse::Many,
        arguments: |command| capture::show::ShowArgs::augment_args(command).after_help(capture::show::HELP),
        run: |settings, matches| {
            let args = capture::arguments(matches);
            Box::pin(async move { capture::show::show(&settings, &args?).map(Answer::CaptureShow) })
        },
    },
    Row {
        noun: Some("capture"),
        verb: "check",
        doc: "Decode every packet of recordings, encode it again and compare the bytes",
        nodes: NodeUse::None,
        arguments: capture::check::CheckArgs::augment_args,
        run: |_, matches| {
            let args = capture::arguments(matches);
            Box::pin(async move { capture::check::check(&args?).map(Answer::CaptureCheck) })
        },
    },
    Row {
        noun: Some("capture"),
        verb: "record",
        doc: "Record clients of ctdbd by standing between them and its socket",
        nodes: NodeUse::None,
        arguments: |command| {
            capture::record::RecordArgs::augment_args(command).after_help(capture::record::HELP)
        },
        run: |settings, matches| {
            let args = capture::arguments(matches);
            Box::pin(
                async move { capture::record::record(&settings, &args?).await.map(Answer::CaptureRecord) },
            )
        },
    },
    Row {
        noun: Some("capture"),
        verb: "replay",
        doc: "Send recorded clients' requests to ctdbd again and compare its answers",
        nodes: NodeUse::None,
        arguments: |command| {
            capture::replay::ReplayArgs::augment_args(command).after_help(capture::replay::HELP)
        },
        run: |settings, matches| {
            let args = capture::arguments(matches);
            Box::pin(
                async move { capture::replay::replay(&settings, &args?).await.map(Answer::CaptureReplay) },
            )
        },
    },
    Row {
        noun: Some("capture"),
        verb: "stats",
        doc: "Count the packets of a recording and show how long answers took",
        nodes: NodeUse::None,
        arguments: capture::FileArgs::augment_args,
        run: |_, matches| {
            let args = capture::arguments(matches);
            Box::pin(async move { capture::stats::stats(&args?).map(Answer::CaptureStats) })
        },
    },
    Row {
        noun: Some("capture"),
        verb: "diff",
        doc: "Compare two recordings by their kinds of packets and the answers in them",
        nodes: NodeUse::None,
        arguments: capture::diff::DiffArgs::augment_args,
        run: |_, matches| {
            let args = capture::arguments(matches);
            Box::pin(async move { capture::diff::diff(&args?).map(Answer::CaptureDiff) })
        },
    },
];

/// What a command found.
#[derive(Debug, Serialize)]
#[serde(untagged)]
pub(crate) enum Answer {
    Status(status::Status),
    ClusterList(cluster::List),
    NodePing(node::Pings),
    TunnelStatus(tunnel::Status),
    TunnelPing(tunnel::Pings),
    #[serde(skip)]
    CaptureShow(capture::show::Show),
    CaptureCheck(capture::check::Checked),
    CaptureStats(capture::stats::Stats),
    CaptureDiff(capture::diff::Diff),
    CaptureRecord(capture::record::Recorded),
    CaptureReplay(capture::replay::Replayed),
}

impl Answer {
    /// How the command ended.
    pub(crate) fn exit(&self) -> Exit {
        match self {
            Self::Status(_) | Self::ClusterList(_) | Self::TunnelStatus(_) => Exit::Done,
            Self::NodePing(pings) => pings.exit(),
            Self::TunnelPing(pings) => pings.exit(),
            Self::CaptureShow(_) | Self::CaptureStats(_) | Self::CaptureRecord(_) => Exit::Done,
            Self::CaptureCheck(checked) => checked.exit(),
            Self::CaptureDiff(diff) => diff.exit(),
            Self::CaptureReplay(replayed) => replayed.exit(),
        }
    }
}
