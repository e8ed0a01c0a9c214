//! A daemon of the bus as thin as the plain client: the bus's machine over two blocking sockets, no runtime, no tasks.

use std::collections::{BTreeMap, VecDeque};
use std::io::IoSlice;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixDatagram;
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, anyhow, bail};
use bus::datagram::DATAGRAM_MAX;
use bus::{Address, Config, Daemon, Effect, Endpoint, Gather, Input, Ticket, charge};
use bytes::Bytes;
use machine::{Machine, Time};
use nix::sys::socket::{MsgFlags, UnixAddr, sendmsg, setsockopt, sockopt::SndBuf};
use runtime::datagram::{TUNNEL_SOCKET, socket_of};

use crate::end::{End, PATIENCE};

/// What may be under way before a send waits for news: more than the window of the bus.
const UNDER_WAY: usize = 4 * bus::WINDOW;

/// A registered daemon that sends to one other.
pub(crate) struct BusEnd {
    endpoint: Endpoint,
    start: Instant,
    socket: UnixDatagram,
    path: PathBuf,
    tunneld: PathBuf,
    sender: Option<UnixDatagram>,
    buffer: Vec<u8>,
    to: Address,
    sent: u64,
    /// Charges of messages without a result.
    under_way: BTreeMap<Ticket, usize>,
    charged: usize,
    received: VecDeque<Bytes>,
    up: bool,
}

impl BusEnd {
    /// Registers `mine` at the tunneld of the bus directory, and will send to `to`.
    pub(crate) fn connect(dir: &Path, mine: Daemon, to: Address) -> anyhow::Result<Self> {
        let path = socket_of(dir, mine);
        let socket = UnixDatagram::bind(&path).with_context(|| path.display().to_string())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut end = Self {
            endpoint: Endpoint::new(Config::new(mine, u64::from(std::process::id()))),
            start: Instant::now(),
            socket,
            path,
            tunneld: dir.join(TUNNEL_SOCKET),
            sender: None,
            buffer: vec![0; DATAGRAM_MAX + 1],
            to,
            sent: 0,
            under_way: BTreeMap::new(),
            charged: 0,
            received: VecDeque::new(),
            up: false,
        };
        end.input(Input::Start)?;
        while !end.up {
            if !end.read()? {
                bail!("the tunneld does not answer");
            }
        }
        Ok(end)
    }

    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn input(&mut self, input: Input) -> anyhow::Result<()> {
        self.endpoint.handle(self.now(), input);
        while let Some(effect) = self.endpoint.poll_effect(self.now()) {
            match effect {
                Effect::Connect => {
                    let sender = UnixDatagram::unbound()?;
                    sender.connect(&self.tunneld).with_context(|| self.tunneld.display().to_string())?;
                    setsockopt(&sender, SndBuf, &(4 * DATAGRAM_MAX))?;
                    self.sender = Some(sender);
                    self.endpoint.handle(self.now(), Input::Connected);
                }
                Effect::Transmit(datagram) => {
                    self.transmit(&datagram)?;
                    self.endpoint.handle(self.now(), Input::Transmitted);
                }
                Effect::Local { to, .. } => bail!("{to} is on this node"),
                Effect::LocalClose(_) => {}
                Effect::Up { .. } => self.up = true,
                Effect::Link { .. } => {}
                Effect::Lost(reason) => bail!("the tunneld was lost: {reason:?}"),
                Effect::Received { body, .. } => self.received.push_back(body),
                Effect::Completed { ticket, result } => {
                    result.context("a message was not delivered")?;
                    self.charged -= self.under_way.remove(&ticket).unwrap_or_default();
                }
            }
        }
        Ok(())
    }

    fn transmit(&self, datagram: &Gather) -> anyhow::Result<()> {
        let sender = self.sender.as_ref().ok_or_else(|| anyhow!("not connected"))?;
        let pieces: Vec<_> = datagram.parts().iter().map(|part| IoSlice::new(part)).collect();
        sendmsg::<UnixAddr>(sender.as_raw_fd(), &pieces, &[], MsgFlags::empty(), None)?;
        Ok(())
    }

    /// Reads one datagram; false when none came for a while.
    fn read(&mut self) -> anyhow::Result<bool> {
        let len = match self.socket.recv(&mut self.buffer) {
            Ok(len) => len,
            Err(error) => {
                let error = error.into();
                if !crate::end::is_timeout(&error) {
                    return Err(error);
                }
                self.endpoint.tick(self.now());
                return Ok(false);
            }
        };
        let datagram = Bytes::copy_from_slice(&self.buffer[..len]);
        self.input(Input::Datagram(datagram))?;
        Ok(true)
    }
}

impl End for BusEnd {
    fn send(&mut self, body: Bytes) -> anyhow::Result<()> {
        let deadline = Instant::now() + 5 * PATIENCE;
        while self.charged >= UNDER_WAY {
            if !self.read()? && Instant::now() >= deadline {
                bail!("no room and no news for a while");
            }
        }
        self.sent += 1;
        let ticket = Ticket(self.sent);
        self.under_way.insert(ticket, charge(body.len()));
        self.charged += charge(body.len());
        self.input(Input::Send { ticket, to: self.to, body })
    }

    fn receive(&mut self) -> anyhow::Result<Option<Bytes>> {
        loop {
            if let Some(body) = self.received.pop_front() {
                return Ok(Some(body));
            }
            if !self.read()? {
                return Ok(None);
            }
        }
    }
}

impl Drop for BusEnd {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}
