//! What other threads say to a loop.

use std::time::Duration;

use reactor::{Reactor, Refused, Token, mailbox};

use crate::{PATIENCE, now, readable, wait_for};

#[test]
fn another_thread_ends_the_sleep_of_the_loop() {
    let mut reactor = Reactor::new().unwrap();
    let (mailer, mailbox) = mailbox(&reactor, Token(1), 10).unwrap();
    assert!(mailbox.sleep());
    let thread = std::thread::spawn(move || mailer.send("hello"));
    assert!(wait_for(&mut reactor, Token(1)).readable);
    assert_eq!(mailbox.take(), ["hello"]);
    thread.join().unwrap().unwrap();
    assert!(mailbox.sleep());
    assert_eq!(now(&mut reactor), [], "one wake-up is told once");
}

#[test]
fn a_loop_that_is_awake_gets_no_wake_up_and_sees_before_it_sleeps_that_it_must_not() {
    let mut reactor = Reactor::new().unwrap();
    let (mailer, mailbox) = mailbox(&reactor, Token(1), 10).unwrap();
    (0..5).for_each(|n| mailer.send(n).unwrap());
    assert_eq!(now(&mut reactor), []);
    assert!(!mailbox.sleep());
    assert_eq!(mailbox.take(), [0, 1, 2, 3, 4]);
    assert!(mailbox.sleep());
    (0..5).for_each(|n| mailer.send(n).unwrap());
    assert_eq!(now(&mut reactor), [readable(1)]);
    assert_eq!(mailbox.take().len(), 5);
}

#[test]
fn a_full_mailbox_refuses_and_hands_back_until_it_was_emptied() {
    let reactor = Reactor::new().unwrap();
    let (mailer, mailbox) = mailbox(&reactor, Token(1), 2).unwrap();
    assert_eq!([1, 2, 3].map(|n| mailer.send(n)), [Ok(()), Ok(()), Err(Refused::Full(3))]);
    assert_eq!(mailbox.take(), [1, 2]);
    assert_eq!(mailer.send(4), Ok(()));
    drop(mailbox);
    assert_eq!(mailer.send(5), Err(Refused::Gone(5)));
}

#[test]
fn nothing_is_lost_between_many_threads_and_a_loop_that_sleeps_whenever_it_can() {
    const THREADS: u64 = 4;
    const EACH: u64 = 20_000;
    let mut reactor = Reactor::new().unwrap();
    let (mailer, mailbox) = mailbox(&reactor, Token(1), 100).unwrap();
    let threads: Vec<_> = (0..THREADS)
        .map(|thread| {
            let mailer = mailer.clone();
            std::thread::spawn(move || {
                for n in 0..EACH {
                    let mut thing = (thread, n);
                    while let Err(Refused::Full(back)) = mailer.send(thing) {
                        thing = back;
                        std::thread::yield_now();
                    }
                }
            })
        })
        .collect();
    let mut next = [0; 4];
    while next.iter().sum::<u64>() < THREADS * EACH {
        let patience = if mailbox.sleep() { PATIENCE } else { Duration::ZERO };
        reactor.wait(Some(patience)).unwrap();
        let said = mailbox.take();
        assert!(patience.is_zero() || !said.is_empty(), "nothing came, after {next:?}");
        for (thread, n) in said {
            let next = &mut next[usize::try_from(thread).unwrap()];
            assert_eq!(n, *next, "of thread {thread}");
            *next += 1;
        }
    }
    threads.into_iter().for_each(|thread| thread.join().unwrap());
}
