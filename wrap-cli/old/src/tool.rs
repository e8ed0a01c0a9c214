//! The tool at work: its connection to the local ctdbd, the node that is meant, and what both have said so far.
//!
//! Every question goes through [`Tool::call`], which says on standard error what C's client library says when a question
//! fails. Messages are looked at while the tool waits for something: the leader's word is kept, whoever waits for an
//! answer of another kind gets it. Sources: `process_command`, `ctdb_ctrl_*`, `get_nodemap`, `get_leader`.

use std::time::Duration;

use bytes::Bytes;
use legacy_client::{CallError, Client, Event};
use legacy_codec::{Abi, Control, Dest, GetNodeMap, NodeAndFlags, NodeFlags, NodeMap, Payload, Pnn, SrvId};
use tokio::time::Instant;

use crate::nodes::flag_words;
use crate::options::Options;
use crate::output::err;
use crate::stop::{Explain, ONE, Stop, words};
use futures_util::future::join_all;

/// `ETIMEDOUT`.
pub(crate) const ETIMEDOUT: i32 = 110;
/// `EMSGSIZE`: what C makes of a reply that is too short.
const EMSGSIZE: i32 = 90;

/// The tool at work.
pub(crate) struct Tool {
    pub(crate) options: Options,
    pub(crate) client: Client,
    /// Number of the node of the local ctdbd.
    pub(crate) pnn: u32,
    /// Number of the node that the command is for.
    pub(crate) target: u32,
    leader: Option<Pnn>,
    next_srvid: u64,
    nodes: Option<NodeMap>,
}

impl Tool {
    pub(crate) fn new(options: Options, client: Client) -> Self {
        let pnn = client.pnn().unwrap_or(Pnn::UNKNOWN).0;
        // The second and third byte of the range are the tool's, those behind them the process.
        let process = u64::from(std::process::id() & 0xFFFF) << 16;
        let next_srvid = SrvId::TOOL_RANGE.0 | 0x0001_0000_0000_0000 | process;
        Self { options, client, pnn, target: pnn, leader: None, next_srvid, nodes: None }
    }

    /// How long one question may take; `None` when no time is left for any.
    // C quirk: the number is taken for an unsigned one, so a negative limit is as good as none.
    pub(crate) fn limit(&self) -> Option<Duration> {
        match self.options.time_limit {
            0 => None,
            limit => u64::try_from(limit).ok().map(Duration::from_secs).or(Some(FOREVER)),
        }
    }

    /// The time at which what begins now has to end.
    pub(crate) fn deadline(&self) -> Instant {
        Instant::now() + self.limit().unwrap_or_default()
    }

    /// Asks a node and says nothing about a failure, which is an errno or the status of the reply.
    pub(crate) async fn ask<C: Control>(&self, of: u32, arg: C::Arg) -> Result<C::Reply, Failure> {
        let Some(limit) = self.limit() else { return Err(Failure::NoReply(ETIMEDOUT)) };
        self.client.call_within::<C>(Dest(of), arg, limit).await.map_err(|error| Failure::from(&error))
    }

    /// Asks a node.
    pub(crate) async fn call<C: Control>(&self, of: u32, arg: C::Arg) -> Result<C::Reply, Stop> {
        let name = match C::C_NAME {
            // C quirk: the library's own name of it.
            "SET_DB_READONLY" => "SET_DB_READONY",
            name => name,
        };
        self.ask::<C>(of, arg).await.map_err(|failure| {
            match failure {
                Failure::Gone => {}
                Failure::NoReply(errno) => {
                    err!(format_args!("Control {name} failed to node {of}, ret={errno}\n"))
                }
                Failure::Status(status) => err!(format_args!("Control {name} failed, ret={status}\n")),
            }
            self.stop(failure)
        })
    }

    /// What a failure means for the command.
    pub(crate) fn stop(&self, failure: Failure) -> Stop {
        match failure {
            Failure::NoReply(number) | Failure::Status(number) => Stop::Failed(number),
            Failure::Gone => self.gone(),
        }
    }

