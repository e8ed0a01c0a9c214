//! Requests, answers and notices as messages: what the machine says always fits, and comes back from the bytes.

use std::sync::Arc;
use std::time::Duration;

use event::messages::{self, Publication};
use event::{
    Answer, ComponentState, Ended, Entry, Errno, Notice, Output, PastRun, Report, Request, RunResult,
    ScriptOutcome, ScriptRun, What, Word,
};
use machine::{Calendar, Time, Wall};
use protocol::common::{Code, Span};
use protocol::event::{EventArgument, EventOutcome, EventPast, EventResult, EventRun, EventWhich};
use protocol::xdr::Xdr;

/// 1,000 s after 1970 the machine began.
const fn calendar() -> Calendar {
    Calendar::new(Wall(1_000_000_000))
}

fn at(millis: u64) -> Time {
    Time::ZERO + Duration::from_millis(millis)
}

fn script(name: &str, outcome: ScriptOutcome, bytes: &[u8]) -> ScriptRun {
    let output = Output { bytes: bytes.to_vec(), omitted: 0 };
    ScriptRun { script: name.into(), began: at(5), ended: at(25), outcome, output }
}

fn report(outcome: ScriptOutcome, printed: &[u8]) -> Report {
    Report {
        summary: outcome,
        scripts: vec![script("10.a", ScriptOutcome::Ok, b""), script("50.b", outcome, printed)],
    }
}

/// What comes out when it was sent.
fn again<T: Xdr + PartialEq + std::fmt::Debug>(message: T) -> T {
    let back = T::from_bytes(&message.to_bytes().unwrap()).unwrap();
    assert_eq!(back, message);
    back
}

#[test]
fn a_request_asks_what_it_says_and_no_event_may_take_longer_than_a_day() {
    let args = vec![EventArgument("eth0".into()), EventArgument(String::new())];
    let mut asked =
        EventRun { component: "ip".into(), event: "moved".into(), args, limit: Span(30_000_000), all: true };
    let wanted = Request::Run {
        component: "ip".into(),
        event: "moved".into(),
        args: vec!["eth0".into(), Word::default()],
        limit: Duration::from_secs(30),
        all: true,
    };
    assert_eq!(messages::run(&again(asked.clone())), Ok(wanted));
    asked.limit = Span(u64::MAX);
    assert_eq!(messages::run(&asked).unwrap_err().code, Code::BadRequest);
    let past = |script: &str| messages::history(&EventPast { component: "ip".into(), script: script.into() });
    let wanted = |script| Request::History { component: "ip".into(), script };
    assert_eq!(past(""), wanted(None));
    assert_eq!(past("10.a.script"), wanted(Some("10.a".into())));
    let which = EventWhich { component: "ip".into(), event: "monitor".into() };
    assert_eq!(messages::status(&which), Request::Status { component: "ip".into(), event: "monitor".into() });
}

#[test]
fn evt_07_events_of_addresses_are_refused_with_another_number_of_arguments() {
    let asked = |event: &str, count: usize| EventRun {
        component: "legacy".into(),
        event: event.into(),
        args: vec![EventArgument("word".into()); count],
        limit: Span(30_000_000),
        all: false,
    };
    for (event, right) in [("takeip", 3), ("releaseip", 3), ("updateip", 4)] {
        for count in 0..6 {
            let taken = messages::run(&asked(event, count));
            let refused = taken.map(drop).map_err(|refusal| refusal.code);
            let wanted = if count == right { Ok(()) } else { Err(Code::BadRequest) };
            assert_eq!(refused, wanted, "{event} with {count}");
        }
    }
    let refused = messages::run(&asked("updateip", 3)).unwrap_err();
    assert_eq!(
        refused.text,
        "updateip has 4 arguments: old interface, new interface, address, bits of the mask"
    );
    for count in 0..6 {
        assert!(messages::run(&asked("ipreallocated", count)).is_ok(), "{count}");
    }
}

#[test]
fn the_answer_to_a_run_has_its_result_and_that_of_each_script() {
    let ended = Ended { run: 7, report: Some(Arc::new(report(ScriptOutcome::Failed(3), b"no\n"))) };
    let ran = again(messages::ran(Answer::Run(RunResult::Failed, Some(ended)), calendar()).unwrap());
    let report = ran.report.unwrap();
    assert_eq!(
        (ran.result, ran.run, report.ending.outcome, report.ending.code),
        (EventResult::Failed, 7, EventOutcome::Failed, 3)
    );
    let last = &report.scripts[1];
    assert_eq!((&*last.script, last.began.0, last.took), ("50.b", 1_000_005_000, Span(20_000)));
    assert_eq!((&*last.output.text, last.output.omitted), ("no\n", 0));
    let never = messages::ran(Answer::Run(RunResult::Cancelled, None), calendar()).unwrap();
    assert_eq!((never.result, never.run, never.report), (EventResult::Cancelled, 0, None));
}

