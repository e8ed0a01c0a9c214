//! `tunnel status`, `tunnel peers` and `tunnel ping`: asks tunnelds over the bus, the own one and those of other nodes.
//!
//! A question goes out like any message of a daemon, so an answer shows that the whole way works. What could not be
//! delivered is told at once by the own tunneld; only silence takes the whole time.

use std::net::IpAddr;
use std::str::FromStr;
use std::time::{Duration, Instant};

use bus::{Address, Daemon, Failure as BusFailure, MESSAGE_MAX, Name, Node};
use bytes::Bytes;
use clap::Args;
use protocol::probe::{PROBE_NAME, ProbeBody, ProbeWhat};
use protocol::xdr::Xdr;
use runtime::{BusClient, Inbox, Notice, Options};
use schemars::JsonSchema;
use serde::Serialize;
use tokio::time::timeout;

use crate::app::note;
use crate::args::Settings;
use crate::commands::row::{NoArgs, rows};
use crate::context::Context;
use crate::error::{Error, seconds};
use crate::exit::Exit;
use crate::nodes::{Item, NodeList};

pub(crate) use protocol::tunnel::{PeerStatus, Status};

/// What a ping's body needs beside its data.
const BODY_HEAD: i64 = 64;

/// Arguments of `tunnel ping`.
#[derive(Args, Clone, Debug)]
pub(crate) struct PingArgs {
    /// Node to reach: its number or its address
    #[arg(value_name = "NODE")]
    target: Target,

    /// Packets to send, one after the other
    #[arg(short, long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..))]
    count: u32,

    /// Bytes in each packet
    #[arg(short, long, value_name = "BYTES", default_value_t = 64, value_parser = sizes())]
    size: u32,
}

fn sizes() -> clap::builder::RangedI64ValueParser<u32> {
    let largest = i64::try_from(MESSAGE_MAX).unwrap_or(i64::MAX) - BODY_HEAD;
    clap::value_parser!(u32).range(0..=largest)
}

/// A node as it was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Target {
    Number(u32),
    Address(IpAddr),
}

impl FromStr for Target {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let number = text.parse().ok().filter(|n| Node(*n) != Node::LOCAL).map(Self::Number);
        number.or_else(|| text.parse().ok().map(Self::Address)).ok_or("write one number or address of a node")
    }
}

/// The tunnelds of the other nodes, as one tunneld sees them.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Peers {
    /// Whose peers they are; null while its ctdbd has not said.
    pub(crate) node: Option<u32>,
    pub(crate) peers: Vec<PeerStatus>,
}

/// What became of the packets.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Pings {
    pub(crate) node: u32,
    /// Bytes of data in each packet.
    pub(crate) size: u32,
    pub(crate) sent: u32,
    pub(crate) answered: usize,
    /// Absent when nothing came back.
    pub(crate) time_us: Option<Times>,
    pub(crate) failures: Vec<Failed>,
}

/// Round trips in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Times {
    pub(crate) min: u64,
    pub(crate) median: u64,
    pub(crate) p99: u64,
    pub(crate) max: u64,
}

/// A packet that did not come back.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Failed {
    /// Which one, from 1.
    pub(crate) packet: u32,
    pub(crate) code: String,
    pub(crate) message: String,
    #[serde(skip)]
    pub(crate) exit: Exit,
}

impl Pings {
    /// Done when all came back, partly when some did.
    pub(crate) fn status(&self) -> Exit {
        match self.failures.first() {
            None => Exit::Done,
            Some(_) if self.answered > 0 => Exit::Partly,
            Some(first) => first.exit,
        }
    }
}

rows! {
    "tunnel" "status": One Asks, "Show the tunneld of this node or another, its peers and its daemons", [],
        NoArgs => Status = status;
    "tunnel" "peers": One Asks, "List the tunnelds of the other nodes as this node's sees them, or another's", [],
        NoArgs => Peers = peers;
    "tunnel" "ping": None Asks, "Send packets to the tunneld of a node and back", [],
        PingArgs => Pings = ping;
}

