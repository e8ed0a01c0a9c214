//! The daemons by name, a row each: whoever needs a name of a daemon has it from here.
//!
//! A daemon has a noun for what it does and a program. The noun is its name on the bus, the beginning of its topics, the
//! name of its `.x` file and the noun of the command line; its section of the configuration is the program without
//! `ctdb-`, since C's `ctdb.conf` has sections with the nouns.

use crate::interface::Service;
use crate::services::{event, service, tunnel};

/// One daemon.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// What it can be asked and tells, under its noun.
    pub service: &'static Service,
    /// Its program, and its unit.
    pub program: &'static str,
    /// What it is called in a sentence.
    pub title: &'static str,
    /// The rung of the way from C's daemons to the new ones on which it comes.
    pub rung: usize,
}

impl Row {
    /// What it does, in a word.
    #[must_use]
    pub const fn noun(&self) -> &'static str {
        self.service.name
    }

    /// Its section of the configuration.
    #[must_use]
    pub fn section(&self) -> &'static str {
        self.program.strip_prefix("ctdb-").unwrap_or(self.program)
    }
}

/// Carries messages between the nodes.
pub const TUNNEL: Row =
    Row { service: &tunnel::SERVICE, program: "ctdb-tunneld", title: "tunnel daemon", rung: 0 };

/// Runs the scripts of events.
pub const EVENT: Row =
    Row { service: &event::SERVICE, program: "ctdb-eventd", title: "event daemon", rung: 1 };

/// Starts, checks and stops services.
pub const SERVICE: Row =
    Row { service: &service::SERVICE, program: "ctdb-serviced", title: "service daemon", rung: 2 };

/// All of them, in the order of their rungs.
pub const ALL: [Row; 3] = [TUNNEL, EVENT, SERVICE];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generated::MODULES;
    use crate::probe::PROBE_NAME;
    use crate::services;

    #[test]
    fn every_service_has_a_daemon_and_no_daemon_has_the_name_that_the_machine_of_the_tunneld_answers() {
        let mut nouns = ALL.map(|row| row.noun());
        nouns.sort_unstable();
        assert_eq!(nouns.to_vec(), services::ALL.iter().map(|service| service.name).collect::<Vec<_>>());
        assert!(!nouns.contains(&PROBE_NAME));
    }

    #[test]
    fn the_noun_is_the_beginning_of_topics_the_name_of_the_file_and_the_beginning_of_its_types() {
        for row in ALL {
            let noun = row.noun();
            let topics = row.service.events.iter().map(|event| event.topic);
            topics.for_each(|topic| assert!(topic.starts_with(&format!("{noun}.")), "{topic}"));
            let file = concat!(env!("CARGO_MANIFEST_DIR"), "/spec/").to_owned() + noun + ".x";
            assert!(std::path::Path::new(&file).exists(), "{file}");
            let (_, types) = MODULES.iter().find(|(name, _)| *name == noun).unwrap();
            types.iter().for_each(|t| assert!(t.name.starts_with(&format!("tc_{noun}_")), "{}", t.name));
        }
    }

    #[test]
    fn rungs_are_counted_and_sections_are_the_programs_without_what_all_begin_with() {
        assert_eq!(ALL.map(|row| row.rung), [0, 1, 2]);
        assert_eq!(ALL.map(|row| row.section()), ["tunneld", "eventd", "serviced"]);
    }
}
