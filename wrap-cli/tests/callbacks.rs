//! `callback list`, `status` and `history` against daemons on a bus: one with callbacks, one without, and nobody.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::sync::mpsc;
use std::time::{Duration, Instant};

use crate::support::{Run, finish, run};
use bus::Daemon;
use protocol::callback::{CallbackName, CallbackOrder, CallbackRow, CallbackText};
use protocol::common::{More, Span};
use runtime::callbacks::{Callbacks, from_wire, is_about_callbacks};
use runtime::{Bus, Joining};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A bus with a daemon `host`, which has callbacks, and a daemon `plain`, which has none. They end with this.
struct Place {
    dir: TempDir,
    _end: tokio::sync::oneshot::Sender<()>,
}

fn row(name: &str, program: &str, order: CallbackOrder) -> CallbackRow {
    CallbackRow {
        name: CallbackName(name.into()),
        events: vec![CallbackText("host.*".into())],
        path: CallbackText(program.into()),
        arguments: vec![CallbackText("-x".into())],
        user: None,
        time_limit: Span(5_000_000),
        order,
        retries: 0,
        backoff: Span(1_000_000),
        more: More(Vec::new()),
    }
}

fn join(place: &std::path::Path, name: &str) -> Bus {
    let daemon = Daemon { name: name.parse().unwrap(), instance: 0 };
    Bus::join(Joining { dir: place.join("bus"), daemon, release: "test".into(), features: 0 }).unwrap()
}

impl Place {
    /// With one event that both programs were run on.
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let place = dir.path().to_owned();
        fs::create_dir(place.join("callbacks")).unwrap();
        for (name, text) in [("good", "#!/bin/sh\necho fine\n"), ("bad", "#!/bin/sh\necho oh no; exit 3\n")] {
            fs::write(place.join("callbacks").join(name), text).unwrap();
            fs::set_permissions(place.join("callbacks").join(name), fs::Permissions::from_mode(0o755))
                .unwrap();
        }
        let (end, ended) = tokio::sync::oneshot::channel();
        let (ready, is_ready) = mpsc::channel();
        std::thread::spawn(move || {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            tokio.block_on(async move {
                let (host, plain) = (join(&place, "host"), join(&place, "plain"));
                let callbacks = Callbacks::start("host/0", &place);
                let rows = [
                    row("good", "good", CallbackOrder::Serial),
                    row("bad", "bad", CallbackOrder::Coalesce),
                    row("none", "none", CallbackOrder::Parallel),
                ];
                callbacks.configure(rows.into_iter().map(|row| from_wire(row).unwrap()).collect());
                callbacks.event("host.moved", "here", &["a"], &1);
                ready.send(()).unwrap();
                let (mut requests, mut others) = (host.serve().unwrap(), plain.serve().unwrap());
                let serve = async {
                    loop {
                        tokio::select! {
                            Some(request) = requests.next() => {
                                assert!(is_about_callbacks(request.number));
                                callbacks.answer(&host, request).await;
                            }
                            Some(request) = others.next() => {
                                request.reply.refuse(protocol::common::Code::UnknownRequest, "no such request");
                            }
                        }
                    }
                };
                tokio::select! {
                    () = serve => {}
                    _ = ended => {}
                }
            });
        });
        is_ready.recv().unwrap();
        let place = Self { dir, _end: end };
        let start = Instant::now();
        while place.status()["callbacks"].as_array().unwrap().iter().any(|one| one["runs"] == 0) {
            assert!(start.elapsed() < Duration::from_secs(60), "{}", place.status());
            std::thread::yield_now();
        }
        place
    }

    fn run(&self, words: &str) -> Run {
        run(&format!("--run-dir {} {words}", self.dir.path().join("bus").display()))
    }

    fn json(&self, words: &str) -> Value {
        let run = self.run(&format!("-o json {words}"));
        serde_json::from_str(&run.stdout).unwrap_or_else(|_| panic!("{run:?}"))
    }

    fn status(&self) -> Value {
        self.json("callback status")
    }
}

#[test]
fn what_daemons_run_is_listed_with_what_would_not_be_run() {
    let place = Place::start();
    let run = place.run("callback list");
    assert_eq!(run.status, 1, "one of them cannot be run: {run:?}");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "DAEMON  CALLBACK  ORDER     EVENTS  REGISTERED BY  PROGRAM",
            "host/0  bad       coalesce  host.*  configuration  bad -x",
            "host/0  good      serial    host.*  configuration  good -x",
            "host/0  none      parallel  host.*  configuration  none -x",
        ]
    );
    assert!(lines[4].starts_with("none: would not be run: there is no /"), "{run:?}");
    let list = place.json("callback list --daemon host");
    assert_eq!(
        (&list["callbacks"][1]["time_limit_ms"], &list["callbacks"][1]["owner"]),
        (&json!(5000), &Value::Null)
    );
}

