//! The files at the end: each database of a node, record by record.
//!
//! Of volatile records only the data master has the truth; what other nodes still have of them is no record (REC-04).

use std::collections::BTreeMap;

use anyhow::{Context as _, anyhow};
use databases::{Kind, Local, SEQUENCE_NUMBER};
use judge::history::What;
use judge::work::databases;
use legacy_codec::Abi;

use crate::book::Paper;
use crate::options;
use crate::seat::{Seat, value};

/// Writes a line for each database of the workloads.
///
/// # Errors
/// When a database cannot be read, or has a record that no workload wrote.
pub async fn run(options: &options::Dump) -> anyhow::Result<()> {
    let place = &options.place;
    let (paper, _) = Paper::open(&place.history).with_context(|| place.history.display().to_string())?;
    for workload in &options.workloads {
        let wanted = databases(*workload);
        let seat = Seat::at(&place.socket, wanted, place.patience_ms).await?;
        for db in wanted {
            paper.say(one(&seat, db.name, place.node).await.context(db.name)?)?;
        }
    }
    Ok(())
}

async fn one(seat: &Seat, name: &str, node: u32) -> anyhow::Result<What> {
    let db = seat.db(name)?;
    let volatile = db.info().kind() == Kind::Volatile;
    let (mut seqnum, mut empty, mut records) = (0, 0, BTreeMap::new());
    for record in db.local_records().await? {
        let local = Local::split(&record, Abi::NATIVE)?;
        if volatile && local.header.dmaster.0 != node {
            continue;
        }
        let value = value(&local.data).map_err(|why| anyhow!(why))?;
        match value {
            None => empty += 1,
            Some(value) if local.key == SEQUENCE_NUMBER => seqnum = value,
            Some(value) => {
                let key = String::from_utf8_lossy(&local.key).into_owned();
                records.insert(key, value.cast_signed());
            }
        }
    }
    Ok(What::Dump { node, db: name.to_owned(), seqnum, empty, records })
}
