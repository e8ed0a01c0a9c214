//! Operations of a daemon that is no more.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use daemons::services::{MARK, adopt};
use service::{How, Process, Saved, Token};

use super::*;

/// A program as the other daemon has left it: in a group of its own. Whoever drops it collects it.
struct Left(Child);

impl Left {
    fn new(mark: &str) -> Self {
        let mut command = Command::new("/bin/sleep");
        command.arg("1000").env(MARK, mark).process_group(0).stdout(Stdio::null());
        Self(command.spawn().unwrap())
    }

    fn pid(&self) -> i32 {
        self.0.id().try_into().unwrap()
    }

    fn process(&self) -> Process {
        let stat = read(Path::new(&format!("/proc/{}/stat", self.pid())));
        let started = stat.rsplit(')').next().unwrap().split_whitespace().nth(19).unwrap().parse().unwrap();
        Process { pid: self.pid(), started }
    }
}

impl Drop for Left {
    fn drop(&mut self) {
        self.0.kill().ok();
        self.0.wait().ok();
    }
}

fn saved(operations: &[(u64, Option<Process>)]) -> Saved {
    let service = |(token, process): &(u64, Option<Process>)| {
        serde_json::json!({
            "name": format!("s{token}"),
            "kind": {"script": {"component": "web"}},
            "state": "starting",
            "since": 1,
            "under_way": {"token": token, "operation": "start", "began": 1, "until": 2, "process": process},
        })
    };
    let services: Vec<_> = operations.iter().map(service).collect();
    let saved = serde_json::json!({
        "phase": "starting", "healthy": false, "since": 1, "next_token": 100, "services": services,
    });
    serde_json::from_value(saved).unwrap()
}

#[tokio::test]
async fn an_operation_is_found_by_its_process_or_by_its_mark_and_its_end_is_told() {
    let mut site = Site::new();
    let place = Place { mark: "adopted".to_owned(), ..Place::new(site.dir.path().to_owned()) };
    let (known, unknown, other) = (Left::new("x"), Left::new("adopted#2"), Left::new("adopted#77"));
    let gone = Process { pid: known.pid(), started: known.process().started + 1 };
    let left = saved(&[(1, Some(known.process())), (2, None), (3, Some(gone)), (4, None)]);
    let running = adopt::running(&left, &place);
    assert_eq!(running.keys().map(|token| token.0).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(running[&Token(2)], unknown.process());
    for (token, process) in running {
        site.runners.adopt(token, process);
    }
    // One ends by itself, the other is ended; who is nobody's business lives on.
    nix::sys::signal::kill(nix::unistd::Pid::from_raw(known.pid()), nix::sys::signal::Signal::SIGKILL)
        .unwrap();
    assert_eq!(site.end(Token(1)).await.how, How::Unknown);
    site.runners.end(Token(2));
    assert_eq!(site.end(Token(2)).await.how, How::Unknown);
    assert!(!lives(unknown.pid()) && lives(other.pid()));
}

#[tokio::test]
async fn an_operation_that_has_ended_before_it_could_be_followed_has_ended() {
    let mut site = Site::new();
    let left = Left::new("x");
    let process = left.process();
    drop(left);
    site.runners.adopt(Token(9), process);
    assert_eq!(site.end(Token(9)).await.how, How::Unknown);
}

#[tokio::test]
async fn a_service_that_went_into_the_background_is_not_taken_for_the_operation_that_started_it() {
    let site = Site::new();
    let place = Place { mark: "background".to_owned(), ..Place::new(site.dir.path().to_owned()) };
    let mut command = Command::new("setsid");
    command.args(["/bin/sleep", "1000"]).env(MARK, "background#5").stdout(Stdio::null());
    let service = Left(command.spawn().unwrap());
    let pid = nix::unistd::Pid::from_raw(service.pid());
    let deadline = std::time::Instant::now() + Duration::from_secs(60);
    let mut look = tokio::time::interval(Duration::from_millis(10));
    while nix::unistd::getsid(Some(pid)) != Ok(pid) {
        assert!(std::time::Instant::now() < deadline, "it has no session of its own");
        look.tick().await;
    }
    assert!(adopt::running(&saved(&[(5, None)]), &place).is_empty());
    // With the operation, that one is found.
    let operation = Left::new("background#5");
    assert_eq!(adopt::running(&saved(&[(5, None)]), &place)[&Token(5)], operation.process());
    assert!(lives(service.pid()));
}
