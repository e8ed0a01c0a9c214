//! What the dissector showed: packets out of tshark's JSON, their fields in the order of the tree.
//!
//! tshark writes a field once for each time it occurs, with the same key; an ordinary map would keep the last only.

use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};

use super::program::with_dissector;

/// One packet of CTDB as it was shown.
#[derive(Debug, Default)]
pub(crate) struct Shown {
    /// Number of the record.
    pub(crate) frame: u64,
    /// Fields that stand for bytes of the packet, in order, and their texts.
    pub(crate) fields: Vec<(String, String)>,
    /// Fields that were worked out.
    pub(crate) extra: BTreeMap<String, String>,
    /// Whether something did not fit.
    pub(crate) malformed: bool,
}

impl Shown {
    /// The first field of this name.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.fields.iter().find(|(key, _)| key == name).map(|(_, text)| text.as_str())
    }
}

/// All packets of a file, by the time of their record.
pub(crate) fn packets(file: &Path, args: &[&str]) -> BTreeMap<u64, Vec<Shown>> {
    let json = ["-T", "json", "-Y", "tablecloth_ctdb", "-J", "frame tablecloth_ctdb"];
    let output = with_dissector(file, &[&json[..], args].concat());
    let Node::List(frames) = serde_json::from_str(&output.text).unwrap() else { panic!("no list of frames") };
    let mut packets = BTreeMap::<u64, Vec<Shown>>::new();
    for frame in &frames {
        let layers = frame.child("_source").child("layers");
        let time = nanos(layers.child("frame").child("frame.time_epoch").text());
        let frame = layers.child("frame").child("frame.number").text().parse().unwrap();
        for (key, tree) in layers.children() {
            if key == "tablecloth_ctdb" {
                let mut shown = Shown { frame, ..Shown::default() };
                flatten(tree, &mut shown);
                packets.entry(time).or_default().push(shown);
            }
        }
    }
    packets
}

/// Worked out from the packet, or shown again below a field that has it.
const EXTRA: &[&str] = &[
    "ctdbx.control",
    "ctdbx.control.number",
    "ctdbx.message",
    "ctdbx.event",
    "ctdbx.request_in",
    "ctdbx.reply_in",
    "ctdbx.time",
];

/// Said about a packet, not by it.
const REMARKS: &[&str] = &["ctdbx.failed", "ctdbx.unknown", "ctdbx.no_packet"];

fn flatten(tree: &Node, shown: &mut Shown) {
    for (key, node) in tree.children() {
        let again =
            key.starts_with("ctdbx.flag.") || key.starts_with("ctdbx.sockaddr.") || key.ends_with(".address");
        match node {
            _ if key == "ctdbx.malformed" => shown.malformed = true,
            _ if REMARKS.contains(&key.as_str()) => {}
            // A branch without leaves.
            Node::Text(text)
                if text.is_empty() && key != "ctdbx.undecoded" && key.matches('.').count() == 1 => {}
            Node::Object(_) => flatten(node, shown),
            _ if again || !key.starts_with("ctdbx.") => {}
            _ if EXTRA.contains(&key.as_str()) => {
                shown.extra.insert(key.clone(), node.text().to_owned());
            }
            _ => shown.fields.push((key.clone(), node.text().to_owned())),
        }
    }
}

fn nanos(epoch: &str) -> u64 {
    let (seconds, rest) = epoch.split_once('.').unwrap();
    seconds.parse::<u64>().unwrap() * 1_000_000_000 + format!("{rest:0<9}").parse::<u64>().unwrap()
}

/// JSON whose objects keep every key.
enum Node {
    Text(String),
    List(Vec<Self>),
    Object(Vec<(String, Self)>),
}

impl Node {
    fn children(&self) -> &[(String, Self)] {
        match self {
            Self::Object(children) => children,
            _ => &[],
        }
    }

    fn child(&self, name: &str) -> &Self {
        let found = self.children().iter().find(|(key, _)| key == name);
        found.map_or_else(|| panic!("no {name}"), |(_, node)| node)
    }

    fn text(&self) -> &str {
        match self {
            Self::Text(text) => text,
            _ => "",
        }
    }
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AnyNode)
    }
}

struct AnyNode;

impl<'de> Visitor<'de> for AnyNode {
    type Value = Node;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what tshark writes")
    }

    fn visit_str<E>(self, text: &str) -> Result<Node, E> {
        Ok(Node::Text(text.to_owned()))
    }

    fn visit_unit<E>(self) -> Result<Node, E> {
        Ok(Node::Text(String::new()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(Node::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
        let mut object = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            object.push(entry);
        }
        Ok(Node::Object(object))
    }
}
