//! Monitoring, start and stop of a service are taken from ctdbd's event scripts and given back, on a cluster that runs: as
//! docs/migration.md says it, with no node unwell in between and the service never started a second time.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use compat_tests::{Cluster, Daemon, Node};

use super::{
    GATE, GATE_NAME, NGINX, STEP, configure, ctl, nginx, options, program, starts, told, unwell_during,
    wait_ctl, wait_flag, wait_well,
};

/// Where ctdbd's event daemon has the script of the service.
const THEIRS: &str = "events/legacy/60.web.script";

fn services(manager: &str) -> String {
    format!(
        "[serviced]\n    manager = {manager}\n[service web]\n    kind = script\n    check interval = 500ms\n"
    )
}

/// As `event script enable` and `disable` do it.
fn script(node: &Node, verb: &str, name: &str) {
    let run = ctl(node, &format!("event script {verb} {name}"));
    assert_eq!(run.code, Some(0), "{run:?}");
}

/// Waits until the monitor event was run with these scripts and no others of the two.
fn wait_monitored(cluster: &Cluster, node: &Node, by: &str, not_by: &str) {
    cluster
        .wait(STEP, &format!("{by} is run by the monitor event, and {not_by} is not"), || {
            let last = told(node, "event status monitor");
            let ran = |name: &str| {
                let scripts = last["scripts"].as_array().cloned().unwrap_or_default();
                scripts.iter().any(|script| script["name"] == name && script["result"] == "ok")
            };
            if ran(by) && !ran(not_by) { Ok(()) } else { Err(last.to_string()) }
        })
        .unwrap();
}

fn take(cluster: &Cluster, pnn: usize) -> Daemon {
    let node = cluster.node(pnn);
    // It only watches at first: what it says is compared with what the scripts say.
    configure(node, &services("outside"));
    program(node, "events/web/10.nginx.script", NGINX);
    let watching = cluster.start_serviced(pnn).unwrap();
    wait_ctl(cluster, node, "service health", 0);
    // ctdbd's monitor event asks it, and does not run the script any more.
    script(node, "enable", "50.services");
    script(node, "disable", "60.web");
    wait_monitored(cluster, node, "50.services", "60.web");
    // From now on it starts and stops the service itself, and finds it running.
    configure(node, &services("ctdb"));
    watching.stop().unwrap();
    drop(watching);
    let serviced = cluster.start_serviced(pnn).unwrap();
    wait_ctl(cluster, node, "service health", 0);
    let list = told(node, "service list");
    assert_eq!((&list["manager"], &list["phase"]), (&"ctdb".into(), &"running".into()), "{list}");
    assert_eq!(list["services"][0]["state"], "up", "{list}");
    serviced
}

fn give_back(cluster: &Cluster, pnn: usize, serviced: Daemon) {
    let node = cluster.node(pnn);
    script(node, "enable", "60.web");
    script(node, "disable", "50.services");
    wait_monitored(cluster, node, "60.web", "50.services");
    serviced.stop().unwrap();
}

#[test]
fn a_service_goes_from_ctdbd_to_serviced_and_back_with_no_node_unwell_and_nothing_started_twice() {
    // The third node has C's event daemon.
    let builder = Cluster::builder().our_eventd_on(&[0, 1]).file(THEIRS, NGINX).file(GATE_NAME, GATE);
    let cluster = builder.without_waiting().start().unwrap();
    for node in cluster.nodes() {
        options(node);
        // Not enabled yet.
        fs::set_permissions(node.base().join(GATE_NAME), fs::Permissions::from_mode(0o644)).unwrap();
    }
    wait_well(&cluster);
    let pids: Vec<i32> = cluster.nodes().iter().map(nginx).collect();

    let mut serviceds = Vec::new();
    let unwell = unwell_during(&cluster, || {
        serviceds = (0..3).map(|pnn| take(&cluster, pnn)).collect();
        wait_well(&cluster);
    });
    assert!(unwell.is_empty(), "taking over: {unwell:?}");

    // It is serviced that decides now: what the service says counts.
    let near = cluster.node(0);
    let web = near.base().join("web/html/index.html");
    fs::rename(&web, near.base().join("web/html/away")).unwrap();
    wait_flag(&cluster, 0, "UNHEALTHY");
    fs::rename(near.base().join("web/html/away"), &web).unwrap();
    wait_well(&cluster);

    // A service daemon that is killed and comes back is waited for.
    let unwell = unwell_during(&cluster, || {
        for serviced in &mut serviceds {
            serviced.restart().unwrap();
        }
        for node in cluster.nodes() {
            wait_ctl(&cluster, node, "service health --wait 30", 0);
        }
        wait_well(&cluster);
    });
    assert!(unwell.is_empty(), "while ctdb-serviced was killed: {unwell:?}");

    let unwell = unwell_during(&cluster, || {
        for (pnn, serviced) in serviceds.drain(..).enumerate() {
            give_back(&cluster, pnn, serviced);
        }
        wait_well(&cluster);
    });
    assert!(unwell.is_empty(), "giving back: {unwell:?}");
    assert_eq!(cluster.nodes().iter().map(nginx).collect::<Vec<_>>(), pids, "it was never stopped");
    assert_eq!(cluster.nodes().iter().map(starts).collect::<Vec<_>>(), [1, 1, 1]);
}
