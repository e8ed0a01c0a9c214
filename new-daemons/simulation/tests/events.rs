//! The event daemon under random scripts and clients: each event is answered once, in order and in time, and everything that
//! was started ends.
//!
//! `SIM_SEED=n` replays one seed with its trace, `SEEDS=n` runs that many (64 by default).

use std::time::Duration;

use simulation::Events;

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

fn run(seed: u64, trace: bool) -> Events {
    let _seed = Seed(seed);
    let mut events = Events::new(seed, trace);
    events.run(Duration::from_secs(1800));
    events.calm_down();
    events
}

#[test]
fn evt_26_each_event_is_answered_once_in_order_and_in_time_under_any_scripts() {
    if let Some(seed) = number("SIM_SEED") {
        println!("{:?}", run(seed, true).ends());
        return;
    }
    let mut ends = [0; 4];
    let seeds = number("SEEDS").unwrap_or(64);
    for seed in 0..seeds {
        let of_one = run(seed, false).ends();
        ends.iter_mut().zip(of_one).for_each(|(sum, more)| *sum += more);
    }
    let [well, failed, late, cancelled] = ends;
    println!("{seeds} seeds: well {well}, failed {failed}, late {late}, cancelled {cancelled}");
    assert!(ends.iter().all(|count| *count > seeds * 10), "next to nothing happened: {ends:?}");
}

#[test]
fn the_same_seed_gives_the_same_run_of_events() {
    let (a, b) = (run(5, false), run(5, false));
    assert_eq!((a.steps, a.ends()), (b.steps, b.ends()));
}
