//! Whether the daemons would take a file of the configuration, and what in it is not what somebody meant.
//!
//! Options of C are judged as C reads them: `conf_load_option` and the `*_conf_validate_*` functions.

use std::collections::BTreeSet;

use crate::document::{Document, Kind, Role};
use crate::finding::Finding;
use crate::host::Host;
use crate::judge::{doubt, judge};
use crate::registry::{find, has_section, options};
use crate::schema::Readers;
use crate::shell::is_shell;
use crate::words::comment_hint;

/// A finding, and the section in which it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    pub(crate) section: Option<String>,
    /// Whether nothing of the file can be used.
    pub(crate) broken: bool,
    pub(crate) finding: Finding,
}

/// What is to be said about a file, line by line.
pub(crate) fn judge_file(document: &Document, role: Role, host: &dyn Host) -> Vec<Judged> {
    let mut file = File { role, host, section: None, seen: BTreeSet::new(), found: Vec::new() };
    if role == Role::Main && is_shell(&document.to_string()) {
        let line = document.entries().first().map_or(1, |entry| entry.line);
        let message = "this is the form of before Samba 4.9, of which ctdbd takes nothing: \
            `ctdbctl config import` makes today's files of it";
        file.say(Finding::error(line, message), true);
        return file.found;
    }
    for entry in document.entries() {
        if let Kind::Broken(why) = &entry.kind {
            let message = match role {
                Role::Main => {
                    format!("{why}; C takes nothing from the whole file then, and goes by its defaults")
                }
                Role::Part => (*why).to_owned(),
            };
            file.say(Finding::error(entry.line, message), true);
            break;
        }
        file.entry(entry.line, &entry.kind);
    }
    file.found
}

struct File<'a> {
    role: Role,
    host: &'a dyn Host,
    section: Option<&'a str>,
    /// Sections in lower case, and options.
    seen: BTreeSet<(String, &'a str)>,
    found: Vec<Judged>,
}

impl<'a> File<'a> {
    fn say(&mut self, finding: Finding, broken: bool) {
        self.found.push(Judged { section: self.section.map(str::to_owned), broken, finding });
    }

    fn error(&mut self, line: usize, message: impl Into<String>) {
        self.say(Finding::error(line, message), false);
    }

    fn warning(&mut self, line: usize, message: impl Into<String>) {
        self.say(Finding::warning(line, message), false);
    }

    fn entry(&mut self, line: usize, kind: &'a Kind) {
        match kind {
            Kind::Broken(_) => {}
            Kind::Words(words) => match self.role {
                Role::Main => self.warning(line, format!("'{words}' has no '=' and is passed over")),
                Role::Part => self.error(line, format!("'{words}' has no '='")),
            },
            Kind::Section(name) => {
                self.section = Some(name);
                if !has_section(name) {
                    self.error(line, format!("there is no section [{name}]; {}", sections(name)));
                } else if self.role == Role::Main && !options().any(|o| o.is_in(name) && o.is_of_c()) {
                    let text = format!(
                        "[{name}] is for a file in conf.d: `ctdb-config validate` of C refuses it here"
                    );
                    self.warning(line, text);
                }
            }
            Kind::Option { name, value } => match self.section {
                None => self.error(line, format!("'{name}' stands before any section")),
                Some(section) if has_section(section) => {
                    let again = !self.seen.insert((section.to_ascii_lowercase(), name));
                    self.option(line, section, name, value, again);
                }
                // Remark where the section begins.
                Some(_) => {}
            },
        }
    }

