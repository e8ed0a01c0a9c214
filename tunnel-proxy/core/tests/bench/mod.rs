//! A tunneld of two nodes on virtual time, for tests: it is attached to a ctdbd of a few lines, its daemons read at once
//! unless told otherwise, and the test plays the other node.

use std::collections::BTreeSet;
use std::time::Duration;

use bus::datagram::{self, Fragment, Frame as _, ToDaemon, ToTunnel};
use bus::{Address, Daemon, Gather, Node, Undelivered};
use bytes::Bytes;
use legacy_codec::{
    Abi, ControlReply, ControlRequest, DEFAULT_LIMIT, Dest, FrameBuf, Framing, Header, NodeAndFlags,
    NodeFlags, NodeMap, Operation, Packet, Pnn, ReqMessage, SockAddr, SrvId,
};
use machine::{Machine, Time};
use tunnel_core::envelope::{Channel, Frame, Head};
use tunnel_core::{Config, Effect, Event, Input, Keys, Tunnel, session};

pub(crate) const ABI: Abi = Abi::NATIVE;
pub(crate) const BOOT: u64 = 77;
pub(crate) const PEER_BOOT: u64 = 88;

pub(crate) fn daemon(name: &str) -> Daemon {
    Daemon { name: name.parse().unwrap(), instance: 0 }
}

/// A tunnel attached to a ctdbd of two nodes, of which it is node 0.
pub(crate) struct Bench {
    pub(crate) tunnel: Tunnel,
    pub(crate) now: Time,
    pub(crate) frames: FrameBuf,
    /// What went to daemons.
    pub(crate) delivered: Vec<(Daemon, ToDaemon)>,
    /// The last greeting to the other node.
    pub(crate) greeting: Option<u64>,
    /// Everything else that was said to the other node.
    pub(crate) said: Vec<Frame>,
    /// Daemons that do not read, and the datagrams that wait in their sockets.
    pub(crate) stalled: BTreeSet<Daemon>,
    pub(crate) held: Vec<(Daemon, u64, Gather)>,
    /// What was sent to daemons that are not registered.
    pub(crate) rejected: Vec<(Daemon, ToDaemon)>,
    pub(crate) events: Vec<Event>,
    /// What the other node seals with.
    pub(crate) far_keys: Keys,
}

impl Bench {
    pub(crate) fn new() -> Self {
        Self::with_keys(Keys::default(), Keys::default())
    }

    /// One whose two nodes have these keys.
    pub(crate) fn with_keys(keys: Keys, far_keys: Keys) -> Self {
        let tunnel = Tunnel::new(Config { keys, ..Config::new("socket".into(), "test".into(), BOOT) });
        let frames = FrameBuf::new(ABI, Framing::Client, DEFAULT_LIMIT);
        let mut bench = Self {
            tunnel,
            now: Time::ZERO,
            frames,
            delivered: Vec::new(),
            greeting: None,
            said: Vec::new(),
            stalled: BTreeSet::new(),
            held: Vec::new(),
            rejected: Vec::new(),
            events: Vec::new(),
            far_keys,
        };
        bench.input(Input::Start);
        bench.input(Input::Ctdbd(session::Input::Connected));
        assert_eq!(bench.tunnel.status(bench.now).ctdbd.state, protocol::tunnel::LinkState::Attached);
        bench
    }

    pub(crate) fn input(&mut self, input: Input) {
        self.tunnel.handle(self.now, input);
        self.drain();
    }

