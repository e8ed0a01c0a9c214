//! A client of ctdbd for packets that the C tool does not send: a blocking socket, requests and what comes back.

use std::io::{Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use legacy_codec::{
    Abi, ClientId, ControlFlags, DEFAULT_LIMIT, Dest, FrameBuf, Framing, Header, Operation, Packet,
    ReplyControl, ReqControl, ReqId, SrvId,
};

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(20);
/// Bytes that one read takes.
const CHUNK: usize = 64 << 10;

/// A connected client.
pub(crate) struct Client {
    socket: UnixStream,
    frames: FrameBuf,
    reqid: u32,
}

impl Client {
    pub(crate) fn connect(socket: &Path) -> anyhow::Result<Self> {
        let socket = UnixStream::connect(socket).with_context(|| socket.display().to_string())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let frames = FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT);
        Ok(Self { socket, frames, reqid: 0 })
    }

    /// Sends a packet and returns its reqid.
    pub(crate) fn send(&mut self, dest: Dest, body: Operation) -> anyhow::Result<ReqId> {
        self.reqid += 1;
        let reqid = ReqId(self.reqid);
        let packet = Packet { header: Header { dest, reqid, ..Header::default() }, body };
        self.socket.write_all(&packet.encode(Abi::NATIVE)?.bytes)?;
        Ok(reqid)
    }

    /// The next packet.
    pub(crate) fn receive(&mut self) -> anyhow::Result<Packet> {
        let mut buffer = vec![0; CHUNK];
        loop {
            if let Some(frame) = self.frames.pop()? {
                return Ok(Packet::decode(&frame, Abi::NATIVE)?);
            }
            let len = self.socket.read(&mut buffer).context("no packet of ctdbd")?;
            ensure!(len > 0, "ctdbd closed the connection");
            self.frames.push(Bytes::copy_from_slice(&buffer[..len]));
        }
    }

    /// The answer to a request; other packets before it are passed over.
    pub(crate) fn answer(&mut self, reqid: ReqId) -> anyhow::Result<Operation> {
        loop {
            let packet = self.receive()?;
            let asked = !matches!(packet.body, Operation::ReqMessage(_) | Operation::ReqTunnel(_));
            if asked && packet.header.reqid == reqid {
                return Ok(packet.body);
            }
        }
    }

    /// Asks a control that has to succeed.
    pub(crate) fn control(
        &mut self,
        dest: Dest,
        opcode: u32,
        srvid: SrvId,
        data: Bytes,
    ) -> anyhow::Result<ReplyControl> {
        let (client_id, flags) = (ClientId::default(), ControlFlags::default());
        let ask = ReqControl { opcode, pad: 0, srvid, client_id, flags, data };
        let reqid = self.send(dest, Operation::ReqControl(ask))?;
        match self.answer(reqid)? {
            Operation::ReplyControl(reply) => Ok(reply),
            other => bail!("control {opcode} was answered with operation {}", other.number()),
        }
    }
}
