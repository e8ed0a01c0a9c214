//! One callback: what waits for it, its runs, its retries, its history.
//!
//! It decides alone; nothing that another callback does can hold it up, apart from the runs beyond its first, which all
//! callbacks share. `callbacks` holds them together.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use machine::{Time, earliest};

use crate::event::Event;
use crate::history::{Attempt, Counters, GivenUp, Reason, RunOutcome};
use crate::io::{Effect, Ending, Owner, RunId, Start};
use crate::limits::{HISTORY_MAX, OUTPUT_MAX, PARALLEL_MAX, SUBJECTS_MAX, WAITING_BYTES, WAITING_MAX};
use crate::order::Order;
use crate::row::Row;
use crate::waiting::{Item, Waiting};

/// Effects on their way out.
pub(crate) type Out = VecDeque<Effect>;

/// Who wants a callback.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// The configuration.
    Configuration,
    /// Somebody on the bus.
    Registered {
        /// The registrant.
        owner: Owner,
        /// Until when, unless it is renewed.
        until: Time,
    },
}

/// A program that runs.
#[derive(Debug)]
pub struct Run {
    items: Vec<Item>,
    started: Time,
    deadline: Time,
    /// Why it was asked to end.
    stopped: Option<RunOutcome>,
    /// What it was told to have missed.
    missed: u64,
}

impl Run {
    /// When it was started.
    #[must_use]
    pub const fn started(&self) -> Time {
        self.started
    }

    /// The numbers of its events.
    pub fn events(&self) -> impl Iterator<Item = u64> {
        self.items.iter().map(|item| item.number)
    }

    /// The number of this attempt, from 1.
    #[must_use]
    pub fn attempt(&self) -> u32 {
        1 + self.items.iter().map(|item| item.failures).max().unwrap_or(0)
    }

    /// Whether it was asked to end.
    #[must_use]
    pub const fn is_stopping(&self) -> bool {
        self.stopped.is_some()
    }
}

/// A callback.
#[derive(Debug)]
pub struct Callback {
    row: Row,
    origin: Origin,
    waiting: Waiting,
    runs: BTreeMap<RunId, Run>,
    /// No run before that time: the last one failed. Not for runs side by side, whose events pause one by one.
    hold: Option<Time>,
    missed: u64,
    counters: Counters,
    attempts: VecDeque<Attempt>,
    given_up: VecDeque<GivenUp>,
    /// It goes with its last run.
    leaving: Option<Reason>,
}

fn remember<T>(list: &mut VecDeque<T>, item: T) {
    if list.len() >= HISTORY_MAX {
        list.pop_front();
    }
    list.push_back(item);
}

fn count(n: usize) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

impl Callback {
    pub(crate) fn new(row: Row, origin: Origin) -> Self {
        Self {
            row,
            origin,
            waiting: Waiting::default(),
            runs: BTreeMap::new(),
            hold: None,
            missed: 0,
            counters: Counters::default(),
            attempts: VecDeque::new(),
            given_up: VecDeque::new(),
            leaving: None,
        }
    }

    /// What it is.
    #[must_use]
    pub const fn row(&self) -> &Row {
        &self.row
    }

    /// Who wants it.
    #[must_use]
    pub const fn origin(&self) -> &Origin {
        &self.origin
    }

    /// What it has done.
    #[must_use]
    pub const fn counters(&self) -> &Counters {
        &self.counters
    }

    /// Events that wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// Programs that run.
    pub fn runs(&self) -> impl Iterator<Item = (RunId, &Run)> {
        self.runs.iter().map(|(id, run)| (*id, run))
    }

    /// When it is run again after a failure, while that lies ahead.
    #[must_use]
    pub fn next_try(&self) -> Option<Time> {
        earliest(self.hold.filter(|_| self.waiting.has_ready()), self.waiting.next_time())
    }

    /// The last runs that have ended, oldest first.
    pub fn attempts(&self) -> impl DoubleEndedIterator<Item = &Attempt> {
        self.attempts.iter()
    }

    /// The last events that were given up, oldest first.
    pub fn given_up(&self) -> impl DoubleEndedIterator<Item = &GivenUp> {
        self.given_up.iter()
    }

    /// Whether it is removed and waits for the end of its last run.
    #[must_use]
    pub const fn is_leaving(&self) -> bool {
        self.leaving.is_some()
    }