    /// What the loss of the connection means: the end, without a word unless somebody wants to hear it.
    pub(crate) fn gone(&self) -> Stop {
        let level =
            self.options.debug.as_ref().and_then(|d| {
                crate::numbers::debug_level(std::os::unix::ffi::OsStrExt::as_bytes(d.as_os_str()))
            });
        if level.unwrap_or(0) >= 3 {
            err!("connection to daemon closed, exiting\n");
        }
        Stop::End(1)
    }

    /// Asks several nodes at once. Fails with what the first of them that failed, in their order, failed with.
    pub(crate) async fn call_all<C>(&self, of: &[u32], arg: C::Arg) -> Result<Vec<C::Reply>, Stop>
    where
        C: Control,
        C::Arg: Clone,
    {
        let all = join_all(of.iter().map(|pnn| self.ask::<C>(*pnn, arg.clone()))).await;
        all.into_iter().collect::<Result<_, _>>().map_err(|failure| self.stop(failure))
    }

    /// Has the messages for a srvid delivered.
    pub(crate) async fn listen(&self, srvid: SrvId) -> Result<(), Stop> {
        self.client.subscribe(srvid).await.map_err(|error| self.stop(Failure::from(&error)))
    }

    /// Sends a message to a node or to a set of them.
    pub(crate) async fn send<P: Payload>(&self, to: Dest, srvid: SrvId, payload: &P) -> Result<(), Stop> {
        let data = payload.to_payload(Abi::NATIVE).map_err(|_| Stop::Failed(EMSGSIZE))?.bytes;
        self.client.send(to, srvid, data).await.map_err(|_| self.gone())
    }

    /// A srvid of its own for an answer.
    pub(crate) fn new_srvid(&mut self) -> SrvId {
        self.next_srvid += 1;
        SrvId(self.next_srvid)
    }

    fn take_leader(&mut self, srvid: SrvId, data: &Bytes) {
        if srvid == SrvId::LEADER
            && let Some(word) = data.first_chunk::<4>()
        {
            self.leader = Some(Pnn(u32::from_ne_bytes(*word)));
        }
    }

    /// The next message for a srvid; `None` at the deadline.
    pub(crate) async fn message(&mut self, wanted: SrvId, deadline: Instant) -> Result<Option<Bytes>, Stop> {
        loop {
            match tokio::time::timeout_at(deadline, self.client.next_event()).await {
                Err(_) => return Ok(None),
                Ok(None | Some(Event::Down { .. })) => return Err(self.gone()),
                Ok(Some(Event::Message(message))) => {
                    self.take_leader(message.srvid, &message.data);
                    if message.srvid == wanted {
                        return Ok(Some(message.data));
                    }
                }
                Ok(Some(_)) => {}
            }
        }
    }

    /// The next message for a srvid, however long that takes.
    pub(crate) async fn message_at_last(&mut self, wanted: SrvId) -> Result<Bytes, Stop> {
        loop {
            if let Some(data) = self.message(wanted, Instant::now() + FOREVER).await? {
                return Ok(data);
            }
        }
    }

    /// The leader by its own word, or [`Pnn::UNKNOWN`] when none was heard in time.
    pub(crate) async fn leader(&mut self) -> Result<Pnn, Stop> {
        while let Some(event) = self.client.try_next_event() {
            if let Event::Message(message) = event {
                self.take_leader(message.srvid, &message.data);
            }
        }
        let deadline = self.deadline();
        while self.leader.is_none_or(|leader| leader == Pnn::UNKNOWN) {
            if self.limit().is_none() || self.message(SrvId::LEADER, deadline).await?.is_none() {
                return Ok(Pnn::UNKNOWN);
            }
        }
        Ok(self.leader.unwrap_or(Pnn::UNKNOWN))
    }

    /// Forgets the nodes that were asked for.
    pub(crate) fn forget_nodes(&mut self) {
        self.nodes = None;
    }

