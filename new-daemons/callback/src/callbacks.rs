//! All callbacks of a daemon as one machine: who is registered, who hears of what, whose time has come.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use machine::{Machine, Time, earliest};

use crate::callback::{Callback, Origin};
use crate::event::Event;
use crate::history::Reason;
use crate::io::{Effect, Input, Owner, Refusal, RunId, Token};
use crate::limits::{
    CONFIGURED_MAX, LEASE_MAX, PARALLEL_TOTAL, REGISTERED_BY_ONE, REGISTERED_MAX, TOTAL_BYTES,
};
use crate::row::Row;

/// The callbacks of one daemon.
#[derive(Debug, Default)]
pub struct Callbacks {
    all: BTreeMap<String, Callback>,
    /// The callback of each run.
    runs: BTreeMap<RunId, String>,
    last_event: u64,
    last_run: u64,
    effects: VecDeque<Effect>,
    stopping: bool,
}

impl Callbacks {
    /// All of them, by their names.
    pub fn iter(&self) -> impl Iterator<Item = &Callback> {
        self.all.values()
    }

    /// The one of this name.
    #[must_use]
    pub fn callback(&self, name: &str) -> Option<&Callback> {
        self.all.get(name)
    }

    /// Whether some callback is run on a topic; an event that no callback wants need not be made.
    #[must_use]
    pub fn wants(&self, topic: &str) -> bool {
        self.all.values().any(|callback| !callback.is_leaving() && callback.row().wants(topic))
    }

    /// Whether this registrant has anything registered.
    #[must_use]
    pub fn owns(&self, registrant: &Owner) -> bool {
        self.all.values().any(|callback| match callback.origin() {
            Origin::Registered { owner, .. } => owner == registrant && !callback.is_leaving(),
            Origin::Configuration => false,
        })
    }

    /// Whether no program runs.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        self.runs.is_empty()
    }

    fn configure(&mut self, now: Time, rows: Vec<Row>) {
        let mut wanted = BTreeMap::new();
        for row in rows {
            let why = match row.check() {
                Ok(()) if wanted.len() < CONFIGURED_MAX => {
                    wanted.insert(row.name.clone(), row);
                    continue;
                }
                Ok(()) => Refusal::TooMany,
                Err(error) => error.into(),
            };
            self.effects.push_back(Effect::NotConfigured { callback: row.name, why });
        }
        for (name, callback) in &mut self.all {
            let gone = *callback.origin() == Origin::Configuration && !wanted.contains_key(name);
            if gone && !callback.is_leaving() {
                callback.leave(now, Reason::Removed, &mut self.effects);
            }
        }
        for (name, row) in wanted {
            if let Some(callback) = self.all.get_mut(&name)
                && let Origin::Registered { owner, .. } = callback.origin()
                && !callback.is_leaving()
            {
                self.effects.push_back(Effect::Expired { callback: name.clone(), owner: owner.clone() });
                callback.leave(now, Reason::Removed, &mut self.effects);
            }
            self.set(now, name, row, Origin::Configuration);
        }
    }

    fn set(&mut self, now: Time, name: String, row: Row, origin: Origin) {
        match self.all.get_mut(&name) {
            Some(callback) => callback.become_row(now, row, origin, &mut self.effects),
            None => drop(self.all.insert(name, Callback::new(row, origin))),
        }
    }

    fn answer(&mut self, token: Token, result: Result<(), Refusal>) {
        self.effects.push_back(Effect::Answer { token, result });
    }

    /// The callback that this owner has registered.
    fn registered(&mut self, by: &Owner, name: &str) -> Result<&mut Callback, Refusal> {
        let callback = self.all.get_mut(name).filter(|callback| !callback.is_leaving());
        let own = |callback: &&mut Callback| match callback.origin() {
            Origin::Registered { owner, .. } => owner == by,
            Origin::Configuration => false,
        };
        callback.filter(own).ok_or(Refusal::Unknown)
    }

    fn register(&mut self, now: Time, owner: Owner, row: Row, lease: Duration) -> Result<(), Refusal> {
        row.check()?;
        let until = lease_until(now, lease)?;
        if self.stopping {
            return Err(Refusal::Stopping);
        }
        let owners = |callback: &Callback| match callback.origin() {
            Origin::Registered { owner, .. } if !callback.is_leaving() => Some(owner.clone()),
            _ => None,
        };
        let there = self.all.get(&row.name).filter(|callback| !callback.is_leaving());
        match there.map(|callback| (callback.origin(), owners(callback))) {
            Some((Origin::Configuration, _)) => return Err(Refusal::Configured),
            Some((_, Some(other))) if other != owner => return Err(Refusal::Taken(other.0)),
            Some(_) => {}
            None => {
                let all: Vec<Owner> = self.all.values().filter_map(owners).collect();
                let own = all.iter().filter(|other| **other == owner).count();
                if all.len() >= REGISTERED_MAX || own >= REGISTERED_BY_ONE {
                    return Err(Refusal::TooMany);
                }
            }
        }
        self.set(now, row.name.clone(), row, Origin::Registered { owner, until });
        Ok(())
    }

    fn event(&mut self, now: Time, event: Event) {
        self.last_event += 1;
        let (number, event) = (self.last_event, Arc::new(event));
        if self.stopping {
            return;
        }
        for callback in self.all.values_mut() {
            if !callback.is_leaving() && callback.row().wants(event.topic()) {
                callback.take(now, number, &event, &mut self.effects);
            }
        }
        // The one that keeps the most pays for the bound of all.
        while self.all.values().map(Callback::waiting_bytes).sum::<usize>() > TOTAL_BYTES {
            let Some(largest) = self.all.values_mut().max_by_key(|callback| callback.waiting_bytes()) else {
                break;
            };
            largest.give_up_oldest(now, &mut self.effects);
        }
    }

    fn expire(&mut self, now: Time, gone: impl Fn(&Owner, Time) -> bool) {
        for (name, callback) in &mut self.all {
            if callback.is_leaving() {
                continue;
            }
            if let Origin::Registered { owner, until } = callback.origin()
                && gone(owner, *until)
            {
                self.effects.push_back(Effect::Expired { callback: name.clone(), owner: owner.clone() });
                callback.leave(now, Reason::Removed, &mut self.effects);
            }
        }
    }

    fn stop(&mut self, now: Time) {
        self.stopping = true;
        for callback in self.all.values_mut() {
            callback.leave(now, Reason::Stopping, &mut self.effects);
            callback.stop_runs(&mut self.effects);
        }
    }

    fn beyond_first(&self) -> usize {
        self.all.values().map(Callback::runs_beyond_first).sum()
    }

    /// Starts what may be started, and forgets who has gone.
    fn advance(&mut self, now: Time) {
        let mut beyond = self.beyond_first();
        for (name, callback) in &mut self.all {
            if callback.is_leaving() {
                continue;
            }
            loop {
                let before = callback.runs_beyond_first();
                let id = RunId(self.last_run + 1);
                if !callback.start(now, id, beyond < PARALLEL_TOTAL, &mut self.effects) {
                    break;
                }
                beyond += callback.runs_beyond_first() - before;
                self.last_run = id.0;
                self.runs.insert(id, name.clone());
            }
        }
        self.all.retain(|_, callback| !callback.is_gone());
    }
}

