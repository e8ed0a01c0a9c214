//! A plain client of ctdbd: a blocking socket, one registered srvid, messages to another client's srvid.
//!
//! The least that a client can do, so that a comparison with it is hard: no session, no deadline, no flow control.

use std::io::{IoSlice, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, bail, ensure};
use bytes::Bytes;
use legacy_codec::{
    Abi, ClientId, ControlFlags, DEFAULT_LIMIT, Dest, FrameBuf, Framing, Header, Operation, PACKET_ALIGN,
    Packet, ReqControl, ReqId, SrvId, message_head,
};

use crate::end::{End, PATIENCE};

/// `CTDB_CONTROL_REGISTER_SRVID`.
const REGISTER_SRVID: u32 = 23;
/// Bytes that one read takes.
const CHUNK: usize = 256 << 10;

/// A client that is registered.
pub(crate) struct Plain {
    socket: UnixStream,
    frames: FrameBuf,
    buffer: Vec<u8>,
    to: (Dest, SrvId),
}

impl Plain {
    /// Connects, registers `mine`, and will send to `to`.
    pub(crate) fn connect(socket: &Path, mine: SrvId, to: (u32, SrvId)) -> anyhow::Result<Self> {
        let socket = UnixStream::connect(socket).with_context(|| socket.display().to_string())?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let frames = FrameBuf::new(Abi::NATIVE, Framing::Client, DEFAULT_LIMIT);
        let mut plain = Self { socket, frames, buffer: vec![0; CHUNK], to: (Dest(to.0), to.1) };
        let (opcode, srvid) = (REGISTER_SRVID, mine);
        let (client_id, flags) = (ClientId::default(), ControlFlags::default());
        let ask = ReqControl { opcode, pad: 0, srvid, client_id, flags, data: Bytes::new() };
        let header = Header { dest: Dest::CURRENT_NODE, reqid: ReqId(1), ..Header::default() };
        let packet = Packet { header, body: Operation::ReqControl(ask) };
        plain.socket.write_all(&packet.encode(Abi::NATIVE)?.bytes)?;
        match plain.packet()?.body {
            Operation::ReplyControl(reply) => {
                ensure!(reply.status == 0, "REGISTER_SRVID: status {}", reply.status);
                Ok(plain)
            }
            other => bail!("ctdbd answered with operation {}", other.number()),
        }
    }

    fn packet(&mut self) -> anyhow::Result<Packet> {
        loop {
            if let Some(frame) = self.frames.pop()? {
                return Ok(Packet::decode(&frame, Abi::NATIVE)?);
            }
            let len = self.socket.read(&mut self.buffer).context("plain client")?;
            ensure!(len > 0, "ctdbd closed the connection");
            self.frames.spare_mut().extend_from_slice(&self.buffer[..len]);
        }
    }
}

impl End for Plain {
    fn send(&mut self, body: Bytes) -> anyhow::Result<()> {
        let (dest, srvid) = self.to;
        let header = Header { dest, ..Header::default() };
        let head = message_head(&header, srvid, body.len(), Abi::NATIVE)?;
        let padding = [0; PACKET_ALIGN];
        let mut pieces =
            [IoSlice::new(&head.head), IoSlice::new(&body), IoSlice::new(&padding[..head.padding])];
        let mut pieces = &mut pieces[..];
        while !pieces.is_empty() {
            let len = self.socket.write_vectored(pieces)?;
            IoSlice::advance_slices(&mut pieces, len);
        }
        Ok(())
    }

    fn receive(&mut self) -> anyhow::Result<Option<Bytes>> {
        loop {
            match self.packet() {
                Ok(Packet { body: Operation::ReqMessage(message), .. }) => return Ok(Some(message.data)),
                Ok(_) => {}
                Err(error) if crate::end::is_timeout(&error) => return Ok(None),
                Err(error) => return Err(error),
            }
        }
    }
}
