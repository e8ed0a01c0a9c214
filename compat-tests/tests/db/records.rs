//! Records of volatile databases: they move to whoever changes them, and every change is seen everywhere.

use compat_tests::wait_until;

use super::{SOON, at_once, cluster, ctl, increment, json, status};

#[test]
fn what_one_tool_writes_on_one_node_the_other_reads_on_another() {
    let cluster = cluster();
    let [a, b, c] = [0, 1, 2].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "v.tdb"]);
    wait_until(SOON, "node 2 has the database", || c.ctdb(&["getdbstatus", "v.tdb"])).unwrap();
    ctl(a, &["db", "key", "set", "v.tdb", "key", "ours"]);
    assert_eq!(b.ctdb(&["readkey", "v.tdb", "key"]).unwrap(), "Data: size:4 ptr:[ours]\n");
    c.ctdb(&["writekey", "v.tdb", "key", "theirs"]).unwrap();
    for node in cluster.nodes() {
        assert_eq!(ctl(node, &["db", "key", "get", "v.tdb", "key"]), "theirs");
    }
    ctl(b, &["db", "key", "set", "v.tdb", "0x00ff", "0x22ff"]);
    let record = json(c, &["db", "key", "get", "v.tdb", "0x00FF"]);
    assert_eq!((&record["data"]["hex"], &record["data"]["text"]), (&"22ff".into(), &serde_json::Value::Null));

    // REC-18, REC-19: deleted is empty, and empty is not there.
    assert_eq!(status(a, &["db", "key", "delete", "v.tdb", "key"]).0, 0);
    let gone = "ctdbctl: there is no record key in v.tdb\n".to_owned();
    assert_eq!(status(b, &["db", "key", "get", "v.tdb", "key"]), (1, gone));
    assert_eq!(status(a, &["db", "key", "delete", "v.tdb", "key"]).0, 1);
    assert_eq!(c.ctdb(&["readkey", "v.tdb", "key"]).unwrap(), "Data: size:0 ptr:[]\n");
    let all = json(b, &["db", "cat", "v.tdb"]);
    assert_eq!(all["records"].as_array().unwrap().len(), 1, "{all}");
}

#[test]
fn no_increment_is_lost_between_nodes() {
    let cluster = cluster();
    ctl(cluster.node(0), &["db", "attach", "v.tdb"]);
    let work = |pnn: usize| {
        let node = cluster.node(pnn);
        move || {
            for _ in 0..25 {
                increment(node, "v.tdb", "counter");
            }
        }
    };
    let tool = || {
        for n in 0..60 {
            // Other records of the same file, by the C tool.
            cluster.node(n % 3).ctdb(&["writekey", "v.tdb", &format!("k{}", n % 7), &n.to_string()]).unwrap();
        }
    };
    at_once(&[&work(0), &work(1), &work(2), &work(0), &tool]);
    for node in cluster.nodes() {
        assert_eq!(ctl(node, &["db", "key", "get", "v.tdb", "counter"]), "100");
        assert_eq!(ctl(node, &["db", "key", "get", "v.tdb", "k3"]), "59");
    }
}

#[test]
fn the_last_of_two_writers_is_what_all_nodes_have() {
    let cluster = cluster();
    let (ours, theirs) = (cluster.node(0), cluster.node(2));
    ctl(ours, &["db", "attach", "v.tdb"]);
    for round in 0..3 {
        let write_ours = || {
            for n in 0..15 {
                ctl(ours, &["db", "key", "set", "v.tdb", "key", &format!("ours-{round}-{n}")]);
            }
        };
        let write_theirs = || {
            for n in 0..15 {
                theirs.ctdb(&["writekey", "v.tdb", "key", &format!("theirs-{round}-{n}")]).unwrap();
            }
        };
        at_once(&[&write_ours, &write_theirs]);
        let last = ctl(cluster.node(1), &["db", "key", "get", "v.tdb", "key"]);
        let either = [format!("ours-{round}-14"), format!("theirs-{round}-14")];
        assert!(either.contains(&last), "{last}");
        for node in cluster.nodes() {
            assert_eq!(ctl(node, &["db", "key", "get", "v.tdb", "key"]), last);
            let shown = node.ctdb(&["readkey", "v.tdb", "key"]).unwrap();
            assert_eq!(shown, format!("Data: size:{} ptr:[{last}]\n", last.len()));
        }
    }
}

#[test]
fn ro_08_a_copy_is_read_where_it_is_and_is_called_back_before_a_change() {
    let cluster = cluster();
    let [a, b, c] = [0, 1, 2].map(|pnn| cluster.node(pnn));
    ctl(a, &["db", "attach", "r.tdb", "--readonly"]);
    let flags = json(a, &["-n", "all", "db", "flag", "get", "r.tdb"]);
    for node in flags["nodes"].as_array().unwrap() {
        assert_eq!(node["readonly"], true, "{flags}");
    }
    for round in 0..5 {
        let value = format!("value{round}");
        ctl(a, &["db", "key", "set", "r.tdb", "key", &value]);
        for node in [b, c, b, c, a] {
            assert_eq!(ctl(node, &["db", "key", "get", "r.tdb", "key", "--copy"]), value);
        }
        let here = json(b, &["db", "tdb", "cat", "r.tdb"]);
        let flags = here["records"][0]["flags"].as_array().unwrap();
        assert!(flags.contains(&"RO_HAVE_READONLY".into()), "{here}");
        let there = json(a, &["db", "tdb", "cat", "r.tdb"]);
        let flags = there["records"][0]["flags"].as_array().unwrap();
        assert!(flags.contains(&"RO_HAVE_DELEGATIONS".into()), "{there}");
    }
    increment(c, "r.tdb", "number");
    assert_eq!(ctl(b, &["db", "key", "get", "r.tdb", "number", "--copy"]), "1");
    increment(a, "r.tdb", "number");
    assert_eq!(ctl(b, &["db", "key", "get", "r.tdb", "number", "--copy"]), "2");
}
