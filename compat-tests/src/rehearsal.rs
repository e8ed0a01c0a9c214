//! What has to be there before a recorded client of the corpus asks its first question.
//!
//! A scene is recorded on such a cluster, and its recording is played again on another one: both start from here, so
//! that the answers have to be the same. Nothing here asks what a recorded client asks.

use std::time::Duration;

use crate::cluster::{Builder, Cluster};
use crate::error::Result;

/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// A cluster on which a client was recorded, or is to be.
#[derive(Clone, Copy, Debug)]
pub struct Rehearsal {
    /// Name of the scene, and of its recordings without version and extension.
    pub name: &'static str,
    /// The node whose ctdbd the client talks to.
    pub pnn: usize,
    /// What is special about the cluster.
    pub cluster: fn(Builder) -> Builder,
    /// What is done on it first.
    pub prepare: fn(&Cluster) -> Result<()>,
}

/// Every recording of a socket of ctdbd.
pub const REHEARSALS: &[Rehearsal] = &[
    ATTACH,
    MIGRATION,
    READONLY,
    TRAVERSE,
    TRANSACTIONS,
    SMBD_SOCKET,
    ADDRESSES,
    TOOL_QUESTIONS,
    TOOL_CHANGES,
    TUNNELS,
];

/// A cluster without databases.
pub const ATTACH: Rehearsal =
    Rehearsal { name: "attach", pnn: 0, cluster: |builder| builder.nodes(3), prepare: nothing };
/// The same.
pub const TRANSACTIONS: Rehearsal =
    Rehearsal { name: "transactions", pnn: 0, cluster: |builder| builder.nodes(2), prepare: nothing };
/// The same.
pub const TUNNELS: Rehearsal =
    Rehearsal { name: "tunnels", pnn: 0, cluster: |builder| builder.nodes(2), prepare: nothing };
/// A node alone.
pub const SMBD_SOCKET: Rehearsal =
    Rehearsal { name: "smbd-socket", pnn: 0, cluster: |builder| builder.nodes(1), prepare: nothing };
/// Records on three nodes.
pub const MIGRATION: Rehearsal =
    Rehearsal { name: "migration", pnn: 1, cluster: |builder| builder.nodes(3), prepare: records_to_move };
/// Records that were given out for reading and written again.
pub const READONLY: Rehearsal =
    Rehearsal { name: "readonly", pnn: 0, cluster: |builder| builder.nodes(3), prepare: records_to_share };
/// A volatile and a persistent database.
pub const TRAVERSE: Rehearsal =
    Rehearsal { name: "traverse", pnn: 2, cluster: |builder| builder.nodes(3), prepare: records_to_walk };
/// Three public addresses.
pub const ADDRESSES: Rehearsal = Rehearsal {
    name: "addresses",
    pnn: 0,
    cluster: |builder| public(builder.nodes(3), "10.99.0.1/24 lo\n10.99.0.2/24 lo\n10.99.0.3/24 lo\n"),
    prepare: given_out,
};
/// What the C tool can ask about.
pub const TOOL_QUESTIONS: Rehearsal = Rehearsal {
    name: "tool-questions",
    pnn: 0,
    cluster: |builder| public(builder.nodes(2), "10.99.0.1/24 lo\n10.99.0.2/24 lo\n"),
    prepare: a_bit_of_each,
};
/// The same, to be changed.
pub const TOOL_CHANGES: Rehearsal = Rehearsal { name: "tool-changes", ..TOOL_QUESTIONS };

/// With the simplest way to give addresses out, because its outcome depends on nothing but which nodes are healthy.
fn public(builder: Builder, addresses: &str) -> Builder {
    builder.file("public_addresses", addresses).tunable("IPAllocAlgorithm", 0)
}

fn ctdb(cluster: &Cluster, pnn: usize, words: &str) -> Result<String> {
    cluster.node(pnn).ctdb(&words.split_whitespace().collect::<Vec<_>>())
}

/// `writekey` on one node after another, so that the records' data masters differ.
///
/// # Errors
/// When the C tool fails.
pub fn write_records(cluster: &Cluster, db: &str, keys: usize) -> Result<()> {
    for key in 0..keys {
        let value = "v".repeat(1 + key * 37 % 300);
        ctdb(cluster, key % 3, &format!("writekey {db} key{key} {value}"))?;
    }
    Ok(())
}

fn nothing(_: &Cluster) -> Result<()> {
    Ok(())
}

fn records_to_move(cluster: &Cluster) -> Result<()> {
    ctdb(cluster, 0, "attach moving.tdb")?;
    write_records(cluster, "moving.tdb", 6)
}

fn records_to_share(cluster: &Cluster) -> Result<()> {
    ctdb(cluster, 0, "attach shared.tdb")?;
    ctdb(cluster, 0, "setdbreadonly shared.tdb")?;
    write_records(cluster, "shared.tdb", 4)?;
    for key in 0..4 {
        for pnn in 1..3 {
            ctdb(cluster, pnn, &format!("readkey shared.tdb key{key} readonly"))?;
        }
        // Whoever writes has the copies taken back first.
        ctdb(cluster, 1, &format!("writekey shared.tdb key{key} written_after_reading"))?;
    }
    Ok(())
}

fn records_to_walk(cluster: &Cluster) -> Result<()> {
    ctdb(cluster, 0, "attach walked.tdb")?;
    ctdb(cluster, 0, "attach kept.tdb persistent")?;
    write_records(cluster, "walked.tdb", 20)?;
    for key in 0..5 {
        ctdb(cluster, key % 3, &format!("pstore kept.tdb key{key} value{key}"))?;
    }
    Ok(())
}

fn a_bit_of_each(cluster: &Cluster) -> Result<()> {
    ctdb(cluster, 0, "attach loose.tdb")?;
    ctdb(cluster, 0, "attach kept.tdb persistent")?;
    ctdb(cluster, 0, "writekey loose.tdb one first")?;
    ctdb(cluster, 0, "pstore kept.tdb one first")?;
    given_out(cluster)
}

/// Waits until each public address is where it belongs: the last at node 0, because C turns the list around.
fn given_out(cluster: &Cluster) -> Result<()> {
    cluster.wait(STEP, "each public address is at its node", || {
        let text = ctdb(cluster, 0, "-X ip all").map_err(|error| error.to_string())?;
        // A line is `|address|node|...`.
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with("|10.")).collect();
        let mut homes = (0..).zip(lines.iter().rev());
        let at_home = homes.all(|(pnn, line)| line.split('|').nth(2) == Some(&format!("{pnn}")));
        if at_home && !lines.is_empty() { Ok(()) } else { Err(text) }
    })
}