    fn option(&mut self, line: usize, section: &str, name: &str, value: &str, again: bool) {
        let Some(setting) = find(section, name) else {
            let near = near(section, name);
            return self.error(line, format!("there is no option '{name}' in [{section}]; {near}"));
        };
        if let (Some(since), Some(version)) = (setting.since, self.host.version())
            && version < since
        {
            let text = format!("'{name}' came with Samba 4.{since}, and this is 4.{version}");
            return self.error(line, text);
        }
        if value.is_empty() {
            return self.error(line, format!("'{name}' has no value; take the line out"));
        }
        if let Err(why) = judge(setting.value, value, self.role, self.host) {
            let hint = comment_hint(value);
            self.error(line, format!("'{name}' cannot be '{value}': {why}{hint}"));
        } else if value.contains(" #") {
            let text = format!("'{name}' is all of '{value}'{}", comment_hint(value));
            self.warning(line, text);
        } else if let Some(doubt) = doubt(setting, value, self.host) {
            self.warning(line, format!("'{name}': {doubt}"));
        }
        if self.role == Role::Part && setting.readers == Readers::C {
            let text = format!("'{name}' is C's, which reads ctdb.conf alone: nothing is done with it here");
            self.warning(line, text);
        }
        if let Some(instead) = setting.instead {
            self.warning(line, format!("'{name}' is an old name; write '{instead}'"));
        }
        if again {
            self.warning(line, format!("'{name}' stands here again; the last one counts"));
        }
    }
}

/// A section that had another name, and options that stood in another section.
const OLD_SECTION: (&str, &str) = ("tunnel", "tunneld");
const OLD_OPTIONS: (&str, &[&str], &str) = ("event", &["history", "output limit", "http listen"], "eventd");

fn sections(wrong: &str) -> String {
    let mut kinds: Vec<_> = options().map(|option| (option.section, option.named)).collect();
    kinds.dedup();
    let kind = |text: &str| text.trim().split([' ', '\t']).next().unwrap_or_default().to_ascii_lowercase();
    let title =
        |(name, named): &(&str, bool)| if *named { format!("[{name} NAME]") } else { format!("[{name}]") };
    if kind(wrong) == OLD_SECTION.0 {
        return format!("it is called [{}] today", OLD_SECTION.1);
    }
    match kinds.iter().find(|(name, _)| *name == kind(wrong)) {
        Some(found @ (_, false)) => format!("write {}", title(found)),
        Some(found) => {
            format!("write {}, with a name of up to 32 letters, digits, '.', '_' and '-'", title(found))
        }
        None => format!("write one of {}", kinds.iter().map(title).collect::<Vec<_>>().join(" ")),
    }
}

