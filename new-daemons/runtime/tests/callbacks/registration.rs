//! Callbacks that are registered over the bus, and events that nobody tells.

use std::time::Duration;

use callback::{Owner, Refusal, Row};
use runtime::callbacks::{Callbacks, Distrust, Refused};
use tokio::time::{sleep, timeout};

use super::{Place, SOON, row};

#[tokio::test]
async fn registrations_over_the_bus_are_looked_at_and_go_with_their_owner() {
    let place = Place::new();
    let (owner, lease) = (Owner("1/other/0".into()), Duration::from_secs(1));
    let register = |row: Row| place.callbacks.register(owner.clone(), row, lease);
    let good = place.script("good", "echo ran >> good.runs");
    let missing = register(row("missing")).await;
    assert!(matches!(missing, Err(Refused::Program(Distrust::Missing(_)))), "{missing:?}");
    let bad = Row { retries: 1000, ..good.clone() };
    assert!(matches!(register(bad).await, Err(Refused::Callback(Refusal::Row(_)))));
    register(good.clone()).await.unwrap();
    place.event("").await;
    place.until("good", |state| state.delivered == 1).await;
    let entry = place.callbacks.list().await.callbacks.remove(0);
    assert_eq!(entry.registered.unwrap().owner.0, "1/other/0");
    let renew = |name: &str| place.callbacks.renew(owner.clone(), name.into(), Duration::from_secs(600));
    renew("good").await.unwrap();
    assert_eq!(renew("other").await, Err(Refusal::Unknown));
    place.callbacks.owner_gone(owner.clone());
    assert!(place.callbacks.status(None).callbacks.is_empty() && !place.callbacks.wants("test.happened"));
    register(good).await.unwrap();
    let expire = async {
        while place.callbacks.wants("test.happened") {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, expire).await.unwrap();
    assert_eq!(renew("good").await, Err(Refusal::Unknown));
}

#[tokio::test]
async fn a_misspelt_event_of_a_callback_is_told_when_it_is_registered_and_in_the_list() {
    let place = Place::new();
    let dir = place.dir.path();
    let row = |event: &str| Row { events: vec![event.parse().unwrap()], ..place.script("hook", "exit 0") };
    let service = Callbacks::start("service/0", dir);
    let register =
        async |event: &str| service.register(Owner("me".into()), row(event), Duration::from_secs(60)).await;
    let told = "no daemon tells 'service.health.chnged'; is it service.health.changed?";
    assert_eq!(register("service.health.chnged").await, Err(Refused::Unheard(told.into())));
    let elsewhere = register("tunnel.peer.changed").await.unwrap_err().to_string();
    assert_eq!(elsewhere, "no daemon tells 'tunnel.peer.changed'", "not this one");
    register("service.*").await.unwrap();
    service.remove(Owner("me".into()), "hook".into()).await.unwrap();

    // In the configuration it may be meant for another daemon.
    let problem = async |event: &str| {
        service.configure(vec![row(event)]);
        service.list().await.callbacks.remove(0).problem.map(|problem| problem.0)
    };
    assert_eq!(problem("service.health.chnged").await.as_deref(), Some(told));
    assert_eq!(problem("tunnel.peer.changed").await, None);
    // A daemon that is not in the protocol's table knows its topics by itself.
    place.callbacks.register(Owner("me".into()), row("test.hapened"), Duration::from_secs(60)).await.unwrap();
}
