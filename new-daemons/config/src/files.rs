//! The files beside `ctdb.conf`: nodes, public addresses, tunables, options of event scripts. Line by line, as C reads
//! them (`ctdb_read_nodes_file`, `ctdb_set_public_addresses`, `ctdb_tunable_load_file`), or as the shell does.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv6Addr};

use crate::document::{Document, Kind};
use crate::finding::Finding;
use crate::host::Host;
use crate::shell::{self, Step, What};
use crate::words::{comment_hint, nearest};

/// The tunables of 4.17, and whether they are obsolete.
pub const NAMES: &[(&str, bool)] = &[
    ("MaxRedirectCount", true),
    ("SeqnumInterval", false),
    ("ControlTimeout", false),
    ("TraverseTimeout", false),
    ("KeepaliveInterval", false),
    ("KeepaliveLimit", false),
    ("RecoverTimeout", false),
    ("RecoverInterval", false),
    ("ElectionTimeout", false),
    ("TakeoverTimeout", false),
    ("MonitorInterval", false),
    ("TickleUpdateInterval", false),
    ("EventScriptTimeout", false),
    ("MonitorTimeoutCount", false),
    ("EventScriptUnhealthyOnTimeout", true),
    ("RecoveryGracePeriod", false),
    ("RecoveryBanPeriod", false),
    ("DatabaseHashSize", false),
    ("DatabaseMaxDead", false),
    ("RerecoveryTimeout", false),
    ("EnableBans", false),
    ("DeterministicIPs", true),
    ("LCP2PublicIPs", true),
    ("ReclockPingPeriod", true),
    ("NoIPFailback", false),
    ("DisableIPFailover", true),
    ("VerboseMemoryNames", false),
    ("RecdPingTimeout", false),
    ("RecdFailCount", false),
    ("LogLatencyMs", false),
    ("RecLockLatencyMs", false),
    ("RecoveryDropAllIPs", false),
    ("VerifyRecoveryLock", true),
    ("VacuumInterval", false),
    ("VacuumMaxRunTime", false),
    ("RepackLimit", false),
    ("VacuumLimit", true),
    ("VacuumFastPathCount", false),
    ("MaxQueueDropMsg", false),
    ("AllowUnhealthyDBRead", false),
    ("StatHistoryInterval", false),
    ("DeferredAttachTO", false),
    ("AllowClientDBAttach", false),
    ("RecoverPDBBySeqNum", true),
    ("DeferredRebalanceOnNodeAdd", true),
    ("FetchCollapse", false),
    ("HopcountMakeSticky", false),
    ("StickyDuration", false),
    ("StickyPindown", false),
    ("NoIPTakeover", false),
    ("DBRecordCountWarn", false),
    ("DBRecordSizeWarn", false),
    ("DBSizeWarn", false),
    ("PullDBPreallocation", false),
    ("NoIPHostOnAllDisabled", true),
    ("Samba3AvoidDeadlocks", true),
    ("TDBMutexEnabled", true),
    ("LockProcessesPerDB", false),
    ("RecBufferSizeLimit", false),
    ("QueueBufferSize", false),
    ("IPAllocAlgorithm", false),
    ("AllowMixedVersions", false),
];

fn lines(text: &str) -> impl Iterator<Item = (usize, &str)> {
    (1..).zip(text.lines().map(|line| line.trim_matches([' ', '\t', '\r'])))
}

/// An address, which may stand in brackets when it is one of IPv6: `ctdb_sock_addr_from_string` takes it so.
pub(crate) fn address(text: &str) -> Option<IpAddr> {
    let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
    bare.map_or_else(|| text.parse().ok(), |bare| bare.parse::<Ipv6Addr>().ok().map(IpAddr::V6))
}

/// The nodes file: an address a line; the number of a node is its line, so a deleted one is commented out.
#[must_use]
pub fn check_nodes(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for (line, text) in lines(text) {
        if text.is_empty() || text.starts_with('#') {
            if let Some(comment) = text.strip_prefix('#')
                && address(comment.trim()).is_none()
            {
                let message = "every line with '#' counts as a deleted node, this comment too";
                found.push(Finding::warning(line, message));
            }
            continue;
        }
        match address(text) {
            None => found.push(Finding::error(line, format!("'{text}' is no address"))),
            Some(ip) => match seen.get(&ip.to_canonical()) {
                Some(first) => {
                    found.push(Finding::error(line, format!("{ip} stands on line {first} already")));
                }
                None => drop(seen.insert(ip.to_canonical(), line)),
            },
        }
    }
    if seen.is_empty() {
        found.push(Finding::error(1, "there is no node"));
    }
    found
}

