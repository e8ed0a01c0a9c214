//! K9: after the healing all nodes are normal within the bound, and agree about the cluster as long as it is quiet (P8).

use std::collections::BTreeMap;

use crate::history::{History, Nanos, Phase, View, What};
use crate::verdict::{Kind, Report};

/// All nodes were asked, none is in recovery or flagged, and all say the same.
fn agree(nodes: u32, views: &BTreeMap<u32, (Nanos, &View)>) -> Result<(), String> {
    let mut all = (0..nodes).map(|node| views.get(&node).map(|(_, view)| (node, *view)).ok_or(node));
    let Some(first) = all.next() else { return Err("there are no nodes".to_owned()) };
    let (_, reference) = first.map_err(|node| format!("node {node} does not answer"))?;
    normal(0, reference)?;
    for other in all {
        let (node, view) = other.map_err(|node| format!("node {node} does not answer"))?;
        normal(node, view)?;
        let parts = [
            ("generation", view.generation == reference.generation),
            ("leader", view.leader == reference.leader),
            ("list of lmasters", view.vnnmap == reference.vnnmap),
            ("flags", view.flags == reference.flags),
            ("databases", view.databases == reference.databases),
        ];
        if let Some((what, _)) = parts.iter().find(|(_, same)| !same) {
            return Err(format!("nodes 0 and {node} disagree about the {what}: {reference:?}, {view:?}"));
        }
    }
    Ok(())
}

fn normal(node: u32, view: &View) -> Result<(), String> {
    if view.recovering || view.generation.is_none() {
        Err(format!("node {node} is in recovery"))
    } else if view.leader.is_none() {
        Err(format!("node {node} knows no leader"))
    } else if let Some(at) = view.flags.iter().position(|flags| *flags != 0) {
        Err(format!("node {node} sees node {at} flagged"))
    } else {
        Ok(())
    }
}

pub(super) fn check(history: &History, report: &mut Report) {
    let bounds = history.header.bounds;
    let Some(healed) = history.began(Phase::Healed) else { return };
    let limit = healed.saturating_add(bounds.normal_ms * 1_000_000);
    let quiet = history.began(Phase::Quiet);
    let mut views: BTreeMap<u32, (Nanos, &View)> = BTreeMap::new();
    let (mut since, mut phase, mut last, mut shaken) = (None, None, Err("nobody was asked".to_owned()), None);
    for line in &history.lines {
        match &line.what {
            What::Phase { phase: begins } => phase = Some(*begins),
            What::Node { node, .. } => {
                views.remove(node);
            }
            What::View { node, view } if line.t >= healed => {
                report.looked += 1;
                views.insert(*node, (line.t, view));
                last = agree(history.header.nodes(), &views);
                match (&last, since) {
                    (Ok(()), None) => since = Some(line.t),
                    (Err(why), Some(_)) if phase == Some(Phase::Quiet) && shaken.is_none() => {
                        shaken = Some((line.t, why.clone()));
                    }
                    (Err(_), Some(_)) if phase != Some(Phase::Quiet) => since = None,
                    _ => {}
                }
            }
            _ => {}
        }
    }
    match (since, last) {
        (None, last) => {
            let why = last.err().unwrap_or_default();
            report.found(Kind::NotNormal, history.end(), format!("the cluster never became normal: {why}"));
        }
        (Some(at), _) if at > limit => {
            let millis = at.saturating_sub(healed) / 1_000_000;
            let text = format!("normal {millis} ms after the healing, the bound is {} ms", bounds.normal_ms);
            report.found(Kind::NotNormal, at, text);
        }
        (Some(_), Err(why)) => report.found(Kind::Disagreement, history.end(), why),
        _ => {}
    }
    if quiet.is_some()
        && let Some((at, why)) = shaken
    {
        report.found(Kind::Disagreement, at, format!("when all was quiet: {why}"));
    }
}
