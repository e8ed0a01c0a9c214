//! The sending end of a channel alone: what goes, what goes again, and what the sender is told.

use super::*;
use crate::limits::{CHANNEL_QUEUE, CHANNEL_WINDOW};

fn channel() -> Outbound {
    let d = |n: &str| Daemon { name: n.parse().unwrap(), instance: 0 };
    Outbound::new(Channel(1), d("a"), d("b"), Time::ZERO)
}

fn whole(len: usize) -> Fragment {
    Fragment { total: u32::try_from(len).unwrap(), offset: 0, data: Bytes::from(vec![1; len]) }
}

fn send_all(c: &mut Outbound, now: Time) -> Vec<(Seq, bool)> {
    let mut all = Vec::new();
    while let Some((seq, _, fresh)) = c.send(now) {
        c.check();
        all.push((seq, fresh));
    }
    all
}

fn push(c: &mut Outbound, token: u64, fragment: Fragment) {
    let mut news = Vec::new();
    assert!(c.push(Time::ZERO, Token(token), fragment, CHANNEL_QUEUE, &mut news) && news.is_empty());
}

/// What the sender is told of a fragment that is not queued.
fn refusal(c: &mut Outbound, token: u64, fragment: Fragment) -> Vec<News> {
    let mut news = Vec::new();
    assert!(!c.push(Time::ZERO, Token(token), fragment, CHANNEL_QUEUE, &mut news));
    news
}

fn ack(c: &mut Outbound, delivered: Seq, received: Seq) -> Vec<News> {
    let mut news = Vec::new();
    assert!(c.ack(Time::ZERO, delivered, received, CHANNEL_WINDOW, None, &mut news));
    c.check();
    news
}

#[test]
fn what_is_not_acknowledged_goes_again_a_little_at_first() {
    let mut c = channel();
    (0..8).for_each(|n| push(&mut c, n, whole(60_000)));
    assert_eq!(send_all(&mut c, Time::ZERO).len(), 8);
    assert_eq!(c.due(Time::from_millis(199)), Due::Nothing);
    assert_eq!(c.due(Time::from_millis(200)), Due::Resend);
    c.check();
    assert_eq!(
        send_all(&mut c, Time::from_millis(200)),
        [(0, false), (1, false)],
        "a burst after a loss is short"
    );
    assert_eq!(ack(&mut c, 1, 2).len(), 1);
    assert_eq!(send_all(&mut c, Time::from_millis(201)).len(), 3, "and grows with each acknowledgement");
}

#[test]
fn a_receiver_that_has_everything_but_does_not_read_is_asked_and_nothing_goes_twice() {
    let mut c = channel();
    (0..3).for_each(|n| push(&mut c, n, whole(10)));
    send_all(&mut c, Time::ZERO);
    assert_eq!(ack(&mut c, 0, 3), []);
    assert_eq!(c.due(Time::from_millis(5000)), Due::Ask);
    assert!(send_all(&mut c, Time::from_millis(5000)).is_empty());
    assert_eq!(ack(&mut c, 3, 3).len(), 3);
    assert_eq!(c.timer(), None);
}

#[test]
fn the_window_counts_what_the_daemon_has_not_taken() {
    let mut c = channel();
    (0..30).for_each(|n| push(&mut c, n, whole(65_536)));
    assert_eq!(send_all(&mut c, Time::ZERO).len(), 15);
    ack(&mut c, 0, 15);
    assert!(send_all(&mut c, Time::ZERO).is_empty());
    ack(&mut c, 4, 15);
    assert_eq!(send_all(&mut c, Time::ZERO).len(), 4);
}

