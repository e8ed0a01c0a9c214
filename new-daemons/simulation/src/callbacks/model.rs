//! What callbacks promise, event by event: each is delivered once, replaced by a later one of its subject, or given up for
//! a reason that holds; the order is that of the row; nothing waits longer than it has to.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use callback::{
    Callback, Callbacks, Ending, Event, GivenUp, Order, Origin, Owner, PARALLEL_MAX, Reason, Refusal, Row,
    RunId, SUBJECTS_MAX, Start, TOTAL_BYTES, WAITING_BYTES, WAITING_MAX,
};
use machine::Time;

use super::Asked;

/// An event that a callback has taken and that has no end yet.
#[derive(Debug)]
struct Open {
    subject: (String, String),
    bytes: usize,
    failures: u32,
    /// Not before that time.
    due: Time,
}

#[derive(Debug)]
struct Run {
    numbers: BTreeSet<u64>,
    deadline: Time,
    stopped: bool,
}

#[derive(Debug)]
struct One {
    row: Row,
    owner: Option<(Owner, Time)>,
    /// Whether it takes events.
    lives: bool,
    open: BTreeMap<u64, Open>,
    /// Those of them that are in no run.
    waiting: BTreeSet<u64>,
    waiting_bytes: usize,
    runs: BTreeMap<RunId, Run>,
    /// Not before that time, where one run follows the other.
    hold: Time,
    delivered: u64,
    replaced: u64,
    given_up: u64,
    /// The events of a run that has just failed.
    failed: Vec<u64>,
}

impl One {
    fn new(row: Row, owner: Option<(Owner, Time)>) -> Self {
        Self {
            row,
            owner,
            lives: true,
            open: BTreeMap::new(),
            waiting: BTreeSet::new(),
            waiting_bytes: 0,
            runs: BTreeMap::new(),
            hold: Time::ZERO,
            delivered: 0,
            replaced: 0,
            given_up: 0,
            failed: Vec::new(),
        }
    }

    /// An event waits.
    fn wait(&mut self, number: u64) {
        if self.waiting.insert(number) {
            self.waiting_bytes += self.open[&number].bytes;
        }
    }

    /// An event waits no more: it is in a run now, or has its end.
    fn wait_no_more(&mut self, number: u64) {
        if self.waiting.remove(&number) {
            self.waiting_bytes -= self.open[&number].bytes;
        }
    }

    /// Of the waiting events of one subject only the last stays.
    fn coalesce(&mut self) {
        if self.row.order != Order::Coalesce {
            return;
        }
        let mut last = BTreeMap::new();
        for number in self.waiting.clone() {
            if let Some(older) = last.insert(self.open[&number].subject.clone(), number) {
                self.wait_no_more(older);
                self.open.remove(&older);
                self.replaced += 1;
            }
        }
    }

    fn become_row(&mut self, row: Row, owner: Option<(Owner, Time)>) {
        (self.row, self.owner, self.lives, self.hold) = (row, owner, true, Time::ZERO);
        self.open.values_mut().for_each(|open| open.due = Time::ZERO);
        self.coalesce();
    }
}

#[derive(Debug, Default)]
pub(super) struct Model {
    all: BTreeMap<String, One>,
    last_event: u64,
    /// The daemon is about to end.
    pub(super) stopping: bool,
}

impl Model {
    pub(super) fn row(&self, name: &str) -> Option<Row> {
        self.all.get(name).map(|one| one.row.clone())
    }

    pub(super) fn ends(&self) -> (u64, u64, u64) {
        let sum = |of: fn(&One) -> u64| self.all.values().map(of).sum();
        (sum(|one| one.delivered), sum(|one| one.replaced), sum(|one| one.given_up))
    }

    pub(super) fn nothing_is_open(&self) {
        for (name, one) in &self.all {
            assert!(one.open.is_empty() && one.runs.is_empty(), "{name} is left with {:?}", one.open.keys());
        }
    }

    pub(super) fn event(&mut self, event: &Event) {
        self.last_event += 1;
        let number = self.last_event;
        for one in self.all.values_mut().filter(|one| one.lives && one.row.wants(event.topic())) {
            let subject = (event.topic().to_owned(), event.subject().to_owned());
            one.open.insert(number, Open { subject, bytes: event.bytes(), failures: 0, due: Time::ZERO });
            one.wait(number);
            one.coalesce();
        }
    }

    pub(super) fn configure(&mut self, rows: Vec<Row>) {
        for one in self.all.values_mut().filter(|one| one.owner.is_none()) {
            one.lives = false;
        }
        for row in rows {
            match self.all.get_mut(&row.name) {
                // What a registrant had waiting there is given up.
                Some(one) if one.owner.is_some() => {
                    (one.row, one.owner, one.lives, one.hold) = (row, None, true, Time::ZERO);
                }
                Some(one) => one.become_row(row, None),
                None => drop(self.all.insert(row.name.clone(), One::new(row, None))),
            }
        }
    }

