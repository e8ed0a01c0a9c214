//! `ip list`: the public addresses in the eyes of one node, or put together from what several say.
//!
//! Put together, a node is believed only about itself (IP-09): an address is where a node says that it has it. The facts
//! are those of `control_ip` and `get_all_public_ips`.

use std::collections::BTreeMap;
use std::net::IpAddr;

use schemars::JsonSchema;
use serde::Serialize;

use crate::backend::Addresses;
use crate::commands::absent::Absent;
use crate::commands::row::NoArgs;
use crate::commands::{Shown, view};
use crate::context::Context;
use crate::error::Error;
use crate::exit::Exit;
use crate::model::{Node, Placement, PublicAddress};
use crate::nodes::NodeList;
use crate::render::table::{Column, or_dash, table};
use futures_util::future::join_all;

/// Public addresses.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct List {
    /// The nodes that answered. With several, each is believed about itself alone.
    pub(crate) from_nodes: Vec<u32>,
    pub(crate) addresses: Vec<Line>,
    /// Nodes that did not answer.
    pub(crate) failed: Absent,
}

/// One address.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Line {
    pub(crate) address: String,
    /// The node that has it, if one says so.
    pub(crate) node: Option<u32>,
    pub(crate) place: Place,
    /// Further nodes that say they have it. There should be none.
    pub(crate) also_on: Vec<u32>,
    /// Of the node that has it; null without `-v`, and when nobody has it.
    pub(crate) interfaces: Option<Interfaces>,
}

/// What is known about where an address is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Place {
    /// On a node.
    Hosted,
    /// All who could have it say that they do not.
    Nowhere,
    /// Nobody who was asked has it; others were not asked, or did not answer.
    Unknown,
}

/// Names of interfaces.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Interfaces {
    /// The one that the address is on.
    pub(crate) active: Option<String>,
    /// Those with a link.
    pub(crate) available: Vec<String>,
    /// All that it may be on.
    pub(crate) configured: Vec<String>,
}

impl From<Placement> for Interfaces {
    fn from(place: Placement) -> Self {
        let names = |link: bool| {
            let wanted = place.interfaces.iter().filter(move |interface| interface.link || !link);
            wanted.map(|interface| interface.name.clone()).collect()
        };
        Self { available: names(true), configured: names(false), active: place.active.clone() }
    }
}

impl Shown for List {
    fn table(&self) -> String {
        let mut columns: Vec<Column> = vec![("ADDRESS", false), ("NODE", true)];
        let detailed = self.addresses.iter().any(|line| line.interfaces.is_some());
        let claimed = self.addresses.iter().any(|line| !line.also_on.is_empty());
        if detailed {
            columns.extend([("ACTIVE", false), ("AVAILABLE", false), ("CONFIGURED", false)]);
        }
        if claimed {
            columns.push(("ALSO ON", false));
        }
        let rows = self.addresses.iter().map(|line| {
            let node = if line.place == Place::Unknown { "unknown".into() } else { or_dash(line.node) };
            let mut row = vec![line.address.clone(), node];
            if detailed {
                let names = |names: &[String]| or_dash((!names.is_empty()).then(|| names.join(",")));
                let none = Interfaces { active: None, available: vec![], configured: vec![] };
                let seen = line.interfaces.as_ref().unwrap_or(&none);
                row.extend([or_dash(seen.active.clone()), names(&seen.available), names(&seen.configured)]);
            }
            if claimed {
                row.push(line.also_on.iter().map(u32::to_string).collect::<Vec<_>>().join(","));
            }
            row
        });
        let mut text = table(&columns, rows);
        text += &self.failed.lines();
        text
    }

