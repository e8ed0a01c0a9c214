//! Nodes that are shut down, and a nodes file that changed.

use std::fs;

use compat_tests::{Cluster, wait_until};

use crate::old_grammar::both::{At, Both, Seen, env_of, split};
use crate::old_grammar::masks::Mask;

use super::{SOON, Stage};

#[test]
fn a_shutdown_is_as_quiet_from_both_tools() {
    let cluster = Cluster::builder().start().unwrap();
    let both = Both::new();
    let mut said = Vec::new();
    for (ours, at, words) in [
        (false, 0, "-n 2 shutdown"),
        (true, 0, "-n 2 shutdown"),
        (false, 2, "shutdown"),
        (true, 2, "shutdown"),
    ] {
        let env = env_of(cluster.node(at));
        let tool = if ours { &both.ours } else { &both.c };
        said.push(both.run(tool, &split(words), At { env: &env, stdin: "", mask: Mask::Exact }));
        let node = cluster.node(2);
        wait_until(SOON, "the node is down", || if node.is_running() { Err("it runs") } else { Ok(()) })
            .unwrap();
        cluster.node(0).wait_disconnected_of(2, SOON).unwrap();
        node.start().unwrap();
        cluster.wait_healthy(SOON).unwrap();
    }
    assert_eq!(said[1], said[0]);
    assert_eq!(said[3], said[2]);
    assert_eq!(said[0], Seen { status: Some(0), out: String::new(), err: String::new() });
}

#[test]
fn a_nodes_file_that_changed_is_reloaded_or_refused_in_the_same_words() {
    let cluster = Cluster::builder().start().unwrap();
    let both = Both::new();
    let stage = Stage { both: &both, cluster: &cluster, dir: String::new() };
    let addresses: Vec<String> = cluster.nodes().iter().map(|node| format!("{}\n", node.address())).collect();
    let write = |pnns: &[usize], text: &str| {
        for pnn in pnns {
            fs::write(cluster.node(*pnn).base().join("nodes"), text).unwrap();
        }
    };
    let all = addresses.concat();
    let deleted = format!("{}{}#{}", addresses[0], addresses[1], addresses[2]);
    // Refused: on one node only, a connected node deleted, an address changed, a node missing.
    write(&[0], &deleted);
    both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    let moved = format!("{}{}127.0.0.99\n", addresses[0], addresses[1]);
    let shorter = format!("{}{}", addresses[0], addresses[1]);
    for text in [&deleted, &moved, &shorter] {
        write(&[0, 1, 2], text);
        both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    }
    write(&[0, 1, 2], &all);
    cluster.node(2).kill9().unwrap();
    for pnn in [0, 1] {
        cluster.node(pnn).wait_disconnected_of(2, SOON).unwrap();
    }
    // Nothing to do, but a node is missing.
    both.on(cluster.node(0), "reloadnodes", Mask::Exact);
    let mut said = Vec::new();
    for ours in [false, true] {
        for text in [&deleted, &all] {
            write(&[0, 1], text);
            let seen = stage.run(ours, "reloadnodes", "", Mask::Exact);
            assert_eq!(seen.status, Some(0), "{seen:?}");
            let status = stage.run(false, "nodestatus all", "", Mask::Exact);
            said.push((seen, status));
            cluster.wait_healthy_nodes(&[0, 1], SOON).unwrap();
        }
    }
    assert_eq!(said[2..], said[..2]);
    assert_eq!(said[0].0.out, "Node 2 is DELETED\n");
}
