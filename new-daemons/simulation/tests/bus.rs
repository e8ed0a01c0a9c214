//! Calls and events of daemons on three nodes under faults: each call ends once, a request runs at most once, no event is
//! lost in silence, and in the end nothing is kept.

use std::time::Duration;

use rand::SeedableRng;
use rand::rngs::SmallRng;
use simulation::{Cluster, Faults, Seeds, Settings, World, play};

fn settings(faults: Faults) -> Settings {
    let call_every = Some(Duration::from_millis(50));
    let send_every = Duration::from_millis(200);
    Settings { nodes: 3, daemons: 3, send_every, call_every, largest: 100_000, faults }
}

fn run(seed: u64) -> Cluster {
    broken(seed, Faults::mixture(&mut SmallRng::seed_from_u64(seed ^ 0xb05)))
}

fn broken(seed: u64, faults: Faults) -> Cluster {
    let mut world = Cluster::new(seed, settings(faults));
    world.run(Duration::from_secs(20));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(70));
    world.rest();
    world.settle();
    world.settle_calls();
    world
}

/// A half of the seeds, so that both can run side by side.
fn half(part: u64) {
    let (mut worlds, mut answered, mut failed, mut events, mut lost) = (0, 0, 0, 0, 0);
    let seeds = Seeds::wanted().part(part, 2);
    seeds.each(|seed| {
        let all = run(seed).promises;
        worlds += 1;
        answered += all.answered;
        failed += all.failed;
        events += all.events;
        lost += all.lost;
    });
    if seeds.count().is_none() {
        return;
    }
    println!("{worlds} worlds: {answered} answered, {failed} failed; {events} events, {lost} lost and told");
    assert!(answered >= worlds * 300 && events >= worlds * 300, "next to nothing happened");
}

#[test]
fn every_call_ends_once_and_no_event_is_lost_in_silence_under_faults_first_half() {
    half(0);
}

#[test]
fn every_call_ends_once_and_no_event_is_lost_in_silence_under_faults_second_half() {
    half(1);
}

#[test]
fn calls_and_events_keep_their_promises_where_directions_are_slow_and_lose_besides() {
    let (mut answered, mut worlds) = (0, 0);
    let seeds = Seeds::wanted().part(0, 8);
    seeds.each(|seed| {
        let mixture = Faults::mixture(&mut SmallRng::seed_from_u64(seed ^ 0x11));
        answered += broken(seed, Faults { link: Some(Duration::from_secs(4)), ..mixture }).promises.answered;
        worlds += 1;
    });
    if seeds.count().is_some() {
        assert!(answered >= worlds * 100, "next to nothing happened: {answered} answers in {worlds} worlds");
    }
}

#[test]
fn the_same_seed_gives_the_same_calls_and_events() {
    let (a, b) = (play(5, || run(5)), play(5, || run(5)));
    assert_eq!((a.steps(), format!("{:?}", a.promises)), (b.steps(), format!("{:?}", b.promises)));
}

#[test]
fn without_faults_every_call_to_a_daemon_that_answers_is_answered() {
    let mut world = Cluster::new(1, settings(Faults::default()));
    world.run(Duration::from_secs(20));
    world.stop_sending();
    world.run(Duration::from_secs(40));
    world.rest();
    world.settle();
    world.settle_calls();
    let all = &world.promises;
    println!("{} answered, {} failed, {} events", all.answered, all.failed, all.events);
    // Refusals, daemons that do not exist, answers that never come, and little patience.
    assert!(all.failed * 5 < all.answered, "{} of {}", all.failed, all.answered);
    assert_eq!(all.lost, 0);
}
