//! The machine: requests in, effects out, results by their tokens.
//!
//! It checks what is asked, finds the component and keeps the questions that wait for a look into a directory. What an
//! event goes through is the component's.

use std::collections::{BTreeMap, VecDeque};

use machine::{Machine, RequestId, Time, earliest};

use crate::arguments::judge;
use crate::component::{Component, Step};
use crate::input::{
    Answer, ComponentState, Effect, Entry, Input, Notice, Origin, Request, RunResult, Token, What,
};
use crate::limits::{COMPONENTS, DIRECTORIES, LOOKS, NAME};
use crate::outcome::Errno;
use crate::queue::Job;
use crate::scripts::{Script, choose, component, file};
use crate::word::Word;

/// What the daemon is told when it starts.
#[derive(Clone, Copy, Debug, Default)]
pub struct Config {
    /// Whether there is a debug hook for scripts that hang.
    pub hook: bool,
}

/// A question that waits for the driver.
#[derive(Debug)]
enum Waiting {
    /// Is there such a component, which was never seen?
    Look { id: RequestId, origin: Origin, component: Word, history: bool },
    /// Which scripts are there?
    Scripts { id: RequestId, origin: Origin },
    /// Which components are there?
    Components { id: RequestId, origin: Origin },
    /// Has the mode been changed?
    Enable { id: RequestId, origin: Origin },
}

impl Waiting {
    fn origin(&self) -> Origin {
        match self {
            Self::Look { origin, .. }
            | Self::Scripts { origin, .. }
            | Self::Components { origin, .. }
            | Self::Enable { origin, .. } => *origin,
        }
    }
}

/// The event daemon.
#[derive(Debug)]
pub struct EventDaemon {
    config: Config,
    components: BTreeMap<Word, Component>,
    waiting: BTreeMap<Token, Waiting>,
    /// Which component a token of a run belongs to.
    owners: BTreeMap<Token, Word>,
    effects: VecDeque<Effect>,
    tokens: u64,
    runs: u64,
    /// Events that have ended, by their result.
    ended: BTreeMap<&'static str, u64>,
    /// Past runs of a script, when it is not the usual number.
    keep: Option<usize>,
}

impl EventDaemon {
    /// A daemon that knows of no component yet.
    #[must_use]
    pub fn new(config: Config) -> Self {
        Self {
            config,
            components: BTreeMap::new(),
            waiting: BTreeMap::new(),
            owners: BTreeMap::new(),
            effects: VecDeque::new(),
            tokens: 0,
            runs: 0,
            ended: BTreeMap::new(),
            keep: None,
        }
    }

    /// The components that have something to do, or a past.
    #[must_use]
    pub fn states(&self) -> Vec<ComponentState> {
        self.components.values().map(Component::state).collect()
    }

