//! `tunable`: settings of the running daemons, which are forgotten when a daemon ends.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::{NoArgs, rows};
use crate::backend::Tunables;
use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::live;
use crate::model::Tunable;
use crate::render::table::Column;

rows! {
    "tunable" "list": Many Asks, "Show all tunables", ["listvars"], NoArgs => Answers<List> = list;
    "tunable" "get": Many Asks, "Show a tunable", ["getvar"], GetArgs => Answers<Tunable> = get;
    "tunable" "set": Many Changes, "Change a tunable, until the daemon restarts", ["setvar"],
        SetArgs => Answers<Changed> = set;
}

/// All tunables of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    pub(crate) tunables: Vec<Tunable>,
}

impl Columns for List {
    const COLUMNS: &'static [Column] = &[("TUNABLE", false), ("VALUE", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        self.tunables.iter().map(|tunable| vec![tunable.name.clone(), tunable.value.to_string()]).collect()
    }
}

impl Columns for Tunable {
    const COLUMNS: &'static [Column] = &[("TUNABLE", false), ("VALUE", true)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![self.name.clone(), self.value.to_string()]]
    }
}

async fn list(cx: &Context, _: NoArgs) -> Result<Answers<List>, Error> {
    let cluster = cx.tunables().await?;
    ask(cx, &*cluster, async |pnn| Ok(List { tunables: cluster.tunables(pnn).await? })).await
}

/// Arguments of `tunable get`.
#[derive(Args, Clone, Debug)]
pub(crate) struct GetArgs {
    /// Name of the tunable; upper and lower case are the same
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(live::tunables))]
    name: String,
}

/// The name as the daemons write it. The node itself is asked: each version has others.
async fn known(cluster: &dyn Tunables, name: &str) -> Result<String, Error> {
    let node = cluster.this_node();
    let names = cluster.tunable_names(node).await;
    let names =
        names.map_err(|failure| Error::Question { node, question: "the names of the tunables", failure })?;
    let found = names.iter().find(|known| known.eq_ignore_ascii_case(name)).cloned();
    found.ok_or_else(|| {
        let near = names.iter().max_by(|a, b| similar(a, name).total_cmp(&similar(b, name)));
        let tip = near
            .filter(|near| similar(near, name) > 0.7)
            .map_or_else(|| "'tunable list' shows all".into(), |near| format!("a similar one is {near}"));
        Error::Words(format!("there is no tunable '{name}'; {tip}"))
    })
}

fn similar(known: &str, word: &str) -> f64 {
    strsim::jaro(&known.to_ascii_lowercase(), &word.to_ascii_lowercase())
}

async fn get(cx: &Context, args: GetArgs) -> Result<Answers<Tunable>, Error> {
    let cluster = cx.tunables().await?;
    let name = known(&*cluster, &args.name).await?;
    ask(cx, &*cluster, async |pnn| {
        let name = name.clone();
        let value = cluster.tunable(pnn, &name).await?;
        Ok(Tunable { name, value })
    })
    .await
}

/// Arguments of `tunable set`.
#[derive(Args, Clone, Debug)]
pub(crate) struct SetArgs {
    /// Name of the tunable; upper and lower case are the same
    #[arg(value_name = "NAME", add = ArgValueCompleter::new(live::tunables))]
    name: String,
    /// The new value; 0x... is hexadecimal
    #[arg(value_name = "VALUE", value_parser = value)]
    value: u32,
}

fn value(text: &str) -> Result<u32, &'static str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = digits.map_or_else(|| text.parse(), |digits| u32::from_str_radix(digits, 16));
    number.map_err(|_| "write a number from 0 to 4294967295")
}

/// A tunable that was changed.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Changed {
    pub(crate) name: String,
    /// As the node tells it afterwards.
    pub(crate) value: u32,
    /// The node knows it and no longer heeds it.
    pub(crate) obsolete: bool,
}

impl Columns for Changed {
    const COLUMNS: &'static [Column] = &[("TUNABLE", false), ("VALUE", true), ("", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let remark = if self.obsolete { "obsolete: without effect" } else { "" };
        vec![vec![self.name.clone(), self.value.to_string(), remark.into()]]
    }
}

async fn set(cx: &Context, args: SetArgs) -> Result<Answers<Changed>, Error> {
    let cluster = cx.tunables().await?;
    let name = known(&*cluster, &args.name).await?;
    ask(cx, &*cluster, async |pnn| {
        let name = name.clone();
        let obsolete = cluster.set_tunable(pnn, &name, args.value).await?;
        let value = cluster.tunable(pnn, &name).await?;
        if value != args.value && !obsolete {
            return Err(Failure::Refused(format!("its value is {value} afterwards")));
        }
        Ok(Changed { name, value, obsolete })
    })
    .await
}
