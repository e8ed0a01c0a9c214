//! What a daemon before this one has left running: found by its process, or by the mark that its processes carry.
//!
//! A process is the same one when its number and the time of its start are. Its end is waited for at a descriptor of the
//! process, so that no other process of that number is ever taken for it. How it ended is not known: it is not ours.

use std::collections::BTreeMap;
use std::fs;
use std::os::fd::OwnedFd;
use std::path::Path;

use nix::sys::signal::{Signal, killpg};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, PidfdFlags, pidfd_open};
use service::{How, OperationOutcome, Printed, Process, Saved, Token};
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::operation::{GRACE, Operation};
use super::{MARK, Place};

/// When a process was started, as the system counts it; none when it is not there, or has ended.
pub(super) fn started(pid: i32) -> Option<u64> {
    // The name is in parentheses and may have anything in it; behind the last one come state, parent, and so on.
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let mut fields = stat.get(stat.rfind(')')? + 1..)?.split_ascii_whitespace();
    if fields.next()? == "Z" {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

/// Whether a process leads a group.
fn leads(pid: i32) -> bool {
    nix::unistd::getpgid(Some(nix::unistd::Pid::from_raw(pid))).is_ok_and(|group| group.as_raw() == pid)
}

/// Whether a process has begun a session: a service that went into the background does, what is run here never does.
fn leads_session(pid: i32) -> bool {
    let pid = nix::unistd::Pid::from_raw(pid);
    nix::unistd::getsid(Some(pid)).is_ok_and(|session| session == pid)
}

/// The leaders of process groups that carry a mark of ours: by mark. Services that were started may carry it, too.
fn marked(wanted: &[String]) -> BTreeMap<String, Process> {
    let mut found = BTreeMap::new();
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    for pid in entries.filter_map(|entry| entry.file_name().to_str()?.parse::<i32>().ok()) {
        let led = leads(pid) && !leads_session(pid);
        let Some(mark) = led.then(|| mark(Path::new(&format!("/proc/{pid}/environ")))).flatten() else {
            continue;
        };
        if wanted.contains(&mark)
            && let Some(started) = started(pid)
        {
            let found = found.entry(mark).or_insert(Process { pid, started });
            // The operation was there before what it has started.
            if started < found.started {
                *found = Process { pid, started };
            }
        }
    }
    found
}

/// The mark of a process.
fn mark(environ: &Path) -> Option<String> {
    let environ = fs::read(environ).ok()?;
    let name = format!("{MARK}=");
    let value = environ.split(|byte| *byte == 0).find_map(|word| word.strip_prefix(name.as_bytes()))?;
    Some(String::from_utf8_lossy(value).into_owned())
}

/// Those of the operations that were left which still run.
#[must_use]
pub fn running(saved: &Saved, place: &Place) -> BTreeMap<Token, Process> {
    let under_way = saved.services.iter().filter_map(|service| service.under_way.as_ref());
    let (known, unknown): (Vec<_>, Vec<_>) = under_way.partition(|operation| operation.process.is_some());
    let mut running: BTreeMap<Token, Process> = known
        .into_iter()
        .filter_map(|operation| Some((operation.token, operation.process?)))
        .filter(|(_, process)| started(process.pid) == Some(process.started) && leads(process.pid))
        .collect();
    let marks: Vec<String> = unknown.iter().map(|operation| place.mark(operation.token)).collect();
    if !marks.is_empty() {
        let found = marked(&marks);
        let found = unknown.iter().zip(&marks).filter_map(|(op, mark)| Some((op.token, *found.get(mark)?)));
        running.extend(found);
    }
    running
}

/// A descriptor of a process, if it is still that one.
fn descriptor(process: Process) -> Option<OwnedFd> {
    let descriptor = pidfd_open(Pid::from_raw(process.pid)?, PidfdFlags::NONBLOCK).ok()?;
    (started(process.pid) == Some(process.started)).then_some(descriptor)
}

/// Told when a process has ended; by a thread that ends with it.
fn end_of(process: Process) -> Option<oneshot::Receiver<()>> {
    let descriptor = descriptor(process)?;
    let (tell, told) = oneshot::channel();
    tokio::task::spawn_blocking(move || {
        let mut watched = [PollFd::new(&descriptor, PollFlags::IN)];
        while let Err(rustix::io::Errno::INTR) = poll(&mut watched, None) {}
        let _ = tell.send(());
    });
    Some(told)
}

/// Waits until a process has ended; or until it is to end, and then for that.
pub(super) async fn follow(process: Process, mut operation: Operation) {
    if let Some(mut ended) = end_of(process) {
        let in_time = tokio::select! {
            _ = &mut ended => true,
            () = operation.asked_to_end() => false,
        };
        if !in_time {
            signal(process, Signal::SIGTERM);
            signal(process, Signal::SIGCONT);
            if timeout(GRACE, &mut ended).await.is_err() {
                signal(process, Signal::SIGKILL);
                let _ = ended.await;
            }
        }
    }
    operation.done(OperationOutcome { how: How::Unknown, output: Printed::default() });
}

/// To the group of a process that leads one and has not been collected: its number is not somebody else's.
fn signal(process: Process, signal: Signal) {
    if started(process.pid) == Some(process.started) && leads(process.pid) {
        let _ = killpg(nix::unistd::Pid::from_raw(process.pid), signal);
    }
}
