//! One run of the old tool: from its words to its exit status.
//!
//! Takes the options, finds the command, connects, carries it out, and lets what was sent reach ctdbd before the end. A
//! time-out for everything kills the process group, as C's alarm does. Sources: `main`, `process_command`,
//! `alarm_handler`.

use std::ffi::{OsStr, OsString};
use std::future::Future;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use legacy_client::{Client, ConnectError};
use legacy_codec::SrvId;
use nix::sys::signal::{Signal, kill};
use nix::unistd::{Pid, setpgid};
use tokio::signal::unix::{SignalKind, signal};

use crate::nodes_file;
use crate::numbers::unsigned;
use crate::options::{Options, Parsed, parse, plain_words};
use crate::output::err;
use crate::paths;
use crate::release;
use crate::stop::{Done, ONE, Stop};
use crate::table::{self, Handler, Row};
use crate::tool::{FOREVER, Failure, Tool};
use crate::usage;

/// Set for helpers: they share the process group that the tool made for itself.
pub(crate) const HAS_GROUP: &str = "CTDB_TOOL_SETPGID";
/// Seconds for everything, unless somebody says otherwise.
const MAX_RUNTIME: u32 = 120;
/// Bytes of the longest path of a socket, the NUL included.
const SOCKET_PATH: usize = 108;

/// Runs the old tool on the words behind the program's name; `None` when the new grammar is meant, which has the commands
/// of which `is_new` says so: a noun alone, or with a verb.
pub fn run(words: &[OsString], is_new: &dyn Fn(&[&str]) -> bool) -> Option<ExitCode> {
    if is_for_the_new_grammar(words, is_new) {
        return None;
    }
    let posix = ["POSIXLY_CORRECT", "POSIX_ME_HARDER"].iter().any(|name| std::env::var_os(name).is_some());
    let status = match parse(words, posix) {
        Parsed::Help => {
            usage::help();
            0
        }
        Parsed::Usage => {
            usage::usage();
            0
        }
        Parsed::Bad(word, why) => {
            err!("Invalid option ", word, ": ", why, "\n");
            1
        }
        Parsed::Words(options, words) => status(command(options, &words)),
    };
    Some(ExitCode::from(status))
}

fn status(done: Done) -> u8 {
    done.map_or_else(Stop::status, |()| 0)
}

/// Whether the words make no sense here and make some there.
fn is_for_the_new_grammar(words: &[OsString], is_new: &dyn Fn(&[&str]) -> bool) -> bool {
    let plain = plain_words(words);
    let mut plain = plain.iter().filter_map(|word| word.to_str());
    let Some(noun) = plain.next() else { return false };
    match (table::find(OsStr::new(noun)), noun, plain.next()) {
        (None, noun, _) => is_new(&[noun]),
        // The one command that has got verbs.
        (Some(_), "ip", Some(verb)) => verb != "all" && is_new(&["ip", verb]),
        _ => false,
    }
}

fn max_runtime(options: &Options) -> Result<Duration, Stop> {
    let seconds = match (options.max_runtime, std::env::var_os("CTDB_TIMEOUT")) {
        (0, Some(text)) => {
            let seconds = unsigned(text.as_bytes(), 0).map_err(|_| {
                err!("Invalid value CTDB_TIMEOUT\n");
                ONE
            })?;
            crate::numbers::low32(seconds)
        }
        (0, None) => MAX_RUNTIME,
        (seconds, _) => seconds.cast_unsigned(),
    };
    // No alarm at all.
    Ok(if seconds == 0 { FOREVER } else { Duration::from_secs(seconds.into()).min(FOREVER) })
}