/// The option that may have been meant.
fn near(section: &str, name: &str) -> String {
    let (before, moved, today) = OLD_OPTIONS;
    if section.eq_ignore_ascii_case(before) && moved.contains(&name) {
        return format!("it belongs to [{today}] today");
    }
    let plain = |text: &str| text.to_ascii_lowercase().replace(['-', '_', ' '], "");
    let same = options().filter(|option| plain(option.name) == plain(name));
    let here = same.clone().find(|option| option.is_in(section));
    match (here, same.clone().next()) {
        (Some(option), _) => format!("write '{}'", option.name),
        (None, Some(option)) => format!("it belongs to [{}]", option.section),
        _ => {
            let mine = options().filter(|option| option.is_in(section));
            format!("there are: {}", mine.map(|option| option.name).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::host::Only;

    const HERE: Only = Only {
        directories: &["/var/log", "/db"],
        scripts: &["debug.sh"],
        programs: &["/bin/prog"],
        others: true,
    };

    fn told(text: &str) -> Vec<(usize, bool, String)> {
        told_in(Role::Main, text)
    }

    fn told_in(role: Role, text: &str) -> Vec<(usize, bool, String)> {
        let judged = judge_file(&Document::parse(text), role, &HERE).into_iter().map(|judged| judged.finding);
        judged.map(|f| (f.line, f.severity == Severity::Error, f.message)).collect()
    }

    #[test]
    fn a_good_file_is_good() {
        let text = "[logging]\nlocation = file:/var/log/x\nlog level = not\n[Cluster]\ncluster lock = !/bin/prog a b\n\
            node address = fd00::1\nleader timeout = 7\n[database]\nvolatile database directory = /db\n\
            tdb mutexes = YES\n[event]\ndebug script = debug.sh\n";
        assert_eq!(told(text), []);
    }

    #[test]
    fn a_file_in_the_form_of_before_4_9_is_told_as_such_once() {
        let found = told("# ours\nCTDB_RECOVERY_LOCK=/x/l\nCTDB_MANAGES_NFS=yes\n");
        assert_eq!(found.len(), 1, "{found:?}");
        assert!((found[0].0, found[0].1) == (2, true) && found[0].2.contains("config import"), "{found:?}");
    }

    #[test]
    fn events_that_no_daemon_tells_are_told_with_the_nearest_one() {
        let text = |events: &str| format!("[callback a]\nevents = {events}\nprogram = /bin/prog\n");
        assert_eq!(told_in(Role::Part, &text("service.health.changed, tunnel.*, *")), []);
        let found = told_in(Role::Part, &text("service.health.chnged"));
        let message = "'events': no daemon tells 'service.health.chnged'; is it service.health.changed?";
        assert_eq!(found, [(2, false, message.to_owned())]);
        let found = told_in(Role::Part, &text("tunel.*"));
        assert_eq!(found, [(2, false, "'events': no daemon tells 'tunel.*'".to_owned())]);
    }

    #[test]
    fn each_mistake_is_told_with_its_line() {
        for (text, line, error, part) in [
            ("[clutser]\nx = 1\n", 1, true, "no section [clutser]"),
            ("[ cluster ]\n", 1, true, "write [cluster]"),
            ("x = 1\n", 1, true, "before any section"),
            ("[cluster]\ncluster-lock = /x\n", 2, true, "write 'cluster lock'"),
            ("[cluster]\nlog level = INFO\n", 2, true, "it belongs to [logging]"),
            ("[cluster]\nnonsense = 1\n", 2, true, "there are: transport, "),
            ("[cluster]\n\nnodes list = !x\n", 3, true, "came with Samba 4.22"),
            ("[cluster]\nleader timeout = 0\n", 2, true, "at least 1"),
            ("[cluster]\nleader timeout = 7s\n", 2, false, "'7s' is read as 7"),
            ("[cluster]\nleader timeout = 010\n", 2, false, ""),
            ("[cluster]\nnode address = here\n", 2, true, "write an address"),
            ("[cluster]\nrecovery lock = /x\n", 2, false, "write 'cluster lock'"),
            ("[cluster]\ntransport = ib\n", 2, true, "no other transport"),
            ("[logging]\nlog level = NOTICE # loud\n", 2, true, "a line of its own"),
            (
                "[logging]\nlocation = file:/var/log/x # hi\n",
                2,
                false,
                "all of 'file:/var/log/x # hi'; a comment",
            ),
            ("[cluster]\ncluster lock = /x # hi\n", 2, false, "a line of its own"),
            ("[cluster]\ncluster lock = !/none/prog a\n", 2, false, "there is no /none/prog"),
            ("[logging]\nlocation = file:/nowhere/x\n", 2, true, "no directory /nowhere"),
            ("[logging]\nlocation = syslog:tcp\n", 2, true, "udp"),
            ("[logging]\nlog level =\n", 2, true, "has no value"),
            ("[legacy]\nstart as stopped = 1\n", 2, true, "true or false"),
            ("[database]\nstate database directory = /none\n", 2, true, "no such directory"),
            ("[event]\ndebug script = none.sh\n", 2, true, "none.sh"),
            ("[event]\ndebug script = /etc/ctdb/debug.sh\n", 2, false, "only the name counts"),
            ("[cluster]\nwords\n", 2, false, "passed over"),
            ("[cluster\n", 1, true, "nothing from the whole file"),
        ] {
            let found = told(text);
            if text.contains("010") {
                assert_eq!(found, [], "eight is a number");
                continue;
            }
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let (at, is_error, message) = &found[0];
            assert_eq!((*at, *is_error), (line, error), "{text}: {message}");
            assert!(message.contains(part), "{text}: {message}");
        }
        let twice = told("[cluster]\nleader timeout = 4\nleader timeout = 5\n");
        assert!(twice.len() == 1 && twice[0].2.contains("again"), "{twice:?}");
    }

    #[test]
    fn a_part_is_judged_more_strictly_and_knows_whose_options_are_whose() {
        for (text, line, error, part) in [
            ("[tunel]\n", 1, true, "write one of [logging]"),
            ("[Tunnel]\npeer timeout = 10s\n", 1, true, "it is called [tunneld] today"),
            ("[event]\nhistory = 5\n", 2, true, "it belongs to [eventd] today"),
            ("[event]\noutput limit = 64K\n", 2, true, "it belongs to [eventd] today"),
            ("[event]\nhttp listen = [::1]:80\n", 2, true, "it belongs to [eventd] today"),
            (
                "[Tunneld]\npeer timeout = 10\n",
                2,
                true,
                "'peer timeout' cannot be '10': write a number and its unit",
            ),
            ("[tunneld]\npeer timeout = 1s\n", 2, true, "write 3s to 1h"),
            ("[tunneld]\nctdb socket = x\n", 2, true, "absolute path"),
            ("[tunneld]\npeer-timeout = 10s\n", 2, true, "write 'peer timeout'"),
            ("[tunneld]\nwords\n", 2, true, "has no '='"),
            ("[tunnel\n", 1, true, "no ']'"),
            ("[cluster]\nleader timeout = 4\n", 2, false, "reads ctdb.conf alone"),
            ("[logging]\nlocation = somewhere\n", 2, true, "write journal, stderr"),
            ("[logging]\nlocation = file:/nowhere/x\n", 2, true, "no directory /nowhere"),
            ("[callback]\n", 1, true, "write [callback NAME]"),
            ("[callback a b]\n", 1, true, "write [callback NAME]"),
            ("[callback a]\nprogram = a/prog\n", 2, true, "absolute path of a program"),
            ("[callback a]\nprogram = /bin/none\n", 2, false, "there is no /bin/none"),
            ("[callback a]\norder = drop\n", 2, true, "write serial or parallel or coalesce"),
            ("[callback a]\nevents = tunnel.*, B\n", 2, true, "'B' is no name of an event"),
            ("[callback a]\nevents = a*b\n", 2, true, "'a*b' is no name of an event"),
            ("[callback a]\nretries = 101\n", 2, true, "a number from 0 to 100"),
            ("[http]\nbody limit = 1G\n", 2, true, "write 1K to 64M"),
            ("[tunneld]\nhttp listen = here\n", 2, true, "an address and a port"),
        ] {
            let found = told_in(Role::Part, text);
            assert_eq!(found.len(), 1, "{text}: {found:?}");
            let (at, is_error, message) = &found[0];
            assert_eq!((*at, *is_error), (line, error), "{text}: {message}");
            assert!(message.contains(part), "{text}: {message}");
        }
        let good = "[logging]\nlocation = journal\n[event]\ndebug script = debug.sh\n[eventd]\nhistory = 3\n[callback web]\n\
            program = /bin/prog a\n";
        assert_eq!(told_in(Role::Part, good), []);
    }

    #[test]
    fn sections_of_the_new_daemons_are_passed_over_by_c_but_refused_by_its_tool() {
        let found = told("[tunneld]\npeer timeout = 10s\n[eventd]\nhistory = 4\n");
        let at: Vec<_> = found.iter().map(|(line, error, _)| (*line, *error)).collect();
        assert_eq!(at, [(1, false), (3, false)], "{found:?}");
        assert!(found.iter().all(|(_, _, text)| text.contains("conf.d")), "{found:?}");
    }
}
