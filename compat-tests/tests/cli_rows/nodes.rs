//! `node`, `cluster` and `tunable`, and the commands without a noun, on a healthy cluster of three.

use std::time::Duration;

use compat_tests::Cluster;

use super::rows::{Schemas, Try, done, ends, play, run};

/// What asks and changes nothing for long. Played at node 0.
pub(crate) const ROWS: &[Try] = &[
    done("version", &["ctdbctl"], &[]),
    done("completion bash", &["ctdbctl"], &[]),
    done("status", &["Leader"], &[("/node_status/node_count", "3"), ("/recovery_mode", "\"NORMAL\"")]),
    done("cluster list -n 1", &["{net}.3"], &[("/nodes/1/this_node", "true")]),
    done("cluster leader", &[], &[]),
    done("cluster lock", &["/shared/lock"], &[]),
    done("cluster health", &["OK: 3 nodes"], &[("/healthy", "true"), ("/nodes_ok", "3")]),
    done(
        "overview",
        &["leads, no recovery is going on\nOK\n", "LAST RECOVERY"],
        &[
            ("/healthy", "true"),
            ("/nodes/1/state", "\"OK\""),
            ("/nodes/2/pnn", "2"),
            ("/recovering", "false"),
        ],
    ),
    done("node status -n all", &["OK"], &[("/nodes/2/answered", "true")]),
    done("node uptime -n all", &["STARTED"], &[("/nodes/1/answered", "true")]),
    done("node ping -n 0-1", &["ms"], &[("/nodes/1/pnn", "1")]),
    done("node runstate running -n all", &["RUNNING"], &[]),
    ends(1, "node runstate startup", &["RUNNING"], &[]),
    done("node pnn", &["0"], &[]),
    done("node pid -n all", &["PID"], &[]),
    done("node capability list", &["leader"], &[]),
    done("node capability get -n all", &[], &[]),
    done("node capability set lmaster on", &[], &[]),
    done("node log get -n all", &["NOTICE"], &[]),
    done("node log set info", &[], &[]),
    done("node log set notice", &[], &[]),
    done("node memory", &["ctdb"], &[]),
    done("node memory --recoverd", &["ctdb"], &[]),
    ends(1, "node process check 1", &[], &[]),
    done("node statistics show -n 0", &[], &[]),
    done("node statistics history", &[], &[]),
    done("node statistics reset", &[], &[]),
    done("tunable list -n 1", &["MonitorInterval"], &[]),
    done("tunable get monitorinterval", &["MonitorInterval"], &[("/nodes/0/value", "2")]),
    done("tunable set MonitorInterval 3 -n all", &["3"], &[("/nodes/2/value", "3")]),
    ends(2, "tunable get MonitorIntervall", &["MonitorInterval"], &[("/error/code", "\"usage\"")]),
];

/// What changes the parts that nodes have; each is undone by the next.
pub(crate) const CHANGES: &[Try] = &[
    ends(2, "node disable -n 2", &["public addresses from node 2", "add --yes"], &[]),
    done("node disable -n 2 --yes", &[], &[]),
    done("node enable -n 2", &[], &[]),
    done("node pause -n 2 --yes", &[], &[]),
    done("node continue -n 2", &[], &[]),
    done("node ban 60 -n 2 --yes", &[], &[]),
    done("node unban -n 2", &[], &[]),
    done("node ban 300 -n all --yes", &["banned"], &[("/nodes/2/result", "\"banned\"")]),
];

/// With nobody left who could lead, what can be asked is told, and the way back is open.
pub(crate) const NOBODY: &[Try] = &[
    done("status -t 3", &["BANNED", "UNKNOWN"], &[("/node_status/nodes/0/flags/banned", "true")]),
    done("cluster list", &["BANNED"], &[]),
    ends(1, "cluster health -t 3", &["node 0 is BANNED", "nobody leads"], &[("/healthy", "false")]),
    ends(1, "overview -t 3", &["nobody leads", "NOT OK\n  node 0 is BANNED"], &[("/healthy", "false")]),
    done("node log get -n all", &["NOTICE"], &[("/nodes/2/answered", "true")]),
    done("node unban -n all", &["unbanned"], &[("/nodes/2/result", "\"unbanned\"")]),
    done("cluster recover -t 60 --yes", &["generation"], &[]),
    ends(2, "node shutdown -n 2", &["add --yes"], &[("/error/code", "\"needs_yes\"")]),
    done("cluster reload -t 60", &[], &[("/added", "[]"), ("/deleted", "[]")]),
];

#[test]
fn questions_to_nodes_and_to_the_cluster() {
    let cluster = Cluster::builder().start().unwrap();
    play(cluster.node(0), cluster.net(), ROWS);
    play(cluster.node(0), cluster.net(), CHANGES);
    // The last word of the one who led has to be forgotten.
    let nobody_leads = || {
        let said = cluster.node(0).ctdbctl(&["status", "-t", "3"]).map_err(|error| error.to_string())?;
        if said.stdout.contains("UNKNOWN") { Ok(()) } else { Err(said.stdout) }
    };
    cluster.wait(Duration::from_secs(60), "nobody leads", nobody_leads).unwrap();
    play(cluster.node(0), cluster.net(), NOBODY);
    cluster.wait_healthy(Duration::from_secs(90)).unwrap();

    let ended = run(cluster.node(0), "node shutdown -n 2 --yes", "json");
    assert_eq!(ended.code, Some(0), "{ended:?}");
    let answer = serde_json::from_str(&ended.stdout).unwrap();
    Schemas::of(cluster.node(0)).check("node shutdown", &answer);
    cluster.node(0).wait_disconnected_of(2, Duration::from_secs(60)).unwrap();
}
