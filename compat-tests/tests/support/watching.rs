//! The example in Python that docs/json.md shows, started as a reader would start it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use compat_tests::Node;

/// How long a line may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// The example, and what it prints.
pub(crate) struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    /// Listens at the door of a node's daemon to events of the daemon of that name on some node.
    pub(crate) fn start(near: &Node, daemon: &str, node: &str, topic: &str) -> Self {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/examples/watch_events.py");
        let mut command = Command::new("python3");
        command.arg(script).arg("--door").arg(near.bus_dir().join(format!("{daemon}.0.http")));
        command.args(["--node", node, "--topic", topic]);
        // It listens to tunnelds unless it is told otherwise.
        if daemon != "tunnel" {
            command.args(["--daemon", daemon]);
        }
        let mut child = command.stdout(Stdio::piped()).stdin(Stdio::null()).spawn().unwrap();
        let printed = BufReader::new(child.stdout.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in printed.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Self { child, lines }
    }

    /// Passes over what comes before a line that is so.
    #[track_caller]
    pub(crate) fn line(&self, what: impl Fn(&str) -> bool) -> String {
        let deadline = Instant::now() + STEP;
        let mut seen = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(deadline.saturating_duration_since(Instant::now())) {
            if what(&line) {
                return line;
            }
            seen.push(line);
        }
        panic!("not printed in time; this was: {seen:#?}");
    }

    /// The same for a line with all of this in it.
    #[track_caller]
    pub(crate) fn line_with(&self, parts: &[&str]) -> String {
        self.line(|line| parts.iter().all(|part| line.contains(part)))
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
