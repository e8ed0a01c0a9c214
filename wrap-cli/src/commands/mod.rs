//! The table of commands: nouns and verbs, what they are, their arguments, and the functions that find their answers.
//!
//! Everything that exists is a row of [`commands`]; the parser and the help texts are made from it. Each noun has a folder
//! with its rows. A handler collects an [`Answer`] and never prints.

pub(crate) mod absent;
pub(crate) mod answer;
pub(crate) mod asked;
pub(crate) mod beside;
pub(crate) mod callback;
pub(crate) mod capture;
pub(crate) mod cluster;
pub(crate) mod completion;
mod config;
pub(crate) mod db;
pub(crate) mod event;
mod gateway;
pub(crate) mod ip;
mod migrate;
pub(crate) mod node;
mod overview;
pub(crate) mod row;
pub(crate) mod said;
pub(crate) mod schema;
pub(crate) mod service;
pub(crate) mod status;
pub(crate) mod tunable;
pub(crate) mod tunnel;
pub(crate) mod version;
pub(crate) mod view;

pub(crate) use answer::{Answer, Shown};
pub(crate) use row::{Effect, NodeUse, Row};

/// A word that verbs stand behind.
pub(crate) struct Noun {
    /// Its words: `ip`, or `ip iface`.
    pub(crate) path: &'static [&'static str],
    pub(crate) doc: &'static str,
}

/// Nouns, with what their verbs are about.
pub(crate) const NOUNS: &[Noun] = &[
    Noun { path: &["cluster"], doc: "The cluster as a whole" },
    Noun { path: &["node"], doc: "One node or several" },
    Noun { path: &["node", "capability"], doc: "What nodes may be asked to do" },
    Noun { path: &["node", "log"], doc: "How much nodes log" },
    Noun { path: &["node", "process"], doc: "Processes that are clients of ctdbd" },
    Noun { path: &["node", "statistics"], doc: "Counters of the daemons" },
    Noun { path: &["tunable"], doc: "Settings of the running daemons" },
    Noun { path: &["db"], doc: "Databases and their records" },
    Noun { path: &["db", "flag"], doc: "What a volatile database does beyond its kind" },
    Noun { path: &["db", "key"], doc: "Records of databases" },
    Noun { path: &["db", "tdb"], doc: "The files of databases" },
    Noun { path: &["ip"], doc: "Public addresses" },
    Noun { path: &["ip", "iface"], doc: "Interfaces that may carry public addresses" },
    Noun {
        path: &["ip", "connection"],
        doc: "Connections to public addresses, whose clients are told when an address moves",
    },
    Noun { path: &["natgw"], doc: "The NAT gateway group: one of its nodes leads the others out" },
    Noun { path: &["lvs"], doc: "The LVS group: one of its nodes spreads connections over the others" },
    Noun { path: &["service"], doc: "Services of a node: how they are, and what is done with them" },
    Noun { path: &["event"], doc: "Events of this node or another, and their scripts" },
    Noun { path: &["event", "script"], doc: "Which event scripts there are, and which are run" },
    Noun { path: &["callback"], doc: "Programs that the new daemons run on their events" },
    Noun { path: &["config"], doc: "The configuration files of this node" },
    Noun {
        path: &["migrate"],
        doc: "The way from C's daemons to the new ones: where this node stands, and what is next",
    },
    Noun { path: &["capture"], doc: "Recorded packets: look at them, prove them, record and play them" },
    Noun { path: &["tunnel"], doc: "The way of the new daemons from node to node" },
];

/// The rows of all nouns, in the order of the help texts.
const ROWS: &[&[Row]] = &[
    status::ROWS,
    overview::ROWS,
    version::ROWS,
    cluster::ROWS,
    node::ROWS,
    tunable::ROWS,
    db::ROWS,
    ip::ROWS,
    gateway::ROWS,
    service::ROWS,
    event::ROWS,
    callback::ROWS,
    config::ROWS,
    migrate::ROWS,
    tunnel::ROWS,
    capture::ROWS,
    completion::ROWS,
    schema::ROWS,
];

/// Every command there is.
pub(crate) fn commands() -> impl Iterator<Item = &'static Row> {
    ROWS.iter().copied().flatten()
}
