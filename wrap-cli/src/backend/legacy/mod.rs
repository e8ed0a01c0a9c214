//! The cluster as C ctdbd tells it: each question is a control, sent through the local ctdbd.
//!
//! Translates types of the legacy wire into plain ones and errors into [`Failure`]s; the only file here that knows that
//! wire. Which control answers what is as in the `ctdb` tool.

mod addresses;
mod database;
pub(crate) mod database_files;
mod database_records;
pub(crate) mod eventd;
mod listen;
mod nodes;
mod request;
mod tunables;
mod whole;

use std::cell::OnceCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use async_trait::async_trait;
use legacy_client::{CallError, Client, ConnectError, DownReason, Options};
use legacy_codec::{
    Abi, Control, Dest, Generation, GetIfaces, GetNodeMap, GetRecMaster, GetRecMode, GetRunState, GetVnnMap,
    Message, NodeAndFlags, NodeFlags, Ping, Pnn, RunState, SrvId, Value,
};
use tokio::time::{sleep, timeout};

use self::listen::Listeners;
use super::Cluster;
use crate::app::note;
use crate::args::Settings;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::model::{Facts, Flags, Node, RecordMap};

/// How long no leader may say that it leads before the daemon is asked.
const QUIET: Duration = Duration::from_secs(3);
/// `CTDB_RUNSTATE_FIRST_RECOVERY`.
const FIRST_RECOVERY: RunState = RunState(3);

/// A connection to the local ctdbd.
pub(crate) struct Link {
    client: Client,
    this_node: u32,
    listeners: Listeners,
    socket: PathBuf,
    databases: OnceCell<Rc<databases::Databases>>,
}

impl Link {
    /// Attaches to the local ctdbd.
    pub(crate) async fn connect(settings: &Settings) -> Result<Self, Error> {
        let timeout = settings.timeout;
        let options = Options { attach_timeout: timeout, call_timeout: timeout, ..Options::default() };
        let client = Client::connect(&settings.socket, options).await.map_err(|e| unreachable(&e))?;
        let this_node = client.pnn().unwrap_or(Pnn::UNKNOWN).0;
        note(settings, format_args!("ctdbd of node {this_node} answers at {}", settings.socket.display()));
        let listeners = Listeners::start(client.clone());
        let (socket, databases) = (settings.socket.clone(), OnceCell::new());
        Ok(Self { client, this_node, listeners, socket, databases })
    }

    /// Whether it is still there, as far as can be seen at once: nobody has looked at the socket since the last command.
    pub(crate) async fn is_still_up(&self) -> bool {
        for _ in 0..3 {
            tokio::task::yield_now().await;
        }
        self.client.is_up()
    }
}

/// A cluster of C ctdbd.
#[derive(Clone)]
pub(crate) struct Legacy {
    link: Rc<Link>,
    /// For each question.
    timeout: Duration,
}

impl Legacy {
    /// The cluster at the other end of a connection.
    pub(crate) fn over(link: Rc<Link>, timeout: Duration) -> Self {
        Self { link, timeout }
    }

    /// A question without an argument.
    async fn ask<C: Control<Arg = ()>>(&self, of: u32) -> Result<C::Reply, Failure> {
        self.call::<C>(of, ()).await
    }

    async fn call<C: Control>(&self, of: u32, argument: C::Arg) -> Result<C::Reply, Failure> {
        let called = self.link.client.call_within::<C>(Dest(of), argument, self.timeout).await;
        called.map_err(|e| self.failure(e))
    }

    /// The status of a control whose answer is nothing else; below 0 it was refused.
    async fn status<C: Control>(&self, of: u32, argument: C::Arg) -> Result<i32, Failure> {
        let asked = self.link.client.raw_call(Dest(of), C::request(argument), self.timeout).await;
        let reply = asked.map_err(|source| {
            self.failure(CallError::NoReply { control: C::C_NAME, dest: Dest(of), source })
        })?;
        if reply.status < 0 {
            let text = reply.error.unwrap_or_default();
            return Err(self.failure(CallError::Status {
                control: C::C_NAME,
                dest: Dest(of),
                status: reply.status,
                text,
            }));
        }
        Ok(reply.status)
    }

    fn failure(&self, error: CallError) -> Failure {
        match error {
            error if error.is_timeout() => Failure::NoAnswer(self.timeout),
            error if error.is_disconnected() => Failure::Lost("it closed the connection".into()),
            // The words of `ctdb_daemon_send_control`.
            CallError::Status { text, .. } if text.contains("disconnected node") => Failure::Disconnected,
            CallError::Status { text, .. } if !text.is_empty() => Failure::Refused(text),
            CallError::Status { status, .. } => {
                Failure::Refused(format!("status {status}, which is all that it says; its log says more"))
            }
            CallError::BadReply { source, .. } => Failure::Malformed(source.to_string()),
            error => Failure::Refused(error.to_string()),
        }
    }
}

