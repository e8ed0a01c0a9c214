//! Our `ctdb-eventd` below real ctdbd: in place of C's on all nodes of a cluster, or on one of them.
//!
//! The life of a cluster from start-up to shutdown, with Debian's event scripts as they are and one more that notes what it is
//! asked. The nodes are as installed, in namespaces of their own, so that addresses really move. Needs root.

use std::time::Duration;

use compat_tests::{Cluster, Node};

/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

const ADDRESSES: &str = "10.99.0.1/24 lo1,lo2\n10.99.0.2/24 lo1,lo2\n10.99.0.3/24 lo1,lo2\n";

/// Fails while there is a file `sick`, and says what it was asked.
const MARK: &str = "#!/bin/sh\necho \"$*\" >>\"$CTDB_BASE/events.seen\"\n\
    [ \"$1\" != monitor ] || [ ! -e \"$CTDB_BASE/sick\" ] || { echo \"not well\"; exit 1; }\n";

fn cluster(eventd_of: &[u8]) -> Cluster {
    let builder = Cluster::builder().installed().our_eventd_on(eventd_of).debian_scripts();
    let builder = builder.file("public_addresses", ADDRESSES).file("events/legacy/95.mark.script", MARK);
    builder.start().unwrap()
}

/// What the script was asked on this node.
fn seen(node: &Node) -> Vec<String> {
    let text = std::fs::read_to_string(node.base().join("events.seen")).unwrap_or_default();
    text.lines().map(str::to_owned).collect()
}

fn wait_seen(cluster: &Cluster, node: &Node, what: &str, after: usize) -> String {
    let found = cluster.wait(STEP, &format!("{what} on {node:?}"), || {
        let all = seen(node);
        all.iter().skip(after).find(|line| line.starts_with(what)).cloned().ok_or(format!("{:?}", all))
    });
    found.unwrap()
}

/// The node that has an address, as all nodes say.
fn wait_given(cluster: &Cluster, nodes: &[usize]) {
    let told = cluster.wait(STEP, &format!("{nodes:?} have all addresses"), || {
        let text = cluster.node(nodes[0]).ctdb(&["-X", "ip", "all"]).map_err(|error| error.to_string())?;
        let owners: Vec<&str> = text.lines().skip(1).filter_map(|line| line.split('|').nth(2)).collect();
        let fine = owners.len() == 3
            && owners.iter().all(|owner| owner.parse().is_ok_and(|owner: usize| nodes.contains(&owner)));
        if fine { Ok(()) } else { Err(text) }
    });
    told.unwrap();
}