    fn exit(&self) -> Exit {
        self.failed.exit(!self.from_nodes.is_empty())
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<List, Error> {
    list(cx, &*cx.addresses().await?).await
}

/// Asks the nodes that are named, or this one. `all` stands for those that may host addresses.
pub(crate) async fn list(cx: &Context, cluster: &dyn Addresses) -> Result<List, Error> {
    let nodes = view::node_map(cluster).await?;
    let asked = view::many_nodes(cluster, &cx.settings, &nodes)?;
    let active = |node: &&&Node| !node.flags.inactive && !node.flags.disconnected;
    let all = cx.nodes == Some(NodeList::All);
    let asked: Vec<u32> = asked.iter().filter(|node| !all || active(node)).map(|node| node.pnn).collect();
    let (said, failed) = gather(cluster, &asked).await;
    let unasked =
        |node: &Node| !asked.contains(&node.pnn) && (!node.flags.inactive || node.flags.disconnected);
    let all_known = failed.is_empty() && !nodes.iter().any(|node| !node.flags.deleted && unasked(node));
    let alone = said.len() == 1 && asked.len() == 1;
    let lines = if alone { one_view(&said) } else { merged(&said) };
    if cx.verbose {
        let asker = asked.first().copied().filter(|_| alone);
        let places = join_all(lines.iter().map(|line| {
            let at = asker.or(line.1.first().copied());
            async move {
                match at {
                    Some(pnn) => cluster.placement(pnn, line.0).await.ok(),
                    None => None,
                }
            }
        }));
        let places = places.await;
        return Ok(answer(lines, places, said, failed, alone || all_known));
    }
    let places = lines.iter().map(|_| None).collect();
    Ok(answer(lines, places, said, failed, alone || all_known))
}

/// What these nodes say about public addresses.
pub(crate) async fn gather(
    cluster: &dyn Addresses,
    asked: &[u32],
) -> (Vec<(u32, Vec<PublicAddress>)>, Absent) {
    let answers = asked.iter().map(|pnn| async { (*pnn, cluster.addresses(*pnn).await) });
    Absent::sift(join_all(answers).await)
}

/// An address, and the nodes that have it.
pub(crate) type Home = (IpAddr, Vec<u32>);

fn one_view(said: &[(u32, Vec<PublicAddress>)]) -> Vec<Home> {
    let lines = said.iter().flat_map(|(_, addresses)| addresses);
    lines.map(|address| (address.ip, address.node.into_iter().collect())).collect()
}

/// Each node is believed about itself alone.
pub(crate) fn merged(said: &[(u32, Vec<PublicAddress>)]) -> Vec<Home> {
    let mut homes: BTreeMap<IpAddr, Vec<u32>> = BTreeMap::new();
    for (pnn, address) in said.iter().flat_map(|(pnn, all)| all.iter().map(move |address| (*pnn, address))) {
        let home = homes.entry(address.ip).or_default();
        if address.node == Some(pnn) {
            // The later one in the order of the nodes counts, as in C.
            home.insert(0, pnn);
        }
    }
    homes.into_iter().collect()
}

fn answer(
    lines: Vec<Home>,
    places: Vec<Option<Placement>>,
    said: Vec<(u32, Vec<PublicAddress>)>,
    failed: Absent,
    all_known: bool,
) -> List {
    let line = |((ip, homes), place): (Home, Option<Placement>)| {
        let mut homes = homes.into_iter().peekable();
        let hosted = homes.peek().is_some();
        Line {
            address: ip.to_string(),
            place: match (hosted, all_known) {
                (true, _) => Place::Hosted,
                (false, true) => Place::Nowhere,
                (false, false) => Place::Unknown,
            },
            node: homes.next(),
            also_on: homes.collect(),
            interfaces: place.map(Interfaces::from),
        }
    };
    List {
        from_nodes: said.iter().map(|(pnn, _)| *pnn).collect(),
        addresses: lines.into_iter().zip(places).map(line).collect(),
        failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(last: u8, node: Option<u32>) -> PublicAddress {
        PublicAddress { ip: IpAddr::from([10, 0, 0, last]), node }
    }

    #[test]
    fn an_address_that_nobody_asked_has_is_nowhere_only_when_all_were_asked_and_answered() {
        let said = || vec![(0, vec![address(1, Some(0)), address(2, Some(2))])];
        let list = |all_known| {
            let lines = merged(&said());
            answer(lines, vec![None, None], said(), Absent::default(), all_known)
        };
        assert_eq!(list(false).addresses[1].place, Place::Unknown);
        assert!(list(false).table().lines().nth(2).unwrap().ends_with("unknown"), "{}", list(false).table());
        assert_eq!(list(true).addresses[1].place, Place::Nowhere);
        assert_eq!(list(true).addresses[0].place, Place::Hosted);
        assert!(list(true).table().lines().nth(2).unwrap().ends_with("-"));
    }

    #[test]
    fn ip_09_a_node_is_believed_only_about_itself() {
        let said = [
            (0, vec![address(1, Some(0)), address(2, Some(2)), address(3, Some(1))]),
            (1, vec![address(1, Some(1)), address(2, Some(2)), address(3, Some(0)), address(4, None)]),
        ];
        let homes: Vec<_> = merged(&said).into_iter().map(|(_, homes)| homes).collect();
        assert_eq!(homes, [vec![1, 0], vec![], vec![], vec![]], "only 10.0.0.1 is claimed, and twice");
        assert_eq!(one_view(&said[..1]).into_iter().map(|(_, h)| h).collect::<Vec<_>>(), [[0], [2], [1]]);
    }
}
