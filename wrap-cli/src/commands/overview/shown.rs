//! The overview for people: what is wrong first, then part by part.

use super::{Node, Overview};
use crate::commands::Shown;
use crate::commands::event::status::Script;
use crate::error::one_line;
use crate::exit::Exit;
use crate::model::Moment;
use crate::render::table::{Column, here, or_dash, span, table};

/// The line that says most: the last that was printed.
fn said(script: &Script) -> String {
    let printed = script.output.lines().rfind(|line| !line.trim().is_empty());
    script.reason.as_deref().or(printed).unwrap_or("-").to_owned()
}

fn nodes(nodes: &[Node]) -> String {
    let columns: [Column; 6] = [
        ("PNN", true),
        ("ADDRESS", false),
        ("STATE", false),
        ("UP SINCE", false),
        ("LAST RECOVERY", false),
        ("", false),
    ];
    let rows = nodes.iter().map(|node| {
        let times = node.times.as_ref();
        let took = times.and_then(|times| times.last_recovery_ms).map(|ms| format!(", took {}", span(ms)));
        let recovery = times.map(|times| times.last_recovery.local() + &took.unwrap_or_default());
        vec![
            node.pnn.to_string(),
            node.address.clone(),
            node.state.clone(),
            or_dash(times.map(|times| times.up_since.local())),
            or_dash(recovery),
            here(node.this_node),
        ]
    });
    table(&columns, rows)
}

/// A part with its head, unless it is empty.
fn part(head: &str, columns: &[Column], rows: Vec<Vec<String>>) -> String {
    if rows.is_empty() { String::new() } else { format!("\n{head}\n{}", table(columns, rows)) }
}

impl Overview {
    fn scripts(&self) -> Vec<Vec<String>> {
        let failed = |node: &Node| {
            let all = node.scripts.failed.iter().flatten();
            let row = |one: &super::node::FailedScript| {
                vec![
                    node.pnn.to_string(),
                    one.script.name.clone(),
                    one.event.clone(),
                    one.script.result.to_uppercase().replace('_', " "),
                    or_dash(one.since.map(Moment::local)),
                    said(&one.script),
                ]
            };
            all.map(row).collect::<Vec<_>>()
        };
        self.nodes.iter().flat_map(failed).collect()
    }

    fn services(&self) -> Vec<Vec<String>> {
        let of = |node: &Node| {
            let row = |entry: &crate::commands::service::list::Entry| {
                vec![
                    node.pnn.to_string(),
                    entry.name.clone(),
                    entry.state.to_uppercase(),
                    entry.since.local(),
                    entry.reason.clone(),
                ]
            };
            node.services.services.iter().flatten().map(row).collect::<Vec<_>>()
        };
        self.nodes.iter().flat_map(of).collect()
    }

    /// What could not be learned, and from whom.
    fn unknown(&self) -> String {
        let mut text = String::new();
        for node in &self.nodes {
            for (what, error) in [("services", &node.services.error), ("scripts", &node.scripts.error)] {
                if let Some(error) = error {
                    text += &format!("node {}: its {what} are not known: {}\n", node.pnn, one_line(error));
                }
            }
        }
        text + &self.failed.lines()
    }
}

impl Shown for Overview {
    fn table(&self) -> String {
        let leader =
            self.leader.map_or_else(|| "nobody leads".into(), |leader| format!("node {leader} leads"));
        let recovery = if self.recovering { "a recovery is going on" } else { "no recovery is going on" };
        let mut text = format!("{}: {leader}, {recovery}\n", self.at.local());
        text += if self.healthy { "OK\n" } else { "NOT OK\n" };
        for problem in &self.problems {
            text += &format!("  {}\n", one_line(problem));
        }
        text += "\n";
        text += &nodes(&self.nodes);
        let numbers = |nodes: &[u32]| nodes.iter().map(u32::to_string).collect::<Vec<_>>().join(",");
        let addresses = self.addresses.iter().map(|it| {
            let on = if it.nodes.is_empty() { "nowhere".into() } else { numbers(&it.nodes) };
            vec![it.address.clone(), on]
        });
        text += &part("Public addresses", &[("ADDRESS", false), ("NODE", true)], addresses.collect());
        let columns = ["SERVICE", "STATE", "SINCE", "REASON"].map(|title| (title, false));
        text += &part("Services", &[&[("PNN", true)], &columns[..]].concat(), self.services());
        let columns = ["SCRIPT", "EVENT", "RESULT", "SINCE", "OUTPUT"].map(|title| (title, false));
        text += &part("Failed scripts", &[&[("PNN", true)], &columns[..]].concat(), self.scripts());
        let unknown = self.unknown();
        if !unknown.is_empty() {
            text += &format!("\nNot known\n{unknown}");
        }
        text
    }

    /// As `cluster health`.
    fn exit(&self) -> Exit {
        if self.healthy { Exit::Done } else { Exit::No }
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::super::node::tests::at;
    use super::super::node::{FailedScript, Scripts, Services, Times};
    use super::super::{Address, Node, Overview};
    use super::*;
    use crate::commands::absent::Absent;
    use crate::commands::service::list::Entry;
    use crate::error::Failure;
    use crate::model::ScriptRun;

    fn node(pnn: u32, state: &str) -> Node {
        Node {
            pnn,
            address: format!("10.0.0.{}", pnn + 1),
            state: state.into(),
            this_node: pnn == 0,
            times: (pnn != 2).then(|| Times {
                up_since: at(0),
                last_recovery: at(60),
                last_recovery_ms: Some(1200),
            }),
            services: Services::default(),
            scripts: Scripts { failed: Some(Vec::new()), error: None },
        }
    }

    #[test]
    fn the_way_from_unhealthy_to_why_is_one_command() {
        let mut ill = node(1, "UNHEALTHY");
        let run = ScriptRun {
            name: "50.samba".into(),
            began: at(100),
            ended: at(101),
            result: 1,
            output: "looking\nERROR: samba tcp port 445 is not responding\n".into(),
        };
        let failed = FailedScript { event: "monitor".into(), since: Some(at(90)), script: run.into() };
        ill.scripts.failed = Some(vec![failed]);
        ill.services.services = Some(vec![Entry {
            name: "web".into(),
            kind: "script".into(),
            state: "failed".into(),
            since: at(80),
            enabled: true,
            counts_for_health: true,
            reason: "check: exit status 1".into(),
        }]);
        let mut hung = node(2, "NO ANSWER");
        hung.scripts = Scripts { failed: None, error: None };
        hung.services.error = Some("no ctdb-serviced answers on the bus of that node".into());
        let silent = [(2, Err::<(), _>(Failure::NoAnswer(std::time::Duration::from_secs(2))))];
        let overview = Overview {
            at: at(120),
            healthy: false,
            problems: vec!["node 1 is UNHEALTHY".into(), "node 2 did not answer".into()],
            leader: Some(0),
            recovering: false,
            nodes: vec![node(0, "OK"), ill, hung],
            addresses: vec![
                Address { address: "10.0.1.1".into(), nodes: vec![0] },
                Address { address: "10.0.1.2".into(), nodes: vec![] },
            ],
            failed: Absent::sift(silent).1,
        };
        let named = |text: String, second| text.replace(&at(second).local(), &format!("(time {second})"));
        let table = [0, 60, 80, 90, 100, 120].into_iter().fold(overview.table(), named);
        assert_snapshot!("overview_table", table);
        assert_snapshot!("overview_json", crate::render::json::text(&overview));
        assert_eq!(Shown::exit(&overview), Exit::No);
    }
}
