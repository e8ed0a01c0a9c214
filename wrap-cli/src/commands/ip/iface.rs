//! `ip iface`: the interfaces that may carry public addresses, and what ctdbd is told about their links.

use clap::{Args, ValueEnum};
use clap_complete::engine::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::node::done::Done;
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::{Interface, interface_name};
use crate::render::table::Column;

/// The interfaces of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Interfaces {
    pub(crate) interfaces: Vec<Interface>,
}

impl Columns for Interfaces {
    const COLUMNS: &'static [Column] = &[("INTERFACE", false), ("LINK", false), ("REFERENCES", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        let line = |interface: &Interface| {
            vec![interface.name.clone(), interface.state().into(), interface.references.to_string()]
        };
        self.interfaces.iter().map(line).collect()
    }
}

/// Whether there is a link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum State {
    Up,
    Down,
}

/// Arguments of `ip iface set`.
#[derive(Args, Clone, Debug)]
pub(crate) struct Link {
    /// Interface
    #[arg(value_name = "IFACE", value_parser = interface_name, add = ArgValueCompleter::new(live::interfaces))]
    interface: String,

    /// Whether it has a link
    #[arg(value_enum)]
    state: State,
}

pub(crate) async fn list(cx: &Context, _: NoArgs) -> Result<Answers<Interfaces>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &cluster;
        async move { Ok(Interfaces { interfaces: cluster.interfaces(pnn).await? }) }
    })
    .await
}

pub(crate) async fn set(cx: &Context, link: Link) -> Result<Answers<Done>, Error> {
    let cluster = cx.addresses().await?;
    let up = link.state == State::Up;
    ask(cx, &*cluster, |pnn| {
        let (cluster, name) = (&cluster, link.interface.as_str());
        async move {
            if !cluster.interfaces(pnn).await?.iter().any(|interface| interface.name == name) {
                return Err(Failure::Refused(format!(
                    "no public address is configured for interface {name}"
                )));
            }
            cluster.set_link(pnn, name, up).await?;
            Ok(Done { result: format!("{name} is {}", if up { "up" } else { "down" }) })
        }
    })
    .await
}
