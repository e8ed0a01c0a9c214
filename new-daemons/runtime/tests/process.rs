//! Programs that behave well and programs that do not, run by `runtime::process`.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use runtime::process::{Ended, How, Program, Running, StartError};
use tempfile::TempDir;
use tokio::time::timeout;

const SOON: Duration = Duration::from_secs(30);

struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn script(&self, text: &str) -> PathBuf {
        let path = self.path().join("script");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        path
    }

    fn sh(&self, text: &str) -> Program {
        Program::new(self.script(&format!("#!/bin/sh\n{text}\n")))
    }
}

async fn end(running: &mut Running) -> Ended {
    timeout(SOON, running.wait()).await.expect("it does not end")
}

async fn run(program: &Program) -> (How, String) {
    let ended = end(&mut program.start().unwrap()).await;
    (ended.how, String::from_utf8(ended.output.bytes).unwrap())
}

/// Waits until a script has written a number into this file.
async fn number(path: PathBuf) -> i32 {
    let read = async {
        loop {
            let text = fs::read_to_string(&path).unwrap_or_default();
            if text.ends_with('\n') {
                return text.trim().parse().unwrap();
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, read).await.expect("no number")
}

fn lives(pid: i32) -> bool {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with('Z'))
}

/// The parent of a process, zombie or not.
fn parent(pid: i32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split(' ').nth(1)?.parse().ok()
}

async fn gone(pid: i32) {
    let wait = async {
        while lives(pid) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(SOON, wait).await.expect("it lives");
}

#[tokio::test]
async fn output_of_both_streams_comes_in_its_order_with_the_exit_status() {
    let place = Place::new();
    let program = place.sh(r#"echo "out $1"; echo "err $2" >&2; echo "$WORD"; exit 7"#);
    let program = program.args(["a b", "c"]).env("WORD", "told");
    assert_eq!(run(&program).await, (How::Exit(7), "out a b\nerr c\ntold\n".to_owned()));
    assert_eq!(run(&place.sh("kill -9 $$")).await.0, How::Signal(9));
}

#[tokio::test]
async fn a_program_has_its_name_its_own_group_and_no_descriptor_of_its_parent_net_12() {
    let place = Place::new();
    let python = Program::new("/bin/sh").name("10.name").args(["-c", "echo $0; ps -o pgid= -p $$; echo $$"]);
    let (how, text) = run(&python).await;
    let lines: Vec<&str> = text.lines().map(str::trim).collect();
    assert_eq!((how, lines[0]), (How::Exit(0), "10.name"));
    assert_eq!(lines[1], lines[2], "leader of its group");
    let script = place.script("#!/bin/sh\nls -1 /proc/$$/fd\n");
    // With what the test itself was given, and perhaps gives on.
    let plain = std::process::Command::new(&script).output().unwrap();
    let (_, text) = run(&Program::new(script)).await;
    assert_eq!(text, String::from_utf8(plain.stdout).unwrap());
}

#[tokio::test]
async fn standard_input_is_the_given_bytes_or_empty_and_need_not_be_read() {
    let place = Place::new();
    assert_eq!(run(&place.sh("cat")).await, (How::Exit(0), String::new()));
    let long = "x".repeat(300_000);
    assert_eq!(run(&place.sh("wc -c").stdin(long.clone().into_bytes())).await.1.trim(), "300000");
    let (how, text) = run(&place.sh("head -c 3; exit 2").stdin(long.into_bytes())).await;
    assert_eq!((how, text.as_str()), (How::Exit(2), "xxx"));
}

#[tokio::test]
async fn evt_12_a_child_that_keeps_the_output_open_does_not_hold_up_the_end() {
    let place = Place::new();
    let file = place.path().join("pid");
    let program = place.sh(&format!("sleep 600 &\necho $! >{}\necho started", file.display()));
    let began = Instant::now();
    assert_eq!(run(&program).await, (How::Exit(0), "started\n".to_owned()));
    assert!(began.elapsed() < SOON);
    let child = number(file).await;
    assert!(lives(child), "what a script leaves behind on purpose is left alone");
    kill(Pid::from_raw(child), Signal::SIGKILL).unwrap();
}

#[tokio::test]
async fn a_child_that_writes_for_ever_does_not_hold_up_the_end_either() {
    let place = Place::new();
    let file = place.path().join("pid");
    let (how, _) = run(&place.sh(&format!("yes &\necho $! >{}", file.display()))).await;
    assert_eq!(how, How::Exit(0));
    // The pipe is closed now.
    gone(number(file).await).await;
}

#[tokio::test]
async fn of_endless_output_the_end_is_kept_in_bounded_memory() {
    let place = Place::new();
    let program = place.sh("i=0; yes 123456789 | head -c 5000000; echo last").output_limit(1000);
    let ended = end(&mut program.start().unwrap()).await;
    assert_eq!((ended.output.bytes.len(), ended.output.omitted), (1000, 5_000_005 - 1000));
    assert!(ended.output.bytes.ends_with(b"123456789\nlast\n"));
    let mut running = place.sh("exec yes").output_limit(10).start().unwrap();
    assert!(timeout(Duration::from_millis(300), running.wait()).await.is_err());
    let ended = timeout(SOON, running.terminate(Duration::ZERO)).await.unwrap();
    assert_eq!((ended.how, ended.output.bytes.len()), (How::Signal(9), 10));
    assert!(ended.output.omitted > 100_000, "{}", ended.output.omitted);
}

#[tokio::test]
async fn evt_12_what_ignores_the_request_to_end_is_killed_with_its_whole_group() {
    let place = Place::new();
    let file = place.path().join("pid");
    let deaf =
        place.sh(&format!("trap '' TERM\n(trap '' TERM; sleep 600) &\necho $! >{}\nwait", file.display()));
    let mut running = deaf.start().unwrap();
    let child = number(file).await;
    let began = Instant::now();
    let ended = timeout(SOON, running.terminate(Duration::from_millis(200))).await.unwrap();
    assert_eq!(ended.how, How::Signal(9));
    assert!(began.elapsed() >= Duration::from_millis(200));
    gone(child).await;
}

#[tokio::test]
async fn what_obeys_the_request_ends_before_the_grace_is_over() {
    let place = Place::new();
    let file = place.path().join("ready");
    let script =
        format!("trap 'echo bye; exit 3' TERM\necho 1 >{}\nwhile :; do sleep 0.01; done", file.display());
    let mut running = place.sh(&script).start().unwrap();
    number(file).await;
    let ended = timeout(SOON, running.terminate(Duration::from_secs(3600))).await.expect("before the grace");
    // The shell may say as well that its own child was ended.
    assert_eq!((ended.how, ended.output.bytes.ends_with(b"bye\n")), (How::Exit(3), true));
}

#[tokio::test]
async fn a_program_that_closes_its_output_is_waited_for() {
    let place = Place::new();
    let began = Instant::now();
    let (how, text) = run(&place.sh("echo early; exec >&- 2>&-; sleep 0.3; exit 4")).await;
    assert_eq!((how, text.as_str()), (How::Exit(4), "early\n"));
    assert!(began.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn why_a_program_does_not_start_is_told_apart() {
    let place = Place::new();
    let start = |path: &Path| Program::new(path).start().map(|_| ()).unwrap_err();
    assert_eq!(start(&place.path().join("none")), StartError::Missing);
    let script = place.script("not a program");
    assert_eq!(start(&script), StartError::System(nix::libc::ENOEXEC));
    let script = place.script("#!/no/such/interpreter\n");
    assert_eq!(start(&script), StartError::System(nix::libc::ENOENT));
    fs::set_permissions(&script, fs::Permissions::from_mode(0o655)).unwrap();
    assert_eq!(start(&script), StartError::NotExecutable);
    std::os::unix::fs::symlink("nowhere", place.path().join("link")).unwrap();
    assert_eq!(start(&place.path().join("link")), StartError::Missing);
    assert_eq!(start(place.path()), StartError::System(nix::libc::EACCES), "a directory");
    let long = Program::new("/bin/true").args(["x".repeat(1 << 20)]);
    assert_eq!(long.start().map(|_| ()).unwrap_err().to_string(), "Argument list too long");
}

#[tokio::test]
async fn many_programs_at_once_end_all_and_leave_no_zombie() {
    let place = Place::new();
    let program = place.sh("exit $1");
    let mut all = Vec::new();
    for number in 0..50_u8 {
        all.push((number, program.clone().args([number.to_string()]).start().unwrap()));
    }
    let mut pids = Vec::new();
    for (number, running) in &mut all {
        pids.push(running.pid());
        assert_eq!(end(running).await.how, How::Exit(*number));
    }
    for pid in pids {
        assert_ne!(parent(pid), Some(std::process::id()), "a zombie");
    }
}

#[tokio::test]
async fn a_daemon_with_process_id_1_collects_orphans_and_leaves_its_own_children_to_whoever_waits_for_them() {
    // What the kernel does for process 1 it does for this role too.
    nix::sys::prctl::set_child_subreaper(true).unwrap();
    let place = Place::new();
    let file = place.path().join("pid");
    let script = format!("sh -c 'echo $$ >{}; sleep 0.05' &\nexit $1", file.display());
    let program = place.sh(&script);
    let collecting = tokio::spawn(runtime::process::adopt());
    for code in 0..20_u8 {
        let how = run(&program.clone().args([code.to_string()])).await.0;
        assert_eq!(how, How::Exit(code));
        let orphan = number(file.clone()).await;
        let collected = async {
            while parent(orphan).is_some() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        timeout(SOON, collected).await.expect("a zombie is left");
        fs::remove_file(&file).unwrap();
    }
    collecting.abort();
    nix::sys::prctl::set_child_subreaper(false).unwrap();
}

#[tokio::test]
async fn dropping_a_running_program_kills_its_group_and_collects_it_in_time() {
    let place = Place::new();
    let file = place.path().join("pid");
    let running = place.sh(&format!("sleep 600 &\necho $! >{}\nsleep 600", file.display())).start().unwrap();
    let (leader, child) = (running.pid(), number(file).await);
    drop(running);
    gone(leader).await;
    gone(child).await;
    assert_eq!(run(&place.sh("exit 0")).await.0, How::Exit(0));
    let dead = format!("/proc/{leader}");
    assert!(!Path::new(&dead).exists(), "collected at the next start");
}

#[tokio::test]
async fn giving_up_a_wait_loses_nothing() {
    let place = Place::new();
    let mut running = place.sh("for i in 1 2 3 4 5; do echo $i; sleep 0.05; done").start().unwrap();
    let mut looks = 0;
    let ended = loop {
        match timeout(Duration::from_millis(3), running.wait()).await {
            Ok(ended) => break ended,
            Err(_) => looks += 1,
        }
    };
    assert!(looks > 3);
    assert_eq!(ended.output.bytes, b"1\n2\n3\n4\n5\n");
}
