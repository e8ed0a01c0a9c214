//! What services have to be together: each complete and of one kind, and none waiting for itself through others.
//!
//! Every mistake is told, each at the line that says it, whatever else is wrong: a value that is none was told before, and
//! is passed over here.

use std::collections::BTreeMap;

use crate::host::Host;
use crate::judge::no_script;
use crate::settings::{MOST_NAMED, Mistake, Section, Settings};
use crate::table::Service;
use crate::waiting;
use crate::words::{agent, names};

/// The options of one kind, and those that it cannot do without.
const KINDS: [(&str, &[&str], Option<&str>); 3] = [
    ("script", &["scripts"], None),
    ("systemd", &["unit"], Some("unit")),
    ("ocf", &["agent", "parameters"], Some("agent")),
];

/// All that is wrong with the services of a configuration.
pub(crate) fn mistakes(settings: &Settings, host: &dyn Host) -> Vec<Mistake> {
    let all: Vec<&str> = settings.names(Service::NAME).collect();
    let places: BTreeMap<&str, usize> = all.iter().enumerate().map(|(place, name)| (*name, place)).collect();
    let mut found = Vec::new();
    if let Some(name) = all.get(MOST_NAMED) {
        let message = format!("there are more than {MOST_NAMED} sections [{} NAME]", Service::NAME);
        found.push(settings.mistake(&section(name), None, message));
    }
    let mut edges = Vec::new();
    for &name in &all {
        of_kind(settings, name, host, &mut found);
        edges.push(waits(settings, name, &places, &mut found));
    }
    circles(settings, &all, &edges, &mut found);
    found
}

fn section(name: &str) -> String {
    format!("{} {name}", Service::NAME)
}

/// What is missing for its kind, and what belongs to another one.
fn of_kind(settings: &Settings, name: &str, host: &dyn Host, found: &mut Vec<Mistake>) {
    let section = section(name);
    let said = |option: &str| settings.said(&section, option).map(|said| said.value.as_str());
    let Some(kind) = said("kind") else {
        let message = format!("[{section}] needs 'kind': script, systemd or ocf");
        return found.push(settings.mistake(&section, None, message));
    };
    let Some((_, own, needed)) = KINDS.iter().find(|(word, ..)| *word == kind) else { return };
    for (other, options, _) in KINDS.iter().filter(|(word, ..)| *word != kind) {
        for option in options.iter().filter(|option| said(option).is_some()) {
            let message = format!("'{option}' is for kind = {other}, and this is kind = {kind}");
            found.push(settings.mistake(&section, Some(option), message));
        }
    }
    if let Some(option) = needed.filter(|option| said(option).is_none()) {
        let message = format!("[{section}] of kind = {kind} needs '{option}'");
        found.push(settings.mistake(&section, Some("kind"), message));
    }
    let component = own.contains(&"scripts") && said("scripts").is_none();
    if component && !host.has_component(name) {
        let message = format!("there is no directory events/{name}; name one with 'scripts'");
        found.push(settings.mistake(&section, Some("kind"), message));
    } else if component && !host.runs_scripts(name) {
        found.push(settings.mistake(&section, Some("kind"), no_script(name)).doubt());
    }
    let missing =
        said("agent").filter(|_| kind == "ocf").and_then(agent).filter(|(p, t)| !host.has_agent(p, t));
    if let Some((provider, word)) = missing {
        let message = format!("there is no agent {provider}/{word} below resource.d that can be executed");
        found.push(settings.mistake(&section, Some("agent"), message));
    }
}

/// For whom it waits, of those who are there, and the option that says so.
fn waits(
    settings: &Settings,
    name: &str,
    places: &BTreeMap<&str, usize>,
    found: &mut Vec<Mistake>,
) -> Vec<(usize, &'static str)> {
    let section = section(name);
    let mut edges = Vec::new();
    for option in ["requires", "after"] {
        let Some(said) = settings.said(&section, option) else { continue };
        for other in names(&said.value) {
            if let Some(place) = places.get(other.as_str()) {
                edges.push((*place, option));
            } else {
                let message = format!("'{option}': there is no [service {other}]");
                found.push(settings.mistake(&section, Some(option), message));
            }
        }
    }
    edges
}