    pub(crate) fn pass(&mut self, millis: u64) {
        let end = self.now + Duration::from_millis(millis);
        while let Some(at) = self.tunnel.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.tunnel.tick(self.now);
            self.drain();
        }
        self.now = end;
    }

    pub(crate) fn drain(&mut self) {
        while let Some(effect) = self.tunnel.poll_effect(self.now) {
            match effect {
                Effect::Write(bytes) => {
                    self.tunnel.handle(self.now, Input::Written(bytes.len()));
                    self.frames.push(bytes);
                }
                Effect::Deliver { daemon, incarnation, datagram } => {
                    if self.stalled.contains(&daemon) {
                        self.held.push((daemon, incarnation, datagram));
                    } else {
                        self.deliver(daemon, incarnation, datagram);
                    }
                }
                Effect::Forget { daemon, incarnation } => {
                    self.held.retain(|(d, i, _)| (*d, *i) != (daemon, incarnation));
                }
                Effect::Reject { daemon, datagram } => {
                    self.rejected.extend(frames_of(daemon, datagram));
                }
                Effect::Event(event) => self.events.push(event),
                Effect::Connect | Effect::Close => {}
            }
            self.answer();
        }
        self.tunnel.check();
        let status = self.tunnel.status(self.now);
        for peer in &status.peers {
            assert!(peer.queued_bytes <= 256 << 20, "{peer:?}");
            assert!(peer.channels_in <= 2048 && peer.channels_out <= 2048, "{peer:?}");
        }
        assert!(status.daemons.len() <= 256);
    }

    fn deliver(&mut self, daemon: Daemon, incarnation: u64, datagram: Gather) {
        self.delivered.extend(frames_of(daemon, datagram));
        self.tunnel.handle(self.now, Input::Sent { daemon, incarnation });
    }

    /// A daemon that was stalled reads all that there is, and goes on reading.
    pub(crate) fn read_again(&mut self, daemon: Daemon) {
        self.stalled.remove(&daemon);
        let (mine, others) = std::mem::take(&mut self.held).into_iter().partition(|(d, ..)| *d == daemon);
        self.held = others;
        let mine: Vec<_> = mine;
        for (daemon, incarnation, datagram) in mine {
            self.deliver(daemon, incarnation, datagram);
        }
        self.drain();
    }

    /// What ctdbd says to the controls of the session.
    fn answer(&mut self) {
        while let Some(frame) = self.frames.pop().unwrap() {
            let packet = Packet::decode(&frame, ABI).unwrap();
            let request = match packet.body {
                Operation::ReqControl(request) => request,
                Operation::ReqMessage(message) => {
                    self.overhear(message.data);
                    continue;
                }
                other => panic!("{other:?}"),
            };
            let node = |n: u8| NodeAndFlags {
                pnn: Pnn(n.into()),
                flags: NodeFlags::empty(),
                addr: SockAddr::from(std::net::SocketAddr::from(([127, 0, 0, n + 1], 4379))),
            };
            let reply = match ControlRequest::decode(&request, ABI).unwrap() {
                ControlRequest::GetPnn(()) => ControlReply::GetPnn(Pnn(0)),
                ControlRequest::GetNodeMap(()) => {
                    ControlReply::GetNodeMap(NodeMap { nodes: vec![node(0), node(1)] })
                }
                ControlRequest::RegisterSrvid(_) => ControlReply::RegisterSrvid(()),
                other => panic!("{other:?}"),
            };
            let body = Operation::ReplyControl(reply.encode(ABI).unwrap());
            self.ctdbd_says(packet.header, body);
        }
    }

    /// Gives back the buffer that was read, to see who keeps it.
    fn ctdbd_says(&mut self, header: Header, body: Operation) -> Bytes {
        let bytes = Packet { header, body }.encode(ABI).unwrap().bytes;
        self.tunnel.handle(self.now, Input::Ctdbd(session::Input::Received(bytes.clone())));
        bytes
    }

    pub(crate) fn envelope(&mut self, payload: Bytes) -> Bytes {
        let message = ReqMessage { srvid: SrvId::TUNNEL_NEW_PROTOCOL, data: payload };
        let header = Header { dest: Dest(0), ..Header::default() };
        let read = self.ctdbd_says(header, Operation::ReqMessage(message));
        self.drain();
        read
    }

    pub(crate) fn frames(&mut self, from_boot: u64, frames: &[Frame]) -> Bytes {
        let mut g = self.far_keys.begin(Head { from: Node(1), to: Node(0), from_boot, to_boot: BOOT });
        frames.iter().for_each(|f| f.emit(&mut g));
        self.envelope(self.far_keys.finish(g).into_bytes())
    }

    /// What the other node's tunneld would read.
    fn overhear(&mut self, payload: Bytes) {
        let Ok((_, mut r)) = self.far_keys.open(payload) else { return };
        while !r.is_empty() {
            match Frame::take(&mut r).unwrap() {
                Frame::Hello { stamp } => self.greeting = Some(stamp),
                frame => self.said.push(frame),
            }
        }
    }

    pub(crate) fn register(&mut self, name: &str) {
        let frames = [ToTunnel::Register { incarnation: 1 }];
        self.input(Input::Datagram(datagram::encode(daemon(name), &frames).into_bytes()));
    }

    /// An honest peer's honest message arrives.
    pub(crate) fn assert_alive(&mut self, channel: u32) {
        self.register("honest");
        let fragment = Fragment { total: 2, offset: 0, data: Bytes::from_static(b"ok") };
        let open = Frame::Open { channel: Channel(channel), from: daemon("peer"), to: daemon("honest") };
        // A life of the peer that is not known yet is greeted, and believed when it answers.
        self.frames(0xb007, &[Frame::Hello { stamp: 1 }]);
        self.pass(100);
        let answer = self.greeting.map(|stamp| Frame::HelloAnswer { stamp });
        let data = Frame::Data { channel: Channel(channel), seq: 0, fragment };
        self.delivered.clear();
        self.frames(0xb007, &answer.into_iter().chain([open, data]).collect::<Vec<_>>());
        let arrived = |(to, frame): &(Daemon, ToDaemon)| {
            *to == daemon("honest")
                && matches!(frame, ToDaemon::Deliver { fragment, .. } if fragment.data == "ok")
        };
        assert!(self.delivered.iter().any(arrived), "{:?}", self.delivered);
    }

    pub(crate) fn register_run(&mut self, daemon: Daemon, incarnation: u64) {
        let frames = [ToTunnel::Register { incarnation }];
        self.input(Input::Datagram(datagram::encode(daemon, &frames).into_bytes()));
    }

    /// The peer is believed in its usual life.
    pub(crate) fn meet(&mut self) {
        self.frames(PEER_BOOT, &[Frame::Hello { stamp: 1 }]);
    }

    /// The peer was started anew under this boot id, and answers the greeting.
    pub(crate) fn meet_anew(&mut self, boot: u64) {
        self.frames(boot, &[Frame::Hello { stamp: 1 }]);
        self.pass(100);
        let stamp = self.greeting.unwrap();
        self.frames(boot, &[Frame::HelloAnswer { stamp }]);
    }

    /// A daemon of this node sends a fragment.
    pub(crate) fn send(&mut self, from: Daemon, token: u64, to: Address, fragment: Fragment) {
        let send = ToTunnel::Send { token, to, fragment };
        self.input(Input::Datagram(datagram::encode(from, &[send]).into_bytes()));
    }

    /// The results that a daemon was told, in order.
    pub(crate) fn results(&self, daemon: Daemon) -> Vec<(u64, Result<(), Undelivered>)> {
        let completed = |(to, frame): &(Daemon, ToDaemon)| match frame {
            ToDaemon::Completed { token, result } if *to == daemon => Some((*token, *result)),
            _ => None,
        };
        self.delivered.iter().filter_map(completed).collect()
    }

    /// Messages that a daemon got, whole ones of one piece.
    pub(crate) fn messages(&self, daemon: Daemon) -> Vec<Bytes> {
        let body = |(to, frame): &(Daemon, ToDaemon)| match frame {
            ToDaemon::Deliver { fragment, .. } if *to == daemon => Some(fragment.data.clone()),
            _ => None,
        };
        self.delivered.iter().filter_map(body).collect()
    }

    pub(crate) fn envelopes_bad(&self) -> u64 {
        self.tunnel.status(self.now).counters.envelopes_bad
    }
}

fn frames_of(daemon: Daemon, datagram: Gather) -> Vec<(Daemon, ToDaemon)> {
    let (to, mut r) = datagram::open(datagram.into_bytes()).unwrap();
    assert_eq!(to, daemon);
    let mut all = Vec::new();
    while !r.is_empty() {
        all.push((to, ToDaemon::take(&mut r).unwrap()));
    }
    all
}

/// A message of one piece.
pub(crate) fn whole(data: impl Into<Bytes>) -> Fragment {
    let data = data.into();
    Fragment { total: u32::try_from(data.len()).unwrap(), offset: 0, data }
}

/// A daemon of the other node.
pub(crate) fn far(name: &str) -> Address {
    Address { node: Node(1), daemon: daemon(name) }
}

/// A daemon of this node.
pub(crate) fn near(name: &str) -> Address {
    Address { node: Node::LOCAL, daemon: daemon(name) }
}

pub(crate) fn surely(reason: bus::Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: false })
}

pub(crate) fn perhaps(reason: bus::Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: true })
}
