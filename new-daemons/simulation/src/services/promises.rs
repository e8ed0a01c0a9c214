//! What the service daemon promises, held against what really runs.
//!
//! 1. Nothing is started that runs, and nothing is done twice at the same time.
//! 2. A service starts only when those that it requires are up, and stops behind those that require it.
//! 3. The node is never well while a service that counts, or one that it requires, has failed past its threshold.
//! 4. Each change of health is told once, and each change of a state begins where the last one ended.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use machine::Time;
use service::{
    Command, Config, END_MAX, How, Input, Life, Notice, Phase, Saved, Services, Spec, State, Token, View,
    Work,
};

use super::host::Host;

/// How long it may take after a start of the daemon until it has looked at all services.
const LOOKING: Duration = Duration::from_secs(120);

/// A service, as the results tell that were handed to the daemon.
#[derive(Debug, Default)]
struct Seen {
    /// Its last start went well, and nobody has begun to stop it.
    up: bool,
    /// Checks that failed in a row.
    bad: u32,
    /// That were too many.
    failed: bool,
    /// The addresses of which it was told.
    told: Vec<service::Address>,
    /// The addresses on which it may listen: of those it was told, though that may have failed.
    may: BTreeSet<service::Address>,
    /// A daemon before this one has started it, and this one has not looked at it yet.
    unseen: bool,
}

/// Something that this daemon does with a service.
#[derive(Debug)]
struct Doing {
    service: String,
    work: Work,
    began: Time,
    limit: Duration,
    ended: Option<Time>,
}

/// An operation that is about to begin.
pub(super) struct Begins<'a> {
    pub(super) spec: &'a Spec,
    pub(super) work: &'a Work,
    pub(super) limit: Duration,
}

#[derive(Debug, Default)]
pub(super) struct Promises {
    services: BTreeMap<String, Seen>,
    doing: BTreeMap<Token, Doing>,
    healthy: Option<bool>,
    states: BTreeMap<String, State>,
    begun: Time,
    /// The daemon was killed between two effects: what it has told, it may not have saved.
    interrupted: bool,
    addresses: Option<Vec<service::Address>>,
    pub(super) health_changes: u64,
}

impl Promises {
    /// A daemon starts, with what was saved.
    pub(super) fn begun(&mut self, now: Time, saved: Option<&Saved>, config: &Config) {
        self.begun = now;
        self.doing.clear();
        self.states.clear();
        self.addresses = saved.and_then(|saved| saved.addresses.clone());
        self.services.values_mut().for_each(|seen| (seen.bad, seen.failed, seen.unseen) = (0, false, false));
        for saved in saved.iter().flat_map(|saved| &saved.services) {
            let spec = config.services.iter().find(|spec| spec.name == saved.name);
            let looks = saved.life == Life::There && spec.is_some_and(|spec| spec.checked);
            self.services.entry(saved.name.clone()).or_default().unseen = looks;
        }
    }

    pub(super) const fn interrupted(&mut self) {
        self.interrupted = true;
    }

    /// Something is about to be heard by the daemon.
    pub(super) fn input(&mut self, daemon: &Services, input: &Input) {
        match input {
            Input::Command { command: Command::Addresses(all), .. } => {
                let mut all = all.clone();
                all.sort();
                all.dedup();
                self.addresses = Some(all);
            }
            Input::Done { token, outcome } => self.done(daemon, *token, &outcome.how),
            _ => {}
        }
    }

    pub(super) fn end(&mut self, now: Time, token: Token) {
        if let Some(doing) = self.doing.get_mut(&token) {
            doing.ended.get_or_insert(now);
        }
    }

    fn done(&mut self, daemon: &Services, token: Token, how: &How) {
        let Some(Doing { service, work, began, limit, ended }) = self.doing.remove(&token) else { return };
        let Some(view) = daemon.view(&service) else { return };
        let late = ended.is_some_and(|at| at >= began + limit);
        let dropped = ended.is_some() && !late;
        let seen = self.services.entry(service).or_default();
        seen.unseen &= work != Work::Check;
        match work {
            Work::Start => seen.up = how.is_ok() && ended.is_none(),
            Work::Check if seen.up && view.spec.checked && !dropped => {
                seen.bad = if how.is_ok() && !late { 0 } else { seen.bad + 1 };
                seen.failed = seen.bad >= view.spec.fail_after;
            }
            Work::Reconfigure(change) if how.is_ok() && ended.is_none() => {
                seen.told.clone_from(&change.all);
                seen.may.retain(|address| !change.release.contains(address));
                let left = seen.may.iter().find(|address| !change.all.contains(address));
                assert_eq!(left, None, "an address is not released");
            }
            _ => {}
        }
    }

