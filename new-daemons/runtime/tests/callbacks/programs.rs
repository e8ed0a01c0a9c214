//! What a program gets, how it can fail, and how it ends.

use std::fs;
use std::time::{Duration, Instant};

use callback::{Owner, Refusal, Row};
use protocol::callback::{CallbackEnding, CallbackReason};
use runtime::callbacks::Refused;
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

use super::{Place, SOON, endings, gone, lives, mode, row};

#[tokio::test]
async fn a_program_gets_arguments_json_and_environment_and_its_output_is_kept() {
    let place = Place::new();
    let text = r#"cat > input; printf '%s\n' "$@" > arguments; echo "$CTDB_CALLBACK $CTDB_CALLBACK_DAEMON $CTDB_BASE"
        echo "attempt $CTDB_CALLBACK_ATTEMPT" >&2"#;
    place.callbacks.configure(vec![place.script("good", text)]);
    assert!(place.callbacks.wants("test.happened") && !place.callbacks.wants("other"));
    place.callbacks.event("other", "", &[], &1);
    place.event("node 7").await;
    let attempts = place.attempts("good", 1).await;
    assert_eq!(endings(&attempts), [(CallbackEnding::Done, 0)]);
    assert_eq!(attempts[0].output, format!("good test/0 {}\nattempt 1\n", place.dir.path().display()));
    assert_eq!(place.lines("arguments"), ["first", "test.happened", "node 7", "x y"]);
    let input: Value = serde_json::from_str(&place.lines("input").concat()).unwrap();
    assert_eq!(
        input,
        json!({
            "callback": "good", "daemon": "test/0", "node": 2, "attempt": 1, "missed": 0,
            "events": [{
                "number": 1, "topic": "test.happened", "subject": "node 7",
                "time_us": input["events"][0]["time_us"], "arguments": ["node 7", "x y"], "data": {"what": "node 7"},
            }],
        })
    );
    let state = place.state("good");
    assert_eq!((state.taken, state.delivered, state.failed, state.waiting), (1, 1, 0, 0));
}

#[tokio::test]
async fn programs_that_fail_in_any_way_are_told_apart_and_hold_up_no_other() {
    let place = Place::new();
    let mut hang = place.script("hang", "trap '' TERM; echo $$ > hang.pid; while :; do sleep 1; done");
    hang.time_limit = Duration::from_millis(300);
    let mut killed = place.script("killed", "kill -9 $$");
    killed.retries = 2;
    let nothing = row("nothing");
    let plain = place.script("plain", "");
    mode(&place.path("callbacks/plain"), 0o644);
    let open = place.script("open", "touch open.ran");
    mode(&place.path("callbacks/open"), 0o777);
    let interpreter = place.script("interpreter", "");
    fs::write(place.path("callbacks/interpreter"), "#!/no/such/interpreter\n").unwrap();
    let no_user = Row { user: Some("nobody-of-this-name".into()), ..place.script("no-user", "") };
    let rows = vec![
        hang,
        killed,
        nothing,
        plain,
        open,
        interpreter,
        no_user,
        place.script("status-127", "exit 127"),
        place.script("command-127", "no-such-command-at-all"),
        place.script("full", "yes 0123456789 | head -c 3000000; exit 1"),
        place.script("closes", "exec <&- >&- 2>&-; exit 4"),
        place.script("good", "cat >> good.events"),
    ];
    place.callbacks.configure(rows);
    let start = Instant::now();
    for n in 0..3 {
        place.event(&n.to_string()).await;
    }
    place.until("good", |state| state.delivered == 3).await;
    assert!(start.elapsed() < Duration::from_secs(5), "the others were held up: {:?}", start.elapsed());
    let one = async |name: &str, runs: u64| {
        let attempts = place.attempts(name, runs).await;
        (endings(&attempts)[0], attempts[0].outcome.0.clone(), attempts[0].output.clone())
    };
    let not_started = (CallbackEnding::NotStarted, 0);
    let said = async |name: &str| {
        let (ending, outcome, _) = one(name, 3).await;
        assert_eq!(ending, not_started, "{name}: {outcome}");
        outcome
    };
    assert!(said("nothing").await.starts_with("not started: there is no /"));
    assert!(said("plain").await.ends_with("plain is not executable"));
    assert!(said("open").await.ends_with("open is writable by others (mode 777)"));
    assert!(!place.path("open.ran").exists());
    assert_eq!(said("interpreter").await, "not started: No such file or directory");
    assert_eq!(said("no-user").await, "not started: there is no user nobody-of-this-name");
    assert_eq!(one("status-127", 3).await.0, (CallbackEnding::Exit, 127));
    let (ending, _, output) = one("command-127", 3).await;
    assert!(ending == (CallbackEnding::Exit, 127) && output.contains("not found"), "{output}");
    let full = &place.attempts("full", 3).await[0];
    assert_eq!((full.output.len(), full.omitted), (4096, 3_000_000 - 4096));
    assert_eq!(one("closes", 3).await.0, (CallbackEnding::Exit, 4));
    let killed = place.attempts("killed", 9).await;
    assert!(killed.iter().all(|attempt| (attempt.ending, attempt.status) == (CallbackEnding::Signal, 9)));
    assert_eq!(killed.iter().map(|attempt| attempt.attempt).collect::<Vec<_>>(), [1, 2, 3, 1, 2, 3, 1, 2, 3]);
    let given_up = place.callbacks.history(Some("killed")).callbacks.remove(0).given_up;
    let told: Vec<_> = given_up.iter().map(|what| (what.event, what.attempts, what.reason)).collect();
    assert_eq!(told, [1, 2, 3].map(|n| (n, 3, CallbackReason::Failed)));
    let hang = place.attempts("hang", 1).await;
    assert_eq!(endings(&hang), [(CallbackEnding::TimeLimit, 0)]);
    assert!(hang[0].took.0 > 5_000_000, "it was given its grace: {:?}", hang[0].took);
    let problems: Vec<String> = place
        .callbacks
        .list()
        .await
        .callbacks
        .into_iter()
        .filter(|entry| entry.problem.is_some())
        .map(|entry| entry.row.name.0)
        .collect();
    assert_eq!(problems, ["no-user", "nothing", "open", "plain"]);
}

