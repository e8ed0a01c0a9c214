//! `service check-port`: whether a TCP port of this machine is served. No daemon is asked.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::host::ports;

/// Arguments of `service check-port`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct PortArgs {
    /// TCP port
    #[arg(value_name = "PORT", value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,
}

/// A port of this machine.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Port {
    pub(crate) port: u16,
    pub(crate) in_use: bool,
}

impl Shown for Port {
    fn table(&self) -> String {
        format!("TCP port {} is {}\n", self.port, if self.in_use { "in use" } else { "free" })
    }

    fn exit(&self) -> Exit {
        if self.in_use { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn check(_: &Context, wanted: PortArgs) -> Result<Port, Error> {
    let path = format!("TCP port {}", wanted.port);
    let in_use = ports::is_in_use(wanted.port).map_err(|error| Error::file(path.as_ref(), &error))?;
    Ok(Port { port: wanted.port, in_use })
}
