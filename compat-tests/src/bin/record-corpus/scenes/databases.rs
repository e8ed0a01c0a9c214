//! Records: attached, fetched, migrated, delegated for reading, traversed, vacuumed and recovered.

use compat_tests::Builder;
use compat_tests::rehearsal::{self, write_records};

use super::Scene;
use crate::stage::Stage;

fn three(builder: Builder) -> Builder {
    builder.nodes(3)
}

pub(super) const ATTACH: Scene = Scene {
    name: "attach",
    what: "databases of the three kinds are attached, looked at and detached, through a relay on node 0",
    shows: &[
        "DB_ATTACH",
        "DB_ATTACH_PERSISTENT",
        "DB_ATTACH_REPLICATED",
        "GET_DBMAP",
        "GETDBPATH",
        "GET_DBNAME",
        "DB_DETACH",
        "SET_TUNABLE",
    ],
    cluster: rehearsal::ATTACH.cluster,
    play: attach,
};

fn attach(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::ATTACH)?;
    for words in
        ["attach volatile.tdb", "attach persistent.tdb persistent", "attach replicated.tdb replicated"]
    {
        stage.through(&relay, words)?.ok()?;
    }
    for db in ["volatile.tdb", "persistent.tdb", "replicated.tdb"] {
        stage.through(&relay, &format!("getdbstatus {db}"))?.ok()?;
        stage.ctdb(1, &format!("getdbstatus {db}"))?;
    }
    stage.through(&relay, "getdbmap")?.ok()?;
    // A client may detach only what no client may attach again at once.
    for pnn in 0..3 {
        stage.through(&relay, &format!("setvar AllowClientDBAttach 0 -n {pnn}"))?.ok()?;
    }
    stage.through(&relay, "detach volatile.tdb")?.ok()?;
    stage.through(&relay, "getdbmap")?.ok()?;
    Ok(())
}

pub(super) const MIGRATION: Scene = Scene {
    name: "migration",
    what: "records are written and read on three nodes in turn and move between them, also through a relay on node 1",
    shows: &["REQ_CALL", "REPLY_CALL", "REQ_DMASTER", "REPLY_DMASTER"],
    cluster: rehearsal::MIGRATION.cluster,
    play: migration,
};

fn migration(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::MIGRATION)?;
    for key in 0..6 {
        for pnn in [0, 2] {
            stage.ctdb(pnn, &format!("readkey moving.tdb key{key}"))?;
        }
        stage.through(&relay, &format!("readkey moving.tdb key{key}"))?.ok()?;
    }
    stage.through(&relay, "writekey moving.tdb key0 again")?.ok()?;
    stage.ctdb(2, "readkey moving.tdb key0")?;
    stage.through(&relay, "deletekey moving.tdb key1")?.ok()?;
    stage.ctdb(0, "readkey moving.tdb key1")?;
    Ok(())
}

pub(super) const READONLY: Scene = Scene {
    name: "readonly",
    what: "copies for reading are given out and taken back",
    shows: &["SET_DB_READONLY", "REQ_CALL", "UPDATE_RECORD"],
    cluster: rehearsal::READONLY.cluster,
    play: readonly,
};

fn readonly(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::READONLY)?;
    for key in 0..4 {
        stage.through(&relay, &format!("readkey shared.tdb key{key} readonly"))?.ok()?;
        stage.ctdb(2, &format!("readkey shared.tdb key{key} readonly"))?;
    }
    stage.through(&relay, "writekey shared.tdb key0 taken_back")?.ok()?;
    stage.ctdb(1, "writekey shared.tdb key1 taken_back_by_another_node")?;
    Ok(())
}

pub(super) const TRAVERSE: Scene = Scene {
    name: "traverse",
    what: "a volatile and a persistent database are read whole from one node",
    shows: &["TRAVERSE_START_EXT", "TRAVERSE_ALL", "TRAVERSE_DATA"],
    cluster: rehearsal::TRAVERSE.cluster,
    play: traverse,
};

fn traverse(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::TRAVERSE)?;
    stage.ctdb(0, "catdb walked.tdb")?;
    stage.through(&relay, "catdb walked.tdb")?.ok()?;
    stage.through(&relay, "catdb kept.tdb")?.ok()?;
    Ok(())
}

pub(super) const VACUUM: Scene = Scene {
    name: "vacuum",
    what: "deleted records are vacuumed, each second",
    shows: &["TRY_DELETE_RECORDS", "VACUUM_FETCH"],
    cluster: |builder| builder.nodes(3).tunable("VacuumInterval", 1).tunable("RepackLimit", 10),
    play: vacuum,
};

fn vacuum(stage: &Stage) -> anyhow::Result<()> {
    stage.ctdb(0, "attach swept.tdb")?;
    write_records(&stage.cluster, "swept.tdb", 24)?;
    // Read on a second node, so that records have been on more than one.
    for key in 0..24 {
        stage.ctdb((key + 1) % 3, &format!("readkey swept.tdb key{key}"))?;
    }
    for key in 0..20 {
        stage.ctdb((key + 1) % 3, &format!("deletekey swept.tdb key{key}"))?;
    }
    for control in VACUUM.shows {
        stage.wait_shown(control)?;
    }
    for pnn in 0..3 {
        stage.wait_ctdb(pnn, "cattdb swept.tdb", |text| !text.contains("size=0") && records(text) <= 4)?;
    }
    Ok(())
}

/// Records that `cattdb` found.
fn records(text: &str) -> usize {
    text.lines().filter(|line| line.starts_with("key(")).count()
}

pub(super) const RECOVERY: Scene = Scene {
    name: "recovery",
    what: "recoveries with records in volatile, persistent and replicated databases, one of them without a node",
    shows: &[
        "DB_FREEZE",
        "DB_TRANSACTION_START",
        "DB_PULL",
        "DB_PUSH_START",
        "DB_PUSH_CONFIRM",
        "WIPE_DATABASE",
        "DB_TRANSACTION_COMMIT",
        "DB_THAW",
        "GET_DB_SEQNUM",
    ],
    cluster: three,
    play: recovery,
};

fn recovery(stage: &Stage) -> anyhow::Result<()> {
    stage.ctdb(0, "attach loose.tdb")?;
    stage.ctdb(0, "attach kept.tdb persistent")?;
    stage.ctdb(0, "attach doubled.tdb replicated")?;
    write_records(&stage.cluster, "loose.tdb", 18)?;
    for key in 0..6 {
        stage.ctdb(key % 3, &format!("pstore kept.tdb key{key} kept{key}"))?;
        stage.ctdb(key % 3, &format!("pstore doubled.tdb key{key} doubled{key}"))?;
    }
    stage.ctdb(0, "recover")?;
    stage.healthy()?;
    stage.ctdb(0, "stop -n 2")?;
    stage.cluster.node(0).wait_flag_of(2, "STOPPED", crate::stage::STEP)?;
    stage.cluster.wait_healthy_nodes(&[0, 1], crate::stage::STEP)?;
    stage.ctdb(1, "pstore kept.tdb key0 while_one_is_stopped")?;
    stage.ctdb(0, "continue -n 2")?;
    stage.healthy()?;
    stage.wait_ctdb(2, "pfetch kept.tdb key0", |text| text.contains("while_one_is_stopped"))
}
