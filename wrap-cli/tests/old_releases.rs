//! The old grammar speaks the words of the release that is installed, or that CTDB_SAMBA_VERSION names: of a ctdbd that
//! is a file in PATH, and in front of a fake one.

use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};

use crate::support::{Answer, Fake, Run, finish, healthy, program};
use legacy_codec::{ControlReply, ControlRequest, Pnn, PublicIp, PublicIpList, SockAddr, TickleList};

/// The program by the old name, in a directory that looks like a node's.
fn old(base: &Path, words: &str) -> Command {
    use std::os::unix::process::CommandExt;
    let mut command = program();
    command.arg0("ctdb").args(words.split_whitespace());
    command.env("CTDB_TEST_MODE", "yes").env("CTDB_BASE", base);
    command
}

fn spoken(base: &Path, release: &str, words: &str) -> Run {
    finish(old(base, words).env("CTDB_SAMBA_VERSION", release))
}

/// A node's directory with this list of nodes and this ctdb.conf.
fn node(nodes: &str, conf: &str) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("nodes"), nodes).unwrap();
    std::fs::write(dir.path().join("ctdb.conf"), conf).unwrap();
    dir
}

fn program_in(dir: &Path, name: &str, text: &str) -> String {
    use std::os::unix::fs::PermissionsExt;
    let path = dir.join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path.display().to_string()
}

fn address(last: u8) -> SockAddr {
    std::net::SocketAddr::from(([10, 0, 1, last], 0)).into()
}

#[test]
fn the_release_is_that_of_the_ctdbd_in_path_and_a_variable_names_another() {
    let dir = node("", "");
    let bin = dir.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    let version = |path: &str, named: Option<&str>, words: &str| {
        finish(
            old(dir.path(), words).env("PATH", path).envs(named.map(|named| ("CTDB_SAMBA_VERSION", named))),
        )
    };
    let path = bin.display().to_string();
    std::fs::write(bin.join("ctdbd"), b"\x7fELF\x00127.0.0.1\x004.23.5-Other\0rest").unwrap();
    assert_eq!(version(&path, None, "version").stdout, "4.23.5-Other\n");
    assert_eq!(version(&path, None, "-j version").stdout, "{\n  \"version\": \"4.23.5-Other\"\n}");
    assert_eq!(version(&path, Some("4.25.0pre1-GIT-1a2b3c"), "version").stdout, "4.25.0pre1-GIT-1a2b3c\n");
    // One that is not Samba's is passed over.
    let before = dir.path().join("before");
    std::fs::create_dir(&before).unwrap();
    program_in(&before, "ctdbd", "#!/bin/sh\nexec /usr/sbin/ctdbd \"$@\"\n");
    assert_eq!(version(&format!("{}:{path}", before.display()), None, "version").stdout, "4.23.5-Other\n");
    let wrong = version(&path, Some("new"), "version");
    assert_eq!((wrong.status, wrong.stderr.as_str()), (1, "Invalid value CTDB_SAMBA_VERSION\n"));
}

#[test]
fn from_4_22_on_a_program_may_list_the_nodes_and_before_nobody_asks_it() {
    let dir = node("10.0.0.1\n", "");
    let list =
        program_in(dir.path(), "list", "#!/bin/sh\nfor n; do echo 10.0.9.$n; done\necho noise >&2\nexit 3\n");
    let conf = format!("[cluster]\n\tnodes list = !{list} 1 2\n");
    std::fs::write(dir.path().join("ctdb.conf"), conf).unwrap();
    let listed = spoken(dir.path(), "4.22.0", "listnodes");
    assert_eq!((listed.status, listed.stdout.as_str()), (0, "10.0.9.1\n10.0.9.2\n"), "{listed:?}");
    assert_eq!(listed.stderr, "noise\n", "what it says is said");
    let before = spoken(dir.path(), "4.21.9", "listnodes");
    assert_eq!((before.status, before.stdout.as_str()), (0, "10.0.0.1\n"), "{before:?}");

    let conf = |list: &str| {
        std::fs::write(dir.path().join("ctdb.conf"), format!("[cluster]\nnodes list = {list}\n"))
    };
    let here = dir.path().display().to_string();
    for (list, told) in [
        ("!/bin/true".to_owned(), String::new()),
        (
            format!("!{here}/none"),
            format!("sys_popenv: ERROR executing command '{here}/none': No such file or directory\n"),
        ),
        ("!/bin/echo 10.0.9.1x".to_owned(), "Invalid node address 10.0.9.1x\n".to_owned()),
        (format!("{here}/none"), String::new()),
    ] {
        conf(&list).unwrap();
        let run = spoken(dir.path(), "4.22.0", "listnodes");
        let told = format!("{told}Failed to read nodes from \"{list}\"\n");
        assert_eq!((run.status, run.stdout.as_str(), run.stderr), (1, "", told), "{list}");
    }
    std::fs::write(dir.path().join("others"), "10.0.8.1\n#10.0.8.2\n10.0.8.3\n").unwrap();
    conf(&format!("{here}/others")).unwrap();
    assert_eq!(spoken(dir.path(), "4.22.0", "listnodes -X").stdout, "|0|10.0.8.1|\n|2|10.0.8.3|\n");
}

