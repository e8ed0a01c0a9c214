//! The new daemons of this node or of another: each question is a request on the bus.
//!
//! [`Peer`] is one of them; a file for each kind of daemon turns its answers into what commands show. Nobody gets a bus
//! because somebody asks a question, and who is asked is decided elsewhere.

mod event;
pub(crate) mod service;

use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bus::calls::CallError;
use bus::{Address, Daemon, Node};
use protocol::common::Time;
use protocol::daemons;
use protocol::interface::{Ask, Refusal, Service};
use protocol::xdr::Xdr;
use runtime::datagram::socket_of;
use runtime::{Bus, Joining};

pub(crate) use event::Eventd;

use crate::args::Settings;
use crate::commands::tunnel::judge;
use crate::commands::view;
use crate::context::Context;
use crate::error::{Error, Failure, seconds};
use crate::exit::Exit;
use crate::model::Moment;
use crate::nodes::{Item, NodeList};

/// A kind of daemon, in words.
pub(crate) struct Kind {
    /// Its names.
    pub(crate) daemon: daemons::Row,
    /// For scripts, when there is none.
    pub(crate) missing: &'static str,
}

/// A daemon on the bus.
pub(crate) struct Peer {
    bus: Bus,
    address: Address,
    kind: &'static Kind,
    /// For an answer that takes no work.
    timeout: Duration,
    /// What stands before an error.
    what: PathBuf,
}

fn daemon(name: &str, instance: u32) -> Result<Daemon, Error> {
    let name = name.parse().map_err(|error| Error::Words(format!("{name}: {error}")))?;
    Ok(Daemon { name, instance })
}

/// The time of a message.
pub(crate) const fn moment(time: Time) -> Moment {
    Moment { seconds: time.0.div_euclid(1_000_000), micros: time.0.rem_euclid(1_000_000) }
}

/// Whether a daemon of this node can be asked on its bus.
pub(crate) fn is_here(dir: &Path, service: &Service) -> bool {
    let Ok(daemon) = daemon(service.name, 0) else { return false };
    let found = UnixDatagram::unbound().and_then(|socket| socket.connect(socket_of(dir, daemon)));
    // Who may not see it is told so when it is asked.
    found.map_or_else(|error| error.kind() == std::io::ErrorKind::PermissionDenied, |()| true)
}

/// The node that `-n` names; an address is looked up at ctdbd.
pub(crate) async fn node(cx: &Context) -> Result<Node, Error> {
    match cx.settings.nodes.as_ref().map(NodeList::single) {
        None => Ok(Node::LOCAL),
        Some(Some(Item::Range(pnn, _))) => Ok(Node(pnn)),
        Some(Some(Item::Address(_))) => {
            let cluster = cx.cluster().await?;
            let nodes = view::node_map(&*cluster).await?;
            Ok(Node(view::one_node(&*cluster, &cx.settings, &nodes)?))
        }
        Some(None) => Err(Error::OneNode { command: cx.settings.command.clone() }),
    }
}

/// Joins the bus of this node, under a number that no process has: the number of this one is that of its client of the
/// tunneld.
pub(crate) fn join(settings: &Settings) -> Result<Bus, Error> {
    let dir = settings.run_dir.clone();
    let local =
        |message: String| Error::Local { what: dir.clone(), message, code: "no_bus", exit: Exit::NoDaemon };
    if std::fs::read_dir(&dir).is_err_and(|error| error.kind() == std::io::ErrorKind::PermissionDenied) {
        let message = "no permission to use the bus of this node; try as root".into();
        return Err(Error::Local { what: dir, message, code: "no_permission", exit: Exit::NoDaemon });
    }
    if !dir.is_dir() {
        return Err(local(
            "there is no bus; is ctdb-tunneld started, or name its directory with --run-dir".into(),
        ));
    }
    let me = daemon("ctdbctl", std::process::id() | 1 << 31)?;
    let joining =
        Joining { dir: dir.clone(), daemon: me, release: env!("CARGO_PKG_VERSION").into(), features: 0 };
    Bus::join(joining).map_err(|error| local(error.to_string()))
}

impl Peer {
    /// That of a node. Nothing is asked yet.
    pub(crate) fn of(bus: Bus, node: Node, kind: &'static Kind, settings: &Settings) -> Result<Self, Error> {
        let dir = &settings.run_dir;
        let daemon = daemon(kind.daemon.noun(), 0)?;
        let what = if node == Node::LOCAL {
            socket_of(dir, daemon)
        } else {
            PathBuf::from(format!("{} of node {node}", kind.daemon.title))
        };
        Ok(Self { bus, address: Address { node, daemon }, kind, timeout: settings.timeout, what })
    }

    fn error(&self, code: &'static str, message: impl Into<String>, exit: Exit) -> Failure {
        Failure::Daemon { what: self.what.clone(), message: message.into(), code, exit }
    }

    /// Asks, and says a refusal in other words where that is better.
    async fn ask<A: Ask>(
        &self,
        argument: &A::Argument,
        limit: Duration,
        words: impl FnOnce(&Refusal) -> String,
    ) -> Result<A::Answer, Failure> {
        let body = argument.to_bytes().map_err(|error| Failure::Misuse(error.to_string()))?;
        let answer = self.bus.call(self.address, A::NUMBER, body, limit).await;
        let answer = answer.map_err(|error| self.refused(error, limit, words))?;
        A::Answer::from_bytes(&answer).map_err(|error| {
            self.error("malformed_answer", format!("malformed answer: {error}"), Exit::Refused)
        })
    }

    fn refused(&self, error: CallError, limit: Duration, words: impl FnOnce(&Refusal) -> String) -> Failure {
        let (program, title) = (self.kind.daemon.program, self.kind.daemon.title);
        match &error {
            CallError::NoSuchDaemon => {
                let message = format!("no {program} answers on the bus of that node");
                self.error(self.kind.missing, message, Exit::NoDaemon)
            }
            CallError::Refused(why) => self.error("refused", words(why), Exit::Refused),
            CallError::Timeout => {
                let message = format!("the {title} did not answer within {}", seconds(limit));
                self.error("no_answer", message, Exit::NoAnswer)
            }
            CallError::PeerGone => {
                let message = format!("the {title} went away before it answered");
                self.error("connection_lost", message, Exit::NoDaemon)
            }
            CallError::Undelivered(why) => {
                let (code, exit) = judge(why.reason);
                self.error(code, why.to_string(), exit)
            }
            _ => self.error("undelivered", error.to_string(), Exit::Refused),
        }
    }
}
