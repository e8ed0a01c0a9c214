//! The tunnel under faults: between two daemons a message is delivered once and in order, or its sender is told.

use std::time::Duration;

use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};
use simulation::{Cluster, Faults, KeyUse, Keys, Link, Seeds, Settings, World, play};

fn settings(faults: Faults) -> Settings {
    let send_every = Duration::from_millis(20);
    Settings { nodes: 3, daemons: 3, send_every, call_every: None, largest: 300_000, faults }
}

fn run(seed: u64) -> Cluster {
    let faults = Faults::mixture(&mut SmallRng::seed_from_u64(seed));
    let mut world = Cluster::new(seed, settings(faults));
    world.run(Duration::from_secs(30));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(90));
    world.settle();
    world
}

/// A quarter of the seeds, so that the four quarters can run side by side.
fn quarter(part: u64) {
    let (mut worlds, mut delivered, mut failed) = (0, 0, 0);
    let seeds = Seeds::wanted().part(part, 4);
    seeds.each(|seed| {
        let world = run(seed);
        worlds += 1;
        delivered += world.ledger.delivered;
        failed += world.ledger.refused + world.ledger.in_doubt;
    });
    if seeds.count().is_none() {
        return;
    }
    println!("{worlds} worlds: delivered {delivered}, reported {failed}");
    assert!(delivered >= worlds * 500, "the tunnel carried next to nothing: {delivered}");
}

#[test]
fn every_message_is_delivered_once_in_order_or_reported_under_faults_first_quarter() {
    quarter(0);
}

#[test]
fn every_message_is_delivered_once_in_order_or_reported_under_faults_second_quarter() {
    quarter(1);
}

#[test]
fn every_message_is_delivered_once_in_order_or_reported_under_faults_third_quarter() {
    quarter(2);
}

#[test]
fn every_message_is_delivered_once_in_order_or_reported_under_faults_fourth_quarter() {
    quarter(3);
}

#[test]
fn the_same_seed_gives_the_same_run() {
    let (a, b) = (play(7, || run(7)), play(7, || run(7)));
    assert_eq!(a.steps(), b.steps());
    assert_eq!(format!("{:?}", a.ledger), format!("{:?}", b.ledger));
}

#[test]
fn without_faults_everything_is_delivered() {
    let mut world = Cluster::new(1, settings(Faults::default()));
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
    let mut world = Cluster::new(2, settings(Faults { loss: 0.05, reorder: 0.02, ..Faults::default() }));
    world.run(Duration::from_secs(20));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(20));
    world.settle();
    assert_eq!(world.ledger.in_doubt, 0);
    assert_eq!(world.ledger.delivered, world.ledger.len() as u64 - world.ledger.refused);
}

#[test]
fn a_link_that_is_slow_and_loses_in_one_direction_costs_no_message_and_holds_up_no_other_node() {
    let quiet = Settings { send_every: Duration::from_secs(3600), ..settings(Faults::default()) };
    let mut world = Cluster::new(4, quiet);
    world.stop_sending();
    world.run(Duration::from_secs(2));
    world.stage().worsen(0, 1, Link { loss: 0.2, delay: Duration::from_millis(400) });
    for _ in 0..100 {
        world.post((0, 0), (1, 0), 2000);
        world.post((0, 0), (2, 0), 2000);
    }
    world.run(Duration::from_millis(300));
    assert_eq!(world.ledger.received_by(Cluster::address(2, 0)), 100);
    assert_eq!(world.ledger.received_by(Cluster::address(1, 0)), 0, "a message came before its time");
    world.run(Duration::from_secs(60));
    assert_eq!(world.ledger.received_by(Cluster::address(1, 0)), 100);
    world.settle();
}

#[test]
fn links_that_are_slow_and_lose_for_a_while_cost_no_message() {
    let mut world =
        Cluster::new(5, settings(Faults { link: Some(Duration::from_secs(2)), ..Faults::default() }));
    world.run(Duration::from_secs(10));
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(30));
    world.settle();
    assert_eq!(world.ledger.in_doubt, 0);
    assert_eq!(world.ledger.delivered, world.ledger.len() as u64 - world.ledger.refused);
}

#[test]
fn a_daemon_that_does_not_read_holds_up_nobody_else_and_its_senders_feel_it() {
    let quiet = Settings { send_every: Duration::from_secs(3600), ..settings(Faults::default()) };
    let mut world = Cluster::new(3, quiet);
    world.stop_sending();
    world.run(Duration::from_secs(2));
    world.stall(1, 0, Duration::from_secs(20));
    for _ in 0..200 {
        world.post((0, 0), (1, 0), 50_000);
        world.post((0, 0), (1, 1), 1000);
        world.post((0, 1), (1, 2), 1000);
    }
    world.run(Duration::from_secs(2));
    assert_eq!(world.ledger.received_by(Cluster::address(1, 1)), 200);
    assert_eq!(world.ledger.received_by(Cluster::address(1, 2)), 200);
    assert_eq!(world.ledger.received_by(Cluster::address(1, 0)), 0);
    // 10 MB wait for the daemon; the tunnelds hold a window of it, the sender has the rest.
    assert!(world.largest_queue <= 3 << 20, "{}", world.largest_queue);
    world.run(Duration::from_secs(30));
    assert_eq!(
        world.ledger.received_by(Cluster::address(1, 0)),
        200,
        "and nothing is lost when it reads again"
    );
    world.settle();
}

