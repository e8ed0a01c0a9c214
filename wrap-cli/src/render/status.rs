//! `status` as a table.

use crate::commands::Shown;
use crate::commands::status::Status;
use crate::exit::Exit;
use crate::render::table::{facts, here, table};

impl Shown for Status {
    fn table(&self) -> String {
        let nodes = &self.node_status;
        let count = match nodes.deleted_node_count {
            0 => nodes.node_count.to_string(),
            deleted => format!("{} ({deleted} of them deleted)", nodes.node_count),
        };
        let rows = nodes
            .nodes
            .values()
            .map(|node| vec![node.pnn.to_string(), node.address.clone(), node.state(), here(node.this_node)]);
        let lines = table(&[("PNN", true), ("ADDRESS", false), ("STATE", false), ("", false)], rows);
        let lmasters: Vec<_> = self.vnn_status.vnn_map.iter().map(|slot| slot.lmaster.to_string()).collect();
        let map = match lmasters.len() {
            0 => "empty".into(),
            1 => format!("1 slot, on node {}", lmasters.join(" ")),
            slots => format!("{slots} slots, on nodes {}", lmasters.join(" ")),
        };
        let rest = facts(&[
            ("Nodes", count),
            ("Generation", self.vnn_status.generation.map_or_else(|| "INVALID".into(), |g| g.to_string())),
            ("Record map", map),
            ("Recovery mode", self.recovery_mode.clone()),
            ("Leader", self.leader().map_or_else(|| "UNKNOWN".into(), |leader| leader.to_string())),
        ]);
        format!("{lines}{}\n{rest}", self.failed.lines())
    }

    /// This node answered.
    fn exit(&self) -> Exit {
        self.failed.exit(true)
    }
}
