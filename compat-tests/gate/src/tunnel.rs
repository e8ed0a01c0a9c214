//! A message's way through two tunnelds without sockets: what the near one does with a daemon's datagram, and what the far
//! one does with the envelope.
//!
//! Both are attached to a ctdbd that is only as much as attaching needs. All steps of the larger number are prepared in
//! either run, so that the difference of two counts is the work of the tunneld alone.

use std::collections::VecDeque;

use bus::datagram::{self, Fragment, ToTunnel};
use bus::{Address, Daemon, Node};
use bytes::{Bytes, BytesMut};
use legacy_codec::{
    Abi, ControlReply, ControlRequest, DEFAULT_LIMIT, FrameBuf, Framing, NodeAndFlags, NodeFlags, NodeMap,
    Operation, Packet, Pnn, SockAddr,
};
use machine::{Machine, Time};
use tunnel_core::{Config, Effect, Input, KeyUse, Keys, Tunnel, session};

use crate::Work;

const ABI: Abi = Abi::NATIVE;

/// A tunneld and its half of the world.
struct Side {
    tunnel: Tunnel,
    node: u32,
    to_ctdbd: FrameBuf,
    /// Packets for the other node, as ctdbd would bring them there.
    out: VecDeque<Bytes>,
    /// Datagrams that its daemons got.
    delivered: u32,
}

fn daemon(name: &str) -> Daemon {
    Daemon { name: name.parse().expect("a name"), instance: 0 }
}

fn node_map() -> NodeMap {
    let node = |n: u8| NodeAndFlags {
        pnn: Pnn(n.into()),
        flags: NodeFlags::empty(),
        addr: SockAddr::from(std::net::SocketAddr::from(([127, 0, 0, n + 1], 4379))),
    };
    NodeMap { nodes: vec![node(0), node(1)] }
}

impl Side {
    /// Attached, with a daemon of this name.
    fn new(node: u32, name: &str, keys: Keys) -> Self {
        let config =
            Config { keys, ..Config::new("socket".to_owned(), "gate".to_owned(), u64::from(node) + 1) };
        let to_ctdbd = FrameBuf::new(ABI, Framing::Client, DEFAULT_LIMIT);
        let mut side =
            Self { tunnel: Tunnel::new(config), node, to_ctdbd, out: VecDeque::new(), delivered: 0 };
        side.input(Input::Start);
        side.input(Input::Ctdbd(session::Input::Connected));
        let register = [ToTunnel::Register { incarnation: 1 }];
        side.input(Input::Datagram(datagram::encode(daemon(name), &register).into_bytes()));
        side
    }

    fn input(&mut self, input: Input) {
        self.tunnel.handle(Time::ZERO, input);
        while let Some(written) = self.drain() {
            self.to_ctdbd.push(written);
            self.ctdbd();
        }
    }

    /// Carries out all effects but what has to be written, which comes back, in one piece.
    fn drain(&mut self) -> Option<Bytes> {
        let mut written = Vec::new();
        while let Some(effect) = self.tunnel.poll_effect(Time::ZERO) {
            match effect {
                Effect::Write(bytes) => {
                    self.tunnel.handle(Time::ZERO, Input::Written(bytes.len()));
                    written.push(bytes);
                }
                Effect::Deliver { daemon, incarnation, .. } => {
                    self.delivered += 1;
                    self.tunnel.handle(Time::ZERO, Input::Sent { daemon, incarnation });
                }
                _ => {}
            }
        }
        match written.len() {
            0 => None,
            1 => written.pop(),
            _ => {
                let mut whole = BytesMut::new();
                written.iter().for_each(|piece| whole.extend_from_slice(piece));
                Some(whole.freeze())
            }
        }
    }

    /// Answers what the session asks, and keeps what is for the other node.
    fn ctdbd(&mut self) {
        while let Some(frame) = self.to_ctdbd.pop().expect("a frame") {
            let packet = Packet::decode(&frame, ABI).expect("a packet");
            let Operation::ReqControl(request) = &packet.body else {
                self.out.push_back(frame);
                continue;
            };
            let reply = match ControlRequest::decode(request, ABI).expect("a request") {
                ControlRequest::GetPnn(()) => ControlReply::GetPnn(Pnn(self.node)),
                ControlRequest::GetNodeMap(()) => ControlReply::GetNodeMap(node_map()),
                ControlRequest::RegisterSrvid(_) => ControlReply::RegisterSrvid(()),
                other => panic!("{other:?}"),
            };
            let body = Operation::ReplyControl(reply.encode(ABI).expect("a reply"));
            let bytes = Packet { header: packet.header, body }.encode(ABI).expect("a packet").bytes;
            self.tunnel.handle(Time::ZERO, Input::Ctdbd(session::Input::Received(bytes)));
        }
    }