    pub(super) fn answer(&mut self, now: Time, asked: Asked, result: &Result<(), Refusal>) {
        let long = |lease: Duration| lease > callback::LEASE_MAX;
        let owned = |model: &Self, owner: &Owner, name: &str| {
            let one = model.all.get(name).filter(|one| one.lives);
            one.is_some_and(|one| one.owner.as_ref().is_some_and(|(other, _)| other == owner))
        };
        match asked {
            Asked::Register(owner, row, lease) => {
                let there = self.all.get(&row.name).filter(|one| one.lives);
                let free = there.is_none() || owned(self, &owner, &row.name);
                let by_one = self
                    .all
                    .values()
                    .filter(|one| one.lives && one.owner.as_ref().is_some_and(|o| o.0 == owner));
                let room = there.is_some() || by_one.count() < callback::REGISTERED_BY_ONE;
                let registered = self.all.values().filter(|one| one.lives && one.owner.is_some()).count();
                let room = room && (there.is_some() || registered < callback::REGISTERED_MAX);
                assert_eq!(result.is_ok(), free && room && !long(lease), "{result:?}");
                if result.is_ok() {
                    let owner = Some((owner, now + lease));
                    match self.all.get_mut(&row.name) {
                        Some(one) => one.become_row(row, owner),
                        None => drop(self.all.insert(row.name.clone(), One::new(row, owner))),
                    }
                }
            }
            Asked::Renew(owner, name, lease) => {
                assert_eq!(result.is_ok(), owned(self, &owner, &name) && !long(lease), "{result:?}");
                if result.is_ok()
                    && let Some(one) = self.all.get_mut(&name)
                {
                    one.owner = Some((owner, now + lease));
                }
            }
            Asked::Remove(owner, name) => {
                assert_eq!(result.is_ok(), owned(self, &owner, &name), "{result:?}");
                if result.is_ok()
                    && let Some(one) = self.all.get_mut(&name)
                {
                    one.lives = false;
                }
            }
        }
    }

    pub(super) fn owner_gone(&mut self, gone: &Owner) {
        for one in self.all.values_mut() {
            if let Some((owner, until)) = &mut one.owner
                && owner == gone
            {
                *until = Time::ZERO;
            }
        }
    }

    pub(super) fn expired(&mut self, name: &str, by: &Owner) {
        let one = self.all.get_mut(name).expect("a registration that nobody made ended");
        if let Some((owner, _)) = &one.owner {
            assert_eq!(owner, by);
            one.lives = false;
        }
    }

    pub(super) fn start(&mut self, now: Time, start: &Start) {
        let one = self.all.get_mut(&start.callback).expect("a callback that was never registered runs");
        assert!(one.lives && !self.stopping, "{} was removed and runs", start.callback);
        let numbers: Vec<u64> = start.events.iter().map(|(number, _)| *number).collect();
        match one.row.order {
            Order::Serial => {
                assert!(one.runs.is_empty(), "{}: two runs at a time", start.callback);
                assert_eq!(numbers.first(), one.waiting.first(), "{}: out of order", start.callback);
                assert_eq!(numbers.len(), 1);
            }
            Order::Coalesce => {
                assert!(one.runs.is_empty(), "{}: two runs at a time", start.callback);
                assert!(
                    numbers.iter().eq(&one.waiting),
                    "{}: not the latest of each subject",
                    start.callback
                );
            }
            Order::Parallel => {
                assert!(one.runs.len() < PARALLEL_MAX && numbers.len() == 1);
                assert!(one.waiting.contains(&numbers[0]), "{}: {} has its end", start.callback, numbers[0]);
                assert!(one.open[&numbers[0]].due <= now, "{}: no pause", start.callback);
            }
        }
        assert!(one.hold <= now || one.row.order == Order::Parallel, "{}: no pause", start.callback);
        let failures = numbers.iter().map(|number| one.open[number].failures).max();
        assert_eq!(Some(start.attempt), failures.map(|failures| failures + 1));
        assert!(start.missed <= one.given_up);
        let topic = start.events.last().map(|(_, event)| event.topic());
        assert_eq!(start.arguments, ["first", topic.unwrap(), "argument"]);
        let deadline = now + one.row.time_limit;
        numbers.iter().for_each(|number| one.wait_no_more(*number));
        one.runs.insert(start.run, Run { numbers: numbers.into_iter().collect(), deadline, stopped: false });
    }

    fn run_of(&mut self, run: RunId) -> &mut One {
        self.all.values_mut().find(|one| one.runs.contains_key(&run)).expect("a run that nobody knows")
    }

