//! Events between neighbours.

use bus::calls::{Absence, News};
use bytes::Bytes;

use super::{Place, local, within};

fn event(topic: &str, body: impl Into<Bytes>) -> News {
    News::Event { topic: topic.to_owned(), body: body.into() }
}

#[tokio::test]
async fn a_subscriber_gets_what_it_asked_for_in_order_and_hears_when_the_publisher_goes_and_comes() {
    let place = Place::new();
    let (subscriber, publisher) = (place.bus("subscriber"), place.bus("publisher"));
    let mut runs = subscriber.subscribe(local("publisher"), "event.run").unwrap();
    assert_eq!(within(runs.next()).await, News::Up);
    for n in 0..1000 {
        publisher.publish("event.run.finished", format!("{n}").into_bytes().into()).unwrap();
        publisher.publish("ip.taken", Bytes::new()).unwrap();
    }
    for n in 0..1000 {
        assert_eq!(within(runs.next()).await, event("event.run.finished", format!("{n}").into_bytes()));
    }
    drop(publisher);
    assert_eq!(within(runs.next()).await, News::Down(Absence::NoSuchDaemon));
    let publisher = place.bus("publisher");
    assert_eq!((within(runs.next()).await, within(runs.next()).await), (News::Up, News::Gap(None)));
    publisher.publish("event.run.started", "again".into()).unwrap();
    assert_eq!(within(runs.next()).await, event("event.run.started", "again"));
    assert!(subscriber.subscribe(local("publisher"), &"x".repeat(129)).is_err());
}

#[tokio::test]
async fn a_subscriber_that_takes_nothing_loses_events_and_is_told_how_many() {
    let place = Place::new();
    let (subscriber, publisher) = (place.bus("subscriber"), place.bus("publisher"));
    let mut slow = subscriber.subscribe(local("publisher"), "").unwrap();
    assert_eq!(within(slow.next()).await, News::Up);
    // Nothing is read meanwhile: the tasks of this runtime have no turn.
    let total: u64 = 2000;
    for n in 0..total {
        publisher.publish("topic", Bytes::from(vec![u8::try_from(n % 251).unwrap(); 50_000])).unwrap();
    }
    let (mut came, mut lost) = (0, 0);
    while came + lost < total {
        match within(slow.next()).await {
            News::Event { .. } => came += 1,
            News::Gap(Some(more)) => lost += more,
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(came + lost, total);
    assert!(came >= 60 && lost > 1000, "{came} came, {lost} were lost");
    publisher.publish("topic", "next".into()).unwrap();
    assert_eq!(within(slow.next()).await, event("topic", "next"));
}
