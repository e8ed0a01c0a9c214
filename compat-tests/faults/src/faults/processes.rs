//! Faults of machines and processes.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};
use compat_tests::{Node, Process, Tool};
use judge::history::NodeState;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::Heal;
use crate::clock;
use crate::stage::{Stage, gone_is_fine};

/// What ends a fault that needs no more than the victims' being there again.
fn all_back(victims: &[usize]) -> Heal {
    let victims = victims.to_vec();
    Box::new(move |stage| victims.into_iter().try_for_each(|pnn| stage.back(pnn)))
}

/// The machine fails.
pub(super) fn crash(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    victims.iter().try_for_each(|pnn| stage.crash(*pnn))?;
    Ok(all_back(victims))
}

/// The machine fails, and the others hear nothing of it: neither connections that close nor answers that refuse.
pub(super) fn restart_unheard(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        stage.cluster.cut_off(*pnn)?;
        stage.crash(*pnn)?;
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        for pnn in victims {
            stage.cluster.plug_in(pnn)?;
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// The main daemon alone dies; clients and addresses stay.
pub(super) fn main_killed(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        stage.may_end(*pnn);
        stage.cluster.node(*pnn).signal(Signal::SIGKILL)?;
        stage.node_is(*pnn, NodeState::Killed)?;
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        for pnn in victims {
            // What it left behind has to be gone before another one starts.
            gone_is_fine(stage.cluster.node(pnn).kill9())?;
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// Everything on the machine stands still.
pub(super) fn pause(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        stage.away(*pnn);
        stage.signal_clients(*pnn, Signal::SIGSTOP)?;
        stage.cluster.node(*pnn).pause()?;
        stage.node_is(*pnn, NodeState::Frozen)?;
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        for pnn in victims {
            gone_is_fine(stage.cluster.node(pnn).resume())?;
            stage.signal_clients(pnn, Signal::SIGCONT)?;
            stage.node_is(pnn, NodeState::Started)?;
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// The main daemon stands still; its helpers and the clients run.
pub(super) fn main_paused(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        stage.cluster.node(*pnn).signal(Signal::SIGSTOP)?;
        stage.node_is(*pnn, NodeState::Frozen)?;
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        for pnn in victims {
            gone_is_fine(stage.cluster.node(pnn).signal(Signal::SIGCONT))?;
            stage.node_is(pnn, NodeState::Started)?;
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// Clients die wherever they are in their work; others take their places at once.
pub(super) fn clients_killed(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    victims.iter().try_for_each(|pnn| stage.kill_clients(*pnn))?;
    Ok(Box::new(|_| Ok(())))
}

/// The processes below the main daemon that last: it has others that end within a moment, of which a kill would be nothing.
pub fn lasting(node: &Node) -> Result<Vec<Process>> {
    const NAMES: [&str; 3] = ["ctdb_recoverd", "ctdb-eventd", "ctdb_mutex_fcnt"];
    let mut all = node.helpers()?;
    all.retain(|process| NAMES.iter().any(|name| process.name.starts_with(name)));
    Ok(all)
}

/// How long the main daemon may take to follow a helper that died.
const FOLLOWS: Duration = Duration::from_secs(5);

/// One of the processes below the main daemon dies. The main daemon may follow.
pub(super) fn helper_killed(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        let helpers = lasting(stage.cluster.node(*pnn))?;
        let last = u64::try_from(helpers.len())?.saturating_sub(1);
        let which = usize::try_from(stage.draw(0, last))?;
        let helper = helpers.get(which).with_context(|| format!("node {pnn} has no helpers that last"))?;
        stage.may_end(*pnn);
        kill(Pid::from_raw(helper.pid), Signal::SIGKILL)
            .with_context(|| format!("{} of node {pnn}", helper.name))?;
    }
    let victims = victims.to_vec();
    Ok(Box::new(move |stage| {
        // The main daemon may take its time to follow.
        let follows = Instant::now() + FOLLOWS;
        clock::until(follows, || stage.tend())?;
        victims.into_iter().try_for_each(|pnn| stage.back(pnn))
    }))
}

/// A node is stopped as asked, and started again.
pub(super) fn replace(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    for pnn in victims {
        stage.may_end(*pnn);
        stage.cluster.node(*pnn).shutdown()?;
        stage.node_is(*pnn, NodeState::Stopped)?;
    }
    Ok(all_back(victims))
}

/// The main daemon cannot open anything more.
pub(super) fn few_descriptors(stage: &Stage<'_>, victims: &[usize]) -> Result<Heal> {
    let mut before = Vec::new();
    for pnn in victims {
        let pid = stage.cluster.node(*pnn).pid()?;
        let open = fs::read_dir(format!("/proc/{pid}/fd"))?.count();
        before.push((*pnn, pid, limit(pid)?));
        stage.may_end(*pnn);
        set_limit(pid, &open.to_string())?;
    }
    Ok(Box::new(move |stage| {
        for (pnn, pid, soft) in before {
            // Of one that has ended, or was started again, there is nothing to mend.
            if stage.cluster.node(pnn).pid().is_ok_and(|now| now == pid) {
                set_limit(pid, &soft)?;
            }
            stage.back(pnn)?;
        }
        Ok(())
    }))
}

/// How many descriptors a process may have.
fn limit(pid: i32) -> Result<String> {
    let text = fs::read_to_string(format!("/proc/{pid}/limits"))?;
    let line = text.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next());
    Ok(soft.context("/proc does not say how many files may be open")?.to_owned())
}

fn set_limit(pid: i32, soft: &str) -> Result<()> {
    let mut command = Command::new(Tool::Prlimit.path()?);
    command.arg(format!("--pid={pid}")).arg(format!("--nofile={soft}:"));
    compat_tests::run(command, Duration::from_secs(20))?.ok()?;
    Ok(())
}