    /// Something is about to be done.
    pub(super) fn run(
        &mut self,
        now: Time,
        daemon: &Services,
        host: &Host,
        token: Token,
        begins: &Begins<'_>,
    ) {
        let Begins { spec, work, limit } = *begins;
        let name = &spec.name;
        let views = daemon.views();
        let doing = Doing { service: name.clone(), work: work.clone(), began: now, limit, ended: None };
        assert!(self.doing.insert(token, doing).is_none(), "a token is used twice");
        let seen = self.services.entry(name.clone()).or_default();
        match work {
            Work::Start => {
                assert!(!host.runs(name), "{name} is started, and runs");
                assert!(!host.is_changing(name), "{name} is started, and is being started or stopped");
                (seen.bad, seen.failed) = (0, false);
                seen.told.clear();
                seen.may.clear();
                seen.unseen = false;
                for other in &spec.requires {
                    let unseen = self.services.get(other).is_some_and(|seen| seen.unseen);
                    // A look that hangs and cannot be ended is one all the same: it has failed.
                    let mut hung = self.doing.values().filter(|doing| doing.service == *other);
                    let hung = hung.any(|doing| doing.ended.is_some_and(|at| now.since(at) >= END_MAX));
                    let unseen = unseen && !hung && now.since(self.begun) < LOOKING;
                    let other = views.iter().find(|view| view.spec.name == *other).expect("who is required");
                    assert!(
                        !unseen || !other.spec.checked,
                        "{name} is started before {} was looked at",
                        other.spec.name
                    );
                    assert!(
                        other.state.is_up(),
                        "{name} is started, and {} is {}",
                        other.spec.name,
                        other.state
                    );
                }
            }
            Work::Stop => {
                (seen.up, seen.unseen) = (false, false);
                (seen.bad, seen.failed) = (0, false);
                assert!(!host.is_changing(name), "{name} is stopped, and is being started or stopped");
                for other in views.iter().filter(|view| view.spec.requires.contains(name)) {
                    let other_name = &other.spec.name;
                    // One that would not stop, or on which something hangs that cannot be ended.
                    let gave_up = other.state == State::Failed && other.reason.starts_with("stop failed");
                    let stuck = host.processes.values().any(|process| {
                        process.service == *other_name
                            && process.ending.is_some_and(|at| now.since(at) >= END_MAX)
                    });
                    assert!(
                        !host.runs(other_name) || gave_up || stuck,
                        "{name} is stopped before {other_name}, which requires it"
                    );
                }
            }
            Work::Check => {}
            Work::Reconfigure(change) => {
                assert!(change.listen.iter().all(|address| change.all.contains(address)));
                seen.may.extend(change.all.iter().cloned());
                assert!(change.release.iter().all(|address| !change.all.contains(address)));
            }
        }
        let busy = host.processes.values().filter(|process| process.service == *name && !process.orphan);
        assert_eq!(busy.count(), 0, "{work:?} of {name}, while something else is done with it");
    }

    pub(super) fn told(&mut self, notice: &Notice) {
        match notice {
            Notice::Health(health) => {
                let again = self.healthy.replace(health.healthy) == Some(health.healthy);
                assert!(!again || self.interrupted, "told twice: healthy {}", health.healthy);
                assert!(health.healthy == health.reasons.is_empty(), "{health:?}");
                self.interrupted = false;
                self.health_changes += 1;
            }
            Notice::State { spec, transition } => {
                let before = self.states.insert(spec.name.clone(), transition.to);
                assert!(
                    before.is_none_or(|before| before == transition.from),
                    "{}: {transition:?}",
                    spec.name
                );
                assert_ne!(transition.from, transition.to, "{}", spec.name);
            }
            Notice::Reconfigured { .. } => {}
        }
    }

    /// After each step.
    pub(super) fn hold(&mut self, now: Time, daemon: &Services) {
        self.states.retain(|name, _| daemon.view(name).is_some());
        let health = daemon.health();
        let looking = now.since(self.begun) < LOOKING;
        if self.healthy.is_some() && !(self.interrupted && looking) {
            assert_eq!(self.healthy, Some(health.healthy), "a change of health was not told");
        }
        if !health.healthy || looking {
            return;
        }
        assert_eq!(health.phase, Phase::Running);
        let views = daemon.views();
        for view in views.iter().filter(|view| view.enabled && view.spec.counts && !view.leaving) {
            self.is_not_failed(view);
            for other in views.iter().filter(|other| view.spec.requires.contains(&other.spec.name)) {
                self.is_not_failed(other);
            }
        }
    }

    fn is_not_failed(&self, view: &View) {
        let failed = self.services.get(&view.spec.name).is_some_and(|seen| seen.failed);
        assert!(!failed, "the node is well, and {} has failed: {view:?}", view.spec.name);
    }

    /// In the end, when everything works.
    pub(super) fn all_is_well(&self, daemon: &Services, host: &Host) {
        for view in daemon.views().into_iter().filter(|view| !view.leaving) {
            let name = &view.spec.name;
            assert_eq!(view.state, State::Up, "{view:?}");
            assert!(host.runs(name), "{name} is up, and does not run");
            let Some(all) = &self.addresses else { continue };
            let may = self.services.get(name).map(|seen| seen.may.clone()).unwrap_or_default();
            assert!(
                may.iter().all(|address| all.contains(address)),
                "{name} listens on {may:?}, not on {all:?}"
            );
            let told = self.services.get(name).map(|seen| seen.told.clone()).unwrap_or_default();
            assert_eq!(&view.listen, all, "{name}");
            assert!(view.spec.reconfigure.is_none() || told == *all, "{name} was told {told:?}");
        }
        assert!(daemon.health().healthy, "{:?}", daemon.health());
    }

    /// In the end, when everything was stopped.
    pub(super) fn all_is_over(&self, daemon: &Services, host: &Host) {
        assert!(daemon.is_idle() && daemon.phase() == Phase::Stopped);
        for view in daemon.views() {
            assert_eq!(view.state, State::Stopped, "{view:?}");
            assert!(!host.runs(&view.spec.name), "{} was stopped, and runs", view.spec.name);
        }
        assert!(host.services.values().all(|service| !service.runs), "{:?}", host.services);
    }
}
