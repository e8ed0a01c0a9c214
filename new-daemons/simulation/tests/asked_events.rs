//! An event daemon that is asked and listened to over a bus that loses messages: each call ends once and truly, an event is
//! run at most once for it, and no event is lost in silence.

use std::time::Duration;

use simulation::{AskedEvents, Seeds, World, play};

fn run(seed: u64) -> AskedEvents {
    let mut events = AskedEvents::new(seed);
    events.run(Duration::from_secs(900));
    events.calm_down();
    events
}

#[test]
fn events_asked_for_over_a_bus_that_loses_are_run_once_and_answered_truly() {
    let mut seen = [0; 4];
    let seeds = Seeds::wanted();
    seeds.each(|seed| {
        let of_one = run(seed).seen();
        seen.iter_mut().zip(of_one).for_each(|(sum, more)| *sum += more);
    });
    let Some(seeds) = seeds.count() else { return };
    let [well, not, doubtful, heard] = seen;
    println!(
        "{seeds} seeds: answered {well}, surely not done {not}, in doubt or left {doubtful}, events heard {heard}"
    );
    assert!(seen.iter().all(|count| *count > seeds), "next to nothing happened: {seen:?}");
}

#[test]
fn the_same_seed_gives_the_same_run_of_events_over_the_bus() {
    let (mut a, mut b) = (play(5, || run(5)), play(5, || run(5)));
    assert_eq!((a.stage().steps(), a.seen()), (b.stage().steps(), b.seen()));
}
