//! `node capability`: what nodes may be asked to do.

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Serialize;

use super::done::{Done, done};
use crate::commands::Shown;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::model::Capabilities;
use crate::render::table::{Column, table};

/// The capabilities that can be given and taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Capability {
    /// Become leader
    Leader,
    /// Be location master of records
    Lmaster,
}

/// What there is.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Known {
    pub(crate) capabilities: Vec<Described>,
}

/// One capability.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Described {
    pub(crate) name: String,
    pub(crate) description: String,
}

impl Shown for Known {
    fn table(&self) -> String {
        let rows = self.capabilities.iter().map(|known| vec![known.name.clone(), known.description.clone()]);
        table(&[("CAPABILITY", false), ("MEANING", false)], rows)
    }
}

pub(crate) async fn list(_: &Context, _: NoArgs) -> Result<Known, Error> {
    let described =
        |name: &str, description: &str| Described { name: name.into(), description: description.into() };
    Ok(Known {
        capabilities: vec![
            described("leader", "may become leader of the cluster"),
            described("lmaster", "may be location master of records"),
        ],
    })
}

/// What a node has.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Held {
    #[serde(flatten)]
    pub(crate) capabilities: Capabilities,
}

impl Columns for Held {
    const COLUMNS: &'static [Column] = &[("LEADER", false), ("LMASTER", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let word = |on| if on { "yes".to_owned() } else { "no".to_owned() };
        vec![vec![word(self.capabilities.leader), word(self.capabilities.lmaster)]]
    }
}

pub(crate) async fn get(cx: &Context, _: NoArgs) -> Result<Answers<Held>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| Ok(Held { capabilities: cluster.capabilities(pnn).await? })).await
}

/// Arguments of `node capability set`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct SetArgs {
    /// Which
    #[arg(value_enum, value_name = "CAPABILITY")]
    capability: Capability,
    /// Given or taken
    #[arg(value_enum, value_name = "on|off")]
    to: Switch,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    On,
    Off,
}

pub(crate) async fn set(cx: &Context, args: SetArgs) -> Result<Answers<Done>, Error> {
    let cluster = cx.nodes().await?;
    let on = args.to == Switch::On;
    ask(cx, &*cluster, async |pnn| {
        let result = if on { "given" } else { "taken" };
        match args.capability {
            Capability::Leader => done(cluster.set_leader_role(pnn, on), result).await,
            Capability::Lmaster => done(cluster.set_lmaster_role(pnn, on), result).await,
        }
    })
    .await
}
