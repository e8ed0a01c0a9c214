//! The tunnel under faults: between two daemons a message is delivered once and in order, or its sender is told.
//!
//! `SEEDS=n` runs that many seeds (64 by default), `SEED=n` replays one.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use simulation::{Faults, Settings, World};

fn settings(faults: Faults) -> Settings {
    Settings { nodes: 3, daemons: 3, send_every: Duration::from_millis(20), largest: 300_000, faults }
}

#[allow(clippy::disallowed_methods)] // How somebody replays a seed; the run itself reads no environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tells which seed a panic belongs to.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {0}: replay with SEED={0}", self.0);
        }
    }
}

fn run(seed: u64) -> World {
    let _seed = Seed(seed);
    let faults = Faults::mixture(&mut SmallRng::seed_from_u64(seed));
    let mut world = World::new(seed, settings(faults));
    world.run(Duration::from_secs(30));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(90));
    world.settle();
    world
}

#[test]
fn every_message_is_delivered_once_in_order_or_reported_under_faults_from_seeds() {
    let seeds = match number("SEED") {
        Some(seed) => seed..seed + 1,
        None => 0..number("SEEDS").unwrap_or(64),
    };
    let (mut delivered, mut failed) = (0, 0);
    for seed in seeds {
        let world = run(seed);
        delivered += world.ledger.delivered;
        failed += world.ledger.refused + world.ledger.in_doubt;
    }
    println!("delivered {delivered}, reported {failed}");
    assert!(delivered > 1000, "the tunnel carried next to nothing: {delivered}");
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (a, b) = (run(7), run(7));
    assert_eq!(a.steps, b.steps);
    assert_eq!(format!("{:?}", a.ledger), format!("{:?}", b.ledger));
}

#[test]
fn without_faults_everything_is_delivered() {
    let mut world = World::new(1, settings(Faults::default()));
    world.run(Duration::from_secs(20));
    world.stop_sending();
    world.run(Duration::from_secs(20));
    world.settle();
    let known = world.ledger.len() as u64 - world.ledger.refused;
    assert_eq!((world.ledger.delivered, world.ledger.in_doubt), (known, 0));
    // One message in fifty goes to a daemon that does not exist; nothing else may fail.
    assert!(world.ledger.refused * 20 < known, "{} of {known}", world.ledger.refused);
}

#[test]
fn loss_alone_costs_no_message() {
    let mut world = World::new(2, settings(Faults { loss: 0.05, reorder: 0.02, ..Faults::default() }));
    world.run(Duration::from_secs(20));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(20));
    world.settle();
    assert_eq!(world.ledger.in_doubt, 0);
    assert_eq!(world.ledger.delivered, world.ledger.len() as u64 - world.ledger.refused);
}

#[test]
fn a_daemon_that_does_not_read_holds_up_nobody_else_and_its_senders_feel_it() {
    let quiet = Settings { send_every: Duration::from_secs(3600), ..settings(Faults::default()) };
    let mut world = World::new(3, quiet);
    world.stop_sending();
    world.run(Duration::from_secs(2));
    world.stall(1, 0, Duration::from_secs(20));
    for _ in 0..200 {
        world.post((0, 0), (1, 0), 50_000);
        world.post((0, 0), (1, 1), 1000);
        world.post((0, 1), (1, 2), 1000);
    }
    world.run(Duration::from_secs(2));
    assert_eq!(world.ledger.received_by(World::address(1, 1)), 200);
    assert_eq!(world.ledger.received_by(World::address(1, 2)), 200);
    assert_eq!(world.ledger.received_by(World::address(1, 0)), 0);
    // 10 MB wait for the daemon; the tunnelds hold a window of it, the sender has the rest.
    assert!(world.largest_queue <= 3 << 20, "{}", world.largest_queue);
    world.run(Duration::from_secs(30));
    assert_eq!(
        world.ledger.received_by(World::address(1, 0)),
        200,
        "and nothing is lost when it reads again"
    );
    world.settle();
}
