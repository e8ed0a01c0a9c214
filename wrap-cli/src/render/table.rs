//! Tables for people: aligned columns, no frames, the same on a terminal and in a pipe.
//!
//! Not meant to be parsed; scripts take JSON. States are written as `ctdb status` writes them.

use std::fmt::Write;

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};

use crate::commands::{Answer, cluster, node, status, tunnel};
use crate::error::one_line;
use crate::render::capture;

/// The answer of a command.
pub(crate) fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Status(status) => cluster_status(status),
        Answer::ClusterList(list) => cluster_list(list),
        Answer::NodePing(pings) => node_pings(pings),
        Answer::TunnelStatus(status) => tunnel_status(status),
        Answer::TunnelPing(pings) => tunnel_pings(pings),
        Answer::CaptureCheck(checked) => capture::checked(checked),
        Answer::CaptureStats(stats) => capture::stats(stats),
        Answer::CaptureDiff(diff) => capture::diff(diff),
        Answer::CaptureRecord(recorded) => capture::recorded(recorded),
        Answer::CaptureReplay(replayed) => capture::replayed(replayed),
        // Written packet by packet, by itself.
        Answer::CaptureShow(_) => String::new(),
    }
}

/// A column: its title, and whether it holds numbers.
pub(crate) type Column = (&'static str, bool);

pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    table.set_header(columns.iter().map(|(title, _)| *title));
    table.add_rows(rows.into_iter().map(|row| row.iter().map(|cell| one_line(cell)).collect::<Vec<_>>()));
    for (column, (_, number)) in table.column_iter_mut().zip(columns) {
        column.set_padding((0, 2));
        column.set_cell_alignment(if *number { CellAlignment::Right } else { CellAlignment::Left });
    }
    table.lines().fold(String::new(), |text, line| text + line.trim_end() + "\n")
}

/// Lines of a name and a value, aligned.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:width$}  {}", one_line(value));
        text
    })
}

fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}

fn here(this_node: bool) -> String {
    if this_node { "(this node)".into() } else { String::new() }
}

/// Microseconds as milliseconds.
fn milliseconds(us: u64) -> String {
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

/// Milliseconds as a time of the size that people think in.
fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

fn cluster_status(status: &status::Status) -> String {
    let nodes = &status.node_status;
    let count = match nodes.deleted_node_count {
        0 => nodes.node_count.to_string(),
        deleted => format!("{} ({deleted} of them deleted)", nodes.node_count),
    };
    let rows = nodes
        .nodes
        .values()
        .map(|node| vec![node.pnn.to_string(), node.address.clone(), node.state(), here(node.this_node)]);
    let lines = table(&[("PNN", true), ("ADDRESS", false), ("STATE", false), ("", false)], rows);
    let lmasters: Vec<_> = status.vnn_status.vnn_map.iter().map(|slot| slot.lmaster.to_string()).collect();
    let map = match lmasters.len() {
        0 => "empty".into(),
        1 => format!("1 slot, on node {}", lmasters.join(" ")),
        slots => format!("{slots} slots, on nodes {}", lmasters.join(" ")),
    };
    let rest = facts(&[
        ("Nodes", count),
        ("Generation", status.vnn_status.generation.map_or_else(|| "INVALID".into(), |g| g.to_string())),
        ("Record map", map),
        ("Recovery mode", status.recovery_mode.into()),
        ("Leader", status.leader().map_or_else(|| "UNKNOWN".into(), |leader| leader.to_string())),
    ]);
    format!("{lines}\n{rest}")
}

fn cluster_list(list: &cluster::List) -> String {
    let rows = list.nodes.iter().map(|node| {
        vec![node.pnn.to_string(), node.address.clone(), node.state.clone(), here(node.this_node)]
    });
    table(&[("PNN", true), ("ADDRESS", false), ("STATE", false), ("", false)], rows)
}

fn node_pings(pings: &node::Pings) -> String {
    let rows = pings.pings.iter().map(|ping| {
        let result = ping.error.as_ref().map_or_else(|| "alive".into(), |reason| reason.message.clone());
        vec![
            ping.pnn.to_string(),
            ping.address.clone(),
            or_dash(ping.time_us.map(milliseconds)),
            or_dash(ping.clients),
            result,
        ]
    });
    let columns = [("PNN", true), ("ADDRESS", false), ("TIME", true), ("CLIENTS", true), ("RESULT", false)];
    table(&columns, rows)
}

fn tunnel_status(status: &tunnel::Status) -> String {
    let link = &status.ctdbd;
    let times = if link.attached == 1 { "once".into() } else { format!("{} times", link.attached) };
    let since = format!("{} for {}, attached {times}", link.state, span(link.since_ms));
    let counters = &status.counters;
    let mut head = vec![
        ("Node", or_dash(status.node)),
        ("ctdb-tunneld", format!("{}, boot {}, up {}", status.version, status.boot, span(status.uptime_ms))),
        ("ctdbd", since),
        ("Socket", link.socket.clone()),
    ];
    if let Some(error) = &link.last_error {
        head.push(("Last lost", error.clone()));
    }
    head.push((
        "Envelopes",
        format!(
            "{} out, {} in, {} bad",
            counters.envelopes_out, counters.envelopes_in, counters.envelopes_bad
        ),
    ));
    head.push(("Messages", format!("{} delivered, {} failed", counters.delivered, counters.failed)));
    head.push((
        "Dropped",
        format!("{} datagrams, {} answers", counters.datagrams_bad, counters.answers_dropped),
    ));
    let peers = status.peers.iter().map(|peer| {
        vec![
            peer.node.to_string(),
            peer.address.clone(),
            peer.state.clone(),
            or_dash(peer.rtt_us.map(milliseconds)),
            peer.heard_ms.map_or_else(|| "-".into(), |ms| format!("{} ago", span(ms))),
            format!("{}/{}", peer.channels_out, peer.channels_in),
            peer.queued_bytes.to_string(),
            peer.sent.to_string(),
            peer.resent.to_string(),
            peer.received.to_string(),
            peer.failed.to_string(),
        ]
    });
    let columns = [
        ("PEER", true),
        ("ADDRESS", false),
        ("STATE", false),
        ("RTT", true),
        ("HEARD", true),
        ("OUT/IN", true),
        ("QUEUED", true),
        ("SENT", true),
        ("RESENT", true),
        ("RECEIVED", true),
        ("FAILED", true),
    ];
    let peers = table(&columns, peers);
    let daemons = status.daemons.iter().map(|daemon| {
        vec![
            format!("{}/{}", daemon.name, daemon.instance),
            daemon.queued.to_string(),
            daemon.queued_bytes.to_string(),
            daemon.delivered.to_string(),
        ]
    });
    let columns = [("DAEMON", false), ("QUEUED", true), ("BYTES", true), ("DELIVERED", true)];
    format!("{}\n{peers}\n{}", facts(&head), table(&columns, daemons))
}

fn tunnel_pings(pings: &tunnel::Pings) -> String {
    let mut lines = vec![
        ("Node", pings.node.to_string()),
        ("Packets", format!("{} of {} bytes sent, {} answered", pings.sent, pings.size, pings.answered)),
    ];
    if let Some(t) = &pings.time_us {
        let [min, median, p99, max] = [t.min, t.median, t.p99, t.max].map(milliseconds);
        lines.push(("Round trip", format!("min {min}, median {median}, p99 {p99}, max {max}")));
    }
    if let Some(first) = pings.failures.first() {
        lines.push(("First failure", format!("packet {}: {}", first.packet, first.message)));
    }
    facts(&lines)
}