/// The file of public addresses: an address with the bits of its network, and interfaces with commas between them.
#[must_use]
pub fn check_public_addresses(text: &str) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut seen: BTreeMap<IpAddr, usize> = BTreeMap::new();
    for (line, text) in lines(text).filter(|(_, text)| !text.is_empty() && !text.starts_with('#')) {
        let mut words = text.split([' ', '\t']).filter(|word| !word.is_empty());
        let word = words.next().unwrap_or_default();
        let parsed = word.rsplit_once('/').and_then(|(ip, bits)| {
            let digits = !bits.is_empty() && bits.bytes().all(|b| b.is_ascii_digit());
            Some((address(ip)?, bits.parse::<u32>().ok().filter(|_| digits)?))
        });
        match parsed {
            None => found
                .push(Finding::error(line, format!("'{word}' is no address with the bits of its network"))),
            Some((ip, bits)) => {
                if bits > if ip.is_ipv4() { 32 } else { 128 } {
                    found.push(Finding::warning(line, format!("{ip} has no {bits} bits")));
                }
                match seen.get(&ip.to_canonical()) {
                    Some(first) => {
                        found.push(Finding::error(line, format!("{ip} stands on line {first} already")));
                    }
                    None => drop(seen.insert(ip.to_canonical(), line)),
                }
            }
        }
        if words.next().is_none() {
            found.push(Finding::error(line, "no interface is named"));
        }
        if let Some(more) = words.next() {
            found.push(Finding::warning(
                line,
                format!("'{more}' is not looked at; write commas between interfaces"),
            ));
        }
    }
    found
}

/// The file of tunables: `Name=number`; names are the same in upper and lower case.
#[must_use]
pub fn check_tunables(text: &str) -> Vec<Finding> {
    let document = Document::parse(text);
    let mut found = Vec::new();
    for entry in document.entries() {
        let line = entry.line;
        match &entry.kind {
            Kind::Broken(why) => {
                found.push(Finding::error(line, format!("{why}; nothing behind this line is read")));
                break;
            }
            Kind::Section(name) => {
                found.push(Finding::error(line, format!("[{name}]: there are no sections here")))
            }
            Kind::Words(words) => found.push(Finding::error(line, format!("'{words}' has no value"))),
            Kind::Option { name, value } => match NAMES
                .iter()
                .find(|(known, _)| known.eq_ignore_ascii_case(name))
            {
                _ if value.is_empty() => found.push(Finding::error(line, format!("'{name}' has no value"))),
                _ if whole(value).is_none() => {
                    let hint = comment_hint(value);
                    let message = format!("'{name}' cannot be '{value}': write a number{hint}");
                    found.push(Finding::error(line, message));
                }
                None => found.push(Finding::error(line, format!("there is no tunable '{name}'"))),
                Some((known, true)) => {
                    found.push(Finding::error(line, format!("'{known}' is obsolete; take the line out")));
                }
                Some((known, false)) if whole(value).is_some_and(|value| value > u64::from(u32::MAX)) => {
                    found.push(Finding::warning(line, format!("only the lower 32 bits of '{known}' count")));
                }
                Some(_) => {}
            },
        }
    }
    found
}

/// A number and nothing else, decimal, octal or hexadecimal.
pub(crate) fn whole(text: &str) -> Option<u64> {
    let hex = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    match (hex, text.strip_prefix('0')) {
        (Some(hex), _) => u64::from_str_radix(hex, 16).ok(),
        (None, Some(octal)) if !octal.is_empty() => u64::from_str_radix(octal, 8).ok(),
        _ => text.parse().ok(),
    }
}