    /// How many events have ended, by the word of their result.
    #[must_use]
    pub const fn ended(&self) -> &BTreeMap<&'static str, u64> {
        &self.ended
    }

    fn answer(&mut self, id: RequestId, answer: Answer) {
        self.effects.push_back(Effect::Answer(id, answer));
    }

    fn token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }

    /// Does something with a component, and remembers whose the tokens are that come of it.
    fn with(&mut self, name: &Word, now: Time, act: impl FnOnce(&mut Component, &mut Step<'_>)) {
        let Some(component) = self.components.get_mut(name) else { return };
        let mut out = Vec::new();
        let (tokens, runs) = (&mut self.tokens, &mut self.runs);
        let mut step = Step { now, hook: self.config.hook, out: &mut out, tokens, runs };
        act(component, &mut step);
        if component.is_idle() {
            self.components.remove(name);
        }
        for effect in &out {
            if let Effect::List { token, .. } | Effect::Start { token, .. } | Effect::Debug { token, .. } =
                effect
            {
                self.owners.insert(*token, name.clone());
            }
            if let Effect::Publish(Notice { what: What::Ended { result, .. }, .. }) = effect {
                *self.ended.entry(result.word()).or_default() += 1;
            }
        }
        self.effects.extend(out);
    }

    fn request(&mut self, now: Time, id: RequestId, origin: Origin, request: Request) {
        match request {
            Request::Run { component, event, args, limit, all } => {
                let job = Job { id, origin, event, args: args.into(), deadline: now + limit, limit, all };
                match self.admit(&component, &job) {
                    Ok(()) => self.with(&component, now, |component, step| component.admit(step, job)),
                    Err(errno) => self.answer(id, Answer::Run(RunResult::Error(errno), None)),
                }
            }
            Request::Status { component: name, event } => {
                let report = component(&name).and_then(|()| word(&event)).map(|()| {
                    let known = self.components.get(&name).filter(|component| component.known);
                    known.map(|component| component.history.last(&event).cloned().ok_or(Errno::INVAL))
                });
                match report {
                    Ok(Some(report)) => self.answer(id, Answer::Status(report)),
                    Ok(None) => self.look(id, origin, name, false),
                    Err(errno) => self.answer(id, Answer::Status(Err(errno))),
                }
            }
            Request::History { component: name, script } => {
                let known = self.components.get(&name).filter(|component| component.known);
                let past = known.map(|component| component.history.past(script.as_ref()));
                match (component(&name), past) {
                    (Err(errno), _) => self.answer(id, Answer::History(Err(errno))),
                    (Ok(()), Some(past)) => self.answer(id, Answer::History(Ok(past))),
                    (Ok(()), None) => self.look(id, origin, name, true),
                }
            }
            Request::Scripts { component: name } => match component(&name) {
                Ok(()) if self.waiting.len() < LOOKS => {
                    let token = self.token();
                    self.waiting.insert(token, Waiting::Scripts { id, origin });
                    self.effects.push_back(Effect::List { token, component: name });
                }
                Ok(()) => self.answer(id, Answer::Scripts(Err(Errno::AGAIN))),
                Err(errno) => self.answer(id, Answer::Scripts(Err(errno))),
            },
            Request::Components if self.waiting.len() < LOOKS => {
                let token = self.token();
                self.waiting.insert(token, Waiting::Components { id, origin });
                self.effects.push_back(Effect::Components(token));
            }
            Request::Components => self.answer(id, Answer::Components(Err(Errno::AGAIN))),
            Request::Enable { component: name, script, on } => {
                match component(&name).and_then(|()| file(&script)) {
                    Ok(file) if self.waiting.len() < LOOKS => {
                        let token = self.token();
                        self.waiting.insert(token, Waiting::Enable { id, origin });
                        self.effects.push_back(Effect::Enable { token, component: name, file, on });
                    }
                    Ok(_) => self.answer(id, Answer::Enable(Err(Errno::AGAIN))),
                    Err(errno) => self.answer(id, Answer::Enable(Err(errno))),
                }
            }
        }
    }

    /// Whether an event may wait in a component, which is made if it is new.
    fn admit(&mut self, name: &Word, job: &Job) -> Result<(), Errno> {
        component(name)?;
        word(&job.event)?;
        judge(job.args.iter().map(Word::len))?;
        if !self.components.contains_key(name) {
            if self.components.len() >= COMPONENTS {
                return Err(Errno::AGAIN);
            }
            self.components.insert(name.clone(), self.component(name.clone()));
        }
        Ok(())
    }

    /// Asks whether there is such a component.
    fn look(&mut self, id: RequestId, origin: Origin, component: Word, history: bool) {
        if self.waiting.len() >= LOOKS {
            return self.answer(id, looked(history, Err(Errno::AGAIN)));
        }
        let token = self.token();
        self.effects.push_back(Effect::List { token, component: component.clone() });
        self.waiting.insert(token, Waiting::Look { id, origin, component, history });
    }

    fn component(&self, name: Word) -> Component {
        let mut made = Component::new(name);
        if let Some(runs) = self.keep {
            made.history.keep_runs(runs);
        }
        made
    }

    /// A directory was read for somebody who asked.
    fn looked(&mut self, token: Token, entries: Result<Vec<Entry>, Errno>) {
        let (id, component, history) = match self.waiting.remove(&token) {
            Some(Waiting::Look { id, component, history, .. }) => (id, component, history),
            Some(Waiting::Scripts { id, .. }) => {
                let entry = |script: Script| Entry { name: script.name, enabled: script.enabled };
                let scripts = entries.and_then(choose).map(|all| all.into_iter().map(entry).collect());
                return self.answer(id, Answer::Scripts(scripts));
            }
            _ => return,
        };
        if entries.is_ok() && (self.components.len() < COMPONENTS || self.components.contains_key(&component))
        {
            let made = self.component(component.clone());
            self.components.entry(component).or_insert(made).known = true;
        }
        self.answer(id, looked(history, entries.map(drop)));
    }

    /// The directories of components were found.
    fn found(&mut self, token: Token, names: Result<Vec<Word>, Errno>) {
        let Some(Waiting::Components { id, .. }) = self.waiting.remove(&token) else { return };
        let states = names.and_then(|names| {
            let names = names.into_iter().filter(|name| component(name).is_ok());
            let idle = |name: Word| (name.clone(), ComponentState { name, running: None, waiting: 0 });
            let mut all: BTreeMap<Word, ComponentState> = names.map(idle).collect();
            all.extend(self.components.iter().map(|(name, component)| (name.clone(), component.state())));
            if all.len() > DIRECTORIES { Err(Errno::TOOBIG) } else { Ok(all.into_values().collect()) }
        });
        self.answer(id, Answer::Components(states));
    }

    fn gone(&mut self, origin: Origin) {
        self.waiting.retain(|_, waiting| waiting.origin() != origin);
        self.components.values_mut().for_each(|component| component.gone(origin));
        self.components.retain(|_, component| !component.is_idle());
    }
}

