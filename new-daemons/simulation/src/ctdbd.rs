//! A model of a C ctdbd as a client sees it: controls, subscriptions, messages that are carried or silently lost.

use std::collections::{BTreeMap, BTreeSet};

use bytes::Bytes;
use legacy_codec::{
    Abi, ControlReply, ControlRequest, DEFAULT_LIMIT, Dest, FrameBuf, Framing, Header, NodeAndFlags,
    NodeFlags, NodeMap, Operation, Packet, Pnn, ReplyControl, ReqMessage, SockAddr, SrvId,
};

const ABI: Abi = Abi::LP64_LE;

#[derive(Debug)]
struct Client {
    frames: FrameBuf,
    srvids: BTreeSet<SrvId>,
}

/// What the model wants done.
#[derive(Debug)]
pub(crate) enum Act {
    ToClient(u64, Bytes),
    ToNode(u32, ReqMessage),
}

/// One running ctdbd.
#[derive(Debug)]
pub(crate) struct ModelCtdbd {
    pnn: u32,
    nodes: u32,
    clients: BTreeMap<u64, Client>,
    pub(crate) unreachable: BTreeSet<u32>,
    pub(crate) deleted: BTreeSet<u32>,
}

impl ModelCtdbd {
    pub(crate) fn new(pnn: u32, nodes: u32) -> Self {
        Self { pnn, nodes, clients: BTreeMap::new(), unreachable: BTreeSet::new(), deleted: BTreeSet::new() }
    }

    pub(crate) fn accept(&mut self, connection: u64) {
        let frames = FrameBuf::new(ABI, Framing::Client, DEFAULT_LIMIT);
        self.clients.insert(connection, Client { frames, srvids: BTreeSet::new() });
    }

    pub(crate) fn hang_up(&mut self, connection: u64) {
        self.clients.remove(&connection);
    }

    pub(crate) fn bytes(&mut self, connection: u64, bytes: Bytes) -> Vec<Act> {
        let Some(client) = self.clients.get_mut(&connection) else { return Vec::new() };
        client.frames.push(bytes);
        let mut packets = Vec::new();
        while let Some(frame) = client.frames.pop().expect("the session sends whole packets") {
            packets.push(Packet::decode(&frame, ABI).expect("the session sends good packets"));
        }
        packets.into_iter().flat_map(|p| self.packet(connection, p)).collect()
    }

    fn packet(&mut self, connection: u64, packet: Packet) -> Vec<Act> {
        match packet.body {
            Operation::ReqControl(request) => {
                let request = ControlRequest::decode(&request, ABI).expect("a good control");
                let reply = self.control(connection, &request);
                let header = Header { src: Pnn(self.pnn), dest: Dest(0), ..packet.header };
                vec![Act::ToClient(connection, encode(header, Operation::ReplyControl(reply)))]
            }
            Operation::ReqMessage(message) => vec![Act::ToNode(packet.header.dest.0, message)],
            other => panic!("a client sent {other:?}"),
        }
    }

    fn control(&mut self, connection: u64, request: &ControlRequest) -> ReplyControl {
        let reply = match request {
            ControlRequest::GetPnn(()) => ControlReply::GetPnn(Pnn(self.pnn)),
            ControlRequest::GetNodeMap(()) => ControlReply::GetNodeMap(self.node_map()),
            ControlRequest::RegisterSrvid(srvid) => {
                if let Some(client) = self.clients.get_mut(&connection) {
                    client.srvids.insert(*srvid);
                }
                ControlReply::RegisterSrvid(())
            }
            other => ControlReply::Failed { opcode: other.opcode(), status: -1, data: Bytes::new() },
        };
        reply.encode(ABI).expect("a reply fits")
    }

    fn node_map(&self) -> NodeMap {
        let node = |n: u32| NodeAndFlags {
            pnn: Pnn(n),
            flags: match (self.deleted.contains(&n), self.unreachable.contains(&n)) {
                (true, _) => NodeFlags::DELETED | NodeFlags::DISCONNECTED,
                (_, true) => NodeFlags::DISCONNECTED,
                _ => NodeFlags::empty(),
            },
            addr: SockAddr::from(std::net::SocketAddr::from((
                [127, 0, 9, u8::try_from(n + 1).unwrap_or(255)],
                4379,
            ))),
        };
        NodeMap { nodes: (0..self.nodes).map(node).collect() }
    }

    /// A message from some node: one copy for each client that wants it. The source is hidden, as C hides it.
    pub(crate) fn message(&self, message: &ReqMessage) -> Vec<Act> {
        let header = Header { src: Pnn(self.pnn), dest: Dest(0), ..Header::default() };
        let wants = |c: &Client| c.srvids.contains(&message.srvid);
        let packet = encode(header, Operation::ReqMessage(message.clone()));
        self.clients
            .iter()
            .filter(|(_, c)| wants(c))
            .map(|(id, _)| Act::ToClient(*id, packet.clone()))
            .collect()
    }
}

fn encode(header: Header, body: Operation) -> Bytes {
    Packet { header, body }.encode(ABI).expect("a packet fits").bytes
}