    /// The datagram of a daemon with a message of one piece.
    fn datagram(token: u32, len: usize) -> Bytes {
        let total = u32::try_from(len).expect("a short message");
        let fragment = Fragment { total, offset: 0, data: Bytes::from(vec![7; len]) };
        let to = Address { node: Node(1), daemon: daemon("far") };
        let send = [ToTunnel::Send { token: token.into(), to, fragment }];
        datagram::encode(daemon("near"), &send).into_bytes()
    }
}

/// Lets the two hear each other until neither has anything to say.
fn settle(near: &mut Side, far: &mut Side) {
    while let Some(packet) = near.out.pop_front() {
        far.input(Input::Ctdbd(session::Input::Received(packet)));
        while let Some(packet) = far.out.pop_front() {
            near.input(Input::Ctdbd(session::Input::Received(packet)));
        }
    }
}

/// Two tunnelds that know each other, with a channel between their daemons.
fn pair(keys: &Keys) -> (Side, Side) {
    let (mut near, mut far) = (Side::new(0, "near", keys.clone()), Side::new(1, "far", keys.clone()));
    for side in [&mut near, &mut far] {
        side.tunnel.tick(Time::ZERO);
        while let Some(written) = side.drain() {
            side.to_ctdbd.push(written);
            side.ctdbd();
        }
    }
    settle(&mut near, &mut far);
    settle(&mut far, &mut near);
    near.input(Input::Datagram(Side::datagram(0, 8)));
    settle(&mut near, &mut far);
    assert_eq!(far.delivered, 2, "the answer to the registration, and the message");
    (near, far)
}

/// A daemon's message goes into an envelope.
fn send(name: &str, len: usize, times: (u32, u32), keys: Keys) -> Work {
    let prepare = move || -> Box<dyn FnMut()> {
        let (mut near, _) = pair(&keys);
        let mut all: VecDeque<Bytes> = (1..=times.1).map(|n| Side::datagram(n, len)).collect();
        Box::new(move || {
            let datagram = all.pop_front().expect("enough datagrams");
            near.tunnel.handle(Time::ZERO, Input::Datagram(datagram));
            let mut written = 0;
            while let Some(effect) = near.tunnel.poll_effect(Time::ZERO) {
                if let Effect::Write(bytes) = effect {
                    written += bytes.len();
                }
            }
            assert!(written > len, "the message does not go");
            near.tunnel.handle(Time::ZERO, Input::Written(written));
        })
    };
    Work { name: format!("tunnel: send {name}"), times, prepare: Box::new(prepare) }
}

/// An envelope's message goes to its daemon.
fn receive(name: &str, len: usize, times: (u32, u32), keys: Keys) -> Work {
    let prepare = move || -> Box<dyn FnMut()> {
        let (mut near, mut far) = pair(&keys);
        (1..=times.1).for_each(|n| near.input(Input::Datagram(Side::datagram(n, len))));
        let mut all = std::mem::take(&mut near.out);
        Box::new(move || {
            let packet = all.pop_front().expect("enough packets");
            far.tunnel.handle(Time::ZERO, Input::Ctdbd(session::Input::Received(packet)));
            let mut delivered = 0;
            while let Some(effect) = far.tunnel.poll_effect(Time::ZERO) {
                if let Effect::Deliver { daemon, incarnation, .. } = effect {
                    delivered += 1;
                    far.tunnel.handle(Time::ZERO, Input::Sent { daemon, incarnation });
                }
            }
            assert_eq!(delivered, 1, "the message does not come");
        })
    };
    Work { name: format!("tunnel: receive {name}"), times, prepare: Box::new(prepare) }
}

/// Within one window, since nothing is acknowledged.
pub(crate) fn works() -> Vec<Work> {
    let (small, large) = ((64, (50, 550)), (64 << 10, (3, 13)));
    let secret: Vec<u8> = (0..32).collect();
    let key = Keys::read(KeyUse::Require, &secret).expect("a key");
    let open = [("64 bytes", small), ("64 KiB", large)].map(|(name, sizes)| (name, sizes, Keys::default()));
    let sealed = [("64 bytes, sealed", small), ("64 KiB, sealed", large)]
        .map(|(name, sizes)| (name, sizes, key.clone()));
    open.into_iter()
        .chain(sealed)
        .flat_map(|(name, (len, times), keys)| {
            [send(name, len, times, keys.clone()), receive(name, len, times, keys)]
        })
        .collect()
}
