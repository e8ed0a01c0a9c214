//! The way to ctdbd: the session, the node map, and how much ctdbd has still to read.

use std::time::Duration;

use bus::{Gather, Node};
use bytes::Bytes;
use legacy_codec::{ControlRequest, Dest, GetNodeMap, NodeMap, Pnn, SrvId};
use legacy_session::{self as session, Session, Token};
use machine::{Machine, Time, earliest};
use protocol::tunnel::LinkState;

use crate::limits::{LINK_BACKLOG, NODEMAP_EVERY};

const CALL_TIMEOUT: Duration = Duration::from_secs(5);

/// What the session brought about.
#[derive(Debug)]
pub(crate) enum LinkEffect {
    Connect,
    Write(Bytes),
    Close,
    Lost(String),
    NodeMap(NodeMap),
    Message(Bytes),
    Rejected(String),
}

#[derive(Debug)]
pub(crate) struct Link {
    session: Session,
    pub(crate) node: Option<Node>,
    pub(crate) attached: bool,
    pub(crate) since: Time,
    pub(crate) times_attached: u64,
    pub(crate) last_error: Option<String>,
    next_nodemap: Option<Time>,
    calls: u64,
    unwritten: usize,
}

impl Link {
    pub(crate) fn new() -> Self {
        Self {
            session: Session::new(session::Config::default()),
            node: None,
            attached: false,
            since: Time::ZERO,
            times_attached: 0,
            last_error: None,
            next_nodemap: None,
            calls: 0,
            unwritten: 0,
        }
    }

    pub(crate) fn start(&mut self, now: Time) {
        self.since = now;
        self.session.handle(now, session::Input::Subscribe(SrvId::TUNNEL_NEW_PROTOCOL));
        self.session.handle(now, session::Input::Start);
    }

    pub(crate) fn handle(&mut self, now: Time, input: session::Input) {
        self.session.handle(now, input);
    }

    pub(crate) fn written(&mut self, bytes: usize) {
        self.unwritten = self.unwritten.saturating_sub(bytes);
    }

    pub(crate) const fn may_send(&self) -> bool {
        self.attached && self.unwritten < LINK_BACKLOG
    }

    /// Hands an envelope to ctdbd. ctdbd keeps the order, so the caller need not wait.
    pub(crate) fn send(&mut self, now: Time, to: Node, envelope: Gather) {
        let dest = Dest::from(Pnn(to.0));
        let srvid = SrvId::TUNNEL_NEW_PROTOCOL;
        self.session.handle(now, session::Input::Send { dest, srvid, data: envelope.into_parts() });
    }

    fn ask_for_nodes(&mut self, now: Time) {
        self.calls += 1;
        self.next_nodemap = Some(now + NODEMAP_EVERY);
        self.session.handle(
            now,
            session::Input::Call {
                token: Token(self.calls),
                dest: Dest::CURRENT_NODE,
                request: ControlRequest::GetNodeMap(()),
                timeout: CALL_TIMEOUT,
            },
        );
    }

    pub(crate) fn tick(&mut self, now: Time) {
        self.session.tick(now);
        if self.session.is_up() && self.next_nodemap.is_some_and(|at| now >= at) {
            self.ask_for_nodes(now);
        }
    }

    pub(crate) fn poll_timeout(&self) -> Option<Time> {
        earliest(self.session.poll_timeout(), self.next_nodemap)
    }

    pub(crate) fn poll_effect(&mut self, now: Time) -> Option<LinkEffect> {
        loop {
            return Some(match self.session.poll_effect(now)? {
                session::Effect::Connect => LinkEffect::Connect,
                session::Effect::Write(bytes) => {
                    self.unwritten += bytes.len();
                    LinkEffect::Write(bytes)
                }
                session::Effect::Close => LinkEffect::Close,
                session::Effect::Up { pnn } => {
                    self.node = Some(Node(pnn.0));
                    self.ask_for_nodes(now);
                    continue;
                }
                session::Effect::Down { reason } => {
                    self.unwritten = 0;
                    self.next_nodemap = None;
                    self.last_error = Some(reason.to_string());
                    if !self.attached {
                        continue;
                    }
                    self.attached = false;
                    self.since = now;
                    LinkEffect::Lost(reason.to_string())
                }
                session::Effect::AttemptFailed { reason, .. } => {
                    self.unwritten = 0;
                    self.last_error = Some(reason.to_string());
                    continue;
                }
                session::Effect::Subscribed { .. }
                | session::Effect::Record { .. }
                | session::Effect::Reply { result: Err(_), .. } => continue,
                session::Effect::Reply { result: Ok(reply), .. } => match reply.decode::<GetNodeMap>() {
                    Ok(map) => LinkEffect::NodeMap(map),
                    Err(e) => LinkEffect::Rejected(e.to_string()),
                },
                session::Effect::Message { data, .. } => LinkEffect::Message(data),
                session::Effect::Rejected { reason } => LinkEffect::Rejected(reason.to_string()),
            });
        }
    }

    /// The nodes are known: others can be reached.
    pub(crate) fn set_attached(&mut self, now: Time) {
        self.attached = true;
        self.since = now;
        self.times_attached += 1;
    }

    /// How far it has come.
    pub(crate) fn state(&self) -> LinkState {
        match (self.attached, self.session.is_up()) {
            (true, _) => LinkState::Attached,
            (false, true) => LinkState::Connecting,
            (false, false) => LinkState::Down,
        }
    }
}