#[test]
fn what_has_become_of_events_is_shown_as_counts_and_run_by_run() {
    let place = Place::start();
    let run = place.run("callback status");
    assert_eq!(run.status, 1, "one failed the last time: {run:?}");
    let lines: Vec<_> = run.stdout.lines().collect();
    assert_eq!(
        lines[..3],
        [
            "DAEMON  CALLBACK  RUNNING  WAITING  DELIVERED  REPLACED  GIVEN UP  RUNS  FAILED  LAST",
            "host/0  bad             0        0          0         0         1     1       1  exit status 3",
            "host/0  good            0        0          1         0         0     1       0  done",
        ]
    );
    assert_eq!(place.run("callback status good").status, 0);
    let history = place.json("callback history bad");
    let run = &history["runs"][0];
    assert_eq!(
        (&run["result"], &run["status"], &run["output"], &run["topic"], &run["events"]),
        (&json!("exit"), &json!(3), &json!("oh no\n"), &json!("host.moved"), &json!(1))
    );
    let given_up = &history["given_up"][0];
    assert_eq!(
        (&given_up["reason"], &given_up["subject"], &given_up["attempts"]),
        (&json!("failed"), &json!("here"), &json!(1))
    );
    let table = place.run("callback history");
    assert_eq!(table.status, 0);
    assert!(
        table.stdout.contains("bad, run 1: oh no\n") && table.stdout.contains("exit status 3\n"),
        "{table:?}"
    );
}

#[test]
fn who_has_no_callbacks_or_does_not_exist_is_told() {
    let place = Place::start();
    let none = place.run("callback status nothing");
    assert_eq!(none.status, 5, "{none:?}");
    assert!(none.stderr.contains("no daemon of the node has a callback 'nothing'"), "{none:?}");
    let plain = place.run("callback list --daemon plain");
    assert_eq!((plain.status, plain.stdout.lines().last().unwrap()), (5, "plain/0: it has no callbacks"));
    let gone = place.run("callback list --daemon gone/1");
    assert_eq!(
        (gone.status, gone.stdout.lines().last().unwrap()),
        (3, "gone/1: no such daemon on that node")
    );
    let long = place.run(&format!("callback status {}", "x".repeat(40)));
    assert_eq!(long.status, 2, "{long:?}");
    // Which nodes there are is ctdbd's to say.
    assert_eq!(place.run("callback list -n 0-1 --socket /nowhere").status, 3);
    let nowhere = run("--run-dir /nowhere callback list");
    assert_eq!(nowhere.status, 3);
    assert!(nowhere.stderr.contains("no new daemon was ever started here"), "{nowhere:?}");
}

/// What `ctdbctl` says to a callback on a node that is not well, beside one that is.
const TWO_NODES: &str = r#"#!/bin/sh
case "$*" in
"node pnn"*) echo '{"pnn":0}';;
"cluster list"*) echo '{"nodes":[{"pnn":0,"state":"OK"},{"pnn":1,"state":"OK"}]}';;
"service health -n 0"*) echo '{"healthy":false}';;
"service health"*) echo '{"healthy":true}';;
"node pid"*) echo '{"nodes":[{"pid":7}]}';;
"node disable --yes"*) echo '{}';;
*) echo "{\"error\":{\"message\":\"unexpected: $*\"}}";;
esac
"#;

#[test]
fn the_callback_reallocate_says_in_a_sentence_what_the_system_refuses() {
    let dir = tempfile::tempdir().unwrap();
    let ctdbctl = dir.path().join("ctdbctl");
    fs::write(&ctdbctl, TWO_NODES).unwrap();
    fs::set_permissions(&ctdbctl, fs::Permissions::from_mode(0o755)).unwrap();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../new-daemons/daemons/share/callbacks/reallocate");
    let told = |program: &std::path::Path, marker: &str| {
        let mut command = std::process::Command::new("python3");
        command.arg(script).arg("--marker").arg(dir.path().join(marker));
        command.args(["service.health.changed", "unhealthy"]).env("CTDBCTL", program);
        finish(&mut command)
    };
    let missing = told(&ctdbctl, "not-there/marker");
    assert_eq!((missing.status, missing.stderr.as_str()), (1, ""), "{missing:?}");
    assert!(missing.stdout.ends_with("not-there/marker.new: No such file or directory\n"), "{missing:?}");
    let no_program = told(&dir.path().join("nowhere"), "marker");
    assert_eq!((no_program.status, no_program.stderr.as_str()), (1, ""), "{no_program:?}");
    let done = told(&ctdbctl, "marker");
    assert_eq!((done.status, done.stdout.as_str()), (0, "node is disabled\n"), "{done:?}");
}
