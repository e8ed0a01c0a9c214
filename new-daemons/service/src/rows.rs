//! Services as the configuration says them.

use config::{Mistake, Service, Serviced, Settings};

use crate::spec::{Begin, Config, Kind, Manager, Program, Restart, Spec};

impl Config {
    /// What a configuration says about services.
    ///
    /// # Errors
    /// What is wrong in it, of which `Sources::settings` has told before.
    pub fn from_settings(settings: &Settings) -> Result<Self, Mistake> {
        let own = settings.section::<Serviced>()?;
        let sections = settings.sections::<Service>()?;
        Ok(Self {
            begin: if own.start == "at once" { Begin::AtOnce } else { Begin::OnRequest },
            manager: if own.manager == "outside" { Manager::Outside } else { Manager::Ctdb },
            history: usize::try_from(own.history).unwrap_or(usize::MAX),
            output: own.output_limit.bytes(),
            settle: own.settle,
            services: sections.into_iter().filter_map(|(name, section)| spec(name, section)).collect(),
        })
    }
}

/// None when it is incomplete, which the check of the configuration has found before.
fn spec(name: String, section: Service) -> Option<Spec> {
    let kind = match section.kind.as_str() {
        "script" => Kind::Script { component: section.scripts.unwrap_or_else(|| name.clone()) },
        "systemd" => Kind::Systemd { unit: section.unit? },
        "ocf" => {
            let parameters = section.parameters.unwrap_or_default().0;
            Kind::Ocf { agent: section.agent?, parameters }
        }
        _ => return None,
    };
    // Sections are the same in upper and lower case.
    let names = |list: Option<Vec<String>>| -> Vec<String> {
        let mut names: Vec<_> =
            list.unwrap_or_default().iter().map(|name| name.to_ascii_lowercase()).collect();
        names.sort();
        names.dedup();
        names
    };
    let count = |number: u64| u32::try_from(number).unwrap_or(u32::MAX);
    let program = |program: config::Program| Program { path: program.path, arguments: program.arguments };
    Some(Spec {
        name,
        kind,
        requires: names(section.requires),
        after: names(section.after),
        counts: section.counts,
        enabled: section.enabled,
        checked: section.checked,
        start_limit: section.start_limit,
        stop_limit: section.stop_limit,
        check_limit: section.check_limit,
        check_interval: section.check_interval,
        fail_after: count(section.fail_after),
        recover_after: count(section.recover_after),
        restart: if section.restart == "on failure" { Restart::OnFailure } else { Restart::Never },
        restart_limit: count(section.restart_limit),
        backoff: section.backoff,
        flap_limit: count(section.flap_limit),
        flap_window: section.flap_window,
        flap_hold: section.flap_hold,
        reconfigure: section.reconfigure.map(program),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use config::{Anywhere, Role, Sources};
    use std::time::Duration;

    fn config(text: &str) -> Config {
        let mut sources = Sources::default();
        sources.add("a", Role::Part, text);
        let (settings, _) = sources.settings(&["serviced", "service"], &Anywhere::default()).unwrap();
        Config::from_settings(&settings).unwrap()
    }

    #[test]
    fn without_anything_said_the_defaults_of_both_crates_are_the_same() {
        assert_eq!(config(""), Config::default());
        let kind = Kind::Script { component: "web".into() };
        assert_eq!(config("[service Web]\nkind = script\n").services, [Spec::new("web", kind)]);
    }

    #[test]
    fn what_is_said_arrives() {
        let all = config(
            "[serviced]\nstart = at once\nmanager = outside\nsettle = 0ms\n[service a]\nkind = ocf\n\
             agent = ocf:heartbeat:Dummy\nparameters = state='/x y'\nrequires = B, B\nafter = B\n\
             restart = on failure\nfail after = 3\ncounts for health = no\nreconfigure = /bin/x y\n\
             [service b]\nkind = systemd\nunit = b.service\n",
        );
        assert_eq!((all.begin, all.manager, all.settle), (Begin::AtOnce, Manager::Outside, Duration::ZERO));
        let [a, b] = &all.services[..] else { panic!("{all:?}") };
        let parameters = [("state".to_owned(), "/x y".to_owned())].into();
        assert_eq!(a.kind, Kind::Ocf { agent: "ocf:heartbeat:Dummy".into(), parameters });
        assert_eq!((&a.requires[..], &a.after[..]), (&["b".to_owned()][..], &["b".to_owned()][..]));
        assert_eq!((a.restart, a.fail_after, a.counts), (Restart::OnFailure, 3, false));
        assert_eq!(a.reconfigure.as_ref().unwrap().arguments, ["y"]);
        assert_eq!(b.kind.made_of(), "b.service");
        assert_eq!(all.problems(), []);
    }
}
