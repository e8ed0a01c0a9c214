//! One service: what is known of it, and what the end of an operation means for it.
//!
//! It begins nothing by itself and knows of no other service; `order` says what it may do when, `shown` how it is seen.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;

use machine::{Calendar, Printed, Time, Wall};

use crate::damping::Damping;
use crate::io::{Address, Work};
use crate::outcome::{Done, How, Operation};
use crate::restarting::Restarting;
use crate::saved::{Life, Reported};
use crate::spec::{Kind, Spec};
use crate::task::Task;
use crate::view::{State, Transition};
use crate::words::{Trouble, told};

/// What the checks of a service say, thresholds applied.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was not checked since it was started.
    #[default]
    Unknown,
    Good,
    Failed,
}

/// What has brought a service into the state in which it is seen next.
#[derive(Clone, Debug)]
pub(crate) struct Cause {
    pub(crate) operation: Operation,
    pub(crate) how: Option<How>,
    pub(crate) output: Printed,
}

impl From<Operation> for Cause {
    fn from(operation: Operation) -> Self {
        Self { operation, how: None, output: Printed::default() }
    }
}

/// What a service was told of the node's addresses.
#[derive(Clone, Debug, Default)]
pub(crate) struct Listening {
    pub(crate) told: BTreeSet<Address>,
    /// What it may have been told besides: that failed, or goes on.
    pub(crate) perhaps: BTreeSet<Address>,
    /// Tries in a row that failed.
    pub(crate) failures: u32,
    /// No try before that.
    pub(crate) hold: Option<Time>,
}

impl Listening {
    /// Whether it listens on other addresses than these, or may do so.
    pub(crate) fn differs(&self, all: &BTreeSet<Address>) -> bool {
        self.told != *all || !self.perhaps.is_subset(all)
    }
}

/// A service.
#[derive(Debug)]
pub(crate) struct Service {
    pub(crate) spec: Arc<Spec>,
    /// It is made of something else as soon as it is stopped.
    pub(crate) next_kind: Option<Kind>,
    /// It is configured no more, and goes when it is stopped.
    pub(crate) leaving: bool,
    pub(crate) enabled: bool,
    /// Where those stand that it requires.
    pub(crate) needs: Vec<usize>,
    /// Where those stand that are started before it.
    pub(crate) follows: Vec<usize>,

    pub(crate) life: Life,
    pub(crate) task: Option<Task>,
    pub(crate) verdict: Verdict,
    pub(crate) bad: u32,
    pub(crate) good: u32,
    /// It had failed, and was not well since.
    pub(crate) recovering: bool,
    pub(crate) trouble: Option<Trouble>,
    pub(crate) start_failed: bool,
    /// It would not stop, and is to be stopped still.
    pub(crate) stop_failed: bool,
    /// A stop of it failed, and it was not well since: it may run no more.
    pub(crate) half_stopped: bool,
    /// It is stopped in order to be started.
    pub(crate) cycling: bool,
    /// Nobody saw how its start or its stop ended.
    pub(crate) unsure: bool,
    /// A daemon before this one has left it running, and this one has not checked it yet.
    pub(crate) unseen: bool,
    /// So it is checked before anything else, for it is wanted.
    pub(crate) probe: bool,
    /// It came while others were running, and has not come up yet: it does not count until it has, or has failed.
    pub(crate) fresh: bool,
    /// Somebody has asked for a check.
    pub(crate) asked: bool,
    pub(crate) reported: Option<Reported>,
    pub(crate) next_check: Time,
    pub(crate) restarting: Restarting,
    pub(crate) damping: Damping,
    pub(crate) listening: Listening,

    /// Whether it is to run: it is enabled, and so are those that it requires.
    pub(crate) wanted: bool,
    /// One that it requires, and that is not up.
    pub(crate) lacks: Option<(String, State)>,
    /// Whether nothing more is to be expected of its start or its stop.
    pub(crate) settled: bool,
    pub(crate) state: State,
    pub(crate) since: Wall,
    /// Why it came into this state.
    pub(crate) reason: String,
    pub(crate) cause: Option<Cause>,
    pub(crate) last: Option<Arc<Done>>,
    pub(crate) last_check: Option<Arc<Done>>,
    pub(crate) checks: u64,
    pub(crate) failed_checks: u64,
    pub(crate) history: VecDeque<Arc<Transition>>,
}

