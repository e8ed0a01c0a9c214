//! `service` on a node without ctdb-serviced, where every command says so and scripts are asked where they know, and with
//! one, which looks after Debian's resource agent Dummy.

use std::process::Command;
use std::time::Duration;

use compat_tests::{Cluster, Daemon, Node, product};

use super::rows::{Try, done, ends, play, run};

const NO_BUS: &[(&str, &str)] = &[("/error/code", "\"no_bus\""), ("/error/exit_status", "3")];

/// Played at a node that has no bus.
pub(crate) const NOBODY: &[Try] = &[
    ends(3, "service list", &["there is no bus"], NO_BUS),
    ends(3, "service status web", &["there is no bus"], NO_BUS),
    ends(3, "service health --wait 1", &["there is no bus"], NO_BUS),
    ends(3, "service history", &["there is no bus"], NO_BUS),
    ends(3, "service check web", &["there is no bus"], NO_BUS),
    ends(3, "service enable web", &["there is no bus"], NO_BUS),
    ends(3, "service disable web", &["there is no bus"], NO_BUS),
    ends(3, "service restart web", &["there is no bus"], NO_BUS),
    ends(3, "service startup", &["there is no bus"], NO_BUS),
    ends(3, "service shutdown", &["there is no bus"], NO_BUS),
    ends(3, "service addresses 10.0.0.1/24@eth0", &["there is no bus"], NO_BUS),
    ends(3, "service addresses --current", &["there is no bus"], NO_BUS),
    ends(3, "service report web unhealthy no answer", &["there is no bus"], NO_BUS),
    ends(2, "service addresses 10.0.0.1", &["bits of its network"], &[]),
    ends(2, "service report web well", &["possible values: healthy, unhealthy"], &[]),
];

/// Played at a node with services.
pub(crate) const SERVED: &[Try] = &[
    done(
        "service list",
        &["SERVICE", "disk", "ocf", "STOPPED"],
        &[
            ("/manager", "\"ctdb\""),
            ("/phase", "\"waiting\""),
            ("/healthy", "false"),
            ("/services/0/name", "\"disk\""),
            ("/services/1/counts_for_health", "false"),
        ],
    ),
    ends(1, "service health", &["unhealthy", "services: waiting"], &[("/healthy", "false")]),
    done("service startup", &["done; services: running"], &[("/done", "true"), ("/reasons", "[]")]),
    done("service health --wait 5", &["healthy since"], &[("/phase", "\"running\""), ("/reasons", "[]")]),
    done(
        "service status",
        &["healthy since", "ocf ocf:heartbeat:Dummy", "UP since", "requires    disk"],
        &[("/services/0/state", "\"up\""), ("/services/1/requires/0", "\"disk\"")],
    ),
    done("service status disk -n 0", &["disk", "UP"], &[("/services/0/name", "\"disk\"")]),
    ends(5, "service status nobody", &["there is no service 'nobody'"], &[("/error/code", "\"refused\"")]),
    done("service check", &["disk", "UP", "OK"], &[("/services/0/result", "\"ok\"")]),
    done("service check extra", &["extra"], &[("/services/0/operation", "\"check\"")]),
    done("service restart disk", &["done; services: running"], &[("/done", "true")]),
    done("service disable extra", &["extra is not wanted any more"], &[]),
    done("service enable extra", &["extra is wanted"], &[("/result", "\"extra is wanted\"")]),
    done(
        "service addresses 10.0.0.1/24@eth0 fd00::1/64",
        &["the services are told of 10.0.0.1/24@eth0 fd00::1/64"],
        &[],
    ),
    done("service addresses --current", &["the services are told of no address"], &[]),
    done(
        "service addresses --none",
        &["no address"],
        &[("/result", "\"the services are told of no address\"")],
    ),
    ends(5, "service report disk unhealthy", &["manager = outside"], &[("/error/code", "\"refused\"")]),
    done(
        "service history disk",
        &["STARTING", "UP", "disk"],
        &[("/services/0/name", "\"disk\""), ("/services/0/transitions/0/by", "\"command\"")],
    ),
    done("service shutdown", &["done; services: stopped"], &[("/phase", "\"stopped\"")]),
    ends(1, "service health", &["unhealthy", "services: stopped"], &[("/phase", "\"stopped\"")]),
    done(
        "migrate status",
        &["ctdb-serviced"],
        &[("/functions/5/name", "\"service\""), ("/functions/5/served_by", "\"ctdb-serviced\"")],
    ),
];

