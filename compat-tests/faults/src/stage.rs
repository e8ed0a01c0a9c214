//! A cluster that is being judged: its nodes, the clients, and the lines that the driver writes.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use compat_tests::client::{ADDRESSES_SCRIPT, Clients, Journal, Settings};
use compat_tests::{Cluster, Error, Tool};
use judge::Numbers;
use judge::history::{NodeState, Phase, Step, What, Workload};
use judge::plan::{Plan, Victim};
use nix::sys::signal::Signal;

use crate::{bounds, faults};

/// How long a node may take to get well, on a busy machine.
pub(crate) const WELL: Duration = Duration::from_secs(60);
/// Where public addresses are put: each node has such an interface, which leads nowhere.
const INTERFACE: &str = "lo1";
/// Where the script is that puts them there.
const ADDRESSES_SCRIPT_NAME: &str = "events/legacy/10.addresses.script";
/// Between two acts of a client: so that three nodes leave a machine of two cores time for something else.
const PACE: Duration = Duration::from_millis(4);
/// Public addresses for each node.
const ADDRESSES: usize = 2;

/// Why nodes are not looked after.
#[derive(Default)]
struct Away {
    /// Machines that are off or stand still: no clients are started there.
    machines: BTreeSet<usize>,
    /// Nodes whose ctdbd may end, or has been ended.
    daemons: BTreeSet<usize>,
    /// Nodes of whose ctdbd it was said that it does not run.
    told: BTreeSet<usize>,
}

/// A running cluster with its clients.
pub struct Stage<'a> {
    /// The nodes.
    pub cluster: &'a Cluster,
    /// The clients.
    pub clients: Clients<'a>,
    journal: &'a Journal,
    away: Mutex<Away>,
    numbers: Mutex<Numbers>,
}

fn locked<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The public addresses of a plan.
#[must_use]
pub fn addresses(plan: &Plan) -> Vec<String> {
    let wanted = if plan.workloads.contains(&Workload::W7) { plan.mix.len() * ADDRESSES } else { 0 };
    (1..=wanted).map(|number| format!("10.78.0.{number}")).collect()
}

/// Starts the nodes of a plan, and waits until they are healthy.
///
/// # Errors
/// When there are no such nodes, or they do not become healthy.
pub fn cluster(plan: &Plan) -> Result<Cluster> {
    let builder = bounds::tuned(Cluster::mix(&plan.mix)?, plan.profile).namespaces().seed(plan.seed);
    let builder = builder.file(faults::SCRIPT_NAME, faults::SCRIPT);
    let addresses = addresses(plan);
    if addresses.is_empty() {
        return Ok(builder.start()?);
    }
    let lines: String = addresses.iter().map(|address| format!("{address}/24 {INTERFACE}\n")).collect();
    let builder = builder.file("public_addresses", &lines).file(ADDRESSES_SCRIPT_NAME, ADDRESSES_SCRIPT);
    Ok(builder.start()?)
}

