//! Services that misbehave, and configurations with mistakes.

use nix::sys::signal::Signal;

use super::*;

const CHECKED: &str = "[service web]\nkind = script\ncheck interval = 200ms\n";

#[tokio::test]
async fn a_check_that_outlives_its_interval_is_not_begun_twice_and_fails_when_its_time_is_over() {
    let text = r#"#!/bin/sh
echo "web $1" >>$CTDB_BASE/log
[ $1 = monitor ] && [ -e $CTDB_BASE/hang ] && { echo stuck; sleep 1000; }
exit 0
"#;
    let configuration = "[service web]\nkind = script\ncheck interval = 100ms\ncheck limit = 1s\n";
    let place = Place::new(configuration, |dir| script(dir, "web", text)).await;
    assert!(place.startup().await.done);
    fs::write(place.path("hang"), "").unwrap();
    let web = place.wait_for("web", ServiceState::Failed).await;
    assert!(web.entry.reason.0.contains("took longer than 1s"), "{:?}", web.entry);
    let last = web.last_check.unwrap();
    assert_eq!(last.ending.outcome, protocol::service::ServiceOutcome::TimedOut);
    assert!(last.took.0 >= 1_000_000, "{last:?}");
    // Each check is counted when it ends: none was begun beside another.
    fs::remove_file(place.path("hang")).unwrap();
    place.wait_for("web", ServiceState::Up).await;
    let begun = u64::try_from(place.count("web monitor")).unwrap();
    let ended = place.service("web").await.checks;
    assert!(begun <= ended + 1, "{begun} were begun, {ended} have ended");
}

/// Plain files of the administrator among those that ctdbd runs: one is linked into a component, one is copied there.
#[tokio::test]
async fn a_script_that_is_no_longer_executable_makes_its_service_fail_and_a_copy_goes_on() {
    let configuration = "[service linked]\nkind = script\ncheck interval = 100ms\n[service copied]\nkind = script\ncheck interval = 100ms\n";
    let prepare = |dir: &Path| {
        script(dir, "legacy", "#!/bin/sh\n");
        let plain = dir.join("events/legacy/10.test.script");
        for component in ["linked", "copied"] {
            fs::create_dir_all(dir.join("events").join(component)).unwrap();
        }
        std::os::unix::fs::symlink(&plain, dir.join("events/linked/10.test.script")).unwrap();
        fs::copy(&plain, dir.join("events/copied/10.test.script")).unwrap();
    };
    let place = Place::new(configuration, prepare).await;
    assert!(place.startup().await.done);
    place.wait_for("linked", ServiceState::Up).await;
    // What `event script disable` does.
    let plain = place.path("events/legacy/10.test.script");
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o644)).unwrap();
    let linked = place.wait_for("linked", ServiceState::Failed).await;
    assert!(linked.entry.reason.0.contains("no script was run"), "{:?}", linked.entry);
    assert_eq!(place.wait_for("copied", ServiceState::Up).await.entry.state, ServiceState::Up);
    fs::set_permissions(&plain, fs::Permissions::from_mode(0o755)).unwrap();
    place.wait_for("linked", ServiceState::Up).await;
}

#[tokio::test]
async fn a_service_that_will_not_stop_is_reported_and_not_tried_for_ever() {
    let text = r#"#!/bin/sh
echo "web $1" >>$CTDB_BASE/log
[ $1 = shutdown ] && { trap : TERM; echo 'will not'; while :; do sleep 0.1; done; }
exit 0
"#;
    let configuration = "[service web]\nkind = script\ncheck interval = 200ms\nstop limit = 300ms\n";
    let place = Place::new(configuration, |dir| script(dir, "web", text)).await;
    assert!(place.startup().await.done);
    let settled = place.ask::<service::Shutdown>(()).await.unwrap();
    assert!(!settled.done, "{settled:?}");
    let [reason] = &settled.reasons[..] else { panic!("{settled:?}") };
    assert!(reason.0.starts_with("web: ") && reason.0.contains("stop"), "{}", reason.0);
    assert_eq!(place.count("web shutdown"), 1);
    assert_eq!(place.service("web").await.entry.state, ServiceState::Failed);
}

#[tokio::test]
async fn a_check_that_crashes_or_leaves_processes_behind_is_only_that() {
    let text = r#"#!/bin/sh
[ $1 = monitor ] || exit 0
if [ -e $CTDB_BASE/crash ]; then kill -SEGV $$; fi
setsid sleep 1000 & echo $! >>$CTDB_BASE/left
exit 0
"#;
    let place = Place::new(CHECKED, |dir| script(dir, "web", text)).await;
    assert!(place.startup().await.done);
    fs::write(place.path("crash"), "").unwrap();
    let web = place.wait_for("web", ServiceState::Failed).await;
    let ending = web.last_check.unwrap().ending;
    assert_eq!((ending.outcome, ending.code), (protocol::service::ServiceOutcome::Killed, 11));
    fs::remove_file(place.path("crash")).unwrap();
    place.wait_for("web", ServiceState::Up).await;
    place.ask::<service::Disable>(which("web")).await.unwrap();
    place.wait_for("web", ServiceState::Disabled).await;
    for pid in fs::read_to_string(place.path("left")).unwrap().lines() {
        let pid = nix::unistd::Pid::from_raw(pid.parse().unwrap());
        nix::sys::signal::kill(pid, Signal::SIGKILL).unwrap();
    }
}

