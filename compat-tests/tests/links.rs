//! The switch between network namespaces under real ctdbd: what is cut is missed, what is only slow is not.

use std::time::Duration;

use compat_tests::Cluster;
use compat_tests::switch::Rule;

const SOON: Duration = Duration::from_secs(60);

fn cluster() -> Cluster {
    assert!(nix::unistd::geteuid().is_root(), "only root may make network namespaces: run this test as root");
    Cluster::builder().namespaces().seed(11).start().unwrap()
}

#[test]
fn a_link_that_is_cut_in_one_direction_is_noticed_and_mended() {
    let cluster = cluster();
    cluster.link(Some(2), None, Rule { cut: true, ..Rule::default() }).unwrap();
    cluster.node(0).wait_disconnected_of(2, SOON).unwrap();
    cluster.wait_healthy_nodes(&[0, 1], SOON).unwrap();
    cluster.link(Some(2), None, Rule::default()).unwrap();
    cluster.wait_healthy(SOON).unwrap();
    assert!(cluster.packets().unwrap().dropped > 0);
}

#[test]
fn packets_that_are_late_lost_and_overtaken_harm_no_cluster() {
    let cluster = cluster();
    let generation = cluster.node(0).status().unwrap().generation;
    let (delay, jitter) = (Duration::from_millis(20), Duration::from_millis(30));
    cluster.link(None, None, Rule { cut: false, loss_ppm: 20_000, delay, jitter }).unwrap();
    let before = cluster.packets().unwrap();
    cluster
        .wait(SOON, "a few hundred packets have gone through bad links", || {
            for other in ["1", "2"] {
                cluster.node(0).ctdb(&["ping", "-n", other]).map_err(|error| error.to_string())?;
            }
            let now = cluster.packets().map_err(|error| error.to_string())?;
            let (passed, lost) = (now.passed - before.passed, now.dropped - before.dropped);
            if passed > 400 && lost > 2 { Ok(()) } else { Err(format!("{passed} passed, {lost} were lost")) }
        })
        .unwrap();
    cluster.wait_healthy(SOON).unwrap();
    assert_eq!(cluster.node(0).status().unwrap().generation, generation, "there was a recovery");
}
