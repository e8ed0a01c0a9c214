//! The program against a ctdbd that behaves: answers, help, exit statuses, and readers that go away.

use std::io::Read;
use std::os::unix::net::{UnixDatagram, UnixListener};
use std::process::Stdio;
use std::time::Duration;

use crate::support::{Answer, Fake, finish, healthy, node_map, program, run};
use insta::assert_snapshot;
use legacy_codec::{
    CName, ControlReply, ControlRequest, DbFlags, DbId, DbIdAndFlags, DbMap, Dest, Iface, IfaceList,
    NodeFlags, RunState, Text,
};

#[test]
fn every_level_has_its_help() {
    for (name, words) in [
        ("help", "--help"),
        ("help_status", "status --help"),
        ("help_cluster", "cluster --help"),
        ("help_cluster_list", "cluster list --help"),
        ("help_node", "node --help"),
        ("help_node_ping", "node ping --help"),
        ("help_tunnel", "tunnel --help"),
        ("help_tunnel_status", "tunnel status --help"),
        ("help_tunnel_ping", "tunnel ping --help"),
        ("help_capture", "capture --help"),
        ("help_capture_show", "capture show --help"),
        ("help_capture_check", "capture check --help"),
        ("help_capture_record", "capture record --help"),
        ("help_capture_replay", "capture replay --help"),
        ("help_capture_stats", "capture stats --help"),
        ("help_capture_diff", "capture diff --help"),
    ] {
        let run = run(words);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
        assert_snapshot!(name, run.stdout);
    }
    assert_eq!(run("--version").stdout, concat!("ctdbctl ", env!("CARGO_PKG_VERSION"), "\n"));
}

#[test]
fn status_and_list_of_a_healthy_cluster() {
    let fake = Fake::start(healthy);
    for (name, words) in [
        ("status", "status"),
        ("status_json", "status -o json"),
        ("cluster_list", "cluster list"),
        ("cluster_list_of_node_2", "cluster list -n 10.0.0.3"),
    ] {
        let run = fake.run(words);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{words}");
        assert_snapshot!(name, run.stdout);
    }
}

#[test]
fn a_node_without_flags_and_with_a_link_down_is_partially_online() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetNodeMap(()) => {
            let mut map = node_map();
            map.nodes[2].flags = NodeFlags::STOPPED | NodeFlags::from_bits_retain(0x8000);
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        ControlRequest::GetIfaces(()) => {
            let iface = |link_state| Iface { name: CName::new("eth0"), link_state, references: 1 };
            let down = u16::from(dest != Dest(1));
            Answer::Reply(ControlReply::GetIfaces(IfaceList { ifaces: vec![iface(1), iface(down)] }))
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("status");
    let states: Vec<_> =
        run.stdout.lines().skip(1).take(3).map(|line| line.split_whitespace().nth(2)).collect();
    assert_eq!(states, [Some("OK"), Some("PARTIALLYONLINE"), Some("STOPPED|INACTIVE")]);
    assert!(fake.run("status -o json").stdout.contains("\"flags_raw\": 32800"), "an unknown flag is kept");
}

#[test]
fn a_ctdbd_that_starts_leaves_the_others_unjudged_and_the_leader_unknown() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetRunState(()) => Answer::Reply(ControlReply::GetRunState(RunState(3))),
        // Answered without the message that follows at a healthy node.
        ControlRequest::RegisterSrvid(_) => Answer::Then(ControlReply::RegisterSrvid(()), Vec::new()),
        _ => healthy(dest, request),
    });
    let run = fake.run("status -t 1");
    assert_eq!(run.status, 0);
    assert_eq!(run.stdout.matches("UNKNOWN").count(), 3, "two nodes and the leader: {}", run.stdout);
}

#[test]
fn while_nobody_leads_the_next_message_is_waited_for() {
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::RegisterSrvid(_) => {
            let messages = [crate::support::leader(u32::MAX), crate::support::leader(1)].concat();
            Answer::Then(ControlReply::RegisterSrvid(()), messages)
        }
        _ => healthy(dest, request),
    });
    let run = fake.run("status");
    assert_eq!(run.stdout.lines().last(), Some("Leader         1"), "{run:?}");
}