    pub(super) fn stop(&mut self, now: Time, run: RunId) {
        let stopping = self.stopping;
        let run = self.run_of(run).runs.get_mut(&run).unwrap();
        assert!(!run.stopped, "stopped twice");
        assert!(
            now == run.deadline || (stopping && now < run.deadline),
            "stopped at {now}, not {}",
            run.deadline
        );
        run.stopped = true;
    }

    pub(super) fn end(&mut self, now: Time, id: RunId, ending: &Ending) {
        let one = self.run_of(id);
        let run = one.runs.remove(&id).unwrap();
        assert!(run.stopped || now <= run.deadline, "a run was left alone until {now}");
        if *ending == Ending::Exit(0) && !run.stopped {
            one.delivered += run.numbers.len() as u64;
            one.open.retain(|number, _| !run.numbers.contains(number));
            return;
        }
        let mut longest = Time::ZERO;
        for number in &run.numbers {
            let open = one.open.get_mut(number).unwrap();
            open.failures += 1;
            open.due = now + one.row.pause(open.failures);
            if open.failures <= one.row.retries {
                longest = longest.max(open.due);
            }
            one.wait(*number);
        }
        one.hold = if one.row.order == Order::Parallel { Time::ZERO } else { longest };
        one.failed = run.numbers.into_iter().collect();
    }

    pub(super) fn failed(&mut self, name: &str, again: Option<Duration>) {
        let one = self.all.get_mut(name).unwrap();
        let failed = std::mem::take(&mut one.failed);
        assert!(!failed.is_empty(), "{name} is said to have failed");
        let tried = failed.iter().any(|number| one.open[number].failures <= one.row.retries);
        assert_eq!(again.is_some(), tried && one.lives && !self.stopping, "{name}");
        if again.is_none() {
            one.hold = Time::ZERO;
        }
        // Those that are tried no more are about to be given up, and are not what stays of a subject until then.
        let (lives, retries) = (one.lives, one.row.retries);
        let mut last = Vec::new();
        for number in failed {
            if !lives || one.open[&number].failures > retries {
                one.wait_no_more(number);
                last.push(number);
            }
        }
        one.coalesce();
        last.into_iter().for_each(|number| one.wait(number));
    }

    pub(super) fn given_up(&mut self, name: &str, what: &GivenUp) {
        let total: usize = self.all.values().map(|one| one.waiting_bytes).sum();
        let one = self.all.get_mut(name).unwrap();
        assert!(one.waiting.contains(&what.number), "{name}: {} has its end", what.number);
        let most = if one.row.order == Order::Coalesce { SUBJECTS_MAX } else { WAITING_MAX };
        let full = one.waiting.len() > most || one.waiting_bytes > WAITING_BYTES || total > TOTAL_BYTES;
        let first = one.waiting.first().copied();
        one.wait_no_more(what.number);
        let open = one.open.remove(&what.number).unwrap();
        assert_eq!(what.attempts, open.failures);
        assert_eq!((&what.topic, &what.subject), (&open.subject.0, &open.subject.1));
        match what.reason {
            Reason::Failed => {
                assert!(open.failures > one.row.retries, "{name}: {} had more tries", what.number)
            }
            Reason::Full => {
                assert!(full, "{name}: {} would have found room", what.number);
                assert_eq!(first, Some(what.number), "{name}: not the oldest");
            }
            Reason::Removed => assert!(!one.lives || one.owner.is_none()),
            Reason::Stopping => assert!(self.stopping),
        }
        one.given_up += 1;
    }

    /// What the machine says of itself is what the model knows.
    pub(super) fn agrees(&self, now: Time, machine: &Callbacks) {
        for (name, one) in &self.all {
            let Some(callback) = machine.callback(name) else {
                assert!(
                    !(one.lives || !one.runs.is_empty() || !one.open.is_empty()) || self.stopping,
                    "{name} is gone"
                );
                continue;
            };
            assert_eq!(callback.is_leaving(), !one.lives || self.stopping, "{name}");
            assert_eq!(callback.waiting(), one.waiting.len(), "{name}");
            assert_eq!(callback.runs().count(), one.runs.len(), "{name}");
            self.is_owned_right(now, one, callback);
            // Nothing that others do may hold up the first run.
            let due = |number: &u64| one.row.order != Order::Parallel || one.open[number].due <= now;
            let ready = one.hold <= now && one.waiting.iter().any(due);
            assert!(!(ready && one.runs.is_empty() && one.lives), "{name} is held up at {now}");
            assert!(one.runs.values().all(|run| run.stopped || now <= run.deadline));
        }
    }

    fn is_owned_right(&self, now: Time, one: &One, callback: &Callback) {
        match (callback.origin(), &one.owner) {
            (Origin::Configuration, None) => {}
            (Origin::Registered { owner, until }, Some((wanted, time))) => {
                assert_eq!(owner, wanted);
                assert!(callback.is_leaving() || (until == time && *until > now), "a lease is over at {now}");
            }
            other => panic!("{other:?}"),
        }
    }
}
