//! Our daemons under a manager outside: the resource agent that is shipped, run as Pacemaker runs it, and Debian's tester
//! of resource agents.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use compat_tests::{Tool, product, require, wait_until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tempfile::TempDir;

/// How long one step may take on a busy machine.
const STEP: Duration = Duration::from_secs(30);

/// Exit statuses of the OCF.
const SUCCESS: i32 = 0;
const GENERIC: i32 = 1;
const INSTALLED: i32 = 5;
const CONFIGURED: i32 = 6;
const NOT_RUNNING: i32 = 7;

/// A daemon that the agent runs, with a directory of its own.
struct Managed {
    dir: TempDir,
    parameters: Vec<(&'static str, String)>,
}

impl Managed {
    fn new(daemon: &str, options: &str) -> Self {
        require(&[Tool::OcfTester, Tool::Xmllint]).unwrap();
        let dir = tempfile::Builder::new().prefix("tablecloth-ocf-").tempdir().unwrap();
        // The tester looks at the agent as nobody.
        fs::set_permissions(dir.path(), fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["etc", "etc/conf.d", "bus", "state"] {
            fs::create_dir(dir.path().join(name)).unwrap();
        }
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../new-daemons/daemons/share/ocf/daemon");
        fs::copy(shipped, dir.path().join("daemon")).unwrap();
        let at = |name: &str| dir.path().join(name).display().to_string();
        let program = |name: &str| product(name).unwrap().display().to_string();
        let parameters = vec![
            ("daemon", daemon.to_owned()),
            ("program", program(&format!("ctdb-{daemon}"))),
            ("config_dir", at("etc")),
            ("bus_dir", at("bus")),
            ("pid_file", at("pid")),
            ("log", format!("file:{}", at("log"))),
            ("options", options.replace("{dir}", &dir.path().display().to_string())),
            ("ctdbctl", program("ctdbctl")),
        ];
        Self { dir, parameters }
    }

    fn agent(&self) -> PathBuf {
        self.dir.path().join("daemon")
    }

    fn set(&mut self, name: &str, value: &str) {
        let parameter = self.parameters.iter_mut().find(|(known, _)| *known == name).unwrap();
        value.clone_into(&mut parameter.1);
    }

    /// An action of the agent, as Pacemaker asks for it.
    fn act(&self, action: &str, level: &str) -> Output {
        let mut command = Command::new(self.agent());
        command.arg(action).env("OCF_ROOT", "/usr/lib/ocf").env("OCF_RESOURCE_INSTANCE", "test");
        command.env("__OCF_ACTION", action).env("OCF_CHECK_LEVEL", level);
        for (name, value) in &self.parameters {
            command.env(format!("OCF_RESKEY_{name}"), value);
        }
        command.output().unwrap()
    }

    #[track_caller]
    fn ends(&self, action: &str, level: &str, status: i32) {
        let out = self.act(action, level);
        assert_eq!(out.status.code(), Some(status), "{action} {level}: {out:?} {}", self.log());
    }

    fn log(&self) -> String {
        fs::read_to_string(self.dir.path().join("log")).unwrap_or_default()
    }

    fn pid(&self) -> Pid {
        let text = fs::read_to_string(self.dir.path().join("pid")).unwrap();
        Pid::from_raw(text.trim().parse().unwrap())
    }
}

impl Drop for Managed {
    fn drop(&mut self) {
        if self.dir.path().join("pid").exists() {
            let _ = kill(self.pid(), Signal::SIGCONT);
            self.act("stop", "0");
        }
    }
}

/// The daemons that the agent runs, and what each needs besides.
const DAEMONS: [(&str, &str); 3] = [
    ("tunneld", "--ctdb-socket {dir}/ctdbd.socket"),
    ("eventd", ""),
    ("serviced", "--state-dir {dir}/state"),
];

#[test]
fn the_agent_passes_debians_tester_with_each_daemon() {
    for (daemon, options) in DAEMONS {
        let managed = Managed::new(daemon, options);
        let mut tester = Command::new(Tool::OcfTester.path().unwrap());
        tester.args(["-n", "test"]);
        for (name, value) in &managed.parameters {
            tester.args(["-o", &format!("{name}={value}")]);
        }
        let out = tester.arg(managed.agent()).output().unwrap();
        let said = String::from_utf8_lossy(&out.stdout);
        assert!(out.status.success() && said.contains("passed all tests"), "{daemon}: {out:?}");
        assert!(!managed.dir.path().join("pid").exists(), "nothing is left running");
    }
}

#[test]
fn a_daemon_that_hangs_is_found_by_asking_it_and_one_that_was_killed_is_started_again() {
    let managed = Managed::new("eventd", "");
    managed.ends("monitor", "0", NOT_RUNNING);
    managed.ends("start", "0", SUCCESS);
    managed.ends("monitor", "10", SUCCESS);

    kill(managed.pid(), Signal::SIGSTOP).unwrap();
    managed.ends("monitor", "0", SUCCESS);
    let hung = managed.act("monitor", "10");
    assert_eq!(hung.status.code(), Some(GENERIC), "{hung:?}");
    assert!(String::from_utf8_lossy(&hung.stderr).contains("does not answer"), "{hung:?}");
    kill(managed.pid(), Signal::SIGCONT).unwrap();
    managed.ends("monitor", "10", SUCCESS);

    let old = managed.pid();
    kill(old, Signal::SIGKILL).unwrap();
    wait_until(STEP, "it is gone", || match managed.act("monitor", "0").status.code() {
        Some(NOT_RUNNING) => Ok(()),
        other => Err(format!("{other:?}")),
    })
    .unwrap();
    managed.ends("start", "0", SUCCESS);
    assert_ne!(managed.pid(), old);
    managed.ends("start", "0", SUCCESS);
    managed.ends("stop", "0", SUCCESS);
    managed.ends("monitor", "0", NOT_RUNNING);
}

#[test]
fn a_configuration_with_mistakes_is_no_reason_to_try_again_and_changes_nothing_when_it_is_read_anew() {
    let mut managed = Managed::new("eventd", "");
    let conf = managed.dir.path().join("etc/conf.d/50-eventd.conf");
    fs::write(&conf, "[eventd]\n\thistory = many\n").unwrap();
    managed.ends("start", "0", CONFIGURED);
    managed.ends("monitor", "0", NOT_RUNNING);
    fs::write(&conf, "[eventd]\n\thistory = 5\n").unwrap();
    managed.ends("start", "0", SUCCESS);
    let pid = managed.pid();

    fs::write(&conf, "[eventd]\n\thistory = many\n").unwrap();
    managed.ends("reload", "0", SUCCESS);
    wait_until(STEP, "the mistake is in its log", || {
        if managed.log().contains("50-eventd.conf:2") { Ok(()) } else { Err(managed.log()) }
    })
    .unwrap();
    managed.ends("monitor", "10", SUCCESS);
    assert_eq!(managed.pid(), pid);
    managed.ends("stop", "0", SUCCESS);
    managed.ends("reload", "0", NOT_RUNNING);

    managed.set("program", "/nowhere/ctdb-eventd");
    managed.ends("validate-all", "0", INSTALLED);
    managed.ends("stop", "0", SUCCESS);
    managed.set("daemon", "everything");
    managed.ends("validate-all", "0", CONFIGURED);
}
