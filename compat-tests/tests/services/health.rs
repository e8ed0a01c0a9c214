//! A service that fails makes its node UNHEALTHY for the whole cluster, with a reason; repaired, the node is well again, and
//! no other node is touched.

use std::collections::BTreeSet;
use std::fs;

use compat_tests::Cluster;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{
    NGINX, configure, ctl, gated, nginx, program, starts, told, tunnelds, unwell_during, wait_ctl, wait_flag,
    wait_well,
};

const SERVICES: &str = "\
[service disk]
    kind = ocf
    agent = ocf:heartbeat:Dummy
    parameters = state={base}/disk.state
    check interval = 500ms
[service web]
    kind = script
    requires = disk
    check interval = 500ms
    fail after = 2
    recover after = 2
";

#[test]
fn a_service_that_fails_makes_its_node_unhealthy_everywhere_with_a_reason_until_it_is_repaired() {
    let cluster = gated(Cluster::builder().our_eventd());
    for node in cluster.nodes() {
        configure(node, SERVICES);
        program(node, "events/web/10.nginx.script", NGINX);
    }
    let _tunnelds = tunnelds(&cluster);
    let _serviceds: Vec<_> = (0..3).map(|pnn| cluster.start_serviced(pnn).unwrap()).collect();
    // ctdbd's startup event asks again until the services are up.
    wait_well(&cluster);
    let near = cluster.node(0);
    let list = told(near, "service list -n 1");
    assert_eq!((&list["phase"], &list["healthy"]), (&"running".into(), &true.into()), "{list}");
    assert!(list["services"].as_array().unwrap().iter().all(|one| one["state"] == "up"), "{list}");
    assert_eq!(cluster.nodes().iter().map(starts).collect::<Vec<_>>(), [1, 1, 1]);

    // Debian's nginx, ended on node 1 behind everybody's back.
    let bad = cluster.node(1);
    let others = unwell_during(&cluster, || {
        kill(Pid::from_raw(nginx(bad)), Signal::SIGTERM).unwrap();
        wait_flag(&cluster, 1, "UNHEALTHY");
        let status = wait_ctl(&cluster, bad, "service status", 1);
        assert!(status.stdout.contains("nginx does not run"), "{status:?}");
        assert!(status.stdout.contains("web: check failed"), "{status:?}");
        // From another node, and in C's own words on the node itself.
        let told = told(near, "service status web -n 1");
        assert_eq!(told["services"][0]["state"], "failed", "{told}");
        assert_eq!(told["services"][0]["last_check"]["output"], "nginx does not run\n", "{told}");
        let theirs = bad.try_ctdb(&["scriptstatus"]).unwrap();
        assert!(theirs.stdout.contains("nginx does not run"), "{theirs:?}");
        let past = ctl(near, "service history web -n 1");
        assert!(past.stdout.contains("FAILED") && past.stdout.contains("nginx does not run"), "{past:?}");

        let repaired = ctl(bad, "service restart web");
        assert_eq!(repaired.code, Some(0), "{repaired:?}");
        wait_well(&cluster);
    });
    let nodes: BTreeSet<u32> = others.iter().map(|(pnn, _)| *pnn).collect();
    assert_eq!(nodes, [1].into(), "{others:?}");
    assert_eq!(cluster.nodes().iter().map(starts).collect::<Vec<_>>(), [1, 2, 1]);

    // Debian's resource agent, whose state is lost on node 2; nginx there waits for it.
    let bad = cluster.node(2);
    let others = unwell_during(&cluster, || {
        fs::remove_file(bad.base().join("disk.state")).unwrap();
        wait_flag(&cluster, 2, "UNHEALTHY");
        let health = told(bad, "service health");
        let reasons: Vec<&str> =
            health["reasons"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
        assert!(reasons.iter().any(|reason| reason.starts_with("disk: ")), "{health}");
        assert!(reasons.iter().any(|reason| reason.starts_with("web: ")), "{health}");
        assert_eq!(ctl(bad, "service restart disk").code, Some(0));
        wait_well(&cluster);
    });
    let nodes: BTreeSet<u32> = others.iter().map(|(pnn, _)| *pnn).collect();
    assert_eq!(nodes, [2].into(), "{others:?}");

    // ctdbd's shutdown event stops them.
    let pid = Pid::from_raw(nginx(near));
    near.shutdown().unwrap();
    wait_ctl(&cluster, near, "service health", 1);
    assert_eq!(told(near, "service health")["phase"], "stopped");
    assert!(kill(pid, None).is_err(), "nginx still runs");
}