impl Service {
    pub(crate) fn new(spec: Arc<Spec>, enabled: bool, since: Wall) -> Self {
        Self {
            spec,
            next_kind: None,
            leaving: false,
            enabled,
            needs: Vec::new(),
            follows: Vec::new(),
            life: Life::Down,
            task: None,
            verdict: Verdict::Unknown,
            bad: 0,
            good: 0,
            recovering: false,
            trouble: None,
            start_failed: false,
            stop_failed: false,
            half_stopped: false,
            cycling: false,
            unsure: false,
            probe: false,
            unseen: false,
            fresh: false,
            asked: false,
            reported: None,
            next_check: Time::ZERO,
            restarting: Restarting::default(),
            damping: Damping::default(),
            listening: Listening::default(),
            wanted: false,
            lacks: None,
            settled: true,
            state: if enabled { State::Stopped } else { State::Disabled },
            since,
            reason: String::new(),
            cause: None,
            last: None,
            last_check: None,
            checks: 0,
            failed_checks: 0,
            history: VecDeque::new(),
        }
    }

    /// Whether it is well; none while that is not known.
    pub(crate) fn firm(&self) -> Option<bool> {
        if self.life != Life::There {
            None
        } else if self.reported.as_ref().is_some_and(|reported| !reported.healthy) {
            Some(false)
        } else {
            match self.verdict {
                Verdict::Unknown => None,
                Verdict::Good => Some(true),
                Verdict::Failed => Some(false),
            }
        }
    }

    /// Whether it runs no more, or would not stop.
    pub(crate) fn is_over(&self) -> bool {
        self.life == Life::Down || (self.life == Life::There && self.stop_failed)
    }

    /// An operation has ended, or is taken for ended.
    pub(crate) fn ended(
        &mut self,
        now: Time,
        calendar: Calendar,
        task: &Task,
        how: How,
        output: &Printed,
        keep: usize,
    ) -> Arc<Done> {
        let operation = task.operation();
        let trouble = Trouble::new(operation, &how, output, task.limit);
        let done = Arc::new(Done {
            operation,
            reason: if how.is_ok() { String::new() } else { trouble.reason(1) },
            how: how.clone(),
            began: task.began,
            took: calendar.since(now, task.began),
            output: output.tail(keep),
        });
        self.cause = Some(Cause { operation, how: Some(how.clone()), output: told(output) });
        match task.work {
            Work::Check => self.last_check = Some(Arc::clone(&done)),
            _ => self.last = Some(Arc::clone(&done)),
        }
        match &task.work {
            Work::Start => self.started(now, &how, trouble),
            Work::Stop => self.stopped(now, &how, trouble),
            Work::Check => self.checked(now, calendar.time(task.began), &how, trouble),
            Work::Reconfigure(change) => {
                if how.is_ok() {
                    self.listening =
                        Listening { told: change.all.iter().cloned().collect(), ..Listening::default() };
                } else {
                    let pause = crate::restarting::pause(self.spec.backoff, self.listening.failures);
                    self.listening.failures = self.listening.failures.saturating_add(1);
                    self.listening.hold = Some(now + pause);
                }
            }
        }
        done
    }

    fn started(&mut self, now: Time, how: &How, trouble: Trouble) {
        self.life = Life::There;
        self.next_check = now;
        (self.bad, self.good) = (0, 0);
        match how {
            How::Ok => {
                self.start_failed = false;
                self.trouble = None;
                self.verdict = if self.spec.checked { Verdict::Unknown } else { Verdict::Good };
            }
            How::Unknown => self.unsure = true,
            _ => {
                self.start_failed = true;
                self.fail(trouble);
                self.next_check = now + self.spec.check_interval;
            }
        }
    }

    fn stopped(&mut self, now: Time, how: &How, trouble: Trouble) {
        match how {
            How::Ok | How::NotRunning => self.down(),
            How::Unknown => {
                self.life = Life::There;
                self.unsure = true;
            }
            _ => self.would_not_stop(now, trouble),
        }
    }

    pub(crate) fn would_not_stop(&mut self, now: Time, trouble: Trouble) {
        self.life = Life::There;
        (self.stop_failed, self.half_stopped) = (true, true);
        self.cycling = false;
        self.fail(trouble);
        self.next_check = now + self.spec.check_interval;
    }

