//! The flow of the callbacks: health changes, the callback that is shipped gathers the states of the nodes, decides, and has
//! ctdbd move the addresses. And the example of docs/services.md, as a reader would write it.

use std::fs;

use compat_tests::{Cluster, Node};
use serde_json::Value;

use super::{STEP, configure, ctl, program, told, tunnelds, wait_ctl, wait_flag, wait_well};

const REALLOCATE: &str = include_str!("../../../new-daemons/daemons/share/callbacks/reallocate");

const ADDRESSES: &str = "10.99.0.1/24 lo\n10.99.0.2/24 lo\n10.99.0.3/24 lo\n";

const SERVICES: &str = "\
[service disk]
    kind = ocf
    agent = ocf:heartbeat:Dummy
    parameters = state={base}/disk.state
    check interval = 500ms
[callback reallocate]
    events = service.health.changed
    program = reallocate --marker {base}/disabled
    order = coalesce
    retries = 100
    backoff = 500ms
    time limit = 60s
";

/// The addresses that a node has, in the eyes of its ctdbd.
fn addresses(node: &Node) -> Vec<String> {
    let list = told(node, "ip list");
    let own = list["addresses"].as_array().into_iter().flatten().filter(|it| it["node"] == node.pnn());
    own.filter_map(|it| it["address"].as_str().map(str::to_owned)).collect()
}

fn wait_addresses(cluster: &Cluster, node: &Node, count: impl Fn(usize) -> bool, what: &str) {
    cluster
        .wait(STEP, what, || match addresses(node) {
            own if count(own.len()) => Ok(()),
            own => Err(format!("{own:?}")),
        })
        .unwrap();
}

fn break_disk(node: &Node) {
    fs::remove_file(node.base().join("disk.state")).unwrap();
}

fn repair_disk(node: &Node) {
    fs::write(node.base().join("disk.state"), "").unwrap();
}

/// The last run of the callback at a node, when it ends so.
fn wait_run(cluster: &Cluster, node: &Node, result: &str, said: &str) {
    cluster
        .wait(STEP, &format!("the callback of node {} says '{said}'", node.pnn()), || {
            let history = told(node, "callback history reallocate");
            let last = history["runs"].as_array().and_then(|runs| runs.last()).cloned();
            let fits = |run: &Value| {
                run["result"] == result && run["output"].as_str().is_some_and(|output| output.contains(said))
            };
            match last {
                Some(run) if fits(&run) => Ok(()),
                other => Err(format!("{other:?}")),
            }
        })
        .unwrap();
}

fn start() -> Cluster {
    compat_tests::require(&[compat_tests::Tool::OcfTester]).unwrap();
    let cluster = Cluster::builder().our_eventd().file("public_addresses", ADDRESSES).start().unwrap();
    for node in cluster.nodes() {
        configure(node, SERVICES);
        program(node, "callbacks/reallocate", REALLOCATE);
    }
    cluster
}

#[test]
fn addresses_leave_a_node_whose_services_fail_and_come_back_and_the_last_node_keeps_them() {
    let cluster = start();
    let _tunnelds = tunnelds(&cluster);
    let _serviceds: Vec<_> = (0..3).map(|pnn| cluster.start_serviced(pnn).unwrap()).collect();
    for node in cluster.nodes() {
        wait_ctl(&cluster, node, "service startup --wait 30", 0);
    }
    wait_well(&cluster);
    let nodes = cluster.nodes();
    wait_addresses(&cluster, &nodes[1], |count| count > 0, "node 1 has an address");

    break_disk(&nodes[1]);
    wait_flag(&cluster, 1, "DISABLED");
    wait_addresses(&cluster, &nodes[1], |count| count == 0, "the addresses of node 1 are elsewhere");
    repair_disk(&nodes[1]);
    wait_well(&cluster);
    wait_addresses(&cluster, &nodes[1], |count| count > 0, "node 1 has an address again");
    assert!(!nodes[1].base().join("disabled").exists());

    // What an administrator has disabled stays so, whatever its services say.
    nodes[2].ctdb(&["disable"]).unwrap();
    break_disk(&nodes[2]);
    wait_run(&cluster, &nodes[2], "ok", "disabled already by an administrator");
    repair_disk(&nodes[2]);
    wait_run(&cluster, &nodes[2], "ok", "nothing to do");
    wait_flag(&cluster, 2, "DISABLED");

    // Node 0 goes; then node 1 is the last one that could host, and stays until node 0 is well again.
    break_disk(&nodes[0]);
    cluster
        .wait(STEP, "node 0 is disabled", || match nodes[1].status().map_err(|error| error.to_string())? {
            status if status.node(0).is_some_and(|line| line.has("DISABLED")) => Ok(()),
            status => Err(format!("{:?}", status.nodes)),
        })
        .unwrap();
    break_disk(&nodes[1]);
    wait_run(&cluster, &nodes[1], "exit", "the last node that can host");
    assert!(nodes[1].status().unwrap().node(1).is_some_and(|line| line.is_ok()));
    repair_disk(&nodes[0]);
    cluster
        .wait(STEP, "node 0 is back, and node 1 gives way", || {
            let status = nodes[0].status().map_err(|error| error.to_string())?;
            let flag = |pnn, flag: &str| status.node(pnn).is_some_and(|line| line.has(flag));
            if flag(0, "OK") && flag(1, "DISABLED") { Ok(()) } else { Err(format!("{:?}", status.nodes)) }
        })
        .unwrap();
    repair_disk(&nodes[1]);
    nodes[2].ctdb(&["enable"]).unwrap();
    wait_well(&cluster);
    assert_eq!(ctl(&nodes[1], "service health").code, Some(0));
}
