//! Debian's own programs with our `ctdb` in the place of theirs: the event scripts, `onnode`, the helpers for NAT
//! gateways and LVS. A small program in between writes down what they called it with.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use compat_tests::{Cluster, Node, wait_until};
use nix::sched::{CloneFlags, unshare};

use super::both::{At, Both, Seen, env_of};
use super::masks::Mask;

const SOON: Duration = Duration::from_secs(60);
/// Debian's event scripts that need no service.
const SCRIPTS: &[&str] = &["00.ctdb.script", "01.reclock.script", "05.system.script", "10.interface.script"];

/// A directory with a `ctdb` that writes down its words and is ours then.
struct Spied {
    dir: tempfile::TempDir,
}

impl Spied {
    fn on(both: &Both) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let spied = Self { dir };
        let text = format!(
            "#!/bin/sh\necho \"$@\" >>{}\nexec {} \"$@\"\n",
            spied.log().display(),
            both.ours.display()
        );
        script(&spied.program(), &text);
        spied
    }

    fn log(&self) -> PathBuf {
        self.dir.path().join("calls")
    }

    fn program(&self) -> PathBuf {
        self.dir.path().join("ctdb")
    }

    /// PATH with it first.
    fn path(&self) -> String {
        format!("{}:{}", self.dir.path().display(), std::env::var("PATH").unwrap())
    }

    fn calls(&self) -> Vec<String> {
        let log = fs::read_to_string(self.log()).unwrap_or_default();
        log.lines().map(str::to_owned).collect()
    }
}

fn script(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
}

/// The addresses that the interfaces of this network namespace have.
fn addresses() -> String {
    let shown = Command::new("ip").args(["-4", "-o", "addr", "show"]).output().unwrap();
    String::from_utf8_lossy(&shown.stdout).into_owned()
}

fn ip(words: &[&str]) {
    assert!(Command::new("ip").args(words).status().unwrap().success(), "ip {words:?}");
}

#[test]
fn debian_s_event_scripts_bring_a_node_up_take_addresses_and_give_them_up_with_our_tool() {
    // The scripts give addresses to interfaces: of a network that only this thread and what it starts have.
    unshare(CloneFlags::CLONE_NEWNET).unwrap();
    ip(&["link", "set", "lo", "up"]);
    let both = Both::new();
    let spied = Spied::on(&both);
    let mut builder = Cluster::builder()
        .nodes(1)
        .file("public_addresses", "10.99.7.1/24 lo\n10.99.7.2/24 lo\n")
        .env("CTDB", spied.program())
        .env("PATH", spied.path());
    for name in SCRIPTS {
        let text = fs::read_to_string(Path::new("/usr/share/ctdb/events/legacy").join(name)).unwrap();
        builder = builder.file(&format!("events/legacy/{name}"), &text);
    }
    let cluster = builder.start().unwrap();
    let both_there = || {
        let shown = addresses();
        let there = ["10.99.7.1", "10.99.7.2"].iter().all(|ip| shown.contains(&format!(" {ip}/24 ")));
        if there { Ok(()) } else { Err(shown) }
    };
    wait_until(SOON, "both addresses are there", both_there).unwrap();
    let calls = spied.calls();
    for wanted in ["attach ctdb.tdb persistent", "-X ifaces", "setifacelink lo up"] {
        assert!(calls.iter().any(|call| call == wanted), "no script called `ctdb {wanted}`: {calls:?}");
    }
    // A node that is disabled gives its addresses up, by `releaseip` of 10.interface, and takes them again afterwards.
    let quiet = Seen { status: Some(0), out: String::new(), err: String::new() };
    assert_eq!(both.ours_on(cluster.node(0), "disable"), quiet);
    wait_until(SOON, "both addresses are gone", || {
        let shown = addresses();
        if shown.contains("10.99.7.") { Err(shown) } else { Ok(()) }
    })
    .unwrap();
    assert_eq!(both.ours_on(cluster.node(0), "enable"), quiet);
    wait_until(SOON, "both addresses are there again", both_there).unwrap();
    both.on(cluster.node(0), "-X ip all", Mask::Exact);
    let seen = both.on(cluster.node(0), "event status legacy monitor", Mask::Digits);
    assert_eq!(seen.out.lines().filter(|line| line.contains(" OK ")).count(), SCRIPTS.len(), "{seen:?}");
    both.on(cluster.node(0), "scriptstatus", Mask::Digits);
    both.on(cluster.node(0), "event script list legacy", Mask::Exact);
}