/// Asks this node's tunneld, or that of the node that `-n` names, for its state.
pub(crate) async fn status(cx: &Context, _: NoArgs) -> Result<Status, Error> {
    let settings = &cx.settings;
    let mut tunnel = Tunnel::connect(settings).await?;
    let node = match settings.nodes.as_ref().map(NodeList::single) {
        None => Node::LOCAL,
        Some(Some(Item::Range(pnn, _))) => Node(pnn),
        Some(Some(Item::Address(ip))) => Node(tunnel.node_of(ip).await?),
        Some(None) => return Err(Error::OneNode { command: settings.command.clone() }),
    };
    tunnel.status(node).await
}

/// The peers out of that state.
pub(crate) async fn peers(cx: &Context, args: NoArgs) -> Result<Peers, Error> {
    let Status { node, peers, .. } = status(cx, args).await?;
    Ok(Peers { node, peers })
}

/// Sends packets to the tunneld of a node, one after the other.
pub(crate) async fn ping(cx: &Context, args: PingArgs) -> Result<Pings, Error> {
    let mut tunnel = Tunnel::connect(&cx.settings).await?;
    let node = match args.target {
        Target::Number(node) => node,
        Target::Address(ip) => tunnel.node_of(ip).await?,
    };
    let data = Bytes::from(vec![0x5a; usize::try_from(args.size).unwrap_or(0)]);
    let (mut times, mut failures) = (Vec::new(), Vec::new());
    for packet in 1..=args.count {
        match tunnel.echo(Node(node), u64::from(packet), &data).await? {
            Ok(time) => times.push(u64::try_from(time.as_micros()).unwrap_or(u64::MAX)),
            Err((code, message, exit)) => failures.push(Failed { packet, code: code.into(), message, exit }),
        }
    }
    let answered = times.len();
    Ok(Pings { node, size: args.size, sent: args.count, answered, time_us: summary(times), failures })
}

fn summary(mut times: Vec<u64>) -> Option<Times> {
    times.sort_unstable();
    let at = |percent: usize| times.get((times.len().saturating_sub(1) * percent).div_ceil(100)).copied();
    Some(Times { min: at(0)?, median: at(50)?, p99: at(99)?, max: at(100)? })
}

/// This program as a daemon on the bus.
struct Tunnel<'a> {
    settings: &'a Settings,
    client: BusClient,
    inbox: Inbox,
    name: Name,
}

