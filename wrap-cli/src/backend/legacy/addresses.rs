//! Public addresses of C ctdbd: which control says and does what. The truth is `ctdb_takeover.c`.

use std::net::{IpAddr, SocketAddr};

use async_trait::async_trait;
use legacy_codec::{
    AddPublicIp, AddrInfo, CName, DelPublicIp, Dest, GetIfaces, GetPublicIpInfo, GetPublicIps,
    GetTcpTickleList, Iface, Message, Pnn, PublicIp, PublicIpFlags, ReleaseIp, ReloadPublicIps,
    SendGratuitousArp, SetIfaceLinkState, SockAddr, TakeoverIp, TcpAddDelayedUpdate, TcpRemove, Text,
};

use super::Legacy;
use crate::backend::Addresses;
use crate::error::Failure;
use crate::model::{Connection, Interface, Network, Placement, PublicAddress};

fn sock(ip: IpAddr) -> SockAddr {
    SocketAddr::new(ip, 0).into()
}

fn end(addr: &SockAddr) -> Result<SocketAddr, Failure> {
    let end = addr.ip().zip(addr.port()).map(|(ip, port)| SocketAddr::new(ip, port));
    end.ok_or_else(|| Failure::Malformed("an address of a family that is not known".into()))
}

fn public(ip: &PublicIp) -> Result<PublicAddress, Failure> {
    Ok(PublicAddress { ip: end(&ip.addr)?.ip(), node: (ip.pnn != Pnn::UNKNOWN).then_some(ip.pnn.0) })
}

fn interface(iface: &Iface) -> Interface {
    Interface { name: iface.name.to_string(), link: iface.link_state != 0, references: iface.references }
}

fn wire(connection: Connection) -> legacy_codec::Connection {
    // C quirk: the daemon looks for the public address in the second one, whatever its name.
    legacy_codec::Connection { src: connection.client.into(), dst: connection.server.into() }
}

#[async_trait(?Send)]
impl Addresses for Legacy {
    async fn addresses(&self, of: u32) -> Result<Vec<PublicAddress>, Failure> {
        let known = self.call::<GetPublicIps>(of, PublicIpFlags::empty()).await?;
        let mut known: Vec<_> = known.ips.iter().map(public).collect::<Result<_, _>>()?;
        known.sort_by_key(|address| address.ip);
        Ok(known)
    }

    async fn placement(&self, of: u32, ip: IpAddr) -> Result<Placement, Failure> {
        let info = self.call::<GetPublicIpInfo>(of, sock(ip)).await.map_err(|failure| match failure {
            Failure::Refused(_) => Failure::Refused(format!("it does not know the public address {ip}")),
            other => other,
        })?;
        let interfaces: Vec<_> = info.ifaces.iter().map(interface).collect();
        let active = usize::try_from(info.active).ok().and_then(|active| interfaces.get(active));
        let active = active.map(|interface| interface.name.clone());
        Ok(Placement { address: public(&info.ip)?, interfaces, active })
    }

    async fn interfaces(&self, of: u32) -> Result<Vec<Interface>, Failure> {
        Ok(self.ask::<GetIfaces>(of).await?.ifaces.iter().map(interface).collect())
    }

    async fn set_link(&self, of: u32, interface: &str, up: bool) -> Result<(), Failure> {
        let iface = Iface { name: CName::new(interface), link_state: up.into(), references: 0 };
        self.call::<SetIfaceLinkState>(of, iface).await
    }

    async fn add_address(&self, of: u32, address: Network, interface: &str) -> Result<(), Failure> {
        let info =
            AddrInfo { addr: sock(address.ip), mask: address.bits.into(), iface: Text::from(interface) };
        self.call::<AddPublicIp>(of, info).await.map_err(|failure| match failure {
            // It says so in its log alone; an address that it has already was looked for before.
            Failure::Refused(_) => Failure::Refused(format!("there is no interface {interface}")),
            other => other,
        })
    }

    async fn delete_address(&self, of: u32, ip: IpAddr) -> Result<(), Failure> {
        self.call::<DelPublicIp>(of, AddrInfo { addr: sock(ip), mask: 0, iface: Text::NULL }).await
    }

    async fn reallocate(&self) -> Result<(), Failure> {
        self.takeover_run().await
    }

    async fn favour(&self, node: u32) -> Result<(), Failure> {
        self.tell(Dest::CONNECTED, &Message::RebalanceNode(Pnn(node))).await
    }

    async fn pause_address_checks(&self, seconds: u32) -> Result<(), Failure> {
        self.tell(Dest::CONNECTED, &Message::DisableIpCheck(seconds)).await
    }

    async fn release_address(&self, of: u32, ip: IpAddr, to: u32) -> Result<(), Failure> {
        self.call::<ReleaseIp>(of, PublicIp { pnn: Pnn(to), addr: sock(ip) }).await
    }

    async fn take_address(&self, of: u32, ip: IpAddr) -> Result<(), Failure> {
        self.call::<TakeoverIp>(of, PublicIp { pnn: Pnn(of), addr: sock(ip) }).await
    }

    async fn hold_takeover_runs(&self, nodes: &[u32], seconds: u32) -> Result<(), Failure> {
        self.disable_takeover_runs(nodes, seconds).await
    }

    async fn reload_addresses(&self, of: u32) -> Result<(), Failure> {
        self.ask::<ReloadPublicIps>(of).await
    }

    async fn announce(&self, of: u32, ip: IpAddr, interface: &str) -> Result<(), Failure> {
        let info = AddrInfo { addr: sock(ip), mask: 0, iface: Text::from(interface) };
        self.call::<SendGratuitousArp>(of, info).await
    }

    async fn connections(&self, of: u32, server: SocketAddr) -> Result<Vec<Connection>, Failure> {
        let list = self.call::<GetTcpTickleList>(of, server.into()).await?;
        let ends = |pair: &legacy_codec::Connection| {
            Ok(Connection { client: end(&pair.src)?, server: end(&pair.dst)? })
        };
        let mut found: Vec<_> = list.connections.iter().map(ends).collect::<Result<_, Failure>>()?;
        found.sort_by_key(|connection| (connection.server, connection.client));
        Ok(found)
    }

    async fn add_connection(&self, of: u32, connection: Connection) -> Result<(), Failure> {
        self.call::<TcpAddDelayedUpdate>(of, wire(connection)).await
    }

    async fn delete_connection(&self, of: u32, connection: Connection) -> Result<(), Failure> {
        self.call::<TcpRemove>(of, wire(connection)).await
    }
}