    /// Something is done with it that cannot be ended, so it cannot even be asked to stop.
    pub(crate) fn cannot_stop(&mut self, now: Time) {
        let operation = self.task.as_ref().map_or(Operation::Stop, Task::operation);
        let detail = format!("its {operation} cannot be ended");
        self.would_not_stop(now, Trouble { operation: Operation::Stop, detail });
    }

    fn fail(&mut self, trouble: Trouble) {
        self.verdict = Verdict::Failed;
        self.recovering = true;
        self.good = 0;
        self.trouble = Some(trouble);
    }

    /// It runs no more. What it is made of from now on holds.
    pub(crate) fn down(&mut self) {
        self.life = Life::Down;
        self.verdict = Verdict::Unknown;
        (self.bad, self.good) = (0, 0);
        self.trouble = None;
        if !self.cycling {
            self.recovering = false;
            self.damping.forget();
            self.restarting.forget();
        }
        self.cycling = false;
        (self.start_failed, self.stop_failed, self.half_stopped) = (false, false, false);
        (self.unsure, self.probe, self.unseen) = (false, false, false);
        self.restarting.cancel();
        self.listening = Listening::default();
        if let Some(kind) = self.next_kind.take() {
            self.spec = Arc::new(Spec { kind, ..Spec::clone(&self.spec) });
        }
    }

    fn checked(&mut self, now: Time, began: Time, how: &How, trouble: Trouble) {
        self.checks += 1;
        self.asked = false;
        self.failed_checks += u64::from(!how.is_ok());
        let next = began + self.spec.check_interval;
        self.next_check = if next > now { next } else { now + self.spec.check_interval };
        if self.life != Life::There {
            return;
        }
        if *how == How::Unknown {
            // Begun by a daemon that is no more: it is done again.
            self.next_check = now;
        } else if self.unsure {
            (self.unsure, self.probe, self.unseen) = (false, false, false);
            match how {
                How::Ok => self.judge(how, trouble),
                How::NotRunning => self.down(),
                // It may be there by halves: it is stopped before it is started.
                _ => self.cycling = true,
            }
        } else {
            (self.probe, self.unseen) = (false, false);
            if self.wanted && self.spec.checked {
                self.judge(how, trouble);
            } else if !self.wanted && *how == How::NotRunning && self.half_stopped {
                self.down();
            }
        }
    }

    /// Counts a check against the thresholds.
    fn judge(&mut self, how: &How, trouble: Trouble) {
        if how.is_ok() {
            (self.start_failed, self.half_stopped) = (false, false);
            self.bad = 0;
            self.good = self.good.saturating_add(1);
            let enough = if self.recovering { self.spec.recover_after } else { 1 };
            if self.verdict == Verdict::Good || self.good >= enough {
                self.verdict = Verdict::Good;
                self.recovering = false;
                self.trouble = None;
            }
        } else if *how == How::NotRunning && self.half_stopped {
            // It did stop after all.
            self.down();
        } else {
            self.good = 0;
            self.bad = self.bad.saturating_add(1);
            self.trouble = Some(trouble.clone());
            if self.bad >= self.spec.fail_after {
                self.fail(trouble);
            }
        }
    }

    /// Somebody outside has said how it is.
    pub(crate) fn report(&mut self, reported: Reported) {
        self.cause = Some(Operation::Report.into());
        if reported.healthy && !self.spec.checked {
            self.verdict = Verdict::Good;
        }
        self.reported = Some(reported);
    }

    /// It is to be stopped and started, because somebody wants it.
    pub(crate) fn cycle(&mut self, operation: Operation) {
        self.cycling = self.life != Life::Down;
        self.stop_failed = false;
        self.cause = Some(operation.into());
    }

    /// The addresses of which it has to be told now.
    pub(crate) fn has_news(&self, all: &BTreeSet<Address>, now: Time) -> bool {
        self.may_be_told()
            && self.listening.differs(all)
            && self.listening.hold.is_none_or(|hold| hold <= now)
    }

    pub(crate) fn may_be_told(&self) -> bool {
        self.wanted
            && self.life == Life::There
            && self.verdict == Verdict::Good
            && !self.probe
            && !self.unsure
    }

    /// Whether it is checked by itself, sooner or later.
    pub(crate) fn is_checked(&self) -> bool {
        self.life == Life::There && self.wanted && (self.spec.checked || self.probe || self.unsure)
    }

    pub(crate) fn wants_check(&self, now: Time) -> bool {
        let due = self.probe || self.unsure || (self.spec.checked && self.next_check <= now);
        self.asked || (self.is_checked() && due)
    }
}
