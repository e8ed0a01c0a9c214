//! `cluster`: the cluster as a whole.

mod facts;
pub(crate) mod health;
pub(crate) mod list;
mod recover;
mod reload;

use super::row::{NoArgs, rows};

rows! {
    "cluster" "list": One Asks, "List the nodes with their addresses and states", ["listnodes"],
        NoArgs => list::List = list::run;
    "cluster" "reload": None Changes, "Have all nodes read the changed nodes file", ["reloadnodes"],
        NoArgs => reload::Reloaded = reload::run;
    "cluster" "leader": None Asks, "Show the number of the leader; exit status 1 when nobody leads", ["leader"],
        NoArgs => facts::Leader = facts::leader;
    "cluster" "lock": One Asks, "Show the cluster lock as it is configured; exit status 1 when there is none", ["getreclock"],
        NoArgs => facts::Lock = facts::lock;
    "cluster" "recover": One Disturbs, "Begin a recovery, and wait for its end", ["recover"],
        NoArgs => recover::Recovered = recover::run;
    "cluster" "health": One Asks, "One line for monitoring; exit status 1 when the cluster is not healthy", [],
        NoArgs => health::Health = health::run;
}
