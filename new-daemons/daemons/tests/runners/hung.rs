//! Operations that do not end by themselves, and what they leave behind.

use service::{How, Work};

use super::*;

#[tokio::test]
async fn a_check_that_hangs_is_ended_with_all_that_it_has_started() {
    let mut site = Site::new();
    let text = "#!/bin/sh\nsleep 1000 & echo $! >$CTDB_BASE/child\necho waiting\nwait\n";
    site.program("events/web/10.a.script", text);
    let token = site.begin(&script("web"), Work::Check, LONG);
    let process = site.process(token).await;
    until("the script has begun", || !read(&site.path("child")).is_empty()).await;
    let child: i32 = read(&site.path("child")).trim().parse().unwrap();
    assert!(lives(process.pid) && lives(child));
    site.runners.end(token);
    let outcome = site.end(token).await;
    assert_eq!((outcome.how, outcome.output.text.as_str()), (How::TimedOut, "waiting\n"));
    assert!(!lives(process.pid));
    until("the group has ended", || !lives(child)).await;
}

#[tokio::test]
async fn one_that_will_not_hear_is_killed_and_begins_nothing_new_meanwhile() {
    let mut site = Site::new();
    site.program(
        "events/web/10.a.script",
        "#!/bin/sh\ntrap : TERM\ntouch $CTDB_BASE/begun\nwhile :; do sleep 0.1; done\n",
    );
    site.program("events/web/20.b.script", "#!/bin/sh\ntouch $CTDB_BASE/second\n");
    let token = site.begin(&script("web"), Work::Stop, LONG);
    let process = site.process(token).await;
    until("the script has begun", || site.path("begun").exists()).await;
    site.runners.end(token);
    assert_eq!(site.end(token).await.how, How::TimedOut);
    assert!(!lives(process.pid) && !site.path("second").exists());
}

#[tokio::test]
async fn one_that_ends_well_when_it_is_asked_to_end_was_too_slow_all_the_same_and_the_next_is_not_begun() {
    let mut site = Site::new();
    site.program(
        "events/web/10.a.script",
        "#!/bin/sh\ntrap 'exit 0' TERM\nsleep 1000 &\ntouch $CTDB_BASE/begun\nwait\n",
    );
    site.program("events/web/20.b.script", "#!/bin/sh\ntouch $CTDB_BASE/second\n");
    let token = site.begin(&script("web"), Work::Start, LONG);
    site.process(token).await;
    until("the script has begun", || site.path("begun").exists()).await;
    site.runners.end(token);
    assert_eq!(site.end(token).await.how, How::TimedOut);
    assert!(!site.path("second").exists());
}

#[tokio::test]
async fn an_agent_that_hangs_is_ended_as_well() {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().to_owned();
    let mut site = Site::with(|place| place.ocf_root = root.clone());
    let path = dir.path().join("resource.d/test/Hung");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let written = site.program("agent", "#!/bin/sh\nexec sleep 1000\n");
    fs::rename(written, &path).unwrap();
    let kind = Kind::Ocf { agent: "ocf:test:Hung".to_owned(), parameters: Default::default() };
    let token = site.begin(&Spec::new("hung", kind), Work::Stop, LONG);
    let process = site.process(token).await;
    site.runners.end(token);
    assert_eq!(site.end(token).await.how, How::TimedOut);
    assert!(!lives(process.pid));
}

#[tokio::test]
async fn a_daemon_that_a_start_leaves_behind_is_not_waited_for_and_lives_on() {
    let mut site = Site::new();
    let text =
        "#!/bin/sh\n[ $1 = startup ] || exit 0\nsetsid sleep 1000 & echo $! >$CTDB_BASE/pid\necho started\n";
    site.program("events/web/10.a.script", text);
    let outcome = site.does(&script("web"), Work::Start).await;
    assert_eq!((outcome.how, outcome.output.text.as_str()), (How::Ok, "started\n"));
    assert_eq!(site.how(&script("web"), Work::Check).await, How::Ok);
    let pid: i32 = read(&site.path("pid")).trim().parse().unwrap();
    assert!(lives(pid), "the daemon has ended with the operation that started it");
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn what_goes_on_ends_with_the_runners() {
    let mut site = Site::new();
    site.program("events/web/10.a.script", "#!/bin/sh\nsleep 1000 & wait\n");
    let token = site.begin(&script("web"), Work::Check, LONG);
    let process = site.process(token).await;
    let Site { runners, .. } = site;
    drop(runners);
    until("the script has ended", || !lives(process.pid)).await;
}