/// What `ssh` is for a cluster on one machine: runs the command in the environment of the node at this address.
fn fake_ssh(dir: &Path, cluster: &Cluster) -> PathBuf {
    let path = dir.join("ssh");
    let text = format!(
        "#!/bin/sh\n[ \"$1\" = -n ] && shift\nhost=$1; shift\nCTDB_BASE={}/node.$((${{host##*.}} - 1))\n\
         export CTDB_BASE\nexec sh -c \"$*\"\n",
        cluster.dir().display()
    );
    script(&path, &text);
    path
}

/// Runs `onnode` with a PATH, and gives what it says without what it says about it.
fn onnode(both: &Both, node: &Node, path: &str, ssh: &Path, words: &[&str]) -> Seen {
    let [mode, base] = env_of(node);
    let env = [mode, base, ("PATH", path), ("ONNODE_SSH", ssh.to_str().unwrap())];
    both.run(Path::new("/usr/bin/onnode"), words, At { env: &env, stdin: "", mask: Mask::Exact })
}

#[test]
fn onnode_and_the_helpers_of_debian_find_the_same_nodes_with_our_tool() {
    let cluster = Cluster::builder().start().unwrap();
    let both = Both::new();
    let spied = Spied::on(&both);
    let dir = tempfile::tempdir().unwrap();
    let ssh = fake_ssh(dir.path(), &cluster);
    let plain = std::env::var("PATH").unwrap();
    let nodes: String = cluster.nodes().iter().map(|node| format!("{}\n", node.address())).collect();
    for node in cluster.nodes() {
        for file in ["natgw_nodes", "lvs_nodes"] {
            fs::write(node.base().join(file), &nodes).unwrap();
        }
    }
    let look = |state: &str| {
        for spec in ["all", "0,2", "healthy", "ok", "connected", "con"] {
            let words = ["-q", spec, "ctdb pnn"];
            let theirs = onnode(&both, cluster.node(0), &plain, &ssh, &words);
            let ours = onnode(&both, cluster.node(0), &spied.path(), &ssh, &words);
            assert_eq!(ours, theirs, "{state}: onnode {words:?}");
        }
        for words in ["natgw leader", "natgw list", "natgw status", "lvs leader", "lvs list", "lvs status"] {
            let [mode, base] = env_of(cluster.node(0));
            let theirs = both.theirs_on(cluster.node(0), words);
            let program = spied.program();
            let env = [mode, base, ("CTDB", program.to_str().unwrap())];
            let words: Vec<&str> = words.split(' ').collect();
            let ours = both.run(&both.ours, &words, At { env: &env, stdin: "", mask: Mask::Exact });
            assert_eq!(ours, theirs, "{state}: ctdb {words:?}");
        }
    };
    look("healthy");
    // Whoever answers first.
    let any = onnode(&both, cluster.node(0), &spied.path(), &ssh, &["-q", "any", "ctdb pnn"]);
    assert!(any.status == Some(0) && ["0\n", "1\n", "2\n"].contains(&any.out.as_str()), "{any:?}");
    let healthy = onnode(&both, cluster.node(0), &spied.path(), &ssh, &["-q", "healthy", "ctdb pnn"]);
    assert_eq!((healthy.status, healthy.out.as_str()), (Some(0), "0\n1\n2\n"), "{healthy:?}");
    cluster.node(2).ctdb(&["disable"]).unwrap();
    cluster.node(0).wait_flag_of(2, "DISABLED", SOON).unwrap();
    look("disabled");
    let healthy = onnode(&both, cluster.node(0), &spied.path(), &ssh, &["-q", "healthy", "ctdb pnn"]);
    assert_eq!(healthy.out, "0\n1\n", "{healthy:?}");
    cluster.node(2).kill9().unwrap();
    cluster.node(0).wait_disconnected_of(2, SOON).unwrap();
    cluster.node(1).wait_disconnected_of(2, SOON).unwrap();
    look("killed");
    let calls = spied.calls();
    for wanted in ["pnn", "-X status", "-X nodestatus all"] {
        assert!(calls.iter().any(|call| call == wanted), "nobody called `ctdb {wanted}`: {calls:?}");
    }
}
