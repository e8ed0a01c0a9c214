//! The callbacks of docs/callbacks.md, taken from its text and run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use runtime::callbacks::{Callbacks, from_settings};
use runtime::configuration::{self, Here};
use serde_json::{Value, json};
use tokio::time::{sleep, timeout};

const DOCUMENT: &str = include_str!("../../../docs/callbacks.md");

/// The blocks of a language, in their order.
fn blocks(language: &str) -> Vec<&'static str> {
    let fence = format!("```{language}\n");
    DOCUMENT.split(&*fence).skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

fn program(directory: &Path, name: &str, text: &str) {
    let path = directory.join("callbacks").join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

#[tokio::test]
async fn the_examples_of_the_documentation_do_what_it_says() {
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    fs::create_dir(at("callbacks")).unwrap();
    fs::create_dir(at("conf.d")).unwrap();
    let here = |text: &str| {
        let text = text.replace("/var/log/ctdb-events", at("events").to_str().unwrap());
        text.replace("/var/lib/ctdb-state.json", at("state.json").to_str().unwrap())
    };
    program(dir.path(), "note", &here(blocks("sh")[0]));
    program(dir.path(), "state", &here(blocks("python")[0]));
    let sections = blocks("ini");
    assert_eq!(sections.len(), 2);
    fs::write(at("conf.d/60-callbacks.conf"), here(&sections.concat())).unwrap();
    let sources = configuration::read(dir.path()).unwrap();
    let machine = Here { directory: dir.path().to_owned(), samba: None };
    let (settings, doubts) = sources.settings(&["callback"], &machine).unwrap();
    assert!(doubts.is_empty(), "{doubts:?}");

    let callbacks = Callbacks::start("tunnel/0", dir.path());
    callbacks.configure(from_settings(&settings).unwrap());
    for n in 0..20 {
        let node = format!("node {}", n % 3);
        callbacks.event("tunnel.peer.changed", &node, &[&node, "x"], &json!({ "n": n }));
    }
    let done = async {
        while callbacks.status(None).callbacks.iter().any(|one| one.delivered + one.replaced < 20) {
            sleep(Duration::from_millis(10)).await;
        }
    };
    timeout(Duration::from_secs(60), done).await.unwrap_or_else(|_| panic!("{:?}", callbacks.history(None)));

    let noted = fs::read_to_string(at("events")).unwrap();
    let nodes: Vec<_> =
        noted.lines().map(|line| line.split_once(" tunnel.peer.changed ").unwrap().1).collect();
    let wanted: Vec<_> = (0..20).map(|n| format!("node {} x", n % 3)).collect();
    assert_eq!(nodes, wanted);
    let state: Value = serde_json::from_str(&fs::read_to_string(at("state.json")).unwrap()).unwrap();
    assert_eq!(state, json!({ "node 0": { "n": 18 }, "node 1": { "n": 19 }, "node 2": { "n": 17 } }));
    let runs = callbacks.history(Some("state")).callbacks.remove(0).attempts;
    assert!(runs.len() < 10 && runs.iter().all(|run| run.output.ends_with(" events\n")), "{runs:?}");
}

#[test]
fn the_json_of_the_documentation_has_the_members_that_a_program_gets() {
    let shown: Value = serde_json::from_str(blocks("json")[0]).unwrap();
    let data = serde_json::value::to_raw_value(&1).unwrap();
    let event = callback::Event::new("a", "", Vec::new(), data, 1).unwrap();
    let start = callback::Start {
        run: callback::RunId(1),
        callback: "note".into(),
        program: "/x".into(),
        user: None,
        arguments: Vec::new(),
        events: vec![(1, std::sync::Arc::new(event))],
        attempt: 1,
        missed: 0,
    };
    let real: Value = serde_json::from_slice(&start.json("event/0", Some(1))).unwrap();
    let members = |value: &Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(members(&shown), members(&real));
    assert_eq!(members(&shown["events"][0]), members(&real["events"][0]));
}