    /// All nodes, asked for once: as the local node sees them, or another one when the local one is banned.
    pub(crate) async fn nodes(&mut self) -> Result<NodeMap, Stop> {
        if let Some(nodes) = &self.nodes {
            return Ok(nodes.clone());
        }
        let mut asked = self.pnn;
        loop {
            let map = self.call::<GetNodeMap>(asked, ()).await;
            let map = map.explain_as(1, words!(format_args!("Failed to get nodemap from node {asked}\n")))?;
            if !find(&map, asked).is_some_and(|node| node.flags.contains(NodeFlags::BANNED)) {
                self.nodes = Some(map.clone());
                return Ok(map);
            }
            asked = next_reachable(&map, asked, self.pnn);
            if asked == self.pnn {
                err!("Warning: All nodes are banned.\n");
                return Err(ONE);
            }
        }
    }

    /// Takes the node of `-n`, if it can be asked.
    pub(crate) async fn take_target(&mut self, wanted: i32) -> Result<(), Stop> {
        let wanted = wanted.cast_unsigned();
        let map = self.nodes().await?;
        let Some(node) = find(&map, wanted) else {
            err!(format_args!("Node {wanted} does not exist\n"));
            return Err(ONE);
        };
        if node.flags.intersects(NodeFlags::DISCONNECTED | NodeFlags::DELETED) {
            let words = flag_words(node.flags.bits());
            err!(format_args!("Node {wanted} has status {words}\n"));
            return Err(ONE);
        }
        self.target = wanted;
        Ok(())
    }
}

/// About a year: longer than anything here runs, and no clock overflows.
pub(crate) const FOREVER: Duration = Duration::from_secs(365 * 86_400);

/// The node with a number.
pub(crate) fn find(map: &NodeMap, pnn: u32) -> Option<&NodeAndFlags> {
    map.nodes.iter().find(|node| node.pnn.0 == pnn)
}

/// The next node after a banned one that can be asked; `home` when there is none.
fn next_reachable(map: &NodeMap, from: u32, home: u32) -> u32 {
    let count = u32::try_from(map.nodes.len()).unwrap_or(u32::MAX).max(1);
    let mut pnn = from;
    for _ in 0..count {
        pnn = pnn.wrapping_add(1) % count;
        let reachable =
            |node: &NodeAndFlags| !node.flags.intersects(NodeFlags::DELETED | NodeFlags::DISCONNECTED);
        if pnn == home || find(map, pnn).is_some_and(reachable) {
            return pnn;
        }
    }
    home
}

/// The numbers of the nodes with none of these flags.
pub(crate) fn without(map: &NodeMap, flags: NodeFlags) -> Vec<u32> {
    let nodes = map.nodes.iter().filter(|node| !node.flags.intersects(flags));
    nodes.map(|node| node.pnn.0).collect()
}

/// Why a question has no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// No answer, or none that makes sense: an errno.
    NoReply(i32),
    /// The status word of the reply.
    Status(i32),
    /// The connection is lost.
    Gone,
}

impl From<&CallError> for Failure {
    fn from(error: &CallError) -> Self {
        match error {
            CallError::Status { status, .. } => Self::Status(*status),
            error if error.is_timeout() => Self::NoReply(ETIMEDOUT),
            error if error.is_disconnected() => Self::Gone,
            _ => Self::NoReply(EMSGSIZE),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(flags: &[u32]) -> NodeMap {
        let addr = crate::address::parse(b"127.0.0.1").unwrap();
        let node = |(pnn, flags): (u32, &u32)| NodeAndFlags {
            pnn: Pnn(pnn),
            flags: NodeFlags::from_bits_retain(*flags),
            addr,
        };
        NodeMap { nodes: (0..).zip(flags).map(node).collect() }
    }

    #[test]
    fn a_banned_node_sends_the_tool_to_the_next_one_that_can_be_asked() {
        assert_eq!(next_reachable(&map(&[8, 1, 0]), 0, 0), 2);
        assert_eq!(next_reachable(&map(&[8, 1, 16]), 0, 0), 0);
        assert_eq!(next_reachable(&map(&[0, 0, 8]), 2, 2), 0);
        assert_eq!(next_reachable(&map(&[]), 7, 7), 7);
        assert_eq!(without(&map(&[1, 2, 0]), NodeFlags::DISCONNECTED), [1, 2]);
    }
}
