//! Callbacks event by event, for readers; `simulation` does the same with chance.

#![allow(clippy::unwrap_used, clippy::panic)] // A test's helpers, which clippy does not see as tests.

use std::time::Duration;

use callback::{
    Callbacks, Effect, Ending, Event, Input, Order, Owner, PARALLEL_MAX, PARALLEL_TOTAL, Reason, Refusal,
    Row, RunId, RunOutcome, Start, Token, WAITING_MAX,
};
use machine::{Machine, Time};

fn row(name: &str, order: Order) -> Row {
    Row {
        name: name.into(),
        events: vec!["*".parse().unwrap()],
        program: "/usr/bin/program".into(),
        arguments: vec!["-x".into()],
        user: None,
        time_limit: Duration::from_secs(10),
        order,
        retries: 2,
        backoff: Duration::from_secs(1),
    }
}

fn event(topic: &str, subject: &str) -> Input {
    let data = serde_json::value::to_raw_value(&[1]).unwrap();
    Input::Event(Event::new(topic, subject, vec![subject.into()], data, 7).unwrap())
}

#[derive(Default)]
struct Daemon {
    callbacks: Callbacks,
    now: Time,
}

impl Daemon {
    fn with(rows: Vec<Row>) -> Self {
        let mut daemon = Self::default();
        daemon.callbacks.handle(daemon.now, Input::Configure(rows));
        daemon
    }

    fn give(&mut self, input: Input) -> Vec<Effect> {
        self.callbacks.handle(self.now, input);
        self.callbacks.check();
        std::iter::from_fn(|| self.callbacks.poll_effect(self.now)).collect()
    }

    /// What is started.
    fn starts(&mut self, input: Input) -> Vec<Start> {
        let start = |effect| if let Effect::Start(start) = effect { Some(*start) } else { None };
        self.give(input).into_iter().filter_map(start).collect()
    }

    fn ends(&mut self, run: RunId, ending: Ending) -> Vec<Effect> {
        self.give(Input::Ended { run, ending, output: b"said".to_vec(), omitted: 0 })
    }

    /// Goes to the next deadline, which is so many milliseconds ahead.
    fn after(&mut self, millis: u64) -> Vec<Effect> {
        let due = self.now + Duration::from_millis(millis);
        assert_eq!(self.callbacks.poll_timeout(), Some(due));
        self.now = due;
        self.callbacks.tick(due);
        self.callbacks.check();
        std::iter::from_fn(|| self.callbacks.poll_effect(self.now)).collect()
    }
}

fn numbers(start: &Start) -> Vec<u64> {
    start.events.iter().map(|(number, _)| *number).collect()
}

fn only_start(effects: Vec<Effect>) -> Start {
    match <[Effect; 1]>::try_from(effects) {
        Ok([Effect::Start(start)]) => *start,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_program_gets_the_event_as_arguments_and_as_json() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let start = &daemon.starts(event("a.b", "node 1"))[0];
    assert_eq!(start.arguments, ["-x", "a.b", "node 1"]);
    assert_eq!(
        String::from_utf8(start.json("event/0", Some(3))).unwrap(),
        concat!(
            r#"{"callback":"web","daemon":"event/0","node":3,"attempt":1,"missed":0,"events":"#,
            r#"[{"number":1,"topic":"a.b","subject":"node 1","time_us":7,"arguments":["node 1"],"data":[1]}]}"#,
            "\n"
        )
    );
}

#[test]
fn a_serial_callback_runs_one_event_after_the_other_and_repeats_a_failed_one_before_the_next() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let first = daemon.starts(event("a", "1"))[0].run;
    assert!(daemon.starts(event("a", "2")).is_empty());
    let effects = daemon.ends(first, Ending::Exit(3));
    assert!(
        matches!(&effects[..], [Effect::Failed { how: RunOutcome::Exit(3), again: Some(pause), .. }] if pause.as_secs() == 1)
    );
    let second = only_start(daemon.after(1000));
    assert_eq!((numbers(&second), second.attempt), (vec![1], 2));
    daemon.ends(second.run, Ending::Signal(9));
    let third = only_start(daemon.after(2000));
    let effects = daemon.ends(third.run, Ending::NotStarted("gone".into()));
    let [Effect::Failed { again: None, .. }, Effect::GivenUp { what, .. }, Effect::Start(next)] =
        &effects[..]
    else {
        panic!("{effects:?}")
    };
    assert_eq!((what.number, what.attempts, what.reason), (1, 3, Reason::Failed));
    assert_eq!((numbers(next), next.attempt, next.missed), (vec![2], 1, 1));
    daemon.ends(next.run, Ending::Exit(0));
    let web = daemon.callbacks.callback("web").unwrap();
    let c = web.counters();
    assert_eq!((c.taken, c.delivered, c.given_up, c.runs, c.failed), (2, 1, 1, 4, 3));
    let outcomes: Vec<String> = web.attempts().map(|attempt| attempt.outcome.to_string()).collect();
    assert_eq!(outcomes, ["exit status 3", "signal 9", "not started: gone", "done"]);
    assert!(daemon.starts(event("a", "3")).iter().all(|start| start.missed == 0), "it was told once");
}

