//! `ctdb-serviced`: starts, checks and stops the services of a node, and tells how well the node is.
//!
//! Puts together what the command line and the configuration say, and joins the bus. What happens is in `service`
//! (decisions), `services` (operations), `desk` and `messages` (questions of others) and `shell` (the loop).

mod desk;
mod messages;
mod numbers;
mod outside;
mod settings;
mod shell;
mod store;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use runtime::frame::{Asked, Daemon, Frame};

use self::settings::Settings;
use self::shell::Shell;

/// Options of its own.
#[derive(Args, Clone, Debug)]
struct Options {
    /// Bus directory [default: `bus directory` of the section tunneld, or `bus` beside the socket of ctdbd]
    #[arg(long, value_name = "DIR", env = "CTDB_BUS_DIR")]
    run_dir: Option<PathBuf>,

    /// Directory for what is enabled and disabled by command [default: `state directory` of the section serviced, or
    /// /var/lib/ctdb]
    #[arg(long, value_name = "DIR")]
    state_dir: Option<PathBuf>,
}

struct Serviced;

impl Daemon for Serviced {
    const NAME: &'static str = protocol::daemons::SERVICE.program;
    const ABOUT: &'static str = "Starts, checks and stops the services of this node, and tells how well the node is. Each \
        section `[service NAME]` of the configuration is a service";
    const SECTIONS: &'static [&'static str] = Settings::SECTIONS;

    type Options = Options;
    type Error = anyhow::Error;

    async fn run(options: Options, mut frame: Frame) -> anyhow::Result<()> {
        let settings = Settings::of(&frame)?;
        let beside = || runtime::paths::bus_dir(&runtime::paths::ctdbd_socket());
        let dir = options.run_dir.or_else(|| settings.bus.clone()).unwrap_or_else(beside);
        let state =
            options.state_dir.or_else(|| settings.state.clone()).unwrap_or_else(|| "/var/lib/ctdb".into());
        let (outside, wishes) = outside::Outside::join(&dir, &settings, &mut frame)?;
        let mut shell = Shell::start(frame.directory(), &dir, &state, settings, outside, wishes)?;
        frame.ready(&shell.status());
        if std::process::id() == 1 {
            tokio::spawn(runtime::process::adopt());
        }
        loop {
            tokio::select! {
                asked = frame.next() => match asked {
                    Asked::Stop => {
                        shell.stop().await;
                        return Ok(());
                    }
                    Asked::Reloaded(_) => match Settings::of(&frame) {
                        Ok(settings) => shell.go_by(settings),
                        Err(why) => tracing::error!("{why:#}"),
                    },
                },
                () = shell.turn() => if let Some(status) = shell.news() {
                    frame.status(&status);
                },
            }
        }
    }
}

/// The program: reads its command line, and runs until it is to end.
#[must_use]
pub fn main() -> ExitCode {
    runtime::frame::main::<Serviced>()
}
