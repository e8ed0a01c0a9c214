//! Services are started, checked and stopped for real: event scripts, Debian's resource agents, units of a systemd.
//!
//! What the core would ask is asked of the runners here, and what it would be told is looked at.

mod adopted;
mod hung;
mod ocf;
mod script;
mod systemd;
mod units;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use daemons::services::{Place, Runners};
use service::{How, Input, Kind, OperationOutcome, Process, Spec, Token, Work};
use tempfile::TempDir;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};
use tokio::time::timeout;

/// More than anything takes here.
const LONG: Duration = Duration::from_secs(30);

/// Runners in a directory of their own.
struct Site {
    dir: TempDir,
    runners: Runners,
    inputs: UnboundedReceiver<Input>,
    tokens: u64,
}

impl Site {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Place)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let mut place = Place::new(dir.path().to_owned());
        change(&mut place);
        let (to, inputs) = unbounded_channel();
        Self { dir, runners: Runners::new(place, to), inputs, tokens: 0 }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// An executable file.
    fn program(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn begin(&mut self, spec: &Spec, work: Work, limit: Duration) -> Token {
        self.tokens += 1;
        let token = Token(self.tokens);
        self.runners.run(token, Arc::new(spec.clone()), work, limit);
        token
    }

    async fn input(&mut self) -> Input {
        timeout(LONG, self.inputs.recv()).await.expect("nothing happens").unwrap()
    }

    /// The process of an operation.
    async fn process(&mut self, of: Token) -> Process {
        match self.input().await {
            Input::Started { token, process } if token == of => process,
            other => panic!("{other:?}"),
        }
    }

    /// The end of an operation.
    async fn end(&mut self, of: Token) -> OperationOutcome {
        loop {
            match self.input().await {
                Input::Started { token, .. } if token == of => {}
                Input::Done { token, outcome } if token == of => return outcome,
                Input::Look(_) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    async fn does(&mut self, spec: &Spec, work: Work) -> OperationOutcome {
        let token = self.begin(spec, work, LONG);
        self.end(token).await
    }

    async fn how(&mut self, spec: &Spec, work: Work) -> How {
        self.does(spec, work).await.how
    }
}

fn script(component: &str) -> Spec {
    Spec::new(component, Kind::Script { component: component.to_owned() })
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Whether there is such a process, and it has not ended.
fn lives(pid: i32) -> bool {
    read(Path::new(&format!("/proc/{pid}/stat"))).rsplit(')').next().is_some_and(|rest| {
        let state = rest.trim_start().chars().next();
        state.is_some_and(|state| state != 'Z')
    })
}

/// Waits until something is so.
async fn until(what: &str, so: impl Fn() -> bool) {
    let waiting = async {
        let mut look = tokio::time::interval(Duration::from_millis(10));
        while !so() {
            look.tick().await;
        }
    };
    assert!(timeout(LONG, waiting).await.is_ok(), "{what}");
}
