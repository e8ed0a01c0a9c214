//! One service: the parts that it is made of, and what the end of an operation means for them.
//!
//! It begins nothing by itself and knows of no other service; `order` says what it may do when, `shown` how it is seen.

use std::sync::Arc;

use machine::{Calendar, Printed, Time, Wall};

use crate::checking::Checking;
use crate::damping::Damping;
use crate::io::Work;
use crate::judgement::{Judgement, Verdict};
use crate::listening::Listening;
use crate::outcome::{Done, How, Operation};
use crate::presence::Presence;
use crate::restarting::Restarting;
use crate::saved::Reported;
use crate::shown::{Cause, Shown};
use crate::spec::{Kind, Spec};
use crate::task::Task;
use crate::view::State;
use crate::words::{Trouble, told};

/// Where a service stands among the others, as was seen last.
#[derive(Debug)]
pub(crate) struct Place {
    /// Where those stand that it requires.
    pub(crate) needs: Vec<usize>,
    /// Where those stand that are started before it.
    pub(crate) follows: Vec<usize>,
    /// Whether it is to run: it is enabled, and so are those that it requires.
    pub(crate) wanted: bool,
    /// One that it requires, and that is not up.
    pub(crate) lacks: Option<(String, State)>,
    /// Whether nothing more is to be expected of its start or its stop.
    pub(crate) settled: bool,
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
    /// It came while others were running, and has not come up yet: it does not count until it has, or has failed.
    pub(crate) fresh: bool,
    pub(crate) place: Place,
    pub(crate) presence: Presence,
    pub(crate) task: Option<Task>,
    pub(crate) judgement: Judgement,
    pub(crate) checking: Checking,
    pub(crate) restarting: Restarting,
    pub(crate) damping: Damping,
    pub(crate) listening: Listening,
    pub(crate) shown: Shown,
    /// What was done with it last, checks apart.
    pub(crate) last: Option<Arc<Done>>,
}

impl Service {
    pub(crate) fn new(spec: Arc<Spec>, enabled: bool, since: Wall) -> Self {
        let place =
            Place { needs: Vec::new(), follows: Vec::new(), wanted: false, lacks: None, settled: true };
        let state = if enabled { State::Stopped } else { State::Disabled };
        Self {
            spec,
            next_kind: None,
            leaving: false,
            enabled,
            fresh: false,
            place,
            presence: Presence::Down,
            task: None,
            judgement: Judgement::default(),
            checking: Checking::default(),
            restarting: Restarting::default(),
            damping: Damping::default(),
            listening: Listening::default(),
            shown: Shown::new(state, since, String::new()),
            last: None,
        }
    }

    /// Whether it is well; none while that is not known.
    pub(crate) fn firm(&self) -> Option<bool> {
        if self.presence.is_there() { self.judgement.firm() } else { None }
    }

    /// A daemon before this one has left it running, and it is wanted: it is checked before anything else.
    pub(crate) fn is_probed(&self) -> bool {
        self.place.wanted && self.spec.checked && self.presence.is_inherited()
    }

    /// What is known of it is what the daemon before this one knew, or nothing: it has to be looked at.
    pub(crate) fn is_open(&self) -> bool {
        self.is_probed() || self.presence.is_unsure()
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
        self.shown.because(Cause { operation, how: Some(how.clone()), output: told(output) });
        match task.work {
            Work::Check => self.checking.keep(&done),
            _ => self.last = Some(Arc::clone(&done)),
        }
        match &task.work {
            Work::Start => self.started(now, &how, trouble),
            Work::Stop => self.stopped(now, &how, trouble),
            Work::Check => self.checked(now, calendar.time(task.began), &how, trouble),
            Work::Reconfigure(change) => {
                self.listening.ended(now, change, how.is_ok(), self.spec.backoff);
            }
        }
        done
    }

