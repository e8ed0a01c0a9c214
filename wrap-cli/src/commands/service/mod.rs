//! `service`: how the services of this node are, in the eyes of their event scripts, and whether a port is served.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use super::event::status::{Status, status};
use super::row::{NoArgs, rows};
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::host::ports;

rows! {
    "service" "status": None, "Show what the scripts that watch services said last; exit status 1 when one is unwell",
        ["scriptstatus"], NoArgs => Status = watched;
    "service" "check-port": None, "Say whether a TCP port of this machine is in use; exit status 1 when it is not",
        ["checktcpport"], Wanted => Port = check_port;
}

/// Arguments of `service check-port`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Wanted {
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

async fn watched(cx: &Context, _: NoArgs) -> Result<Status, Error> {
    status(cx, "legacy".into(), "monitor".into()).await
}

async fn check_port(_: &Context, wanted: Wanted) -> Result<Port, Error> {
    let path = format!("TCP port {}", wanted.port);
    let in_use = ports::is_in_use(wanted.port).map_err(|error| Error::file(path.as_ref(), &error))?;
    Ok(Port { port: wanted.port, in_use })
}