    pub(crate) const fn waiting_bytes(&self) -> usize {
        self.waiting.bytes()
    }

    pub(crate) fn runs_beyond_first(&self) -> usize {
        self.runs.len().saturating_sub(1)
    }

    pub(crate) fn is_gone(&self) -> bool {
        self.leaving.is_some() && self.runs.is_empty()
    }

    pub(crate) const fn renew(&mut self, time: Time) {
        if let Origin::Registered { until, .. } = &mut self.origin {
            *until = time;
        }
    }

    /// Is something else from now on. What waits is kept, and is tried at once.
    pub(crate) fn become_row(&mut self, now: Time, row: Row, origin: Origin, out: &mut Out) {
        (self.row, self.origin, self.leaving, self.hold) = (row, origin, None, None);
        for item in self.waiting.drain() {
            self.put(item);
        }
        self.keep_bounds(now, out);
    }

    fn put(&mut self, item: Item) {
        if self.row.order != Order::Coalesce {
            self.waiting.put(item);
        } else if self.waiting.put_latest(item) {
            self.counters.replaced += 1;
        }
    }

    pub(crate) fn take(&mut self, now: Time, number: u64, event: &Arc<Event>, out: &mut Out) {
        self.counters.taken += 1;
        self.put(Item { number, event: Arc::clone(event), failures: 0 });
        self.keep_bounds(now, out);
    }

    fn keep_bounds(&mut self, now: Time, out: &mut Out) {
        let most = if self.row.order == Order::Coalesce { SUBJECTS_MAX } else { WAITING_MAX };
        while self.waiting.len() > most || self.waiting.bytes() > WAITING_BYTES {
            self.give_up_oldest(now, out);
        }
    }

    pub(crate) fn give_up_oldest(&mut self, now: Time, out: &mut Out) {
        if let Some(item) = self.waiting.pop_oldest() {
            self.give_up(now, &item, Reason::Full, out);
        }
    }

    fn give_up(&mut self, at: Time, item: &Item, reason: Reason, out: &mut Out) {
        self.counters.given_up += 1;
        self.missed += 1;
        let what = GivenUp {
            number: item.number,
            topic: item.event.topic().to_owned(),
            subject: item.event.subject().to_owned(),
            attempts: item.failures,
            reason,
            at,
        };
        remember(&mut self.given_up, what.clone());
        out.push_back(Effect::GivenUp { callback: self.row.name.clone(), what });
    }

    /// Takes no more events; what waits is given up, what runs may end by itself.
    pub(crate) fn leave(&mut self, now: Time, reason: Reason, out: &mut Out) {
        self.leaving = Some(reason);
        self.hold = None;
        for item in self.waiting.drain() {
            self.give_up(now, &item, reason, out);
        }
    }

    /// Asks all runs to end.
    pub(crate) fn stop_runs(&mut self, out: &mut Out) {
        for (id, run) in self.runs.iter_mut().filter(|(_, run)| run.stopped.is_none()) {
            run.stopped = Some(RunOutcome::Stopped);
            out.push_back(Effect::Stop(*id));
        }
    }

    /// Starts one run if there is something for it and it may be. `more` says whether a run beyond the first may be.
    pub(crate) fn start(&mut self, now: Time, id: RunId, more: bool, out: &mut Out) -> bool {
        self.waiting.wake(now);
        let most = if self.row.order == Order::Parallel && more { PARALLEL_MAX } else { 1 };
        if self.runs.len() >= most || self.hold.is_some_and(|hold| hold > now) {
            return false;
        }
        let items = match self.row.order {
            Order::Coalesce => self.waiting.pop_all(),
            Order::Serial | Order::Parallel => self.waiting.pop().into_iter().collect(),
        };
        let Some(last) = items.last() else { return false };
        self.hold = None;
        let mut arguments = self.row.arguments.clone();
        arguments.push(last.event.topic().to_owned());
        arguments.extend_from_slice(last.event.arguments());
        let events = items.iter().map(|item| (item.number, Arc::clone(&item.event))).collect();
        let (deadline, missed) = (now + self.row.time_limit, self.missed);
        let run = Run { items, started: now, deadline, stopped: None, missed };
        out.push_back(Effect::Start(Box::new(Start {
            run: id,
            callback: self.row.name.clone(),
            program: self.row.program.clone(),
            user: self.row.user.clone(),
            arguments,
            events,
            attempt: run.attempt(),
            missed,
        })));
        self.runs.insert(id, run);
        true
    }

