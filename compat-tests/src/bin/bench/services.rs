//! What 50 services with a check each second cost the service daemon, apart from the checks themselves.
//!
//! The checks are scripts that do nothing. The daemon's own time is what the kernel counts of its threads, in nanoseconds; that
//! of the checks is what it counts of processes that the daemon has collected, in ticks of 10 ms. `bench services` measures
//! this alone.

use std::fmt::Write;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use bus::{Address, Daemon, Node};
use compat_tests::product;
use protocol::interface::Ask;
use protocol::service::{ServiceName, ServiceWhich};
use protocol::services::service;
use protocol::xdr::Xdr;
use runtime::{Bus, Joining};

use crate::cpu;
use crate::report::Spread;

const SERVICES: usize = 50;
/// How long is measured in a round.
const TIME: Duration = Duration::from_secs(10);
const PATIENCE: Duration = Duration::from_secs(60);

/// A kind of service, and what it needs of the configuration.
#[derive(Clone, Copy)]
enum Kind {
    Script,
    Ocf,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Ocf => "ocf",
        }
    }

    /// The service of a number, in the directory of the configuration.
    fn service(self, dir: &Path, number: usize) -> anyhow::Result<String> {
        let program = match self {
            Self::Script => dir.join(format!("events/s{number}/10.empty.script")),
            Self::Ocf => dir.join("resource.d/bench/Empty"),
        };
        fs::create_dir_all(program.parent().context("a path")?)?;
        fs::write(&program, "#!/bin/sh\n")?;
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
        let made_of = match self {
            Self::Script => "",
            Self::Ocf => "agent = ocf:bench:Empty\n",
        };
        let kind = self.name();
        Ok(format!("[service s{number}]\nkind = {kind}\n{made_of}check interval = 1s\n"))
    }
}

/// The daemon, with services that do nothing.
struct Subject {
    _dir: tempfile::TempDir,
    runtime: tokio::runtime::Runtime,
    bus: Bus,
    daemon: Child,
}

impl Drop for Subject {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

/// What a daemon has used so far.
struct Used {
    own: Duration,
    checks: Duration,
    count: u64,
}

impl Subject {
    fn start(kind: Kind) -> anyhow::Result<Self> {
        let dir = tempfile::tempdir()?;
        let path = |name: &str| dir.path().join(name);
        fs::create_dir_all(path("conf.d"))?;
        let services = (0..SERVICES).map(|number| kind.service(dir.path(), number));
        fs::write(path("conf.d/services.conf"), services.collect::<anyhow::Result<String>>()?)?;
        let daemon = Command::new(product("ctdb-serviced")?)
            .env_remove("CTDB_TEST_MODE")
            .env("OCF_ROOT", dir.path())
            .arg("--config-dir")
            .arg(dir.path())
            .arg("--run-dir")
            .arg(path("run/bus"))
            .arg("--state-dir")
            .arg(path("state"))
            .stdin(Stdio::null())
            .stderr(fs::File::create(path("log"))?)
            .spawn()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let me = Daemon { name: "bench".parse()?, instance: 0 };
        let joining = |dir: PathBuf| Joining { dir, daemon: me, release: "bench".to_owned(), features: 0 };
        let bus = runtime.block_on(async { Bus::join(joining(path("run/bus"))) })?;
        let subject = Self { runtime, bus, daemon, _dir: dir };
        let until = Instant::now() + PATIENCE;
        while subject.ask::<service::Health>(()).is_err() {
            ensure!(Instant::now() < until, "ctdb-serviced does not answer");
            subject.wait(Duration::from_millis(20));
        }
        ensure!(subject.ask::<service::Startup>(())?.done, "services do not start");
        Ok(subject)
    }

    fn wait(&self, time: Duration) {
        self.runtime.block_on(async { tokio::time::sleep(time).await });
    }

    fn ask<A: Ask>(&self, argument: A::Argument) -> anyhow::Result<A::Answer> {
        let daemon = Daemon { name: A::SERVICE.name.parse()?, instance: 0 };
        let (to, body) = (Address { node: Node::LOCAL, daemon }, argument.to_bytes()?);
        let answer = self.runtime.block_on(self.bus.call(to, A::NUMBER, body, PATIENCE))?;
        Ok(A::Answer::from_bytes(&answer)?)
    }

    fn used(&self) -> anyhow::Result<Used> {
        let pid = self.daemon.id();
        let own = cpu::used(i32::try_from(pid)?)?;
        let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
        let fields = stat.rsplit_once(") ").context("no stat")?.1.split(' ');
        let ticks: u64 = fields.skip(13).take(2).map(str::parse::<u64>).sum::<Result<_, _>>()?;
        let hertz = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)?.context("no clock ticks")?;
        let checks = Duration::from_millis(ticks.saturating_mul(1000) / u64::try_from(hertz)?);
        let all = ServiceWhich { service: ServiceName(String::new()) };
        let count = self.ask::<service::Status>(all)?.services.iter().map(|one| one.checks).sum();
        Ok(Used { own, checks, count })
    }

    /// Per cent of a core: the daemon's own, and its checks'; and checks per second.
    fn round(&self) -> anyhow::Result<[f64; 3]> {
        let (began, before) = (Instant::now(), self.used()?);
        self.wait(TIME);
        let (after, took) = (self.used()?, began.elapsed().as_secs_f64());
        let count = u32::try_from(after.count - before.count)?;
        let percent = |time: Duration| time.as_secs_f64() / took * 100.0;
        Ok([percent(after.own - before.own), percent(after.checks - before.checks), f64::from(count) / took])
    }

    /// KiB of memory.
    fn memory(&self) -> anyhow::Result<u64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.daemon.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS")?;
        Ok(line.split_whitespace().next().context("no VmRSS")?.parse()?)
    }
}

/// The table, in Markdown.
pub(crate) fn measure(rounds: usize) -> anyhow::Result<String> {
    let mut out = String::new();
    writeln!(out, "{SERVICES} services, a check each second; per cent of a core, under 2 wanted:\n")?;
    writeln!(out, "| kind | ctdb-serviced | the checks | checks/s | memory, KiB |")?;
    writeln!(out, "|---|---:|---:|---:|---:|")?;
    for kind in [Kind::Script, Kind::Ocf] {
        let subject = Subject::start(kind)?;
        subject.wait(Duration::from_secs(2));
        let mut rows = Vec::new();
        for _ in 0..rounds {
            rows.push(subject.round()?);
        }
        let [own, checks, rate] = [0, 1, 2]
            .map(|at: usize| Spread::of(rows.iter().map(|row| row.get(at).copied().unwrap_or(f64::NAN))));
        let health = subject.ask::<service::Health>(())?;
        if !health.healthy {
            bail!("the services of kind {} are not well: {:?}", kind.name(), health.reasons);
        }
        let (kind, memory) = (kind.name(), subject.memory()?);
        writeln!(out, "| {kind} | {} | {} | {} | {memory} |", own.show(2), checks.show(1), rate.show(1))?;
    }
    Ok(out)
}