/// Options of the event scripts of Samba 4.17 and later, from their manual page.
pub(crate) const SCRIPT_OPTIONS: &[&str] = &[
    "CTDB_CLAMD_SOCKET",
    "CTDB_DEBUG_HUNG_SCRIPT_STACKPAT",
    "CTDB_LVS_NODES",
    "CTDB_LVS_PUBLIC_IFACE",
    "CTDB_LVS_PUBLIC_IP",
    "CTDB_MAX_CORRUPT_DB_BACKUPS",
    "CTDB_MONITOR_FILESYSTEM_USAGE",
    "CTDB_MONITOR_MEMORY_USAGE",
    "CTDB_MONITOR_MPDEVICES",
    "CTDB_NATGW_DEFAULT_GATEWAY",
    "CTDB_NATGW_NODES",
    "CTDB_NATGW_PRIVATE_NETWORK",
    "CTDB_NATGW_PUBLIC_IFACE",
    "CTDB_NATGW_PUBLIC_IP",
    "CTDB_NATGW_STATIC_ROUTES",
    "CTDB_NFS_CALLOUT",
    "CTDB_NFS_CHECKS_DIR",
    "CTDB_NFS_SKIP_SHARE_CHECK",
    "CTDB_NFS_STATE_FS_TYPE",
    "CTDB_NFS_STATE_MNT",
    "CTDB_PARTIALLY_ONLINE_INTERFACES",
    "CTDB_PER_IP_ROUTING_CONF",
    "CTDB_PER_IP_ROUTING_RULE_PREF",
    "CTDB_PER_IP_ROUTING_TABLE_ID_HIGH",
    "CTDB_PER_IP_ROUTING_TABLE_ID_LOW",
    "CTDB_RPCINFO_LOCALHOST",
    "CTDB_RPCINFO_LOCALHOST6",
    "CTDB_SAMBA_CHECK_PORTS",
    "CTDB_SAMBA_SKIP_SHARE_CHECK",
    "CTDB_SERVICE_NMB",
    "CTDB_SERVICE_SMB",
    "CTDB_SERVICE_WINBIND",
    "CTDB_START_ISCSI_SCRIPTS",
];

