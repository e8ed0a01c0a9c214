//! The wheel of timers beside a sorted list.

use std::collections::BTreeMap;
use std::time::Duration;

use proptest::prelude::*;
use reactor::{TimerId, Timers};

#[derive(Clone, Debug)]
enum Step {
    /// After so many milliseconds from now.
    Set(u64),
    /// One of those that were ever set.
    Cancel(prop::sample::Index),
    /// Time goes on.
    Pass(u64),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    // Near and far alike: each wheel, and beyond the last.
    let span = || (0_u32..=33).prop_flat_map(|bits| 0..=(1_u64 << bits));
    let step = prop_oneof![
        4 => span().prop_map(Step::Set),
        1 => any::<prop::sample::Index>().prop_map(Step::Cancel),
        3 => span().prop_map(Step::Pass),
    ];
    prop::collection::vec(step, 1..120)
}

fn ms(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

proptest! {
    #[test]
    fn each_timer_fires_once_when_it_is_due_in_the_order_of_time_unless_it_was_cancelled(steps in steps()) {
        let (mut timers, mut now) = (Timers::default(), 0);
        let mut ids: Vec<(TimerId, usize)> = Vec::new();
        // Number -> when.
        let mut open = BTreeMap::new();
        for step in steps {
            match step {
                Step::Set(after) => {
                    let number = ids.len();
                    ids.push((timers.set(ms(now + after), number), number));
                    open.insert(number, now + after);
                }
                Step::Cancel(which) if !ids.is_empty() => {
                    let (id, number) = ids[which.index(ids.len())];
                    prop_assert_eq!(timers.cancel(id), open.remove(&number).map(|_| number));
                }
                Step::Cancel(_) => {}
                Step::Pass(by) => {
                    now += by;
                    let mut last = 0;
                    while let Some(number) = timers.pop(ms(now)) {
                        let due = open.remove(&number);
                        prop_assert!(due.is_some_and(|at| at >= last && at <= now), "{} at {}: {:?}", number, now, due);
                        last = due.unwrap_or(0);
                    }
                }
            }
            prop_assert_eq!(timers.len(), open.len());
            let first = open.values().min().copied();
            prop_assert_eq!(timers.next().is_some(), first.is_some());
            prop_assert!(timers.next() <= first.map(ms), "{:?} would be told too late", first);
        }
        // Whoever sleeps until the next look comes to the end.
        let mut looks = 0;
        while let Some(next) = timers.next() {
            now = now.max(u64::try_from(next.as_millis()).unwrap());
            while let Some(number) = timers.pop(ms(now)) {
                prop_assert_eq!(open.remove(&number).map(|at| at <= now), Some(true));
            }
            looks += 1;
            prop_assert!(looks < 10_000);
        }
        prop_assert!(open.is_empty() && timers.is_empty());
    }
}

#[test]
fn a_timer_that_has_fired_is_not_mistaken_for_the_next_one_in_its_place() {
    let mut timers = Timers::default();
    let first = timers.set(ms(5), 'a');
    assert_eq!(timers.pop(ms(4)), None);
    assert_eq!(timers.pop(ms(5)), Some('a'));
    let second = timers.set(ms(5), 'b');
    assert_eq!(timers.cancel(first), None);
    assert_eq!(timers.cancel(second), Some('b'));
    assert_eq!(timers.cancel(second), None);
}

#[test]
fn a_timer_never_fires_early_by_a_part_of_a_millisecond() {
    let mut timers = Timers::default();
    timers.set(Duration::from_nanos(1_000_001), ());
    assert_eq!(timers.pop(Duration::from_nanos(1_999_999)), None);
    assert_eq!(timers.next(), Some(ms(2)));
    assert_eq!(timers.pop(ms(2)), Some(()));
    timers.set(Duration::MAX, ());
    assert_eq!(timers.pop(ms(1 << 40)), None);
    assert_eq!(timers.len(), 1);
}
