//! Files of older versions, and what comes of them.

use super::*;
use crate::document::Role;
use crate::host::Anywhere;
use crate::sources::{Sources, checked};

fn old(kind: Old, name: &str, text: &str) -> OldFile {
    OldFile { name: format!("old/{name}"), kind, target: name.to_owned(), text: text.to_owned() }
}

fn text<'a>(made: &'a Imported, name: &str) -> &'a str {
    made.files.iter().find(|(known, _)| known == name).map_or("", |(_, text)| text)
}

const CONF: &str = "# Our cluster\n[logging]\n\t# loud\n\tlog level = INFO\n[cluster]\n\trecovery lock = !/lock \\\n\t a\n\
    [legacy]\n\trecmaster capability = false\n\tnonsense = 1\n[ours]\n\tx = 1\n\ty = 2\n";

#[test]
fn a_directory_of_4_9_becomes_one_of_today_with_its_comments() {
    let files = [
        old(Old::Conf, "ctdb.conf", CONF),
        old(Old::Tunables, "ctdb.tunables", "# ours\nMonitorInterval=20\nVacuumLimit=1\nodd=1\n"),
        old(Old::Nodes, "nodes", "10.0.0.1\n10.0.0.2\n"),
        old(Old::PublicAddresses, "public_addresses", "10.1.0.1/24 eth0\n"),
        old(Old::ScriptOptions, "script.options", "CTDB_SAMBA_SKIP_SHARE_CHECK=yes\n"),
        old(Old::ScriptOptions, "events/legacy/50.samba.options", "CTDB_SERVICE_SMB=smbd\n"),
    ];
    let made = import(&files, "/etc/ctdb");
    assert_eq!(
        text(&made, "ctdb.conf"),
        "# Our cluster\n[logging]\n\t# loud\n\tlog level = INFO\n[cluster]\n\tleader capability = false\n\tcluster lock = !/lock a\n\
         # \trecovery lock = !/lock \\\n# \t a\n[legacy]\n# \trecmaster capability = false\n# \tnonsense = 1\n\
         # [ours]\n# \tx = 1\n# \ty = 2\n"
    );
    assert_eq!(text(&made, "ctdb.tunables"), "# ours\nMonitorInterval=20\n# VacuumLimit=1\n# odd=1\n");
    assert_eq!(text(&made, "events/legacy/50.samba.options"), "CTDB_SERVICE_SMB=smbd\n");
    assert_eq!(text(&made, "nodes"), files[2].text);
    let told: Vec<_> = made.findings.iter().map(Remark::to_string).collect();
    assert_eq!(
        told,
        [
            "old/ctdb.conf:6: 'recovery lock' is 'cluster lock' in [cluster] today",
            "old/ctdb.conf:9: 'recmaster capability' is 'leader capability' in [cluster] today",
            "old/ctdb.conf:10: there is no option 'nonsense' in [legacy]; it is a comment now",
            "old/ctdb.conf:11: there is no section [ours]; it is a comment now, with all that stands in it",
            "old/ctdb.tunables:3: the tunable VacuumLimit is gone without a successor; it is a comment now",
            "old/ctdb.tunables:4: there is no tunable odd; it is a comment now",
        ]
    );
    assert_clean(&made);
    // What was made is taken as it is.
    let again: Vec<_> = made.files.iter().filter(|(name, _)| name == "ctdb.conf").collect();
    let again = import(&[old(Old::Conf, "ctdb.conf", &again[0].1)], "/etc/ctdb");
    assert_eq!((text(&again, "ctdb.conf"), &again.findings[..]), (text(&made, "ctdb.conf"), &[][..]));
}

fn assert_clean(made: &Imported) {
    let mut sources = Sources::default();
    for (name, text) in made.files.iter().filter(|(name, _)| name.ends_with(".conf")) {
        let role = if name == "ctdb.conf" { Role::Main } else { Role::Part };
        sources.add(name.as_str(), role, text);
    }
    assert_eq!(checked(&sources, &Anywhere::default()), []);
    assert_eq!(check_tunables(text(made, "ctdb.tunables")), []);
    assert_eq!(check_script_options(text(made, "script.options"), &Anywhere::default()), []);
}

#[test]
fn shell_variables_fill_in_what_the_files_do_not_say_themselves() {
    let shell = "CTDB_RECOVERY_LOCK=/old/lock\nCTDB_DEBUGLEVEL=INFO\nCTDB_SET_MonitorInterval=30\n\
        CTDB_SET_RecoverTimeout=40\nCTDB_SAMBA_SKIP_SHARE_CHECK=no\nCTDB_SERVICE_SMB=smb\nCTDB_ODD=1\n";
    let files = [
        old(Old::Shell, "sysconfig", "CTDB_DEBUGLEVEL=ERROR\nCTDB_TRANSPORT=tcp\n"),
        old(Old::Shell, "default", shell),
        old(Old::Conf, "ctdb.conf", "[cluster]\n\tcluster lock = /new/lock\n"),
        old(Old::Tunables, "ctdb.tunables", "monitorinterval=20"),
        old(Old::ScriptOptions, "script.options", "export CTDB_SAMBA_SKIP_SHARE_CHECK=yes"),
    ];
    let made = import(&files, "/etc/ctdb");
    assert_eq!(
        text(&made, "ctdb.conf"),
        "[cluster]\n\tcluster lock = /new/lock\n\ttransport = tcp\n\n[logging]\n\tlog level = INFO\n"
    );
    assert_eq!(text(&made, "ctdb.tunables"), "monitorinterval=20\nRecoverTimeout=40\n");
    assert_eq!(
        text(&made, "script.options"),
        "export CTDB_SAMBA_SKIP_SHARE_CHECK=yes\nCTDB_SERVICE_SMB=smb\n"
    );
    let told: Vec<_> = made.findings.iter().map(|told| (told.source.as_str(), told.finding.line)).collect();
    assert_eq!(
        told,
        [
            ("old/default", 0),
            ("old/default", 0),
            ("old/default", 0),
            ("old/default", 7),
            ("old/sysconfig", 0)
        ],
        "{:#?}",
        made.findings
    );
    assert_clean(&made);
}

