//! An event daemon that is asked and listened to over a bus that loses messages: each call ends once and truly, an event is
//! run at most once for it, and no event is lost in silence.
//!
//! `SIM_SEED=n` replays one seed with its trace, `SEEDS=n` runs that many (64 by default).

use std::time::Duration;

use simulation::AskedEvents;

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

fn run(seed: u64, trace: bool) -> AskedEvents {
    let _seed = Seed(seed);
    let mut events = AskedEvents::new(seed, trace);
    events.run(Duration::from_secs(900));
    events.calm_down();
    events
}

#[test]
fn events_asked_for_over_a_bus_that_loses_are_run_once_and_answered_truly() {
    if let Some(seed) = number("SIM_SEED") {
        println!("{:?}", run(seed, true).seen());
        return;
    }
    let mut seen = [0; 4];
    let seeds = number("SEEDS").unwrap_or(64);
    for seed in 0..seeds {
        let of_one = run(seed, false).seen();
        seen.iter_mut().zip(of_one).for_each(|(sum, more)| *sum += more);
    }
    let [well, not, doubtful, heard] = seen;
    println!(
        "{seeds} seeds: answered {well}, surely not done {not}, in doubt or left {doubtful}, events heard {heard}"
    );
    assert!(seen.iter().all(|count| *count > seeds), "next to nothing happened: {seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_run_of_events_over_the_bus() {
    let (a, b) = (run(5, false), run(5, false));
    assert_eq!((a.steps, a.seen()), (b.steps, b.seen()));
}
