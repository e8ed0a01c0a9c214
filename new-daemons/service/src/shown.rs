//! How a service is seen: one state and its reason, made of all that is known of it, and the change from the one before.

use std::collections::VecDeque;
use std::sync::Arc;

use machine::{Calendar, Printed, Time, Wall};

use crate::course::Course;
use crate::health::reason_of;
use crate::history::{remember, trim};
use crate::judgement::Verdict;
use crate::outcome::{How, Operation};
use crate::presence::Presence;
use crate::service::Service;
use crate::spec::Manager;
use crate::view::{Phase, State, Transition, View};
use crate::words::{cut, span};

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

/// As what a service is seen, since when, why, and what it was before.
#[derive(Debug)]
pub(crate) struct Shown {
    state: State,
    since: Wall,
    reason: String,
    /// Of the step that goes on.
    cause: Option<Cause>,
    history: VecDeque<Arc<Transition>>,
}

impl Shown {
    pub(crate) const fn new(state: State, since: Wall, reason: String) -> Self {
        Self { state, since, reason, cause: None, history: VecDeque::new() }
    }

    pub(crate) const fn state(&self) -> State {
        self.state
    }

    pub(crate) const fn since(&self) -> Wall {
        self.since
    }

    /// Why it came into this state.
    pub(crate) fn reason(&self) -> &str {
        &self.reason
    }

    /// The last changes, oldest first.
    pub(crate) fn history(&self) -> impl ExactSizeIterator<Item = &Arc<Transition>> {
        self.history.iter()
    }

    /// No more changes than that are kept.
    pub(crate) fn trim(&mut self, keep: usize) {
        trim(&mut self.history, keep);
    }

    /// Something has happened that may bring it into another state.
    pub(crate) fn because(&mut self, cause: impl Into<Cause>) {
        self.cause = Some(cause.into());
    }

    /// As a daemon before this one has shown it.
    pub(crate) fn inherit(&mut self, state: State, since: Wall, reason: String) {
        (self.state, self.since, self.reason) = (state, since, reason);
        self.because(Operation::Adoption);
    }

    /// The step is over.
    pub(crate) fn step_over(&mut self) {
        self.cause = None;
    }

    /// Takes this state; what changed, when something did. `there`: whether it is there.
    pub(crate) fn show(
        &mut self,
        at: Wall,
        (state, reason): (State, String),
        there: bool,
        keep: usize,
    ) -> Option<Arc<Transition>> {
        if state == self.state {
            return None;
        }
        let cause = self.cause.clone();
        let cause = match (self.state, state) {
            (_, State::Flapping) | (State::Flapping, _) if there => {
                Cause { operation: Operation::Damping, ..cause.unwrap_or_else(|| Operation::Damping.into()) }
            }
            (_, State::Blocked) => Operation::Required.into(),
            (State::Blocked, _) => cause.unwrap_or_else(|| Operation::Required.into()),
            _ => cause.unwrap_or_else(|| Operation::Command.into()),
        };
        let output = if cause.how.is_some() { cause.output } else { Printed::default() };
        let transition = Arc::new(Transition {
            from: self.state,
            to: state,
            at,
            operation: cause.operation,
            how: cause.how,
            reason: reason.clone(),
            output,
        });
        (self.state, self.since, self.reason) = (state, at, reason);
        remember(&mut self.history, Arc::clone(&transition), keep);
        Some(transition)
    }
}

impl Service {
    /// All about it.
    pub(crate) fn view(&self, calendar: Calendar, course: Course) -> View {
        let wall = |time: Time| calendar.wall(time);
        let checked = self.is_checked() && self.task.is_none();
        View {
            spec: Arc::clone(&self.spec),
            enabled: self.enabled,
            leaving: self.leaving,
            state: self.shown.state(),
            since: self.shown.since(),
            reason: reason_of(self, course),
            under_way: self.task.as_ref().map(|task| task.going(calendar)),
            last: self.last.clone(),
            last_check: self.checking.last().cloned(),
            next_check: Some(wall(self.checking.next())).filter(|_| checked),
            failed_in_a_row: self.judgement.bad(),
            good_in_a_row: if self.judgement.is_recovering() { self.judgement.good() } else { 0 },
            restarts: self.restarting.count,
            next_restart: self.restarting.at().map(wall),
            held_until: self.damping.held_until().map(wall),
            checks: self.checking.count(),
            failed_checks: self.checking.failed(),
            listen: self.listening.told().iter().cloned().collect(),
        }
    }

    /// How it is to be seen, and why it is not up.
    pub(crate) fn seen(&self, manager: Manager, phase: Phase) -> (State, String) {
        let quiet = |state| (state, String::new());
        let active = matches!(phase, Phase::Starting | Phase::Running);
        let trouble =
            |times| self.judgement.trouble().map(|trouble| trouble.reason(times)).unwrap_or_default();
        match self.presence {
            Presence::Coming => quiet(State::Starting),
            Presence::Going(_) => quiet(State::Stopping),
            Presence::Down if !self.enabled => quiet(State::Disabled),
            Presence::Down if !active || self.leaving => quiet(State::Stopped),
            Presence::Down => match &self.place.lacks {
                Some(lacks) => (State::Blocked, required(lacks)),
                None => (State::Starting, "waits for its turn".to_owned()),
            },
            Presence::There(_) if self.presence.refuses() => (State::Failed, trouble(1)),
            Presence::There(_) if !self.place.wanted && manager == Manager::Ctdb => quiet(State::Stopping),
            Presence::There(_) if self.damping.held_until().is_some() => {
                let (count, window) = (self.damping.changes(), span(self.spec.flap_window));
                let hold = span(self.spec.flap_hold);
                let text =
                    format!("changed {count} times within {window}; counts as failed until quiet for {hold}");
                (State::Flapping, self.with_trouble(text))
            }
            Presence::There(_) if self.firm() == Some(false) => match self.judgement.reported() {
                Some(reported) if !reported.healthy => {
                    (State::Failed, cut(&format!("reported: {}", reported.reason)))
                }
                _ if self.judgement.good() > 0 => {
                    let (good, need) = (self.judgement.good(), self.spec.recover_after);
                    (State::Failed, cut(&format!("{}; well {good} of {need} times since", trouble(1))))
                }
                _ => (State::Failed, trouble(self.judgement.bad())),
            },
            Presence::There(_) => match &self.place.lacks {
                Some(lacks) => (State::Blocked, required(lacks)),
                None if self.judgement.verdict() == Verdict::Unknown && self.judgement.bad() > 0 => {
                    (State::Starting, trouble(self.judgement.bad()))
                }
                None if self.judgement.verdict() == Verdict::Unknown && !self.spec.checked => {
                    (State::Starting, "nobody has reported on it yet".to_owned())
                }
                None if self.judgement.verdict() == Verdict::Unknown => {
                    (State::Starting, "was not checked yet".to_owned())
                }
                None if self.judgement.bad() > 0 => (State::Failing, trouble(self.judgement.bad())),
                None => quiet(State::Up),
            },
        }
    }

    fn with_trouble(&self, text: String) -> String {
        let trouble = self
            .judgement
            .trouble()
            .map(|trouble| format!("{text}; {}", trouble.reason(self.judgement.bad())));
        cut(&trouble.unwrap_or(text))
    }
}

fn required((name, state): &(String, State)) -> String {
    format!("requires {name}, which is {state}")
}
