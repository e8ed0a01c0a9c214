//! The event daemon without ctdbd: in the frame of all daemons, reached on the bus alone.
//!
//! Started by systemd or by hand. Runs the scripts of its components as in the other role; what differs is who asks, where
//! the log goes, and that it does not end when a ctdbd does.

use std::path::PathBuf;

use anyhow::{Context, anyhow};
use clap::Args;
use config::Event;
use runtime::frame::{Asked, Daemon, Frame};

use super::log::Log;
use super::outside::{Outside, Site};
use super::paths::Paths;
use super::settings::{Ours, Settings};
use super::shell::Shell;

/// Options of its own.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Without ctdbd: no eventd.socket, only the bus; always the first option
    #[arg(long, required = true)]
    bus_only: bool,

    /// Bus directory [default: `bus directory` of the section tunneld, or `bus` beside the socket of ctdbd]
    #[arg(long, value_name = "DIR", env = "CTDB_BUS_DIR")]
    run_dir: Option<PathBuf>,
}

/// The event daemon in the frame.
pub(crate) struct Alone;

/// What the configuration says now.
fn settings(frame: &Frame, paths: &Paths) -> anyhow::Result<(Settings, Ours)> {
    let event: Event = frame.section()?;
    let settings = Settings::of(paths, &event).map_err(|why| anyhow!(why))?;
    let ours = Ours::of(frame.settings()).map_err(|mistake| anyhow!("{}", config::Remark::from(mistake)))?;
    Ok((settings, ours))
}

impl Daemon for Alone {
    const NAME: &'static str = protocol::daemons::EVENT.program;
    const ABOUT: &'static str = "Runs the scripts of events, for the daemons on the bus. Each directory in `events` beside \
        ctdb.conf is a component";
    const SECTIONS: &'static [&'static str] = Ours::SECTIONS;

    type Options = Options;
    type Error = anyhow::Error;

    async fn run(options: Options, mut frame: Frame) -> anyhow::Result<()> {
        let paths = Paths::of_frame(frame.directory());
        let (settings, ours) = settings(&frame, &paths)?;
        let beside = || runtime::paths::bus_dir(&runtime::paths::ctdbd_socket());
        let dir = options.run_dir.or_else(|| ours.bus.clone()).unwrap_or_else(beside);
        let (outside, joined) =
            Outside::start(Site::new(dir.clone(), paths.etc(""), &ours, std::mem::take(frame.sockets())))
                .context("cannot start a thread")?;
        // Later on it comes back to a bus that was lost; one that is not there at first is a mistake.
        joined.await.context("the bus")?.map_err(|why| anyhow!(why))?;
        frame.ready(&format!("runs events for the bus in {}", dir.display()));
        if std::process::id() == 1 {
            tokio::spawn(runtime::process::adopt());
        }
        let mut shell = Shell::new(&paths, Log::of_frame(Self::NAME), settings, &ours, outside);
        shell.set_base(frame.directory().to_owned());
        let mut alarm = shell.alarm();
        loop {
            tokio::select! {
                asked = frame.next() => match asked {
                    Asked::Stop => return Ok(()),
                    Asked::Reloaded(_) => match self::settings(&frame, &paths) {
                        Ok((settings, ours)) => shell.go_by(settings, &ours),
                        Err(why) => tracing::error!("{why:#}"),
                    },
                },
                () = shell.turn(&mut alarm) => {}
            }
        }
    }
}
