//! How large the daemons of a node are, from /proc. A process that is gone in the middle of a look was not there.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use judge::history::What;

use super::{Seen, repeat};
use crate::book::Paper;

const PAUSE: Duration = Duration::from_secs(1);
/// How the names of daemons begin.
const DAEMONS: &str = "ctdb";

pub(super) fn look(nodes: &[Seen], paper: &Paper, ends: &AtomicBool) -> anyhow::Result<()> {
    repeat(ends, PAUSE, || {
        for pid in pids() {
            let Some(seen) = nodes.iter().find(|seen| of_node(pid, seen)) else { continue };
            if let Some(what) = size(pid, seen.node) {
                paper.say(what)?;
            }
        }
        Ok(())
    })
}

/// All processes.
fn pids() -> Vec<u32> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok()).collect()
}

/// Whether a process belongs to a node: its environment says so, or it is in the node's network namespace.
#[must_use]
pub fn of_node(pid: u32, seen: &Seen) -> bool {
    let wanted = [b"CTDB_BASE=", seen.base.as_os_str().as_bytes()].concat();
    let says = fs::read(format!("/proc/{pid}/environ"))
        .is_ok_and(|all| all.split(|byte| *byte == 0).any(|variable| variable == wanted));
    let space = |path: &Path| fs::read_link(path).ok();
    says || seen
        .namespace
        .as_deref()
        .and_then(space)
        .is_some_and(|its| space(Path::new(&format!("/proc/{pid}/ns/net"))).is_some_and(|other| other == its))
}

fn size(pid: u32, node: u32) -> Option<What> {
    let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).ok();
    let (daemon, start) = name_and_start(&read("stat")?)?;
    if !daemon.starts_with(DAEMONS) {
        return None;
    }
    let memory_kib = anonymous(&read("status")?)?;
    let descriptors = u64::try_from(fs::read_dir(format!("/proc/{pid}/fd")).ok()?.count()).ok()?;
    Some(What::Size { node, daemon, life: (pid, start), memory_kib, descriptors })
}

/// The name may hold blanks and parentheses; the start is the twentieth word behind it.
fn name_and_start(stat: &str) -> Option<(String, u64)> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let start = tail.split_ascii_whitespace().nth(19)?.parse().ok()?;
    Some((name.to_owned(), start))
}

/// Its memory that is no file's, in KiB.
fn anonymous(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"))?;
    line.split_ascii_whitespace().next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_has_a_start_a_size_and_descriptors() {
        let pid = std::process::id();
        let read = |file: &str| fs::read_to_string(format!("/proc/{pid}/{file}")).unwrap();
        let (_, start) = name_and_start(&read("stat")).unwrap();
        assert!(start > 0);
        assert!(anonymous(&read("status")).unwrap() > 0);
        assert!(size(pid, 0).is_none(), "it is no daemon");
        assert_eq!(name_and_start("7 (a ) b) S 1 7 7 0 -1 4 5 6 7 8 9 10 11 12 13 14 15 16 99 18"), {
            Some(("a ) b".to_owned(), 99))
        });
    }

    #[test]
    fn a_process_belongs_to_the_node_in_whose_namespace_it_is() {
        let at = |namespace: Option<&str>| Seen {
            node: 0,
            socket: "/nowhere".into(),
            base: "/nowhere".into(),
            namespace: namespace.map(Into::into),
        };
        assert!(of_node(std::process::id(), &at(Some("/proc/self/ns/net"))));
        assert!(!of_node(std::process::id(), &at(None)));
    }
}