fn command(options: Options, words: &[OsString]) -> Done {
    let limit = max_runtime(&options)?;
    if release::chosen().is_err() {
        err!("Invalid value ", release::CHOICE, "\n");
        return Err(ONE);
    }
    if options.json && options.machine {
        err!("--json and -Y options are mutually exclusive\n");
        return Err(ONE);
    }
    let Some((name, args)) = words.split_first() else {
        usage::all();
        return Err(ONE);
    };
    let Some(row) = table::find(name) else {
        err!("Unknown command '", name, "'\n");
        return Err(ONE);
    };
    if options.json && !row.json {
        err!("--json not supported by the ", row.name, " subcommand\n");
        return Err(ONE);
    }
    if paths::test_mode() && std::env::var_os(HAS_GROUP).is_none() {
        // So that the alarm does not kill the tests; a group that is one already is none to be made.
        let _already = setpgid(Pid::from_raw(0), Pid::from_raw(0));
    }
    let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else {
        err!("Failed to initialize tevent\n");
        return Err(ONE);
    };
    let done = runtime.block_on(within(limit, process(row, options, args)));
    // A thread may still wait for standard input.
    runtime.shutdown_background();
    done
}

/// Carries it out until the alarm, which is for all processes of the group.
async fn within(limit: Duration, work: impl Future<Output = Done>) -> Done {
    if let Ok(done) = tokio::time::timeout(limit, work).await {
        return done;
    }
    // Held until the end, so that the signal does not end this process before it has said why.
    let _held = signal(SignalKind::terminate());
    let _nobody = kill(Pid::from_raw(0), Signal::SIGTERM);
    err!("Maximum runtime exceeded - exiting\n");
    Err(Stop::End(1))
}

async fn process(row: &'static Row, options: Options, args: &[OsString]) -> Done {
    match row.handler {
        Handler::Local(run) => {
            if options.node != -1 {
                err!("Cannot specify node for command ", row.name, "\n");
                return Err(ONE);
            }
            run(&options, args).await
        }
        Handler::Tool(run) => {
            let client = connect().await?;
            let mut state = client.state();
            let mut tool = Tool::new(options, client);
            let done = match prepare(&mut tool, row).await {
                Ok(()) => run(&mut tool, args).await,
                failed => failed,
            };
            drop(tool);
            // What was sent last is written by the task behind the client, which ends now.
            while state.changed().await.is_ok() {}
            done
        }
    }
}

async fn prepare(tool: &mut Tool, row: &Row) -> Done {
    if tool.options.node != -1 {
        tool.take_target(tool.options.node).await.map_err(|stop| match stop {
            Stop::Failed(_) => ONE,
            end @ Stop::End(_) => end,
        })?;
    }
    if !row.remote && tool.target != tool.pnn {
        err!("Node cannot be specified for command ", row.name, "\n");
        return Err(ONE);
    }
    tool.client.subscribe(SrvId::LEADER).await.map_err(|error| match tool.stop(Failure::from(&error)) {
        Stop::Failed(_) => {
            err!("Failed to setup leader handler\n");
            ONE
        }
        end @ Stop::End(_) => end,
    })
}

async fn connect() -> Result<Client, Stop> {
    let socket = paths::socket();
    match reach(&socket).await {
        Ok(client) => return Ok(client),
        // It hung up on us, which C's tool does not talk about either.
        Err(ConnectError::Attach { .. }) => return Err(Stop::End(1)),
        Err(error) => say_why(&error),
    }
    err!("Failed to connect to CTDB daemon (", socket.as_os_str(), ")\n");
    if !nodes_file::is_this_machine_a_node().await {
        err!("Is this node part of CTDB cluster?\n");
    }
    Err(ONE)
}

async fn reach(socket: &Path) -> Result<Client, ConnectError> {
    // The alarm is the only limit.
    let options = legacy_client::Options { attach_timeout: FOREVER, ..Default::default() };
    Client::connect(socket, options).await
}

fn say_why(error: &ConnectError) {
    let errno = match error {
        ConnectError::NoSocket { .. } => 2,
        ConnectError::NotRunning { .. } => 111,
        ConnectError::Permission { .. } => 13,
        // C quirk: a path that is too long is cut, and what is left of it is not there.
        ConnectError::Io { path, .. } if path.as_os_str().len() >= SOCKET_PATH => 2,
        ConnectError::Io { source, .. } => source.raw_os_error().unwrap_or(5),
        _ => 5,
    };
    err!(format_args!("connect() failed, errno={errno}\n"));
}
