//! Reading `/proc`: who runs, who is whose child, who mentions a directory.
//!
//! A process may end between two reads; what cannot be read is treated as gone.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

/// One running process.
#[derive(Clone, Debug)]
pub struct Process {
    /// Its id.
    pub pid: i32,
    /// Its parent's id.
    pub parent: i32,
    /// The kernel's letter for its state: `R`, `S`, `T`, `Z` and so on.
    pub state: char,
    /// Its name, at most 15 bytes.
    pub name: String,
}

/// All processes that this one may see.
#[must_use]
pub fn processes() -> Vec<Process> {
    let Ok(entries) = fs::read_dir("/proc") else { return Vec::new() };
    entries
        .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
        .filter_map(|pid: i32| parse_stat(pid, &fs::read_to_string(format!("/proc/{pid}/stat")).ok()?))
        .collect()
}

/// All processes whose command line, environment or working directory names `path`; zombies are not counted.
#[must_use]
pub fn processes_mentioning(path: &Path) -> Vec<Process> {
    let needle = path.as_os_str().as_bytes();
    let names = |bytes: Vec<u8>| bytes.windows(needle.len()).any(|window| window == needle);
    let mentions = |pid: i32| {
        ["cmdline", "environ"].iter().any(|file| fs::read(format!("/proc/{pid}/{file}")).is_ok_and(names))
            || fs::read_link(format!("/proc/{pid}/cwd")).is_ok_and(|cwd| cwd.starts_with(path))
    };
    processes().into_iter().filter(|process| process.state != 'Z' && mentions(process.pid)).collect()
}

/// The children of `root`, their children, and so on; not `root` itself. Zombies are left out.
pub(crate) fn descendants(root: i32) -> Vec<Process> {
    let all = processes();
    let mut found = BTreeSet::from([root]);
    loop {
        let more: Vec<i32> = all
            .iter()
            .filter(|process| found.contains(&process.parent) && !found.contains(&process.pid))
            .map(|process| process.pid)
            .collect();
        if more.is_empty() {
            break;
        }
        found.extend(more);
    }
    all.into_iter().filter(|p| p.pid != root && p.state != 'Z' && found.contains(&p.pid)).collect()
}

/// `pid (name) state parent ...`; the name may contain blanks and parentheses.
fn parse_stat(pid: i32, stat: &str) -> Option<Process> {
    let (head, tail) = stat.rsplit_once(')')?;
    let (_, name) = head.split_once('(')?;
    let mut fields = tail.split_ascii_whitespace();
    let state = fields.next()?.chars().next()?;
    let parent = fields.next()?.parse().ok()?;
    Some(Process { pid, parent, state, name: name.to_owned() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_name_may_contain_blanks_and_parentheses() {
        let process = parse_stat(7, "7 (a ) b) T 3 7 7 0").unwrap();
        assert_eq!((process.name.as_str(), process.state, process.parent), ("a ) b", 'T', 3));
    }

    #[test]
    fn this_process_is_found_under_its_parent() {
        let me = i32::try_from(std::process::id()).unwrap();
        let parent = processes().into_iter().find(|process| process.pid == me).unwrap().parent;
        assert!(descendants(parent).iter().any(|process| process.pid == me));
    }
}
