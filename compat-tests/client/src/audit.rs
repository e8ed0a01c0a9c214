//! What must not be there at the end: looked for, and written down with the names of what was looked for.
//!
//! While the nodes run: core files, zombies, damage in files that are in use. After they were stopped: processes and
//! sockets that are left, and damage in files on disk, for which libtdb's own tool is asked.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;
use judge::history::What;
use legacy_client::Client;
use legacy_codec::{DbOpenFlags, Dest, GetDbMap, GetDbPath};

use crate::book::Paper;
use crate::options::{self, When};
use crate::sample::{Seen, of_node};
use crate::seat::connect;

/// Looks for all of it.
///
/// # Errors
/// When the history cannot be written, or nothing can be looked for.
pub async fn run(options: &options::Audit) -> anyhow::Result<()> {
    let at = || options.history.display().to_string();
    let (paper, _) = Paper::open(&options.history).with_context(at)?;
    let all = &options.nodes;
    let say = |name: &str, found| paper.say(What::Audit { name: name.to_owned(), found });
    match options.when {
        When::Running => {
            say("cores", all.iter().flat_map(cores).collect())?;
            say("zombies", all.iter().flat_map(zombies).collect())?;
            let mut damaged = Vec::new();
            for seen in all {
                damaged.extend(files_in_use(seen).await.unwrap_or_else(|why| vec![format!("{why:#}")]));
            }
            say("files in use", damaged)?;
        }
        When::Stopped => {
            say("processes", all.iter().flat_map(processes).collect())?;
            say("sockets", all.iter().flat_map(sockets).collect())?;
            let files = all.iter().flat_map(|seen| below(&seen.base.join("db/persistent")));
            say("tdbtool check", files.filter_map(|file| damage(&file)).collect())?;
        }
    }
    Ok(())
}

/// All files below a directory.
fn below(dir: &Path) -> Vec<PathBuf> {
    let (mut files, mut dirs) = (Vec::new(), vec![dir.to_owned()]);
    while let Some(dir) = dirs.pop() {
        for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
            match entry.file_type() {
                Ok(kind) if kind.is_dir() => dirs.push(entry.path()),
                Ok(kind) if kind.is_file() => files.push(entry.path()),
                _ => {}
            }
        }
    }
    files
}

/// `core`, or `core.` and a number.
fn is_core(name: &OsStr) -> bool {
    let Some(rest) = name.as_bytes().strip_prefix(b"core") else { return false };
    rest.is_empty() || rest.strip_prefix(b".").is_some_and(|rest| rest.iter().all(u8::is_ascii_digit))
}

fn cores(seen: &Seen) -> Vec<String> {
    let all = below(&seen.base);
    let cores = all.iter().filter(|file| file.file_name().is_some_and(is_core));
    cores.map(|file| format!("node {}: {}", seen.node, file.display())).collect()
}

/// The processes of a node, as number, state, name, and number of the parent.
fn all_processes() -> Vec<(u32, char, String, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = entries.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let one = |pid: u32| {
        let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
        let (head, tail) = stat.rsplit_once(')')?;
        let mut words = tail.split_ascii_whitespace();
        let state = words.next()?.chars().next()?;
        Some((pid, state, head.split_once('(')?.1.to_owned(), words.next()?.parse().ok()?))
    };
    pids.filter_map(one).collect()
}

/// Children of the node's processes that have ended and that nobody asked for. One look may meet a child that has just
/// ended; two do not.
fn zombies(seen: &Seen) -> Vec<String> {
    let look = || {
        let all = all_processes();
        let mut dead: Vec<_> = all.into_iter().filter(|(_, state, ..)| *state == 'Z').collect();
        dead.retain(|(.., parent)| of_node(*parent, seen));
        dead
    };
    let first = look();
    std::thread::park_timeout(std::time::Duration::from_secs(2));
    let mut still = look();
    still.retain(|process| first.contains(process));
    still.iter().map(|(pid, _, name, parent)| format!("{name} ({pid}), a child of {parent}")).collect()
}

