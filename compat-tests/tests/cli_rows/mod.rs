//! Every command of `ctdbctl` on real clusters, in table and in JSON form.
//!
//! A noun has a file with its rows and the test that plays them; the list of rows is in [`TRIED`]. The commands that are
//! tried elsewhere are in [`ELSEWHERE`]. Together they have to be all that there are.

mod addresses;
mod configuration;
mod connections;
mod databases;
mod events;
mod gateways;
mod migration;
mod nodes;
mod rows;
mod services;
mod shape;

use std::collections::BTreeSet;

use compat_tests::Cluster;
use rows::{Schemas, Try};

/// The rows of all files here.
const TRIED: &[&[Try]] = &[
    addresses::ROWS,
    addresses::HERE,
    configuration::ROWS,
    connections::ROWS,
    databases::ROWS,
    events::ROWS,
    events::OURS,
    gateways::ROWS,
    migration::ROWS,
    migration::TUNNELD,
    nodes::ROWS,
    nodes::CHANGES,
    nodes::NOBODY,
    services::NOBODY,
    services::SERVED,
    services::OUTSIDE,
];

/// Commands, and the file of tests that tries them.
const ELSEWHERE: &[(&str, &str)] = &[
    ("tunnel ping", "tunnel_faults.rs"),
    ("capture show", "wrap-cli/tests/capture.rs"),
    ("capture check", "wrap-cli/tests/capture.rs"),
    ("capture record", "wrap-cli/tests/capture.rs"),
    ("capture replay", "wrap-cli/tests/capture.rs"),
    ("capture stats", "wrap-cli/tests/capture.rs"),
    ("capture diff", "wrap-cli/tests/capture.rs"),
    // What it prints is what all others are held against.
    ("schema", "cli_rows"),
];

#[test]
fn every_command_is_tried() {
    let cluster = Cluster::builder().nodes(1).without_waiting().start().unwrap();
    let schemas = Schemas::of(cluster.node(0));
    let rows = TRIED.iter().copied().flatten().map(|row| schemas.command(row.words));
    let tried: BTreeSet<&str> = rows.chain(ELSEWHERE.iter().map(|(command, _)| *command)).collect();
    let missing: Vec<_> = schemas.names().difference(&tried).copied().collect();
    assert!(missing.is_empty(), "commands that no test tries: {missing:?}");
    let unknown: Vec<_> = tried.difference(&schemas.names()).copied().collect();
    assert!(unknown.is_empty(), "no such commands: {unknown:?}");
}
