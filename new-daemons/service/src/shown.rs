//! How a service is seen: one state and its reason, made of all that is known of it, and the change from the one before.

use std::sync::Arc;

use machine::{Calendar, Printed, Time};

use crate::history::remember;
use crate::outcome::Operation;
use crate::saved::Life;
use crate::service::{Cause, Service, Verdict};
use crate::spec::Manager;
use crate::view::{Phase, State, Transition};
use crate::words::{cut, span};

impl Service {
    /// How it is to be seen, and why it is not up.
    pub(crate) fn seen(&self, manager: Manager, phase: Phase) -> (State, String) {
        let quiet = |state| (state, String::new());
        let active = matches!(phase, Phase::Starting | Phase::Running);
        let trouble = |times| self.trouble.as_ref().map(|trouble| trouble.reason(times)).unwrap_or_default();
        match self.life {
            Life::Coming => quiet(State::Starting),
            Life::Going => quiet(State::Stopping),
            Life::Down if !self.enabled => quiet(State::Disabled),
            Life::Down if !active || self.leaving => quiet(State::Stopped),
            Life::Down => match &self.lacks {
                Some(lacks) => (State::Blocked, required(lacks)),
                None => (State::Starting, "waits for its turn".to_owned()),
            },
            Life::There if self.stop_failed => (State::Failed, trouble(1)),
            Life::There if !self.wanted && manager == Manager::Ctdb => quiet(State::Stopping),
            Life::There if self.damping.held_until().is_some() => {
                let (count, window) = (self.damping.changes(), span(self.spec.flap_window));
                let hold = span(self.spec.flap_hold);
                let text =
                    format!("changed {count} times within {window}; counts as failed until quiet for {hold}");
                (State::Flapping, self.with_trouble(text))
            }
            Life::There if self.firm() == Some(false) => match &self.reported {
                Some(reported) if !reported.healthy => {
                    (State::Failed, cut(&format!("reported: {}", reported.reason)))
                }
                _ if self.good > 0 => {
                    let (good, need) = (self.good, self.spec.recover_after);
                    (State::Failed, cut(&format!("{}; well {good} of {need} times since", trouble(1))))
                }
                _ => (State::Failed, trouble(self.bad)),
            },
            Life::There => match &self.lacks {
                Some(lacks) => (State::Blocked, required(lacks)),
                None if self.verdict == Verdict::Unknown && self.bad > 0 => {
                    (State::Starting, trouble(self.bad))
                }
                None if self.verdict == Verdict::Unknown && !self.spec.checked => {
                    (State::Starting, "nobody has reported on it yet".to_owned())
                }
                None if self.verdict == Verdict::Unknown => {
                    (State::Starting, "was not checked yet".to_owned())
                }
                None if self.bad > 0 => (State::Failing, trouble(self.bad)),
                None => quiet(State::Up),
            },
        }
    }

    fn with_trouble(&self, text: String) -> String {
        let trouble = self.trouble.as_ref().map(|trouble| format!("{text}; {}", trouble.reason(self.bad)));
        cut(&trouble.unwrap_or(text))
    }

    /// Takes this state; what changed, when something did.
    pub(crate) fn show(
        &mut self,
        now: Time,
        calendar: Calendar,
        state: State,
        reason: String,
        keep: usize,
    ) -> Option<Arc<Transition>> {
        let cause = self.cause.clone();
        if state == self.state {
            return None;
        }
        let cause = match (self.state, state) {
            (_, State::Flapping) | (State::Flapping, _) if self.life == Life::There => {
                Cause { operation: Operation::Damping, ..cause.unwrap_or_else(|| Operation::Damping.into()) }
            }
            (_, State::Blocked) => Operation::Required.into(),
            (State::Blocked, _) => cause.unwrap_or_else(|| Operation::Required.into()),
            _ => cause.unwrap_or_else(|| Operation::Command.into()),
        };
        let at = calendar.wall(now);
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

fn required((name, state): &(String, State)) -> String {
    format!("requires {name}, which is {state}")
}
