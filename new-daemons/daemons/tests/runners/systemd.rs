//! Units of a real systemd as services. It runs in namespaces of its own, sees no units but those of the test, and can write
//! nowhere but in the test's directory (`systemd.sh`). Only root can have it.

use std::os::unix::fs::DirBuilderExt;
use std::process::{Child, Command, Stdio};

use service::{Change, How, Input, Work};

use super::*;

pub(crate) const MANAGER: &str = "org.freedesktop.systemd1";

const UNITS: &[(&str, &str)] = &[
    ("test.target", "[Unit]\nDefaultDependencies=no\nWants=dbus.socket dbus.service\n"),
    ("dbus.socket", "[Unit]\nDefaultDependencies=no\n[Socket]\nListenStream=/run/dbus/system_bus_socket\n"),
    (
        "dbus.service",
        "[Unit]\nDefaultDependencies=no\nRequires=dbus.socket\n[Service]\nType=notify\nNotifyAccess=main\n\
         ExecStart=/usr/bin/dbus-daemon --system --address=systemd: --nofork --nopidfile --systemd-activation\n",
    ),
    (
        "good.service",
        "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\nExecReload=/bin/touch /run/reloaded\n",
    ),
    ("plain.service", "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\n"),
    (
        "bad.service",
        "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit 3'\n",
    ),
    (
        "slow.service",
        "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\nTimeoutStartSec=infinity\n\
         ExecStart=/bin/sleep 1000\n",
    ),
    (
        "stuck.service",
        "[Unit]\nDefaultDependencies=no\n[Service]\nExecStart=/bin/sleep 1000\nExecStop=/bin/sleep 1000\n\
         TimeoutStopSec=infinity\n",
    ),
    (
        "brief.service",
        "[Unit]\nDefaultDependencies=no\n[Service]\nType=oneshot\nRemainAfterExit=yes\n\
         ExecStart=/bin/sh -c 'while [ ! -e /run/go ]; do sleep 0.05; done'\n",
    ),
];

/// A systemd with the units above.
pub(crate) struct Systemd {
    pub(crate) dir: TempDir,
    cgroup: PathBuf,
    child: Child,
}

impl Systemd {
    async fn boot() -> Self {
        Self::boot_with(|_| {}).await
    }

    /// With what else there is to be prepared in its directory.
    pub(crate) async fn boot_with(prepare: impl FnOnce(&Path)) -> Self {
        assert!(nix::unistd::geteuid().is_root(), "only root can run a systemd in namespaces of its own");
        let dir = tempfile::tempdir().unwrap();
        for name in ["units", "none", "run"] {
            fs::DirBuilder::new().mode(0o755).create(dir.path().join(name)).unwrap();
        }
        for (name, text) in UNITS {
            fs::write(dir.path().join("units").join(name), text).unwrap();
        }
        prepare(dir.path());
        fs::write(dir.path().join("systemd.sh"), include_str!("systemd.sh")).unwrap();
        let mounts = read(Path::new("/proc/self/mounts"));
        let unified = mounts.lines().find(|line| line.split(' ').nth(2) == Some("cgroup2"));
        let unified = unified.and_then(|line| line.split(' ').nth(1)).expect("there is no cgroup2");
        let cgroup = Path::new(unified).join(format!("tablecloth-test-{}", std::process::id()));
        fs::create_dir(&cgroup).unwrap();
        let enter = "echo 0 >\"$1/cgroup.procs\" && exec setsid unshare --mount --pid --uts --ipc --net --cgroup --fork \
            --kill-child /bin/sh \"$2/systemd.sh\" \"$2\"";
        let log = fs::File::create(dir.path().join("log")).unwrap();
        let mut command = Command::new("/bin/sh");
        command.args(["-c", enter, "sh"]).arg(&cgroup).arg(dir.path());
        command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log);
        let mut systemd = Self { dir, cgroup, child: command.spawn().unwrap() };
        let deadline = std::time::Instant::now() + LONG;
        let mut look = tokio::time::interval(Duration::from_millis(20));
        // The manager is on the bus once it answers there.
        while zbus::connection::Builder::address(systemd.address().as_str()).unwrap().build().await.is_err() {
            let ended = systemd.child.try_wait().unwrap();
            let log = read(&systemd.dir.path().join("log"));
            assert!(ended.is_none() && std::time::Instant::now() < deadline, "no systemd: {ended:?}\n{log}");
            look.tick().await;
        }
        systemd
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.dir.path().join("run/dbus/system_bus_socket").display())
    }

    pub(crate) async fn connection(&self) -> zbus::Connection {
        zbus::connection::Builder::address(self.address().as_str()).unwrap().build().await.unwrap()
    }

    /// Waits until a unit is so.
    pub(crate) async fn wait_for(&self, unit: &str, wanted: &str) {
        let connection = self.connection().await;
        let name = format!("{}_2eservice", unit);
        let path = format!("/org/freedesktop/systemd1/unit/{name}");
        let unit = zbus::Proxy::new(&connection, MANAGER, path.as_str(), "org.freedesktop.systemd1.Unit");
        let unit = unit.await.unwrap();
        let waiting = async {
            let mut look = tokio::time::interval(Duration::from_millis(20));
            while unit.get_property::<String>("ActiveState").await.ok().as_deref() != Some(wanted) {
                look.tick().await;
            }
        };
        assert!(timeout(LONG, waiting).await.is_ok(), "{name} is not {wanted}");
    }

    pub(crate) fn site(&self) -> Site {
        Site::with(|place| place.system_bus = Some(self.address()))
    }
}

