//! Without a daemon: options, usage, local commands, and what is said when nobody listens.

use std::os::unix::net::UnixListener;

use super::both::{At, Both, no_daemon, split};
use super::cases::{LOCAL, OPTIONS, QUESTIONS};
use super::masks::Mask;

fn each(lines: impl IntoIterator<Item = &'static str>, env: &[(&str, &str)]) {
    let both = Both::new();
    for line in lines {
        both.agree_at_once(&split(line), At { env, stdin: "", mask: Mask::Exact });
    }
}

#[test]
fn options_and_their_mistakes_are_told_as_popt_tells_them() {
    each(OPTIONS.iter().copied(), &[]);
    for env in [
        [("CTDB_TIMEOUT", "nosuch")],
        [("CTDB_TIMEOUT", "-4")],
        [("CTDB_TIMEOUT", "3x")],
        [("CTDB_TIMEOUT", "0")],
        [("POSIXLY_CORRECT", "1")],
    ] {
        each(["version", "nosuch", "version -n 3", "-v version", "-T 5 version"], &env);
    }
}

#[test]
fn a_node_without_a_daemon_is_told_as_such_by_every_command() {
    for nodes in ["127.0.0.1\n192.0.2.1\n", "192.0.2.1\n#192.0.2.2\n\n", "nonsense\n", ""] {
        let dir = no_daemon(nodes);
        let env = [("CTDB_TEST_MODE", "yes"), ("CTDB_BASE", dir.path().to_str().unwrap())];
        each(LOCAL.iter().copied(), &env);
        each(["status", "-n 1 status", "-n 1 pnn", "event status legacy monitor"], &env);
    }
    let dir = no_daemon("127.0.0.1\n");
    let env = [("CTDB_TEST_MODE", "yes"), ("CTDB_BASE", dir.path().to_str().unwrap())];
    each(QUESTIONS.iter().map(|(line, _)| *line), &env);
    // Without test mode only the nodes file is there.
    each(["listnodes", "status"], &env[1..]);
    // A socket that nobody listens at, and a path that is too long for one.
    let stale = dir.path().join("run/ctdbd.socket");
    drop(UnixListener::bind(&stale).unwrap());
    each(["status", "pnn"], &env);
    let long = format!("{}/{}", dir.path().display(), "x".repeat(120));
    for socket in ["/nonexistent/socket", long.as_str(), dir.path().to_str().unwrap()] {
        each(["status", "pnn"], &[("CTDB_SOCKET", socket), ("CTDB_BASE", env[1].1)]);
    }
}

#[test]
fn a_test_mode_without_a_base_ends_as_in_c() {
    let both = Both::new();
    let env = [("CTDB_TEST_MODE", "yes")];
    let seen = both.agree_at_once(&["status"], At { env: &env, stdin: "", mask: Mask::Exact });
    assert_eq!((seen.status, seen.out.as_str()), (None, ""));
}

#[test]
fn a_list_of_connections_on_standard_input_is_read_as_in_c() {
    let both = Both::new();
    for stdin in [
        "",
        "\n# nothing\n",
        "127.0.0.1:5 127.0.0.2:7\n[::1]:5 [::1]:7\n",
        "127.0.0.1:5 127.0.0.2:7",
        "nonsense\n",
        "127.0.0.1:5\n",
        "127.0.0.1:5 [::1]:7\n",
        " \n",
    ] {
        both.agree_at_once(&["tickle"], At { env: &[], stdin, mask: Mask::Exact });
    }
}

