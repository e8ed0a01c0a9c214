//! Commands that other programs carry out: the event daemon's tool, NAT gateway, LVS.
//!
//! The helper gets this program's streams and environment; its exit status is the command's. From 64 on it is an errno
//! that the helper could not be started with, as C's child reports it. Sources: `run_helper`, `control_event`,
//! `control_scriptstatus`, `control_natgw`, `control_lvs`.

use std::ffi::{OsStr, OsString};
use std::os::unix::process::ExitStatusExt;

use tokio::process::Command;

use crate::options::Options;
use crate::output::err;
use crate::paths::{helper, test_mode};
use crate::run::HAS_GROUP;
use crate::stop::{Done, Stop};
use crate::table::misused;
use crate::tool::Tool;

/// Exit statuses from here on are errnos of the start.
const ERRNOS: i32 = 64;
/// `EINTR`.
const EINTR: i32 = 4;
/// `ENOENT`: what an empty path is to exec.
const ENOENT: i32 = 2;

fn done(number: i32) -> Done {
    if number == 0 { Ok(()) } else { Err(Stop::Failed(number)) }
}

async fn run(what: &str, path: &OsStr, args: &[OsString]) -> Done {
    let failed = |errno: i32| {
        err!(what, format_args!(" failed with error {errno}\n"));
        done(errno)
    };
    // Without a slash C's execv looks in the current directory, and not along PATH.
    let program = match path.as_encoded_bytes() {
        b"" => return failed(ENOENT),
        bytes if bytes.contains(&b'/') => path.to_owned(),
        _ => OsString::from_iter([OsStr::new("./"), path]),
    };
    let mut command = Command::new(program);
    command.arg0(path).args(args);
    if test_mode() {
        command.env(HAS_GROUP, std::env::var_os(HAS_GROUP).unwrap_or_else(|| "1".into()));
    }
    match command.status().await {
        Err(error) => failed(error.raw_os_error().unwrap_or(EINTR)),
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code @ ERRNOS..=254), _) => failed(code - ERRNOS),
            (Some(code), _) => done(code),
            (None, signal) => {
                err!(what, format_args!(" terminated with signal {}\n", signal.unwrap_or_default()));
                done(EINTR)
            }
        },
    }
}

pub(crate) async fn event(_: &Options, args: &[OsString]) -> Done {
    run("event daemon helper", &helper("CTDB_EVENT_HELPER", "ctdb-event"), args).await
}

pub(crate) async fn scriptstatus(options: &Options, args: &[OsString]) -> Done {
    if args.len() > 1 {
        return Err(misused("scriptstatus"));
    }
    let name = args.first().cloned().unwrap_or_else(|| "monitor".into());
    // C quirk: however it went.
    let _whatever = event(options, &["status".into(), "legacy".into(), name]).await;
    Ok(())
}

pub(crate) async fn natgw(_: &mut Tool, args: &[OsString]) -> Done {
    if args.len() != 1 {
        return Err(misused("natgw"));
    }
    run("NAT gateway helper", &helper("CTDB_NATGW_HELPER", "ctdb_natgw"), args).await
}

pub(crate) async fn lvs(_: &mut Tool, args: &[OsString]) -> Done {
    if args.len() != 1 {
        return Err(misused("lvs"));
    }
    run("LVS helper", &helper("CTDB_LVS_HELPER", "ctdb_lvs"), args).await
}