#[tokio::test]
async fn a_service_that_flaps_counts_as_failed_until_it_is_quiet() {
    let text = r#"#!/bin/sh
[ $1 = monitor ] || exit 0
[ -e $CTDB_BASE/quiet ] && exit 0
if [ -e $CTDB_BASE/turn ]; then rm $CTDB_BASE/turn; exit 1; else touch $CTDB_BASE/turn; exit 0; fi
"#;
    let configuration = "[service web]\nkind = script\ncheck interval = 100ms\nflap limit = 4\n\
        flap window = 1min\nflap hold = 1s\n";
    let place = Place::new(configuration, |dir| script(dir, "web", text)).await;
    place.startup().await;
    let web = place.wait_for("web", ServiceState::Flapping).await;
    assert!(web.held_until.is_some() && !place.health().await.healthy);
    fs::write(place.path("quiet"), "").unwrap();
    place.wait_for("web", ServiceState::Up).await;
    assert!(place.health().await.healthy);
}

#[tokio::test]
async fn one_that_fails_is_restarted_so_often_as_was_said_with_longer_and_longer_pauses() {
    let text = r#"#!/bin/sh
echo "web $1 $(date +%s%N)" >>$CTDB_BASE/log
[ $1 = monitor ] && [ -e $CTDB_BASE/broken ] && exit 1
exit 0
"#;
    let configuration = "[service web]\nkind = script\ncheck interval = 100ms\nrestart = on failure\n\
        restart limit = 3\nbackoff = 100ms\nflap limit = 100\n";
    let place = Place::new(configuration, |dir| script(dir, "web", text)).await;
    assert!(place.startup().await.done);
    fs::write(place.path("broken"), "").unwrap();
    let starts = |place: &Place| -> Vec<u128> {
        let lines = place.done().into_iter();
        lines.filter_map(|line| line.strip_prefix("web startup ").and_then(|at| at.parse().ok())).collect()
    };
    place.until("it is restarted three times", |place| starts(place).len() == 4).await;
    let web = place.wait_for("web", ServiceState::Failed).await;
    assert_eq!(web.restarts, 3);
    let starts = starts(&place);
    let pauses: Vec<u128> = starts.windows(2).map(|two| (two[1] - two[0]) / 1_000_000).collect();
    assert!(pauses[0] >= 100 && pauses[1] >= 200 && pauses[2] >= 400, "{pauses:?}");
    let checks = |place: &Place| place.done().iter().filter(|line| line.starts_with("web monitor")).count();
    let before = checks(&place);
    place.until("it is checked on", |place| checks(place) > before + 2).await;
    assert_eq!(place.done().iter().filter(|line| line.starts_with("web startup")).count(), 4);
}

#[tokio::test]
async fn all_mistakes_are_told_at_once_and_the_old_configuration_holds() {
    let place = Place::new(CHECKED, |dir| script(dir, "web", FILE)).await;
    assert!(place.startup().await.done);
    let wrong = "[service web]\nkind = script\nrequires = db\nunit = x.service\n[service db]\nkind = magic\n\
        [service a]\nkind = script\nrequires = b\n[service b]\nkind = script\nafter = a\n\
        [service n]\nkind = script\nrequires = nobody\nreconfigure = /nowhere/x\n";
    fs::write(place.path("conf.d/services.conf"), wrong).unwrap();
    place.signal(Signal::SIGHUP);
    place.until("the reload is refused", |place| place.log().contains("the old one holds")).await;
    let log = place.log();
    for (line, word) in [(4, "unit"), (6, "magic"), (15, "nobody"), (16, "/nowhere/x")] {
        let told = log.lines().any(|l| l.contains(&format!("services.conf:{line}")) && l.contains(word));
        assert!(told, "{word} in line {line} is not told:\n{log}");
    }
    assert!(
        log.lines().any(|line| line.contains("a") && line.contains("b") && line.contains("wait")),
        "{log}"
    );
    let list = place.ask::<service::List>(()).await.unwrap();
    assert_eq!(list.services.len(), 1);
    // And a good one is taken.
    fs::create_dir_all(place.path("events/db")).unwrap();
    script(place.dir.path(), "db", FILE);
    fs::write(place.path("conf.d/services.conf"), format!("{CHECKED}[service db]\nkind = script\n")).unwrap();
    place.signal(Signal::SIGHUP);
    place.wait_for_new("db").await;
    assert_eq!((place.count("db startup"), place.count("web startup")), (1, 1));
}

impl Place {
    /// Waits until a service that was configured just now is up.
    async fn wait_for_new(&self, name: &str) {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        while self.ask::<service::Status>(which(name)).await.is_err() {
            assert!(Instant::now() < deadline, "there is no {name}\n{}", self.log());
            turn.tick().await;
        }
        self.wait_for(name, ServiceState::Up).await;
    }
}
