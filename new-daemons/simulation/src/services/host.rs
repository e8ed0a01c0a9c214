//! What really runs: services, and the processes that start, stop and check them. The daemon knows of it by results alone.

use std::collections::BTreeMap;

use machine::Time;
use service::{How, Token, Work};

/// A process that does something with a service.
#[derive(Clone, Debug)]
pub(super) struct Running {
    pub(super) service: String,
    pub(super) work: Work,
    pub(super) began: Time,
    /// When somebody has asked it to end.
    pub(super) ending: Option<Time>,
    /// Its daemon is no more.
    pub(super) orphan: bool,
}

/// A service.
#[derive(Clone, Debug, Default)]
pub(super) struct Service {
    pub(super) runs: bool,
    /// Its checks fail though it runs.
    pub(super) broken: bool,
}

/// The machine on which services run.
#[derive(Debug, Default)]
pub(super) struct Host {
    pub(super) services: BTreeMap<String, Service>,
    pub(super) processes: BTreeMap<Token, Running>,
}

impl Host {
    pub(super) fn runs(&self, name: &str) -> bool {
        self.services.get(name).is_some_and(|service| service.runs)
    }

    /// Whether something is being done with a service, apart from checks.
    pub(super) fn is_changing(&self, name: &str) -> bool {
        self.processes
            .values()
            .any(|process| process.service == name && matches!(process.work, Work::Start | Work::Stop))
    }

    /// A process ends. `by_half`: one that fails has done its work all the same.
    pub(super) fn ends(&mut self, token: Token, how: &How, by_half: bool) {
        let Some(process) = self.processes.remove(&token) else { return };
        let done = how.is_ok() || by_half;
        let service = self.services.entry(process.service).or_default();
        match process.work {
            Work::Start if done && !matches!(how, How::CannotRun(_)) => service.runs = true,
            Work::Stop if done && !matches!(how, How::CannotRun(_)) => service.runs = false,
            _ => {}
        }
    }

    pub(super) fn repair(&mut self) {
        self.services.values_mut().for_each(|service| service.broken = false);
    }
}
