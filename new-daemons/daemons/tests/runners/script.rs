//! Event scripts as services.

use service::{Change, How, Work};

use super::*;

const SAYS: &str = "#!/bin/sh\necho \"$(basename $0) $1 in $CTDB_BASE\" >>$CTDB_BASE/log\necho said $1\n";

#[tokio::test]
async fn the_four_operations_are_the_events_that_ctdbd_has_run_so_far() {
    let mut site = Site::new();
    site.program("events/web/10.a.script", SAYS);
    site.program("events/web/20.b.script", SAYS);
    let web = script("web");
    for (work, event) in [
        (Work::Start, "startup"),
        (Work::Check, "monitor"),
        (Work::Reconfigure(Change::default().into()), "ipreallocated"),
        (Work::Stop, "shutdown"),
    ] {
        fs::remove_file(site.path("log")).ok();
        let outcome = site.does(&web, work).await;
        assert_eq!(outcome.how, How::Ok);
        assert_eq!(outcome.output.text, format!("said {event}\nsaid {event}\n"));
        let base = site.dir.path().display();
        let log = format!("10.a.script {event} in {base}\n20.b.script {event} in {base}\n");
        assert_eq!(read(&site.path("log")), log);
    }
}

#[tokio::test]
async fn the_first_script_that_fails_ends_it_and_its_status_and_last_words_are_told() {
    let mut site = Site::new();
    site.program("events/web/10.a.script", "#!/bin/sh\necho fine\n");
    site.program("events/web/20.b.script", "#!/bin/sh\necho before\necho 'port 80 is closed' >&2\nexit 3\n");
    site.program("events/web/30.c.script", SAYS);
    let outcome = site.does(&script("web"), Work::Check).await;
    assert_eq!(outcome.how, How::Failed(3));
    assert_eq!(outcome.output.text, "fine\nbefore\nport 80 is closed\n");
    assert!(!site.path("log").exists(), "the third one was run");
}

#[tokio::test]
async fn a_component_that_is_not_there_and_an_interpreter_that_is_missing_are_told_apart_from_failures() {
    let mut site = Site::new();
    let how = site.how(&script("nothing"), Work::Check).await;
    assert_eq!(how, How::CannotRun("there is no directory events/nothing".to_owned()));
    site.program("events/odd/10.x.script", "#!/nowhere/sh\n");
    let how = site.how(&script("odd"), Work::Check).await;
    assert_eq!(how, How::CannotRun("10.x.script: No such file or directory".to_owned()));
    site.program("events/killed/10.x.script", "#!/bin/sh\nkill -SEGV $$\n");
    assert_eq!(site.how(&script("killed"), Work::Check).await, How::Killed(11));
}

#[tokio::test]
async fn a_service_none_of_whose_scripts_was_run_is_neither_started_nor_well_but_can_be_stopped() {
    let mut site = Site::new();
    fs::create_dir_all(site.path("events/empty")).unwrap();
    site.program("events/off/10.a.script", SAYS);
    site.program("events/off/README", SAYS);
    fs::set_permissions(site.path("events/off/10.a.script"), fs::Permissions::from_mode(0o644)).unwrap();
    for component in ["empty", "off"] {
        for work in [Work::Start, Work::Check] {
            let told = format!("no script was run: none of events/{component} can be executed");
            assert_eq!(site.how(&script(component), work).await, How::CannotRun(told));
        }
        for work in [Work::Reconfigure(Change::default().into()), Work::Stop] {
            assert_eq!(site.how(&script(component), work).await, How::Ok);
        }
    }
    // One that is run is enough.
    site.program("events/off/20.b.script", "#!/bin/sh\n");
    assert_eq!(site.how(&script("off"), Work::Check).await, How::Ok);
}

#[tokio::test]
async fn what_systemd_has_told_the_daemon_is_not_told_to_scripts_but_the_mark_of_the_operation_is() {
    let mut site = Site::with(|place| place.mark = "here".to_owned());
    site.program("events/web/10.a.script", "#!/bin/sh\nenv >$CTDB_BASE/env\n");
    assert_eq!(site.how(&script("web"), Work::Start).await, How::Ok);
    let env = read(&site.path("env"));
    assert!(env.lines().any(|line| line == "CTDB_SERVICE_OPERATION=here#1"), "{env}");
    assert!(!env.contains("NOTIFY_SOCKET"), "{env}");
}

#[tokio::test]
async fn only_so_much_of_the_output_is_kept_as_was_said_and_bytes_that_are_no_text_are_shown() {
    let mut site = Site::new();
    site.runners.set_output(1024);
    site.program("events/web/10.a.script", "#!/bin/sh\nseq 1 5000\nprintf 'a\\377b\\000c\\n'\n");
    let output = site.does(&script("web"), Work::Check).await.output;
    assert!(output.text.ends_with("5000\na\u{fffd}b\u{fffd}c\n"), "{}", output.text);
    assert!(output.text.len() <= 1030 && output.omitted > 20_000, "{} {}", output.text.len(), output.omitted);
}

#[tokio::test]
async fn addresses_are_told_by_arguments_and_by_a_line_of_json_when_there_is_a_program_for_it() {
    let mut site = Site::with(|place| place.node = Some(2));
    site.program(
        "callbacks/listen",
        "#!/bin/sh\necho \"$*\" >$CTDB_BASE/arguments\ncat >$CTDB_BASE/json\necho told\n",
    );
    let mut web = script("web");
    let program = service::Program { path: "listen".into(), arguments: vec!["--now".to_owned()] };
    web.reconfigure = Some(program);
    let address = |text: &str| service::Address {
        address: text.parse().unwrap(),
        bits: 24,
        interface: "eth1".to_owned(),
    };
    let change = Change {
        listen: vec![address("10.1.0.1")],
        release: vec![address("10.1.0.2")],
        all: vec![address("10.1.0.1"), address("10.1.0.3")],
    };
    let outcome = site.does(&web, Work::Reconfigure(change.into())).await;
    assert_eq!((outcome.how, outcome.output.text.as_str()), (How::Ok, "told\n"));
    let arguments = "--now listen 10.1.0.1/24@eth1 release 10.1.0.2/24@eth1\n";
    assert_eq!(read(&site.path("arguments")), arguments);
    let entry = |text: &str| serde_json::json!({"address": text, "bits": 24, "interface": "eth1"});
    let json: serde_json::Value = serde_json::from_str(&read(&site.path("json"))).unwrap();
    assert_eq!(
        json,
        serde_json::json!({
            "service": "web", "node": 2, "listen": [entry("10.1.0.1")], "release": [entry("10.1.0.2")],
            "all": [entry("10.1.0.1"), entry("10.1.0.3")],
        })
    );
}
