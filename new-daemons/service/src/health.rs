//! The node's health, as its services say: told when it changes, and with a reason for each service that is in the way.

use machine::{Level, Time};

use crate::io::Notice;
use crate::service::Service;
use crate::services::Services;
use crate::spec::Restart;
use crate::view::{Health, Phase, State};
use crate::words::cut;

impl Services {
    /// Whether the health is that of a daemon before this one, because not all services have been looked at.
    pub(crate) fn holds_health(&self) -> bool {
        self.standing.healthy().is_some() && self.is_adopting()
    }

    pub(crate) fn update_health(&mut self, now: Time) {
        if self.holds_health() {
            return;
        }
        let healthy = self.phase == Phase::Running && self.in_the_way().next().is_none();
        if !self.standing.see(self.calendar.wall(now), healthy) {
            return;
        }
        self.standing.tell(self.reasons_now());
        let (level, text) = if healthy {
            (Level::Notice, "the node is healthy".to_owned())
        } else {
            (Level::Warning, format!("the node is not healthy: {}", self.standing.reasons().join("; ")))
        };
        self.out.log(level, text);
        let (phase, since, reasons) = (self.phase, self.standing.since(), self.standing.reasons().to_vec());
        self.out.tell(Notice::Health(Health { phase, healthy, since, reasons }));
    }

    /// What the daemon does, in a line.
    #[must_use]
    pub fn headline(&self) -> String {
        let up = self.all.iter().filter(|service| service.shown.state().is_up()).count();
        let health = self.health();
        let well = match health.reasons.first() {
            _ if health.healthy => "healthy".to_owned(),
            Some(reason) => format!("unhealthy: {reason}"),
            None => "unhealthy".to_owned(),
        };
        format!("{}, {up} of {} services up, {well}", health.phase, self.all.len())
    }

    fn in_the_way(&self) -> impl Iterator<Item = &Service> {
        let counts =
            |service: &&Service| service.enabled && service.spec.counts && !service.leaving && !service.fresh;
        self.all.iter().filter(counts).filter(|service| !service.shown.state().is_up())
    }

    /// Why the node is not well.
    pub(crate) fn reasons_now(&self) -> Vec<String> {
        let phase = match self.phase {
            Phase::Waiting => "services have not been started",
            Phase::Starting => "services are being started",
            Phase::Stopping => "services are being stopped",
            Phase::Stopped => "services were stopped",
            Phase::Running => "",
        };
        let reason = |service: &Service| {
            let reason = self.reason_of(service);
            let reason = if reason.is_empty() { service.shown.state().word() } else { &reason };
            cut(&format!("{}: {reason}", service.spec.name))
        };
        let phase = Some(phase.to_owned()).filter(|phase| !phase.is_empty());
        let services =
            self.in_the_way().filter(|service| self.is_active() || service.shown.state() == State::Failed);
        phase.into_iter().chain(services.map(reason)).collect()
    }

    /// Why a service is not up, as of now.
    pub(crate) fn reason_of(&self, service: &Service) -> String {
        if service.place.wanted && service.is_open() {
            return service.shown.reason().to_owned();
        }
        let (_, reason) = service.seen(self.manager(), self.phase);
        let spent = service.spec.restart == Restart::OnFailure
            && service.restarting.count >= service.spec.restart_limit
            && service.restarting.at().is_none();
        if spent && service.presence.is_there() && service.shown.state() == State::Failed {
            return cut(&format!("{reason}; not restarted any more"));
        }
        reason
    }
}