#[test]
fn while_a_coalescing_callback_runs_the_latest_event_of_each_subject_waits_for_one_later_run() {
    let mut daemon = Daemon::with(vec![row("web", Order::Coalesce)]);
    let first = daemon.starts(event("a", "x"))[0].run;
    for subject in ["y", "x", "y", "x"] {
        assert!(daemon.starts(event("a", subject)).is_empty());
    }
    let start = only_start(daemon.ends(first, Ending::Exit(0)));
    assert_eq!(numbers(&start), [4, 5]);
    assert_eq!(start.arguments, ["-x", "a", "x"]);
    // It fails: what has come meanwhile takes the place of what it had.
    daemon.give(event("a", "y"));
    daemon.ends(start.run, Ending::Exit(1));
    let again = only_start(daemon.after(1000));
    assert_eq!((numbers(&again), again.attempt), (vec![5, 6], 2));
    daemon.ends(again.run, Ending::Exit(0));
    let c = daemon.callbacks.callback("web").unwrap().counters();
    assert_eq!((c.taken, c.delivered, c.replaced), (6, 3, 3));
}

#[test]
fn a_program_that_takes_too_long_is_stopped_and_that_counts_as_a_failure_whatever_it_says() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let run = daemon.starts(event("a", ""))[0].run;
    assert!(matches!(&daemon.after(10_000)[..], [Effect::Stop(stopped)] if *stopped == run));
    assert_eq!(daemon.callbacks.poll_timeout(), None, "it is asked once");
    let effects = daemon.ends(run, Ending::Exit(0));
    assert!(matches!(&effects[..], [Effect::Failed { how: RunOutcome::TimeLimit, again: Some(_), .. }]));
}

#[test]
fn parallel_runs_are_bounded_and_leave_each_callback_its_first() {
    let started = |parallel: usize| {
        let mut rows: Vec<Row> = (0..parallel).map(|n| row(&format!("n{n}"), Order::Parallel)).collect();
        rows.push(row("z", Order::Serial));
        let mut daemon = Daemon::with(rows);
        let starts: usize = (0..50).map(|_| daemon.starts(event("a", "")).len()).sum();
        assert!(daemon.callbacks.iter().all(|callback| callback.runs().count() > 0));
        starts
    };
    assert_eq!(started(1), PARALLEL_MAX + 1);
    assert_eq!(started(10), 11 + PARALLEL_TOTAL);
}

#[test]
fn when_too_many_wait_the_oldest_is_given_up_and_the_next_run_is_told() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let run = daemon.starts(event("a", ""))[0].run;
    for _ in 0..WAITING_MAX {
        assert!(daemon.give(event("a", "")).is_empty());
    }
    let effects = daemon.give(event("a", ""));
    assert!(
        matches!(&effects[..], [Effect::GivenUp { what, .. }] if what.number == 2 && what.reason == Reason::Full)
    );
    let next = only_start(daemon.ends(run, Ending::Exit(0)));
    assert_eq!((numbers(&next), next.missed), (vec![3], 1));
}

#[test]
fn a_callback_that_is_taken_out_ends_with_its_run_and_may_come_back_meanwhile() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let run = daemon.starts(event("a", ""))[0].run;
    daemon.give(event("a", ""));
    let effects = daemon.give(Input::Configure(Vec::new()));
    assert!(matches!(&effects[..], [Effect::GivenUp { what, .. }] if what.reason == Reason::Removed));
    assert!(daemon.callbacks.callback("web").unwrap().is_leaving() && !daemon.callbacks.wants("a"));
    daemon.give(Input::Configure(vec![row("web", Order::Serial)]));
    assert!(daemon.starts(event("a", "")).is_empty(), "its old run is not over");
    assert_eq!(numbers(&only_start(daemon.ends(run, Ending::Exit(0)))), [3]);
    daemon.give(Input::Configure(Vec::new()));
    daemon.give(Input::Stop);
    assert!(!daemon.callbacks.is_idle());
    daemon.ends(RunId(2), Ending::Signal(15));
    assert!(daemon.callbacks.is_idle() && daemon.callbacks.iter().next().is_none());
}

#[test]
fn a_registration_lasts_as_long_as_its_lease_and_its_owner() {
    let mut daemon = Daemon::with(vec![row("web", Order::Serial)]);
    let (me, other) = (Owner("1/me/0".into()), Owner("1/other/0".into()));
    let lease = Duration::from_secs(30);
    let register = |daemon: &mut Daemon, owner: &Owner, name: &str| {
        let (token, owner, row) = (Token(1), owner.clone(), row(name, Order::Serial));
        match daemon.give(Input::Register { token, owner, row, lease }).remove(0) {
            Effect::Answer { token: Token(1), result } => result,
            effect => panic!("{effect:?}"),
        }
    };
    assert_eq!(register(&mut daemon, &me, "web"), Err(Refusal::Configured));
    assert_eq!(register(&mut daemon, &me, "mine"), Ok(()));
    assert_eq!(register(&mut daemon, &other, "mine"), Err(Refusal::Taken("1/me/0".into())));
    assert!(matches!(register(&mut daemon, &me, "a name"), Err(Refusal::Row(_))));
    let renewed = daemon.give(Input::Renew { token: Token(2), owner: other, name: "mine".into(), lease });
    assert!(matches!(&renewed[..], [Effect::Answer { result: Err(Refusal::Unknown), .. }]));
    let gone = daemon.after(30_000);
    assert!(matches!(&gone[..], [Effect::Expired { callback, .. }] if callback == "mine"));
    assert!(daemon.callbacks.callback("mine").is_none());
    for n in 0..callback::REGISTERED_BY_ONE {
        assert_eq!(register(&mut daemon, &me, &format!("mine-{n}")), Ok(()));
    }
    assert_eq!(register(&mut daemon, &me, "one-more"), Err(Refusal::TooMany));
    assert_eq!(daemon.give(Input::OwnerGone(me)).len(), callback::REGISTERED_BY_ONE);
    assert_eq!(daemon.callbacks.iter().count(), 1);
}
