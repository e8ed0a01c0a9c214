//! One event that runs: its directory is read, its scripts run one after the other, and it ends once.
//!
//! The first script that fails ends it, unless all are asked for; one that is not executable is passed over.

use std::sync::Arc;

use machine::{Output, Time};

use crate::history::{Report, Results, ScriptRun};
use crate::input::{Ended, How, Notice, RunResult, Token, What};
use crate::limits::{LISTING, PEEK};
use crate::outcome::{Errno, ScriptOutcome};
use crate::queue::Job;
use crate::scripts::Script;
use crate::word::Word;

/// What an event is doing.
#[derive(Debug)]
pub(crate) enum Phase {
    /// The directory is being read, until then at most.
    Listing(Token, Time),
    /// A script runs.
    Script(Current),
    /// Its time is over; what it has printed is on its way here.
    GivingUp(Current, Time),
}

/// The script that runs.
#[derive(Debug)]
pub(crate) struct Current {
    pub(crate) token: Token,
    pub(crate) pid: Option<i32>,
    pub(crate) began: Time,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Next {
    /// This script is to be started.
    Start(Word),
    /// It is over.
    Over,
}

/// An event that runs.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) number: u64,
    pub(crate) job: Job,
    pub(crate) began: Time,
    pub(crate) phase: Phase,
    scripts: Vec<Script>,
    index: usize,
    /// Of the results: the script that was run last.
    closed: Option<usize>,
    results: Results,
    summary: ScriptOutcome,
    culprit: Option<Word>,
    error: Option<Errno>,
}

impl Run {
    pub(crate) fn new(now: Time, number: u64, job: Job, listing: Token) -> Self {
        let until = job.deadline.max(now + LISTING);
        Self {
            number,
            job,
            began: now,
            phase: Phase::Listing(listing, until),
            scripts: Vec::new(),
            index: 0,
            closed: None,
            results: Results::default(),
            summary: ScriptOutcome::Ok,
            culprit: None,
            error: None,
        }
    }

    /// The directory was read.
    pub(crate) fn listed(&mut self, now: Time, scripts: Result<Vec<Script>, Errno>) -> Next {
        match scripts {
            Ok(scripts) => {
                self.scripts = scripts;
                self.advance(now)
            }
            Err(errno) => {
                self.error = Some(errno);
                Next::Over
            }
        }
    }

    /// Passes over what is disabled.
    fn advance(&mut self, now: Time) -> Next {
        while let Some(Script { name, enabled }) = self.scripts.get(self.index) {
            if *enabled {
                return Next::Start(name.clone());
            }
            let (script, outcome, output) = (name.clone(), ScriptOutcome::Disabled, Output::default());
            self.results.push(ScriptRun { script, began: now, ended: now, outcome, output });
            self.index += 1;
        }
        Next::Over
    }

    /// The next script is being started.
    pub(crate) fn start(&mut self, now: Time, token: Token) {
        self.phase = Phase::Script(Current { token, pid: None, began: now });
    }

    /// The script that runs, if that is the one with this token.
    pub(crate) fn current(&mut self, token: Token) -> Option<&mut Current> {
        match &mut self.phase {
            Phase::Script(current) | Phase::GivingUp(current, _) if current.token == token => Some(current),
            _ => None,
        }
    }

    /// The name of the script that runs.
    pub(crate) fn script(&self) -> Word {
        self.scripts.get(self.index).map(|script| script.name.clone()).unwrap_or_default()
    }

    /// The script ended by itself; too late, if it was being given up.
    pub(crate) fn ended(&mut self, now: Time, how: How, output: Output) -> Next {
        let late = matches!(self.phase, Phase::GivingUp(..));
        self.close(now, if late { ScriptOutcome::TimedOut } else { ScriptOutcome::of(how) }, output)
    }

    /// The script was given up.
    pub(crate) fn gave_up(&mut self, now: Time, output: Output) -> Next {
        self.close(now, ScriptOutcome::TimedOut, output)
    }

    fn close(&mut self, now: Time, outcome: ScriptOutcome, output: Output) -> Next {
        let began = match &self.phase {
            Phase::Script(current) | Phase::GivingUp(current, _) => current.began,
            Phase::Listing(..) => now,
        };
        let script = self.script();
        self.index += 1;
        if !outcome.is_fine() {
            (self.summary, self.culprit) = (outcome, Some(script.clone()));
        }
        self.closed = Some(self.results.scripts.len());
        self.results.push(ScriptRun { script, began, ended: now, outcome, output });
        if outcome.is_fine() || self.job.all { self.advance(now) } else { Next::Over }
    }

    /// Its time is over while a script runs: the token to ask for its output.
    pub(crate) fn overdue(&mut self, now: Time) -> Option<Token> {
        if self.job.deadline > now {
            return None;
        }
        match &mut self.phase {
            Phase::Script(current) => {
                let Current { token, pid, began } = *current;
                self.phase = Phase::GivingUp(Current { token, pid, began }, now + PEEK);
                Some(token)
            }
            Phase::Listing(..) | Phase::GivingUp(..) => None,
        }
    }

    /// When something is due.
    pub(crate) fn timeout(&self) -> Time {
        match &self.phase {
            Phase::Script(_) => self.job.deadline,
            Phase::Listing(_, until) | Phase::GivingUp(_, until) => *until,
        }
    }

    /// Something about it that others may want to know.
    pub(crate) fn notice(&self, component: &Word, what: What) -> Notice {
        let (component, event, args) = (component.clone(), self.job.event.clone(), self.job.args.clone());
        Notice { run: self.number, component, event, args, began: self.began, what }
    }

    /// The script that was run last, and has ended.
    pub(crate) fn closed(&self) -> Option<&ScriptRun> {
        self.closed.and_then(|at| self.results.scripts.get(at))
    }

    /// What came of it, with the report to be kept.
    pub(crate) fn over(&mut self) -> (RunResult, Ended, Option<Word>) {
        let run = self.number;
        match self.error {
            Some(Errno::TIMEDOUT) => return (RunResult::TimedOut, Ended { run, report: None }, None),
            Some(errno) => return (RunResult::Error(errno), Ended { run, report: None }, None),
            None => {}
        }
        let result = match self.summary {
            outcome if outcome.is_fine() => RunResult::Ok,
            ScriptOutcome::TimedOut => RunResult::TimedOut,
            _ => RunResult::Failed,
        };
        let scripts = std::mem::take(&mut self.results).scripts;
        let report = Some(Arc::new(Report { summary: self.summary, scripts }));
        (result, Ended { run, report }, self.culprit.take())
    }
}
