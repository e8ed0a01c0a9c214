//! What may be begun when: services start behind those for which they wait and stop before them, one operation at a time
//! for each.
//!
//! Invariant: whoever requires a service is stopped before it is stopped, unless he would not stop, which is told.

use std::sync::Arc;

use machine::{Calendar, Level, Time, earliest};

use crate::addresses::Addresses;
use crate::course::Course;
use crate::fleet::Fleet;
use crate::io::{Change, Effect, Work};
use crate::judgement::Verdict;
use crate::listening::Listening;
use crate::out::Out;
use crate::outcome::Operation;
use crate::service::{Place, Service};
use crate::task::{Ending, Task};
use crate::tokens::Tokens;

/// What is needed to begin something.
pub(crate) struct Order<'a> {
    pub(crate) now: Time,
    pub(crate) calendar: Calendar,
    pub(crate) course: Course,
    pub(crate) all: &'a mut Fleet,
    pub(crate) tokens: &'a mut Tokens,
    pub(crate) addresses: &'a Addresses,
    pub(crate) out: &'a mut Out,
}

impl Order<'_> {
    /// Restarts and damping whose time has come.
    pub(crate) fn plan(&mut self) {
        let now = self.now;
        let adopting = self.all.is_adopting(self.course, self.tokens);
        let ctdb = !self.course.is_outside();
        for service in self.all.iter_mut() {
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
    pub(crate) fn drive(&mut self) {
        let adopting = self.all.is_adopting(self.course, self.tokens);
        let ctdb = !self.course.is_outside();
        for at in 0..self.all.len() {
            let service = &self.all[at];
            if service.task.is_some() {
                self.drop_task(at);
            } else if ctdb
                && service.place.wanted
                && service.presence.is_down()
                && !adopting
                && self.may_start(service)
            {
                self.begin(at, Work::Start);
            } else if ctdb
                && !service.place.wanted
                && service.presence.is_there()
                && !service.presence.refuses()
            {
                if !adopting && self.may_stop(at) {
                    self.begin(at, Work::Stop);
                }
            } else if service.wants_check(self.now) {
                self.begin(at, Work::Check);
            } else if ctdb && let Some(change) = self.news(service) {
                self.begin(at, Work::Reconfigure(Arc::new(change)));
            }
        }
    }

    /// Asks what is done with a service to end, when the service is to stop.
    fn drop_task(&mut self, at: usize) {
        let service = &mut self.all[at];
        let stops = !service.place.wanted && !service.presence.is_over();
        if stops && service.task.as_ref().is_some_and(|task| task.counted) {
            return service.cannot_stop(self.now);
        }
        if let Some(task) = self.all[at].task.as_mut()
            && stops
            && task.work != Work::Stop
            && task.ending == Ending::Not
        {
            task.ending = Ending::Dropped(self.now);
            let token = task.token;
            self.out.end(token);
        }
    }

    fn may_start(&self, service: &Service) -> bool {
        self.all.needs(service).all(|other| other.shown.state().is_up())
            && self.all.follows(service).all(|other| other.place.settled)
    }

    /// Whether nobody is in the way who has to stop first.
    fn may_stop(&self, at: usize) -> bool {
        self.all.iter().skip(at + 1).all(|other| {
            let Place { needs, follows, wanted, .. } = &other.place;
            let waits = needs.contains(&at) || (follows.contains(&at) && !wanted);
            !waits || other.presence.is_over()
        })
    }

    fn begin(&mut self, at: usize, work: Work) {
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
        service.task = Some(Task::new(token, work.clone(), self.now, self.calendar, limit));
        self.out.run(Effect::Run { token, spec: Arc::clone(&service.spec), work, limit });
    }

    /// What a service has to be told of the node's addresses.
    fn news(&self, service: &Service) -> Option<Change> {
        let all = self.addresses.announced().filter(|_| service.may_be_told())?;
        service.listening.news(all, self.now)
    }
}

/// When there is something to be done about a service.
pub(crate) fn next_time(
    service: &Service,
    (calendar, course, adopting): (Calendar, Course, bool),
    addresses: &Addresses,
) -> Option<Time> {
    let window = service.spec.flap_window;
    let restart =
        service.place.wanted && service.place.lacks.is_none() && service.task.is_none() && !adopting;
    let mut next = earliest(service.damping.held_until(), service.restarting.next_time(restart, window));
    if let Some(task) = &service.task {
        return earliest(next, earliest(task.next_time(), task.saved_at(calendar)));
    }
    if service.is_checked() && service.spec.checked {
        next = earliest(next, Some(service.checking.next()));
    }
    let late = addresses.announced().is_some_and(|all| service.listening.differs(all));
    if late && service.may_be_told() && !course.is_outside() {
        next = earliest(next, service.listening.hold());
    }
    next
}