    fn started(&mut self, now: Time, how: &How, trouble: Trouble) {
        self.presence.started(how);
        self.checking.set(now);
        self.judgement.begin();
        match how {
            How::Ok => self.judgement.started(self.spec.checked),
            How::Unknown => {}
            _ => self.fail(now, trouble),
        }
    }

    fn stopped(&mut self, now: Time, how: &How, trouble: Trouble) {
        match how {
            How::Ok | How::NotRunning => self.down(),
            How::Unknown => self.presence.stop_unseen(),
            _ => self.would_not_stop(now, trouble),
        }
    }

    pub(crate) fn would_not_stop(&mut self, now: Time, trouble: Trouble) {
        self.presence.refuse();
        self.fail(now, trouble);
    }

    /// Something is done with it that cannot be ended, so it cannot even be asked to stop.
    pub(crate) fn cannot_stop(&mut self, now: Time) {
        let operation = self.task.as_ref().map_or(Operation::Stop, Task::operation);
        let detail = format!("its {operation} cannot be ended");
        self.would_not_stop(now, Trouble { operation: Operation::Stop, detail });
    }

    fn fail(&mut self, now: Time, trouble: Trouble) {
        self.judgement.fail(trouble);
        self.checking.set(now + self.spec.check_interval);
    }

    /// It runs no more. What it is made of from now on holds.
    pub(crate) fn down(&mut self) {
        let again = self.presence.go_down();
        self.judgement.go_down(again);
        if !again {
            self.damping.forget();
            self.restarting.forget();
        }
        self.restarting.cancel();
        self.listening = Listening::default();
        if let Some(kind) = self.next_kind.take() {
            self.spec = Arc::new(Spec { kind, ..Spec::clone(&self.spec) });
        }
    }

    fn checked(&mut self, now: Time, began: Time, how: &How, trouble: Trouble) {
        self.checking.ended(now, began, self.spec.check_interval, how.is_ok());
        if !self.presence.is_there() {
            return;
        }
        if *how == How::Unknown {
            // Begun by a daemon that is no more: it is done again.
            return self.checking.set(now);
        }
        if self.presence.see() {
            match how {
                How::Ok => self.judge(how, trouble),
                How::NotRunning => self.down(),
                // It may be there by halves: it is stopped before it is started.
                _ => self.presence.cycle(),
            }
        } else if self.place.wanted && self.spec.checked {
            self.judge(how, trouble);
        } else if !self.place.wanted && *how == How::NotRunning && self.presence.half_stopped() {
            self.down();
        }
    }

    /// Counts a check against the thresholds.
    fn judge(&mut self, how: &How, trouble: Trouble) {
        if how.is_ok() {
            self.presence.be_well();
            self.judgement.pass(self.spec.recover_after);
        } else if *how == How::NotRunning && self.presence.half_stopped() {
            // It did stop after all.
            self.down();
        } else {
            self.judgement.miss(self.spec.fail_after, trouble);
        }
    }

    /// Somebody outside has said how it is.
    pub(crate) fn report(&mut self, reported: Reported) {
        self.shown.because(Operation::Report);
        self.judgement.report(reported, self.spec.checked);
    }

    /// It is to be stopped and started, because somebody wants it.
    pub(crate) fn cycle(&mut self, operation: Operation) {
        self.presence.cycle();
        self.shown.because(operation);
    }

    pub(crate) fn may_be_told(&self) -> bool {
        let well = self.judgement.verdict() == Verdict::Good;
        self.place.wanted && self.presence.is_there() && well && !self.is_open()
    }

    /// Whether it is checked by itself, sooner or later.
    pub(crate) fn is_checked(&self) -> bool {
        self.presence.is_there() && self.place.wanted && (self.spec.checked || self.is_open())
    }

    pub(crate) fn wants_check(&self, now: Time) -> bool {
        let due = self.is_open() || (self.spec.checked && self.checking.is_due(now));
        self.checking.is_asked() || (self.is_checked() && due)
    }
}
