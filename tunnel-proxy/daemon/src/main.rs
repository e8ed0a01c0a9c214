//! `ctdb-tunneld`: carries the new daemons' messages between the nodes of a cluster, through ctdbd.
//!
//! Reads its options, prepares the bus directory and the log, and hands over to the shell. What the daemon does is in
//! `tunnel-core`.

mod ctdbd;
mod locals;
mod shell;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use tracing_subscriber::EnvFilter;
use tunnel_core::{Config, Tunnel};

/// Carries messages between the daemons of the cluster's nodes, through ctdbd.
///
/// It attaches to the local ctdbd as a client, and comes back by itself when ctdbd was away. Daemons of this node
/// reach it at the datagram socket `tunneld` in the bus directory.
#[derive(Debug, Parser)]
#[command(name = "ctdb-tunneld", version)]
struct Options {
    /// Socket of the local ctdbd [default: $CTDB_SOCKET, or /run/ctdb/ctdbd.socket]
    #[arg(long, value_name = "PATH")]
    ctdb_socket: Option<PathBuf>,

    /// Bus directory [default: `bus` beside the socket of ctdbd]
    #[arg(long, value_name = "DIR", env = "CTDB_BUS_DIR")]
    run_dir: Option<PathBuf>,

    /// Seconds without a word after which a node is given up and what waits for it fails
    #[arg(long, value_name = "SECONDS", default_value_t = 10.0, value_parser = seconds)]
    peer_timeout: f64,

    /// What to log: error, warn, info, debug, trace
    #[arg(long, value_name = "LEVEL", env = "TUNNELD_LOG", default_value = "info")]
    log_level: String,
}

fn seconds(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(s) if (3.0..=3600.0).contains(&s) => Ok(s),
        _ => Err("expected a number of seconds from 3 to 3600".to_owned()),
    }
}

fn boot_id() -> u64 {
    // Chance of the system, new in each process; 0 means "unknown" to a peer.
    RandomState::new().hash_one(std::process::id()).max(1)
}

fn run(options: &Options) -> anyhow::Result<()> {
    let filter = EnvFilter::try_new(&options.log_level)
        .with_context(|| format!("--log-level {}", options.log_level))?;
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).with_target(false).init();
    let socket = options.ctdb_socket.clone().unwrap_or_else(runtime::paths::ctdbd_socket);
    let dir = options.run_dir.clone().unwrap_or_else(|| runtime::paths::bus_dir(&socket));
    runtime::datagram::prepare_directory(&dir).with_context(|| format!("bus directory {}", dir.display()))?;
    let mut config =
        Config::new(socket.display().to_string(), env!("CARGO_PKG_VERSION").to_owned(), boot_id());
    config.peer_timeout = Duration::from_secs_f64(options.peer_timeout);
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    tokio.block_on(shell::Shell::run(Tunnel::new(config), socket, dir))
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("ctdb-tunneld: {error:#}");
            ExitCode::FAILURE
        }
    }
}
