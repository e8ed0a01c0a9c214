//! `node process check`: whether a process is a client of ctdbd.

use clap::Args;
use schemars::JsonSchema;
use serde::Serialize;

use crate::commands::asked::{Answers, Columns, ask};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::render::table::Column;

/// Arguments of `node process check`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CheckArgs {
    /// Process id on the node
    #[arg(value_name = "PID", value_parser = clap::value_parser!(i32).range(1..))]
    pid: i32,
    /// A srvid that it has to listen to as well; 0x... is hexadecimal
    #[arg(value_name = "SRVID", value_parser = srvid)]
    srvid: Option<u64>,
}

fn srvid(text: &str) -> Result<u64, &'static str> {
    let digits = text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"));
    let number = digits.map_or_else(|| text.parse(), |digits| u64::from_str_radix(digits, 16));
    number.map_err(|_| "write a number, or 0x and hexadecimal digits")
}

/// Whether it is there.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Found {
    pub(crate) exists: bool,
}

impl Columns for Found {
    const COLUMNS: &'static [Column] = &[("RESULT", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        vec![vec![if self.exists { "exists" } else { "does not exist" }.into()]]
    }

    fn exit(&self) -> Exit {
        if self.exists { Exit::Done } else { Exit::No }
    }
}

pub(crate) async fn check(cx: &Context, args: CheckArgs) -> Result<Answers<Found>, Error> {
    let cluster = cx.nodes().await?;
    ask(cx, &*cluster, async |pnn| {
        Ok(Found { exists: cluster.has_process(pnn, args.pid, args.srvid).await? })
    })
    .await
}
