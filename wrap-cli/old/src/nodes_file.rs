//! The list of the nodes: an address a line, a commented line for a node that was deleted.
//!
//! The number of a node is its line, so nothing may be left out but empty lines. The lines are those of the nodes file,
//! or, for later releases, what `nodes list` of `ctdb.conf` names: another file, or a program that prints them. Sources:
//! `ctdb_read_nodes_file`, `ctdb_read_nodes`, `file_lines_load`, `file_lines_ploadv`, `sys_popenv`, `next_token_talloc`,
//! `find_node_xpnn`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;
use std::process::Stdio;

use config::{Document, Kind};
use legacy_codec::{NodeAndFlags, NodeFlags, NodeMap, Pnn, SockAddr};
use nix::errno::Errno;
use tokio::process::Command;

use crate::address;
use crate::output::err;
use crate::paths;
use crate::release::Newer;

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
            let what = if Newer::NodeAddress.is_spoken() { "node" } else { "IP" };
            err!("Invalid ", what, " address ", word, "\n");
            return None;
        };
        let pnn = Pnn(u32::try_from(nodes.len()).ok()?);
        nodes.push(NodeAndFlags { pnn, flags, addr });
    }
    Some(NodeMap { nodes })
}

/// What `ctdb.conf` says of where the nodes are. Of a file that C cannot read to its end nothing holds.
fn listed(conf: &str) -> Option<String> {
    let conf = Document::parse(conf);
    let broken = conf.entries().iter().any(|entry| matches!(entry.kind, Kind::Broken(_)));
    conf.get("cluster", "nodes list").filter(|list| !broken && !list.is_empty()).map(str::to_owned)
}

/// Where the nodes are listed, as it is shown.
fn source() -> OsString {
    let conf = || std::fs::read(paths::conf_file()).ok().and_then(|conf| String::from_utf8(conf).ok());
    let named = if Newer::NodesList.is_spoken() { conf().as_deref().and_then(listed) } else { None };
    named.map_or_else(|| paths::nodes_file().into(), OsString::from)
}

/// A program and its arguments, with blanks between them; what stands between two double quotes has none that count.
fn words(line: &[u8]) -> Vec<OsString> {
    let mut all: Vec<Vec<u8>> = Vec::new();
    let (mut quoted, mut inside) = (false, false);
    for byte in line {
        if matches!(byte, b' ' | b'\t') && !quoted {
            inside = false;
            continue;
        }
        if !inside {
            all.push(Vec::new());
            inside = true;
        }
        match (byte, all.last_mut()) {
            (b'"', _) => quoted = !quoted,
            (_, Some(word)) => word.push(*byte),
            (_, None) => {}
        }
    }
    all.iter().map(|word| OsStr::from_bytes(word).to_owned()).collect()
}

/// What a program prints, however it ends; `None` for nothing at all.
async fn printed(line: &[u8]) -> Option<Vec<u8>> {
    let words = words(line);
    let (name, args) = words.split_first().filter(|(name, _)| !name.is_empty())?;
    // Without a slash C's execv looks in the current directory, and not along PATH.
    let path = if name.as_bytes().contains(&b'/') {
        name.clone()
    } else {
        OsString::from_iter([OsStr::new("./"), name])
    };
    let mut command = Command::new(path);
    command.arg0(name).args(args).stdout(Stdio::piped());
    let ended = match command.spawn() {
        Ok(child) => child.wait_with_output().await,
        Err(error) => {
            let why = Errno::from_raw(error.raw_os_error().unwrap_or_default()).desc();
            err!("sys_popenv: ERROR executing command '", name, "': ", why, "\n");
            return None;
        }
    };
    ended.ok().map(|ended| ended.stdout).filter(|text| !text.is_empty())
}

/// Reads the list of the nodes; says so when it cannot.
pub(crate) async fn read() -> Option<NodeMap> {
    let source = source();
    let text = match source.as_bytes().strip_prefix(b"!") {
        Some(program) if Newer::NodesList.is_spoken() => printed(program).await,
        _ => std::fs::read(&source).ok(),
    };
    let nodes = text.and_then(|text| parse(&text));
    if nodes.is_none() {
        let from = if Newer::NodesList.is_spoken() { "from" } else { "file" };
        err!("Failed to read nodes ", from, " \"", source, "\"\n");
    }
    nodes
}

/// Whether this machine is one of the nodes file; says so when it is not.
pub(crate) async fn is_this_machine_a_node() -> bool {
    let Some(map) = read().await else { return false };
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

    #[test]
    fn a_list_of_nodes_is_named_in_the_section_of_the_cluster() {
        assert_eq!(listed("[cluster]\n\tnodes list = !/x  -a\n").as_deref(), Some("!/x -a"));
        for conf in ["", "nodes list = /x\n", "[event]\nnodes list = /x\n", "[cluster]\nnodes list =\n"] {
            assert_eq!(listed(conf), None, "{conf}");
        }
        // C quirk: it takes nothing of such a file, and says nothing.
        assert_eq!(listed("[cluster]\nnodes list = /x\n[event\n"), None);
    }

    #[test]
    fn a_program_has_its_arguments_between_blanks_and_quotes_keep_blanks() {
        let shown = |line: &str| words(line.as_bytes()).join(OsStr::new("|")).into_string().unwrap();
        for (line, want) in [
            ("/bin/printf %s\\n a", "/bin/printf|%s\\n|a"),
            (" \t/x \t y ", "/x|y"),
            ("/x \"a b\"c d", "/x|a bc|d"),
            ("/x \"\" y", "/x||y"),
            ("/x \"a b", "/x|a b"),
            ("", ""),
            (" ", ""),
        ] {
            assert_eq!(shown(line), want, "{line}");
        }
    }

    #[tokio::test]
    async fn what_a_program_prints_counts_however_it_ends() {
        let printed_by =
            async |line: &str| printed(line.as_bytes()).await.map(|text| String::from_utf8(text).unwrap());
        assert_eq!(printed_by("/bin/sh -c \"echo 1; exit 2\"").await.as_deref(), Some("1\n"));
        for none in ["/bin/true", "/nowhere/x", "sh", "", "\"\""] {
            assert_eq!(printed_by(none).await, None, "{none}");
        }
    }
}
