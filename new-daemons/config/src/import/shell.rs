//! From the one file of shell variables that configured CTDB before Samba 4.9 to the files of today.
//!
//! Which variable becomes what is as in upstream's `config_migrate.sh`. The file is read, not run: what is no plain
//! assignment, done in any case, is told and left out; it stays as a comment. A value with blanks is kept whole, also a
//! command as cluster lock.

use std::collections::{BTreeMap, BTreeSet};

use crate::document::{Document, Role};
use crate::files::{NAMES, SCRIPT_OPTIONS, whole};
use crate::finding::Finding;
use crate::host::Anywhere;
use crate::judge::judge;
use crate::registry::find;
use crate::schema::Value;
use crate::shell::{self, Step, What};

/// What comes out of such a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct FromShell {
    /// Options of `ctdb.conf`.
    pub(super) conf: Document,
    /// Assignments of `script.options`.
    pub(super) script_options: String,
    /// Lines of `ctdb.tunables`.
    pub(super) tunables: String,
    /// Limits, for the file that starts the service: `/etc/default/ctdb` or the like.
    pub(super) service: String,
    /// What is to be done by hand, as commands.
    pub(super) commands: Vec<String>,
    /// What did not come over.
    pub(super) findings: Vec<Finding>,
}

/// Section, option, variable; with the value that it has to have, and what that becomes.
type Row = (&'static str, &'static str, &'static str, Option<(&'static str, &'static str)>);

const CONF: &[Row] = &[
    ("cluster", "node address", "CTDB_NODE_ADDRESS", None),
    ("cluster", "cluster lock", "CTDB_RECOVERY_LOCK", None),
    ("cluster", "transport", "CTDB_TRANSPORT", None),
    ("cluster", "leader capability", "CTDB_CAPABILITY_RECMASTER", Some(("no", "false"))),
    ("database", "lock debug script", "CTDB_DEBUG_LOCKS", None),
    ("database", "persistent database directory", "CTDB_DBDIR_PERSISTENT", None),
    ("database", "state database directory", "CTDB_DBDIR_STATE", None),
    ("database", "volatile database directory", "CTDB_DBDIR", None),
    ("event", "debug script", "CTDB_DEBUG_HUNG_SCRIPT", None),
    ("legacy", "lmaster capability", "CTDB_CAPABILITY_LMASTER", Some(("no", "false"))),
    ("legacy", "realtime scheduling", "CTDB_NOSETSCHED", Some(("yes", "false"))),
    ("legacy", "script log level", "CTDB_SCRIPT_LOG_LEVEL", None),
    ("legacy", "start as disabled", "CTDB_START_AS_DISABLED", Some(("yes", "true"))),
    ("legacy", "start as stopped", "CTDB_START_AS_STOPPED", Some(("yes", "true"))),
    ("logging", "location", "CTDB_LOGGING", None),
    ("logging", "log level", "CTDB_DEBUGLEVEL", None),
];

const GONE: &[&str] = &[
    "CTDB_BASE",
    "CTDB_PIDFILE",
    "CTDB_SOCKET",
    "CTDB_EVENT_SCRIPT_DIR",
    "CTDB_NOTIFY_SCRIPT",
    "CTDB_PUBLIC_INTERFACE",
    "CTDB_MAX_PERSISTENT_CHECK_ERRORS",
    "CTDB_SHUTDOWN_TIMEOUT",
    "CTDB_MONITOR_SWAP_USAGE",
];

/// Services, and the event script that looks after each.
const SERVICES: &[(&str, &str)] = &[
    ("samba", "50.samba"),
    ("winbind", "49.winbind"),
    ("apache2", "41.httpd"),
    ("httpd", "41.httpd"),
    ("clamd", "31.clamd"),
    ("iscsi", "70.iscsi"),
    ("nfs", "60.nfs"),
    ("vsftpd", "40.vsftpd"),
];

/// Beginnings of options, and the event script that is run for them and has to be enabled.
const OWN_SCRIPT: &[(&str, &str)] = &[
    ("CTDB_NATGW_", "11.natgw"),
    ("CTDB_PER_IP_ROUTING_", "13.per_ip_routing"),
    ("CTDB_LVS_", "91.lvs"),
    ("CTDB_MONITOR_MPDEVICES", "20.multipathd"),
];

/// A value as the shell takes it.
pub(super) fn quoted(value: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./:,@%+=!".contains(c);
    if !value.is_empty() && value.chars().all(plain) {
        value.to_owned()
    } else {
        format!("'{}'", value.replace('\'', "'\\''"))
    }
}

struct Import<'a> {
    out: FromShell,
    /// Lines that did not come over.
    stays: BTreeSet<usize>,
    /// The directory of the configuration, where other files have to be.
    dir: &'a str,
}