#[tokio::test]
async fn what_a_stopped_program_has_started_ends_with_it_and_what_a_good_one_leaves_is_not_waited_for() {
    let place = Place::new();
    let mut forks = place.script("forks", "sleep 1000 & echo $! > forked.pid; sleep 1000");
    forks.time_limit = Duration::from_millis(500);
    place
        .callbacks
        .configure(vec![forks, place.script("leaves", "sleep 1000 & echo $! > left.pid; echo done")]);
    place.event("").await;
    let attempts = place.attempts("leaves", 1).await;
    assert_eq!((endings(&attempts), &*attempts[0].output), (vec![(CallbackEnding::Done, 0)], "done\n"));
    assert!(attempts[0].took.0 < 20_000_000, "nobody waits for what holds the output open");
    let left = place.lines("left.pid").remove(0);
    assert!(lives(&left));
    let forks = place.attempts("forks", 1).await;
    assert_eq!(endings(&forks), [(CallbackEnding::TimeLimit, 0)]);
    gone(&place.lines("forked.pid").remove(0)).await;
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(left.parse().unwrap()), nix::sys::signal::SIGKILL)
        .unwrap();
}

#[tokio::test]
async fn when_the_daemon_ends_its_programs_end_and_what_waits_is_given_up() {
    let place = Place::new();
    place.callbacks.configure(vec![place.script("slow", "echo $$ > slow.pid; sleep 1000")]);
    place.event("1").await;
    place.event("2").await;
    let started = async {
        while place.lines("slow.pid").is_empty() {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, started).await.unwrap();
    let pid = place.lines("slow.pid").remove(0);
    let start = Instant::now();
    place.callbacks.stop(SOON).await;
    assert!(start.elapsed() < Duration::from_secs(5));
    gone(&pid).await;
    assert!(place.callbacks.status(None).callbacks.is_empty());
    let refused = place.callbacks.register(Owner("x".into()), row("slow"), Duration::from_secs(9)).await;
    assert_eq!(refused, Err(Refused::Callback(Refusal::Stopping)));
}

#[tokio::test]
async fn a_program_may_be_run_as_another_user_by_root_alone() {
    let place = Place::new();
    let me = nix::unistd::geteuid();
    let mut other = place.script("other", "id -u; id -g; id -G; echo \"$USER $HOME\"");
    other.user = Some("nobody".into());
    mode(place.dir.path(), 0o755);
    place.callbacks.configure(vec![other]);
    place.event("").await;
    let attempts = place.attempts("other", 1).await;
    if me.is_root() {
        let user = nix::unistd::User::from_name("nobody").unwrap().unwrap();
        let (uid, gid) = (user.uid, user.gid);
        let wanted = format!("{uid}\n{gid}\n{gid}\nnobody {}\n", user.dir.display());
        assert_eq!((endings(&attempts), &attempts[0].output), (vec![(CallbackEnding::Done, 0)], &wanted));
    } else {
        assert_eq!(attempts[0].outcome.0, "not started: only root can run it as nobody");
    }
}