/// The answer to a question about a component that was never seen before.
fn looked(history: bool, result: Result<(), Errno>) -> Answer {
    match history {
        true => Answer::History(result.map(|()| Vec::new())),
        false => Answer::Status(result.and(Err(Errno::INVAL))),
    }
}

/// Whether an event may have this name.
fn word(event: &Word) -> Result<(), Errno> {
    match event.len() {
        0 => Err(Errno::INVAL),
        len if len > NAME => Err(Errno::NAMETOOLONG),
        _ => Ok(()),
    }
}

impl Machine for EventDaemon {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Request { id, origin, request } => self.request(now, id, origin, request),
            Input::Gone(origin) => self.gone(origin),
            Input::Listed(token, entries) => match self.owners.remove(&token) {
                Some(name) => self.with(&name, now, |component, step| component.listed(step, token, entries)),
                None => self.looked(token, entries),
            },
            Input::Started(token, pid) => {
                if let Some(name) = self.owners.get(&token).cloned() {
                    self.with(&name, now, |component, _| component.started(token, pid));
                }
            }
            Input::Printed(token, output) => {
                if let Some(name) = self.owners.get(&token).cloned() {
                    self.with(&name, now, |component, step| component.printed(step, token, output));
                }
            }
            Input::Ended(token, how, output) => {
                if let Some(name) = self.owners.remove(&token) {
                    self.with(&name, now, |component, step| component.ended(step, token, how, output));
                }
            }
            Input::Enabled(token, result) => {
                if let Some(Waiting::Enable { id, .. }) = self.waiting.remove(&token) {
                    self.answer(id, Answer::Enable(result));
                }
            }
            Input::Found(token, names) => self.found(token, names),
            Input::Keep(runs) => {
                self.keep = Some(runs);
                self.components.values_mut().for_each(|component| component.history.keep_runs(runs));
            }
            Input::Hook(hook) => self.config.hook = hook,
        }
    }

    fn tick(&mut self, now: Time) {
        let names: Vec<Word> = self.components.keys().cloned().collect();
        for name in names {
            self.with(&name, now, Component::tick);
        }
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Time> {
        self.components.values().map(Component::timeout).fold(None, earliest)
    }

    fn check(&self) {
        assert!(self.components.len() <= COMPONENTS && self.waiting.len() <= LOOKS);
        self.components.values().for_each(Component::check);
        assert!(self.components.values().all(|component| !component.is_idle()));
    }
}