#[test]
fn a_wrong_list_of_nodes_is_told_in_the_words_of_the_release() {
    let dir = node("10.0.0.1\nhere\n", "");
    let nodes = dir.path().join("nodes").display().to_string();
    for (release, told) in [
        ("4.17.12", format!("Invalid IP address here\nFailed to read nodes file \"{nodes}\"\n")),
        ("4.21.0", format!("Invalid node address here\nFailed to read nodes file \"{nodes}\"\n")),
        ("4.22.0", format!("Invalid node address here\nFailed to read nodes from \"{nodes}\"\n")),
    ] {
        assert_eq!(spoken(dir.path(), release, "listnodes").stderr, told, "{release}");
    }
}

#[test]
fn the_help_is_that_of_the_release() {
    let dir = node("", "");
    let help = |release: &str| spoken(dir.path(), release, "").stdout;
    let (first, spelt, last) = (help("4.17.12"), help("4.19.0"), help("4.25.0"));
    assert!(first.contains("show the pnn of the currnet node") && !first.contains("pushrecord"), "{first}");
    assert!(spelt.contains("show the pnn of the current node") && !spelt.contains("--json"), "{spelt}");
    assert!(last.contains("\n  -Y                       enable machine readable output\n  -j, --json               JSON output\n"));
    assert!(
        last.contains("\n  pushrecord      <dbname|dbid> <key> <value>  push a record to all nodes\n"),
        "{last}"
    );
    assert!(spoken(dir.path(), "4.25.0", "pnn -n x --usage pnn").stderr.starts_with("Invalid option x"));
}

#[test]
fn from_4_25_on_helpers_are_found_without_variables() {
    let dir = node("", "");
    program_in(dir.path(), "ctdb-event", "#!/bin/sh\necho helper \"$@\"\n");
    let other = program_in(dir.path(), "other", "#!/bin/sh\necho other \"$@\"\n");
    let run = |release: &str| {
        let mut command = old(dir.path(), "event status x");
        command.env("CTDB_SAMBA_VERSION", release).env("CTDB_EVENT_HELPER", &other);
        finish(command.env("CTDB_TEST_HELPER_BINDIR", dir.path())).stdout
    };
    assert_eq!(
        (run("4.24.5"), run("4.25.0")),
        ("other status x\n".to_owned(), "helper status x\n".to_owned())
    );
}

#[test]
fn connections_have_the_head_of_the_release() {
    let dir = node("", "");
    let fake = Fake::start(|dest, request| match request {
        ControlRequest::GetTcpTickleList(addr) => {
            Answer::Reply(ControlReply::GetTcpTickleList(TickleList { addr: *addr, connections: Vec::new() }))
        }
        _ => healthy(dest, request),
    });
    for (release, head) in [("4.18.0", "Destiation IP"), ("4.19.0", "Destination IP")] {
        let mut command = old(dir.path(), "gettickles -X 10.0.1.1");
        command.env("CTDB_SOCKET", fake.socket()).env("CTDB_SAMBA_VERSION", release);
        let run = finish(&mut command);
        assert_eq!(run.stdout, format!("|Source IP|Port|{head}|Port|\n"), "{run:?}");
    }
}

#[test]
fn from_4_20_on_all_nodes_are_told_of_an_address_that_was_moved() {
    let dir = node("", "");
    let asked: Arc<Mutex<Vec<(&str, u32)>>> = Arc::default();
    let seen = Arc::clone(&asked);
    let fake = Fake::start(move |dest, request| {
        let note = |what, reply| {
            seen.lock().unwrap().push((what, dest.0));
            Answer::Reply(reply)
        };
        match request {
            ControlRequest::GetPublicIps(_) => {
                let ips = vec![PublicIp { pnn: Pnn(0), addr: address(1) }];
                Answer::Reply(ControlReply::GetPublicIps(PublicIpList { ips }))
            }
            ControlRequest::ReleaseIp(_) => note("release", ControlReply::ReleaseIp(())),
            ControlRequest::TakeoverIp(_) => note("take", ControlReply::TakeoverIp(())),
            ControlRequest::IpReallocated(()) => note("told", ControlReply::IpReallocated(())),
            _ => healthy(dest, request),
        }
    });
    let moved = |release: &str| {
        asked.lock().unwrap().clear();
        let mut command = old(dir.path(), "-t 1 moveip 10.0.1.1 2");
        command.env("CTDB_SOCKET", fake.socket()).env("CTDB_SAMBA_VERSION", release);
        let run = finish(&mut command);
        assert_eq!((run.status, run.stderr.as_str()), (0, ""), "{run:?}");
        let mut all = asked.lock().unwrap().clone();
        all.sort_unstable();
        all
    };
    let handed = [("release", 0), ("release", 1), ("take", 2)];
    assert_eq!(moved("4.17.12"), handed);
    assert_eq!(moved("4.20.0"), [&handed[..], &[("told", 0), ("told", 1), ("told", 2)]].concat());
}