fn lease_until(now: Time, lease: Duration) -> Result<Time, Refusal> {
    let good = (Duration::from_secs(1)..=LEASE_MAX).contains(&lease);
    if good { Ok(now + lease) } else { Err(Refusal::Lease) }
}

impl Machine for Callbacks {
    type Input = Input;
    type Effect = Effect;

    fn handle(&mut self, now: Time, input: Input) {
        match input {
            Input::Configure(rows) if !self.stopping => self.configure(now, rows),
            Input::Configure(_) => {}
            Input::Register { token, owner, row, lease } => {
                let result = self.register(now, owner, row, lease);
                self.answer(token, result);
            }
            Input::Renew { token, owner, name, lease } => {
                let result = lease_until(now, lease)
                    .and_then(|until| self.registered(&owner, &name).map(|callback| callback.renew(until)));
                self.answer(token, result);
            }
            Input::Remove { token, owner, name } => {
                let result = self.registered(&owner, &name).map(|_| ());
                let removed = result.is_ok();
                self.answer(token, result);
                if let Some(callback) = self.all.get_mut(&name).filter(|_| removed) {
                    callback.leave(now, Reason::Removed, &mut self.effects);
                }
            }
            Input::OwnerGone(gone) => self.expire(now, |owner, _| *owner == gone),
            Input::Event(event) => self.event(now, event),
            Input::Ended { run, ending, output, omitted } => {
                if let Some(name) = self.runs.remove(&run)
                    && let Some(callback) = self.all.get_mut(&name)
                {
                    callback.ended(now, run, ending, output, omitted, &mut self.effects);
                }
            }
            Input::Stop => self.stop(now),
        }
        self.advance(now);
    }

    fn tick(&mut self, now: Time) {
        self.expire(now, |_, until| until <= now);
        for callback in self.all.values_mut() {
            callback.tick(now, &mut self.effects);
        }
        self.advance(now);
    }

    fn poll_effect(&mut self, _: Time) -> Option<Effect> {
        self.effects.pop_front()
    }

    fn poll_timeout(&self) -> Option<Time> {
        let more = self.beyond_first() < PARALLEL_TOTAL;
        let of_one = |callback: &Callback| match callback.origin() {
            Origin::Registered { until, .. } if !callback.is_leaving() => {
                earliest(Some(*until), callback.next_time(more))
            }
            _ => callback.next_time(more),
        };
        self.all.values().filter_map(of_one).min()
    }

    fn check(&self) {
        for callback in self.all.values() {
            callback.check(self.last_event + 1);
        }
        let runs: usize = self.all.values().map(|callback| callback.runs().count()).sum();
        assert_eq!(runs, self.runs.len());
        assert!(self.beyond_first() <= PARALLEL_TOTAL);
        assert!(self.all.values().map(Callback::waiting_bytes).sum::<usize>() <= TOTAL_BYTES);
        let registered = |callback: &&Callback| {
            !callback.is_leaving() && matches!(callback.origin(), Origin::Registered { .. })
        };
        assert!(self.all.values().filter(registered).count() <= REGISTERED_MAX);
    }
}
