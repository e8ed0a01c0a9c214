//! Connections to public addresses: `gettickles`, `addtickle`, `deltickle`, one at a time or a list from standard input.
//!
//! Sources: `control_gettickles`, `control_addtickle`, `control_deltickle`, `ctdb_connection_list_read`, `line_read`.

use std::ffi::OsString;
use std::io::Read;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{Connection, Control, GetTcpTickleList, SockAddr, TcpAddDelayedUpdate, TcpRemove};

use crate::address;
use crate::addresses::parsed;
use crate::numbers::{EINVAL, low32, unsigned};
use crate::output::{err, out, row, write_out};
use crate::release::Newer;
use crate::stop::{Done, Explain, ONE, Stop, words};
use crate::table::misused;
use crate::tool::{Failure, Tool};
use futures_util::future::join_all;

/// Bytes of a line that is too long.
const LONG_LINE: usize = 128;

fn port(addr: &SockAddr) -> u16 {
    addr.port().unwrap_or_default()
}

pub(crate) async fn gettickles(tool: &mut Tool, args: &[OsString]) -> Done {
    if args.is_empty() || args.len() > 2 {
        return Err(misused("gettickles"));
    }
    let number = args.get(1).map_or(Ok(0), |word| unsigned(word.as_bytes(), 10)).map_err(Stop::Failed)?;
    let addr = address::with_port(parsed(&args[0])?, low32(number));
    let list = tool.call::<GetTcpTickleList>(tool.target, addr).await;
    let list = list.explain(words!("Failed to get list of connections\n"))?;
    if tool.options.machine {
        let sep = &tool.options.separator;
        // Misspelt in C before 4.19, and read by scripts.
        let to = if Newer::Spelling.is_spoken() { "Destination IP" } else { "Destiation IP" };
        write_out(&row(sep, &[&"Source IP", &"Port", &to, &"Port"]));
        for connection in &list.connections {
            let Connection { src, dst } = connection;
            let (from, to) = (address::text(src), address::text(dst));
            write_out(&row(sep, &[&from, &port(src), &to, &port(dst)]));
        }
    } else {
        out!("Connections for IP: ", address::text(&list.addr), "\n");
        out!(format_args!("Num connections: {}\n", list.connections.len()));
        for connection in &list.connections {
            let (from, to) =
                (address::text_with_port(&connection.src), address::text_with_port(&connection.dst));
            out!("SRC: ", from, "   DST: ", to, "\n");
        }
    }
    Ok(())
}

/// A line of standard input: two addresses with ports, of one family.
fn connection(line: &[u8]) -> Option<Connection> {
    if line.len() >= LONG_LINE {
        return None;
    }
    let mut words = line.split(|b| matches!(b, b' ' | b'\t' | b'\n')).filter(|word| !word.is_empty());
    let src = address::parse_with_port(words.next()?)?;
    let dst = address::parse_with_port(words.next()?)?;
    let same =
        matches!((&src, &dst), (SockAddr::V4(_), SockAddr::V4(_)) | (SockAddr::V6(_), SockAddr::V6(_)));
    same.then_some(Connection { src, dst })
}

/// The lines that end; a last one without its end is not read.
fn connections(text: &[u8]) -> Option<Vec<Connection>> {
    let mut lines: Vec<&[u8]> = text.split(|byte| matches!(byte, 0 | b'\n')).collect();
    lines.pop();
    let lines = lines.into_iter().filter(|line| !line.is_empty() && line.first() != Some(&b'#'));
    lines.map(connection).collect()
}

/// The connections on standard input; a line that is none fails without a word.
pub(crate) async fn from_stdin() -> Result<Vec<Connection>, Stop> {
    let read = tokio::task::spawn_blocking(|| {
        let mut text = Vec::new();
        std::io::stdin().read_to_end(&mut text).map(|_| text)
    });
    let text = match read.await {
        Ok(Ok(text)) => text,
        Ok(Err(error)) => return Err(Stop::Failed(error.raw_os_error().unwrap_or(EINVAL))),
        Err(_) => return Err(Stop::Failed(EINVAL)),
    };
    connections(&text).ok_or(Stop::Failed(EINVAL))
}

/// The two ends on the command line; says so when one is none.
pub(crate) fn ends(args: &[OsString]) -> Result<Connection, Stop> {
    let end = |at: usize| {
        let word = args.get(at).map(OsString::as_os_str).unwrap_or_default();
        address::parse_with_port(word.as_bytes()).ok_or_else(|| {
            err!("Invalid IP address ", word, "\n");
            ONE
        })
    };
    Ok(Connection { src: end(0)?, dst: end(1)? })
}

/// Tells the node about each; how many it did not take.
async fn tell_all<C: Control<Arg = Connection>>(tool: &Tool, list: Vec<Connection>) -> Result<usize, Stop> {
    let told = join_all(list.into_iter().map(|one| tool.ask::<C>(tool.target, one))).await;
    if told.iter().any(|one| matches!(one, Err(Failure::Gone))) {
        return Err(tool.gone());
    }
    Ok(told.iter().filter(|one| one.is_err()).count())
}

async fn change<C: Control<Arg = Connection, Reply = ()>>(
    tool: &Tool,
    args: &[OsString],
    many: &str,
    one: &'static str,
) -> Done {
    if args.is_empty() {
        let failed = tell_all::<C>(tool, from_stdin().await?).await?;
        if failed > 0 {
            err!("Failed to ", many, format_args!(" {failed} tickles\n"));
            return Err(ONE);
        }
        return Ok(());
    }
    tool.call::<C>(tool.target, ends(args)?).await.explain(words!("Failed to ", one, " connection\n"))
}

pub(crate) async fn addtickle(tool: &mut Tool, args: &[OsString]) -> Done {
    if !matches!(args.len(), 0 | 2) {
        return Err(misused("addtickle"));
    }
    change::<TcpAddDelayedUpdate>(tool, args, "add", "register").await
}

pub(crate) async fn deltickle(tool: &mut Tool, args: &[OsString]) -> Done {
    if !matches!(args.len(), 0 | 2) {
        return Err(misused("deltickle"));
    }
    change::<TcpRemove>(tool, args, "remove", "unregister").await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_has_two_addresses_of_one_family_on_each_line_that_ends() {
        let list = connections(b"# none\n\n 1.2.3.4:5\t6.7.8.9:10 more\n[::1]:1 [::2]:2\n1.1.1.1:1").unwrap();
        assert_eq!(list.len(), 2);
        assert_eq!(address::text_with_port(&list[0].dst), "6.7.8.9:10");
        for bad in ["1.2.3.4:5\n", "1.2.3.4:5 [::1]:6\n", "1.2.3.4 6.7.8.9:1\n", " \n"] {
            assert_eq!(connections(bad.as_bytes()), None, "{bad:?}");
        }
    }
}