/// Many daemons of node 1 do not read, each for some time; anybody writes them anything. Of the two who read, one is
/// written to by a daemon that writes to all the others as well, one by another daemon each time.
fn among_many_that_do_not_read(seed: u64) {
    const READS: [u32; 2] = [0, 1];
    let rng = &mut SmallRng::seed_from_u64(seed);
    let daemons = rng.random_range(40..60);
    let send_every = Duration::from_secs(3600);
    let mut world =
        Cluster::new(seed, Settings { nodes: 2, daemons, send_every, ..settings(Faults::default()) });
    world.stop_sending();
    world.run(Duration::from_secs(2));
    for n in 2..daemons {
        world.stall(1, n, Duration::from_millis(rng.random_range(3_000..10_000)));
    }
    let mut posted = [0; 2];
    for round in 0..6 {
        for n in 2..daemons {
            // First to the limit of each pair, then of one sender or of any.
            let (from, messages, most) = match rng.random_bool(0.5) {
                _ if round == 0 => (n, 8, 400_000),
                true => (0, 4, 300_000),
                false => (rng.random_range(0..daemons), 4, 300_000),
            };
            (0..if round == 0 { messages } else { rng.random_range(0..=messages) })
                .for_each(|_| world.post((0, from), (1, n), rng.random_range(0..most)));
        }
        for (reader, posted) in READS.into_iter().zip(&mut posted) {
            let from = if reader == 0 { 0 } else { round % daemons };
            world.post((0, from), (1, reader), rng.random_range(0..300_000));
            *posted += 1;
        }
        world.run(Duration::from_secs(1));
        let received = READS.map(|n| world.ledger.received_by(Cluster::address(1, n)));
        assert_eq!(received, posted, "after {round} rounds, {daemons} daemons a node");
    }
    // Whoever reads again gets what waited: senders that kept to their windows have waited, and none was refused.
    world.run(Duration::from_secs(60));
    world.settle();
    assert_eq!(world.ledger.delivered, world.ledger.len() as u64);
}

#[test]
fn a_pair_that_is_read_makes_progress_whatever_others_do() {
    Seeds::wanted().part(0, 32).each(among_many_that_do_not_read);
}

#[test]
fn a_key_comes_to_a_cluster_and_is_changed_and_taken_away_node_by_node_without_a_message_being_lost() {
    use KeyUse::{Accept, Require, Seal};
    let mut world =
        Cluster::new(11, Settings { largest: 3000, ..settings(Faults { loss: 0.02, ..Faults::default() }) });
    world.run(Duration::from_secs(2));
    let keys = |how, of: &[u8]| {
        Keys::read(how, &of.iter().flat_map(|of| (0..32).map(move |n: u8| n ^ of)).collect::<Vec<_>>())
            .unwrap()
    };
    let steps: [(_, &[u8]); 8] = [
        (Accept, &[1]),
        (Seal, &[1]),
        (Require, &[1]),
        (Require, &[1, 2]),
        (Require, &[2, 1]),
        (Require, &[2]),
        (Seal, &[2]),
        (Accept, &[2]),
    ];
    for (how, of) in steps {
        for node in [2, 0, 1] {
            world.set_keys(node, keys(how, of));
            world.run(Duration::from_millis(700));
        }
    }
    world.stop_sending();
    world.heal();
    world.run(Duration::from_secs(20));
    world.settle();
    assert!(world.ledger.delivered > 3000, "{}", world.ledger.delivered);
    assert_eq!(world.ledger.in_doubt, 0);
    assert_eq!(world.ledger.delivered, world.ledger.len() as u64 - world.ledger.refused);
    // One message in fifty goes to a daemon that does not exist; nothing else may fail.
    assert!(world.ledger.refused * 20 < world.ledger.delivered, "{}", world.ledger.refused);
}

/// What a daemon gets that leaves its inbox alone for so long, while others write to it and it writes itself.
fn unread_inbox(time: Duration) -> Cluster {
    let mut world = quiet();
    world.leave_inbox(1, 0, time);
    for _ in 0..60 {
        world.post((0, 0), (1, 0), 50_000);
        world.post((1, 1), (1, 0), 50_000);
        world.post((0, 1), (1, 1), 1000);
    }
    for _ in 0..5 {
        world.post((1, 0), (0, 1), 10);
    }
    world.run(Duration::from_secs(2));
    assert_eq!(world.ledger.received_by(Cluster::address(1, 1)), 60, "the others are not held up");
    assert_eq!(world.ledger.received_by(Cluster::address(0, 1)), 5, "it may speak");
    assert_eq!(world.ledger.received_by(Cluster::address(1, 0)), 0);
    world.run(time - Duration::from_secs(3));
    assert_eq!(world.losses(1, 0), 0, "that it does not hear its tunneld says nothing of that");
    world.run(Duration::from_secs(20));
    world
}

