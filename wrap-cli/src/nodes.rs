//! The LIST of `-n`: numbers, ranges, addresses, comma lists, `all`; and which nodes of the cluster it means.
//!
//! The text is checked before any daemon is asked; the nodes are checked against the node map. A list is never
//! expanded beyond the nodes that exist.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use crate::model::Node;

/// Why a list of nodes was refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NodeListError {
    /// A part of the list is neither number, range nor address.
    #[error("'{0}' is no node; write numbers, ranges (0-3), addresses, comma lists, or all")]
    Item(String),
    /// A range that ends before it starts.
    #[error("the range {0}-{1} ends before it starts; write {1}-{0}")]
    Backwards(u32, u32),
    /// No node of the cluster has this number or address.
    #[error("there is no node {node} in this cluster; its nodes are {known}")]
    NoSuchNode {
        /// What was asked for.
        node: String,
        /// What there is.
        known: String,
    },
}

/// A list of nodes as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum NodeList {
    All,
    Items(Vec<Item>),
}

/// One part of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Item {
    Range(u32, u32),
    Address(IpAddr),
}

impl fmt::Display for NodeList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self::Items(items) = self else { return f.write_str("all") };
        for (i, item) in items.iter().enumerate() {
            let comma = if i == 0 { "" } else { "," };
            match item {
                Item::Address(ip) => write!(f, "{comma}{ip}")?,
                Item::Range(first, last) if first == last => write!(f, "{comma}{first}")?,
                Item::Range(first, last) => write!(f, "{comma}{first}-{last}")?,
            }
        }
        Ok(())
    }
}

impl FromStr for NodeList {
    type Err = NodeListError;

    fn from_str(text: &str) -> Result<Self, NodeListError> {
        if text == "all" {
            return Ok(Self::All);
        }
        text.split(',').map(str::parse).collect::<Result<_, _>>().map(Self::Items)
    }
}

impl FromStr for Item {
    type Err = NodeListError;

    fn from_str(text: &str) -> Result<Self, NodeListError> {
        let text = text.trim();
        // As the nodes file may have it.
        let bare = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        let ip = bare.map_or_else(|| text.parse(), |bare| bare.parse().map(IpAddr::V6));
        if let Ok(ip) = ip {
            return Ok(Self::Address(ip));
        }
        let number = |part: &str| part.parse::<u32>().map_err(|_| NodeListError::Item(text.into()));
        let (first, last) = match text.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(text)?, number(text)?),
        };
        if last < first {
            return Err(NodeListError::Backwards(first, last));
        }
        Ok(Self::Range(first, last))
    }
}

impl NodeList {
    /// The only node that is named, when it is one whatever the cluster looks like.
    pub(crate) fn single(&self) -> Option<Item> {
        match self {
            Self::Items(items) => match items[..] {
                [Item::Range(first, last)] if first != last => None,
                [item] => Some(item),
                _ => None,
            },
            Self::All => None,
        }
    }

    /// The nodes that are meant, each once, in the order of the list. `all` leaves deleted nodes out.
    pub(crate) fn select<'a>(&self, nodes: &'a [Node]) -> Result<Vec<&'a Node>, NodeListError> {
        let items = match self {
            Self::All => return Ok(nodes.iter().filter(|node| !node.flags.deleted).collect()),
            Self::Items(items) => items,
        };
        // Of two with the same address the first counts.
        let by_pnn: BTreeMap<u32, &Node> = nodes.iter().rev().map(|node| (node.pnn, node)).collect();
        let by_ip: BTreeMap<_, &Node> =
            nodes.iter().rev().filter_map(|node| Some((node.ip?, node))).collect();
        let (mut selected, mut seen): (Vec<&Node>, _) = (Vec::new(), BTreeSet::new());
        let mut add = |found: Option<&&'a Node>, asked: &dyn fmt::Display| {
            let Some(node) = found else {
                return Err(NodeListError::NoSuchNode { node: asked.to_string(), known: known(nodes) });
            };
            if seen.insert(node.pnn) {
                selected.push(node);
            }
            Ok(())
        };
        for item in items {
            match *item {
                Item::Address(ip) => add(by_ip.get(&ip), &ip)?,
                // Ends at the first number without a node.
                Item::Range(first, last) => {
                    for pnn in first..=last {
                        add(by_pnn.get(&pnn), &pnn)?;
                    }
                }
            }
        }
        Ok(selected)
    }
}

/// The numbers of all nodes, with runs written as ranges.
fn known(nodes: &[Node]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for node in nodes {
        match runs.last_mut() {
            Some((_, last)) if last.checked_add(1) == Some(node.pnn) => *last = node.pnn,
            _ => runs.push((node.pnn, node.pnn)),
        }
    }
    let text = |(a, b): &(u32, u32)| if a == b { a.to_string() } else { format!("{a}-{b}") };
    runs.iter().map(text).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Flags;

    fn cluster() -> Vec<Node> {
        (0..4)
            .map(|pnn| Node {
                pnn,
                ip: Some(format!("10.0.0.{}", pnn + 1).parse().unwrap()),
                flags: Flags { deleted: pnn == 2, ..Flags::default() },
                raw: 0,
            })
            .collect()
    }

    fn select(list: &str) -> Result<Vec<u32>, NodeListError> {
        let nodes = cluster();
        Ok(list.parse::<NodeList>()?.select(&nodes)?.iter().map(|node| node.pnn).collect())
    }

    #[test]
    fn numbers_ranges_addresses_and_lists_are_understood() {
        assert_eq!(select("1").unwrap(), [1]);
        assert_eq!(select("3,0-1,10.0.0.2, 10.0.0.4").unwrap(), [3, 0, 1]);
        assert_eq!(select("2").unwrap(), [2]);
        for list in ["all", "1", "3,0-1,10.0.0.2"] {
            assert_eq!(list.parse::<NodeList>().unwrap().to_string(), list);
        }
    }

    #[test]
    fn a_range_of_very_many_nodes_is_not_looked_for_node_by_node() {
        // Were it, this would take hours.
        const MANY: u32 = 300_000;
        let node =
            |pnn| Node { pnn, ip: Some(IpAddr::from(pnn.to_be_bytes())), flags: Flags::default(), raw: 0 };
        let nodes: Vec<Node> = (0..MANY).map(node).collect();
        let list: NodeList = format!("0-{},0.0.0.7", MANY - 1).parse().unwrap();
        let selected = list.select(&nodes).unwrap();
        assert!(selected.iter().map(|node| node.pnn).eq(0..MANY));
    }

    #[test]
    fn all_leaves_deleted_nodes_out() {
        assert_eq!(select("all").unwrap(), [0, 1, 3]);
    }

    #[test]
    fn what_is_no_node_is_refused_with_a_line_that_helps() {
        for (list, line) in [
            ("", "'' is no node; write numbers, ranges (0-3), addresses, comma lists, or all"),
            ("0,x", "'x' is no node; write numbers, ranges (0-3), addresses, comma lists, or all"),
            ("-1", "'-1' is no node; write numbers, ranges (0-3), addresses, comma lists, or all"),
            ("3-1", "the range 3-1 ends before it starts; write 1-3"),
            ("4", "there is no node 4 in this cluster; its nodes are 0-3"),
            ("2-4294967295", "there is no node 4 in this cluster; its nodes are 0-3"),
            ("10.9.9.9", "there is no node 10.9.9.9 in this cluster; its nodes are 0-3"),
        ] {
            assert_eq!(select(list).unwrap_err().to_string(), line);
        }
    }
}
