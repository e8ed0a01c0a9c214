//! `ctdb-serviced` as others see it: a real daemon with real services, asked and listened to on the bus.

mod faults;
mod killed;
mod requests;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bus::calls::{CallError, News};
use bus::{Address, Daemon, Node};
use protocol::interface::Ask;
use protocol::service::{
    ServiceCondition, ServiceHealth, ServiceName, ServicePhase, ServiceSettled, ServiceState, ServiceWhich,
};
use protocol::services::service;
use protocol::xdr::Xdr;
use runtime::{Bus, Joining, Subscription};
use tempfile::TempDir;

use crate::{SOON, told};

/// A service that runs when its file is there. What is done with it is written down.
const FILE: &str = r#"#!/bin/sh
me=$(basename $(dirname $0))
echo "$me $1" >>$CTDB_BASE/log
case $1 in
startup) touch $CTDB_BASE/$me.runs ;;
shutdown) rm -f $CTDB_BASE/$me.runs ;;
monitor) [ -e $CTDB_BASE/$me.runs ] || { echo "$me does not run"; exit 1; } ;;
esac
"#;

/// A daemon with directories of its own.
struct Place {
    dir: TempDir,
    daemon: Child,
    bus: Bus,
}

impl Drop for Place {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

fn serviced(dir: &Path) -> Child {
    let log = fs::File::options().create(true).append(true).open(dir.join("stderr")).unwrap();
    Command::new(env!("CARGO_BIN_EXE_ctdb-serviced"))
        .env_remove("CTDB_BUS_DIR")
        .env_remove("CTDB_TEST_MODE")
        .arg("--config-dir")
        .arg(dir)
        .arg("--run-dir")
        .arg(dir.join("run/bus"))
        .arg("--state-dir")
        .arg(dir.join("state"))
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .unwrap()
}

impl Place {
    /// With this configuration, and what else there is to be prepared.
    async fn new(configuration: &str, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("run/bus")).unwrap();
        fs::set_permissions(dir.path().join("run/bus"), fs::Permissions::from_mode(0o700)).unwrap();
        fs::create_dir_all(dir.path().join("conf.d")).unwrap();
        fs::write(dir.path().join("conf.d/services.conf"), configuration).unwrap();
        prepare(dir.path());
        let daemon = serviced(dir.path());
        let me = Daemon { name: "test".parse().unwrap(), instance: 0 };
        let joining =
            Joining { dir: dir.path().join("run/bus"), daemon: me, release: "test".to_owned(), features: 0 };
        let bus = Bus::join(joining).unwrap();
        let mut place = Self { dir, daemon, bus };
        place.wait_up().await;
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    fn log(&self) -> String {
        fs::read_to_string(self.path("stderr")).unwrap_or_default()
    }

    /// What was done with services, in order.
    fn done(&self) -> Vec<String> {
        fs::read_to_string(self.path("log")).unwrap_or_default().lines().map(str::to_owned).collect()
    }

    fn count(&self, line: &str) -> usize {
        self.done().iter().filter(|done| *done == line).count()
    }

    async fn ask<A: Ask>(&self, argument: A::Argument) -> Result<A::Answer, CallError> {
        let to =
            Address { node: Node::LOCAL, daemon: Daemon { name: "service".parse().unwrap(), instance: 0 } };
        let body = argument.to_bytes().unwrap();
        let answer = self.bus.call(to, A::NUMBER, body, SOON).await?;
        Ok(A::Answer::from_bytes(&answer).unwrap())
    }

    /// Asks until the daemon is there.
    async fn wait_up(&mut self) {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        while let Err(error) = self.ask::<service::Health>(()).await {
            let ended = self.daemon.try_wait().unwrap();
            assert!(ended.is_none() && Instant::now() < deadline, "{error}, {ended:?}\n{}", self.log());
            turn.tick().await;
        }
    }

    async fn startup(&self) -> ServiceSettled {
        self.ask::<service::Startup>(()).await.unwrap()
    }

    async fn health(&self) -> ServiceHealth {
        self.ask::<service::Health>(()).await.unwrap()
    }

    async fn service(&self, name: &str) -> ServiceCondition {
        let mut status = self.ask::<service::Status>(which(name)).await.unwrap();
        status.services.remove(0)
    }

    /// Waits until a service is as it should be.
    async fn wait_for(&self, name: &str, state: ServiceState) -> ServiceCondition {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        loop {
            let now = self.service(name).await;
            if now.entry.state == state {
                return now;
            }
            assert!(Instant::now() < deadline, "{name} is {:?}, not {state:?}\n{}", now.entry, self.log());
            turn.tick().await;
        }
    }

    /// Waits until the node is well, or not.
    async fn wait_for_health(&self, healthy: bool) {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        while self.health().await.healthy != healthy {
            assert!(Instant::now() < deadline, "{:?}\n{}", self.health().await, self.log());
            turn.tick().await;
        }
    }

    /// Waits until something is so.
    async fn until(&self, what: &str, so: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + SOON;
        let mut turn = tokio::time::interval(Duration::from_millis(20));
        while !so(self) {
            assert!(Instant::now() < deadline, "{what}\n{:?}\n{}", self.done(), self.log());
            turn.tick().await;
        }
    }

    fn signal(&self, signal: nix::sys::signal::Signal) {
        let pid = nix::unistd::Pid::from_raw(self.daemon.id().try_into().unwrap());
        nix::sys::signal::kill(pid, signal).unwrap();
    }

    /// Kills the daemon, and starts another one.
    async fn kill_and_start(&mut self) {
        self.daemon.kill().unwrap();
        self.daemon.wait().unwrap();
        self.daemon = serviced(self.dir.path());
        self.wait_up().await;
    }
}

fn which(name: &str) -> ServiceWhich {
    ServiceWhich { service: ServiceName(name.to_owned()) }
}

fn script(dir: &Path, component: &str, text: &str) {
    let path = dir.join("events").join(component).join("10.test.script");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}
