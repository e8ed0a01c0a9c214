//! Events: they go to those who subscribed, in order, each once; what is missing is told.

use std::time::Duration;

use bus::calls::{Absence, Input, News};
use bus::{Failure, Undelivered};

use super::{World, at, event};

#[test]
fn events_go_to_those_whose_subscription_fits_in_order() {
    let mut world = World::new(3);
    let runs = world.subscribe(0, 1, "event.run");
    let all = world.subscribe(2, 1, "");
    world.publish(1, "event.run.finished", "a");
    world.publish(1, "ip.taken", "b");
    world.publish(1, "event.run.started", "c");
    let (a, b, c) =
        (event("event.run.finished", "a"), event("ip.taken", "b"), event("event.run.started", "c"));
    assert_eq!(world.news(runs), [News::Up, a.clone(), c.clone()]);
    assert_eq!(world.news(all), [News::Up, a, b, c.clone()]);
    world.input(0, Input::Unsubscribe(runs));
    world.pass(Duration::from_secs(60));
    world.publish(1, "event.run.started", "c");
    assert_eq!(world.news(runs), []);
    assert_eq!(world.news(all), [c], "its lease was renewed");
    assert_eq!(world.ignored(0).other_runs, 0, "nobody sends it anything");
}

#[test]
fn a_subscriber_that_does_not_take_its_events_is_told_how_many_it_lost() {
    let mut world = World::new(3);
    let (slow, quick) = (world.subscribe(0, 1, "a"), world.subscribe(2, 1, "a"));
    world.hold(0);
    for _ in 0..100 {
        world.publish(1, "a.b", vec![7; 100_000]);
    }
    assert_eq!(world.news(quick).len(), 101);
    let held = world.held[&at(0)].len();
    assert!((40..45).contains(&held), "{held}: 4 MiB are on their way, and no more");
    world.release(0);
    let news = world.news(slow);
    let came = news.iter().filter(|n| matches!(n, News::Event { .. })).count();
    let lost = news.iter().map(|n| if let News::Gap(Some(lost)) = n { *lost } else { 0 }).sum::<u64>();
    assert_eq!(u64::try_from(came).unwrap() + lost, 100, "{news:?}");
    assert_eq!(news.last(), Some(&News::Gap(Some(lost))), "told without another event");
    world.publish(1, "a.b", "next");
    assert_eq!(world.news(slow), [event("a.b", "next")]);

    // Events that were lost on the way.
    world.cut.insert(at(0), Undelivered { reason: Failure::PeerRestarted, in_doubt: true });
    world.publish(1, "a.b", "lost");
    world.cut.clear();
    world.publish(1, "a.b", "later");
    let news = world.news(slow);
    assert_eq!(news, [News::Gap(Some(1)), event("a.b", "later")]);
}

#[test]
fn a_publisher_that_is_started_anew_is_subscribed_to_again_and_that_is_said() {
    let mut world = World::new(2);
    let id = world.subscribe(0, 1, "");
    world.publish(1, "a", "1");
    world.news(id);
    world.start(1, 99);
    world.publish(1, "a", "nobody hears this");
    world.pass(Duration::from_secs(2));
    let news = world.news(id);
    assert_eq!(news, [News::Down(Absence::NoSuchDaemon), News::Up, News::Gap(None)]);
    world.publish(1, "a", "2");
    assert_eq!(world.news(id), [event("a", "2")]);
}

#[test]
fn a_subscriber_that_is_gone_costs_nothing_after_its_lease() {
    let mut world = World::new(2);
    world.subscribe(0, 1, "");
    // Its node is cut off; nobody says that it is gone.
    world.hold(1);
    world.cut.insert(at(0), Undelivered { reason: Failure::NodeUnreachable, in_doubt: true });
    world.pass(Duration::from_secs(16));
    world.cut.clear();
    world.seen.clear();
    world.publish(1, "a", "nobody");
    world.held.clear();
    assert_eq!(world.seen, []);
}
