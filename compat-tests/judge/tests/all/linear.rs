//! The search for an order, on histories that are known to be good and known to be bad, and against a plain search.

use judge::checkers::{Event, Undecided, linearizable};
use proptest::prelude::*;

use Event::{Read, Return, Write};

fn at(events: &[Event]) -> Vec<(u64, Event)> {
    (0..).zip(events.iter().copied()).collect()
}

#[test]
fn overlapping_calls_may_take_effect_in_any_order() {
    let good: &[&[Event]] = &[
        &[Write(0, Some(1)), Return(0), Read(1, Some(1)), Return(1)],
        &[Write(0, Some(1)), Read(1, None), Return(1), Return(0)],
        &[Write(0, Some(1)), Read(1, Some(1)), Return(1), Return(0)],
        &[Write(0, Some(1)), Write(1, Some(2)), Return(0), Return(1), Read(2, Some(1)), Return(2)],
        // The write never returns, and is seen much later.
        &[Write(0, Some(1)), Read(1, None), Return(1), Read(2, Some(1)), Return(2)],
        &[
            Write(0, Some(1)),
            Return(0),
            Write(1, None),
            Read(2, Some(1)),
            Return(2),
            Read(3, None),
            Return(3),
            Return(1),
        ],
    ];
    for events in good {
        assert_eq!(linearizable(&at(events), None), Ok(None), "{events:?}");
    }
}

#[test]
fn what_no_order_explains_is_found_where_it_shows() {
    let bad: &[(&[Event], usize)] = &[
        (&[Read(0, Some(1)), Return(0)], 1),
        (&[Write(0, Some(1)), Return(0), Read(1, None), Return(1)], 3),
        (&[Write(0, Some(1)), Return(0), Write(1, Some(2)), Return(1), Read(2, Some(1)), Return(2)], 5),
        // Two readers, one after the other, see two overlapping writes in an order and back again.
        (
            &[
                Write(0, Some(1)),
                Write(1, Some(2)),
                Read(2, Some(1)),
                Return(2),
                Read(3, Some(2)),
                Return(3),
                Read(4, Some(1)),
                Return(4),
                Return(0),
                Return(1),
            ],
            7,
        ),
    ];
    for (events, place) in bad {
        assert_eq!(linearizable(&at(events), None), Ok(Some(*place)), "{events:?}");
    }
}

#[test]
fn a_hundred_thousand_calls_on_one_register_are_searched_at_once() {
    let mut events = Vec::new();
    for round in 0..50_000_usize {
        let value = Some(u64::try_from(round).unwrap() + 1);
        let (write, read) = (2 * round, 2 * round + 1);
        events.extend([Write(write, value), Read(read, value), Return(read), Return(write)]);
    }
    assert_eq!(linearizable(&at(&events), None), Ok(None));
    let last = events.len();
    events.extend([Read(200_000, Some(1)), Return(200_000)]);
    assert_eq!(linearizable(&at(&events), None), Ok(Some(last + 1)));
}

#[test]
fn too_many_open_ends_are_no_verdict() {
    let mut events: Vec<Event> = (0..40).map(|id| Write(id, Some(u64::try_from(id).unwrap()))).collect();
    events.extend([Read(100, Some(1000)), Return(100)]);
    assert_eq!(linearizable(&at(&events), None), Err(Undecided));
}

/// All orders, tried one by one.
fn plainly(events: &[Event]) -> bool {
    fn go(events: &[Event], value: Option<u64>, open: &[Event]) -> bool {
        let effect = |call: &Event| match *call {
            Write(_, to) => Some(to),
            Read(_, saw) => (saw == value).then_some(value),
            Return(_) => None,
        };
        let id = |call: &Event| match *call {
            Write(id, _) | Read(id, _) | Return(id) => id,
        };
        // Let some open call take effect now.
        for (index, call) in open.iter().enumerate() {
            if let Some(to) = effect(call) {
                let mut rest = open.to_vec();
                rest.remove(index);
                if go(events, to, &rest) {
                    return true;
                }
            }
        }
        match events.split_first() {
            None => true,
            Some((Return(of), rest)) => !open.iter().any(|call| id(call) == *of) && go(rest, value, open),
            Some((call, rest)) => {
                let mut more = open.to_vec();
                more.push(*call);
                go(rest, value, &more)
            }
        }
    }
    go(events, None, &[])
}

/// A few calls of up to three clients, as they may come.
fn calls() -> impl Strategy<Value = Vec<Event>> {
    let step = (0..3_usize, 0..3_u8, prop::option::of(1..4_u64));
    prop::collection::vec(step, 0..14).prop_map(|steps| {
        let (mut events, mut busy, mut next) = (Vec::new(), [None; 3], 0);
        for (client, what, value) in steps {
            match busy[client].take() {
                Some(id) => events.push(Return(id)),
                None => {
                    events.push(if what == 0 { Read(next, value) } else { Write(next, value) });
                    busy[client] = Some(next);
                    next += 1;
                }
            }
        }
        events
    })
}

proptest! {
    #[test]
    fn the_search_agrees_with_trying_all_orders(events in calls()) {
        let found = linearizable(&at(&events), None).unwrap();
        prop_assert_eq!(found.is_none(), plainly(&events), "{:?}", events);
    }
}
