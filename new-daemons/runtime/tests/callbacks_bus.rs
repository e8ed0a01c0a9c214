//! Callbacks as others on the bus see them: what they are asked, and registrations that end with their makers.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use bus::calls::CallError;
use bus::{Address, Daemon, Node};
use bytes::Bytes;
use protocol::callback::*;
use protocol::common::{Code, More, Span};
use protocol::xdr::Xdr;
use runtime::callbacks::{Callbacks, is_about_callbacks};
use runtime::{Bus, Joining};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_secs(60);

struct Place {
    dir: TempDir,
    callbacks: Callbacks,
}

fn daemon(name: &str) -> Daemon {
    Daemon { name: name.parse().unwrap(), instance: 0 }
}

impl Place {
    /// A daemon `host` with callbacks, which knows one request of its own.
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let callbacks = Callbacks::start("host/0", dir.path());
        let place = Self { dir, callbacks };
        let bus = place.bus("host");
        let (mut requests, callbacks) = (bus.serve().unwrap(), place.callbacks.clone());
        tokio::spawn(async move {
            while let Some(request) = requests.next().await {
                if is_about_callbacks(request.number) {
                    callbacks.answer(&bus, request).await;
                } else {
                    request.reply.done(request.body);
                }
            }
        });
        place
    }

    fn bus(&self, name: &str) -> Bus {
        let (dir, release) = (self.dir.path().join("bus"), "test".to_owned());
        Bus::join(Joining { dir, daemon: daemon(name), release, features: 0 }).unwrap()
    }

    fn row(&self, name: &str) -> CallbackRow {
        let path = self.dir.path().join("program");
        let log = self.dir.path().join("log");
        fs::write(&path, format!("#!/bin/sh\necho \"$1\" >> {}\n", log.display())).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        CallbackRow {
            name: CallbackName(name.into()),
            events: vec![CallbackText("host.*".into())],
            path: CallbackText(path.display().to_string()),
            arguments: Vec::new(),
            user: None,
            time_limit: Span(10_000_000),
            order: CallbackOrder::Serial,
            retries: 1,
            backoff: Span(1_000_000),
            more: More(Vec::new()),
        }
    }
}

async fn asked(bus: &Bus, request: CallbackRequest, body: Bytes) -> Result<Bytes, CallError> {
    let to = Address { node: Node::LOCAL, daemon: daemon("host") };
    bus.call(to, u32::try_from(request.value()).unwrap(), body, SOON).await
}

async fn ask<A: Xdr>(bus: &Bus, request: CallbackRequest, argument: &A) -> Result<Bytes, CallError> {
    asked(bus, request, argument.to_bytes().unwrap()).await
}

async fn register(bus: &Bus, row: CallbackRow) -> Result<Bytes, CallError> {
    let lease = Span(600_000_000);
    ask(bus, CallbackRequest::Register, &CallbackRegister { row, lease }).await
}

fn which(name: Option<&str>) -> CallbackWhich {
    CallbackWhich { name: name.map(|name| CallbackName(name.into())) }
}

fn code(result: Result<Bytes, CallError>) -> (Code, String) {
    match result {
        Err(CallError::Refused(refusal)) => (refusal.code, refusal.text),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_registration_over_the_bus_is_run_shown_and_ends_with_its_maker() {
    let place = Place::new();
    let (one, two) = (place.bus("one"), place.bus("two"));
    register(&one, place.row("mine")).await.unwrap();
    place.callbacks.event("host.moved", "x", &[], &1);
    let status = async || {
        let answer = ask(&two, CallbackRequest::Status, &which(Some("mine"))).await.unwrap();
        CallbackStatus::from_bytes(&answer).unwrap().callbacks.remove(0)
    };
    let run = async {
        while status().await.delivered < 1 {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, run).await.unwrap();
    assert_eq!(fs::read_to_string(place.dir.path().join("log")).unwrap(), "host.moved\n");
    let list = asked(&two, CallbackRequest::List, Bytes::new()).await.unwrap();
    let entry = CallbackList::from_bytes(&list).unwrap().callbacks.remove(0);
    assert_eq!((entry.row, entry.problem), (place.row("mine"), None));
    assert!(entry.registered.unwrap().owner.0.contains("one/0"));
    let history = ask(&two, CallbackRequest::History, &which(None)).await.unwrap();
    let past = CallbackHistory::from_bytes(&history).unwrap().callbacks.remove(0);
    assert_eq!((past.attempts.len(), past.attempts[0].ending), (1, CallbackEnding::Done));

    let taken = code(register(&two, place.row("mine")).await);
    assert!(
        taken.0 == Code::Denied && taken.1.ends_with("has registered a callback of this name"),
        "{taken:?}"
    );
    assert_eq!(code(ask(&two, CallbackRequest::Remove, &which(Some("mine"))).await).0, Code::NotFound);
    drop(one);
    let gone = async {
        while place.callbacks.wants("host.moved") {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, gone).await.unwrap();
    let none = code(ask(&two, CallbackRequest::Status, &which(Some("mine"))).await);
    assert_eq!(none, (Code::NotFound, "there is no callback 'mine' here".into()));
    register(&two, place.row("mine")).await.unwrap();
    ask(
        &two,
        CallbackRequest::Renew,
        &CallbackRenew { name: CallbackName("mine".into()), lease: Span(5_000_000) },
    )
    .await
    .unwrap();
    ask(&two, CallbackRequest::Remove, &which(Some("mine"))).await.unwrap();
    assert!(!place.callbacks.wants("host.moved"));
}

#[tokio::test]
async fn what_cannot_be_a_callback_is_refused_with_a_reason_and_costs_nothing() {
    let place = Place::new();
    let bus = place.bus("one");
    let mut refused = Vec::new();
    let mut wrong = async |change: &dyn Fn(&mut CallbackRow)| {
        let mut row = place.row("mine");
        change(&mut row);
        refused.push(code(register(&bus, row).await));
    };
    wrong(&|row| row.path.0 = "../../bin/sh".into()).await;
    wrong(&|row| row.path.0 = "/no/such/program".into()).await;
    wrong(&|row| row.name.0 = "a b".into()).await;
    wrong(&|row| row.events[0].0 = "A".into()).await;
    wrong(&|row| row.order = CallbackOrder::from_value(9)).await;
    wrong(&|row| row.time_limit = Span(u64::MAX)).await;
    wrong(&|row| row.user = Some(CallbackName("no-such-user-here".into()))).await;
    let codes: Vec<Code> = refused.iter().map(|(code, _)| *code).collect();
    let (bad, denied) = (Code::BadRequest, Code::Denied);
    assert_eq!(codes, [bad, denied, bad, bad, bad, bad, denied], "{refused:#?}");
    assert!(refused.iter().all(|(_, text)| text.len() > 10 && !text.contains('\n')));
    assert_eq!(refused[1].1, "there is no /no/such/program");
    let garbage = asked(&bus, CallbackRequest::Register, Bytes::from_static(&[0xff; 40]));
    assert_eq!(code(garbage.await).0, bad);
    assert!(place.callbacks.status(None).callbacks.is_empty());
}
