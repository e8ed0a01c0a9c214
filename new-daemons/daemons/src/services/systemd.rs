//! A service that is a unit of systemd, reached over D-Bus.
//!
//! Starts, stops and reloads are jobs of systemd (`org.freedesktop.systemd1.Manager`): one is over when systemd says so by
//! `JobRemoved`, and one that takes too long is cancelled. A check reads the state of the unit; while that is about to
//! change, it waits. A connection that is lost is made anew for the next operation. Nothing of systemd is changed on disk.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt;
use service::{How, Input, OperationOutcome, Work};
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio::time::timeout;
use zbus::proxy::CacheProperties;
use zbus::zvariant::{OwnedObjectPath, OwnedValue};
use zbus::{Connection, Message, Proxy};

use super::operation::{GRACE, Operation, cannot, said};

const SYSTEMD: &str = "org.freedesktop.systemd1";
const MANAGER: &str = "org.freedesktop.systemd1.Manager";
const UNIT: &str = "org.freedesktop.systemd1.Unit";
const PROPERTIES: &str = "org.freedesktop.DBus.Properties";
const ROOT: &str = "/org/freedesktop/systemd1";

/// Between two looks at a unit that is about to change its state.
const LOOK: Duration = Duration::from_millis(250);
/// Until the bus is tried again by whoever watches units.
const AGAIN: Duration = Duration::from_secs(5);

/// The way to systemd. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Systemd {
    /// Another bus than that of the system.
    address: Option<String>,
    connection: Arc<Mutex<Option<Connection>>>,
    watching: Arc<std::sync::Mutex<Watching>>,
}

/// The units that are watched, with their services, and the task that does it.
#[derive(Debug, Default)]
struct Watching {
    units: BTreeMap<String, String>,
    task: Option<JoinHandle<()>>,
}

impl Drop for Watching {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

/// How a unit is.
#[derive(Debug)]
struct State {
    load: String,
    active: String,
    sub: String,
}

impl State {
    /// It will be something else soon, by itself.
    fn is_passing(&self) -> bool {
        matches!(self.active.as_str(), "activating" | "deactivating") && self.sub != "auto-restart"
    }
}

impl std::fmt::Display for State {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} ({})", self.active, self.sub)
    }
}

async fn proxy<'a>(connection: &Connection, path: &'a str, interface: &'a str) -> zbus::Result<Proxy<'a>> {
    zbus::proxy::Builder::new(connection)
        .destination(SYSTEMD)?
        .path(path)?
        .interface(interface)?
        .cache_properties(CacheProperties::No)
        .build()
        .await
}

impl Systemd {
    pub(super) fn new(address: Option<String>) -> Self {
        Self { address, connection: Arc::default(), watching: Arc::default() }
    }

    async fn connect(&self) -> zbus::Result<Connection> {
        match &self.address {
            Some(address) => zbus::connection::Builder::address(address.as_str())?.build().await,
            None => Connection::system().await,
        }
    }

    /// The connection that all operations share.
    async fn connection(&self) -> zbus::Result<Connection> {
        let mut shared = self.connection.lock().await;
        if let Some(connection) = &*shared {
            return Ok(connection.clone());
        }
        let connection = self.connect().await?;
        // Without it systemd tells nobody that a job is over.
        proxy(&connection, ROOT, MANAGER).await?.call::<_, _, ()>("Subscribe", &()).await?;
        *shared = Some(connection.clone());
        Ok(connection)
    }

    /// Does something with a unit.
    pub(super) async fn run(&self, unit: &str, work: &Work, operation: &mut Operation) -> OperationOutcome {
        let (cancel, cancelled) = oneshot::channel();
        let working = async {
            let connection = self.connection().await?;
            match work {
                Work::Check => check(&connection, unit).await,
                Work::Start => job(&connection, unit, "StartUnit", cancelled).await,
                Work::Stop => job(&connection, unit, "StopUnit", cancelled).await,
                Work::Reconfigure(_) => reload(&connection, unit, cancelled).await,
            }
        };
        tokio::pin!(working);
        let (done, in_time) = tokio::select! {
            done = &mut working => (Some(done), true),
            () = operation.asked_to_end() => {
                // A job is cancelled, and its end waited for; of a check there is nothing to be ended.
                let _ = cancel.send(());
                let patience = if matches!(work, Work::Check) { Duration::ZERO } else { GRACE };
                (timeout(patience, &mut working).await.ok(), false)
            }
        };
        match done {
            None => said(How::TimedOut, format!("systemd was too slow with {unit}\n")),
            Some(Ok(outcome)) if in_time => outcome,
            Some(Ok(outcome)) => OperationOutcome { how: How::TimedOut, ..outcome },
            Some(Err(error)) => {
                if !matches!(error, zbus::Error::MethodError(..)) {
                    // Perhaps the bus was started again.
                    *self.connection.lock().await = None;
                }
                cannot(words(&error))
            }
        }
    }

