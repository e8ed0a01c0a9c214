//! What must hold when others ask an event daemon over the bus, and are told of its events.
//!
//! Each call ends once and in time; an event is run at most once for a call, and not at all when the caller was told that
//! nothing was done; the result that arrives is the one that was told of this run; what is heard is what was told, in order,
//! each once, and where something is missing a gap says so.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use bus::calls::{CallError, CallId, News};
use event::{Notice, RunResult, What};
use machine::Time;
use protocol::common;
use protocol::event::{EventRan, EventResult, EventRunFinished, EventRunStarted};
use protocol::interface::{Ask, Tell};
use protocol::services::event as service;
use protocol::xdr::Xdr;
use rand::Rng;
use rand::rngs::SmallRng;

use super::server::calendar;
use super::{is_event, surely_not};

/// How long after its patience a call may take to end: that of one turn of the loop.
const SLACK: Duration = Duration::from_millis(1);

#[derive(Debug)]
struct Open {
    node: u32,
    number: u32,
    until: Time,
}

/// What a caller has heard.
#[derive(Debug, Default)]
struct Ear {
    /// Of what was told, how much lies behind it; none while it is not known.
    at: Option<usize>,
}

#[derive(Debug)]
pub(super) struct Promises {
    /// Which run of the event daemon.
    run: u64,
    open: BTreeMap<CallId, Open>,
    /// How often an event began for a call.
    began: BTreeMap<CallId, u32>,
    /// Calls of which it was said that nothing was done.
    never: BTreeSet<CallId>,
    /// What came of the runs of events, by run of the daemon and number.
    results: BTreeMap<(u64, u64), EventResult>,
    /// All that was told of runs as wholes: number, when it began, whether this is its end.
    told: Vec<(u64, common::Time, bool)>,
    ears: BTreeMap<u32, Ear>,
    /// Calls that ended well, for certain without effect, in doubt or given up; events heard.
    pub(super) seen: [u64; 4],
}

impl Default for Promises {
    fn default() -> Self {
        Self {
            run: 1,
            open: BTreeMap::new(),
            began: BTreeMap::new(),
            never: BTreeSet::new(),
            results: BTreeMap::new(),
            told: Vec::new(),
            ears: BTreeMap::new(),
            seen: [0; 4],
        }
    }
}

fn result(result: RunResult) -> EventResult {
    match result {
        RunResult::Ok => EventResult::Ok,
        RunResult::Failed => EventResult::Failed,
        RunResult::TimedOut => EventResult::TimedOut,
        RunResult::Cancelled => EventResult::Cancelled,
        RunResult::Error(_) => EventResult::NotRun,
    }
}

impl Promises {
    pub(super) fn asked(&mut self, now: Time, node: u32, id: CallId, number: u32, patience: Duration) {
        self.open.insert(id, Open { node, number, until: now + patience + SLACK });
    }

    pub(super) fn is_run(&self, id: CallId) -> bool {
        self.open.get(&id).is_some_and(|open| open.number == service::Run::NUMBER)
    }

    pub(super) fn an_open_call(&self, rng: &mut SmallRng) -> Option<(u32, CallId)> {
        let at = rng.random_range(0..self.open.len().max(1));
        self.open.iter().nth(at).map(|(id, open)| (open.node, *id))
    }

    pub(super) fn left(&mut self, id: CallId) {
        self.open.remove(&id).expect("a call that is open");
        self.seen[2] += 1;
    }

    pub(super) fn answered(
        &mut self,
        now: Time,
        id: CallId,
        ended: Result<(), CallError>,
        ran: Option<EventRan>,
    ) {
        let open =
            self.open.remove(&id).unwrap_or_else(|| panic!("{id:?} ends twice, or nobody waits for it"));
        assert!(now <= open.until, "{id:?} ends at {now}, after {}", open.until);
        let began = self.began.get(&id).copied().unwrap_or_default();
        match ended {
            Ok(()) => self.seen[0] += 1,
            Err(error) if surely_not(&error) => {
                assert_eq!(began, 0, "{id:?} was told {error}, and its event ran");
                self.never.insert(id);
                self.seen[1] += 1;
            }
            Err(_) => self.seen[2] += 1,
        }
        let Some(ran) = ran else { return };
        if ran.run == 0 {
            assert_eq!((ran.result, began), (EventResult::Cancelled, 0), "{id:?} never began");
        } else {
            // It was answered by this run of the daemon, or by the one before: the answer was on its way.
            let known = [self.run, self.run - 1].map(|run| self.results.get(&(run, ran.run)).copied());
            assert!(known.contains(&Some(ran.result)), "{id:?} has {ran:?}, but it was told {known:?}");
            assert_eq!(began, 1, "{id:?}");
        }
    }

    /// The event daemon tells something.
    pub(super) fn told(&mut self, notice: &Notice) {
        let end = match &notice.what {
            What::Began => {
                let call = notice.args.first().and_then(|arg| std::str::from_utf8(arg.as_bytes()).ok());
                let id = CallId(call.and_then(|call| call.parse().ok()).expect("the number of a call"));
                let began = self.began.entry(id).or_default();
                *began += 1;
                assert_eq!(*began, 1, "the event of {id:?} is run again");
                assert!(
                    !self.never.contains(&id),
                    "the event of {id:?} runs, and it was said that it would not"
                );
                false
            }
            What::Ended { result: came, .. } => {
                self.results.insert((self.run, notice.run), result(*came));
                true
            }
            What::Script(_) | What::Hung { .. } => return,
        };
        self.told.push((
            notice.run,
            protocol::common::Time::since_1970(calendar().wall(notice.began).0),
            end,
        ));
    }

    pub(super) fn restarted(&mut self, run: u64) {
        self.run = run;
    }

    /// A caller hears something.
    pub(super) fn heard(&mut self, node: u32, news: News) {
        self.seen[3] += u64::from(is_event(&news));
        let ear = self.ears.entry(node).or_default();
        let (told, end) = match news {
            // What is missing then is said, or was never promised.
            News::Up | News::Down(_) | News::Gap(_) => return ear.at = None,
            News::Event { topic, body } if topic == EventRunStarted::TOPIC => {
                (EventRunStarted::from_bytes(&body).expect("readable").told, false)
            }
            News::Event { topic, body } if topic == EventRunFinished::TOPIC => {
                (EventRunFinished::from_bytes(&body).expect("readable").told, true)
            }
            News::Event { .. } => return,
        };
        let heard = (told.run, told.began, end);
        let same = |at: usize| self.told.get(at) == Some(&heard);
        let at = match ear.at {
            Some(at) => Some(at).filter(|at| same(*at)),
            // Found again from the latest backwards.
            None => (0..self.told.len()).rev().find(|at| same(*at)),
        };
        let at = at.unwrap_or_else(|| panic!("node {node} hears {heard:?} out of order"));
        ear.at = Some(at + 1);
    }

    pub(super) fn check(&self, now: Time) {
        let late = self.open.iter().find(|(_, open)| open.until < now);
        assert!(late.is_none(), "a call does not end: {late:?} at {now}");
    }

    pub(super) fn nothing_is_owed(&self) {
        assert!(self.open.is_empty(), "calls that did not end: {:?}", self.open);
        // Whoever listens has heard all, now that all is quiet and every way is whole.
        for (node, ear) in &self.ears {
            assert!(ear.at.is_none_or(|at| at == self.told.len()), "node {node} has missed the last events");
        }
    }
}
