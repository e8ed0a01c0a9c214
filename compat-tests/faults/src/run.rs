//! One run by its phases: warm up, faults, everything healed, normal within the bound, quiet, audits. Its outcome is a
//! history, whatever happened to the cluster.

use std::fs::{self, File};
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use compat_tests::client::{AUDITS_RUNNING, AUDITS_STOPPED, Journal};
use compat_tests::{Cluster, wait_until};
use judge::history::{Header, NodeState, Phase, Step, What, Workload, merge};
use judge::plan::{Plan, Planned};

use crate::faults::{self, Heal};
use crate::stage::{self, Stage, gone_is_fine};
use crate::{bounds, clock};

/// How long clients may take until each has done something.
const WARM: Duration = Duration::from_secs(60);
/// Calls of each client in the warm-up.
const CALLS: usize = 20;
/// How long nothing disturbs the cluster at the end.
const QUIET: Duration = Duration::from_secs(10);

/// Workloads whose records are read at the end.
const RECORDS: [Workload; 5] = [Workload::W1, Workload::W2, Workload::W3, Workload::W4, Workload::W5];

/// A fault that has begun and not ended.
struct Open {
    id: u32,
    planned: Planned,
    victims: Vec<usize>,
    tail: Vec<usize>,
    heal: Heal,
}

/// Refuses plans that cannot be carried out.
///
/// # Errors
/// With the reason.
pub fn check(plan: &Plan) -> Result<()> {
    let mut ends = 0;
    for planned in &plan.faults {
        faults::begin(planned.fault)?;
        anyhow::ensure!(planned.at_ms >= ends, "{} begins before the fault before it ends", planned.fault);
        ends = planned.at_ms + planned.for_ms;
        if let judge::plan::Victim::Node(pnn) = planned.victim {
            anyhow::ensure!(pnn < plan.nodes(), "{} hits node {pnn}, which is not there", planned.fault);
        }
    }
    Ok(())
}

/// Carries a plan out and writes its history. With `harm` a record is overwritten behind the cluster's back.
///
/// # Errors
/// When the plan cannot be carried out to its end; then there is no history.
pub fn make(plan: &Plan, history: &Path, harm: bool) -> Result<()> {
    check(plan)?;
    let cluster = stage::cluster(plan)?;
    let made = on(&cluster, plan, history, harm).and_then(|()| keep_logs(&cluster, &logs(history)));
    if made.is_err() {
        cluster.mark_failed();
    }
    made
}

/// Where the logs of a run are kept: for people who look for a cause. No verdict comes from them.
#[must_use]
pub fn logs(history: &Path) -> PathBuf {
    history.with_extension("logs")
}

fn keep_logs(cluster: &Cluster, dir: &Path) -> Result<()> {
    let at = || dir.display().to_string();
    fs::create_dir_all(dir).with_context(at)?;
    for node in cluster.nodes() {
        fs::write(dir.join(format!("node.{}.log", node.pnn())), node.log()).with_context(at)?;
    }
    Ok(())
}

