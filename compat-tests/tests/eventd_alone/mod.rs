//! An event daemon by itself: ours beside C's, question by question, and ours among scripts and clients that misbehave.
//!
//! Nothing here needs a ctdbd: the daemons are started as ctdbd starts them.

mod clients;
mod resources;
mod same;
mod scripts;

use std::time::Duration;

use compat_tests::eventd::{EventDaemon, EventSite, Kind};
use compat_tests::{Result, ToolOutput, wait_until};
use legacy_codec::event::Answer;

/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(60);

/// Errors of the system that results are.
const OK: i32 = 0;
const ENOEXEC: i32 = 8;
const ETIMEDOUT: i32 = 110;

/// Ours, with a fresh directory.
fn ours() -> (EventSite, EventDaemon) {
    let site = EventSite::new().unwrap();
    let daemon = site.start(Kind::Ours).unwrap();
    (site, daemon)
}

/// A process that stands for ctdbd; killed in the end.
struct Stranger(std::process::Child);

impl Stranger {
    fn new() -> Self {
        Self(std::process::Command::new("sleep").arg("600").spawn().unwrap())
    }
}

impl Drop for Stranger {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Ours, started by another process than this one, whose connections are therefore not ctdbd's.
fn ours_of_another() -> (EventSite, EventDaemon, Stranger) {
    let (site, stranger) = (EventSite::new().unwrap(), Stranger::new());
    let command = std::process::Command::new(Kind::Ours.program().unwrap());
    let daemon = site.start_below(command, stranger.0.id()).unwrap();
    (site, daemon, stranger)
}

/// How an event went the last time: the name, the result and the output of each script.
fn status(daemon: &EventDaemon, event: &str) -> Vec<(String, i32, String)> {
    let question = compat_tests::eventd::status_request(Some("legacy"), Some(event));
    let reply = daemon.client().unwrap().ask(question).unwrap().unwrap();
    let Answer::Status(status) = reply.answer else { panic!("{reply:?}") };
    let scripts = status.scripts.iter();
    scripts.map(|run| (run.name.0.to_string(), run.result, run.output.0.to_string())).collect()
}

/// A tool's words in any case.
fn words(output: Result<ToolOutput>) -> String {
    let output = output.unwrap();
    format!("{}{} ({:?})", output.stdout, output.stderr, output.code)
}

/// Waits for a number in a file.
fn number(site: &EventSite, name: &str) -> i32 {
    let path = site.base().join(name);
    let read = || std::fs::read_to_string(&path).unwrap_or_default().trim().parse().map_err(|_| "no number");
    wait_until(STEP, "a script has written a number", read).unwrap()
}

fn lives(pid: i32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(") ").is_some_and(|(_, rest)| !rest.starts_with('Z'))
}

fn wait_gone(pid: i32) {
    wait_until(STEP, &format!("process {pid} is gone"), || if lives(pid) { Err("it lives") } else { Ok(()) })
        .unwrap();
}
