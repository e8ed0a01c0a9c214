//! A configuration is taken: services come, go, and become something else, while those that stay go on.

use std::collections::BTreeMap;
use std::sync::Arc;

use machine::{Time, Wall};

use crate::course::Course;
use crate::fleet::Fleet;
use crate::outcome::Operation;
use crate::service::Service;
use crate::spec::{Config, Spec};

/// What a configuration changes, and what that depends on.
pub(crate) struct Reload<'a> {
    pub(crate) now: Time,
    pub(crate) today: Wall,
    pub(crate) course: Course,
    pub(crate) choices: &'a BTreeMap<String, bool>,
    pub(crate) all: &'a mut Fleet,
}

impl Reload<'_> {
    /// Takes one without problems. The services are not sorted yet.
    pub(crate) fn take(&mut self, config: &Config) {
        for service in self.all.iter_mut() {
            service.leaving = !config.services.iter().any(|spec| spec.name == service.spec.name);
            if service.leaving {
                service.shown.because(Operation::Configuration);
            }
        }
        for spec in &config.services {
            self.set(spec.clone());
        }
        self.all.iter_mut().for_each(|service| service.shown.trim(config.history));
    }

    fn set(&mut self, spec: Spec) {
        let enabled = self.choices.get(&spec.name).copied().unwrap_or(spec.enabled);
        let Some(at) = self.all.at(&spec.name) else {
            let mut service = Service::new(Arc::new(spec), enabled, self.today);
            service.shown.because(Operation::Configuration);
            service.fresh = self.course.is_under_way();
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
            service.checking.by(self.now + service.spec.check_interval);
        }
    }
}