impl Drop for Systemd {
    fn drop(&mut self) {
        // With it all of its namespace ends.
        self.child.kill().ok();
        self.child.wait().ok();
        let deadline = std::time::Instant::now() + LONG;
        while remove(&self.cgroup).is_err() && std::time::Instant::now() < deadline {
            std::thread::yield_now();
        }
    }
}

/// Removes a control group and those in it.
fn remove(cgroup: &Path) -> std::io::Result<()> {
    for entry in fs::read_dir(cgroup)?.flatten().filter(|entry| entry.path().is_dir()) {
        remove(&entry.path())?;
    }
    fs::remove_dir(cgroup)
}

pub(crate) fn unit(name: &str) -> Spec {
    Spec::new("thing", Kind::Systemd { unit: format!("{name}.service") })
}

#[tokio::test]
async fn a_unit_is_started_checked_reloaded_and_stopped() {
    let systemd = Systemd::boot().await;
    let mut site = systemd.site();
    let good = unit("good");
    assert_eq!(site.how(&good, Work::Check).await, How::NotRunning);
    assert_eq!(site.how(&good, Work::Start).await, How::Ok);
    let checked = site.does(&good, Work::Check).await;
    assert_eq!((checked.how, checked.output.text.as_str()), (How::Ok, "good.service: active (running)\n"));
    assert_eq!(site.how(&good, Work::Start).await, How::Ok, "one that runs is not started again");
    assert_eq!(site.how(&good, Work::Reconfigure(Change::default().into())).await, How::Ok);
    assert!(systemd.dir.path().join("run/reloaded").exists());
    assert_eq!(site.how(&good, Work::Stop).await, How::Ok);
    assert_eq!(site.how(&good, Work::Check).await, How::NotRunning);
    let plain = unit("plain");
    assert_eq!(site.how(&plain, Work::Start).await, How::Ok);
    let told = site.does(&plain, Work::Reconfigure(Change::default().into())).await;
    assert_eq!(
        (told.how, told.output.text.as_str()),
        (How::Ok, "plain.service has no reload: nothing was done\n")
    );
}

