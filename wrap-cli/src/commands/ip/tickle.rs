//! `ip connection tickle`: a packet from this machine that makes a client look whether its connection still lives.
//!
//! No daemon is asked. The packet goes out from the end that is on this machine; where that does not tell, the first end
//! is the client, as in the C tool (`control_tickle`).

use std::net::IpAddr;
use std::path::Path;

use super::connection::Ends;
use crate::commands::said::Said;
use crate::context::Context;
use crate::error::Error;
use crate::host::tickle;

pub(crate) async fn run(_: &Context, ends: Ends) -> Result<Said, Error> {
    if ends.src.is_ipv4() != ends.dst.is_ipv4() {
        return Err(Error::Words("both ends have to be of one family, IPv4 or IPv6".into()));
    }
    let system = |error: std::io::Error| Error::file(Path::new("raw socket"), &error);
    let here = |ip: IpAddr| tickle::is_here(ip).map_err(system);
    let (first, second) = (here(ends.src.ip())?, here(ends.dst.ip())?);
    let connection = ends.connection(|ip| if ip == ends.src.ip() { first } else { second });
    tickle::send(connection.server, connection.client).map_err(system)?;
    Ok(Said::new(format!("a packet was sent from {} to {}", connection.server, connection.client)))
}
