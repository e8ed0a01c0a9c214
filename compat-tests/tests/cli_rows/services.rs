//! `service` on a node without ctdb-serviced: every command says so, and the scripts are asked where they know.

use compat_tests::Cluster;

use crate::rows::{Try, ends, play};

const MISSING: &[(&str, &str)] = &[("/error/code", "\"no_serviced\""), ("/error/exit_status", "3")];

/// Played at a node whose bus has none.
pub(crate) const NOBODY: &[Try] = &[
    ends(3, "service list", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service status web", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service health --wait 1", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service history", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service check web", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service enable web", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service disable web", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service restart web", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service startup", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service shutdown", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service addresses 10.0.0.1/24@eth0", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service addresses --current", &["no ctdb-serviced answers"], MISSING),
    ends(3, "service report web unhealthy no answer", &["no ctdb-serviced answers"], MISSING),
    ends(2, "service addresses 10.0.0.1", &["bits of its network"], &[]),
    ends(2, "service report web well", &["possible values: healthy, unhealthy"], &[]),
];

#[test]
fn without_a_service_daemon_every_command_says_so() {
    let cluster = Cluster::builder().nodes(1).start().unwrap();
    play(cluster.node(0), cluster.net(), NOBODY);
}
