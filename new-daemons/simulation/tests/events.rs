//! The event daemon under random scripts and clients: each event is answered once, in order and in time, and everything that
//! was started ends.

use std::time::Duration;

use simulation::{Events, Seeds, World, play};

fn run(seed: u64) -> Events {
    let mut events = Events::new(seed);
    events.run(Duration::from_secs(1800));
    events.calm_down();
    events
}

#[test]
fn evt_26_each_event_is_answered_once_in_order_and_in_time_under_any_scripts() {
    let mut ends = [0; 4];
    let seeds = Seeds::wanted();
    seeds.each(|seed| {
        let of_one = run(seed).ends();
        ends.iter_mut().zip(of_one).for_each(|(sum, more)| *sum += more);
    });
    let Some(seeds) = seeds.count() else { return };
    let [well, failed, late, cancelled] = ends;
    println!("{seeds} seeds: well {well}, failed {failed}, late {late}, cancelled {cancelled}");
    assert!(ends.iter().all(|count| *count > seeds * 10), "next to nothing happened: {ends:?}");
}

#[test]
fn the_same_seed_gives_the_same_run_of_events() {
    let (mut a, mut b) = (play(5, || run(5)), play(5, || run(5)));
    assert_eq!((a.stage().steps(), a.ends()), (b.stage().steps(), b.ends()));
}