/// What is said about a packet that did not come back.
type Reason = (&'static str, String, Exit);

impl<'a> Tunnel<'a> {
    async fn connect(settings: &'a Settings) -> Result<Self, Error> {
        let name = |text: &str| text.parse::<Name>().map_err(|e| Error::Words(e.to_string()));
        let daemon = Daemon { name: name("ctdbctl")?, instance: std::process::id() };
        let options = Options { dir: settings.run_dir.clone(), daemon, patience: settings.timeout };
        let (client, inbox) = BusClient::connect(options).await?;
        note(settings, format_args!("registered at the ctdb-tunneld in {}", settings.run_dir.display()));
        Ok(Self { settings, client, inbox, name: name(PROBE_NAME)? })
    }

    /// Asks and waits for the answer that `wanted` takes. The outer error ends the command, the inner one this packet.
    async fn ask<T>(
        &mut self,
        node: Node,
        question: &ProbeBody,
        mut wanted: impl FnMut(ProbeBody) -> Option<T>,
    ) -> Result<Result<T, Reason>, Error> {
        let to = Address::new(node, self.name);
        let question = question.to_bytes().map_err(|e| Error::Words(e.to_string()))?;
        let mut sending = std::pin::pin!(self.client.send(to, question));
        let mut sent = false;
        let inbox = &mut self.inbox;
        let waiting = timeout(self.settings.timeout, async {
            loop {
                tokio::select! {
                    result = &mut sending, if !sent => match result {
                        Ok(()) => sent = true,
                        Err(undelivered) => {
                            let (code, exit) = judge(undelivered.reason);
                            return Ok(Err((code, undelivered.to_string(), exit)));
                        }
                    },
                    notice = inbox.recv() => match notice {
                        Some(Notice::Message { from, body }) if from.daemon == to.daemon => {
                            if let Some(answer) = ProbeBody::from_bytes(&body).ok().and_then(&mut wanted) {
                                return Ok(Ok(answer));
                            }
                        }
                        Some(Notice::Lost(_)) | None => return Err(Error::TunneldLost),
                        Some(_) => {}
                    },
                }
            }
        });
        waiting.await.unwrap_or_else(|_| {
            Ok(Err((
                "no_answer",
                format!("no answer within {}", seconds(self.settings.timeout)),
                Exit::NoAnswer,
            )))
        })
    }

    async fn status(&mut self, node: Node) -> Result<Status, Error> {
        const ID: u64 = 0;
        let question = ProbeBody { id: ID, what: ProbeWhat::Status };
        let answer = self.ask(node, &question, |body| match body {
            ProbeBody { id: ID, what: ProbeWhat::StatusAnswer(json) } => Some(json),
            _ => None,
        });
        let json =
            answer.await?.map_err(|(code, message, exit)| Error::Tunneld { node, code, message, exit })?;
        serde_json::from_slice(&json).map_err(|e| Error::Tunneld {
            node,
            code: "malformed_answer",
            message: format!("malformed answer: {e}"),
            exit: Exit::Refused,
        })
    }

    async fn echo(&mut self, node: Node, id: u64, data: &Bytes) -> Result<Result<Duration, Reason>, Error> {
        let question = ProbeBody { id, what: ProbeWhat::Echo(data.clone()) };
        let start = Instant::now();
        let answer = self.ask(node, &question, |body| match body.what {
            ProbeWhat::EchoAnswer(back) if body.id == id => Some(back == *data),
            _ => None,
        });
        Ok(answer.await?.and_then(|same| {
            let other = || ("malformed_answer", "other bytes came back".to_owned(), Exit::Refused);
            same.then(|| start.elapsed()).ok_or_else(other)
        }))
    }

    /// The number of the node with this address, as the tunneld knows it.
    async fn node_of(&mut self, ip: IpAddr) -> Result<u32, Error> {
        let peers = self.status(Node::LOCAL).await?.peers;
        let same = |address: &str| address.parse::<IpAddr>().is_ok_and(|other| other == ip);
        let found = peers.iter().find(|peer| same(&peer.address)).map(|peer| peer.node);
        found.ok_or_else(|| {
            Error::Words(format!("no other node has the address {ip}; see 'ctdbctl cluster list'"))
        })
    }
}

/// What an undelivered packet means for scripts.
pub(crate) fn judge(failure: BusFailure) -> (&'static str, Exit) {
    match failure {
        BusFailure::NoSuchNode => ("no_such_node", Exit::Usage),
        BusFailure::NodeUnreachable => ("node_unreachable", Exit::NoAnswer),
        BusFailure::NoTunneld => ("no_tunneld_there", Exit::NoAnswer),
        BusFailure::PeerRestarted => ("tunneld_restarted", Exit::NoAnswer),
        BusFailure::NoCtdbd => ("no_ctdbd", Exit::NoDaemon),
        BusFailure::TunneldGone => ("no_tunneld", Exit::NoDaemon),
        _ => ("undelivered", Exit::Refused),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_summed_up_by_rank() {
        let times = |n: u64| summary((1..=n).rev().collect());
        assert_eq!(times(0), None);
        assert_eq!(times(1), Some(Times { min: 1, median: 1, p99: 1, max: 1 }));
        assert_eq!(times(101), Some(Times { min: 1, median: 51, p99: 100, max: 101 }));
    }

    #[test]
    fn a_target_is_a_number_or_an_address() {
        assert_eq!("3".parse(), Ok(Target::Number(3)));
        assert_eq!("127.0.0.3".parse(), Ok(Target::Address("127.0.0.3".parse().unwrap())));
        for text in ["", "all", "1-2", "4294967295", "4294967296"] {
            assert!(text.parse::<Target>().is_err(), "{text}");
        }
    }

    #[test]
    fn the_exit_status_of_pings_says_all_some_or_none() {
        let pings = |answered, exits: &[Exit]| Pings {
            node: 1,
            size: 0,
            sent: 4,
            answered,
            time_us: None,
            failures: exits
                .iter()
                .map(|e| Failed { packet: 1, code: String::new(), message: String::new(), exit: *e })
                .collect(),
        };
        assert_eq!(pings(4, &[]).status(), Exit::Done);
        assert_eq!(pings(3, &[Exit::NoAnswer]).status(), Exit::Partly);
        assert_eq!(pings(0, &[Exit::NoDaemon, Exit::NoAnswer]).status(), Exit::NoDaemon);
    }
}
