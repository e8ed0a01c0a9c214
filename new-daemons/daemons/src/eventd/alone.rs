//! The event daemon without ctdbd: in the frame of all daemons, reached on the bus alone.
//!
//! Started by systemd or by hand. Runs the scripts of its components as in the other role; what differs is who asks, where
//! the log goes, and that it does not end when a ctdbd does.

use clap::Args;
use runtime::driver;
use runtime::frame::{Daemon, Frame};
use runtime::presence::BusOptions;

use super::desk::face;
use super::settings::{Ours, Settings};
use super::shell::Shell;
use crate::legacy::log::Log;
use crate::legacy::paths::Paths;

/// Options of its own.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Without ctdbd: no eventd.socket, only the bus; always the first option
    #[arg(long, required = true)]
    bus_only: bool,

    #[command(flatten)]
    bus: BusOptions,
}

/// The event daemon in the frame.
pub(crate) struct Alone;

impl Daemon for Alone {
    const NAME: &'static str = protocol::daemons::EVENT.program;
    const ABOUT: &'static str = "Runs the scripts of events, for the daemons on the bus. Each directory in `events` beside \
        ctdb.conf is a component";
    const SECTIONS: &'static [&'static str] = Ours::SECTIONS;

    type Options = Options;
    type Error = anyhow::Error;

    async fn run(options: Options, frame: Frame) -> anyhow::Result<()> {
        let paths = Paths::of_frame(frame.directory());
        let (settings, ours) = Settings::of_frame(&frame, &paths).map_err(anyhow::Error::msg)?;
        let dir = options.bus.directory(&frame)?;
        let news = format!("runs events for the bus in {}", dir.display());
        let (at, face) = ((dir, ours.listen()), |desk| face(&desk, false));
        let shell = |frame: &Frame, presence| {
            let shell = Shell::new(&paths, Log::of_frame(Self::NAME), settings, &ours, presence);
            Ok(shell.alone(frame.directory().to_owned(), news))
        };
        driver::live(at, frame, face, shell).await
    }
}
