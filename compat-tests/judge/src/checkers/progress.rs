//! K0: a run in which nothing happened says nothing. Each workload has to work before the faults and after the healing, the
//! phases have to come in their order, and what could not be started or found the impossible makes the run worthless.

use std::collections::{BTreeMap, BTreeSet};

use crate::history::{History, NodeState, Phase, ProcId, Process, What, Workload};
use crate::verdict::{Kind, Report};

pub(super) fn check(history: &History, report: &mut Report) {
    let (mut phase, mut order) = (None, Vec::new());
    let mut of: BTreeMap<ProcId, Workload> = BTreeMap::new();
    let mut worked: BTreeSet<(Workload, Phase)> = BTreeSet::new();
    let mut wanted: &[String] = &[];
    for line in &history.lines {
        let mut work = |workload: Option<Workload>| {
            if let (Some(workload), Some(phase)) = (workload, phase) {
                worked.insert((workload, phase));
                report.looked += 1;
            }
        };
        match &line.what {
            What::Phase { phase: begins } => {
                phase = Some(*begins);
                order.push(*begins);
            }
            What::Return { proc, result, .. } if result.done() => work(of.get(proc).copied()),
            What::Received { proc, .. } | What::Leave { proc, .. } => work(of.get(proc).copied()),
            What::Wanted { addresses } => wanted = addresses,
            What::Held { by } if by.iter().flat_map(|(_, held)| held).any(|held| wanted.contains(held)) => {
                work(Some(Workload::W7));
            }
            What::Process { proc, workload, state, why, .. } => {
                of.insert(*proc, *workload);
                if *state == Process::Broken {
                    report.found(Kind::Broken, line.t, format!("process {} of {workload}: {why}", proc.0));
                }
            }
            What::Node { node, state: NodeState::Failed } => {
                report.found(Kind::Broken, line.t, format!("node {node} ended or could not be started"));
            }
            _ => {}
        }
    }
    if !order.is_sorted() || order.last() != Some(&Phase::Audit) || !order.contains(&Phase::Healed) {
        report.found(Kind::Broken, history.end(), format!("the run did not come to its end: {order:?}"));
    }
    for workload in &history.header.workloads {
        for phase in [Phase::WarmUp, Phase::Quiet] {
            if !worked.contains(&(*workload, phase)) {
                report.found(
                    Kind::Idle,
                    history.end(),
                    format!("{workload} did no work in the phase {phase:?}"),
                );
            }
        }
    }
}
