//! Operations of a daemon that is no more.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

use daemons::services::{MARK, adopt};
use service::{How, Life, Operation, Phase, Process, Saved, SavedService, State, Token, UnderWay, Wall};

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
    let service = |(token, process): &(u64, Option<Process>)| SavedService {
        name: format!("s{token}"),
        kind: Kind::Script { component: "web".to_owned() },
        life: Life::Coming,
        failed: false,
        state: State::Starting,
        since: Wall(1),
        reason: String::new(),
        restarts: 0,
        held_until: None,
        told: Vec::new(),
        reported: None,
        under_way: Some(UnderWay {
            token: Token(*token),
            operation: Operation::Start,
            began: Wall(1),
            until: Wall(2),
            process: *process,
        }),
    };
    Saved {
        phase: Phase::Starting,
        healthy: false,
        since: Wall(1),
        reasons: Vec::new(),
        next_token: 100,
        addresses: Vec::new(),
        services: operations.iter().map(service).collect(),
    }
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