/// A file of options for event scripts, which the shell reads: assignments. `host` knows which options its scripts read.
#[must_use]
pub fn check_script_options(text: &str, host: &dyn Host) -> Vec<Finding> {
    let script = shell::read(text);
    let mut found = Vec::new();
    if let Some((line, why)) = script.broken {
        found.push(Finding::error(line, format!("{why}: the shell takes nothing from there on")));
    }
    // The host reads its scripts once, however many there are.
    let unknown = |name: &str| name.starts_with("CTDB_") && !SCRIPT_OPTIONS.contains(&name);
    let set = |step: &Step| match &step.what {
        What::Set(name, _) if unknown(name) => Some(name.clone()),
        _ => None,
    };
    let unknown: BTreeSet<String> = script.steps.iter().filter_map(set).collect();
    let read = if unknown.is_empty() { BTreeSet::new() } else { host.read_options(&unknown) };
    let mut told = None;
    for Step { line, what, .. } in script.steps {
        match what {
            What::Set(name, _) if !name.starts_with("CTDB_") => {
                let message = format!("{name} is no option of an event script: they begin with CTDB_");
                found.push(Finding::warning(line, message));
            }
            What::Set(name, _) => {
                if unknown.contains(&name) && !read.contains(&name) {
                    let near = nearest(&name, SCRIPT_OPTIONS.iter().copied());
                    let near = near.map(|near| format!("; is it {near}?")).unwrap_or_default();
                    found.push(Finding::warning(line, format!("no event script reads {name}{near}")));
                }
            }
            // Once a line is enough.
            What::Run(_) if told != Some(line) => {
                told = Some(line);
                let message = "this is no assignment; blanks around '=' are not allowed either";
                found.push(Finding::warning(line, message));
            }
            What::Run(_) | What::Unset(_) | What::End => {}
        }
    }
    found.sort_by_key(|finding| finding.line);
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::Severity;
    use crate::host::{Anywhere, NOWHERE};

    fn told(findings: &[Finding]) -> Vec<(usize, bool)> {
        findings.iter().map(|f| (f.line, f.severity == Severity::Error)).collect()
    }

    #[test]
    fn nodes_are_addresses_and_each_stands_once() {
        assert_eq!(check_nodes("10.0.0.1\n#10.0.0.2\n\nfd00::3\n"), []);
        let found = check_nodes("10.0.0.1\nnode2\n# our nodes\n10.0.0.1\n");
        assert_eq!(told(&found), [(2, true), (3, false), (4, true)], "{found:?}");
        assert_eq!(told(&check_nodes("# nothing\n")), [(1, false), (1, true)]);
    }

    #[test]
    fn public_addresses_have_bits_and_interfaces() {
        assert_eq!(check_public_addresses("# ours\n10.1.0.1/24 eth0,eth1\n\tfd00::1/64\teth0\n\n"), []);
        let text = "10.1.0.1 eth0\n10.1.0.1/24\n10.1.0.1/24 eth0 eth1\n10.1.0.2/40 eth0\n10.1.0.3/ eth0\n";
        let found = check_public_addresses(text);
        let expected = [(1, true), (2, true), (3, true), (3, false), (4, false), (5, true)];
        assert_eq!(told(&found), expected, "{found:?}");
    }

    #[test]
    fn tunables_are_known_and_numbers() {
        assert_eq!(check_tunables("# ours\nmonitorinterval=20\nRecoverTimeout = 0x1e\n"), []);
        let text =
            "MonitorIntervall=1\nVacuumLimit=1\nMonitorInterval=x\nMonitorInterval\n[x]\nMonitorInterval=\n";
        let found = check_tunables(text);
        assert_eq!(told(&found), [1, 2, 3, 4, 5, 6].map(|line| (line, true)), "{found:?}");
    }

    fn options(text: &str) -> Vec<Finding> {
        check_script_options(text, &NOWHERE)
    }

    #[test]
    fn options_of_scripts_are_assignments() {
        let good = "CTDB_SAMBA_SKIP_SHARE_CHECK=yes\nexport CTDB_NFS_CALLOUT=\"a 'b'\" # why\n\
            if [ -e /x ]; then\n\tCTDB_NATGW_NODES=/x\nfi\n";
        let found = options(good);
        assert_eq!(told(&found), [(3, false)], "a program, but one that the shell takes: {found:?}");
        let found = options("CTDB_NFS_CALLOUT = yes\nSAMBA=1\nrm -rf\nCTDB_NFS_CALLOUT='a\n");
        assert_eq!(told(&found), [(1, false), (2, false), (3, false), (4, true)], "{found:?}");
    }

    #[test]
    fn what_the_shell_cannot_read_to_its_end_is_an_error() {
        let found = options("CTDB_NFS_CALLOUT=x\nif [ -e /x ]; then\nCTDB_NATGW_NODES=/x\n");
        assert!(found.iter().any(|f| (f.line, f.severity) == (2, Severity::Error)), "{found:?}");
        assert!(found.iter().any(|f| f.message.contains("'if' without 'fi'")), "{found:?}");
    }

    #[test]
    fn an_option_that_no_script_reads_is_told_with_the_nearest_one() {
        let found = options("CTDB_MONITR_FILESYSTEM_USAGE=/:90\n");
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].message,
            "no event script reads CTDB_MONITR_FILESYSTEM_USAGE; is it CTDB_MONITOR_FILESYSTEM_USAGE?"
        );
        // A script of one's own may read what it likes.
        assert_eq!(check_script_options("CTDB_MY_OWN=1\n", &Anywhere::default()), []);
    }

    /// A host whose scripts are costly to read.
    struct Slow(std::cell::Cell<usize>);

    impl Host for Slow {
        fn has_directory(&self, _: &str) -> bool {
            true
        }

        fn has_script(&self, _: &str) -> bool {
            true
        }

        fn can_run(&self, _: &str) -> bool {
            true
        }

        fn has_component(&self, _: &str) -> bool {
            true
        }

        fn has_agent(&self, _: &str, _: &str) -> bool {
            true
        }

        fn runs_scripts(&self, _: &str) -> bool {
            true
        }

        fn read_options(&self, of: &BTreeSet<String>) -> BTreeSet<String> {
            self.0.set(self.0.get() + 1);
            of.iter().filter(|name| name.ends_with('7')).cloned().collect()
        }

        fn topics(&self) -> Vec<&'static str> {
            Vec::new()
        }

        fn version(&self) -> Option<u16> {
            None
        }
    }

    #[test]
    fn of_very_many_options_that_are_not_known_the_host_is_asked_once() {
        let text: String = (0..200).map(|n| format!("CTDB_OWN_{n}=x\n")).collect();
        let host = Slow(std::cell::Cell::new(0));
        assert_eq!(check_script_options(&text, &host).len(), 180);
        assert_eq!(check_script_options("CTDB_NFS_CALLOUT=x\n", &host), []);
        assert_eq!(host.0.get(), 1, "and not for those that everybody knows");
    }

    #[test]
    fn addresses_may_stand_in_brackets_as_ctdbd_takes_them() {
        assert_eq!(check_nodes("[::1]\n10.0.0.1\n"), []);
        assert_eq!(told(&check_nodes("[::1]\n::1\n[10.0.0.1]\n[::1\n")), [(2, true), (3, true), (4, true)]);
        assert_eq!(check_public_addresses("[fd00::5]/64 lo\n"), []);
    }
}