#[test]
fn pings_go_to_all_nodes_at_the_same_time_and_the_silent_ones_hold_up_nobody() {
    let fake = Fake::start(|dest, request| match (dest, request) {
        (Dest(1 | 2), ControlRequest::Ping(())) => Answer::Silence,
        _ => healthy(dest, request),
    });
    let some = fake.run("node ping -n all -t 1.5");
    assert_eq!((some.status, some.stderr.as_str()), (6, ""), "{some:?}");
    let lines: Vec<_> = some.stdout.lines().collect();
    assert!(lines[1].ends_with(" 10"), "{}", lines[1]);
    assert!(lines[2].ends_with("no answer within 1.5 s") && lines[3].ends_with("no answer within 1.5 s"));
    let none = fake.run("node ping -n 1-2 -t 1.5 -o json");
    assert_eq!(none.status, 4);
    let json: serde_json::Value = serde_json::from_str(&none.stdout).unwrap();
    assert_eq!(json["nodes"][1]["error"]["code"], "no_answer");
    assert_eq!(fake.run("node ping").status, 0);
    assert!(some.took < Duration::from_secs(10) && none.took < Duration::from_secs(10));
}

#[test]
fn quiet_tells_by_the_exit_status_and_verbose_who_answered() {
    let fake = Fake::start(healthy);
    let quiet = fake.run("node ping -q");
    assert_eq!((quiet.status, quiet.stdout.as_str(), quiet.stderr.as_str()), (0, "", ""));
    let verbose = fake.run("node ping -v");
    assert_eq!(verbose.stderr, format!("ctdbctl: ctdbd of node 0 answers at {}\n", fake.socket().display()));
}

#[test]
fn the_socket_is_found_as_the_ctdb_tool_finds_it() {
    let fake = Fake::start(healthy);
    let by_name = finish(program().arg("status").env("CTDB_SOCKET", fake.socket()));
    assert_eq!(by_name.status, 0, "{by_name:?}");
    let base = tempfile::tempdir().unwrap();
    std::fs::create_dir(base.path().join("run")).unwrap();
    std::os::unix::fs::symlink(fake.socket(), base.path().join("run/ctdbd.socket")).unwrap();
    let in_test_mode = || {
        let mut command = program();
        command.arg("status").env("CTDB_BASE", base.path());
        command
    };
    assert_eq!(finish(in_test_mode().env("CTDB_TEST_MODE", "yes")).status, 0);
    finish(&mut in_test_mode()).assert_error(3, "/run/ctdb/ctdbd.socket");
}

#[test]
fn an_old_socket_without_a_process_is_one_line_and_status_3() {
    let dir = tempfile::tempdir().unwrap();
    let socket = dir.path().join("ctdbd.socket");
    drop(UnixListener::bind(&socket).unwrap());
    let words = format!("status --socket {}", socket.display());
    run(&words).assert_error(3, &format!("{}: no ctdbd is listening", socket.display()));
    let json = run(&format!("{words} -o json"));
    json.assert_error(3, "no ctdbd is listening");
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(
        (json["error"]["code"].as_str(), json["error"]["exit_status"].as_u64()),
        (Some("no_ctdbd"), Some(3))
    );
    run("status --socket /nowhere/ctdbd.socket").assert_error(3, "/nowhere/ctdbd.socket: no such socket");
}

#[test]
fn words_that_make_no_sense_are_one_line_and_status_2() {
    run("statsu").assert_error(2, "a similar subcommand exists: 'status'");
    run("tunable set x").assert_error(2, "<VALUE>");
    let json = run("statsu -o json");
    json.assert_error(2, "statsu");
    assert!(json.stdout.contains("\"code\": \"usage\""));
    Fake::start(healthy)
        .run("node ping -n 0,3")
        .assert_error(2, "there is no node 3 in this cluster; its nodes are 0-2");
}

#[test]
fn a_reader_that_has_gone_is_no_panic() {
    let fake = Fake::start(healthy);
    for words in ["status", "status -o json", "--help", "--version", "statsu -o json"] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut child = program()
            .args(["--socket", fake.socket().to_str().unwrap()])
            .args(words.split(' '))
            .stdout(writer)
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stderr = String::new();
        child.stderr.take().unwrap().read_to_string(&mut stderr).unwrap();
        let status = child.wait().unwrap();
        assert!(
            status.code().is_some_and(|code| code < 100) && !stderr.contains("panicked"),
            "{words}: {stderr}"
        );
    }
}

