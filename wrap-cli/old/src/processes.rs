//! Processes and ports: whether a client of ctdbd lives, and whether somebody listens at a port.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddrV4};
use std::os::fd::AsRawFd;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{CheckPidSrvid, Exists, Pid, PidSrvid, ProcessExists, SrvId};
use nix::sys::socket::{AddressFamily, SockFlag, SockProtocol, SockType, SockaddrIn, bind, socket};

use crate::numbers::{atoi, unsigned};
use crate::options::Options;
use crate::output::{err, out};
use crate::stop::{Done, Stop};
use crate::table::misused;
use crate::tool::Tool;

pub(crate) async fn exists(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.is_empty() || args.len() > 2 {
        return Err(misused("process-exists"));
    }
    let word = |at: usize| args.get(at).map(|word| word.as_bytes());
    let pid = Pid(atoi(word(0).unwrap_or_default()));
    let srvid = word(1).map_or(Ok(0), |word| unsigned(word, 0)).map_err(Stop::Failed)?;
    let (exists, with) = if srvid == 0 {
        (tool.call::<ProcessExists>(tool.target, pid).await?, String::new())
    } else {
        let question = PidSrvid { pid, srvid: SrvId(srvid) };
        (tool.call::<CheckPidSrvid>(tool.target, question).await?, format!(" with SRVID 0x{srvid:x}"))
    };
    let verdict = if exists == Exists(true) { "exists" } else { "does not exist" };
    out!("PID ", pid.0, with, " ", verdict, "\n");
    if exists == Exists(true) { Ok(()) } else { Err(Stop::Failed(-1)) }
}

/// Tries to bind the port: without SO_REUSEADDR, so that anybody who is there is in the way.
pub(crate) async fn checktcpport(_: &Options, args: &[OsString]) -> Done {
    // C quirk: it asks for the usage of a command that does not exist, and gets that of all.
    let [word] = args else { return Err(misused("chktcpport")) };
    let number = atoi(word.as_bytes()).cast_unsigned();
    let socket = socket(AddressFamily::Inet, SockType::Stream, SockFlag::SOCK_NONBLOCK, SockProtocol::Tcp)
        .map_err(|e| {
            err!("Failed to open local socket\n");
            Stop::Failed(errno(e))
        })?;
    let port = u16::try_from(number & 0xFFFF).unwrap_or_default();
    let addr = SockaddrIn::from(SocketAddrV4::new(Ipv4Addr::UNSPECIFIED, port));
    bind(socket.as_raw_fd(), &addr).map_err(|e| {
        err!(format_args!("Failed to bind to TCP port {number}\n"));
        Stop::Failed(errno(e))
    })
}

fn errno(error: nix::errno::Errno) -> i32 {
    std::io::Error::from(error).raw_os_error().unwrap_or(1)
}