impl<'a> Stage<'a> {
    /// Puts a client for each workload on each node. Addresses need none.
    ///
    /// # Errors
    /// When one cannot be started.
    pub fn set(cluster: &'a Cluster, journal: &'a Journal, plan: &Plan) -> Result<Self> {
        let settings = Settings { seed: plan.seed, keys: plan.keys, pace: PACE, ..Settings::default() };
        let stage = Self {
            cluster,
            clients: Clients::new(cluster, journal, settings)?,
            journal,
            away: Mutex::default(),
            numbers: Mutex::new(Numbers::of(plan.seed, u64::from(u32::MAX))),
        };
        for pnn in 0..stage.nodes() {
            stage.node_is(pnn, NodeState::Started)?;
            for workload in plan.workloads.iter().filter(|workload| **workload != Workload::W7) {
                stage.clients.start(*workload, u32::try_from(pnn)?)?;
            }
        }
        Ok(stage)
    }

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> usize {
        self.cluster.nodes().len()
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When there is no clock.
    pub fn say(&self, what: What) -> Result<()> {
        Ok(self.journal.say(what)?)
    }

    /// A part of the run begins.
    ///
    /// # Errors
    /// As [`Stage::say`].
    pub fn phase(&self, phase: Phase) -> Result<()> {
        self.say(What::Phase { phase })
    }

    /// A fault begins or ends.
    ///
    /// # Errors
    /// As [`Stage::say`].
    pub fn fault(&self, id: u32, name: &str, step: Step, victims: &[usize], tail: &[usize]) -> Result<()> {
        let numbers = |of: &[usize]| of.iter().map(|pnn| u32::try_from(*pnn)).collect::<Result<Vec<_>, _>>();
        let (victims, tail) = (numbers(victims)?, numbers(tail)?);
        self.say(What::Fault { id, name: name.to_owned(), step, victims, tail })
    }

    /// What became of a node's daemons.
    ///
    /// # Errors
    /// As [`Stage::say`].
    pub fn node_is(&self, pnn: usize, state: NodeState) -> Result<()> {
        let told = &mut locked(&self.away).told;
        match state {
            NodeState::Started | NodeState::Frozen => drop(told.remove(&pnn)),
            NodeState::Stopped | NodeState::Killed | NodeState::Failed => drop(told.insert(pnn)),
        }
        self.say(What::Node { node: u32::try_from(pnn)?, state })
    }

    /// A number that follows from the seed and from how many were drawn before.
    pub fn draw(&self, from: u64, to: u64) -> u64 {
        locked(&self.numbers).between(from, to)
    }

    /// From now on the clients of a node are not started again.
    pub fn away(&self, pnn: usize) {
        locked(&self.away).machines.insert(pnn);
    }

    /// From now on its ctdbd may end without having been asked.
    pub fn may_end(&self, pnn: usize) {
        locked(&self.away).daemons.insert(pnn);
    }

    /// The node is to be as if nothing had been. A ctdbd that is not there is started.
    ///
    /// # Errors
    /// When it cannot be started.
    pub fn back(&self, pnn: usize) -> Result<()> {
        let node = self.cluster.node(pnn);
        if !node.is_running() {
            if let Err(error) = node.start() {
                self.node_is(pnn, NodeState::Failed)?;
                return Err(error.into());
            }
            self.node_is(pnn, NodeState::Started)?;
        }
        let mut away = locked(&self.away);
        away.machines.remove(&pnn);
        away.daemons.remove(&pnn);
        Ok(())
    }

    /// Sends a signal to all clients of a node.
    ///
    /// # Errors
    /// When a warden does not answer.
    pub fn signal_clients(&self, pnn: usize, signal: Signal) -> Result<()> {
        Ok(self.clients.signal(signal, |_, node| usize::try_from(node) == Ok(pnn))?)
    }

    /// Kills all clients of a node, wherever they are in their work.
    ///
    /// # Errors
    /// When one does not go.
    pub fn kill_clients(&self, pnn: usize) -> Result<()> {
        Ok(self.clients.kill(|_, node| usize::try_from(node) == Ok(pnn))?)
    }

    /// The machine of a node fails: everything that ran there is gone at once.
    ///
    /// # Errors
    /// When something does not go.
    pub fn crash(&self, pnn: usize) -> Result<()> {
        self.away(pnn);
        self.may_end(pnn);
        // A client that outlives its machine would write what nobody could have.
        self.signal_clients(pnn, Signal::SIGSTOP)?;
        // Said before it is done: others see it go before all of it has gone, and a node that dies was not given up.
        self.node_is(pnn, NodeState::Killed)?;
        gone_is_fine(self.cluster.node(pnn).kill9())?;
        self.kill_clients(pnn)?;
        self.without_addresses(pnn)
    }

    /// A machine that is off has no addresses; its namespace, which stays, would keep them.
    fn without_addresses(&self, pnn: usize) -> Result<()> {
        if let Some(space) = self.cluster.node(pnn).namespace() {
            let mut command = Command::new(Tool::Nsenter.path()?);
            command.arg(format!("--net={}", space.display())).arg(Tool::Ip.path()?);
            command.args(["address", "flush", "dev", INTERFACE]);
            compat_tests::run(command, WELL)?.ok()?;
        }
        Ok(())
    }

    /// Looks whether everybody is there who should be; starts clients that have ended.
    ///
    /// # Errors
    /// When a client cannot be started.
    pub fn tend(&self) -> Result<()> {
        for pnn in 0..self.nodes() {
            let may_end = {
                let away = locked(&self.away);
                if self.cluster.node(pnn).is_running() || away.told.contains(&pnn) {
                    continue;
                }
                away.daemons.contains(&pnn)
            };
            // If nobody wanted that, the run is red, and says why.
            self.node_is(pnn, if may_end { NodeState::Killed } else { NodeState::Failed })?;
        }
        let machines = locked(&self.away).machines.clone();
        let up = |node: u32| usize::try_from(node).is_ok_and(|pnn| !machines.contains(&pnn));
        Ok(self.clients.tend(|_, node| up(node))?)
    }

    /// Whom a word of the plan means now.
    #[must_use]
    pub fn victims(&self, victim: Victim) -> Vec<usize> {
        let nodes = self.nodes();
        match victim {
            Victim::All => (0..nodes).collect(),
            Victim::Node(pnn) => usize::try_from(pnn).ok().filter(|pnn| *pnn < nodes).into_iter().collect(),
            Victim::Leader => vec![self.leader()],
            Victim::Follower => vec![(self.leader() + 1) % nodes],
        }
    }

    /// The node that leads in the eyes of the first that knows one; node 0 when nobody does.
    #[must_use]
    pub fn leader(&self) -> usize {
        let known = self.cluster.nodes().iter().filter(|node| node.is_running()).find_map(|node| {
            let told = node.try_ctdb(&["-t", "3", "leader"]).ok()?;
            told.stdout.trim().parse().ok().filter(|pnn| *pnn < self.nodes())
        });
        known.unwrap_or(0)
    }
}

/// What is gone need not be ended.
pub(crate) fn gone_is_fine(result: compat_tests::Result<()>) -> Result<()> {
    match result {
        Ok(()) | Err(Error::State { .. }) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
