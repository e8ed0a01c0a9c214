//! `ip` and `ip iface` on a cluster with public addresses. ctdbd's test mode keeps them off the interfaces; all that
//! daemons say and do among themselves is as ever. What the C tool says is the truth.

use std::time::Duration;

use compat_tests::Cluster;

use super::rows::{Try, done, ends, play};

const SOON: Duration = Duration::from_secs(60);

/// Played at node 0, with the addresses given out as [`cluster`] says.
pub(crate) const ROWS: &[Try] = &[
    done(
        "ip list",
        &["10.99.0.1", "10.99.0.3"],
        &[("/from_nodes", "[0]"), ("/addresses/0/address", "\"10.99.0.1\""), ("/addresses/0/node", "0")],
    ),
    done(
        "ip list -n all",
        &["10.99.0.2"],
        &[
            ("/from_nodes", "[0,1,2]"),
            ("/addresses/0/node", "0"),
            ("/addresses/1/node", "2"),
            ("/addresses/1/place", "\"hosted\""),
            ("/addresses/1/also_on", "[]"),
            ("/addresses/0/interfaces", "null"),
            ("/failed", "[]"),
        ],
    ),
    done(
        "ip info 10.99.0.1",
        &["10.99.0.1", "lo", "up", "(active)"],
        &[
            ("/nodes/0/node", "0"),
            ("/nodes/0/active", "\"lo\""),
            ("/nodes/0/interfaces/0/name", "\"lo\""),
            ("/nodes/0/interfaces/0/link", "true"),
        ],
    ),
    ends(
        5,
        "ip info 10.99.9.9",
        &["does not know the public address 10.99.9.9"],
        &[("/nodes/0/answered", "false")],
    ),
    done("ip iface list", &["lo", "up"], &[("/nodes/0/interfaces/0/references", "2")]),
    done("ip iface set lo down", &["lo is down"], &[("/nodes/0/result", "\"lo is down\"")]),
    done("ip iface set lo up -n all", &["lo is up"], &[("/nodes/2/result", "\"lo is up\"")]),
    ends(5, "ip iface set eth77 up", &["no public address is configured for interface eth77"], &[]),
    ends(2, "ip iface set lo sideways", &["sideways"], &[("/error/code", "\"usage\"")]),
    done("ip add 10.99.0.4/24 lo -n 0-1", &["added"], &[("/nodes/1/result", "\"known already\"")]),
    ends(2, "ip add 10.99.0.4/33 lo", &["bits of its network"], &[("/error/exit_status", "2")]),
    done("ip reallocate", &["handed out"], &[("/result", "\"addresses were handed out\"")]),
    done("ip list -n 0", &["10.99.0.4"], &[("/addresses/3/address", "\"10.99.0.4\"")]),
    done("ip announce 10.99.0.1 lo", &["announced"], &[("/nodes/0/result", "\"announced\"")]),
    done("ip move 10.99.0.1 2", &["10.99.0.1 is on node 2 now"], &[("/node", "2")]),
    ends(5, "ip move 10.99.0.4 2", &["node 2, taking the address: refused: it is not configured for"], &[]),
    ends(2, "ip move 10.99.0.1 9", &["there is no node 9"], &[("/error/code", "\"usage\"")]),
    ends(2, "ip move 10.99.0.1 0-1", &["names several"], &[]),
    done("ip del 10.99.0.4 -n 0-1", &["deleted"], &[("/nodes/0/result", "\"not known\"")]),
    done("ip reload -n all", &["reloaded"], &[("/nodes/2/result", "\"reloaded\"")]),
];

/// With one of three nodes hanging, before the others have noticed: the rest is told, and who is missing.
pub(crate) const HERE: &[Try] = &[
    ends(
        1,
        "cluster health -t 2",
        &["NOT OK: 2 of 3 nodes OK", "node 2 did not answer"],
        &[("/healthy", "false"), ("/failed/0/pnn", "2")],
    ),
    ends(
        6,
        "status -t 2",
        &["NO ANSWER", "node 2: no answer"],
        &[("/node_status/nodes/2/answered", "false"), ("/node_status/nodes/2/flags_ok", "false")],
    ),
    ends(
        6,
        "node status -n all -t 2",
        &["no answer"],
        &[("/nodes/2/answered", "false"), ("/nodes/1/answered", "true")],
    ),
    ends(
        6,
        "ip list -n 0-2 -t 2",
        &["node 2: ", "unknown"],
        &[("/from_nodes", "[0,1]"), ("/failed/0/pnn", "2"), ("/addresses/1/place", "\"unknown\"")],
    ),
    done("ip list -n 0,1", &["unknown"], &[("/addresses/1/place", "\"unknown\"")]),
];

/// Addresses given out in the simplest way: C turns its list around and begins at node 0.
pub(crate) fn cluster() -> Cluster {
    let addresses = "10.99.0.1/24 lo\n10.99.0.2/24 lo\n10.99.0.3/24 lo\nfd99::1/64 lo\n";
    let builder = Cluster::builder().file("public_addresses", addresses).tunable("IPAllocAlgorithm", 0);
    let cluster = builder.tunable("TickleUpdateInterval", 2).start().unwrap();
    let homes = "|Public IP|Node|\n|10.99.0.1|0|\n|10.99.0.2|2|\n|10.99.0.3|1|\n|fd99::1|0|\n";
    wait_ip(&cluster, "all addresses are given out", |text| text == homes);
    cluster
}

/// Waits until the C tool says so.
pub(crate) fn wait_ip(cluster: &Cluster, what: &str, ok: impl Fn(&str) -> bool) {
    let look = || match cluster.node(0).ctdb(&["-X", "ip", "all"]) {
        Ok(text) if ok(&text) => Ok(()),
        Ok(text) => Err(text),
        Err(error) => Err(error.to_string()),
    };
    cluster.wait(SOON, what, look).unwrap();
}

#[test]
fn addresses_and_interfaces() {
    let cluster = cluster();
    let before = cluster.node(0).ctdb(&["-X", "ip", "all"]).unwrap();
    play(cluster.node(0), cluster.net(), ROWS);
    // Reading the files again has brought back what they say.
    wait_ip(&cluster, "addresses are where they were", |text| text == before);

    // With -v the interfaces are there, and the C tool says the same.
    let verbose = cluster.node(0).ctdbctl(&["ip", "list", "-n", "all", "-v", "-o", "json"]).unwrap();
    let answer: serde_json::Value = serde_json::from_str(&verbose.stdout).unwrap();
    let truth = cluster.node(0).ctdb(&["-X", "-v", "ip", "all"]).unwrap();
    for (line, truth) in answer["addresses"].as_array().unwrap().iter().zip(truth.lines().skip(1)) {
        let names = |list: &serde_json::Value| {
            list.as_array()
                .unwrap()
                .iter()
                .map(|n| n.as_str().unwrap().to_owned())
                .collect::<Vec<_>>()
                .join(",")
        };
        let at = &line["interfaces"];
        let said = format!(
            "|{}|{}|{}|{}|{}|",
            line["address"].as_str().unwrap(),
            line["node"],
            at["active"].as_str().unwrap_or_default(),
            names(&at["available"]),
            names(&at["configured"]),
        );
        assert_eq!(said, truth);
    }

    // Nobody notices while the rows are played.
    for node in cluster.nodes() {
        node.ctdb(&["setvar", "KeepaliveLimit", "1000"]).unwrap();
    }
    cluster.node(2).pause().unwrap();
    play(cluster.node(0), cluster.net(), HERE);
    cluster.node(2).resume().unwrap();
}
