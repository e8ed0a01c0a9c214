//! Directories that cannot be used, and one that is used already: one line that says which, and exit status 1.

use std::fs::{self, Permissions};
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use nix::sys::signal::Signal;

use crate::{PROGRAM, Tunneld, assert_ways};

const NOBODY: u32 = 65_534;

fn run(program: &Path, user: Option<u32>, bus: &Path) -> Output {
    let mut command = Command::new(program);
    command.arg("--ctdb-socket").arg("/nonexistent/socket").arg("--run-dir").arg(bus).current_dir("/");
    command.args(["--config-dir", "/usr", "--log-location", "stderr"]);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    command.output().unwrap()
}

#[track_caller]
fn assert_refused(out: &Output, bus: &Path, why: &str) {
    let text = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{text}");
    let lines: Vec<_> = text.lines().filter(|line| line.starts_with("ctdb-tunneld: ")).collect();
    assert!(lines.len() == 1 && text.lines().count() == 1, "{text}");
    assert!(text.contains(why) && text.contains(bus.to_str().unwrap()), "{text}");
}

#[test]
fn a_bus_directory_that_cannot_be_used_is_one_line_and_status_1() {
    let dir = tempfile::tempdir().unwrap();
    let program = Path::new(PROGRAM);
    let file = dir.path().join("file");
    fs::write(&file, "").unwrap();
    assert_refused(&run(program, None, &file.join("bus")), &file, "Not a directory");
    assert_refused(&run(program, None, &file), &file, "");

    let open = dir.path().join("open");
    fs::create_dir(&open).unwrap();
    fs::set_permissions(&open, Permissions::from_mode(0o777)).unwrap();
    assert_refused(&run(program, None, &open), &open, "nobody else may write to");
    let way = dir.path().join("way");
    symlink(&open, &way).unwrap();
    assert_refused(&run(program, None, &way), &way, "nobody else may write to");

    let long = dir.path().join("x".repeat(110));
    assert_refused(&run(program, None, &long), &long, "SUN_LEN");

    let taken = dir.path().join("taken");
    fs::create_dir(&taken).unwrap();
    fs::set_permissions(&taken, Permissions::from_mode(0o700)).unwrap();
    fs::write(taken.join("tunnel"), "a file").unwrap();
    assert_refused(&run(program, None, &taken), &taken, "in use");
    assert_eq!(fs::read_to_string(taken.join("tunnel")).unwrap(), "a file");
}

#[test]
fn a_bus_directory_of_another_user_is_one_line_and_status_1() {
    if !nix::unistd::geteuid().is_root() {
        println!("skipped: only root can be another user");
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    fs::set_permissions(dir.path(), Permissions::from_mode(0o755)).unwrap();
    let theirs = dir.path().join("theirs");
    fs::create_dir(&theirs).unwrap();
    chown(&theirs, Some(NOBODY), Some(NOBODY)).unwrap();
    fs::set_permissions(&theirs, Permissions::from_mode(0o700)).unwrap();
    assert_refused(&run(Path::new(PROGRAM), None, &theirs), &theirs, "of this user or root");

    // And the other way round, with a program that they may run.
    let program = dir.path().join("ctdb-tunneld");
    fs::copy(PROGRAM, &program).unwrap();
    let ours = dir.path().join("ours");
    fs::create_dir(&ours).unwrap();
    fs::set_permissions(&ours, Permissions::from_mode(0o755)).unwrap();
    assert_refused(&run(&program, Some(NOBODY), &ours), &ours, "Permission denied");
    assert_refused(&run(&program, Some(NOBODY), &ours.join("bus")), &ours, "Permission denied");
    assert_eq!(fs::read_dir(&ours).unwrap().count(), 0);
}

#[test]
fn a_cluster_key_that_others_may_read_is_one_line_and_status_1() {
    let dir = tempfile::tempdir().unwrap();
    let (parts, key, bus) =
        (dir.path().join("conf.d"), dir.path().join("cluster.key"), dir.path().join("bus"));
    fs::create_dir(&parts).unwrap();
    fs::write(parts.join("50.conf"), format!("[tunneld]\n\tcluster key = {}\n", key.display())).unwrap();
    fs::write(&key, (0..32).collect::<Vec<u8>>()).unwrap();
    fs::set_permissions(&key, Permissions::from_mode(0o644)).unwrap();
    let mut command = Command::new(PROGRAM);
    command.arg("--ctdb-socket").arg("/nonexistent/socket").arg("--run-dir").arg(&bus);
    command.arg("--config-dir").arg(dir.path()).args(["--log-location", "stderr"]);
    let out = command.output().unwrap();
    assert_refused(&out, &key, "others may read or write it (mode 644); chmod 600");
    assert!(!bus.exists(), "nothing was begun");
}

#[tokio::test]
async fn a_second_tunneld_in_one_place_says_so_and_does_not_disturb_the_first() {
    let mut first = Tunneld::start().await;
    assert_eq!(fs::metadata(first.bus()).unwrap().permissions().mode() & 0o777, 0o700);
    let mut client = first.client("client").await;
    for _ in 0..3 {
        assert_refused(&run(Path::new(PROGRAM), None, &first.bus()), &first.bus(), "in use");
    }
    assert_ways(&first).await;
    assert_eq!(client.bus.send(crate::local("client"), "still".into()).await, Ok(()));
    assert_eq!(client.message().await, "still");

    // What a killed one leaves behind is taken over, what one leaves that ends in peace is gone.
    first.end(Signal::SIGKILL);
    assert!(first.socket().exists());
    first.start_again().await;
    assert_ways(&first).await;
    assert_eq!(first.end(Signal::SIGTERM).code(), Some(0));
    assert!(!first.socket().exists());
}

#[tokio::test]
async fn of_many_that_start_at_once_beside_a_dead_ones_socket_one_is_left() {
    let mut dead = Tunneld::start().await;
    for round in 0..5 {
        dead.end(Signal::SIGKILL);
        let mut all: Vec<_> = (0..6).map(|_| dead.spawn_another()).collect();
        let left = crate::until("one is left", async || {
            all.retain_mut(|child| child.try_wait().unwrap().is_none());
            if all.len() == 1 { Ok(()) } else { Err(format!("{} run", all.len())) }
        });
        left.await;
        dead.child = all.pop().unwrap();
        dead.listens().await;
        assert_ways(&dead).await;
        assert!(dead.child.try_wait().unwrap().is_none(), "round {round}");
    }
}
