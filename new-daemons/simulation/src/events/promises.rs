//! What the event daemon owes to whoever asks, and to the machine it runs on.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use event::{DEBUG, GRACE, MONITOR, Origin, PEEK, RequestId, RunResult, Token, Word};
use machine::Time;

use super::DYING;

/// What the model's driver takes for a directory and a script's output.
const DRIVER: Duration = Duration::from_millis(100);
/// The longest limit that is asked for.
const LIMIT: Duration = Duration::from_secs(20);

/// Scripts of an event, at most.
const SCRIPTS: u32 = 4;

/// An event that was asked for.
#[derive(Debug)]
struct Asked {
    origin: Origin,
    component: Word,
    monitor: bool,
    all: bool,
    deadline: Time,
    began: Option<Time>,
}

/// A program that was started and has not ended.
#[derive(Debug)]
struct Started {
    at: Time,
    /// `None` for the debug hook.
    component: Option<Word>,
    given_up: bool,
}

#[derive(Debug, Default)]
pub(super) struct Promises {
    events: BTreeMap<RequestId, Asked>,
    others: BTreeMap<RequestId, Origin>,
    /// Clients that left; what they asked for may be answered or not.
    left: BTreeSet<Origin>,
    answered: BTreeSet<RequestId>,
    /// The last event that began, by component.
    last: BTreeMap<Word, RequestId>,
    programs: BTreeMap<Token, Started>,
    /// The event that must have begun by the end of this step.
    urgent: Option<RequestId>,
    pub(super) ends: [u64; 4],
}

impl Promises {
    pub(super) fn asked(
        &mut self,
        now: Time,
        id: RequestId,
        origin: Origin,
        component: &Word,
        event: &Word,
        (limit, all): (Duration, bool),
    ) {
        let monitor = *event == Word::from(MONITOR);
        let running = self.running(component);
        // EVT-08: nothing waits behind a monitor event.
        if running.is_none_or(|running| self.events[&running].monitor) {
            self.urgent = Some(id);
        }
        let (component, deadline) = (component.clone(), now + limit);
        self.events.insert(id, Asked { origin, component, monitor, all, deadline, began: None });
    }

    pub(super) fn asked_else(&mut self, id: RequestId, origin: Origin) {
        self.others.insert(id, origin);
    }

    /// The event that runs in a component.
    fn running(&self, component: &Word) -> Option<RequestId> {
        let running = |asked: &Asked| asked.component == *component && asked.began.is_some();
        self.events.iter().find(|(_, asked)| running(asked)).map(|(id, _)| *id)
    }

    pub(super) fn began(&mut self, now: Time, component: &Word, event: &Word, args: &[Word]) {
        let id = RequestId(args[0].to_string().parse().expect("the number of the request"));
        assert_eq!(self.running(component), None, "{event} begins beside another event");
        let last = self.last.insert(component.clone(), id);
        assert!(last.is_none_or(|last| last < id), "{event} overtakes: {id:?} behind {last:?}");
        self.events.get_mut(&id).unwrap_or_else(|| panic!("{id:?} begins and nobody waits")).began =
            Some(now);
    }

    pub(super) fn answered(&mut self, now: Time, id: RequestId, result: Option<RunResult>) {
        assert!(self.answered.insert(id), "{id:?} is answered twice");
        let Some(asked) = self.events.remove(&id) else {
            assert!(self.others.remove(&id).is_some() && result.is_none(), "{id:?} was not asked so");
            return;
        };
        let end = match result.expect("the answer to an event") {
            RunResult::Ok => 0,
            RunResult::Failed | RunResult::Error(_) => 1,
            RunResult::TimedOut => 2,
            RunResult::Cancelled => {
                assert!(asked.monitor, "{id:?} is cancelled and no monitor event");
                3
            }
        };
        self.ends[end] += 1;
        // EVT-26. One whose time was over while it waited has to begin before it can end. Where all scripts are to run each of
        // them is started, even if no time is left for it.
        let scripts = if asked.all { SCRIPTS } else { 1 };
        let due = asked.began.map_or(asked.deadline, |began| asked.deadline.max(began))
            + (PEEK + DRIVER * 2) * scripts;
        assert!(now <= due, "{id:?} ended at {now} and had to at {due}");
    }

    pub(super) fn left(&mut self, origin: Origin) {
        self.left.insert(origin);
        // What had not begun never will.
        self.events.retain(|_, asked| asked.origin != origin || asked.began.is_some());
    }

    pub(super) fn started(&mut self, now: Time, token: Token, component: Option<&Word>) {
        let beside =
            |other: &Started| component.is_some() && other.component.as_ref() == component && !other.given_up;
        assert!(!self.programs.values().any(beside), "{token:?} runs beside another script");
        let started = Started { at: now, component: component.cloned(), given_up: false };
        self.programs.insert(token, started);
    }

    pub(super) fn given_up(&mut self, token: Token) {
        if let Some(started) = self.programs.get_mut(&token) {
            started.given_up = true;
        }
    }

    pub(super) fn ended(&mut self, now: Time, token: Token) {
        let Some(started) = self.programs.remove(&token) else { return };
        // EVT-26: a script that hangs may be looked at by the hook, and has a grace.
        let longest = LIMIT + PEEK + DEBUG + GRACE + DYING + DRIVER;
        let age = now - started.at;
        assert!(age <= longest, "{token:?} ended {age:?} after its start");
        assert!(started.component.is_some() || age <= DEBUG + DYING, "the hook ran for {age:?}");
    }

    pub(super) fn check(&mut self, now: Time) {
        if let Some(id) = self.urgent.take() {
            let begun = self.events.get(&id).is_none_or(|asked| asked.began == Some(now));
            assert!(begun, "{id:?} waits, and no event but a monitor event runs");
        }
    }

    /// At the end: everybody who stayed has an answer.
    pub(super) fn nothing_is_owed(&self) {
        assert!(self.events.is_empty(), "events without an answer: {:?}", self.events);
        let owed: Vec<_> = self.others.iter().filter(|(_, origin)| !self.left.contains(origin)).collect();
        assert!(owed.is_empty(), "questions without an answer: {owed:?}");
        assert!(self.programs.is_empty(), "programs without an end: {:?}", self.programs);
    }
}
