//! CPUs: which ones this process and its children may use, and how much time a process has had.

use std::fs;
use std::time::Duration;

use anyhow::Context;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

const THIS: Pid = Pid::from_raw(0);

/// The CPUs that this process may use, and may go back to.
pub(crate) struct Cpus(CpuSet);

impl Cpus {
    pub(crate) fn allowed() -> anyhow::Result<Self> {
        Ok(Self(sched_getaffinity(THIS)?))
    }

    pub(crate) fn numbers(&self) -> Vec<usize> {
        (0..CpuSet::count()).filter(|cpu| self.0.is_set(*cpu).unwrap_or_default()).collect()
    }

    /// From now on this thread, and the threads and processes that it starts, use the last of the CPUs only.
    pub(crate) fn pin_to_last(&self) -> anyhow::Result<usize> {
        let last = *self.numbers().last().context("no CPU")?;
        let mut one = CpuSet::new();
        one.set(last)?;
        sched_setaffinity(THIS, &one)?;
        Ok(last)
    }

    /// Back to all of them.
    pub(crate) fn unpin(&self) -> anyhow::Result<()> {
        Ok(sched_setaffinity(THIS, &self.0)?)
    }
}

/// How long all threads of this process have run so far: field 1 of their `schedstat`. Threads that have ended do not count.
pub(crate) fn used(pid: i32) -> anyhow::Result<Duration> {
    let mut all = Duration::ZERO;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let text = fs::read_to_string(task?.path().join("schedstat"))?;
        let field = text.split_ascii_whitespace().next().context("schedstat is empty")?;
        all += Duration::from_nanos(field.parse()?);
    }
    Ok(all)
}