/// Start-up, monitoring, addresses, recovery, stop, ban, shutdown: the life of a cluster.
fn live(eventd_of: &[u8]) {
    let cluster = cluster(eventd_of);
    let all = [0, 1, 2];
    for node in cluster.nodes() {
        let ours = eventd_of.iter().any(|n| u32::from(*n) == node.pnn());
        let eventd =
            node.log().lines().find(|line| line.contains("Starting event daemon")).map(str::to_owned);
        let eventd = eventd.unwrap_or_default();
        assert_eq!(eventd.contains("/usr/libexec/ctdb/ctdb-eventd"), !ours, "{eventd}");
        let events = seen(node);
        assert_eq!(events[..2], ["init", "setup"], "{node:?}");
        for event in ["startrecovery", "recovered", "startup", "ipreallocated", "monitor"] {
            wait_seen(&cluster, node, event, 0);
        }
    }
    wait_given(&cluster, &all);
    let taken: Vec<String> =
        cluster.nodes().iter().map(|node| wait_seen(&cluster, node, "takeip lo", 0)).collect();
    assert!(taken.iter().all(|line| line.ends_with(" 24")), "{taken:?}");

    // Monitoring.
    let sick = cluster.node(1).base().join("sick");
    std::fs::write(&sick, "").unwrap();
    cluster.node(0).wait_flag_of(1, "UNHEALTHY", STEP).unwrap();
    let told = cluster.node(1).try_ctdb(&["event", "status", "legacy", "monitor"]).unwrap();
    assert!(told.stdout.contains("95.mark") && told.stdout.contains("OUTPUT: not well"), "{told:?}");
    wait_seen(&cluster, cluster.node(1), "releaseip lo", 0);
    wait_given(&cluster, &[0, 2]);
    std::fs::remove_file(&sick).unwrap();
    cluster.wait_healthy(STEP).unwrap();
    wait_given(&cluster, &all);

    // Recovery.
    let before = seen(cluster.node(2)).len();
    cluster.node(0).recover().unwrap();
    wait_seen(&cluster, cluster.node(2), "startrecovery", before);
    wait_seen(&cluster, cluster.node(2), "recovered", before);
    cluster.wait_healthy(STEP).unwrap();

    // An address moves to the other interface when its own goes down.
    let node = cluster.node(0);
    let moved = cluster.wait(STEP, "an address has changed its interface", || {
        let on =
            seen(node).into_iter().rev().find(|line| line.starts_with("takeip")).ok_or("there is none")?;
        let interface = on.split(' ').nth(1).unwrap_or_default().to_owned();
        // The next monitor event puts it up again.
        let down =
            node.ctdb(&["setifacelink", &interface, "down"]).and_then(|_| node.ctdb(&["ipreallocate"]));
        down.map_err(|error| error.to_string())?;
        seen(node).into_iter().find(|line| line.starts_with("updateip")).ok_or(on)
    });
    assert_eq!(moved.unwrap().split(' ').count(), 5, "the event, two interfaces, address and bits");
    cluster.wait_healthy(STEP).unwrap();
    wait_given(&cluster, &all);

    // Stop, ban.
    cluster.node(2).stop().unwrap();
    wait_given(&cluster, &[0, 1]);
    cluster.node(2).continue_().unwrap();
    cluster.wait_healthy(STEP).unwrap();
    cluster.node(0).ban(300).unwrap();
    wait_given(&cluster, &[1, 2]);
    cluster.node(0).unban().unwrap();
    cluster.wait_healthy(STEP).unwrap();
    wait_given(&cluster, &all);

    // Shutdown.
    cluster.node(1).shutdown().unwrap();
    assert_eq!(seen(cluster.node(1)).last().map(String::as_str), Some("shutdown"));
    assert!(
        !cluster.node(1).event_socket().exists() && !cluster.node(1).base().join("run/eventd.pid").exists()
    );
    wait_given(&cluster, &[0, 2]);
}

#[test]
fn evt_01_a_cluster_lives_with_our_event_daemon_on_all_nodes() {
    live(&[0, 1, 2]);
}

#[test]
fn a_cluster_lives_with_our_event_daemon_on_one_node() {
    live(&[1]);
}

/// The last event daemon that a node's ctdbd has started.
fn started(node: &Node) -> String {
    let log = node.log();
    let line = log.lines().rev().find_map(|line| line.split_once("Starting event daemon "));
    line.and_then(|(_, rest)| rest.split(' ').next()).unwrap_or_default().to_owned()
}

/// The steps of docs/migration.md, without systemd: what it reads as environment is given to ctdbd here.
#[test]
fn the_event_daemon_goes_in_and_out_node_by_node_as_the_guide_says() {
    let guide =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/migration.md")).unwrap();
    let line = guide.lines().find_map(|line| line.trim().strip_prefix("Environment=")).unwrap();
    let (variable, _) = line.split_once('=').unwrap();
    let theirs = "/usr/libexec/ctdb/ctdb-eventd";
    assert!(guide.contains(&format!("Starting event daemon {theirs}")));

    let cluster = cluster(&[]);
    let program = compat_tests::product("ctdb-eventd").unwrap();
    let swap = |node: &Node, value: Option<&std::ffi::OsStr>, expected: &str| {
        node.set_env(variable, value);
        node.shutdown().unwrap();
        node.start().unwrap();
        cluster.wait_healthy(STEP).unwrap();
        assert_eq!(started(node), expected);
        let told = node.ctdb(&["scriptstatus"]).unwrap();
        let scripts: Vec<&str> = told.lines().filter_map(|line| line.split_whitespace().next()).collect();
        assert_eq!(scripts, ["00.ctdb", "01.reclock", "05.system", "10.interface", "95.mark"], "{told}");
        assert!(told.lines().all(|line| line.contains(" OK ")), "{told}");
        wait_given(&cluster, &[0, 1, 2]);
    };
    for node in cluster.nodes() {
        assert_eq!(started(node), theirs);
        swap(node, Some(program.as_os_str()), &program.display().to_string());
    }
    for node in cluster.nodes() {
        swap(node, None, theirs);
        let left: Vec<_> =
            std::fs::read_dir(node.base().join("run")).unwrap().map(|e| e.unwrap().file_name()).collect();
        assert!(
            left.iter()
                .all(|name| !name.to_string_lossy().contains("eventd") || node.event_socket().exists())
        );
    }
}