#[test]
fn what_the_daemon_does_not_do_is_refused_with_a_code_that_says_why() {
    let refused =
        |errno| messages::ran(Answer::Run(RunResult::Error(errno), None), calendar()).unwrap_err().code;
    let wanted = [Code::NotFound, Code::BadRequest, Code::Busy, Code::TooLarge, Code::Failed];
    assert_eq!([Errno::NOENT, Errno::INVAL, Errno::AGAIN, Errno::TOOBIG, Errno(5)].map(refused), wanted);
    assert_eq!(messages::last(Answer::Status(Err(Errno::INVAL)), calendar()).unwrap().report, None);
    assert_eq!(messages::enabled(Answer::Enable(Err(Errno::NOENT))).unwrap_err().code, Code::NotFound);
    assert_eq!(messages::listed(Answer::Enable(Ok(()))).unwrap_err().code, Code::Failed);
}

#[test]
fn whatever_a_script_prints_fits_and_what_is_left_out_is_counted() {
    let told = |bytes: &[u8]| {
        let what = What::Script(script("50.b", ScriptOutcome::Ok, bytes));
        let (component, event) = ("ip".into(), "monitor".into());
        let notice = Notice { run: 1, component, event, args: Arc::new([]), began: at(0), what };
        match messages::told(notice, at(30), calendar()) {
            Publication::Script(told) => again(told).output,
            other => panic!("{other:?}"),
        }
    };
    for (bytes, text, omitted) in [
        (b"a\0b\xffc".to_vec(), "a\u{fffd}b\u{fffd}c".to_owned(), 0),
        (vec![b'x'; 5000], "x".repeat(4096), 904),
        ("ä".repeat(2050).into_bytes(), "ä".repeat(2048), 4),
        ("yä".repeat(2000).into_bytes(), "yä".repeat(1365), 1905),
        (vec![0xff; 4096], "\u{fffd}".repeat(1365), 4096 - 1365),
    ] {
        let output = told(&bytes);
        assert_eq!((output.text.len() <= 4096, output.omitted), (true, omitted), "{}", output.text.len());
        assert_eq!(output.text, text);
    }
}

#[test]
fn names_and_arguments_that_are_no_text_fit_all_the_same() {
    let odd = Word::from(&[0xff; 255][..]);
    let args: Arc<[Word]> = [Word::from(&[0xfe; 262_143][..])].into();
    let what = What::Ended { result: RunResult::Error(Errno(2)), culprit: Some(odd.clone()), report: None };
    let notice = Notice { run: 1, component: odd.clone(), event: odd.clone(), args, began: at(0), what };
    let Publication::Finished(told) = messages::told(notice, at(1), calendar()) else {
        panic!("it has ended")
    };
    let told = again(told);
    assert_eq!((told.result, told.code, told.took), (EventResult::NotRun, 2, Span(1000)));
    assert_eq!(told.culprit, "\u{fffd}".repeat(85));
    let entries = vec![Entry { name: odd.clone(), enabled: true }];
    assert_eq!(again(messages::listed(Answer::Scripts(Ok(entries))).unwrap()).scripts.len(), 1);
    let state = ComponentState { name: odd.clone(), running: Some(odd.clone()), waiting: 3 };
    let components = again(messages::components(Answer::Components(Ok(vec![state]))).unwrap());
    assert_eq!(components.components[0].waiting, 3);
    let run = PastRun {
        event: odd.clone(),
        began: at(0),
        ended: at(1),
        outcome: ScriptOutcome::Killed(9),
        output: Output { bytes: vec![0xff; 4096], omitted: 1 },
    };
    let past = again(messages::past(Answer::History(Ok(vec![(odd, vec![run])])), calendar()).unwrap());
    assert_eq!((past.scripts[0].runs[0].ending.code, past.scripts[0].runs[0].output.omitted), (9, 1));
}

#[test]
fn the_largest_report_fits_into_one_message() {
    let scripts = (0..4096).map(|n| script(&format!("10.{n}"), ScriptOutcome::Ok, &[0xff; 384])).collect();
    let report = Report { summary: ScriptOutcome::Ok, scripts };
    let last = messages::last(Answer::Status(Ok(report)), calendar()).unwrap();
    assert!(last.to_bytes().unwrap().len() < 15 << 20);
}
