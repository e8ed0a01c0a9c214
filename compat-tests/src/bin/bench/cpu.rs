//! CPUs: which ones this process and its children may use, and how much time a process has had.

use std::fs;

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

/// Nanoseconds that the main threads of these processes have run: field 1 of `schedstat`.
pub(crate) fn used(pids: &[i32]) -> anyhow::Result<u64> {
    let of = |pid: &i32| -> anyhow::Result<u64> {
        let text = fs::read_to_string(format!("/proc/{pid}/schedstat"))?;
        Ok(text.split_ascii_whitespace().next().context("schedstat is empty")?.parse()?)
    };
    pids.iter().map(of).sum()
}
