//! The HTTP door of a daemon: its requests and events as JSON, for scripts and for trying things out.
//!
//! It listens at a Unix socket that only its own user and root get through (the kernel says who comes), and at a TCP
//! address when the configuration names one. Nobody who comes can cost more than [`Limits`] allow. docs/json.md is for
//! users. What a request means is the handler's business ([`Station`]), and so the same as on the bus.

mod describe;
mod events;
mod metrics;
pub mod numbers;
mod problem;
pub(crate) mod ring;
mod routes;
mod serve;
mod stall;

use std::io;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::http::StatusCode;
use bus::Daemon;
use bus_sockets::SocketFile;
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;

use crate::frame::Sockets;
use crate::station::Station;
use metrics::Counts;
use problem::Problem;

pub use prometheus_client;

/// What nobody who comes can exceed.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// Connections at a time.
    pub connections: usize,
    /// Streams of events among them.
    pub streams: usize,
    /// So long a connection may take for the head of its next request.
    pub head: Duration,
    /// So long a request may take for its body.
    pub body: Duration,
    /// The largest body.
    pub body_size: usize,
    /// So long a reader may take nothing of what it is sent.
    pub stall: Duration,
}

impl Limits {
    /// The usual ones, with what the configuration says.
    #[must_use]
    pub fn of(http: &config::Http) -> Self {
        Self { body_size: usize::try_from(http.body_limit.0).unwrap_or(usize::MAX), ..Self::default() }
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: 128,
            streams: 96,
            head: Duration::from_secs(10),
            body: Duration::from_secs(10),
            body_size: 1 << 20,
            stall: Duration::from_secs(30),
        }
    }
}

/// Where a door is.
#[derive(Clone, Debug, Default)]
pub struct Places {
    /// The Unix socket.
    pub socket: Option<PathBuf>,
    /// The TCP address, which has to be a loopback one unless `beyond_loopback`.
    pub listen: Option<SocketAddr>,
    /// Whoever reaches the address may do everything, from anywhere.
    pub beyond_loopback: bool,
}

impl Places {
    /// What the configuration says of the door of a daemon. None: it has no door.
    #[must_use]
    pub fn of(
        http: &config::Http,
        listen: Option<SocketAddr>,
        daemon: Daemon,
        bus_dir: &Path,
    ) -> Option<Self> {
        let dir = http.directory.as_deref().unwrap_or(bus_dir);
        let socket = dir.join(format!("{}.{}.http", daemon.name, daemon.instance));
        let beyond_loopback = http.beyond_loopback;
        http.enabled.then_some(Self { socket: Some(socket), listen, beyond_loopback })
    }
}

/// Why there is no door.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoorError {
    /// the Unix socket cannot be made
    #[error("cannot listen at {}: {error}", path.display())]
    Socket {
        /// The path of the socket.
        path: PathBuf,
        /// What the system says.
        error: io::Error,
    },
    /// the TCP address cannot be had
    #[error("cannot listen at {address}: {error}")]
    Address {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system says.
        error: io::Error,
    },
    /// the TCP address can be reached from other hosts, which was not allowed
    #[error("{0} can be reached from other hosts; `beyond loopback = true` in [http] allows that")]
    NotLoopback(SocketAddr),
}

struct Inner {
    station: Station,
    limits: Limits,
    counts: Counts,
    connections: Arc<Semaphore>,
    streams: Arc<Semaphore>,
}

#[derive(Clone)]
struct Shared(Arc<Inner>);

impl Shared {
    /// A place among the streams.
    fn stream(&self) -> Result<OwnedSemaphorePermit, Problem> {
        let full = |_| {
            let detail = "too many streams of events are open";
            Problem::new(StatusCode::SERVICE_UNAVAILABLE, "busy", detail)
        };
        self.0.streams.clone().try_acquire_owned().map_err(full)
    }

    /// Connections that are open, and streams of events among them.
    fn open(&self) -> [usize; 2] {
        let Inner { limits, connections, streams, .. } = &*self.0;
        [limits.connections - connections.available_permits(), limits.streams - streams.available_permits()]
    }
}

/// An open door. It is shut when this is dropped, and every connection with it.
#[derive(Debug)]
pub struct Door {
    tasks: Vec<AbortHandle>,
    address: Option<SocketAddr>,
    file: Option<SocketFile>,
}

impl Drop for Door {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

impl Door {
    /// Opens the door of a daemon. Sockets that somebody else has opened for it are used. Must be called within a tokio
    /// runtime.
    pub fn open(
        station: Station,
        places: &Places,
        limits: Limits,
        sockets: &mut Sockets,
    ) -> Result<Self, DoorError> {
        let counts = Counts::default();
        let (connections, streams) =
            (Arc::new(Semaphore::new(limits.connections)), Arc::new(Semaphore::new(limits.streams)));
        let shared = Shared(Arc::new(Inner { station, limits, counts, connections, streams }));
        let mut door = Self { tasks: Vec::new(), address: None, file: None };
        if let Some(address) = places.listen {
            if !address.ip().is_loopback() && !places.beyond_loopback {
                return Err(DoorError::NotLoopback(address));
            }
            let wrong = |error| DoorError::Address { address, error };
            let listener = tcp(address, sockets).map_err(wrong)?;
            door.address = Some(listener.local_addr().map_err(wrong)?);
            door.tasks.push(tokio::spawn(serve::tcp(listener, shared.clone())).abort_handle());
        }
        if let Some(path) = &places.socket {
            let wrong = |error| DoorError::Socket { path: path.clone(), error };
            let (listener, file) = unix(path.clone(), sockets).map_err(wrong)?;
            door.file = Some(file);
            door.tasks.push(tokio::spawn(serve::unix(listener, shared)).abort_handle());
        }
        Ok(door)
    }

    /// Whether it can be found: a socket whose file was removed is reached by nobody.
    pub(crate) fn is_there(&self) -> bool {
        self.file.as_ref().is_none_or(SocketFile::is_there)
    }

    /// The TCP address at which it listens.
    #[must_use]
    pub const fn address(&self) -> Option<SocketAddr> {
        self.address
    }
}

fn tcp(address: SocketAddr, sockets: &mut Sockets) -> io::Result<TcpListener> {
    let listener = match sockets.tcp(address) {
        Some(listener) => listener,
        None => std::net::TcpListener::bind(address)?,
    };
    listener.set_nonblocking(true)?;
    TcpListener::from_std(listener)
}

fn unix(path: PathBuf, sockets: &mut Sockets) -> io::Result<(UnixListener, SocketFile)> {
    let (listener, file) = match sockets.listener(&path) {
        Some(listener) => SocketFile::adopt_listener(path, listener)?,
        None => SocketFile::listen(path)?,
    };
    Ok((UnixListener::from_std(listener)?, file))
}
