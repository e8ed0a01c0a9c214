//! Faults of files: databases, event scripts, locks.

use std::fs;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result};
use compat_tests::binary;
use judge::history::NodeState;
use tdb::{OpenFlags, Store, Tdb};

use super::Heal;
use crate::stage::{Stage, WELL};

/// Where the script is in a node's directory.
pub const SCRIPT_NAME: &str = "events/legacy/50.faults.script";

/// Does what the driver wishes of the event scripts of its node.
pub const SCRIPT: &str = r#"#!/bin/sh
wish() { cat "$CTDB_BASE/script.wish" 2>/dev/null; }
[ "$1" = monitor ] || exit 0
case "$(wish)" in
fail) echo "failing as asked"; exit 1 ;;
hang) while [ "$(wish)" = hang ]; do sleep 0.2; done ;;
esac
exit 0
"#;

/// How long a node may take to get well with a damaged file.
const WITH_DAMAGE: Duration = Duration::from_secs(15);

/// Of a record, before its data: rsn, dmaster, padding, flags, padding.
const HEADER: usize = 24;

/// The databases of a node below one of its directories, sorted.
fn databases(base: &Path, kind: &str) -> Result<Vec<PathBuf>> {
    let dir = base.join("db").join(kind);
    let entries = fs::read_dir(&dir).with_context(|| dir.display().to_string())?;
    let mut all = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>>>()?;
    all.retain(|path| path.to_string_lossy().contains(".tdb."));
    all.sort();
    Ok(all)
}

/// A database of a stopped node is damaged: cut, emptied, or some of its bytes changed.
pub(super) fn damage(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut damaged = Vec::new();
    for pnn in victims {
        let node = stage.cluster.node(*pnn);
        stage.may_end(*pnn);
        node.shutdown()?;
        stage.node_is(*pnn, NodeState::Stopped)?;
        let mut files = databases(node.base(), "persistent")?;
        files.extend(databases(node.base(), "state")?);
        let path = files.into_iter().next().with_context(|| format!("node {pnn} has no file to damage"))?;
        let file = fs::File::options().read(true).write(true).open(&path)?;
        let length = file.metadata()?.len();
        match stage.draw(0, 2) {
            0 => file.set_len(length / 2)?,
            1 => file.set_len(0)?,
            _ => {
                for _ in 0..16 {
                    let (place, byte) = (stage.draw(0, length.saturating_sub(1)), stage.draw(0, 255));
                    file.write_at(&[u8::try_from(byte)?], place)?;
                }
            }
        }
        damaged.push((*pnn, path));
    }
    Ok(Box::new(move |stage| {
        for (pnn, path) in damaged {
            let node = stage.cluster.node(pnn);
            // What an administrator would do with a node that does not get well: it takes the file from the others.
            if node.start().is_err() || node.wait_healthy(WITH_DAMAGE).is_err() {
                crate::stage::gone_is_fine(node.kill9())?;
                // Nowhere that ctdbd or an audit looks.
                let name = path.file_name().with_context(|| path.display().to_string())?;
                fs::rename(&path, node.base().join(name).with_extension("damaged"))?;
            }
            stage.back(pnn)?;
            stage.node_is(pnn, NodeState::Started)?;
        }
        Ok(())
    }))
}

/// Event scripts hang or fail.
pub(super) fn scripts(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut wishes = Vec::new();
    for pnn in victims {
        let wish = stage.cluster.node(*pnn).base().join("script.wish");
        fs::write(&wish, if stage.draw(0, 1) == 0 { "fail" } else { "hang" })?;
        stage.may_end(*pnn);
        wishes.push((*pnn, wish));
    }
    Ok(Box::new(move |stage| {
        for (pnn, wish) in wishes {
            fs::remove_file(wish)?;
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// A client holds the lock of a chain.
pub(super) fn chain_lock(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut holders = Vec::new();
    for pnn in victims {
        let file = databases(stage.cluster.node(*pnn).base(), "volatile")?.into_iter().next();
        let file = file.with_context(|| format!("node {pnn} has no volatile database"))?;
        let program = binary("compat-faults", "faults")?;
        let holder = stage.cluster.daemon(&format!("lock on node {pnn}"), program).arg("hold").arg(file);
        let holder = holder.start()?;
        holder.wait(WELL, "a client has the lock", || {
            if holder.log().contains("held") { Ok(()) } else { Err("not yet") }
        })?;
        holders.push(holder);
    }
    Ok(Box::new(move |_| holders.iter().try_for_each(|holder| Ok(holder.kill9()?))))
}

/// The file of the cluster lock is taken away. Whoever leads next makes another one.
pub(super) fn cluster_lock(stage: &Stage<'_>, _: &[usize]) -> Result<Heal> {
    let shared = stage.cluster.dir().join("shared");
    let (lock, taken) = (shared.join("lock"), shared.join("lock.taken"));
    fs::rename(&lock, &taken).with_context(|| lock.display().to_string())?;
    Ok(Box::new(move |_| {
        if lock.exists() {
            fs::remove_file(&taken)?
        } else {
            fs::rename(&taken, &lock)?
        }
        Ok(())
    }))
}

/// Opens a volatile database as ctdbd has it open.
fn open(file: &Path) -> Result<Tdb> {
    let mutexes = OpenFlags::VOLATILE | OpenFlags::MUTEX_LOCKING;
    let open = Tdb::open(file, mutexes).or_else(|_| Tdb::open(file, OpenFlags::VOLATILE));
    open.with_context(|| file.display().to_string())
}

/// Holds the lock of a chain of a file until the process is killed.
///
/// # Errors
/// When the file cannot be opened, or has no locks.
pub fn hold_lock(file: &Path) -> Result<()> {
    let tdb = open(file)?;
    let _lock = tdb.lock(b"k0")?;
    println!("held");
    loop {
        std::thread::park();
    }
}

/// Takes a counter of W1 back behind the cluster's back, on the node that has it: what a checker has to notice.
///
/// # Errors
/// When there is no counter that could be taken back.
pub fn overwrite(stage: &Stage<'_>) -> Result<()> {
    for (number, node) in (0_u32..).zip(stage.cluster.nodes()) {
        let files = databases(node.base(), "volatile")?;
        let Some(file) = files.iter().find(|path| path.to_string_lossy().contains("/w1.tdb.")) else {
            continue;
        };
        let tdb = open(file)?;
        let mut keys = Vec::new();
        tdb.traverse(|key, _| {
            keys.push(key.to_vec());
            std::ops::ControlFlow::Continue(())
        })?;
        for key in keys {
            let _lock = tdb.lock(&key)?;
            let Some(record) = tdb.fetch(&key)? else { continue };
            let (Some(header), Some(value)) = (record.get(..HEADER), record.get(HEADER..)) else { continue };
            let value: Option<[u8; 8]> = value.try_into().ok();
            let dmaster = header.get(8..12).and_then(|bytes| bytes.try_into().ok()).map(u32::from_le_bytes);
            match value.map(u64::from_le_bytes) {
                Some(value) if value > 5 && dmaster == Some(number) => {
                    tdb.store(&key, &[header, &(value - 5).to_le_bytes()], Store::Replace)?;
                    return Ok(());
                }
                _ => {}
            }
        }
    }
    anyhow::bail!("no node has a counter of W1 that could be taken back")
}
