//! Callbacks of tunnelds over real ctdbd: what the configuration names is run when another node's tunneld comes and goes,
//! is shown to whoever asks from another node, and follows a reload.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::time::Duration;

use crate::support::{SOON, cluster};
use compat_tests::{Cluster, Node, wait_until};
use nix::sys::signal::Signal;
use serde_json::Value;

/// A tunneld that is gone is noticed by its silence.
const SILENCE: Duration = Duration::from_secs(60);

fn configure(node: &Node, text: &str) {
    fs::create_dir_all(node.base().join("conf.d")).unwrap();
    fs::write(node.base().join("conf.d/60-callbacks.conf"), text).unwrap();
}

fn program(node: &Node, name: &str, text: &str) -> PathBuf {
    let directory = node.base().join("callbacks");
    fs::create_dir_all(&directory).unwrap();
    let path = directory.join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What `ctdbctl callback` says, seen from one node, of all daemons of node 0.
fn told(from: &Node, words: &[&str]) -> Result<Value, String> {
    let mut line = vec!["callback"];
    line.extend(words);
    line.extend(["-n", "0", "-o", "json"]);
    let run = from.ctdbctl(&line).map_err(|error| error.to_string())?;
    serde_json::from_str(&run.stdout).map_err(|error| format!("{error}: {run:?}"))
}

fn lines(cluster: &Cluster) -> Vec<String> {
    let text = fs::read_to_string(cluster.node(0).base().join("peers")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn programs_of_the_configuration_are_run_when_another_nodes_tunneld_comes_and_goes() {
    let cluster = cluster(2);
    let (near, far) = (cluster.node(0), cluster.node(1));
    let peers = near.base().join("peers");
    program(near, "note", &format!("#!/bin/sh\necho \"$*\" >> {}\n", peers.display()));
    program(near, "broken", "#!/bin/sh\necho this does not work\nexit 1\n");
    let section = |name: &str| {
        format!(
            "[callback {name}]\nevents = tunnel.peer.changed\nprogram = {name}\nretries = 1\nbackoff = 100ms\n"
        )
    };
    configure(near, &(section("note") + &section("broken")));
    let tunneld = cluster.start_tunneld(0).unwrap();
    let other = cluster.start_tunneld(1).unwrap();
    let seen = |what: &str| {
        wait_until(SILENCE, what, || {
            let lines = lines(&cluster);
            if lines.last().is_some_and(|line| line == what) { Ok(()) } else { Err(format!("{lines:?}")) }
        })
    };
    seen("tunnel.peer.changed 1 up").unwrap();

    let history = wait_until(SOON, "node 0 is asked from node 1", || {
        let history = told(far, &["history"])?;
        let given_up = history["given_up"].as_array().is_some_and(|list| !list.is_empty());
        if given_up { Ok(history) } else { Err(history.to_string()) }
    });
    let history = history.unwrap();
    let runs = history["runs"].as_array().unwrap();
    let of = |name: &str| runs.iter().filter(|run| run["callback"] == name).collect::<Vec<_>>();
    assert!(of("note").iter().all(|run| run["result"] == "ok" && run["daemon"] == "tunnel/0"), "{history}");
    assert!(of("broken").iter().all(|run| run["status"] == 1 && run["output"] == "this does not work\n"));
    assert_eq!(history["given_up"][0]["attempts"], 2);

    drop(other);
    seen("tunnel.peer.changed 1 down").unwrap();
    let status = told(near, &["status", "note"]).unwrap();
    let note = &status["callbacks"][0];
    assert_eq!((&note["taken"], &note["failed"]), (&note["delivered"], &Value::from(0)), "{status}");

    configure(near, &section("broken").replace("broken]", "other]"));
    tunneld.signal(Signal::SIGHUP).unwrap();
    let list = wait_until(SOON, "the new configuration holds", || {
        let list = told(near, &["list"])?;
        let names: Vec<_> =
            list["callbacks"].as_array().into_iter().flatten().map(|one| &one["name"]).collect();
        if names == ["other"] { Ok(list) } else { Err(list.to_string()) }
    });
    assert_eq!(list.unwrap()["callbacks"][0]["problem"], Value::Null);
    tunneld.stop().unwrap();
}
