//! Callbacks with real programs, those that behave and those that do not.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use callback::{Order, Owner, Refusal, Row};
use protocol::callback::{CallbackAttempt, CallbackEnding, CallbackReason, CallbackState};
use runtime::callbacks::{Callbacks, Distrust, Refused};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::{sleep, timeout};

const SOON: Duration = Duration::from_secs(60);

struct Place {
    dir: TempDir,
    callbacks: Callbacks,
}

impl Place {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("callbacks")).unwrap();
        let callbacks = Callbacks::start("test/0", dir.path());
        callbacks.set_node(Some(2));
        Self { dir, callbacks }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// A script in the directory of callbacks, which runs in the directory of the test.
    fn script(&self, name: &str, text: &str) -> Row {
        let path = self.path("callbacks").join(name);
        let text = format!("#!/bin/sh\ncd {} || exit 99\n{text}\n", self.dir.path().display());
        fs::write(&path, text).unwrap();
        mode(&path, 0o755);
        row(name)
    }

    async fn event(&self, subject: &str) {
        self.callbacks.event("test.happened", subject, &[subject, "x y"], &json!({ "what": subject }));
    }

    fn state(&self, name: &str) -> CallbackState {
        self.callbacks.status(Some(name)).callbacks.remove(0)
    }

    async fn until(&self, name: &str, good: impl Fn(&CallbackState) -> bool) -> CallbackState {
        let wait = async {
            loop {
                let state = self.state(name);
                if good(&state) {
                    return state;
                }
                sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, wait).await.unwrap_or_else(|_| panic!("{:?}", self.state(name)))
    }

    /// The runs of a callback, once there are so many.
    async fn attempts(&self, name: &str, count: u64) -> Vec<CallbackAttempt> {
        self.until(name, |state| state.runs >= count).await;
        self.callbacks.history(Some(name)).callbacks.remove(0).attempts
    }

    fn lines(&self, name: &str) -> Vec<String> {
        fs::read_to_string(self.path(name)).unwrap_or_default().lines().map(str::to_owned).collect()
    }
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

fn row(name: &str) -> Row {
    Row {
        name: name.into(),
        events: vec!["test.*".parse().unwrap()],
        program: name.into(),
        arguments: vec!["first".into()],
        user: None,
        time_limit: Duration::from_secs(20),
        order: Order::Serial,
        retries: 0,
        backoff: Duration::from_millis(10),
    }
}

fn endings(attempts: &[CallbackAttempt]) -> Vec<(CallbackEnding, u32)> {
    attempts.iter().map(|attempt| (attempt.ending, attempt.status)).collect()
}

fn lives(pid: &str) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

async fn gone(pid: &str) {
    let wait = async {
        while lives(pid) {
            sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, wait).await.unwrap_or_else(|_| panic!("{pid} lives"));
}

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
async fn a_program_that_comes_back_is_run_again_and_nothing_was_lost() {
    let place = Place::new();
    let mut late = place.script("late", "cat >> late.events");
    (late.retries, late.backoff) = (100, Duration::from_millis(50));
    let path = place.path("callbacks/late");
    let away = place.path("away");
    fs::rename(&path, &away).unwrap();
    place.callbacks.configure(vec![late]);
    for n in 0..5 {
        place.event(&n.to_string()).await;
    }
    place.until("late", |state| state.failed_in_a_row >= 2).await;
    assert!(place.state("late").next_try.is_some() && place.state("late").waiting == 5);
    fs::rename(&away, &path).unwrap();
    let state = place.until("late", |state| state.delivered == 5).await;
    assert_eq!((state.failed_in_a_row, state.given_up, state.next_try), (0, 0, None));
    assert_eq!(place.lines("late.events").len(), 5);
}

#[tokio::test]
async fn a_thousand_events_at_once_reach_every_callback_once() {
    let place = Place::new();
    let serial = place.script("serial", r#"echo "$3" >> serial.events"#);
    let mut parallel = place.script("parallel", r#"echo "$3" >> parallel.events"#);
    parallel.order = Order::Parallel;
    let mut coalesce = place.script("coalesce", "cat >> coalesce.events; echo >> coalesce.runs");
    coalesce.order = Order::Coalesce;
    let mut broken = place.script("broken", "exit 1");
    (broken.retries, broken.backoff) = (3, Duration::from_secs(60));
    place.callbacks.configure(vec![serial, parallel, coalesce, broken]);
    let start = Instant::now();
    for n in 0..1000 {
        let value = n.to_string();
        // Ten subjects, of each a hundred events.
        place.callbacks.event("test.happened", &(n % 10).to_string(), &[&value], &n);
        if n % 100 == 0 {
            tokio::task::yield_now().await;
        }
    }
    assert!(start.elapsed() < Duration::from_secs(1), "the daemon was held up: {:?}", start.elapsed());
    for name in ["serial", "parallel"] {
        let state = place.until(name, |state| state.delivered == 1000).await;
        assert_eq!((state.failed, state.given_up, state.waiting), (0, 0, 0), "{name}");
    }
    let wanted: Vec<String> = (0..1000).map(|n| n.to_string()).collect();
    assert_eq!(place.lines("serial.events"), wanted, "in their order");
    let mut parallel = place.lines("parallel.events");
    parallel.sort_by_key(|line| line.parse::<u32>().unwrap());
    assert_eq!(parallel, wanted);
    let state = place.until("coalesce", |state| state.delivered + state.replaced == 1000).await;
    let runs = place.lines("coalesce.runs").len();
    assert!(runs < 100 && state.replaced > 0, "{runs} runs");
    let mut last = std::collections::BTreeMap::new();
    for line in place.lines("coalesce.events").into_iter().filter(|line| !line.is_empty()) {
        let input: Value = serde_json::from_str(&line).unwrap();
        for event in input["events"].as_array().unwrap() {
            last.insert(event["subject"].as_str().unwrap().to_owned(), event["data"].as_u64().unwrap());
        }
    }
    let wanted = (0..10).map(|n| (n.to_string(), 990 + n)).collect();
    assert_eq!(last, wanted, "the last state of each subject was seen");
    assert_eq!(place.state("broken").waiting, 1000);
    place.callbacks.stop(SOON).await;
}

#[tokio::test]
async fn registrations_over_the_bus_are_looked_at_and_go_with_their_owner() {
    let place = Place::new();
    let (owner, lease) = (Owner("1/other/0".into()), Duration::from_secs(1));
    let register = |row: Row| place.callbacks.register(owner.clone(), row, lease);
    let good = place.script("good", "echo ran >> good.runs");
    let missing = register(row("missing")).await;
    assert!(matches!(missing, Err(Refused::Program(Distrust::Missing(_)))), "{missing:?}");
    let bad = Row { retries: 1000, ..good.clone() };
    assert!(matches!(register(bad).await, Err(Refused::Callback(Refusal::Row(_)))));
    register(good.clone()).await.unwrap();
    place.event("").await;
    place.until("good", |state| state.delivered == 1).await;
    let entry = place.callbacks.list().await.callbacks.remove(0);
    assert_eq!(entry.registered.unwrap().owner.0, "1/other/0");
    let renew = |name: &str| place.callbacks.renew(owner.clone(), name.into(), Duration::from_secs(600));
    renew("good").await.unwrap();
    assert_eq!(renew("other").await, Err(Refusal::Unknown));
    place.callbacks.owner_gone(owner.clone());
    assert!(place.callbacks.status(None).callbacks.is_empty() && !place.callbacks.wants("test.happened"));
    register(good).await.unwrap();
    let expire = async {
        while place.callbacks.wants("test.happened") {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(SOON, expire).await.unwrap();
    assert_eq!(renew("good").await, Err(Refusal::Unknown));
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

#[tokio::test]
async fn a_misspelt_event_of_a_callback_is_told_when_it_is_registered_and_in_the_list() {
    let place = Place::new();
    let dir = place.dir.path();
    let row = |event: &str| Row { events: vec![event.parse().unwrap()], ..place.script("hook", "exit 0") };
    let service = Callbacks::start("service/0", dir);
    let register =
        async |event: &str| service.register(Owner("me".into()), row(event), Duration::from_secs(60)).await;
    let told = "no daemon tells 'service.health.chnged'; is it service.health.changed?";
    assert_eq!(register("service.health.chnged").await, Err(Refused::Unheard(told.into())));
    let elsewhere = register("tunnel.peer.changed").await.unwrap_err().to_string();
    assert_eq!(elsewhere, "no daemon tells 'tunnel.peer.changed'", "not this one");
    register("service.*").await.unwrap();
    service.remove(Owner("me".into()), "hook".into()).await.unwrap();

    // In the configuration it may be meant for another daemon.
    let problem = async |event: &str| {
        service.configure(vec![row(event)]);
        service.list().await.callbacks.remove(0).problem.map(|problem| problem.0)
    };
    assert_eq!(problem("service.health.chnged").await.as_deref(), Some(told));
    assert_eq!(problem("tunnel.peer.changed").await, None);
    // A daemon that is not in the protocol's table knows its topics by itself.
    place.callbacks.register(Owner("me".into()), row("test.hapened"), Duration::from_secs(60)).await.unwrap();
}
