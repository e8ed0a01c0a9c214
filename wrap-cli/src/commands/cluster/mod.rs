//! `cluster`: the cluster as a whole.

mod facts;
mod health;
pub(crate) mod list;
mod recover;
mod reload;

use super::row::{NoArgs, rows};

rows! {
    "cluster" "list": One, "List the nodes with their addresses and states", ["listnodes"],
        NoArgs => list::List = list::run;
    "cluster" "reload": None, "Have all nodes read the changed nodes file", ["reloadnodes"],
        NoArgs => reload::Reloaded = reload::run;
    "cluster" "leader": None, "Show the number of the leader; exit status 1 when nobody leads", ["leader"],
        NoArgs => facts::Leader = facts::leader;
    "cluster" "lock": One, "Show the cluster lock as it is configured; exit status 1 when there is none", ["getreclock"],
        NoArgs => facts::Lock = facts::lock;
    "cluster" "recover": One, "Begin a recovery, and wait for its end", ["recover"],
        NoArgs => recover::Recovered = recover::run;
    "cluster" "health": One, "One line for monitoring; exit status 1 when the cluster is not healthy", [],
        NoArgs => health::Health = health::run;
}
