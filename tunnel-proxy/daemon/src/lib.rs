//! `ctdb-tunneld`: carries the new daemons' messages between the nodes of a cluster, through ctdbd.
//!
//! Puts together what the command line and the section `[tunneld]` say, prepares the bus directory, and hands over to the
//! shell. What the daemon does is in `tunnel-core`; what is the same for all daemons is in `runtime::frame`.

mod carrier;
mod ctdbd;
mod key;
mod shell;
mod station;

use std::hash::{BuildHasher, RandomState};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use config::Section;
use runtime::frame::{Daemon, Frame};
use runtime::presence::BusOptions;
use tunnel_core::{Config, Tunnel};

/// Options of its own.
#[derive(Args, Clone, Debug)]
struct Options {
    /// Socket of the local ctdbd [default: `ctdb socket` of the section tunneld, $CTDB_SOCKET, or /run/ctdb/ctdbd.socket]
    #[arg(long, value_name = "PATH")]
    ctdb_socket: Option<PathBuf>,

    #[command(flatten)]
    bus: BusOptions,

    /// Seconds without a word after which a node is given up and what waits for it fails [default: `peer timeout` of
    /// the section tunneld, or 10]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    peer_timeout: Option<f64>,
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

struct Tunneld;

impl Daemon for Tunneld {
    const NAME: &'static str = protocol::daemons::TUNNEL.program;
    const ABOUT: &'static str = "Carries messages between the daemons of the cluster's nodes, through ctdbd. It attaches to \
        the local ctdbd as a client, and comes back by itself when ctdbd was away. Daemons of this node reach it at the \
        datagram socket `tunnel` in the bus directory";
    const SECTIONS: &'static [&'static str] =
        &[config::Tunneld::NAME, config::Http::NAME, config::Callback::NAME];
    const LOG_VARIABLE: &'static str = "TUNNELD_LOG";

    type Options = Options;
    type Error = anyhow::Error;

    async fn run(options: Options, frame: Frame) -> anyhow::Result<()> {
        let said: config::Tunneld = frame.section()?;
        let keys = key::keys(&said)?;
        let socket = options.ctdb_socket.or(said.ctdb_socket).unwrap_or_else(runtime::paths::ctdbd_socket);
        let dir = options.bus.directory_beside(&frame, &socket)?;
        runtime::datagram::prepare_directory(&dir)
            .with_context(|| format!("bus directory {}", dir.display()))?;
        let mut config =
            Config::new(socket.display().to_string(), env!("CARGO_PKG_VERSION").to_owned(), boot_id());
        let peer_timeout = options.peer_timeout.map(Duration::from_secs_f64);
        config.peer_timeout = peer_timeout.unwrap_or(said.peer_timeout);
        config.keys = keys;
        let listen = said.http_listen;
        shell::Shell::run(Tunnel::new(config), frame, peer_timeout, socket, dir, listen).await
    }
}

/// The program: reads its command line, and runs until it is to end.
#[must_use]
pub fn main() -> ExitCode {
    runtime::frame::main::<Tunneld>()
}
