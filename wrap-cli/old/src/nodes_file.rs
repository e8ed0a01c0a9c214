//! The nodes file: an address a line, a commented line for a node that was deleted.
//!
//! The number of a node is its line, so nothing may be left out but empty lines. Sources: `ctdb_read_nodes_file`,
//! `file_lines_load`, `find_node_xpnn`.

use legacy_codec::{NodeAndFlags, NodeFlags, NodeMap, Pnn, SockAddr};

use crate::address;
use crate::output::err;
use crate::paths;

/// What a deleted node has for an address.
const NOWHERE: &[u8] = b"0.0.0.0";

/// The bytes before the first NUL or carriage return, which end a line in C.
fn c_line(line: &[u8]) -> &[u8] {
    line.split(|byte| matches!(byte, 0 | b'\r')).next().unwrap_or_default()
}

fn trimmed(line: &[u8]) -> &[u8] {
    let blank = |byte: &u8| matches!(byte, b' ' | b'\t');
    let start = line.iter().position(|byte| !blank(byte)).unwrap_or(line.len());
    let mut line = &line[start..];
    while let [rest @ .., last] = line
        && !rest.is_empty()
        && blank(last)
    {
        line = rest;
    }
    line
}

fn parse(text: &[u8]) -> Option<NodeMap> {
    let mut nodes: Vec<NodeAndFlags> = Vec::new();
    for line in text.split(|byte| *byte == b'\n').map(|line| trimmed(c_line(line))) {
        if line.is_empty() {
            continue;
        }
        let deleted = line.first() == Some(&b'#');
        let (word, flags) = if deleted { (NOWHERE, NodeFlags::DELETED) } else { (line, NodeFlags::empty()) };
        let Some(addr) = address::parse(word) else {
            err!("Invalid IP address ", word, "\n");
            return None;
        };
        let pnn = Pnn(u32::try_from(nodes.len()).ok()?);
        nodes.push(NodeAndFlags { pnn, flags, addr });
    }
    Some(NodeMap { nodes })
}

/// Reads the nodes file; says so when it cannot.
pub(crate) fn read() -> Option<NodeMap> {
    let path = paths::nodes_file();
    let nodes = std::fs::read(&path).ok().and_then(|text| parse(&text));
    if nodes.is_none() {
        err!("Failed to read nodes file \"", path.as_os_str(), "\"\n");
    }
    nodes
}

/// Whether this machine is one of the nodes file; says so when it is not.
pub(crate) fn is_this_machine_a_node() -> bool {
    let Some(map) = read() else { return false };
    let here = |addr: &SockAddr| address::is_here(addr);
    if map.nodes.iter().any(|node| !node.flags.contains(NodeFlags::DELETED) && here(&node.addr)) {
        return true;
    }
    err!("Failed to detect PNN of the current node.\n");
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_a_node_is_its_line_and_a_commented_line_is_a_deleted_node() {
        let map = parse(b" 10.0.0.1 \t\n#10.0.0.2\n\n  # x\nfe80::1\r\n\n").unwrap();
        let shown: Vec<_> =
            map.nodes.iter().map(|n| (n.pnn.0, n.flags.bits(), address::text(&n.addr))).collect();
        let expected = [
            (0, 0, "10.0.0.1".to_owned()),
            (1, 16, "0.0.0.0".to_owned()),
            (2, 16, "0.0.0.0".to_owned()),
            (3, 0, "fe80::1".to_owned()),
        ];
        assert_eq!(shown, expected);
        assert!(parse(b"10.0.0.1\nnonsense\n").is_none());
        assert!(parse(b"").unwrap().nodes.is_empty());
    }
}
