//! One component: its queue, the event that runs, what hangs, and its history.
//!
//! Steps of a run lead from one to the next here; the tokens and the requests are the daemon's.

use machine::{Level, Output, Time, earliest};

use crate::history::History;
use crate::hung::{Hung, Was, lines};
use crate::input::{Answer, ComponentState, Effect, Ended, Entry, How, Origin, RunResult, Token, What};
use crate::limits::LINES;
use crate::outcome::Errno;
use crate::queue::{Job, Queue};
use crate::run::{Next, Phase, Run};
use crate::scripts::choose;
use crate::word::Word;

/// What a step needs of the daemon: the time, new tokens, and where effects go.
pub(crate) struct Step<'a> {
    pub(crate) now: Time,
    pub(crate) hook: bool,
    pub(crate) out: &'a mut Vec<Effect>,
    pub(crate) tokens: &'a mut u64,
    /// Of the run that began last.
    pub(crate) runs: &'a mut u64,
}

impl Step<'_> {
    pub(crate) fn token(&mut self) -> Token {
        *self.tokens += 1;
        Token(*self.tokens)
    }

    fn log(&mut self, level: Level, line: impl Into<String>) {
        self.out.push(Effect::Log(level, line.into()));
    }
}

#[derive(Debug)]
pub(crate) struct Component {
    pub(crate) name: Word,
    /// Its directory was seen once.
    pub(crate) known: bool,
    pub(crate) history: History,
    queue: Queue,
    running: Option<Run>,
    hung: Hung,
}

impl Component {
    pub(crate) fn new(name: Word) -> Self {
        Self {
            name,
            known: false,
            history: History::default(),
            queue: Queue::default(),
            running: None,
            hung: Hung::default(),
        }
    }

    /// Whether nothing is lost when it is forgotten.
    pub(crate) fn is_idle(&self) -> bool {
        !self.known && self.running.is_none() && self.queue.is_empty() && self.hung.is_empty()
    }

    /// An event is asked for (EVT-08).
    pub(crate) fn admit(&mut self, step: &mut Step<'_>, job: Job) {
        match &self.running {
            Some(run) if run.job.is_monitor() => self.cancel(step),
            Some(_) if job.is_monitor() => {
                return step.out.push(Effect::Answer(job.id, Answer::Run(RunResult::Cancelled, None)));
            }
            _ => {}
        }
        let (id, event) = (job.id, job.event.clone());
        if let Err(errno) = self.queue.push(job) {
            step.log(Level::Error, format!("{event} event refused, too many events wait in {}", self.name));
            step.out.push(Effect::Answer(id, Answer::Run(RunResult::Error(errno), None)));
        }
        self.begin(step);
    }

    /// Ends a monitor event that runs, at once and without a trace in its status.
    fn cancel(&mut self, step: &mut Step<'_>) {
        let Some(run) = self.running.take() else { return };
        if let Phase::Script(current) | Phase::GivingUp(current, _) = &run.phase {
            let end = self.hung.kill(current.token);
            step.out.push(end);
        }
        let result = RunResult::Cancelled;
        let ended = Ended { run: run.number, report: None };
        step.out.push(Effect::Answer(run.job.id, Answer::Run(result, Some(ended))));
        let what = What::Ended { result, culprit: None, report: None };
        step.out.push(Effect::Publish(run.notice(&self.name, what)));
    }

    /// Begins the next event if none runs.
    fn begin(&mut self, step: &mut Step<'_>) {
        if self.running.is_some() {
            return;
        }
        let Some(job) = self.queue.pop() else { return };
        let (token, component) = (step.token(), self.name.clone());
        let (event, limit) = (&job.event, job.limit.as_secs());
        step.log(Level::Debug, format!("Running event {event} of {component} within {limit} s"));
        *step.runs += 1;
        let run = Run::new(step.now, *step.runs, job, token);
        step.out.push(Effect::Publish(run.notice(&component, What::Began)));
        step.out.push(Effect::List { token, component });
        self.running = Some(run);
    }

    pub(crate) fn listed(&mut self, step: &mut Step<'_>, token: Token, entries: Result<Vec<Entry>, Errno>) {
        let Some(run) = &mut self.running else { return };
        if !matches!(run.phase, Phase::Listing(listing, _) if listing == token) {
            return;
        }
        self.known |= entries.is_ok();
        let scripts = entries.and_then(choose);
        if let Err(Errno(errno)) = scripts
            && self.known
        {
            step.log(Level::Warning, format!("failed to get script list for {}, ret={errno}", self.name));
        }
        let next = run.listed(step.now, scripts);
        self.go(step, next);
    }

    fn go(&mut self, step: &mut Step<'_>, next: Next) {
        match (next, &mut self.running) {
            (Next::Start(script), Some(run)) => {
                let (token, component) = (step.token(), self.name.clone());
                run.start(step.now, token);
                let args = std::iter::once(&run.job.event).chain(run.job.args.iter()).cloned().collect();
                step.out.push(Effect::Start { token, component, script, args });
            }
            (Next::Over, _) => {
                self.over(step);
                self.begin(step);
            }
            (Next::Start(_), None) => {}
        }
    }

