//! Callbacks under random events, programs and registrants: each event is delivered once, replaced by a later one of its
//! subject, or given up and told; serial runs keep the order; coalescing never loses the last state; all bounds hold.
//!
//! `SIM_SEED=n` replays one seed with its trace, `SEEDS=n` runs that many (64 by default).

use std::time::Duration;

use simulation::Programs;

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

fn run(seed: u64, trace: bool) -> Programs {
    let _seed = Seed(seed);
    let mut programs = Programs::new(seed, trace);
    programs.run(Duration::from_secs(600));
    if seed % 4 == 3 {
        programs.stop()
    } else {
        programs.calm_down()
    }
    programs
}

#[test]
fn each_event_is_delivered_once_or_replaced_or_given_up_under_any_programs() {
    if let Some(seed) = number("SIM_SEED") {
        println!("{:?}", run(seed, true).ends());
        return;
    }
    let (mut delivered, mut replaced, mut given_up) = (0, 0, 0);
    let seeds = number("SEEDS").unwrap_or(64);
    for seed in 0..seeds {
        let ends = run(seed, false).ends();
        (delivered, replaced, given_up) = (delivered + ends.0, replaced + ends.1, given_up + ends.2);
    }
    println!("{seeds} seeds: delivered {delivered}, replaced {replaced}, given up {given_up}");
    assert!(
        delivered > seeds * 100 && replaced > seeds * 10 && given_up > seeds * 10,
        "next to nothing happened"
    );
}

#[test]
fn the_same_seed_gives_the_same_run_of_callbacks() {
    let (a, b) = (run(5, false), run(5, false));
    assert_eq!((a.steps, a.ends()), (b.steps, b.ends()));
}