fn on(cluster: &Cluster, plan: &Plan, history: &Path, harm: bool) -> Result<()> {
    let journal = Journal::default();
    let stage = Stage::set(cluster, &journal, plan)?;
    let sampler = stage.clients.sample()?;
    stage.say(What::Links { cut: Vec::new() })?;
    stage.say(What::Wanted { addresses: stage::addresses(plan) })?;
    stage.phase(Phase::WarmUp)?;
    warm_up(&stage)?;
    stage.phase(Phase::Faults)?;
    let begun = Instant::now();
    for (id, planned) in (1..).zip(&plan.faults) {
        clock::until(begun + Duration::from_millis(planned.at_ms), || stage.tend())?;
        let open = begin(&stage, id, planned)?;
        clock::until(begun + Duration::from_millis(planned.at_ms + planned.for_ms), || stage.tend())?;
        end(&stage, open)?;
    }
    if harm {
        faults::overwrite(&stage)?;
    }
    for pnn in 0..stage.nodes() {
        stage.back(pnn)?;
    }
    stage.phase(Phase::Healed)?;
    let limit = Duration::from_millis(bounds::of(plan.profile).normal_ms);
    // Whether that was in time is for the judge to say.
    let _ = wait_until(limit, "the cluster is normal", || {
        stage.tend().map_err(|error| error.to_string())?;
        cluster.look_healthy(&(0..plan.nodes()).collect::<Vec<_>>())
    });
    stage.phase(Phase::Quiet)?;
    clock::until(Instant::now() + QUIET, || stage.tend())?;
    stage.clients.stop()?;
    sampler.stop()?;
    stage.phase(Phase::Audit)?;
    // A node that does not answer any more was told of by the samples.
    let well = cluster.nodes().iter().all(compat_tests::Node::is_running);
    if well {
        let with_records = plan.workloads.iter().filter(|workload| RECORDS.contains(workload));
        // A node that lets nobody read is not well. What is missing is for the judge to say.
        if let Err(error) = stage.clients.dump(&with_records.copied().collect::<Vec<_>>()) {
            eprintln!("{error}");
        }
        stage.clients.audit(false)?;
    }
    for (pnn, node) in cluster.nodes().iter().enumerate() {
        stage.may_end(pnn);
        gone_is_fine(node.shutdown())?;
        stage.node_is(pnn, NodeState::Stopped)?;
    }
    stage.clients.audit(true)?;
    let sources = [vec![journal.source()?], stage.clients.sources()?].concat();
    let merged = merge(header(plan), &sources)?;
    let at = || history.display().to_string();
    let file = BufWriter::new(File::create(history).with_context(at)?);
    merged.write(file).with_context(at)
}

fn header(plan: &Plan) -> Header {
    Header {
        history: Header::VERSION,
        seed: plan.seed,
        mix: plan.mix.clone(),
        profile: plan.profile.word().to_owned(),
        workloads: plan.workloads.clone(),
        bounds: bounds::of(plan.profile),
        audits: ["dumps"]
            .into_iter()
            .chain(AUDITS_RUNNING)
            .chain(AUDITS_STOPPED)
            .map(str::to_owned)
            .collect(),
    }
}

/// Until every client has worked. Whether that was enough is for the judge to say.
fn warm_up(stage: &Stage<'_>) -> Result<()> {
    let least = Instant::now() + Duration::from_secs(3);
    let _ = wait_until(WARM, "every client works", || {
        stage.tend().map_err(|error| error.to_string())?;
        let done = stage.clients.done().map_err(|error| error.to_string())?;
        match done.iter().find(|(.., calls)| *calls < CALLS) {
            Some((workload, node, calls)) => Err(format!("{workload} on node {node} has {calls} calls")),
            None => Ok(()),
        }
    });
    clock::until(least, || stage.tend())
}

fn begin(stage: &Stage<'_>, id: u32, planned: &Planned) -> Result<Open> {
    let (fault, victims) = (planned.fault, stage.victims(planned.victim));
    // An administrator would have started it long ago.
    for pnn in victims.iter().filter(|pnn| !stage.cluster.node(**pnn).is_running()) {
        stage.back(*pnn)?;
    }
    let tail = if fault.takes_tail() { victims.clone() } else { Vec::new() };
    // Said before it is done, so that nothing of it is older than its beginning.
    stage.fault(id, fault.name(), Step::Begin, &victims, &tail)?;
    let how = faults::begin(fault)?;
    let heal = how(stage, &victims).with_context(|| format!("{fault} at nodes {victims:?}"))?;
    Ok(Open { id, planned: *planned, victims, tail, heal })
}

fn end(stage: &Stage<'_>, open: Open) -> Result<()> {
    let Open { id, planned, victims, tail, heal } = open;
    let fault = planned.fault;
    heal(stage).with_context(|| format!("the end of {fault} at nodes {victims:?}"))?;
    stage.fault(id, fault.name(), Step::End, &victims, &tail)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_that_cannot_be_carried_out_is_refused_with_the_reason() {
        let told = |faults: &str| {
            let line = format!("seed=1 mix=CCC profile=fast workloads=W1 keys=3 faults={faults}");
            check(&line.parse().unwrap()).unwrap_err().to_string()
        };
        assert!(told("F15:0@1+1").contains("no wall clock of their own"));
        assert_eq!(told("F1:0@1+10,F4:1@5+1"), "F4 begins before the fault before it ends");
        assert_eq!(told("F1:3@1+10"), "F1 hits node 3, which is not there");
    }
}
