//! The service daemon under random faults: nothing is started twice, dependencies keep their order, the node is never well
//! while a required service has failed, each change of health is told once, and all of it holds over kills of the daemon.
//!
//! `SIM_SEED=n` replays one seed with its trace, `SEEDS=n` runs that many (64 by default).

use std::time::Duration;

use simulation::Serviced;

#[allow(clippy::disallowed_methods)] // How somebody replays a seed; the run itself reads no environment.
fn number(name: &str) -> Option<u64> {
    std::env::var(name).ok()?.parse().ok()
}

/// Tells which seed a panic belongs to.
struct Seed(u64);

impl Drop for Seed {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("seed {0}: replay with SIM_SEED={0}", self.0);
        }
    }
}

fn run(seed: u64, trace: bool) -> Serviced {
    let _seed = Seed(seed);
    let mut daemon = Serviced::new(seed, trace);
    daemon.run(Duration::from_secs(3600));
    daemon.calm_down();
    daemon
}

#[test]
fn services_keep_their_order_and_the_health_is_true_whatever_breaks() {
    if let Some(seed) = number("SIM_SEED") {
        println!("{} steps", run(seed, true).steps);
        return;
    }
    let (mut runs, mut kills, mut changes) = (0, 0, 0);
    let seeds = number("SEEDS").unwrap_or(64);
    for seed in 0..seeds {
        let daemon = run(seed, false);
        (runs, kills, changes) =
            (runs + daemon.runs, kills + daemon.kills, changes + daemon.health_changes());
    }
    println!("{seeds} seeds: {runs} operations, {kills} kills, {changes} changes of health");
    assert!(runs > seeds * 1000 && kills > seeds * 5 && changes > seeds * 5, "next to nothing happened");
}

#[test]
fn the_same_seed_gives_the_same_run_of_services() {
    let (a, b) = (run(5, false), run(5, false));
    assert_eq!((a.steps, a.runs, a.health_changes()), (b.steps, b.runs, b.health_changes()));
}