/// A number with a fraction, in microseconds: `7.917565999999999` is no more exact than `7.917566`.
fn short(number: &str) -> Option<String> {
    let (_, fraction) = number.split_once('.')?;
    let value: f64 = number.parse().ok().filter(|_| fraction.len() > 6)?;
    let text = format!("{value:.6}");
    Some(text.trim_end_matches('0').trim_end_matches('.').to_owned())
}

/// A decoded struct as plain facts.
fn facts(value: &Value) -> Facts {
    match value {
        Value::Nothing => Facts::Nothing,
        Value::Number(number) => Facts::Number(*number),
        Value::Named(_, name) => Facts::Text(short(name).unwrap_or_else(|| name.clone())),
        Value::Text(text) => Facts::Text(text.clone()),
        Value::Bytes(bytes) => Facts::Text(String::from_utf8_lossy(bytes).into_owned()),
        Value::List(items) => Facts::List(items.iter().map(facts).collect()),
        Value::Struct(members) => {
            Facts::Named(members.iter().map(|(name, value)| (*name, facts(value))).collect())
        }
    }
}

/// What an attempt to attach means for scripts.
fn unreachable(error: &ConnectError) -> Error {
    let (code, exit) = match error {
        ConnectError::Attach { source: DownReason::AttachTimeout, .. } => ("no_answer", Exit::NoAnswer),
        ConnectError::Attach { source: DownReason::Protocol(_), .. } => ("malformed_answer", Exit::Refused),
        ConnectError::Attach { source: DownReason::NoPnn { .. }, .. } => ("refused", Exit::Refused),
        _ => ("no_ctdbd", Exit::NoDaemon),
    };
    Error::NoCtdbd { message: error.to_string(), code, exit }
}

fn node(entry: &NodeAndFlags) -> Node {
    let has = |flag| entry.flags.contains(flag);
    let flags = Flags {
        disconnected: has(NodeFlags::DISCONNECTED),
        unknown: false,
        disabled: has(NodeFlags::DISABLED),
        banned: has(NodeFlags::BANNED),
        unhealthy: has(NodeFlags::UNHEALTHY),
        deleted: has(NodeFlags::DELETED),
        stopped: has(NodeFlags::STOPPED),
        inactive: entry.flags.is_inactive(),
    };
    Node { pnn: entry.pnn.0, ip: entry.addr.ip(), flags, raw: entry.flags.bits() }
}

#[async_trait(?Send)]
impl Cluster for Legacy {
    fn this_node(&self) -> u32 {
        self.link.this_node
    }

    async fn nodes(&self, of: u32) -> Result<Vec<Node>, Failure> {
        Ok(self.ask::<GetNodeMap>(of).await?.nodes.iter().map(node).collect())
    }

    async fn record_map(&self, of: u32) -> Result<RecordMap, Failure> {
        let map = self.ask::<GetVnnMap>(of).await?;
        let generation = (map.generation != Generation::INVALID).then_some(map.generation.0);
        Ok(RecordMap { generation, lmasters: map.map.iter().map(|pnn| pnn.0).collect() })
    }

    async fn recovery_mode(&self, of: u32) -> Result<u32, Failure> {
        Ok(self.ask::<GetRecMode>(of).await?.0)
    }

    async fn is_starting(&self, of: u32) -> Result<bool, Failure> {
        Ok(self.ask::<GetRunState>(of).await? <= FIRST_RECOVERY)
    }

    async fn has_link_down(&self, of: u32) -> Result<bool, Failure> {
        Ok(self.ask::<GetIfaces>(of).await?.ifaces.iter().any(|iface| iface.link_state == 0))
    }

    /// Listens for what the leader says about itself each second. Before Samba 4.16 leaders say nothing, and the daemon is
    /// asked; later ones refuse that.
    async fn leader(&self) -> Result<Option<u32>, Failure> {
        let mut leaders = self.listen(SrvId::LEADER).await?;
        let said = async {
            loop {
                let message = leaders.next().await?;
                match Message::decode(message.srvid, &message.data, Abi::NATIVE) {
                    // During an election nobody leads: the next message says who does.
                    Ok(Message::Leader(leader)) if leader != Pnn::UNKNOWN => return Ok(leader.0),
                    _ => {}
                }
            }
        };
        let known = async {
            sleep(QUIET.min(self.timeout / 2)).await;
            match self.ask::<GetRecMaster>(self.link.this_node).await {
                Ok(leader) if leader != Pnn::UNKNOWN => leader.0,
                _ => std::future::pending().await,
            }
        };
        let heard = timeout(self.timeout, async {
            tokio::select! {
                leader = said => leader,
                leader = known => Ok(leader),
            }
        });
        let heard = heard.await;
        leaders.end().await;
        heard.map_or(Ok(None), |heard| heard.map(Some))
    }

    async fn ping(&self, of: u32) -> Result<u32, Failure> {
        self.ask::<Ping>(of).await
    }
}