#[test]
fn without_a_tunneld_the_tunnel_commands_say_so() {
    let dir = tempfile::tempdir().unwrap();
    let words = |command: &str| format!("{command} --run-dir {} -t 1", dir.path().display());
    for command in ["tunnel status", "tunnel ping 0", "tunnel ping 10.0.0.1"] {
        run(&words(command)).assert_error(3, "no ctdb-tunneld runs on this node");
    }
    // A socket that was left behind, and one whose owner says nothing.
    let silent = UnixDatagram::bind(dir.path().join("tunnel")).unwrap();
    run(&words("tunnel status")).assert_error(4, "does not answer");
    drop(silent);
    run(&words("tunnel status")).assert_error(3, "no ctdb-tunneld runs on this node");
}

#[test]
fn a_node_that_hangs_is_named_by_health_and_status_and_does_not_count_as_good() {
    let fake = Fake::start(|dest, request| match (dest, request) {
        (Dest(2), _) => Answer::Silence,
        _ => healthy(dest, request),
    });
    let health = fake.run("cluster health -t 1");
    assert_eq!((health.status, health.stderr.as_str()), (1, ""), "{health:?}");
    assert_eq!(health.stdout, "NOT OK: 2 of 3 nodes OK; node 2 did not answer\n");
    let json = |words: &str| -> serde_json::Value { serde_json::from_str(&fake.run(words).stdout).unwrap() };
    let health = json("cluster health -t 1 -o json");
    assert_eq!((&health["healthy"], &health["failed"][0]["pnn"]), (&false.into(), &2.into()), "{health}");
    for words in ["status -t 1", "node status -n all -t 1"] {
        let run = fake.run(words);
        assert_eq!((run.status, run.stderr.as_str()), (6, ""), "{run:?}");
        assert!(run.stdout.contains("no answer within 1 s"), "{run:?}");
        assert_eq!(run.stdout.matches("OK").count(), 2, "{run:?}");
    }
    let status = json("status -t 1 -o json");
    assert_eq!(status["node_status"]["nodes"]["2"]["answered"], false, "{status}");
    assert_eq!(
        (&status["failed"][0]["error"]["code"], &status["failed"][1]),
        (&"no_answer".into(), &().into())
    );
    assert_eq!(json("node status -n all -t 1 -o json")["nodes"][2]["answered"], false);
}

#[test]
fn an_answer_that_cannot_be_written_is_no_success() {
    let fake = Fake::start(healthy);
    let full = || std::fs::File::options().write(true).open("/dev/full").unwrap();
    for words in ["status", "version", "--help", "schema", "node ping -o json", "status -n 7 -o json"] {
        let mut command = program();
        command.args(["--socket".as_ref(), fake.socket().as_os_str()]).args(words.split(' '));
        let ended = command.stdin(Stdio::null()).stdout(full()).stderr(Stdio::piped()).output().unwrap();
        let told = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(2), "{words}: {told}");
        assert!(told.contains("ctdbctl: standard output: No space left on device\n"), "{words}: {told}");
    }
}

#[test]
fn what_disturbs_a_cluster_needs_a_yes_and_says_whom_it_is_about() {
    let fake = Fake::start(healthy);
    for (words, says) in [
        ("node ban -n all 25", "from its clients"),
        ("node ban -n all 25", "all nodes out of the cluster for 25 s"),
        ("node disable", "public addresses from this node"),
        ("node pause -n 1,2", "node 1,2 out of the cluster"),
        ("node shutdown -n 1", "ctdbd on node 1"),
        ("cluster recover", "all databases"),
    ] {
        fake.run(words).assert_error(2, says);
        fake.run(words).assert_error(2, "add --yes");
    }
}

#[test]
fn a_question_for_one_node_may_be_put_to_several_side_by_side() {
    let fake = Fake::start(|dest, request| match (dest, request) {
        (Dest(1), _) => Answer::Silence,
        _ => healthy(dest, request),
    });
    let run = fake.run("cluster list -n 0,2");
    assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
    let heads: Vec<_> = run.stdout.lines().filter(|line| line.starts_with("node ")).collect();
    assert_eq!(heads, ["node 0 (10.0.0.1)", "node 2 (10.0.0.3)"]);
    assert_eq!(run.stdout.matches("(this node)").count(), 2, "{run:?}");
    let run = fake.run("cluster list -n all -t 1 -o json");
    assert_eq!(run.status, 6, "{run:?}");
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(json["nodes"][2]["nodes"][2]["this_node"], true, "{json}");
    let missing = &json["nodes"][1];
    assert_eq!((&missing["answered"], &missing["error"]["code"]), (&false.into(), &"no_answer".into()));
}