    pub(crate) fn ended(
        &mut self,
        now: Time,
        id: RunId,
        ending: Ending,
        mut output: Vec<u8>,
        omitted: u64,
        out: &mut Out,
    ) {
        let Some(run) = self.runs.remove(&id) else { return };
        let surplus = output.len().saturating_sub(OUTPUT_MAX);
        output.drain(..surplus);
        let attempt = run.attempt();
        let outcome = run.stopped.unwrap_or_else(|| ending.into());
        let last = run.items.last();
        let done = outcome == RunOutcome::Done;
        remember(
            &mut self.attempts,
            Attempt {
                run: id,
                first: run.items.first().map_or(0, |item| item.number),
                last: last.map_or(0, |item| item.number),
                events: run.items.len(),
                topic: last.map(|item| item.event.topic().to_owned()).unwrap_or_default(),
                attempt,
                started: run.started,
                took: now.since(run.started),
                outcome: outcome.clone(),
                output,
                omitted: omitted.saturating_add(count(surplus)),
            },
        );
        self.counters.runs += 1;
        if done {
            self.counters.failed_in_a_row = 0;
            self.counters.delivered += count(run.items.len());
            self.missed = self.missed.saturating_sub(run.missed);
        } else {
            self.counters.failed += 1;
            self.counters.failed_in_a_row += 1;
            self.failed(now, run.items, outcome, out);
        }
    }

    fn failed(&mut self, now: Time, items: Vec<Item>, how: RunOutcome, out: &mut Out) {
        let at = out.len();
        let mut again = None;
        for mut item in items {
            item.failures += 1;
            if let Some(reason) = self.leaving {
                self.give_up(now, &item, reason, out);
            } else if item.failures > self.row.retries {
                self.give_up(now, &item, Reason::Failed, out);
            } else {
                let pause = self.row.pause(item.failures);
                again = again.max(Some(pause));
                if self.row.order == Order::Parallel {
                    self.waiting.put_paused(now + pause, item);
                } else {
                    self.put(item);
                }
            }
        }
        if self.row.order != Order::Parallel {
            self.hold = again.map(|pause| now + pause);
        }
        out.insert(at, Effect::Failed { callback: self.row.name.clone(), how, again });
        self.keep_bounds(now, out);
    }

    /// Asks runs to end that take too long.
    pub(crate) fn tick(&mut self, now: Time, out: &mut Out) {
        for (id, run) in &mut self.runs {
            if run.deadline <= now && run.stopped.is_none() {
                run.stopped = Some(RunOutcome::TimeLimit);
                out.push_back(Effect::Stop(*id));
            }
        }
    }

    /// When there is something to be done, apart from the end of a lease. `more` as for [`Callback::start`].
    pub(crate) fn next_time(&self, more: bool) -> Option<Time> {
        let deadlines = self.runs.values().filter(|run| run.stopped.is_none()).map(|run| run.deadline);
        let most = if self.row.order == Order::Parallel && more { PARALLEL_MAX } else { 1 };
        let next_try = self.next_try().filter(|_| self.runs.len() < most);
        earliest(deadlines.min(), next_try)
    }

    pub(crate) fn check(&self, next_number: u64) {
        self.waiting.check();
        let in_runs: usize = self.runs.values().map(|run| run.items.len()).sum();
        let c = &self.counters;
        let ended = c.delivered + c.replaced + c.given_up;
        assert_eq!(
            c.taken,
            ended + count(self.waiting.len() + in_runs),
            "{}: an event was lost",
            self.row.name
        );
        assert!(self.waiting.len() <= WAITING_MAX && self.waiting.bytes() <= WAITING_BYTES);
        assert!(self.runs.len() <= PARALLEL_MAX);
        assert!(self.attempts.len() <= HISTORY_MAX && self.given_up.len() <= HISTORY_MAX);
        assert!(self.leaving.is_none() || self.waiting.len() == 0);
        let numbers = self.runs.values().flat_map(Run::events);
        assert!(numbers.max().is_none_or(|last| last < next_number));
        if self.row.order == Order::Coalesce {
            assert!(self.waiting.len() <= SUBJECTS_MAX && self.waiting.subjects_are_unique());
        }
    }
}
