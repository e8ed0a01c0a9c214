//! What the daemon does as a whole: from waiting to running to stopped, and who starts and stops the services.

use crate::spec::{Begin, Manager};
use crate::view::Phase;

#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Course {
    phase: Phase,
    manager: Manager,
}

impl Course {
    pub(crate) const fn phase(self) -> Phase {
        self.phase
    }

    pub(crate) const fn manager(self) -> Manager {
        self.manager
    }

    /// Whether somebody outside starts and stops the services.
    pub(crate) fn is_outside(self) -> bool {
        self.manager == Manager::Outside
    }

    /// Whether services are to run.
    pub(crate) const fn is_active(self) -> bool {
        matches!(self.phase, Phase::Starting | Phase::Running)
    }

    /// Whether a service that comes now comes while others run already.
    pub(crate) fn is_under_way(self) -> bool {
        self.phase == Phase::Running && !self.is_outside()
    }

    /// The first configuration says who starts and stops the services.
    pub(crate) const fn manage(&mut self, manager: Manager) {
        self.manager = manager;
    }

    /// A daemon before this one has come so far; `down`: all of its services are.
    pub(crate) fn inherit(&mut self, phase: Phase, down: bool) {
        self.phase = if phase == Phase::Stopped && !down { Phase::Stopping } else { phase };
    }

    /// The first configuration holds.
    pub(crate) fn begin(&mut self, begin: Begin) {
        self.phase = match (self.manager, begin, self.phase) {
            (Manager::Outside, ..) => Phase::Running,
            (Manager::Ctdb, Begin::AtOnce, Phase::Waiting) => Phase::Starting,
            (Manager::Ctdb, _, phase) => phase,
        };
    }

    /// Services are to run. Whether that is something new.
    pub(crate) const fn start(&mut self) -> bool {
        let new = !self.is_active();
        if new {
            self.phase = Phase::Starting;
        }
        new
    }

    /// Services are to stop. Whether that is something new.
    pub(crate) fn stop(&mut self) -> bool {
        let new = self.phase != Phase::Stopping;
        self.phase = Phase::Stopping;
        new
    }

    /// All services have come as far as they can, or none runs any more.
    pub(crate) const fn advance(&mut self, settled: bool, over: bool) {
        self.phase = match self.phase {
            Phase::Starting if settled => Phase::Running,
            Phase::Stopping if over => Phase::Stopped,
            phase => phase,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_daemon_goes_from_waiting_to_running_to_stopped_and_back() {
        let mut course = Course::default();
        course.begin(Begin::AtOnce);
        assert!(course.phase() == Phase::Starting && !course.start());
        course.advance(false, true);
        assert_eq!(course.phase(), Phase::Starting);
        course.advance(true, false);
        assert!(course.is_under_way() && course.stop() && !course.stop());
        course.advance(true, true);
        assert!(course.phase() == Phase::Stopped && course.start());
    }

    #[test]
    fn what_others_manage_runs_whatever_was_before() {
        let mut course = Course::default();
        course.manage(Manager::Outside);
        course.inherit(Phase::Stopped, false);
        assert_eq!(course.phase(), Phase::Stopping);
        course.begin(Begin::AtOnce);
        assert!(course.phase() == Phase::Running && course.is_active() && !course.is_under_way());
    }
}
