//! Packets of tunnels, by a client that says what `legacy-client` does not.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;

use bytes::Bytes;
use compat_tests::Cluster;
use legacy_codec::{
    Abi, ClientId, Control, ControlFlags, DEFAULT_LIMIT, Dest, FrameBuf, Framing, Header, Operation, Packet,
    ReqControl, ReqId, ReqTunnel, SrvId, TunnelDeregister, TunnelFlags, TunnelId, TunnelRegister,
};

use super::SOON;

/// A client that says what legacy-client does not: packets of tunnels.
struct Raw {
    stream: UnixStream,
    frames: FrameBuf,
}

impl Raw {
    fn connect(node: &compat_tests::Node) -> Self {
        let stream = UnixStream::connect(node.socket()).unwrap();
        stream.set_read_timeout(Some(SOON)).unwrap();
        Self { stream, frames: FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT) }
    }

    fn send(&mut self, dest: Dest, body: Operation) {
        let packet = Packet { header: Header { dest, reqid: ReqId(7), ..Header::default() }, body };
        self.stream.write_all(&packet.encode(Abi::NATIVE).unwrap().bytes).unwrap();
    }

    fn receive(&mut self) -> Operation {
        loop {
            if let Some(frame) = self.frames.pop().unwrap() {
                return Packet::decode(&frame, Abi::NATIVE).unwrap().body;
            }
            let mut buffer = [0; 4096];
            let len = self.stream.read(&mut buffer).expect("a packet in time");
            assert!(len > 0, "ctdbd has closed the connection");
            self.frames.push(Bytes::copy_from_slice(&buffer[..len]));
        }
    }

    /// The status of a control, whose answer has to be the next packet.
    fn control(&mut self, opcode: u32, srvid: SrvId) -> i32 {
        let (client_id, flags) = (ClientId(0), ControlFlags::empty());
        let ask = ReqControl { opcode, pad: 0, srvid, client_id, flags, data: Bytes::new() };
        self.send(Dest::CURRENT_NODE, Operation::ReqControl(ask));
        match self.receive() {
            Operation::ReplyControl(reply) => reply.status,
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_tunnel_has_one_owner_on_a_node_and_what_nobody_owns_is_dropped_without_an_answer_cli_18() {
    const TUNNEL: SrvId = SrvId(0x7C54_0000_0000_0002);
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    let (mut here, mut there) = (Raw::connect(cluster.node(0)), Raw::connect(cluster.node(1)));
    let mut other = Raw::connect(cluster.node(1));
    let packet = |data: &'static [u8]| {
        let flags = TunnelFlags::REQUEST;
        Operation::ReqTunnel(ReqTunnel {
            tunnel_id: TunnelId(TUNNEL.0),
            flags,
            data: Bytes::from_static(data),
        })
    };
    // Nobody owns it: the next thing that the sender hears is the answer to another question.
    here.send(Dest(1), packet(b"lost"));
    assert_eq!(here.control(TunnelRegister::OPCODE, TUNNEL), 0);
    assert_eq!(there.control(TunnelRegister::OPCODE, TUNNEL), 0);
    assert_ne!(other.control(TunnelRegister::OPCODE, TUNNEL), 0, "it has an owner on this node");
    here.send(Dest(1), packet(b"there"));
    assert_eq!(there.receive(), packet(b"there"));
    there.send(Dest(0), packet(b"back"));
    assert_eq!(here.receive(), packet(b"back"));
    assert_eq!(there.control(TunnelDeregister::OPCODE, TUNNEL), 0);
    assert_eq!(other.control(TunnelRegister::OPCODE, TUNNEL), 0);
    here.send(Dest(1), packet(b"again"));
    assert_eq!(other.receive(), packet(b"again"));
}