#[tokio::test]
async fn a_unit_that_fails_says_why_and_one_that_is_not_there_says_so() {
    let systemd = Systemd::boot().await;
    let mut site = systemd.site();
    let started = site.does(&unit("bad"), Work::Start).await;
    assert_eq!(started.how, How::Failed(0));
    let words = "systemd: failed; bad.service: failed (failed): exit-code, status 3\n";
    assert_eq!(started.output.text, words);
    let checked = site.does(&unit("bad"), Work::Check).await;
    assert_eq!(checked.how, How::Failed(0));
    assert_eq!(checked.output.text, "bad.service: failed (failed): exit-code, status 3\n");
    assert_eq!(
        site.how(&unit("none"), Work::Check).await,
        How::CannotRun("there is no unit none.service".to_owned())
    );
    assert_eq!(
        site.how(&unit("none"), Work::Start).await,
        How::CannotRun("Unit none.service not found.".to_owned())
    );
}

#[tokio::test]
async fn a_job_that_takes_too_long_is_cancelled() {
    let systemd = Systemd::boot().await;
    let mut site = systemd.site();
    let (slow, stuck) = (unit("slow"), unit("stuck"));
    assert_eq!(site.how(&stuck, Work::Start).await, How::Ok);
    let works = [(&slow, "slow", Work::Start, "activating"), (&stuck, "stuck", Work::Stop, "deactivating")];
    for (spec, name, work, passing) in works {
        let token = site.begin(spec, work, LONG);
        systemd.wait_for(name, passing).await;
        // It is under way when a check waits for what comes of it.
        let check = site.begin(spec, Work::Check, LONG);
        assert!(timeout(Duration::from_millis(700), site.input()).await.is_err(), "something has ended");
        site.runners.end(token);
        let outcome = site.end(token).await;
        assert_eq!(outcome.how, How::TimedOut, "{outcome:?}");
        site.runners.end(check);
        assert_eq!(site.end(check).await.how, How::TimedOut);
    }
}

#[tokio::test]
async fn a_check_waits_while_a_unit_is_being_started() {
    let systemd = Systemd::boot().await;
    let mut site = systemd.site();
    let brief = unit("brief");
    let start = site.begin(&brief, Work::Start, LONG);
    systemd.wait_for("brief", "activating").await;
    let check = site.begin(&brief, Work::Check, LONG);
    assert!(timeout(Duration::from_millis(700), site.input()).await.is_err(), "something has ended");
    fs::write(systemd.dir.path().join("run/go"), "").unwrap();
    let mut ended = Vec::new();
    for _ in 0..2 {
        match site.input().await {
            Input::Done { token, outcome } => ended.push((token, outcome.how)),
            other => panic!("{other:?}"),
        }
    }
    ended.sort_by_key(|(token, _)| *token);
    assert_eq!(ended, [(start, How::Ok), (check, How::Ok)]);
}

#[tokio::test]
async fn a_unit_that_dies_is_looked_at_at_once_and_a_systemd_that_is_gone_is_told() {
    let systemd = Systemd::boot().await;
    let mut site = systemd.site();
    let good = unit("good");
    site.runners.watch(std::slice::from_ref(&good));
    assert_eq!(site.input().await, Input::Look("thing".to_owned()), "when watching begins");
    assert_eq!(site.how(&good, Work::Start).await, How::Ok);
    // One more check is begun for each of these; what was told of the start is passed over.
    systemd.wait_for("good", "active").await;
    let quiet = Duration::from_millis(500);
    while let Ok(input) = timeout(quiet, site.input()).await {
        assert_eq!(input, Input::Look("thing".to_owned()));
    }
    // As somebody else stops it.
    let connection = systemd.connection().await;
    let root = "/org/freedesktop/systemd1";
    let manager = zbus::Proxy::new(&connection, MANAGER, root, "org.freedesktop.systemd1.Manager");
    let kill = ("good.service", "all", 9_i32);
    manager.await.unwrap().call::<_, _, ()>("KillUnit", &kill).await.unwrap();
    assert_eq!(site.input().await, Input::Look("thing".to_owned()));
    let checked = site.does(&good, Work::Check).await;
    assert_eq!(checked.output.text, "good.service: failed (failed): signal\n");
    drop(systemd);
    let How::CannotRun(why) = site.how(&good, Work::Check).await else { panic!("it was checked") };
    assert!(why.starts_with("systemd cannot be reached: "), "{why}");
}
