//! From the one file of shell variables that configured CTDB before Samba 4.9 to the files of today.
//!
//! Which variable becomes what is as in upstream's `config_migrate.sh`. The file is read, not run: what is no plain
//! assignment is told and left out. A value with blanks is kept whole, also a command as cluster lock.

use crate::document::Document;
use crate::files::NAMES;
use crate::finding::Finding;

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

const SCRIPT_OPTIONS: &[&str] = &[
    "CTDB_PARTIALLY_ONLINE_INTERFACES",
    "CTDB_NATGW_DEFAULT_GATEWAY",
    "CTDB_NATGW_NODES",
    "CTDB_NATGW_PRIVATE_NETWORK",
    "CTDB_NATGW_PUBLIC_IFACE",
    "CTDB_NATGW_PUBLIC_IP",
    "CTDB_NATGW_STATIC_ROUTES",
    "CTDB_PER_IP_ROUTING_CONF",
    "CTDB_PER_IP_ROUTING_RULE_PREF",
    "CTDB_PER_IP_ROUTING_TABLE_ID_LOW",
    "CTDB_PER_IP_ROUTING_TABLE_ID_HIGH",
    "CTDB_LVS_NODES",
    "CTDB_LVS_PUBLIC_IFACE",
    "CTDB_LVS_PUBLIC_IP",
    "CTDB_MONITOR_MPDEVICES",
    "CTDB_CLAMD_SOCKET",
    "CTDB_SERVICE_NMB",
    "CTDB_SERVICE_WINBIND",
    "CTDB_SAMBA_CHECK_PORTS",
    "CTDB_SAMBA_SKIP_SHARE_CHECK",
    "CTDB_SERVICE_SMB",
    "CTDB_NFS_CALLOUT",
    "CTDB_NFS_CHECKS_DIR",
    "CTDB_NFS_SKIP_SHARE_CHECK",
    "CTDB_RPCINFO_LOCALHOST",
    "CTDB_RPCINFO_LOCALHOST6",
    "CTDB_NFS_STATE_FS_TYPE",
    "CTDB_NFS_STATE_MNT",
    "CTDB_START_ISCSI_SCRIPTS",
    "CTDB_MAX_CORRUPT_DB_BACKUPS",
    "CTDB_MONITOR_FILESYSTEM_USAGE",
    "CTDB_MONITOR_MEMORY_USAGE",
    "CTDB_DEBUG_HUNG_SCRIPT_STACKPAT",
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

/// A value in the shell's words, with its quotation marks resolved; none when it is more than that.
fn value(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut open = None;
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match (open, c) {
            (Some('\''), '\'') | (Some('"'), '"') => open = None,
            (Some('\''), c) => out.push(c),
            (_, '\\') => out.push(chars.next()?),
            // Something is to be put in, or run.
            (_, '$' | '`') => return None,
            (None, '\'' | '"') => open = Some(c),
            (None, ' ' | '\t' | ';' | '&' | '|' | '<' | '>' | '(' | ')') => {
                let rest = chars.as_str().trim_start();
                let ends = c.is_whitespace() && (rest.is_empty() || rest.starts_with('#'));
                return ends.then_some(out);
            }
            (_, c) => out.push(c),
        }
    }
    open.is_none().then_some(out)
}

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
    /// The directory of the configuration, where other files have to be.
    dir: &'a str,
}

/// Reads an old file for the configuration in `dir`.
pub(super) fn from_shell(text: &str, dir: &str) -> FromShell {
    let mut import = Import { out: FromShell::default(), dir };
    let mut seen: Vec<(String, String, usize)> = Vec::new();
    for (line, text) in (1..).zip(text.lines().map(str::trim)) {
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        let text = text.strip_prefix("export ").map_or(text, str::trim_start);
        let assigned = text.split_once('=').filter(|(name, _)| {
            let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
            !name.is_empty() && name.chars().all(good)
        });
        match assigned.and_then(|(name, text)| Some((name, value(text)?))) {
            Some((name, value)) => {
                // As in the shell the last one counts.
                seen.retain(|(other, _, _)| other != name);
                seen.push((name.to_owned(), value, line));
            }
            None => {
                let message = "this is no plain assignment and does not come over";
                import.out.findings.push(Finding::warning(line, message));
            }
        }
    }
    for (name, value, line) in &seen {
        import.variable(name, value, *line);
    }
    import.out.findings.sort_by_key(|finding| finding.line);
    import.out
}

