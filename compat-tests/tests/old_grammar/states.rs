//! Clusters that are not well: a node disabled, stopped, banned, killed; each node is asked about itself and that one.

use std::time::Duration;

use compat_tests::{Cluster, Node};

use super::both::Both;
use super::cases::STATES;
use super::healthy::{attach_databases, side_by_side, with_addresses};
use super::masks::Mask;

/// How long a change may take to be seen everywhere.
const SOON: Duration = Duration::from_secs(60);

/// Neither the leader nor node 0.
fn victim(cluster: &Cluster) -> usize {
    let leader = cluster.node(0).status().unwrap().leader.unwrap();
    (1..3).find(|pnn| u32::try_from(*pnn).unwrap() != leader).unwrap()
}

fn number(pnn: usize) -> u32 {
    u32::try_from(pnn).unwrap()
}

/// Asks all questions on all nodes that run.
fn ask_all(both: &Both, cluster: &Cluster, victim: usize) {
    let running: Vec<&Node> = cluster.nodes().iter().filter(|node| node.is_running()).collect();
    let questions: Vec<(&Node, String)> = STATES
        .iter()
        .flat_map(|line| running.iter().map(move |node| (*node, line.replace('%', &victim.to_string()))))
        .collect();
    side_by_side(&questions, |(node, words)| {
        both.on(node, words, Mask::Exact);
    });
}

fn wait_seen(cluster: &Cluster, victim: usize, flag: &str) {
    for node in cluster.nodes().iter().filter(|node| node.is_running()) {
        node.wait_flag_of(number(victim), flag, SOON).unwrap();
    }
}

fn cluster() -> (Both, Cluster, usize) {
    let cluster = with_addresses().start().unwrap();
    attach_databases(&cluster);
    let victim = victim(&cluster);
    (Both::new(), cluster, victim)
}

#[test]
fn a_disabled_and_a_stopped_node_look_the_same_to_both_tools() {
    let (both, cluster, victim) = cluster();
    cluster.node(victim).ctdb(&["disable"]).unwrap();
    wait_seen(&cluster, victim, "DISABLED");
    ask_all(&both, &cluster, victim);
    cluster.node(victim).ctdb(&["enable"]).unwrap();
    cluster.wait_healthy(SOON).unwrap();
    cluster.node(victim).stop().unwrap();
    wait_seen(&cluster, victim, "STOPPED");
    ask_all(&both, &cluster, victim);
}

#[test]
fn a_banned_node_and_one_without_a_link_look_the_same_to_both_tools() {
    let (both, cluster, victim) = cluster();
    cluster.node(victim).ctdb(&["setifacelink", "lo", "down"]).unwrap();
    wait_seen(&cluster, victim, "PARTIALLYONLINE");
    ask_all(&both, &cluster, victim);
    cluster.node(victim).ctdb(&["setifacelink", "lo", "up"]).unwrap();
    cluster.node(victim).ban(300).unwrap();
    wait_seen(&cluster, victim, "BANNED");
    ask_all(&both, &cluster, victim);
}

#[test]
fn a_killed_node_and_a_lost_majority_look_the_same_to_both_tools() {
    let (both, cluster, victim) = cluster();
    cluster.node(victim).kill9().unwrap();
    wait_seen(&cluster, victim, "DISCONNECTED");
    ask_all(&both, &cluster, victim);
    // The killed node left its socket behind.
    for words in ["status", "pnn", "listnodes", "-n 0 status"] {
        both.on(cluster.node(victim), words, Mask::Exact);
    }
    let last = (0..3).find(|pnn| *pnn != victim && *pnn != 0).unwrap();
    cluster.node(last).kill9().unwrap();
    wait_seen(&cluster, last, "DISCONNECTED");
    ask_all(&both, &cluster, last);
}
