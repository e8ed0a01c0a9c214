//! `db hot`: the records of all databases that many nodes want, the hottest first.

use schemars::JsonSchema;
use serde::Serialize;

use super::octets::Octets;
use crate::commands::asked::{Answers, Columns, ask};
use crate::commands::row::NoArgs;
use crate::context::Context;
use crate::error::Error;
use crate::render::table::Column;

/// Bytes of a key that a table shows.
const KEY_SHOWN: usize = 128;

/// The hot keys of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Hot {
    /// The hottest first.
    pub(crate) keys: Vec<HotKey>,
}

/// A key that many nodes want.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct HotKey {
    pub(crate) database: String,
    /// How often it moved in a second.
    pub(crate) count: u32,
    pub(crate) key: Octets,
}

impl Columns for Hot {
    const COLUMNS: &'static [Column] = &[("DATABASE", false), ("COUNT", true), ("KEY", false)];

    fn lines(&self) -> Vec<Vec<String>> {
        let line = |hot: &HotKey| vec![hot.database.clone(), hot.count.to_string(), hot.key.brief(KEY_SHOWN)];
        self.keys.iter().map(line).collect()
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Answers<Hot>, Error> {
    let cluster = cx.databases().await?;
    ask(cx, &*cluster, |pnn| {
        let cluster = cluster.clone();
        async move {
            let mut keys = Vec::new();
            for database in cluster.databases(pnn).await? {
                let counters = cluster.database_counters(pnn, &database.name).await?;
                let of = |(count, key): (u32, bytes::Bytes)| HotKey {
                    database: database.name.clone(),
                    count,
                    key: key.into(),
                };
                keys.extend(counters.hot_keys.into_iter().map(of));
            }
            keys.sort_by_key(|hot| std::cmp::Reverse(hot.count));
            Ok(Hot { keys })
        }
    })
    .await
}