#[test]
fn a_node_that_is_disconnected_is_not_asked_and_that_is_said() {
    let fake = Fake::start(|dest, request| match (dest, request) {
        (Dest(2), _) => panic!("nobody should ask it {request:?}"),
        (_, ControlRequest::GetNodeMap(())) => {
            let mut map = node_map();
            map.nodes[2].flags = NodeFlags::DISCONNECTED;
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        _ => healthy(dest, request),
    });
    fake.run("status -n 2").assert_error(5, "node 2 is disconnected");
    let run = fake.run("node ping -n 2");
    assert!(run.status == 5 && run.stdout.contains("the node is disconnected"), "{run:?}");
    assert_eq!(fake.run("node status -n all").status, 1, "it has a state, which is not OK");
}

#[test]
fn a_refusal_without_a_word_is_told_with_what_is_known() {
    let mute = || Answer::Raw { status: -1, data: Vec::new(), error: Vec::new() };
    let fake = Fake::start(move |dest, request| match request {
        ControlRequest::AddPublicIp(_) => mute(),
        ControlRequest::GetDbMap(()) => Answer::Reply(ControlReply::GetDbMap(DbMap {
            dbs: vec![DbIdAndFlags { db_id: DbId(7), flags: DbFlags::empty() }],
        })),
        ControlRequest::GetDbName(_) => Answer::Reply(ControlReply::GetDbName(Text::new("x.tdb"))),
        ControlRequest::DbDetach(_) => mute(),
        ControlRequest::GetTunable(_) => Answer::Reply(ControlReply::GetTunable(u32::from(dest != Dest(1)))),
        ControlRequest::GetNodeMap(()) => {
            let mut map = node_map();
            map.nodes[2].flags = NodeFlags::STOPPED;
            Answer::Reply(ControlReply::GetNodeMap(map))
        }
        _ => healthy(dest, request),
    });
    let added = fake.run("ip add 10.1.0.1/24 eth9");
    assert!(added.status == 5 && added.stdout.contains("there is no interface eth9"), "{added:?}");
    fake.run("db detach x.tdb --yes").assert_error(5, "'tunable set AllowClientDBAttach 0 -n all' first");
    fake.run("db detach x.tdb --yes").assert_error(5, "clients may attach on node 0,2");
    fake.run("ip move 10.1.0.1 2").assert_error(5, "it is STOPPED|INACTIVE and hosts no addresses");
    fake.run("ip move 10.1.0.1 -n 2").assert_error(5, "STOPPED");
    fake.run("ip move 10.1.0.1 2 -n 2").assert_error(2, "named twice");
}

/// The program as somebody who may not look into a directory, which is in another that goes with the test.
fn without_rights() -> (tempfile::TempDir, std::path::PathBuf, std::process::Command) {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let mode = |path: &std::path::Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let closed = dir.path().join("closed");
    std::fs::create_dir(&closed).unwrap();
    mode(&closed, 0o000);
    mode(dir.path(), 0o755);
    let is_root = nix::unistd::Uid::effective().is_root();
    // Root may look everywhere; and nobody else may have a way to where the program was built.
    let mut command = if is_root {
        let copy = dir.path().join("ctdbctl");
        std::fs::copy(env!("CARGO_BIN_EXE_ctdbctl"), &copy).unwrap();
        let mut command = std::process::Command::new(copy);
        command.uid(65534).gid(65534).current_dir("/");
        command
    } else {
        program()
    };
    command.env_clear().stdin(Stdio::null());
    (dir, closed, command)
}

#[test]
fn who_has_no_permission_is_told_so_and_not_that_a_daemon_does_not_run() {
    for words in ["tunnel status", "event status", "status"] {
        let (_dir, closed, mut command) = without_rights();
        command.args(words.split(' ')).arg("--socket").arg(closed.join("ctdbd.socket"));
        let run = finish(&mut command);
        run.assert_error(3, "permission");
        assert!(
            !run.stderr.contains("no ctdb-tunneld") && !run.stderr.contains("no event daemon"),
            "{run:?}"
        );
    }
}
