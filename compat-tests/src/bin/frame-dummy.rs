//! A daemon that does nothing, in the frame of all daemons, for the tests of the frame.
//!
//! It listens where its options say, tells in its log what it sees, and misbehaves when it is told to.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

use anyhow::Context;
use config::{Section, Tunneld};
use runtime::datagram::{Files, Receiver};
use runtime::frame::{Asked, Daemon, Frame};
use tracing::{debug, info};

/// Options of its own.
#[derive(clap::Args)]
struct Options {
    /// Listen for datagrams
    #[arg(long, value_name = "PATH")]
    datagram: Option<PathBuf>,

    /// Take over a listening stream socket
    #[arg(long, value_name = "PATH")]
    listener: Option<PathBuf>,

    /// Block the loop at the first new configuration
    #[arg(long)]
    hang: bool,

    /// Run a shell command in the background of a shell that ends
    #[arg(long, value_name = "COMMAND")]
    orphan: Option<String>,

    /// Fail at once, with this
    #[arg(long, value_name = "WHY")]
    fail: Option<String>,
}

struct Dummy;

impl Daemon for Dummy {
    const NAME: &'static str = "frame-dummy";
    const ABOUT: &'static str = "Does nothing";
    const SECTIONS: &'static [&'static str] = &[Tunneld::NAME];
    const STOP_WITHIN: Duration = Duration::from_secs(1);

    type Options = Options;
    type Error = anyhow::Error;

    async fn run(options: Options, mut frame: Frame) -> anyhow::Result<()> {
        if let Some(why) = options.fail {
            anyhow::bail!("{why}");
        }
        if let Some(command) = options.orphan {
            Command::new("sh").args(["-c", &format!("({command}) &")]).status().context("sh")?;
        }
        let receiver = match options.datagram {
            Some(path) => Some(Receiver::listen(path, Files::Refuse, frame.sockets())?),
            None => None,
        };
        let listener = options.listener.and_then(|path| frame.sockets().listener(&path));
        let (datagrams, stream, left) = (receiver.is_some(), listener.is_some(), frame.sockets().left());
        let said: Tunneld = frame.section()?;
        info!(datagrams, stream, ?left, peer_timeout = ?said.peer_timeout, "ready\nto serve");
        frame.ready("idle\nREADY=0");
        loop {
            match frame.next().await {
                Asked::Stop => return Ok(()),
                Asked::Refused(_) => {}
                Asked::Reloaded(changes) => {
                    let said: Tunneld = frame.section()?;
                    let changed: Vec<_> = changes.iter().map(|change| change.option.as_str()).collect();
                    info!(?changed, peer_timeout = ?said.peer_timeout, socket = ?said.ctdb_socket, "reloaded");
                    debug!("a detail");
                    if options.hang {
                        loop {
                            std::thread::park();
                        }
                    }
                }
            }
        }
    }
}

fn main() -> ExitCode {
    runtime::frame::main::<Dummy>()
}
