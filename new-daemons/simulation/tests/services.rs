//! The service daemon under random faults: nothing is started twice, dependencies keep their order, the node is never well
//! while a required service has failed, each change of health is told once, and all of it holds over kills of the daemon.

use std::time::Duration;

use simulation::{Seeds, Serviced, World, play};

fn run(seed: u64) -> Serviced {
    let mut daemon = Serviced::new(seed);
    daemon.run(Duration::from_secs(3600));
    daemon.calm_down();
    daemon
}

#[test]
fn services_keep_their_order_and_the_health_is_true_whatever_breaks() {
    let (mut runs, mut kills, mut changes) = (0, 0, 0);
    let seeds = Seeds::wanted();
    seeds.each(|seed| {
        let daemon = run(seed);
        (runs, kills, changes) =
            (runs + daemon.runs, kills + daemon.kills, changes + daemon.health_changes());
    });
    let Some(seeds) = seeds.count() else { return };
    println!("{seeds} seeds: {runs} operations, {kills} kills, {changes} changes of health");
    assert!(runs > seeds * 1000 && kills > seeds * 5 && changes > seeds * 5, "next to nothing happened");
}

#[test]
fn the_same_seed_gives_the_same_run_of_services() {
    let (mut a, mut b) = (play(5, || run(5)), play(5, || run(5)));
    assert_eq!(
        (a.stage().steps(), a.runs, a.health_changes()),
        (b.stage().steps(), b.runs, b.health_changes())
    );
}
