//! What may be begun when: services start behind those for which they wait and stop before them, one operation at a time
//! for each.
//!
//! Invariant: whoever requires a service is stopped before it is stopped, unless he would not stop, which is told.

use std::sync::Arc;

use machine::{Level, Time, earliest};

use crate::io::{Change, Effect, Notice, Work};
use crate::judgement::Verdict;
use crate::listening::Listening;
use crate::outcome::Operation;
use crate::presence::Presence;
use crate::service::{Place, Service};
use crate::services::Services;
use crate::spec::Manager;
use crate::task::{Ending, Task};
use crate::view::{Phase, State, Transition};

impl Services {
    /// Sees what follows from what is known: who is wanted, who lacks whom, the state of each. Changes are told.
    pub(crate) fn observe(&mut self, now: Time) {
        let (manager, phase, calendar) = (self.manager(), self.phase, self.calendar);
        let keep = self.config.as_ref().map_or(0, |config| config.history);
        for at in 0..self.all.len() {
            self.want(at);
            let service = &self.all[at];
            let lacks = service
                .place
                .needs
                .iter()
                .map(|need| &self.all[*need])
                .find(|other| !other.shown.state().is_up());
            let lacks = lacks.map(|other| (other.spec.name.clone(), other.shown.state()));
            let settled = self.is_settled(service);
            let service = &mut self.all[at];
            (service.place.lacks, service.place.settled) = (lacks, settled);
            service.fresh &= !settled;
            if let Some(well) = service.firm().filter(|_| service.place.wanted) {
                let spec = Arc::clone(&service.spec);
                service.damping.see(now, well, &spec);
            }
            let well = service.firm() == Some(true) && service.judgement.bad() == 0;
            service.restarting.see(now, well, service.spec.flap_window);
            // Until it was looked at it is what it was for the daemon before this one.
            if service.place.wanted && service.is_open() {
                continue;
            }
            let (seen, there) = (service.seen(manager, phase), service.presence.is_there());
            if let Some(transition) = service.shown.show(calendar.wall(now), seen, there, keep) {
                let spec = Arc::clone(&service.spec);
                self.out.log(level(&transition), line(&spec.name, &transition));
                self.out.tell(Notice::State { spec, transition });
            }
        }
    }

    fn want(&mut self, at: usize) {
        let outside = self.manager() == Manager::Outside;
        let active = self.is_active();
        let service = &self.all[at];
        let whole = !service.leaving && service.next_kind.is_none() && !service.presence.is_cycling();
        let needs = outside || service.place.needs.iter().all(|need| self.all[*need].place.wanted);
        let wanted = active && service.enabled && whole && needs;
        let service = &mut self.all[at];
        service.place.wanted = wanted;
        service.presence.want(wanted);
        if outside && wanted && service.presence.is_down() {
            service.presence.come();
        } else if outside && !wanted && service.task.is_none() && !service.presence.is_down() {
            service.down();
            service.judgement.forget_report();
        }
    }

    /// Whether nothing more is to be expected of its start, or of its stop.
    fn is_settled(&self, service: &Service) -> bool {
        if !service.place.wanted {
            return service.presence.is_over();
        }
        let blocked = || {
            let mut needs = service.place.needs.iter().map(|need| &self.all[*need]);
            needs.any(|other| other.place.settled && !other.shown.state().is_up())
        };
        match service.presence {
            Presence::There(_) if service.is_open() => false,
            Presence::There(_) => service.firm().is_some() || blocked(),
            Presence::Down => blocked(),
            Presence::Coming | Presence::Going(_) => false,
        }
    }

    /// Restarts and damping whose time has come.
    pub(crate) fn plan(&mut self, now: Time) {
        let adopting = self.is_adopting();
        let ctdb = self.manager() == Manager::Ctdb;
        for service in &mut self.all {
            if service.damping.release(now) {
                service.shown.because(Operation::Damping);
            }
            let failed = service.judgement.verdict() == Verdict::Failed && service.presence.is_there();
            if !failed || !service.place.wanted {
                service.restarting.cancel();
            } else if ctdb && !adopting && service.place.lacks.is_none() {
                let spec = Arc::clone(&service.spec);
                service.restarting.plan(now, &spec);
                if service.task.is_none() && service.restarting.take(now) {
                    let name = &spec.name;
                    let (count, limit) = (service.restarting.count, spec.restart_limit);
                    self.out.log(Level::Notice, format!("{name}: restart {count} of at most {limit}"));
                    let operation =
                        service.judgement.trouble().map_or(Operation::Check, |trouble| trouble.operation);
                    service.cycle(operation);
                }
            }
        }
    }

    /// Begins what may be begun.
    pub(crate) fn drive(&mut self, now: Time) {
        let adopting = self.is_adopting();
        let ctdb = self.manager() == Manager::Ctdb;
        for at in 0..self.all.len() {
            let service = &self.all[at];
            if service.task.is_some() {
                self.drop_task(now, at);
            } else if ctdb
                && service.place.wanted
                && service.presence.is_down()
                && !adopting
                && self.may_start(service)
            {
                self.begin(now, at, Work::Start);
            } else if ctdb
                && !service.place.wanted
                && service.presence.is_there()
                && !service.presence.refuses()
            {
                if !adopting && self.may_stop(at) {
                    self.begin(now, at, Work::Stop);
                }
            } else if service.wants_check(now) {
                self.begin(now, at, Work::Check);
            } else if ctdb && let Some(change) = self.news(service, now) {
                self.begin(now, at, Work::Reconfigure(Arc::new(change)));
            }
        }
    }

