//! Clusters in which one fault after another is begun, looked at and ended.

use std::time::Duration;

use compat_faults::faults;
use compat_faults::stage::{self, Stage};
use compat_tests::Cluster;
use compat_tests::client::Journal;
use judge::plan::{Fault, Plan};

pub(crate) const SOON: Duration = Duration::from_secs(60);

/// A cluster of three nodes of C with clients of W1 and W4.
pub(crate) struct Scene {
    plan: Plan,
    cluster: Cluster,
    journal: Journal,
}

impl Scene {
    pub(crate) fn new(seed: u64) -> Self {
        assert!(
            nix::unistd::geteuid().is_root(),
            "only root may make network namespaces: run this test as root"
        );
        let line = format!("seed={seed} mix=CCC profile=fast workloads=W1,W4 keys=3 faults=");
        let plan: Plan = line.parse().unwrap();
        let cluster = stage::cluster(&plan).unwrap();
        Self { plan, cluster, journal: Journal::default() }
    }

    pub(crate) fn stage(&self) -> Stage<'_> {
        let stage = Stage::set(&self.cluster, &self.journal, &self.plan).unwrap();
        let working = || match stage.clients.done().unwrap().iter().find(|(.., calls)| *calls == 0) {
            Some((workload, node, _)) => Err(format!("{workload} on node {node} waits")),
            None => Ok(()),
        };
        self.cluster.wait(SOON, "all clients work", working).unwrap();
        stage
    }
}

/// Begins a fault at a node, lets somebody look, ends it, and waits until all is well.
pub(crate) fn during(stage: &Stage<'_>, fault: Fault, victim: usize, look: impl FnOnce()) {
    println!("{fault} at node {victim}");
    let heal = faults::begin(fault).unwrap()(stage, &[victim]).unwrap();
    look();
    heal(stage).unwrap();
    stage.tend().unwrap();
    stage.cluster.wait_healthy(SOON).unwrap();
}
