//! Events that wait: none is lost while a program fails, and each order keeps its promise.

use std::fs;
use std::time::{Duration, Instant};

use callback::Order;
use serde_json::Value;

use super::{Place, SOON};

#[tokio::test]
async fn a_program_that_comes_back_is_run_again_and_nothing_was_lost() {
    let place = Place::new();
    let mut late = place.script("late", "cat >> late.events");
    (late.retries, late.backoff) = (100, Duration::from_millis(50));
    let path = place.path("callbacks/late");
    let away = place.path("away");
    fs::rename(&path, &away).unwrap();
    place.callbacks.configure(vec![late]);
    for n in 0..5 {
        place.event(&n.to_string()).await;
    }
    place.until("late", |state| state.failed_in_a_row >= 2).await;
    assert!(place.state("late").next_try.is_some() && place.state("late").waiting == 5);
    fs::rename(&away, &path).unwrap();
    let state = place.until("late", |state| state.delivered == 5).await;
    assert_eq!((state.failed_in_a_row, state.given_up, state.next_try), (0, 0, None));
    assert_eq!(place.lines("late.events").len(), 5);
}

#[tokio::test]
async fn a_thousand_events_at_once_reach_every_callback_once() {
    let place = Place::new();
    let serial = place.script("serial", r#"echo "$3" >> serial.events"#);
    let mut parallel = place.script("parallel", r#"echo "$3" >> parallel.events"#);
    parallel.order = Order::Parallel;
    let mut coalesce = place.script("coalesce", "cat >> coalesce.events; echo >> coalesce.runs");
    coalesce.order = Order::Coalesce;
    let mut broken = place.script("broken", "exit 1");
    (broken.retries, broken.backoff) = (3, Duration::from_secs(60));
    place.callbacks.configure(vec![serial, parallel, coalesce, broken]);
    let start = Instant::now();
    for n in 0..1000 {
        let value = n.to_string();
        // Ten subjects, of each a hundred events.
        place.callbacks.event("test.happened", &(n % 10).to_string(), &[&value], &n);
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert!(start.elapsed() < Duration::from_secs(1), "the daemon was held up: {:?}", start.elapsed());
    for name in ["serial", "parallel"] {
        let state = place.until(name, |state| state.delivered == 1000).await;
        assert_eq!((state.failed, state.given_up, state.waiting), (0, 0, 0), "{name}");
    }
    let wanted: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(place.lines("serial.events"), wanted, "in their order");
    let mut parallel = place.lines("parallel.events");
    parallel.sort_by_key(|line| line.parse::<u32>().unwrap());
    assert_eq!(parallel, wanted);
    let state = place.until("coalesce", |state| state.delivered + state.replaced == 1000).await;
    let runs = place.lines("coalesce.runs").len();
    assert!(runs < 100 && state.replaced > 0, "{runs} runs");
    let mut last = std::collections::BTreeMap::new();
    for line in place.lines("coalesce.events").into_iter().filter(|line| !line.is_empty()) {
        let input: Value = serde_json::from_str(&line).unwrap();
        for event in input["events"].as_array().unwrap() {
            last.insert(event["subject"].as_str().unwrap().to_owned(), event["data"].as_u64().unwrap());
        }
    }
    let wanted = (0..10).map(|n| (n.to_string(), 990 + n)).collect();
    assert_eq!(last, wanted, "the last state of each subject was seen");
    assert_eq!(place.state("broken").waiting, 1000);
    place.callbacks.stop(SOON).await;
}
