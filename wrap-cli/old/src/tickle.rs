//! `tickle`: a TCP ACK out of nowhere, from one end of a connection to the other, which makes that end answer.
//!
//! Needs no daemon, but raw sockets. The packet is as small as it can be and has a window of 1234, by which people find
//! it in captures. Sources: `control_tickle`, `ctdb_sys_send_tcp`.

use std::ffi::OsString;
use std::net::{SocketAddr, SocketAddrV6};
use std::os::fd::AsRawFd;

use etherparse::PacketBuilder;
use legacy_codec::{Connection, SockAddr};
use nix::errno::Errno;
use nix::sys::socket::{
    AddressFamily, MsgFlags, SockFlag, SockProtocol, SockType, SockaddrStorage, sendto, socket,
};

use crate::connections::{ends, from_stdin};
use crate::options::Options;
use crate::output::err;
use crate::stop::{Done, ONE, Stop};
use crate::table::misused;

/// By which people find it in captures.
const WINDOW: u16 = 1234;

/// The packet, and the address to send it to. `None` when the two ends are of two families.
fn packet(from: &SockAddr, to: &SockAddr) -> Option<(Vec<u8>, SocketAddr)> {
    let mut bytes = Vec::new();
    match (from, to) {
        (SockAddr::V4(from), SockAddr::V4(to)) => {
            let ip = PacketBuilder::ipv4(from.ip().octets(), to.ip().octets(), 255);
            ip.tcp(from.port(), to.port(), 0, WINDOW).ack(0).write(&mut bytes, &[]).ok()?;
            Some((bytes, SocketAddr::V4(*to)))
        }
        (SockAddr::V6(from), SockAddr::V6(to)) => {
            let ip = PacketBuilder::ipv6(from.ip().octets(), to.ip().octets(), 64);
            ip.tcp(from.port(), to.port(), 0, WINDOW).ack(0).write(&mut bytes, &[]).ok()?;
            // Raw sockets of IPv6 take no port.
            let to = SocketAddrV6::new(*to.ip(), 0, to.flowinfo(), to.scope_id());
            Some((bytes, SocketAddr::V6(to)))
        }
        _ => None,
    }
}

/// What `strerror` says.
fn reason(error: Errno) -> String {
    let text = std::io::Error::from(error).to_string();
    text.split(" (os error").next().unwrap_or_default().to_owned()
}

/// Sends one from the second end to the first.
fn send(connection: &Connection) -> Done {
    let Connection { src: to, dst: from } = connection;
    let v4 = matches!(from, SockAddr::V4(_));
    let family = if v4 { AddressFamily::Inet } else { AddressFamily::Inet6 };
    let socket = socket(family, SockType::Raw, SockFlag::empty(), SockProtocol::Raw).map_err(|error| {
        if v4 {
            err!("ctdb_sys_send_tcp: Failed to open raw socket (", reason(error), ")\n");
        } else {
            err!("ctdb_sys_send_tcp: Failed to open sending socket\n");
        }
        Stop::Failed(-1)
    })?;
    let sent = packet(from, to).ok_or(Errno::EAFNOSUPPORT).and_then(|(bytes, to)| {
        let sent = sendto(socket.as_raw_fd(), &bytes, &SockaddrStorage::from(to), MsgFlags::empty())?;
        Ok(sent == bytes.len())
    });
    match sent {
        Ok(true) => return Ok(()),
        Ok(false) => err!("ctdb_sys_send_tcp: Failed sendto - didn't send full packet\n"),
        Err(error) => err!("Failed sendto (", reason(error), ")\n"),
    }
    Err(Stop::Failed(-1))
}

pub(crate) async fn tickle(_: &Options, args: &[OsString]) -> Done {
    match args.len() {
        0 => {
            let list = from_stdin().await?;
            let failed = list.iter().filter(|connection| send(connection).is_err()).count();
            if failed > 0 {
                err!(format_args!("Failed to send {failed} tickles\n"));
                return Err(ONE);
            }
            Ok(())
        }
        // C quirk: what is called the source is where it goes.
        2 => send(&ends(args)?).inspect_err(|_| err!("Failed to send tickle ack\n")),
        _ => Err(misused("tickle")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::parse_with_port;

    #[test]
    fn the_packet_is_an_empty_ack_with_a_window_of_1234() {
        for (from, to, len) in [("10.0.0.1:445", "10.0.0.2:1000", 40), ("[::1]:445", "[::2]:1000", 60)] {
            let [from, to] = [from, to].map(|end| parse_with_port(end.as_bytes()).unwrap());
            let (bytes, _) = packet(&from, &to).unwrap();
            assert_eq!(bytes.len(), len);
            let tcp = &bytes[len - 20..];
            assert_eq!(tcp[..12], [1, 189, 3, 232, 0, 0, 0, 0, 0, 0, 0, 0]);
            assert_eq!(tcp[12..16], [0x50, 0x10, 4, 210]);
        }
        let v4 = parse_with_port(b"1.2.3.4:5").unwrap();
        let v6 = parse_with_port(b"[::1]:5").unwrap();
        assert!(packet(&v4, &v6).is_none());
    }
}
