//! Carries out what the service daemon's core asks for: services are started, stopped, checked and told their addresses.
//!
//! Each operation is a task of its own, in the way of its service's kind: event scripts, a unit of systemd, a resource
//! agent, or the program that a service is told its addresses with. Decides nothing; what comes of it are the core's inputs.
//! [`adopt`] finds what a daemon before this one has left running.

pub mod adopt;
mod ocf;
mod operation;
mod reconfigure;
mod script;
mod systemd;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use service::{Input, Kind, OUTPUT, Process, Saved, Spec, Token, Work};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use operation::Operation;
use systemd::Systemd;

/// The variable by which an operation is known again that was begun by a daemon that is no more.
pub const MARK: &str = "CTDB_SERVICE_OPERATION";

/// Where things are for operations.
#[derive(Clone, Debug)]
pub struct Place {
    /// The directory of the configuration: it has `events`, and `callbacks` with the programs that are named without a path.
    pub configuration: PathBuf,
    /// Where resource agents are: it has `resource.d`.
    pub ocf_root: PathBuf,
    /// The bus of systemd, when it is not that of the system.
    pub system_bus: Option<String>,
    /// What tells the operations of this daemon from those of others on the machine.
    pub mark: String,
    /// The number of the node, once it is known.
    pub node: Option<u32>,
}

impl Place {
    /// For a configuration; the rest as it is on most machines. Marks are made of the configuration's directory.
    #[must_use]
    pub fn new(configuration: PathBuf) -> Self {
        let mark = configuration.display().to_string();
        Self { configuration, ocf_root: PathBuf::from("/usr/lib/ocf"), system_bus: None, mark, node: None }
    }

    fn mark(&self, token: Token) -> String {
        format!("{}#{}", self.mark, token.0)
    }
}

/// The operations that go on. Dropping it kills their processes.
#[derive(Debug)]
pub struct Runners {
    place: Arc<Place>,
    output: usize,
    // Not bounded here: two entries for each operation, and the core has one at a time for each service.
    inputs: UnboundedSender<Input>,
    ends: BTreeMap<Token, oneshot::Sender<()>>,
    tasks: JoinSet<()>,
    systemd: Systemd,
    /// Nothing is begun any more.
    closed: bool,
}

impl Runners {
    /// With nothing going on. What happens goes to `inputs`.
    #[must_use]
    pub fn new(place: Place, inputs: UnboundedSender<Input>) -> Self {
        let systemd = Systemd::new(place.system_bus.clone());
        let (ends, tasks) = (BTreeMap::new(), JoinSet::new());
        Self { place: Arc::new(place), output: OUTPUT, inputs, ends, tasks, systemd, closed: false }
    }

    /// Before there is a core to be told of anything.
    #[must_use]
    pub fn idle(place: Place) -> Self {
        Self::new(place, unbounded_channel().0)
    }

    /// The same, with nothing going on and another place for what happens. What went on is killed when the old one is dropped.
    #[must_use]
    pub fn anew(&self, inputs: UnboundedSender<Input>) -> Self {
        let (output, closed) = (self.output, self.closed);
        Self { output, closed, ..Self::new((*self.place).clone(), inputs) }
    }

    /// Begins nothing any more. What is written down says that it may have begun; the next daemon sees that it did not.
    pub const fn close(&mut self) {
        self.closed = true;
    }

    /// Whether nothing is begun any more.
    #[must_use]
    pub const fn is_closed(&self) -> bool {
        self.closed
    }

    /// So many bytes of output are kept of operations that are begun from now on.
    pub fn set_output(&mut self, output: usize) {
        self.output = output;
    }

    /// The number of the node, for operations that are begun from now on.
    pub fn set_node(&mut self, node: Option<u32>) {
        if self.place.node != node {
            self.place = Arc::new(Place { node, ..(*self.place).clone() });
        }
    }

    fn operation(&mut self, token: Token, limit: Duration) -> Operation {
        while self.tasks.try_join_next().is_some() {}
        self.ends.retain(|_, end| !end.is_closed());
        let (end, ended) = oneshot::channel();
        self.ends.insert(token, end);
        Operation::new(token, limit, self.output, self.place.mark(token), ended, self.inputs.clone())
    }

    /// Begins an operation.
    pub fn run(&mut self, token: Token, spec: Arc<Spec>, work: Work, limit: Duration) {
        if self.closed {
            return;
        }
        let operation = self.operation(token, limit);
        let place = self.place.clone();
        let systemd = self.systemd.clone();
        self.tasks.spawn(async move {
            let mut operation = operation;
            let outcome = match (&work, &spec.reconfigure, &spec.kind) {
                (Work::Reconfigure(change), Some(program), _) => {
                    reconfigure::run(&place, &spec, program, change, &mut operation).await
                }
                (_, _, Kind::Script { component }) => {
                    script::run(&place, component, &work, &mut operation).await
                }
                (_, _, Kind::Systemd { unit }) => systemd.run(unit, &work, &mut operation).await,
                (_, _, Kind::Ocf { agent, parameters }) => {
                    ocf::run(&place, &spec, agent, parameters, &work, &mut operation).await
                }
            };
            operation.done(outcome);
        });
    }

    /// Goes on with what a daemon before this one has left; what the core is told of it.
    pub fn take_over(&mut self, saved: Box<Saved>) -> Input {
        let running = adopt::running(&saved, &self.place);
        tracing::info!(
            phase = %saved.phase, services = saved.services.len(), running = running.len(),
            "taking over what a daemon before this one has left"
        );
        for (token, process) in &running {
            self.adopt(*token, *process);
        }
        Input::Adopt { saved, running: running.into_keys().collect() }
    }

    /// Waits for the end of an operation that a daemon before this one has begun.
    pub fn adopt(&mut self, token: Token, process: Process) {
        let operation = self.operation(token, Duration::MAX);
        self.tasks.spawn(adopt::follow(process, operation));
    }

    /// Ends an operation: its processes are asked to end, and killed soon after.
    pub fn end(&mut self, token: Token) {
        // One that has ended needs no asking: its end is on its way.
        if let Some(end) = self.ends.remove(&token) {
            let _ = end.send(());
        }
    }

    /// Looks after units of systemd: when one of them changes its state, its service is to be looked at.
    pub fn watch(&mut self, services: &[Spec]) {
        let units = services.iter().filter_map(|spec| match &spec.kind {
            Kind::Systemd { unit } => Some((unit.clone(), spec.name.clone())),
            Kind::Script { .. } | Kind::Ocf { .. } => None,
        });
        self.systemd.watch(units.collect(), self.inputs.clone());
    }
}
