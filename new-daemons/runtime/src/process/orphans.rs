//! Children that nobody waits for any more: those of a [`super::Running`] that was dropped, and those that a daemon with
//! process id 1 gets when their parents end.
//!
//! No child is collected that a `Running` still waits for: its id would be free for somebody else before the last signal.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::process::{Child, Command};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::sys::wait::{WaitPidFlag, waitpid};
use nix::unistd::Pid;
use tokio::signal::unix::{SignalKind, signal};

#[derive(Debug, Default)]
struct Children {
    /// Those that somebody waits for.
    awaited: BTreeSet<u32>,
    /// Killed, and not yet collected.
    dropped: Vec<Child>,
}

static CHILDREN: Mutex<Children> = Mutex::new(Children { awaited: BTreeSet::new(), dropped: Vec::new() });

fn children() -> MutexGuard<'static, Children> {
    CHILDREN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Starts a child that is waited for from its first moment on.
pub(super) fn spawn(command: &mut Command) -> io::Result<Child> {
    let mut children = children();
    let child = command.spawn()?;
    children.awaited.insert(child.id());
    Ok(child)
}

/// A child was collected.
pub(super) fn collected(pid: u32) {
    children().awaited.remove(&pid);
}

/// Leaves a child that was killed to whoever collects next.
pub(super) fn leave(child: Child) {
    children().dropped.push(child);
}

/// Collects those that were left and have ended.
pub(super) fn collect() {
    let mut children = children();
    let children = &mut *children;
    children.dropped.retain_mut(|child| {
        let gone = !matches!(child.try_wait(), Ok(None));
        if gone {
            children.awaited.remove(&child.id());
        }
        !gone
    });
}

/// Collects for ever what this process never started: orphans that came to it because its process id is 1, or because it
/// has asked for them as a subreaper. Without such a role there is nothing to call this for.
///
/// # Errors
/// When the signal for ended children cannot be waited for.
pub async fn adopt() -> io::Result<()> {
    let mut ended = signal(SignalKind::child())?;
    loop {
        collect();
        collect_adopted();
        ended.recv().await;
    }
}

fn collect_adopted() {
    // Held meanwhile, so that no child is started and not yet known.
    let children = children();
    for pid in child_ids().into_iter().filter(|pid| !children.awaited.contains(pid)) {
        let Ok(pid) = i32::try_from(pid) else { continue };
        let _ = waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG));
    }
}

/// The children of all threads, as the kernel lists them.
fn child_ids() -> Vec<u32> {
    let threads = fs::read_dir("/proc/self/task").into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists
        .flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>())
        .collect()
}