#[test]
fn helpers_are_run_and_their_ends_are_told_as_in_c() {
    let both = Both::new();
    let dir = tempfile::tempdir().unwrap();
    let script = dir.path().join("helper");
    for (content, mode) in [
        ("#!/bin/sh\necho \"$0 $*\"; echo bad >&2; exit 3\n", 0o755),
        ("#!/bin/sh\nexit 66\n", 0o755),
        ("#!/bin/sh\nexit 255\n", 0o755),
        ("#!/bin/sh\nkill -9 $$\n", 0o755),
        ("#!/bin/sh\nexit 0\n", 0o644),
        ("not a program", 0o755),
    ] {
        std::fs::write(&script, content).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(mode);
        std::fs::set_permissions(&script, mode).unwrap();
        let path = script.to_str().unwrap();
        for words in ["event a b", "event", "scriptstatus"] {
            let env = [("CTDB_EVENT_HELPER", path)];
            both.agree_at_once(&split(words), At { env: &env, stdin: "", mask: Mask::Exact });
        }
    }
    for path in ["/nonexistent/helper", "nosuchprogram", ""] {
        let env = [("CTDB_EVENT_HELPER", path)];
        both.agree_at_once(&["event"], At { env: &env, stdin: "", mask: Mask::Exact });
    }
}

#[test]
fn a_run_that_takes_too_long_ends_with_all_its_processes() {
    let both = Both::new();
    let dir = no_daemon("127.0.0.1\n");
    // Nobody reads from this socket.
    let _listener = UnixListener::bind(dir.path().join("run/ctdbd.socket")).unwrap();
    let env = [("CTDB_TEST_MODE", "yes"), ("CTDB_BASE", dir.path().to_str().unwrap())];
    let at = At { env: &env, stdin: "", mask: Mask::Exact };
    let seen = both.agree_at_once(&["-T", "1", "status"], at);
    assert_eq!((seen.status, seen.err.as_str()), (Some(1), "Maximum runtime exceeded - exiting\n"));
    let helper = dir.path().join("slow");
    std::fs::write(&helper, "#!/bin/sh\ntrap 'echo ended >&2; exit 1' TERM\nsleep 30 & wait\n").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
    std::fs::set_permissions(&helper, mode).unwrap();
    let env = [env[0], env[1], ("CTDB_EVENT_HELPER", helper.to_str().unwrap()), ("CTDB_TIMEOUT", "1")];
    let at = At { env: &env, stdin: "", mask: Mask::Exact };
    for tool in [&both.c, &both.ours] {
        let seen = both.run(tool, &["event", "x"], at);
        assert_eq!(seen.status, Some(1), "{seen:?}");
        assert!(
            seen.err.contains("Maximum runtime exceeded - exiting\n") && seen.err.contains("ended\n"),
            "{seen:?}"
        );
    }
}

#[test]
fn json_of_master_is_there_and_refused_where_master_refuses_it() {
    let both = Both::new();
    let run =
        |words: &str| both.run(&both.ours, &split(words), At { env: &[], stdin: "", mask: Mask::Exact });
    let version = run("-j version");
    assert_eq!((version.status, version.out.as_str()), (Some(0), "{\n  \"version\": \"4.17.12-Debian\"\n}"));
    assert_eq!(run("--json -Y status").err, "--json and -Y options are mutually exclusive\n");
    let refused = run("--json ping");
    assert_eq!(
        (refused.status, refused.err.as_str()),
        (Some(1), "--json not supported by the ping subcommand\n")
    );
}

#[test]
fn a_word_that_only_the_new_grammar_knows_goes_there_under_the_old_name_too() {
    let both = Both::new();
    let run =
        |words: &str| both.run(&both.ours, &split(words), At { env: &[], stdin: "", mask: Mask::Exact });
    let help = run("node --help");
    assert_eq!(help.status, Some(0), "{help:?}");
    assert!(help.out.contains("ping"), "{help:?}");
    let wrong = run("node ping -n nosuch");
    assert_eq!(wrong.status, Some(2), "{wrong:?}");
    assert!(wrong.err.contains("nosuch"), "{wrong:?}");
    // A word that neither knows is the old grammar's to refuse.
    assert_eq!(run("nosuch").err, "Unknown command 'nosuch'\n");
}