/// Reads an old file for the configuration in `dir`.
pub(super) fn from_shell(text: &str, dir: &str) -> FromShell {
    let mut import = Import { out: FromShell::default(), dir, stays: BTreeSet::new() };
    let script = shell::read(text);
    if let Some((line, why)) = &script.broken {
        import.error(*line, format!("{why}: the shell took nothing from there on"));
    }
    // As in the shell the last one counts.
    let mut seen: BTreeMap<String, (usize, String)> = BTreeMap::new();
    let mut end = None;
    for Step { line, within, what } in script.steps {
        match (end, within, what) {
            (Some(end), _, _) => {
                import.stays(line, format!("it stands behind the end of the file in line {end}"))
            }
            (_, Some(within), What::Set(name, _)) => {
                let text = format!(
                    "{name} is set in '{}' of line {}: what holds shows only when it is run",
                    within.word, within.line
                );
                import.stays(line, text);
            }
            // Told at what is set there.
            (_, Some(_), _) => {}
            (_, None, What::Set(name, Some(value))) => drop(seen.insert(name, (line, value))),
            (_, None, What::Set(name, None)) => {
                seen.remove(&name);
                import.stays(line, format!("{name} is no plain assignment"));
            }
            (_, None, What::Unset(name)) => drop(seen.remove(&name)),
            (_, None, What::End) => end = Some(line),
            (_, None, What::Run(_)) => import.stays(line, "this is no plain assignment".to_owned()),
        }
    }
    let mut set: Vec<_> = seen.into_iter().map(|(name, (line, value))| (line, name, value)).collect();
    set.sort();
    for (line, name, value) in &set {
        import.variable(name, value, *line);
    }
    import.rest(text);
    import.out.findings.sort_by_key(|finding| finding.line);
    import.out
}

/// A value of an option as it would be refused.
fn wrong(section: &str, option: &str, value: &str) -> Option<String> {
    let setting = find(section, option)?;
    judge(setting.value, value, Role::Main, &Anywhere::default()).err()
}

