//! Public addresses that are really on interfaces, seen from outside every 50 ms.

use std::process::Command;

use compat_tests::client::{ADDRESSES_SCRIPT, Clients, Journal, Settings};
use compat_tests::{Cluster, Tool, run, wait_until};
use judge::Kind;
use judge::history::{History, NodeState, Phase, What, Workload, merge};

use super::{SOON, header};

/// How long nodes may take to find out that they see each other.
const SETTLE_MS: u64 = 2000;
const ADDRESSES: [&str; 4] = ["10.78.0.1", "10.78.0.2", "10.78.0.3", "10.78.0.4"];

/// Waits until there are so many more samples of addresses, and the last one satisfies a condition.
fn wait_for_samples(clients: &Clients, more: usize, fits: impl Fn(&[(u32, Vec<String>)]) -> bool) {
    let samples = || -> Vec<Vec<(u32, Vec<String>)>> {
        let text: String = clients.sources().unwrap().into_iter().map(|source| source.text).collect();
        let held = text.lines().filter(|line| line.contains("\"ev\":\"held\""));
        let held = held.filter_map(|line| serde_json::from_str(line).ok());
        held.filter_map(|line: judge::history::Line| match line.what {
            What::Held { by } => Some(by),
            _ => None,
        })
        .collect()
    };
    let before = samples().len();
    wait_until(SOON, "addresses were looked at", || {
        let now = samples();
        match now.last() {
            Some(last) if now.len() >= before + more && fits(last) => Ok(()),
            last => Err(format!("{} samples, {last:?}", now.len())),
        }
    })
    .unwrap();
}

fn public(by: &[(u32, Vec<String>)]) -> Vec<(u32, &str)> {
    let all = by.iter().flat_map(|(node, held)| held.iter().map(|address| (*node, address.as_str())));
    all.filter(|(_, address)| ADDRESSES.contains(address)).collect()
}

#[test]
fn addresses_are_seen_where_they_are_and_one_on_two_nodes_is_called_so() {
    let lines = ADDRESSES.map(|address| format!("{address}/32 lo1\n")).concat();
    let cluster = Cluster::builder()
        .nodes(2)
        .namespaces()
        .file("public_addresses", &lines)
        .file("events/legacy/10.address.script", ADDRESSES_SCRIPT)
        .start()
        .unwrap();
    let journal = Journal::default();
    for node in cluster.nodes() {
        journal.say(What::Node { node: node.pnn(), state: NodeState::Started }).unwrap();
    }
    journal.say(What::Links { cut: Vec::new() }).unwrap();
    journal.say(What::Wanted { addresses: ADDRESSES.map(str::to_owned).to_vec() }).unwrap();
    let clients = Clients::new(&cluster, &journal, Settings::default()).unwrap();
    let sampler = clients.sample().unwrap();
    wait_for_samples(&clients, 1, |by| public(by).len() == ADDRESSES.len());
    let phase = |phase| journal.say(What::Phase { phase }).unwrap();
    let judged = || {
        clients.audit(false).unwrap();
        let mut sources = clients.sources().unwrap();
        sources.push(journal.source().unwrap());
        let history = merge(header(&cluster, &[Workload::W7], SETTLE_MS), &sources).unwrap();
        let mut text = Vec::new();
        history.write(&mut text).unwrap();
        judge::judge(&History::read(text.as_slice()).unwrap())
    };
    phase(Phase::WarmUp);
    wait_for_samples(&clients, 20, |_| true);
    phase(Phase::Healed);
    // One moves, and is seen where it comes.
    let home = |by: &[(u32, Vec<String>)], address| {
        public(by).iter().find(|(_, held)| *held == address).map(|(node, _)| *node)
    };
    let before = std::cell::Cell::new(None);
    wait_for_samples(&clients, 1, |by| {
        before.set(home(by, ADDRESSES[0]));
        before.get().is_some()
    });
    let other = 1 - before.get().unwrap();
    cluster.node(0).ctdb(&["moveip", ADDRESSES[0], &other.to_string()]).unwrap();
    wait_for_samples(&clients, 1, |by| home(by, ADDRESSES[0]) == Some(other));
    phase(Phase::Quiet);
    wait_for_samples(&clients, 20, |_| true);
    phase(Phase::Audit);
    let verdict = judged();
    assert!(verdict.green(), "{verdict}");

    // What ctdbd would never do: the address is on both nodes.
    let mut twice = Command::new(Tool::Nsenter.path().unwrap());
    let from = cluster.nodes().iter().find(|node| node.pnn() != other).unwrap();
    twice.arg(format!("--net={}", from.namespace().unwrap().display()));
    twice.args(["ip", "address", "replace", &format!("{}/32", ADDRESSES[0]), "dev", "lo1"]);
    run(twice, SOON).unwrap().ok().unwrap();
    // Two samples: of one alone nothing is said. A recovery daemon takes it off again some time later.
    for _ in 0..2 {
        wait_for_samples(&clients, 1, |by| public(by).len() > ADDRESSES.len());
    }
    sampler.stop().unwrap();
    let verdict = judged();
    assert!(verdict.red.iter().any(|finding| finding.kind == Kind::AddressTwice), "{verdict}");
}
