//! `ip connection`: TCP connections whose clients hear of it when a public address moves ("tickles").
//!
//! Which end is the server's is seen from the public addresses, so that it does not matter which end is written first;
//! where that does not tell, it is as in the C tool: the client first. The facts are those of `control_gettickles`,
//! `control_addtickle` and `control_deltickle`.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::Addresses;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::node::done::Done;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::{Connection, end_point, ip_address};
use crate::render::table::Column;
use futures_util::future::join_all;

/// Which connections.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Filter {
    /// Public address; all of them when it is left out
    #[arg(value_name = "ADDR", value_parser = ip_address, add = ArgValueCompleter::new(live::addresses))]
    address: Option<IpAddr>,

    /// Port of the server; all of them when it is left out
    #[arg(value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
}

/// A connection as it is written.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Ends {
    /// One end.
    #[arg(value_name = "SRC", value_parser = end_point,
          help = "One end, such as 10.0.2.132:2049 or [fd00::2]:445")]
    pub(super) src: SocketAddr,

    /// The other end
    #[arg(value_name = "DST", value_parser = end_point)]
    pub(super) dst: SocketAddr,
}

impl Ends {
    /// The connection, once it is known which addresses are a server's.
    pub(super) fn connection(self, is_server: impl Fn(IpAddr) -> bool) -> Connection {
        let turned = is_server(self.src.ip()) && !is_server(self.dst.ip());
        let (client, server) = if turned { (self.dst, self.src) } else { (self.src, self.dst) };
        Connection { client, server }
    }
}

/// The connections that a node knows.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Connections {
    pub(crate) connections: Vec<Line>,
}

/// One connection.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    pub(crate) client: String,
    /// The end with the public address.
    pub(crate) server: String,
}

impl Columns for Connections {
    const COLUMNS: &'static [Column] = &[("CLIENT", false), ("SERVER", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        self.connections.iter().map(|line| vec![line.client.clone(), line.server.clone()]).collect()
    }
}

pub(crate) async fn list(cx: &Context, filter: Filter) -> Result<Answers<Connections>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &*cluster;
        async move {
            let known = cluster.addresses(pnn).await?;
            let wanted: Vec<IpAddr> = match filter.address {
                Some(ip) if !known.iter().any(|address| address.ip == ip) => return Err(unknown(ip)),
                Some(ip) => vec![ip],
                None => known.iter().map(|address| address.ip).collect(),
            };
            let port = filter.port.unwrap_or(0);
            let lists = wanted.into_iter().map(|ip| cluster.connections(pnn, SocketAddr::new(ip, port)));
            let mut connections = Vec::new();
            for list in join_all(lists).await {
                let line =
                    |c: Connection| Line { client: c.client.to_string(), server: c.server.to_string() };
                connections.extend(list?.into_iter().map(line));
            }
            Ok(Connections { connections })
        }
    })
    .await
}

pub(crate) async fn add(cx: &Context, ends: Ends) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &*cluster;
        async move {
            let connection = connection(cluster, pnn, ends).await?;
            cluster.add_connection(pnn, connection).await?;
            Ok(Done { result: "added".into() })
        }
    })
    .await
}

pub(crate) async fn delete(cx: &Context, ends: Ends) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &*cluster;
        async move {
            let connection = connection(cluster, pnn, ends).await?;
            // The daemon says nothing about a connection that it does not know.
            let known = cluster.connections(pnn, connection.server).await?.contains(&connection);
            cluster.delete_connection(pnn, connection).await?;
            Ok(Done { result: if known { "deleted" } else { "not known" }.into() })
        }
    })
    .await
}

async fn connection(cluster: &dyn Addresses, pnn: u32, ends: Ends) -> Result<Connection, Failure> {
    let known = cluster.addresses(pnn).await?;
    let public = |ip: IpAddr| known.iter().any(|address| address.ip == ip);
    if !public(ends.src.ip()) && !public(ends.dst.ip()) {
        return Err(unknown(ends.dst.ip()));
    }
    Ok(ends.connection(public))
}

fn unknown(ip: IpAddr) -> Failure {
    Failure::Refused(format!("{ip} is no public address of this node"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_with_the_public_address_is_the_servers_wherever_it_stands() {
        let (server, client) = (end_point("10.0.2.132:2049").unwrap(), end_point("10.0.1.33:987").unwrap());
        let public = |ip: IpAddr| ip == server.ip();
        let wanted = Connection { client, server };
        assert_eq!(Ends { src: server, dst: client }.connection(public), wanted);
        assert_eq!(Ends { src: client, dst: server }.connection(public), wanted);
        // Both or none: as written, the client first.
        for all in [true, false] {
            assert_eq!(Ends { src: client, dst: server }.connection(|_| all), wanted);
        }
    }
}
