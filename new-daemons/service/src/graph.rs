//! Who waits for whom: whether the names make sense, and the order that follows from them.
//!
//! `requires` and `after` are edges alike; what makes them differ is the business of whoever walks along them.

use std::collections::{BTreeMap, BTreeSet};

use config::waiting;

use crate::limits::{FLAP_MAX, HISTORY_MAX, NAME_MAX, OUTPUT_MAX, SERVICES_MAX};
use crate::spec::{Config, Spec};

/// What is wrong with a configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// there are too many services
    #[error("there are more than {SERVICES_MAX} services")]
    Many,
    /// a name is none
    #[error("'{0}': a service's name is up to {NAME_MAX} letters, digits, '.', '_' and '-'")]
    Name(String),
    /// a name twice
    #[error("there are two services '{0}'")]
    Twice(String),
    /// a service that is not there
    #[error("'{service}' waits for '{other}', and there is no such service")]
    Missing {
        /// Who waits.
        service: String,
        /// For whom.
        other: String,
    },
    /// services that wait for each other
    #[error("services wait for each other: {}", .0.join(" -> "))]
    Cycle(Vec<String>),
    /// a number out of its bounds
    #[error("'{service}': {what} is out of its bounds")]
    Bounds {
        /// The service that has it.
        service: String,
        /// The option whose value it is.
        what: &'static str,
    },
}

fn is_name(name: &str) -> bool {
    let good = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
    (1..=NAME_MAX).contains(&name.len()) && name.bytes().all(good)
}

fn out_of_bounds(spec: &Spec) -> impl Iterator<Item = &'static str> {
    let zero = [
        ("start limit", spec.start_limit.is_zero()),
        ("stop limit", spec.stop_limit.is_zero()),
        ("check limit", spec.check_limit.is_zero()),
        ("check interval", spec.check_interval.is_zero()),
        ("fail after", spec.fail_after == 0),
        ("recover after", spec.recover_after == 0),
        ("backoff", spec.backoff.is_zero()),
        ("flap limit", !usize::try_from(spec.flap_limit).is_ok_and(|limit| (2..=FLAP_MAX).contains(&limit))),
        ("flap window", spec.flap_window.is_zero()),
        ("flap hold", spec.flap_hold.is_zero()),
    ];
    zero.into_iter().filter(|(_, wrong)| *wrong).map(|(what, _)| what)
}

/// For whom a service waits when it is started.
pub(crate) fn waits_for(spec: &Spec) -> impl Iterator<Item = &String> {
    spec.requires.iter().chain(&spec.after)
}

impl Config {
    /// All that is wrong with it.
    #[must_use]
    pub fn problems(&self) -> Vec<Problem> {
        let mut found = Vec::new();
        if self.services.len() > SERVICES_MAX {
            found.push(Problem::Many);
        }
        let bounds =
            |wrong: bool, what| wrong.then(|| Problem::Bounds { service: "serviced".to_owned(), what });
        found.extend(bounds(!(1..=HISTORY_MAX).contains(&self.history), "history"));
        found.extend(bounds(self.output > OUTPUT_MAX, "output limit"));
        let mut names = BTreeSet::new();
        for spec in &self.services {
            if !is_name(&spec.name) {
                found.push(Problem::Name(spec.name.clone()));
            }
            if !names.insert(&spec.name) {
                found.push(Problem::Twice(spec.name.clone()));
            }
            found
                .extend(out_of_bounds(spec).map(|what| Problem::Bounds { service: spec.name.clone(), what }));
        }
        for spec in &self.services {
            let missing = waits_for(spec).filter(|other| !names.contains(other));
            found.extend(
                missing.map(|other| Problem::Missing { service: spec.name.clone(), other: other.clone() }),
            );
        }
        if let Err(cycle) = order(self.services.iter()) {
            found.push(Problem::Cycle(cycle));
        }
        found
    }
}

/// The names in an order in which each stands behind those for which it waits, and else as they come; or names that wait
/// for each other, the first one once more at the end. Names that are not there are passed over.
pub(crate) fn order<'a>(specs: impl Iterator<Item = &'a Spec>) -> Result<Vec<String>, Vec<String>> {
    let specs: Vec<&Spec> = specs.collect();
    let places: BTreeMap<&str, usize> =
        specs.iter().enumerate().map(|(place, spec)| (spec.name.as_str(), place)).collect();
    let waits =
        |spec: &&Spec| waits_for(spec).filter_map(|other| places.get(other.as_str()).copied()).collect();
    let waits: Vec<Vec<usize>> = specs.iter().map(waits).collect();
    let name = |place: &usize| specs[*place].name.clone();
    waiting::order(&waits).map(|sorted| sorted.iter().map(name).collect()).map_err(|circles| {
        let circle = circles.first().map(Vec::as_slice).unwrap_or_default();
        circle.iter().chain(circle.first()).map(name).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::Kind;

    fn spec(name: &str, requires: &[&str], after: &[&str]) -> Spec {
        let owned = |names: &[&str]| names.iter().map(|&name| name.to_owned()).collect();
        let kind = Kind::Script { component: name.to_owned() };
        Spec { requires: owned(requires), after: owned(after), ..Spec::new(name, kind) }
    }

    #[test]
    fn services_stand_behind_those_for_which_they_wait_and_else_as_they_come() {
        let all = [spec("web", &["db"], &["log"]), spec("log", &[], &[]), spec("db", &["log"], &[])];
        assert_eq!(order(all.iter()).unwrap(), ["log", "db", "web"]);
        let free = [spec("b", &[], &[]), spec("a", &[], &["gone"])];
        assert_eq!(order(free.iter()).unwrap(), ["b", "a"]);
    }

    #[test]
    fn all_that_is_wrong_is_told_at_once() {
        let mut late = spec("late", &[], &[]);
        (late.fail_after, late.flap_limit) = (0, 1);
        let services = vec![
            spec("a", &["b"], &[]),
            spec("b", &[], &["c", "none"]),
            spec("c", &["a"], &[]),
            spec("d", &["d"], &[]),
            spec("x y", &[], &[]),
            late.clone(),
            late,
        ];
        let told: Vec<String> = Config { services, history: 0, ..Config::default() }
            .problems()
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(
            told,
            [
                "'serviced': history is out of its bounds",
                "'x y': a service's name is up to 32 letters, digits, '.', '_' and '-'",
                "'late': fail after is out of its bounds",
                "'late': flap limit is out of its bounds",
                "there are two services 'late'",
                "'late': fail after is out of its bounds",
                "'late': flap limit is out of its bounds",
                "'b' waits for 'none', and there is no such service",
                "services wait for each other: a -> b -> c -> a",
            ]
        );
        assert_eq!(Config::default().problems(), []);
    }
}
