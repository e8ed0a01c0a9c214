//! The text of `ctdb status`, read into a struct. Shapes as printed by `control_status` and `print_nodemap` of the C
//! tool, version 4.17.

use std::fmt;

use crate::error::{Error, Result};

/// One node's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NodeLine {
    /// Its number.
    pub pnn: u32,
    /// Its address as printed.
    pub address: String,
    /// `OK`, or flag names: `DISCONNECTED`, `UNHEALTHY`, `STOPPED`, `INACTIVE` and so on.
    pub flags: Vec<String>,
    /// Whether the tool asked this node.
    pub this_node: bool,
}

impl NodeLine {
    /// Whether the line says `OK`.
    #[must_use]
    pub fn is_ok(&self) -> bool {
        self.flags.iter().all(|flag| flag == "OK")
    }

    /// Whether `flag` is among the words of the line.
    #[must_use]
    pub fn has(&self, flag: &str) -> bool {
        self.flags.iter().any(|word| word == flag)
    }
}

/// What one node says about the cluster.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Status {
    /// All nodes that are not deleted.
    pub nodes: Vec<NodeLine>,
    /// The generation; absent while `INVALID`.
    pub generation: Option<u32>,
    /// The nodes that are location masters, in the order of their hash.
    pub lmasters: Vec<u32>,
    /// Whether the recovery mode is `NORMAL`.
    pub recovered: bool,
    /// The leader; absent while `UNKNOWN`.
    pub leader: Option<u32>,
}

impl Status {
    /// The line of node `pnn`.
    #[must_use]
    pub fn node(&self, pnn: u32) -> Option<&NodeLine> {
        self.nodes.iter().find(|node| node.pnn == pnn)
    }

    /// Reads the output of `ctdb status`.
    ///
    /// # Errors
    /// [`Error::Output`] with the line that does not fit.
    pub fn parse(text: &str) -> Result<Self> {
        let mut status = Self::default();
        for line in text.lines() {
            status
                .take(line)
                .ok_or_else(|| Error::Output { command: "ctdb status".into(), line: line.to_owned() })?;
        }
        Ok(status)
    }

    fn take(&mut self, line: &str) -> Option<()> {
        if let Some(rest) = line.strip_prefix("pnn:") {
            let this_node = rest.ends_with("(THIS NODE)");
            let mut words = rest.split_ascii_whitespace();
            self.nodes.push(NodeLine {
                pnn: words.next()?.parse().ok()?,
                address: words.next()?.to_owned(),
                flags: words.next()?.split('|').map(str::to_owned).collect(),
                this_node,
            });
        } else if let Some(rest) = line.strip_prefix("Generation:") {
            self.generation = if rest == "INVALID" { None } else { Some(rest.parse().ok()?) };
        } else if let Some(rest) = line.strip_prefix("hash:") {
            self.lmasters.push(rest.split_once("lmaster:")?.1.parse().ok()?);
        } else if let Some(rest) = line.strip_prefix("Recovery mode:") {
            self.recovered = rest.starts_with("NORMAL");
        } else if let Some(rest) = line.strip_prefix("Leader:") {
            self.leader = if rest == "UNKNOWN" { None } else { Some(rest.parse().ok()?) };
        }
        Some(())
    }
}

impl fmt::Display for Status {
    /// One line: `0:OK 1:DISCONNECTED|INACTIVE recovered generation 123 leader 0`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for node in &self.nodes {
            write!(f, "{}:{} ", node.pnn, node.flags.join("|"))?;
        }
        f.write_str(if self.recovered { "recovered" } else { "in recovery" })?;
        match self.generation {
            Some(generation) => write!(f, " generation {generation}")?,
            None => f.write_str(" no generation")?,
        }
        match self.leader {
            Some(leader) => write!(f, " leader {leader}"),
            None => f.write_str(" no leader"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "Number of nodes:3\n\
        pnn:0 127.0.77.1       OK (THIS NODE)\n\
        pnn:1 127.0.77.2       DISCONNECTED|UNHEALTHY|INACTIVE\n\
        pnn:2 127.0.77.3       STOPPED|INACTIVE\n\
        Generation:1155186549\nSize:1\nhash:0 lmaster:0\nRecovery mode:NORMAL (0)\nLeader:0\n";

    #[test]
    fn the_status_of_a_cluster_with_a_dead_and_a_stopped_node_is_read() {
        let status = Status::parse(TEXT).unwrap();
        assert!(status.node(0).unwrap().is_ok() && status.node(0).unwrap().this_node);
        assert!(status.node(1).unwrap().has("DISCONNECTED") && !status.node(1).unwrap().is_ok());
        assert_eq!(status.node(2).unwrap().flags, ["STOPPED", "INACTIVE"]);
        assert_eq!((status.generation, status.leader), (Some(1_155_186_549), Some(0)));
        assert_eq!((status.lmasters.as_slice(), status.recovered), ([0].as_slice(), true));
        assert_eq!(
            status.to_string(),
            "0:OK 1:DISCONNECTED|UNHEALTHY|INACTIVE 2:STOPPED|INACTIVE recovered generation 1155186549 leader 0"
        );
    }

    #[test]
    fn a_cluster_that_has_not_recovered_yet_has_no_generation_and_no_leader() {
        let status =
            Status::parse("Generation:INVALID\nRecovery mode:RECOVERY (1)\nLeader:UNKNOWN\n").unwrap();
        assert_eq!((status.generation, status.leader, status.recovered), (None, None, false));
    }

    #[test]
    fn a_line_that_does_not_fit_is_named() {
        let text = Status::parse("pnn:x 127.0.0.1 OK\n").unwrap_err().to_string();
        assert!(text.contains("pnn:x"), "{text}");
    }
}