/// Files that a running daemon has open: through libtdb as its clients do, since some can be opened by them alone.
async fn files_in_use(seen: &Seen) -> anyhow::Result<Vec<String>> {
    let client: Client = connect(&seen.socket).await.with_context(|| format!("node {}", seen.node))?;
    let mut found = Vec::new();
    for db in client.call::<GetDbMap>(Dest::CURRENT_NODE, ()).await?.dbs {
        let path = client.call::<GetDbPath>(Dest::CURRENT_NODE, db.db_id).await?.to_string();
        let flags = client.call::<DbOpenFlags>(Dest::CURRENT_NODE, db.db_id).await?;
        let flags = tdb::OpenFlags::from_bits_retain(flags);
        if let Err(error) = tdb::Tdb::open(&path, flags).and_then(|file| file.check()) {
            found.push(format!("{path}: {error}"));
        }
    }
    Ok(found)
}

fn processes(seen: &Seen) -> Vec<String> {
    // The holder of the namespace goes with the namespace.
    let alone = Seen { namespace: None, ..seen.clone() };
    let left = all_processes().into_iter().filter(|(pid, state, ..)| *state != 'Z' && of_node(*pid, &alone));
    left.map(|(pid, state, name, _)| format!("node {}: {name} ({pid}, {state})", seen.node)).collect()
}

/// Unix sockets below the node's directory that somebody still has open.
fn sockets(seen: &Seen) -> Vec<String> {
    let all = fs::read_to_string("/proc/net/unix").unwrap_or_default();
    let paths = all.lines().filter_map(|line| line.split_ascii_whitespace().nth(7));
    paths.filter(|path| Path::new(path).starts_with(&seen.base)).map(str::to_owned).collect()
}

/// What libtdb's tool says of a file on disk, unless all is well. Its exit status is 0 whatever it finds.
fn damage(file: &Path) -> Option<String> {
    let said = match Command::new("tdbtool").arg(file).arg("check").output() {
        Ok(said) => String::from_utf8_lossy(&said.stdout).into_owned(),
        Err(error) => error.to_string(),
    };
    let well = said.starts_with("Database integrity is OK");
    (!well).then(|| format!("{}: {}", file.display(), said.lines().next().unwrap_or("tdbtool says nothing")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn core_files_are_known_by_their_names() {
        for name in ["core", "core.1", "core.4711"] {
            assert!(is_core(OsStr::new(name)), "{name}");
        }
        for name in ["cores", "core.rs", "score", "a.core"] {
            assert!(!is_core(OsStr::new(name)), "{name}");
        }
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("deep")).unwrap();
        fs::write(dir.path().join("deep/core.7"), "").unwrap();
        let seen = Seen { node: 3, socket: "/nowhere".into(), base: dir.path().to_owned(), namespace: None };
        assert_eq!(cores(&seen).len(), 1);
    }

    #[test]
    fn a_file_that_libtdb_calls_damaged_is_told_and_a_whole_one_is_not() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("a.tdb.0");
        let create = tdb::Create { mode: 0o600, hash_size: 0 };
        let file = tdb::Tdb::create(&path, tdb::OpenFlags::empty(), create).unwrap();
        file.store(b"key", &[b"value"], tdb::Store::Replace).unwrap();
        drop(file);
        assert_eq!(damage(&path), None);
        let whole = fs::read(&path).unwrap();
        for bad in [&whole[..whole.len() / 2], &[]] {
            fs::write(&path, bad).unwrap();
            assert!(damage(&path).is_some_and(|said| said.contains("a.tdb.0")));
        }
        assert!(damage(&dir.path().join("nothing")).is_some());
    }

    #[test]
    fn a_socket_that_is_open_and_a_process_that_runs_are_left() {
        let dir = tempfile::tempdir().unwrap();
        let seen = Seen { node: 0, socket: "/nowhere".into(), base: dir.path().to_owned(), namespace: None };
        assert_eq!((sockets(&seen), processes(&seen)), (vec![], vec![]));
        let path = dir.path().join("socket");
        let open = std::os::unix::net::UnixListener::bind(&path).unwrap();
        assert_eq!(sockets(&seen), [path.display().to_string()]);
        drop(open);
        assert_eq!(sockets(&seen), [""; 0]);
        let mut child = Command::new("sleep").arg("60").env("CTDB_BASE", dir.path()).spawn().unwrap();
        // The kernel shows a new program's environment a moment after the program has begun.
        let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
        let mut left = processes(&seen);
        while left.is_empty() && std::time::Instant::now() < deadline {
            left = processes(&seen);
        }
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(left.len() == 1 && left[0].contains("sleep"), "{left:?}");
    }
}