/// Played where somebody else starts and stops the services, which the daemon does not check.
pub(crate) const OUTSIDE: &[Try] = &[
    done("service startup", &["done; services: running"], &[("/done", "true")]),
    ends(5, "service restart disk", &["manager = outside"], &[("/error/code", "\"refused\"")]),
    ends(5, "service check disk", &["is not checked"], &[("/error/code", "\"refused\"")]),
    done("service report disk healthy", &["disk is reported healthy"], &[]),
    done("service health", &["healthy since"], &[("/healthy", "true")]),
    done("service report disk unhealthy read only now", &["disk is reported unhealthy"], &[]),
    ends(1, "service health", &["unhealthy", "disk: ", "read only now"], &[("/healthy", "false")]),
    done("service list", &["disk", "FAILED"], &[("/manager", "\"outside\"")]),
    done("service report disk healthy", &["disk is reported healthy"], &[]),
    done("service health", &["healthy since"], &[("/reasons", "[]")]),
    done("service shutdown", &["done"], &[("/done", "true")]),
    done("service health", &["healthy since"], &[("/phase", "\"running\"")]),
];

/// A node with a service daemon, which is found by the number of the node.
fn serve(conf: impl Fn(&Node) -> String) -> (Cluster, [Daemon; 2]) {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    let node = cluster.node(0);
    std::fs::create_dir_all(node.base().join("conf.d")).unwrap();
    std::fs::write(node.base().join("conf.d/70-services.conf"), conf(node)).unwrap();
    let daemons = [cluster.start_tunneld(0).unwrap(), cluster.start_serviced(0).unwrap()];
    cluster
        .wait(Duration::from_secs(60), "it is found by the number of its node", || {
            let told = run(node, "service list -n 0", "json");
            if told.code == Some(0) { Ok(()) } else { Err(format!("{told:?}")) }
        })
        .unwrap();
    (cluster, daemons)
}

fn service(node: &Node, name: &str, more: &str) -> String {
    let state = node.base().join(name);
    let (state, agent) = (state.display(), "agent = ocf:heartbeat:Dummy");
    format!("[service {name}]\nkind = ocf\n{agent}\nparameters = state={state}\n{more}\n")
}

#[test]
fn services_that_somebody_else_manages() {
    let (cluster, _daemons) =
        serve(|node| "[serviced]\nmanager = outside\n".to_owned() + &service(node, "disk", "checked = no"));
    play(cluster.node(0), cluster.net(), OUTSIDE);
    assert!(!cluster.node(0).base().join("disk").exists(), "it was started");
}

#[test]
fn services_of_a_service_daemon() {
    let more = "requires = disk\ncounts for health = no";
    let (cluster, _daemons) = serve(|node| service(node, "disk", "") + &service(node, "extra", more));
    play(cluster.node(0), cluster.net(), SERVED);
    // TAB knows them.
    let mut tab = Command::new(product("ctdbctl").unwrap());
    tab.args(["--", "ctdbctl", "service", "status", "e"]).env("CTDB_BUS_DIR", cluster.node(0).bus_dir());
    tab.env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", "3").env("_CLAP_IFS", "\n");
    let offered = tab.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&offered.stdout).trim(), "extra", "{offered:?}");
}

#[test]
fn without_a_service_daemon_every_command_says_so() {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    play(cluster.node(0), cluster.net(), NOBODY);
}