    /// Watches these units, and no others: a change of one is an input about its service.
    pub(super) fn watch(&self, units: BTreeMap<String, String>, inputs: UnboundedSender<Input>) {
        let mut watching = self.watching.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if watching.units == units {
            return;
        }
        watching.units.clone_from(&units);
        let task =
            (!units.is_empty()).then(|| tokio::spawn(watch(self.clone_without_watching(), units, inputs)));
        if let Some(old) = std::mem::replace(&mut watching.task, task) {
            old.abort();
        }
    }

    /// For the task itself, which must not keep itself alive.
    fn clone_without_watching(&self) -> Self {
        Self { watching: Arc::default(), ..self.clone() }
    }
}

fn words(error: &zbus::Error) -> String {
    match error {
        zbus::Error::MethodError(_, Some(text), _) => text.lines().next().unwrap_or_default().to_owned(),
        error => format!("systemd cannot be reached: {error}"),
    }
}

async fn load(connection: &Connection, unit: &str) -> zbus::Result<OwnedObjectPath> {
    proxy(connection, ROOT, MANAGER).await?.call("LoadUnit", &(unit,)).await
}

async fn state(unit: &Proxy<'_>) -> zbus::Result<State> {
    Ok(State {
        load: unit.get_property("LoadState").await?,
        active: unit.get_property("ActiveState").await?,
        sub: unit.get_property("SubState").await?,
    })
}

/// Why a unit has failed, if systemd says so: exit-code, signal, timeout, watchdog.
async fn result(connection: &Connection, path: &OwnedObjectPath, unit: &str) -> Option<String> {
    let kind = unit.rsplit('.').next().and_then(|suffix| match suffix {
        "service" => Some("org.freedesktop.systemd1.Service"),
        "socket" => Some("org.freedesktop.systemd1.Socket"),
        "mount" => Some("org.freedesktop.systemd1.Mount"),
        "timer" => Some("org.freedesktop.systemd1.Timer"),
        _ => None,
    })?;
    let unit = proxy(connection, path.as_str(), kind).await.ok()?;
    let result: String = unit.get_property("Result").await.ok()?;
    let status: Option<i32> = unit.get_property("ExecMainStatus").await.ok();
    Some(match status.filter(|_| result == "exit-code") {
        Some(status) => format!("{result}, status {status}"),
        None => result,
    })
}

async fn check(connection: &Connection, unit: &str) -> zbus::Result<OperationOutcome> {
    let path = load(connection, unit).await?;
    let of_unit = proxy(connection, path.as_str(), UNIT).await?;
    loop {
        let state = state(&of_unit).await?;
        if state.is_passing() {
            tokio::time::sleep(LOOK).await;
            continue;
        }
        return Ok(match (state.load.as_str(), state.active.as_str()) {
            (_, "active" | "reloading") => said(How::Ok, format!("{unit}: {state}\n")),
            ("not-found", _) => cannot(format!("there is no unit {unit}")),
            ("error" | "bad-setting" | "masked", _) => cannot(format!("{unit}: {}", state.load)),
            (_, "inactive") => said(How::NotRunning, format!("{unit}: {state}\n")),
            _ => {
                let why = result(connection, &path, unit).await.unwrap_or_default();
                said(How::Failed(0), format!("{unit}: {state}: {why}\n"))
            }
        });
    }
}

