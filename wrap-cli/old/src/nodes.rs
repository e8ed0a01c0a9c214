//! One node: its version, age, number, process, state of start; the leader; the nodes of the nodes file.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;

use legacy_codec::{GetPid, GetRunState, NodeFlags, Ping, Pnn, RunState, Uptime};
use tokio::time::Instant;

use crate::address;
use crate::json;
use crate::nodes_file;
use crate::options::Options;
use crate::output::{out, row, write_out};
use crate::release::Release;
use crate::stop::{Done, ONE};
use crate::table::misused;
use crate::time::{ctime, span};
use crate::tool::Tool;

/// `NODE_FLAGS_UNKNOWN` of the tool: a node about which nothing is known yet.
pub(crate) const UNKNOWN: u32 = 0x40;

/// The flags in words, as the tool has always written them.
pub(crate) fn flag_words(flags: u32) -> String {
    let names = [
        (NodeFlags::DISCONNECTED.bits(), "DISCONNECTED"),
        (UNKNOWN, "UNKNOWN"),
        (NodeFlags::DISABLED.bits(), "DISABLED"),
        (NodeFlags::BANNED.bits(), "BANNED"),
        (NodeFlags::UNHEALTHY.bits(), "UNHEALTHY"),
        (NodeFlags::DELETED.bits(), "DELETED"),
        (NodeFlags::STOPPED.bits(), "STOPPED"),
        (NodeFlags::INACTIVE.bits(), "INACTIVE"),
    ];
    let words: Vec<_> = names.iter().filter(|(flag, _)| flags & flag != 0).map(|(_, name)| *name).collect();
    if words.is_empty() { "OK".into() } else { words.join("|") }
}

pub(crate) async fn version(options: &Options, _: &[OsString]) -> Done {
    let version = &Release::spoken().text;
    if options.json {
        return json::version(version);
    }
    out!(version, "\n");
    Ok(())
}

pub(crate) async fn uptime(tool: &mut Tool, _: &[OsString]) -> Done {
    let up = tool.call::<Uptime>(tool.target, ()).await?;
    let (now, start) = (up.current_time.sec.0, up.ctdbd_start_time.sec.0);
    let (begun, done) = (up.last_recovery_started, up.last_recovery_finished);
    out!(format_args!("Current time of node {:<4}     :                {}", tool.target, ctime(now)));
    out!(format_args!("Ctdbd start time              : ({}) {}", span(start, now), ctime(start)));
    out!(format_args!("Time of last recovery/failover: ({}) {}", span(done.sec.0, now), ctime(done.sec.0)));
    let micros = i128::from(done.sec.0) * 1_000_000 + i128::from(done.usec.0)
        - i128::from(begun.sec.0) * 1_000_000
        - i128::from(begun.usec.0);
    let sign = if micros < 0 { "-" } else { "" };
    let (seconds, rest) = (micros.unsigned_abs() / 1_000_000, micros.unsigned_abs() % 1_000_000);
    out!(format_args!("Duration of last recovery/failover: {sign}{seconds}.{rest:06} seconds\n"));
    Ok(())
}

pub(crate) async fn ping(tool: &mut Tool, _: &[OsString]) -> Done {
    let begun = Instant::now();
    let clients = tool.call::<Ping>(tool.target, ()).await?;
    let elapsed = begun.elapsed().as_secs_f64();
    out!(format_args!("response from {} time={elapsed:.6} sec  ({clients} clients)\n", tool.target));
    Ok(())
}

fn run_state_name(state: RunState) -> String {
    state.to_string()
}

fn run_state(word: &[u8]) -> Option<RunState> {
    let names = (1..=6).map(RunState);
    names.into_iter().find(|state| state.to_string().as_bytes().eq_ignore_ascii_case(word))
}

pub(crate) async fn runstate(tool: &mut Tool, args: &[OsString]) -> Done {
    let is = tool.call::<GetRunState>(tool.target, ()).await?;
    let mut found = true;
    for word in args {
        let Some(wanted) = run_state(word.as_bytes()) else {
            out!("Invalid run state (", word, ")\n");
            return Err(ONE);
        };
        found = wanted == is;
        if found {
            break;
        }
    }
    let name = run_state_name(is);
    if !found {
        out!("CTDB not in required run state (got ", name, ")\n");
        return Err(ONE);
    }
    out!(name, "\n");
    Ok(())
}

pub(crate) async fn pnn(tool: &mut Tool, _: &[OsString]) -> Done {
    out!(tool.pnn, "\n");
    Ok(())
}

pub(crate) async fn getpid(tool: &mut Tool, _: &[OsString]) -> Done {
    let pid = tool.call::<GetPid>(tool.target, ()).await?;
    out!(pid.0, "\n");
    Ok(())
}

/// The number of a leader, in words when there is none.
pub(crate) fn leader_line(leader: Pnn) -> String {
    if leader == Pnn::UNKNOWN { "UNKNOWN\n".into() } else { format!("{}\n", leader.0) }
}

pub(crate) async fn leader(tool: &mut Tool, _: &[OsString]) -> Done {
    let leader = tool.leader().await?;
    out!(leader_line(leader));
    Ok(())
}

pub(crate) async fn listnodes(options: &Options, args: &[OsString]) -> Done {
    if !args.is_empty() {
        return Err(misused("listnodes"));
    }
    let map = nodes_file::read().await.ok_or(ONE)?;
    for node in map.nodes.iter().filter(|node| !node.flags.contains(NodeFlags::DELETED)) {
        let address = address::text(&node.addr);
        if options.machine {
            write_out(&row(&options.separator, &[&node.pnn.0, &address]));
        } else {
            out!(address, "\n");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_are_told_in_c_s_order_and_a_node_without_any_is_ok() {
        assert_eq!(flag_words(0), "OK");
        assert_eq!(flag_words(0x25), "DISCONNECTED|DISABLED|STOPPED|INACTIVE");
        assert_eq!(flag_words(0x40), "UNKNOWN");
    }

    #[test]
    fn run_states_are_known_by_their_names_in_any_case() {
        assert_eq!(run_state(b"first_recovery"), Some(RunState(3)));
        assert_eq!((run_state(b"unknown"), run_state(b"")), (None, None));
    }
}