#[test]
fn an_inbox_that_is_left_alone_for_a_while_gets_everything_when_it_is_read() {
    let world = unread_inbox(Duration::from_secs(25));
    world.settle();
    assert_eq!(world.ledger.delivered, 185);
    assert_eq!(world.losses(1, 0), 0);
}

#[test]
fn an_inbox_that_is_left_alone_for_too_long_costs_what_is_reported_and_then_works_again() {
    let mut world = unread_inbox(Duration::from_secs(60));
    world.settle();
    assert!(world.ledger.refused > 60 && world.ledger.in_doubt > 0, "{:?}", world.ledger.refused);
    assert_eq!(world.losses(1, 0), 1, "it finds out that it was forgotten");
    let before = world.ledger.delivered;
    for _ in 0..5 {
        world.post((0, 0), (1, 0), 1000);
        world.post((1, 0), (0, 0), 1000);
    }
    world.run(Duration::from_secs(2));
    world.settle();
    assert_eq!(world.ledger.delivered, before + 10);
}

fn quiet() -> Cluster {
    let settings = Settings {
        nodes: 2,
        daemons: 2,
        send_every: Duration::from_secs(3600),
        ..settings(Faults::default())
    };
    let mut world = Cluster::new(3, settings);
    world.stop_sending();
    world.run(Duration::from_secs(2));
    world
}

#[test]
fn a_lost_packet_under_a_steady_trickle_is_repeated_soon() {
    let mut world = quiet();
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_millis(50));
    world.lose(1.0);
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_millis(1));
    world.lose(0.0);
    for _ in 0..40 {
        world.post((0, 0), (1, 0), 10);
        world.run(Duration::from_millis(50));
    }
    assert!(world.ledger.received >= 40, "after two seconds only {} of 42 came", world.ledger.received);
}

#[test]
fn a_node_that_hears_and_is_not_heard_is_given_up() {
    let mut world = quiet();
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_secs(1));
    world.mute(0);
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_secs(15));
    assert_eq!((world.ledger.delivered, world.ledger.in_doubt), (1, 1));
}

#[test]
fn one_daemon_called_by_two_names_gets_everything_in_order() {
    let mut world = quiet();
    for _ in 0..3 {
        world.post_local((0, 0), 1, 3_000_000);
        world.post((0, 0), (0, 1), 3_000_000);
    }
    world.run(Duration::from_secs(5));
    world.settle();
    assert_eq!(world.ledger.delivered, 6);
}

#[test]
fn senders_that_come_and_go_do_not_fill_the_tunneld_of_a_slow_reader() {
    let mut world = quiet();
    world.stall(1, 0, Duration::from_secs(25));
    for _ in 0..100 {
        (0..15).for_each(|_| world.post((0, 0), (1, 0), 60_000));
        world.run(Duration::from_millis(100));
        world.kill(0, 0);
        world.start(0, 0);
        world.run(Duration::from_millis(100));
    }
    assert!(world.largest_queue <= 34 << 20, "{} bytes are kept", world.largest_queue);
    world.run(Duration::from_secs(60));
    world.settle();
}

#[test]
fn a_ctdbd_that_does_not_read_costs_no_time_and_no_message() {
    let mut world = quiet();
    world.freeze(0, Duration::from_secs(4));
    for _ in 0..15 {
        world.post((0, 0), (1, 0), 60_000);
        world.post((0, 0), (1, 1), 60_000);
        world.post((1, 0), (0, 0), 10);
    }
    let before = world.steps();
    world.run(Duration::from_secs(3));
    assert!(world.steps() - before < 5_000, "{} steps while nothing could move", world.steps() - before);
    world.run(Duration::from_secs(10));
    world.settle();
    assert_eq!(world.ledger.delivered, 45);
}

#[test]
fn a_node_that_is_deleted_and_comes_back_gets_no_false_results() {
    let mut world = quiet();
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_secs(1));
    world.set_deleted(1, true);
    world.run(Duration::from_secs(5));
    world.post((0, 0), (1, 0), 10);
    world.run(Duration::from_secs(1));
    assert_eq!((world.ledger.delivered, world.ledger.refused), (1, 1));
    world.set_deleted(1, false);
    world.run(Duration::from_secs(5));
    for _ in 0..3 {
        world.post((0, 1), (1, 1), 10);
        world.post((0, 0), (1, 0), 10);
    }
    world.run(Duration::from_secs(5));
    world.settle();
    assert_eq!((world.ledger.delivered, world.ledger.refused), (7, 1));
}

#[test]
fn idle_channels_close_and_open_again() {
    let mut world = quiet();
    for n in 0..8 {
        world.post((0, 0), (1, 0), 10);
        world.post((1, 0), (0, 1), 200_000);
        world.run(Duration::from_secs(50 + n * 3));
    }
    world.settle();
    assert_eq!(world.ledger.delivered, 16);
}