#[test]
fn a_line_that_made_c_forget_the_whole_file_becomes_a_comment_and_is_told_as_an_error() {
    let made = import(
        &[old(Old::Conf, "ctdb.conf", "x = 1\n[logging\nlog level = INFO\n[logging]\n= y\nwords\n")],
        "/",
    );
    assert_eq!(
        text(&made, "ctdb.conf"),
        "# x = 1\n# [logging\n# log level = INFO\n[logging]\n# = y\n# words\n"
    );
    let told: Vec<_> = made.findings.iter().map(|told| (told.finding.line, is_wrong(told))).collect();
    assert_eq!(told, [(1, false), (2, true), (3, false), (5, true), (6, false)], "{:#?}", made.findings);
    assert_clean(&made);
}

#[test]
fn nothing_becomes_nothing() {
    assert_eq!(import(&[], "/etc/ctdb"), Imported::default());
}

#[test]
fn nothing_is_made_that_says_nothing() {
    let made = import(&[old(Old::Nodes, "nodes", "10.0.0.1\n")], "/etc/ctdb");
    assert_eq!(made.files, [("nodes".to_owned(), "10.0.0.1\n".to_owned())]);
}

#[test]
fn a_ctdb_conf_of_before_4_9_is_one_by_what_stands_in_it() {
    let text = "CTDB_RECOVERY_LOCK=/x/l\nCTDB_MANAGES_NFS=yes\n";
    let made = import(&[old(Old::Conf, "ctdb.conf", text)], "/etc/ctdb");
    assert_eq!(self::text(&made, "ctdb.conf"), "[cluster]\n\tcluster lock = /x/l\n");
    assert_eq!(
        (&made.commands[..], &made.findings[..]),
        (&["ctdbctl event script enable 60.nfs".to_owned()][..], &[][..])
    );
    assert_eq!(Old::of("ctdb.conf", text), Some(Old::Shell));
}

#[test]
fn what_a_file_is_shows_in_it_when_its_name_does_not_say_so() {
    for (name, text, kind) in [
        ("ctdb.conf", "[cluster]\n", Some(Old::Conf)),
        ("old.conf", "# x\n[logging]\nlog level = INFO\n", Some(Old::Conf)),
        ("smb.conf", "[global]\nclustering = yes\n", None),
        ("ctdb.old", "CTDB_NODES=/x\n", Some(Old::Shell)),
        ("nodes.new", "10.0.0.1\n10.0.0.2\n", Some(Old::Nodes)),
        ("addresses", "10.0.0.1/24 eth0\n", Some(Old::PublicAddresses)),
        ("tunables", "MonitorInterval=20\n", Some(Old::Tunables)),
        ("50.samba.options", "CTDB_SERVICE_SMB=smbd\n", Some(Old::ScriptOptions)),
        ("passwd", "root:x:0:0:root:/root:/bin/sh\nnobody:x:1:1::/:/bin/false\n", None),
        ("empty", "", None),
    ] {
        assert_eq!(Old::of(name, text), kind, "{name}");
    }
}

#[test]
fn values_that_keep_ctdbd_from_starting_are_told_in_files_of_today_too() {
    let files = [
        old(Old::Conf, "ctdb.conf", "[logging]\nlog level = 99\n[cluster]\ntransport = ib\n"),
        old(Old::Tunables, "ctdb.tunables", "MonitorInterval=ten\nRecoverTimeout=20\n"),
    ];
    let told: Vec<_> = import(&files, "/etc/ctdb").findings.iter().map(Remark::to_string).collect();
    assert_eq!(
        told,
        [
            "old/ctdb.conf:2: 'log level' cannot be '99': write ERROR, WARNING, NOTICE, INFO or DEBUG",
            "old/ctdb.conf:4: 'transport' cannot be 'ib': write tcp: there is no other transport",
            "old/ctdb.tunables:1: 'MonitorInterval' cannot be 'ten': write a number",
        ]
    );
}

#[test]
fn where_the_limits_of_the_service_go_is_said() {
    let made = import(&[old(Old::Shell, "ctdb", "CTDB_MAX_OPEN_FILES=9\n")], "/etc/ctdb");
    assert!(
        made.commands.iter().any(|c| c.contains("/etc/ctdb/ctdb.sysconfig /etc/default/ctdb")),
        "{made:?}"
    );
}

proptest::proptest! {
    #[test]
    fn whatever_comes_in_the_ctdb_conf_that_comes_out_is_in_a_form_that_c_reads(
        text in "(?s)(\\[[a-z ]{0,9}\\]?\n|[a-z ]{1,9}= ?.{0,9}\n|log level = INFO\n|\\[logging\\]\n|.){0,30}",
    ) {
        let made = import(&[old(Old::Conf, "ctdb.conf", &text)], "/");
        let out = self::text(&made, "ctdb.conf");
        let document = Document::parse(out);
        let broken = document.entries().iter().any(|entry| matches!(entry.kind, Kind::Broken(_)));
        proptest::prop_assert!(!broken, "{:?}", out);
        proptest::prop_assert!(document.options().all(|(section, name, _, _)| crate::find(section, name).is_some()));
    }
}
