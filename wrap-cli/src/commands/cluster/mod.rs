//! `cluster`: the cluster as a whole.

pub(crate) mod list;

use super::row::{NoArgs, rows};

rows! {
    "cluster" "list": One, "List the nodes with their addresses and states", ["listnodes"],
        NoArgs => list::List = list::run;
}
