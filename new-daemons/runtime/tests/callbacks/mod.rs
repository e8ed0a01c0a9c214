//! Callbacks with real programs, those that behave and those that do not.

mod programs;
mod queues;
mod registration;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use callback::{Order, Row};
use protocol::callback::{CallbackAttempt, CallbackEnding, CallbackState};
use runtime::callbacks::Callbacks;
use serde_json::json;
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
