//! The events of a component that wait.
//!
//! Who is asked first comes first. Bounded in numbers and bytes. A node that releases all its
//! addresses asks for an event each, all at once, so the numbers are large.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use machine::{RequestId, Time};

use crate::MONITOR;
use crate::input::Origin;
use crate::limits::{ARGUMENT_COST, QUEUE, QUEUE_BYTES};
use crate::outcome::Errno;
use crate::word::Word;

/// An event that is to run.
#[derive(Clone, Debug)]
pub(crate) struct Job {
    pub(crate) id: RequestId,
    pub(crate) origin: Origin,
    pub(crate) event: Word,
    pub(crate) args: Arc<[Word]>,
    /// The end of its time, counted from the request as C counts it: waiting costs time too.
    pub(crate) deadline: Time,
    pub(crate) limit: Duration,
    pub(crate) all: bool,
}

impl Job {
    pub(crate) fn is_monitor(&self) -> bool {
        self.event.as_bytes() == MONITOR.as_bytes()
    }

    /// Bytes that it takes while it waits.
    fn weight(&self) -> usize {
        self.event.len() + self.args.iter().map(|arg| ARGUMENT_COST + arg.len()).sum::<usize>()
    }
}

#[derive(Debug, Default)]
pub(crate) struct Queue {
    jobs: VecDeque<Job>,
    bytes: usize,
}

impl Queue {
    pub(crate) fn push(&mut self, job: Job) -> Result<(), Errno> {
        let bytes = self.bytes.saturating_add(job.weight());
        if self.jobs.len() >= QUEUE || bytes > QUEUE_BYTES {
            return Err(Errno::AGAIN);
        }
        self.bytes = bytes;
        self.jobs.push_back(job);
        Ok(())
    }

    pub(crate) fn pop(&mut self) -> Option<Job> {
        let job = self.jobs.pop_front()?;
        self.bytes -= job.weight();
        Some(job)
    }

    /// What somebody has asked for who is gone is not begun.
    pub(crate) fn drop_of(&mut self, origin: Origin) {
        self.jobs.retain(|job| job.origin != origin);
        self.bytes = self.jobs.iter().map(Job::weight).sum();
    }

    pub(crate) fn len(&self) -> usize {
        self.jobs.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.jobs.is_empty()
    }

    pub(crate) fn check(&self) {
        assert!(self.jobs.len() <= QUEUE && self.bytes <= QUEUE_BYTES);
        assert_eq!(self.bytes, self.jobs.iter().map(Job::weight).sum::<usize>());
    }
}
