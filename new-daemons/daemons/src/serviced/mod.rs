//! `ctdb-serviced`: starts, checks and stops the services of a node, and tells how well the node is.
//!
//! Puts together what the command line and the configuration say, and joins the bus. What happens is in `service`
//! (decisions, messages), `services` (operations), `desk` (questions of others) and `shell` (effects).

mod desk;
mod numbers;
mod settings;
mod shell;
mod store;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use runtime::driver;
use runtime::frame::{Daemon, Frame};
use runtime::presence::BusOptions;

use self::settings::Settings;
use self::shell::Shell;
use self::store::Store;
use crate::services::{Place, Runners};

/// Options of its own.
#[derive(Args, Clone, Debug)]
struct Options {
    #[command(flatten)]
    bus: BusOptions,

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

    async fn run(options: Options, frame: Frame) -> anyhow::Result<()> {
        let settings = Settings::of(&frame)?;
        let dir = options.bus.directory(&frame)?;
        let said = options.state_dir.or_else(|| settings.state.clone());
        let store = Store::new(&dir, &said.unwrap_or_else(|| "/var/lib/ctdb".into()));
        let at = (dir, settings.listen);
        let mark = store.mark();
        let shell = |frame: &Frame, presence| {
            let configuration = frame.directory().canonicalize()?;
            let ocf_root = runtime::configuration::ocf_root();
            let runners = Runners::idle(Place { ocf_root, mark, ..Place::new(configuration) });
            let (zero, config) = (runtime::today(), settings.config);
            Ok(Shell { config, runners, store, presence, zero, changed: true })
        };
        driver::live(at, frame, desk::face, shell).await
    }
}

/// The program: reads its command line, and runs until it is to end.
#[must_use]
pub fn main() -> ExitCode {
    runtime::frame::main::<Serviced>()
}
