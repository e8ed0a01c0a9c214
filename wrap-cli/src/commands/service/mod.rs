//! `service`: the services of a node as ctdb-serviced looks after them, or as the event scripts do where there is none.
//!
//! `service status` alone has two who can answer it: ctdb-serviced when it is on the bus, else the event daemon.

mod act;
mod addresses;
mod health;
mod history;
pub(crate) mod list;
mod port;
mod status;
#[cfg(test)]
mod tests;
pub(crate) mod words;

use std::time::Duration;

use bus::Node;
use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use protocol::service::{ServiceName, ServiceWhich};

use super::row::{NoArgs, rows};
use super::said::Said;
use crate::app::note;
use crate::backend::native;
use crate::context::Context;
use crate::error::Error;
use crate::live;

rows! {
    "service" "list": One Asks, "List the services of a node with their states", [],
        NoArgs => list::List = list::run;
    "service" "status": One Asks,
        "Show how the services of a node are, and why; without ctdb-serviced, what the scripts that watch services said last. Exit status 1 when something is unwell",
        ["scriptstatus"], Which => status::Seen = status::run;
    "service" "health": One Asks, "Say whether a node may serve clients as far as its services go, and why not; exit status 1 when it may not",
        [], Patience => health::Health = health::run;
    "service" "history": One Asks, "Show how services came into their states, with what their checks printed", [],
        Which => history::History = history::run;
    "service" "check": One Changes, "Check services now; exit status 1 when one is unwell", [],
        act::Work => act::Checked = act::check;
    "service" "enable": One Changes, "Have a service wanted from now on, and start it", [],
        Named => Said = act::enable;
    "service" "disable": One Changes, "Have a service not wanted any more, and stop it", [],
        Named => Said = act::disable;
    "service" "restart": One Changes, "Stop and start a service; exit status 1 when that fails", [],
        act::OneWork => act::Settled = act::restart;
    "service" "startup": One Changes, "Start all services that are wanted; exit status 1 when one does not start", [],
        act::AllWork => act::Settled = act::startup;
    "service" "shutdown": One Changes, "Stop all services; exit status 1 when one does not stop", [],
        act::AllWork => act::Settled = act::shutdown;
    "service" "addresses": One Changes, "Tell the services which addresses the node has for its clients", [],
        addresses::AddressesArgs => Said = addresses::run;
    "service" "report": One Changes, "Tell how well a service is, for a manager outside that looks after it", [],
        act::Report => Said = act::report;
    "service" "check-port": None Asks, "Say whether a TCP port of this machine is in use; exit status 1 when it is not",
        ["checktcpport"], port::PortArgs => port::Port = port::check;
}

/// One service, or all.
#[derive(Args, Clone, Debug)]
pub(crate) struct Which {
    /// Service [default: all]
    #[arg(value_name = "SERVICE", value_parser = service, add = ArgValueCompleter::new(live::services))]
    service: Option<String>,
}

/// One service.
#[derive(Args, Clone, Debug)]
pub(crate) struct Named {
    /// Service
    #[arg(value_name = "SERVICE", value_parser = service, add = ArgValueCompleter::new(live::services))]
    service: String,
}

/// How long a service daemon may be away.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Seconds to wait for a ctdb-serviced that is just being restarted
    #[arg(long, value_name = "SEC", default_value_t = 0, value_parser = clap::value_parser!(u16).range(..=600))]
    wait: u16,
}

impl Patience {
    fn time(self) -> Duration {
        Duration::from_secs(self.wait.into())
    }
}

/// The name of a service. Which there are is the daemon's to know.
fn service(text: &str) -> Result<String, &'static str> {
    if text.is_empty() || text.len() > 64 || text.contains(|c: char| c.is_whitespace() || c.is_control()) {
        return Err("write the name of one service");
    }
    Ok(text.to_owned())
}

fn which(service: Option<String>) -> ServiceWhich {
    ServiceWhich { service: ServiceName(service.unwrap_or_default()) }
}

/// The node that is asked, told to who wants to know.
async fn asked(cx: &Context) -> Result<Node, Error> {
    let node = native::node(cx).await?;
    let whose = if node == Node::LOCAL { "this node".to_owned() } else { format!("node {node}") };
    let dir = cx.settings.run_dir.display();
    note(&cx.settings, format_args!("ctdb-serviced of {whose} is asked on the bus in {dir}"));
    Ok(node)
}

/// The service daemon that `-n` names, or this node's.
async fn daemon(cx: &Context) -> Result<native::service::Serviced, Error> {
    native::service::Serviced::of(asked(cx).await?, cx)
}
