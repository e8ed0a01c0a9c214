//! `db cat` and `db tdb cat`: all records of a database, of the cluster or of this node's file.

use super::NameArgs;
use super::failed;
use super::record::{Dump, Record};
use crate::commands::view;
use crate::context::Context;
use crate::error::Error;

pub(crate) async fn cat(cx: &Context, args: NameArgs) -> Result<Dump, Error> {
    let cluster = cx.databases().await?;
    let nodes = view::node_map(&*cluster).await?;
    let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
    let question = "the records";
    let found = cluster.records(node, &args.database).await;
    let found = found.map_err(|failure| Error::Question { node, question, failure })?;
    Ok(Dump { of: args.database, records: found.into_iter().map(Record::from).collect(), wanted: false })
}

pub(crate) async fn cat_file(cx: &Context, args: NameArgs) -> Result<Dump, Error> {
    let cluster = cx.databases().await?;
    let found = cluster.file_records(&args.database).await.map_err(failed(&*cluster, "the records"))?;
    Ok(Dump { of: args.database, records: found.into_iter().map(Record::from).collect(), wanted: false })
}