/// Tells services that wait for each other, at the one of them that comes first.
fn circles(
    settings: &Settings,
    all: &[&str],
    edges: &[Vec<(usize, &'static str)>],
    found: &mut Vec<Mistake>,
) {
    let waits: Vec<Vec<usize>> =
        edges.iter().map(|edges| edges.iter().map(|(place, _)| *place).collect()).collect();
    for circle in waiting::order(&waits).err().unwrap_or_default() {
        let Some(&first) = circle.first() else { continue };
        let next = circle.get(1).unwrap_or(&first);
        let option = edges[first].iter().find(|(place, _)| place == next).map(|(_, option)| *option);
        let words: Vec<&str> = circle.iter().chain([&first]).take(MOST_NAMED).map(|at| all[*at]).collect();
        let more = if circle.len() < MOST_NAMED { "" } else { " -> ..." };
        let message = format!("services wait for each other: {}{more}", words.join(" -> "));
        found.push(settings.mistake(&section(all[first]), option, message));
    }
}

#[cfg(test)]
mod tests {
    use crate::document::Role;
    use crate::finding::Remark;
    use crate::host::Host;
    use crate::sources::{Refused, Sources, checked};

    struct Here;

    impl Host for Here {
        fn has_directory(&self, _: &str) -> bool {
            false
        }

        fn has_script(&self, _: &str) -> bool {
            false
        }

        fn can_run(&self, path: &str) -> bool {
            path == "/bin/prog"
        }

        fn has_component(&self, name: &str) -> bool {
            ["web", "db", "lic"].contains(&name)
        }

        fn has_agent(&self, provider: &str, kind: &str) -> bool {
            (provider, kind) == ("heartbeat", "Dummy")
        }

        fn runs_scripts(&self, name: &str) -> bool {
            name != "lic"
        }

        fn read_options(
            &self,
            of: &std::collections::BTreeSet<String>,
        ) -> std::collections::BTreeSet<String> {
            of.clone()
        }

        fn topics(&self) -> Vec<&'static str> {
            vec!["service.health.changed", "tunnel.peer.changed"]
        }

        fn version(&self) -> Option<u16> {
            None
        }
    }

    fn told(text: &str) -> Vec<String> {
        let mut sources = Sources::default();
        sources.add("s", Role::Part, text);
        let refused = match sources.settings(&["serviced", "service"], &Here) {
            Ok(_) => Vec::new(),
            Err(Refused(all)) => all,
        };
        // The command that checks says the same as the daemon.
        let mut again = checked(&sources, &Here);
        again.sort_by_key(|told| told.finding.line);
        let mut sorted = refused.clone();
        sorted.sort_by_key(|told| told.finding.line);
        assert_eq!(again, sorted);
        sorted.iter().map(Remark::to_string).collect()
    }

    #[test]
    fn a_good_configuration_of_all_kinds_is_taken() {
        let text = "[serviced]\nstart = at once\n[service web]\nkind = script\nrequires = db, disk\n\
            reconfigure = /bin/prog x\nrestart = on failure\n[service db]\nkind = systemd\nunit = db.service\n\
            after = DISK\n[service disk]\nkind = ocf\nagent = ocf:heartbeat:Dummy\nparameters = state=/x a='b c'\n\
            [service other]\nkind = script\nscripts = db\n";
        assert_eq!(told(text), [""; 0]);
    }

    #[test]
    fn every_mistake_is_told_at_once_with_its_line() {
        let text = "[service a]\nkind = script\n[service b]\nkind = systemd\nagent = ocf:heartbeat:Dummy\n\
            [service c]\nkind = ocf\nagent = ocf:heartbeat:Nothing\nparameters = x\n[service d]\nkind = lsb\n\
            [service e]\nunit = e.service\n[service f]\nkind = script\nscripts = none\nreconfigure = /bin/none\n\
            requires = g\n[service web]\nkind = script\nrequires = web\nfail after = 0\n[service h]\nkind = ocf\n\
            unit = nginx\n";
        assert_eq!(
            told(text),
            [
                "s:2: there is no directory events/a; name one with 'scripts'",
                "s:4: [service b] of kind = systemd needs 'unit'",
                "s:5: 'agent' is for kind = ocf, and this is kind = systemd",
                "s:8: there is no agent heartbeat/Nothing below resource.d that can be executed",
                "s:9: 'parameters' cannot be 'x': 'x' is no NAME=VALUE",
                "s:11: 'kind' cannot be 'lsb': write script or systemd or ocf",
                "s:12: [service e] needs 'kind': script, systemd or ocf",
                "s:16: 'scripts' cannot be 'none': there is no directory events/none",
                "s:17: 'reconfigure' cannot be '/bin/none': there is no /bin/none that can be executed",
                "s:18: 'requires': there is no [service g]",
                "s:21: services wait for each other: web -> web",
                "s:22: 'fail after' cannot be '0': write a number from 1 to 1000",
                "s:24: [service h] of kind = ocf needs 'agent'",
                "s:25: 'unit' cannot be 'nginx': write the name of a unit with its suffix, such as nginx.service",
            ]
        );
    }

    #[test]
    fn a_service_none_of_whose_scripts_can_be_run_is_told_and_taken() {
        let mut sources = Sources::default();
        let text = "[service lic]\nkind = script\n[service other]\nkind = script\nscripts = lic\n";
        sources.add("s", Role::Part, text);
        let (_, doubts) = sources.settings(&["serviced", "service"], &Here).unwrap();
        let told: Vec<_> = doubts.iter().map(Remark::to_string).collect();
        let why = "events/lic has no event script that can be executed: nothing would be run, and the service is not up";
        assert_eq!(told, [format!("s:2: {why}"), format!("s:5: 'scripts': {why}")]);
        assert_eq!(checked(&sources, &Here), doubts);
    }

    /// What this thread has had of a CPU so far. Unlike the time of a clock it does not count what others take.
    #[allow(clippy::disallowed_methods)] // The work that it takes is what this is about.
    fn spent() -> u64 {
        let all = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
        all.split_whitespace().next().unwrap().parse().unwrap()
    }

    /// What it takes to check so many services of which each waits for the next.
    fn chain(many: usize) -> u64 {
        let service =
            |n: usize| format!("[service s{n}]\nkind = script\nscripts = db\nrequires = s{}\n", n + 1);
        let mut text: String = (1..many).map(service).collect();
        text += &format!("[service s{many}]\nkind = script\nscripts = db\n");
        let before = spent();
        assert_eq!(told(&text).len(), 1, "too many, and nothing else");
        spent() - before
    }

    #[test]
    fn a_chain_of_twelve_thousand_services_takes_four_times_the_work_of_a_quarter_of_it() {
        let (quarter, whole) = (chain(3_000), chain(12_000));
        // With the square it would be sixteen times as much.
        assert!(whole < quarter * 8, "{whole} ns, and {quarter} ns for a quarter");
    }

    #[test]
    fn each_cycle_is_told_where_it_begins() {
        let service =
            |name: &str, rest: &str| format!("[service {name}]\nkind = script\nscripts = db\n{rest}\n");
        let text = [
            service("a", "requires = b"),
            service("b", "after = c"),
            service("c", "requires = a"),
            service("x", "requires = y"),
            service("y", "requires = x"),
            service("z", "requires = a x"),
        ]
        .concat();
        assert_eq!(
            told(&text),
            [
                "s:4: services wait for each other: a -> b -> c -> a",
                "s:16: services wait for each other: x -> y -> x",
            ]
        );
    }

    #[test]
    fn more_services_than_there_may_be_are_refused_and_a_broken_file_has_no_consequences() {
        let many: String =
            (0..65).map(|n| format!("[service s{n:02}]\nkind = script\nscripts = db\n")).collect();
        assert_eq!(told(&many), ["s:193: there are more than 64 sections [service NAME]"]);
        let broken = "[service a]\nkind = script\nscripts = db\nrequires = b\n[service b\n";
        assert_eq!(told(broken), ["s:5: the section's name has no ']' behind it"]);
    }
}