/// Has systemd do something, and waits until it is done.
async fn job(
    connection: &Connection,
    unit: &str,
    method: &str,
    cancelled: oneshot::Receiver<()>,
) -> zbus::Result<OperationOutcome> {
    let manager = proxy(connection, ROOT, MANAGER).await?;
    // Before the job is there, so that its end is not missed.
    let mut removed = manager.receive_signal("JobRemoved").await?;
    let job: OwnedObjectPath = manager.call(method, &(unit, "replace")).await?;
    let mut cancelled = Some(cancelled);
    let result = loop {
        let cancel = async {
            match &mut cancelled {
                Some(cancelled) => cancelled.await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            signal = removed.next() => match signal {
                Some(signal) => if let Some(result) = ended(&signal, &job) { break result },
                None => return Err(zbus::Error::InputOutput(Arc::new(std::io::ErrorKind::BrokenPipe.into()))),
            },
            asked = cancel => {
                cancelled = None;
                if asked.is_ok() {
                    proxy(connection, job.as_str(), "org.freedesktop.systemd1.Job").await?
                        .call::<_, _, ()>("Cancel", &()).await?;
                }
            }
        }
    };
    if result == "done" {
        return Ok(said(How::Ok, ""));
    }
    let path = load(connection, unit).await?;
    let state = state(&proxy(connection, path.as_str(), UNIT).await?).await?;
    let why = match state.active.as_str() {
        "failed" => self::result(connection, &path, unit).await.map(|why| format!(": {why}")),
        _ => None,
    };
    let line = format!("systemd: {result}; {unit}: {state}{}\n", why.unwrap_or_default());
    let how = if result == "timeout" { How::TimedOut } else { How::Failed(0) };
    Ok(said(how, line))
}

/// How a job ended, if the signal is about it.
fn ended(signal: &Message, job: &OwnedObjectPath) -> Option<String> {
    let body = signal.body();
    let (_, path, _, result): (u32, OwnedObjectPath, String, String) = body.deserialize().ok()?;
    (path == *job).then_some(result)
}

async fn reload(
    connection: &Connection,
    unit: &str,
    cancelled: oneshot::Receiver<()>,
) -> zbus::Result<OperationOutcome> {
    let path = load(connection, unit).await?;
    let can: bool = proxy(connection, path.as_str(), UNIT).await?.get_property("CanReload").await?;
    if !can {
        return Ok(said(How::Ok, format!("{unit} has no reload: nothing was done\n")));
    }
    job(connection, unit, "ReloadUnit", cancelled).await
}

/// Says for ever which services are to be looked at.
async fn watch(systemd: Systemd, units: BTreeMap<String, String>, inputs: UnboundedSender<Input>) {
    loop {
        if let Err(error) = watch_once(&systemd, &units, &inputs).await {
            tracing::debug!("units are not watched: {}", words(&error));
        }
        tokio::time::sleep(AGAIN).await;
    }
}

/// The same until the connection is lost.
async fn watch_once(
    systemd: &Systemd,
    units: &BTreeMap<String, String>,
    inputs: &UnboundedSender<Input>,
) -> zbus::Result<()> {
    let connection = systemd.connection().await?;
    let mut signals = futures_util::stream::SelectAll::new();
    for (unit, service) in units {
        let path = load(&connection, unit).await?;
        let properties = zbus::proxy::Builder::<Proxy<'static>>::new(&connection)
            .destination(SYSTEMD)?
            .path(path)?
            .interface(PROPERTIES)?
            .cache_properties(CacheProperties::No)
            .build()
            .await?;
        let service = service.clone();
        signals
            .push(properties.receive_signal("PropertiesChanged").await?.map(move |s| (service.clone(), s)));
    }
    // What happened before is not known.
    for service in units.values() {
        let _ = inputs.send(Input::Look(service.clone()));
    }
    let mut last: BTreeMap<String, String> = BTreeMap::new();
    while let Some((service, signal)) = signals.next().await {
        let body = signal.body();
        type Changed = (String, std::collections::HashMap<String, OwnedValue>, Vec<String>);
        let Ok((interface, changed, _)) = body.deserialize::<Changed>() else { continue };
        let Some(active) = changed.get("ActiveState").filter(|_| interface == UNIT) else { continue };
        let active = String::try_from(active.clone()).unwrap_or_default();
        // Each of the two is told while a job is under way; only where it leads counts.
        if matches!(active.as_str(), "active" | "inactive" | "failed")
            && last.insert(service.clone(), active.clone()) != Some(active)
        {
            let _ = inputs.send(Input::Look(service));
        }
    }
    Ok(())
}