impl Import<'_> {
    fn variable(&mut self, name: &str, value: &str, line: usize) {
        let warn = |out: &mut FromShell, message: String| out.findings.push(Finding::warning(line, message));
        if let Some((section, option, _, condition)) = CONF.iter().find(|row| row.2 == name) {
            match condition {
                _ if value.is_empty() => {}
                None if name == "CTDB_DBDIR" && value.starts_with("tmpfs") => {
                    warn(
                        &mut self.out,
                        "CTDB_DBDIR=tmpfs is gone: mount a tmpfs on the directory yourself".into(),
                    );
                }
                None => self.out.conf.set(section, option, value),
                Some((wanted, becomes)) if value == *wanted => self.out.conf.set(section, option, becomes),
                Some(_) => {}
            }
            return;
        }
        if SCRIPT_OPTIONS.contains(&name) {
            self.out.script_options += &format!("{name}={}\n", quoted(value));
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
            _ if GONE.contains(&name) => warn(&mut self.out, format!("{name} is gone without a successor")),
            _ if name.starts_with("CTDB_") => warn(&mut self.out, format!("{name} is not known")),
            _ => warn(&mut self.out, format!("{name} is none of CTDB's and does not come over")),
        }
    }

    fn tunable(&mut self, name: &str, value: &str, line: usize) {
        let off = value.trim_start_matches('0').is_empty();
        let found = NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name));
        match found {
            Some(("TDBMutexEnabled", _)) if off => self.out.conf.set("database", "tdb mutexes", "false"),
            Some(("DisableIPFailover", _)) if !off => self.out.conf.set("failover", "disabled", "true"),
            Some(("TDBMutexEnabled" | "DisableIPFailover", _)) => {}
            Some((known, false)) => self.out.tunables += &format!("{known}={value}\n"),
            Some((known, true)) => {
                self.out
                    .findings
                    .push(Finding::warning(line, format!("the tunable {known} is gone without a successor")));
            }
            None => self.out.findings.push(Finding::warning(line, format!("there is no tunable {name}"))),
        }
    }

    fn service(&mut self, service: &str, line: usize) {
        match SERVICES.iter().find(|(name, _)| *name == service) {
            Some((_, script)) => self.out.commands.push(format!("ctdbctl event script enable {script}")),
            None => {
                let message = format!("no event script of CTDB looks after '{service}'; enable your own");
                self.out.findings.push(Finding::warning(line, message));
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
        assert_eq!((&*new.tunables, &*new.service), ("MonitorInterval=20\n", "ulimit -n 10000\n"));
        let commands = [
            "ln -s /shared/nodes /etc/ctdb/nodes",
            "ctdbctl event script enable 50.samba",
            "ctdbctl event script enable 49.winbind",
        ];
        assert_eq!(new.commands, commands);
        let lines: Vec<usize> = new.findings.iter().map(|f| f.line).collect();
        assert_eq!(lines, [7, 13, 16, 17, 18, 19], "{:#?}", new.findings);
    }

    #[test]
    fn values_are_those_of_the_shell_and_nothing_is_run() {
        for (text, wanted) in [
            ("a", Some("a")),
            ("'a b'", Some("a b")),
            ("\"a 'b'\"\\ c", Some("a 'b' c")),
            ("a # b", Some("a")),
            ("", Some("")),
            ("a b", None),
            ("$x", None),
            ("'$x'", Some("$x")),
            ("`rm`", None),
            ("'a", None),
            ("a;b", None),
        ] {
            assert_eq!(value(text).as_deref(), wanted, "{text}");
        }
        assert_eq!((quoted("it's"), quoted("a/b")), ("'it'\\''s'".to_owned(), "a/b".to_owned()));
    }
}