impl Import<'_> {
    fn error(&mut self, line: usize, message: String) {
        self.out.findings.push(Finding::error(line, message));
        self.stays.insert(line);
    }

    /// Something that does not come over. A line is told once.
    fn stays(&mut self, line: usize, why: String) {
        if self.stays.insert(line) {
            self.out.findings.push(Finding::warning(line, format!("{why}; it does not come over")));
        }
    }

    /// What did not come over, and all comments, as comments in the file that starts the service.
    fn rest(&mut self, text: &str) {
        let mut rest = String::new();
        for (line, text) in (1..).zip(text.lines().map(str::trim_end)) {
            if text.trim_start().starts_with('#') {
                rest += &format!("{text}\n");
            } else if self.stays.contains(&line) {
                rest += &format!("# {text}\n");
            }
        }
        self.out.service.insert_str(0, &rest);
    }

    fn variable(&mut self, name: &str, value: &str, line: usize) {
        if let Some((section, option, _, condition)) = CONF.iter().find(|row| row.2 == name) {
            match condition {
                _ if value.is_empty() => {}
                None if name == "CTDB_DBDIR" && value.starts_with("tmpfs") => {
                    self.stays(
                        line,
                        "CTDB_DBDIR=tmpfs is gone: mount a tmpfs on the directory yourself".into(),
                    );
                }
                None => self.option(section, option, (name, value), line),
                Some((wanted, becomes)) if value == *wanted => self.out.conf.set(section, option, becomes),
                Some(_) => {}
            }
            return;
        }
        if SCRIPT_OPTIONS.contains(&name) {
            self.out.script_options += &format!("{name}={}\n", quoted(value));
            if let Some((_, script)) = OWN_SCRIPT.iter().find(|(begin, _)| name.starts_with(begin)) {
                self.enable(script);
            }
            return;
        }
        if let Some(tunable) = name.strip_prefix("CTDB_SET_") {
            return self.tunable(tunable, value, line);
        }
        if let Some(service) = name.strip_prefix("CTDB_MANAGES_") {
            if value == "yes" {
                self.service(&service.to_ascii_lowercase(), line);
            }
            return;
        }
        match name {
            "CTDB_MANAGED_SERVICES" => {
                value.split_whitespace().for_each(|service| self.service(service, line))
            }
            "CTDB_NODES" => self.elsewhere(value, "nodes"),
            "CTDB_PUBLIC_ADDRESSES" => self.elsewhere(value, "public_addresses"),
            "CTDB_MAX_OPEN_FILES" => self.out.service += &format!("ulimit -n {}\n", quoted(value)),
            "CTDB_SUPPRESS_COREFILE" => {
                self.out.service += if value == "yes" { "ulimit -c 0\n" } else { "ulimit -c unlimited\n" };
            }
            _ if GONE.contains(&name) => self.stays(line, format!("{name} is gone without a successor")),
            _ if name.starts_with("CTDB_") => self.stays(line, format!("{name} is not known")),
            _ => self.stays(line, format!("{name} is none of CTDB's")),
        }
    }

    fn option(&mut self, section: &str, option: &str, (name, value): (&str, &str), line: usize) {
        let script = find(section, option).is_some_and(|setting| setting.value == Value::Script);
        // Such a program stands beside `ctdb.conf` today, and is known by its name there.
        let value = if script { value.rsplit('/').next().unwrap_or(value) } else { value };
        match wrong(section, option, value) {
            Some(why) => {
                self.error(line, format!("{name} cannot be '{value}': {why}; it does not come over"))
            }
            None => self.out.conf.set(section, option, value),
        }
    }

    /// Something to do, once.
    fn enable(&mut self, script: &str) {
        let command = format!("ctdbctl event script enable {script}");
        if !self.out.commands.contains(&command) {
            self.out.commands.push(command);
        }
    }

    fn tunable(&mut self, name: &str, value: &str, line: usize) {
        if whole(value).is_none() {
            return self.error(
                line,
                format!("CTDB_SET_{name} cannot be '{value}': write a number; it does not come over"),
            );
        }
        let off = value.trim_start_matches('0').is_empty();
        let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some(("TDBMutexEnabled", _)) if off => self.out.conf.set("database", "tdb mutexes", "false"),
            Some(("DisableIPFailover", _)) if !off => self.out.conf.set("failover", "disabled", "true"),
            Some(("TDBMutexEnabled" | "DisableIPFailover", _)) => {}
            Some((known, false)) => self.out.tunables += &format!("{known}={value}\n"),
            Some((known, true)) => {
                self.stays(line, format!("the tunable {known} is gone without a successor"))
            }
            None => self.stays(line, format!("there is no tunable {name}")),
        }
    }

    fn service(&mut self, service: &str, line: usize) {
        match SERVICES.iter().find(|(name, _)| *name == service) {
            Some((_, script)) => self.enable(script),
            None => {
                self.stays(line, format!("no event script of CTDB looks after '{service}': enable your own"))
            }
        }
    }

    fn elsewhere(&mut self, path: &str, name: &str) {
        let standard = format!("{}/{name}", self.dir.trim_end_matches('/'));
        if !path.is_empty() && path != standard {
            self.out.commands.push(format!("ln -s {} {}", quoted(path), quoted(&standard)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;

    #[test]
    fn an_old_file_becomes_the_files_of_today() {
        let old = "# old\nCTDB_RECOVERY_LOCK=\"!/usr/bin/lock a b\"\nCTDB_NODES=/shared/nodes\n\
            CTDB_PUBLIC_ADDRESSES=/etc/ctdb/public_addresses\nCTDB_MANAGES_SAMBA=yes\nCTDB_MANAGES_NFS=no\n\
            CTDB_MANAGED_SERVICES='winbind foo'\nCTDB_DEBUGLEVEL=NOTICE # loud\nCTDB_CAPABILITY_LMASTER=no\n\
            CTDB_NOSETSCHED=no\nCTDB_SET_MonitorInterval=20\nCTDB_SET_TDBMutexEnabled=0\nCTDB_SET_VacuumLimit=1\n\
            CTDB_SAMBA_CHECK_PORTS=\"445 139\"\nCTDB_MAX_OPEN_FILES=10000\nCTDB_SOCKET=/x\nCTDB_ODD=1\n\
            ulimit -c unlimited\nCTDB_LOGGING=$FOO\nCTDB_DEBUGLEVEL=INFO\n";
        let new = from_shell(old, "/etc/ctdb");
        assert_eq!(
            new.conf.to_string(),
            "[cluster]\n\tcluster lock = !/usr/bin/lock a b\n\n[legacy]\n\tlmaster capability = false\n\n\
            [database]\n\ttdb mutexes = false\n\n[logging]\n\tlog level = INFO\n"
        );
        assert_eq!(new.script_options, "CTDB_SAMBA_CHECK_PORTS='445 139'\n");
        assert_eq!(new.tunables, "MonitorInterval=20\n");
        // What did not come over, and comments, stay.
        assert_eq!(
            new.service,
            "# old\n# CTDB_MANAGED_SERVICES='winbind foo'\n# CTDB_SET_VacuumLimit=1\n# CTDB_SOCKET=/x\n# CTDB_ODD=1\n\
            # ulimit -c unlimited\n# CTDB_LOGGING=$FOO\nulimit -n 10000\n"
        );
        let commands = [
            "ln -s /shared/nodes /etc/ctdb/nodes",
            "ctdbctl event script enable 50.samba",
            "ctdbctl event script enable 49.winbind",
        ];
        assert_eq!(new.commands, commands);
        let lines: Vec<usize> = new.findings.iter().map(|f| f.line).collect();
        assert_eq!(lines, [7, 13, 16, 17, 18, 19], "{:#?}", new.findings);
    }

    /// What is told, and what comes over as `ctdb.conf` and tunables.
    fn made(text: &str) -> (Vec<(usize, bool)>, String) {
        let new = from_shell(text, "/etc/ctdb");
        let told = new.findings.iter().map(|f| (f.line, f.severity == Severity::Error)).collect();
        (told, new.conf.to_string() + &new.tunables)
    }

    #[test]
    fn what_holds_under_a_condition_alone_is_not_taken_and_told_line_by_line() {
        let none = |text: &str, lines: &[usize]| {
            let (told, made) = made(text);
            assert_eq!(made, "", "{text}");
            assert_eq!(told, lines.iter().map(|line| (*line, false)).collect::<Vec<_>>(), "{text}");
        };
        none("if false; then\nCTDB_SET_MonitorInterval=99\nfi\n", &[2]);
        let host = "if [ $(hostname) = a ]; then\n CTDB_NODE_ADDRESS=10.0.0.1\nelse\n CTDB_NODE_ADDRESS=10.0.0.2\nfi\n";
        none(host, &[2, 4]);
        none("case $(hostname) in\na) CTDB_DEBUGLEVEL=INFO ;;\n*) CTDB_DEBUGLEVEL=ERROR ;;\nesac\n", &[2, 3]);
        none("f() {\nCTDB_DEBUGLEVEL=INFO\n}\n", &[2]);
        none("cat <<EOF\nCTDB_DEBUGLEVEL=INFO\nEOF\n", &[1, 2]);
        none("exit 0\nCTDB_DEBUGLEVEL=INFO\n", &[2]);
        none("CTDB_DEBUGLEVEL=INFO\nunset CTDB_DEBUGLEVEL\n", &[]);
        none("[ -e /x ] && CTDB_DEBUGLEVEL=INFO\n", &[1]);
        // What held before holds.
        let (told, made) = made("CTDB_SET_MonitorInterval=20\nif x; then CTDB_SET_MonitorInterval=99; fi\n");
        assert_eq!((told, &*made), (vec![(2, false)], "MonitorInterval=20\n"));
    }

    #[test]
    fn values_that_would_be_refused_are_told_with_their_lines_and_do_not_come_over() {
        let text = "CTDB_SET_KeepaliveLimit=\nCTDB_SET_MonitorInterval=-5\nCTDB_SET_RecoverTimeout=ten\n\
            CTDB_TRANSPORT=ib\nCTDB_NODE_ADDRESS=node1\nCTDB_DEBUGLEVEL=99\n\
            CTDB_DEBUG_HUNG_SCRIPT=/etc/ctdb/debug-hung-script.sh\n";
        let (told, made) = made(text);
        assert_eq!(told, [1, 2, 3, 4, 5, 6].map(|line| (line, true)));
        assert_eq!(made, "[event]\n\tdebug script = debug-hung-script.sh\n");
    }

    #[test]
    fn what_is_to_be_done_is_told_once_and_for_every_script_that_the_variables_need() {
        let text = "CTDB_MANAGES_HTTPD=yes\nCTDB_MANAGES_APACHE2=yes\nCTDB_NATGW_NODES=/etc/ctdb/natgw_nodes\n\
            CTDB_NATGW_PRIVATE_NETWORK=10.0.0.0/24\nCTDB_NATGW_PUBLIC_IP=10.1.0.9/24\nCTDB_NATGW_PUBLIC_IFACE=eth0\n\
            CTDB_NATGW_DEFAULT_GATEWAY=10.1.0.1\nCTDB_LVS_NODES=/x\n";
        let scripts = ["41.httpd", "11.natgw", "91.lvs"];
        assert_eq!(
            from_shell(text, "/etc/ctdb").commands,
            scripts.map(|script| format!("ctdbctl event script enable {script}"))
        );
    }

    #[test]
    fn words_are_quoted_as_the_shell_takes_them() {
        assert_eq!((quoted("it's"), quoted("a/b")), ("'it'\\''s'".to_owned(), "a/b".to_owned()));
    }
}