    fn over(&mut self, step: &mut Step<'_>) {
        let Some(mut run) = self.running.take() else { return };
        let (result, ended, culprit) = run.over();
        let event = &run.job.event;
        match result {
            RunResult::TimedOut => step.log(Level::Notice, format!("{event} event timed out")),
            RunResult::Failed => step.log(Level::Notice, format!("{event} event failed")),
            RunResult::Ok | RunResult::Cancelled | RunResult::Error(_) => {}
        }
        let report = ended.report.clone();
        if let Some(report) = &report {
            self.history.keep(event, report.clone());
        }
        step.out.push(Effect::Answer(run.job.id, Answer::Run(result, Some(ended))));
        let what = What::Ended { result, culprit, report };
        step.out.push(Effect::Publish(run.notice(&self.name, what)));
    }

    pub(crate) fn started(&mut self, token: Token, pid: i32) {
        if let Some(current) = self.running.as_mut().and_then(|run| run.current(token)) {
            current.pid = Some(pid);
        }
    }

    /// What a script that is given up has printed is here.
    pub(crate) fn printed(&mut self, step: &mut Step<'_>, token: Token, output: Output) {
        let Some(run) = &mut self.running else { return };
        if matches!(&run.phase, Phase::GivingUp(current, _) if current.token == token) {
            self.give_up(step, output);
        }
    }

    fn give_up(&mut self, step: &mut Step<'_>, output: Output) {
        let Some(run) = &mut self.running else { return };
        let Phase::GivingUp(current, _) = &run.phase else { return };
        let (token, pid, began) = (current.token, current.pid, current.began);
        log_output(step, &run.script().to_string(), &output);
        let what = What::Hung { script: run.script(), pid, began };
        step.out.push(Effect::Publish(run.notice(&self.name, what)));
        let hook = step.hook.then(|| step.token());
        let effect = self.hung.add(step.now, token, pid, &run.job.event, hook);
        step.out.push(effect);
        let next = run.gave_up(step.now, output);
        self.script_ended(step);
        self.go(step, next);
    }

    /// Tells of the script that has just got its result.
    fn script_ended(&self, step: &mut Step<'_>) {
        // What is passed over behind it has a result already, and nothing to be told.
        let Some(run) = &self.running else { return };
        if let Some(script) = run.closed() {
            step.out.push(Effect::Publish(run.notice(&self.name, What::Script(script.clone()))));
        }
    }

    pub(crate) fn ended(&mut self, step: &mut Step<'_>, token: Token, how: How, output: Output) {
        if let Some(run) = &mut self.running
            && run.current(token).is_some()
        {
            log_output(step, &run.script().to_string(), &output);
            let next = run.ended(step.now, how, output);
            self.script_ended(step);
            return self.go(step, next);
        }
        let (was, effect) = self.hung.ended(token);
        match was {
            Was::Hook => {
                if let How::NotStarted(Errno(errno)) = how {
                    step.log(Level::Error, format!("Running debug failed, ret={errno}"));
                }
                log_output(step, "event_debug", &output);
            }
            Was::Script | Was::Unknown => {}
        }
        step.out.extend(effect);
    }

    pub(crate) fn state(&self) -> ComponentState {
        let running = self.running.as_ref().map(|run| run.job.event.clone());
        ComponentState { name: self.name.clone(), running, waiting: self.queue.len() }
    }

    pub(crate) fn gone(&mut self, origin: Origin) {
        self.queue.drop_of(origin);
    }

    pub(crate) fn tick(&mut self, step: &mut Step<'_>) {
        step.out.extend(self.hung.tick(step.now));
        let Some(run) = &mut self.running else { return };
        if run.timeout() > step.now {
            return;
        }
        match &run.phase {
            Phase::Listing(..) => {
                let next = run.listed(step.now, Err(Errno::TIMEDOUT));
                self.go(step, next);
            }
            Phase::Script(_) => {
                if let Some(token) = run.overdue(step.now) {
                    step.out.push(Effect::Peek(token));
                }
            }
            Phase::GivingUp(..) => self.give_up(step, Output::default()),
        }
    }

    pub(crate) fn timeout(&self) -> Option<Time> {
        earliest(self.running.as_ref().map(Run::timeout), self.hung.timeout())
    }

    pub(crate) fn check(&self) {
        self.history.check();
        self.queue.check();
        self.hung.check();
        assert!(self.running.is_some() || self.queue.is_empty(), "an event waits for nothing");
    }
}

/// As C logs what scripts print: line by line behind their name.
fn log_output(step: &mut Step<'_>, name: &str, output: &Output) {
    for line in lines(output, LINES) {
        step.log(Level::Error, format!("{name}: {line}"));
    }
}