#[test]
fn a_reset_says_exactly_what_was_delivered_and_silence_leaves_doubt() {
    for (next, expected) in [
        (Some(2), [Ok(()), Ok(()), Err(false), Err(false)]),
        (None, [Err(true), Err(true), Err(true), Err(false)]),
    ] {
        let mut c = channel();
        (0..3).for_each(|n| push(&mut c, n, whole(10)));
        send_all(&mut c, Time::ZERO);
        push(&mut c, 3, whole(10));
        let mut news = Vec::new();
        c.fail(next, Failure::NoSuchDaemon, &mut news);
        let got: Vec<_> = news
            .iter()
            .map(|n| match n {
                News::Completed { result, .. } => result.map_err(|e| e.in_doubt),
                News::Accepted { .. } => panic!("{n:?}"),
            })
            .collect();
        assert_eq!(got, expected);
    }
}

#[test]
fn a_message_of_many_pieces_is_reported_once_and_its_rest_is_left_out() {
    let piece = |offset: u32| Fragment { total: 9, offset, data: Bytes::from_static(b"abc") };
    let mut c = channel();
    push(&mut c, 7, piece(0));
    push(&mut c, 7, piece(3));
    send_all(&mut c, Time::ZERO);
    assert_eq!(ack(&mut c, 1, 2), [News::Accepted { token: Token(7), upto: 3 }]);
    let mut news = Vec::new();
    c.fail(None, Failure::NodeUnreachable, &mut news);
    let result = Err(Undelivered { reason: Failure::NodeUnreachable, in_doubt: false });
    assert_eq!(news, [News::Completed { token: Token(7), result }]);
    assert_eq!(refusal(&mut channel(), 7, piece(6)), []);
}

#[test]
fn acknowledgements_that_cannot_be_true_change_nothing() {
    let mut c = channel();
    push(&mut c, 1, whole(10));
    push(&mut c, 2, whole(10));
    c.send(Time::ZERO);
    let mut news = Vec::new();
    for (delivered, received) in [(2, 2), (1, 0), (0, u64::MAX), (u64::MAX, u64::MAX)] {
        assert!(!c.ack(Time::ZERO, delivered, received, 0, None, &mut news), "{delivered} {received}");
        c.check();
    }
    assert!(news.is_empty());
}

#[test]
fn a_sender_that_ignores_its_window_is_told_that_the_queue_is_full() {
    let mut c = channel();
    (0..31).for_each(|n| push(&mut c, n, whole(65_536)));
    for n in 31..100 {
        let expected = [News::refused(Token(n), Failure::QueueFull)];
        assert_eq!(refusal(&mut c, n, whole(65_536)), expected);
    }
    c.check();
}

#[test]
fn a_message_whose_pieces_do_not_fit_is_reported_once_and_the_next_one_is_not_harmed() {
    let piece = |offset: u32| Fragment { total: 9, offset, data: Bytes::from_static(b"abc") };
    let bad = |token| vec![News::refused(Token(token), Failure::BadMessage)];
    let mut c = channel();
    push(&mut c, 1, piece(0));
    assert_eq!(refusal(&mut c, 1, piece(6)), bad(1), "a hole");
    assert_eq!(refusal(&mut c, 1, piece(3)), [], "of a message that has been reported");
    push(&mut c, 2, piece(0));
    assert_eq!(refusal(&mut c, 1, piece(3)), [], "and that does not end the next one");
    push(&mut c, 2, piece(3));
    let mut news = Vec::new();
    assert!(c.push(Time::ZERO, Token(3), whole(5), CHANNEL_QUEUE, &mut news));
    assert_eq!(news, bad(2), "another one begins before the end");
    send_all(&mut c, Time::ZERO);
    let (all, last) = (c.fresh, News::Completed { token: Token(3), result: Ok(()) });
    assert_eq!(ack(&mut c, all, all).last(), Some(&last));
}

#[test]
fn what_a_fragment_is_charged_covers_the_memory_around_it() {
    // The shared part of a `Bytes` of its own, and what the allocator adds.
    let around = size_of::<Queued>() + 64;
    assert!(around <= charge(0), "{around} bytes");
}
