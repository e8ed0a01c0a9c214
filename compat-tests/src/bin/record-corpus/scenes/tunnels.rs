//! Packets in tunnels: from a client through ctdbd to a client of another node, and back.

use anyhow::{bail, ensure};
use bytes::Bytes;
use compat_tests::rehearsal;
use legacy_codec::{Dest, Operation, ReqTunnel, SrvId, TunnelFlags, TunnelId};

use super::Scene;
use crate::client::Client;
use crate::stage::Stage;

/// Of no tunnel that Samba knows.
const TUNNEL: u64 = 0x7C54_0000_0000_0001;
const TUNNEL_REGISTER: u32 = 152;
const TUNNEL_DEREGISTER: u32 = 153;

pub(super) const TUNNELS: Scene = Scene {
    name: "tunnels",
    what: "two clients register a tunnel and send each other packets of several sizes; node 0 through a relay",
    shows: &["REQ_TUNNEL", "TUNNEL_REGISTER", "TUNNEL_DEREGISTER"],
    cluster: rehearsal::TUNNELS.cluster,
    play: tunnels,
};

fn tunnels(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::TUNNELS)?;
    let mut here = Client::connect(&relay.socket)?;
    let mut there = Client::connect(&stage.cluster.node(1).socket())?;
    for client in [&mut here, &mut there] {
        let reply = client.control(Dest::CURRENT_NODE, TUNNEL_REGISTER, SrvId(TUNNEL), Bytes::new())?;
        ensure!(reply.status == 0, "TUNNEL_REGISTER: status {}", reply.status);
    }
    for size in [0, 1, 7, 8, 1000, 70_000] {
        pass(&mut here, &mut there, Dest(1), TunnelFlags::REQUEST, size)?;
        pass(&mut there, &mut here, Dest(0), TunnelFlags::REPLY, size)?;
    }
    pass(&mut here, &mut there, Dest(1), TunnelFlags::REQUEST | TunnelFlags::NOREPLY, 12)?;
    for client in [&mut here, &mut there] {
        client.control(Dest::CURRENT_NODE, TUNNEL_DEREGISTER, SrvId(TUNNEL), Bytes::new())?;
    }
    Ok(())
}

fn pass(
    from: &mut Client,
    to: &mut Client,
    dest: Dest,
    flags: TunnelFlags,
    size: usize,
) -> anyhow::Result<()> {
    let data: Bytes = (0_u8..=250).cycle().take(size).collect();
    let tunnel = ReqTunnel { tunnel_id: TunnelId(TUNNEL), flags, data: data.clone() };
    from.send(dest, Operation::ReqTunnel(tunnel))?;
    match to.receive()?.body {
        Operation::ReqTunnel(came) => {
            ensure!(came.data == data && came.flags == flags, "something else came through the tunnel");
            Ok(())
        }
        other => bail!("operation {} instead of a packet in the tunnel", other.number()),
    }
}
