//! A configuration is taken: services come, go, and become something else, while those that stay go on.

use std::sync::Arc;

use machine::{Level, Time};

use crate::outcome::Operation;
use crate::service::Service;
use crate::services::Services;
use crate::spec::{Begin, Config, Manager, Spec};
use crate::view::Phase;

impl Services {
    pub(crate) fn configure(&mut self, now: Time, mut config: Config) {
        let problems = config.problems();
        if !problems.is_empty() {
            for problem in problems {
                self.out.log(Level::Error, format!("the configuration is not taken: {problem}"));
            }
            return;
        }
        let first = self.config.is_none();
        if let Some(before) = &self.config {
            (config.begin, config.manager) = (before.begin, before.manager);
        }
        for service in &mut self.all {
            service.leaving = !config.services.iter().any(|spec| spec.name == service.spec.name);
            if service.leaving {
                service.shown.because(Operation::Configuration);
            }
        }
        for spec in &config.services {
            self.set(now, spec.clone());
        }
        let keep = config.history;
        self.all.iter_mut().for_each(|service| service.shown.trim(keep));
        self.config = Some(config);
        if first {
            self.adopt(now);
            self.begin_phase();
        }
        self.sort();
    }

    fn begin_phase(&mut self) {
        let (begin, manager) =
            self.config.as_ref().map(|config| (config.begin, config.manager)).unwrap_or_default();
        match (manager, begin, self.phase) {
            (Manager::Outside, ..) => self.phase = Phase::Running,
            (Manager::Ctdb, Begin::AtOnce, Phase::Waiting) => self.phase = Phase::Starting,
            _ => {}
        }
    }

    fn set(&mut self, now: Time, spec: Spec) {
        let enabled = self.choices.get(&spec.name).copied().unwrap_or(spec.enabled);
        let Some(at) = self.at(&spec.name) else {
            let mut service = Service::new(Arc::new(spec), enabled, self.calendar.wall(now));
            service.shown.because(Operation::Configuration);
            service.fresh = self.phase == Phase::Running && self.manager() == Manager::Ctdb;
            self.all.push(service);
            return;
        };
        let service = &mut self.all[at];
        if enabled != service.enabled {
            service.enabled = enabled;
            service.presence.ask_again();
            service.shown.because(Operation::Configuration);
        }
        let interval = service.spec.check_interval;
        if spec.kind == service.spec.kind {
            service.next_kind = None;
            service.spec = Arc::new(spec);
        } else {
            // What runs is stopped as what it is.
            let old = service.spec.kind.clone();
            service.next_kind = Some(spec.kind.clone());
            service.spec = Arc::new(Spec { kind: old, ..spec });
            service.shown.because(Operation::Configuration);
            if service.presence.is_down() {
                service.down();
            }
        }
        if service.spec.check_interval < interval {
            service.checking.by(now + service.spec.check_interval);
        }
    }
}
