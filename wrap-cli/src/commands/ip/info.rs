//! `ip info`: one public address in the eyes of each node, with the interfaces that it may be on.

use std::net::IpAddr;

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::Error;
use crate::live;
use crate::model::{Interface, Placement, ip_address};
use crate::render::table::{Column, or_dash};

/// One address.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct InfoArgs {
    /// Public address
    #[arg(value_name = "ADDR", value_parser = ip_address, add = ArgValueCompleter::new(live::addresses))]
    pub(crate) address: IpAddr,
}

/// What a node knows about an address.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Info {
    pub(crate) public_address: String,
    /// Where it is; null for nowhere.
    pub(crate) node: Option<u32>,
    /// The interface of this node that it is on.
    pub(crate) active: Option<String>,
    /// Interfaces of this node that it may be on.
    pub(crate) interfaces: Vec<Interface>,
}

impl From<Placement> for Info {
    fn from(place: Placement) -> Self {
        Self {
            public_address: place.address.ip.to_string(),
            node: place.address.node,
            active: place.active,
            interfaces: place.interfaces,
        }
    }
}

impl Columns for Info {
    const COLUMNS: &'static [Column] = &[
        ("PUBLIC ADDRESS", false),
        ("ON NODE", true),
        ("INTERFACE", false),
        ("LINK", false),
        ("REFERENCES", true),
        ("", false),
    ];

    fn lines(&self) -> Vec<Vec<String>> {
        let head = || vec![self.public_address.clone(), or_dash(self.node)];
        let line = |interface: &Interface| {
            let active = self.active.as_ref() == Some(&interface.name);
            let mut line = head();
            line.extend([interface.name.clone(), interface.state().into(), interface.references.to_string()]);
            line.push(if active { "(active)".into() } else { String::new() });
            line
        };
        if self.interfaces.is_empty() {
            let mut line = head();
            line.extend(["-".into(), "-".into(), "-".into(), String::new()]);
            return vec![line];
        }
        self.interfaces.iter().map(line).collect()
    }
}

pub(crate) async fn run(cx: &Context, wanted: InfoArgs) -> Result<Answers<Info>, Error> {
    let cluster = cx.addresses().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = &cluster;
        async move { Ok(cluster.placement(pnn, wanted.address).await?.into()) }
    })
    .await
}
