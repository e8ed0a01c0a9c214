//! What a node says about the cluster, over its own socket. A node that does not answer says nothing.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::time::Duration;

use judge::history::{View, What};
use legacy_client::{CallError, Client, Event};
use legacy_codec::{
    Control, DbId, Dest, Generation, GetDbMap, GetDbName, GetNodeMap, GetRecMode, GetVnnMap, RecMode, SrvId,
};
use tokio::time::Instant;

use super::Seen;
use crate::book::Paper;
use crate::seat::connect;

/// Between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// How long an answer is waited for.
const ANSWER: Duration = Duration::from_secs(1);
/// A leader who was not heard for so long leads nobody. He speaks each second, and the daemons of a busy machine may be late
/// by more than their own time-out.
const LEADS: Duration = Duration::from_secs(6);
/// A silence that is worth a line of the log.
const SILENCE: Duration = Duration::from_secs(2);
/// What a daemon says when an election begins: nobody leads.
const NOBODY: u32 = u32::MAX;

/// Looks for ever.
pub(super) async fn look(seen: &Seen, paper: &Paper) -> anyhow::Result<()> {
    loop {
        if let Ok(client) = connect(&seen.socket).await {
            let listening = client.subscribe(SrvId::LEADER).await;
            let mut known = Known::default();
            while listening.is_ok() && client.is_up() {
                if let Ok(view) = known.view(&client, seen.node).await {
                    paper.say(What::View { node: seen.node, view })?;
                }
                tokio::time::sleep(PAUSE).await;
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// What need not be asked each time.
#[derive(Default)]
struct Known {
    leader: Option<(u32, Instant)>,
    names: BTreeMap<DbId, String>,
}

async fn ask<C: Control>(client: &Client, arg: C::Arg) -> Result<C::Reply, CallError> {
    client.call_within::<C>(Dest::CURRENT_NODE, arg, ANSWER).await
}

impl Known {
    async fn view(&mut self, client: &Client, node: u32) -> Result<View, CallError> {
        let nodes = ask::<GetNodeMap>(client, ()).await?.nodes;
        let map = ask::<GetVnnMap>(client, ()).await?;
        let recovering = ask::<GetRecMode>(client, ()).await? != RecMode::NORMAL;
        let mut databases = Vec::new();
        for db in ask::<GetDbMap>(client, ()).await?.dbs {
            let name = match self.names.entry(db.db_id) {
                Entry::Occupied(known) => known.into_mut(),
                Entry::Vacant(new) => new.insert(ask::<GetDbName>(client, db.db_id).await?.to_string()),
            };
            databases.push(name.clone());
        }
        databases.sort_unstable();
        self.hear(client, node);
        let heard = self.leader.filter(|(_, at)| at.elapsed() < LEADS);
        Ok(View {
            generation: (map.generation != Generation::INVALID).then_some(map.generation.0),
            recovering,
            leader: heard.map(|(leader, _)| leader),
            vnnmap: map.map.iter().map(|pnn| pnn.0).collect(),
            flags: nodes.iter().map(|node| node.flags.bits()).collect(),
            databases,
        })
    }

    /// The last word of a leader that has come.
    fn hear(&mut self, client: &Client, node: u32) {
        while let Some(event) = client.try_next_event() {
            if let Event::Message(message) = event
                && let Ok(bytes) = message.data[..].try_into()
            {
                let (leader, now) = (u32::from_ne_bytes(bytes), Instant::now());
                if let Some((_, before)) = self.leader.filter(|(_, before)| now - *before > SILENCE) {
                    eprintln!("node {node}: nobody led for {} ms", (now - before).as_millis());
                }
                self.leader = (leader != NOBODY).then_some((leader, now));
            }
        }
    }
}
