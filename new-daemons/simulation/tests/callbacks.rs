//! Callbacks under random events, programs and registrants: each event is delivered once, replaced by a later one of its
//! subject, or given up and told; serial runs keep the order; coalescing never loses the last state; all bounds hold.

use std::time::Duration;

use simulation::{Programs, Seeds, World, play};

fn run(seed: u64) -> Programs {
    let mut programs = Programs::new(seed);
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
    let (mut delivered, mut replaced, mut given_up) = (0, 0, 0);
    let seeds = Seeds::wanted();
    seeds.each(|seed| {
        let ends = run(seed).ends();
        (delivered, replaced, given_up) = (delivered + ends.0, replaced + ends.1, given_up + ends.2);
    });
    let Some(seeds) = seeds.count() else { return };
    println!("{seeds} seeds: delivered {delivered}, replaced {replaced}, given up {given_up}");
    assert!(
        delivered > seeds * 100 && replaced > seeds * 10 && given_up > seeds * 10,
        "next to nothing happened"
    );
}

#[test]
fn the_same_seed_gives_the_same_run_of_callbacks() {
    let (mut a, mut b) = (play(5, || run(5)), play(5, || run(5)));
    assert_eq!((a.stage().steps(), a.ends()), (b.stage().steps(), b.ends()));
}