    /// Asks what is done with a service to end, when the service is to stop.
    fn drop_task(&mut self, now: Time, at: usize) {
        let service = &mut self.all[at];
        let stops = !service.place.wanted && !service.presence.is_over();
        if stops && service.task.as_ref().is_some_and(|task| task.counted) {
            return service.cannot_stop(now);
        }
        if let Some(task) = self.all[at].task.as_mut()
            && stops
            && task.work != Work::Stop
            && task.ending == Ending::Not
        {
            task.ending = Ending::Dropped(now);
            let token = task.token;
            self.out.end(token);
        }
    }

    fn may_start(&self, service: &Service) -> bool {
        service.place.needs.iter().all(|need| self.all[*need].shown.state().is_up())
            && service.place.follows.iter().all(|other| self.all[*other].place.settled)
    }

    /// Whether nobody is in the way who has to stop first.
    fn may_stop(&self, at: usize) -> bool {
        self.all.iter().skip(at + 1).all(|other| {
            let Place { needs, follows, wanted, .. } = &other.place;
            let waits = needs.contains(&at) || (follows.contains(&at) && !wanted);
            !waits || other.presence.is_over()
        })
    }

    fn begin(&mut self, now: Time, at: usize, work: Work) {
        let token = self.tokens.take();
        let service = &mut self.all[at];
        let limit = match work {
            Work::Start | Work::Reconfigure(_) => service.spec.start_limit,
            Work::Stop => service.spec.stop_limit,
            Work::Check => service.spec.check_limit,
        };
        service.presence.begin(&work);
        match work {
            Work::Start => {
                let told = self.addresses.announced().filter(|_| service.spec.reconfigure.is_none());
                service.listening = Listening::new(told.into_iter().flatten().cloned(), []);
            }
            Work::Stop => {}
            Work::Check => service.checking.ask(false),
            Work::Reconfigure(ref change) => service.listening.tell(change),
        }
        service.task = Some(Task::new(token, work.clone(), now, self.calendar, limit));
        self.out.run(Effect::Run { token, spec: Arc::clone(&service.spec), work, limit });
    }

    /// What a service has to be told of the node's addresses.
    fn news(&self, service: &Service, now: Time) -> Option<Change> {
        let all = self.addresses.announced().filter(|_| service.may_be_told())?;
        service.listening.news(all, now)
    }

    /// When changes of addresses were gathered for long enough, services are told.
    pub(crate) fn announce(&mut self, now: Time) {
        if self.addresses.announce(now) {
            for service in &mut self.all {
                service.listening.begin_anew();
            }
        }
    }

    /// What the daemon does as a whole changes when all services have come as far as they can.
    pub(crate) fn advance_phase(&mut self) {
        let settled = self.all.iter().all(|service| service.place.settled);
        let over = self.all.iter().all(|service| service.presence.is_over());
        self.phase = match self.phase {
            Phase::Starting if settled && !self.is_adopting() => Phase::Running,
            Phase::Stopping if over => Phase::Stopped,
            phase => phase,
        };
    }

    /// Forgets services that are configured no more and have stopped.
    pub(crate) fn remove_left(&mut self) {
        let left =
            |service: &Service| service.leaving && service.presence.is_down() && service.task.is_none();
        if self.all.iter().any(left) {
            self.all.retain(|service| !left(service));
            self.sort();
        }
    }

    /// When there is something to be done about a service.
    pub(crate) fn next_time(&self, service: &Service) -> Option<Time> {
        let window = service.spec.flap_window;
        let restart = service.place.wanted
            && service.place.lacks.is_none()
            && service.task.is_none()
            && !self.is_adopting();
        let mut next = earliest(service.damping.held_until(), service.restarting.next_time(restart, window));
        if let Some(task) = &service.task {
            return earliest(next, earliest(task.next_time(), task.saved_at(self.calendar)));
        }
        if service.is_checked() && service.spec.checked {
            next = earliest(next, Some(service.checking.next()));
        }
        let late = self.addresses.announced().is_some_and(|all| service.listening.differs(all));
        if late && service.may_be_told() && self.manager() == Manager::Ctdb {
            next = earliest(next, service.listening.hold());
        }
        next
    }
}

fn level(transition: &Transition) -> Level {
    match transition.to {
        State::Failed | State::Flapping => Level::Error,
        State::Failing | State::Blocked => Level::Warning,
        State::Up | State::Disabled | State::Stopped => Level::Notice,
        State::Starting | State::Stopping => Level::Info,
    }
}

fn line(name: &str, transition: &Transition) -> String {
    let Transition { from, to, reason, .. } = transition;
    let why = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{name}: {from} -> {to}{why}")
}
