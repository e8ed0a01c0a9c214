//! The words of a history: one line each, in the order of time.
//!
//! The first line is the [`Header`], the last one counts the lines between. Times are nanoseconds of the machine's monotonic
//! clock, so that lines of different processes can be put in order. docs/reliability.md describes the form.

mod merge;
mod read;
mod words;
mod write;

use std::collections::BTreeMap;

pub use merge::{Source, merge};
pub use read::Unreadable;
pub use words::{
    Bounds, Epoch, Header, Line, NodeState, Op, Outcome, Phase, ProcId, Process, Step, View, What, Workload,
};

/// Nanoseconds of the monotonic clock.
pub type Nanos = u64;

/// A whole run, checked for contradictions.
#[derive(Clone, Debug)]
pub struct History {
    /// What was run.
    pub header: Header,
    /// What happened, in the order of time.
    pub lines: Vec<Line>,
}

/// A call and what became of it.
#[derive(Clone, Debug)]
pub struct Operation<'a> {
    /// Who called.
    pub proc: ProcId,
    /// On which node.
    pub node: u32,
    /// What was asked for.
    pub op: &'a Op,
    /// When it was called.
    pub called: Nanos,
    /// When it ended and how. None: it never returned, and may have happened.
    pub returned: Option<(Nanos, &'a Outcome)>,
}

/// A fault from its beginning to its end.
#[derive(Clone, Debug)]
pub struct Trouble<'a> {
    /// Its name, as in `F4`.
    pub name: &'a str,
    /// Whom it hits.
    pub victims: &'a [u32],
    /// The nodes that may lose what they alone knew.
    pub tail: &'a [u32],
    /// When it began.
    pub begins: Nanos,
    /// When it ended; the end of the history when nobody ended it.
    pub ends: Nanos,
}

impl History {
    /// All calls, in the order in which they began.
    #[must_use]
    pub fn operations(&self) -> Vec<Operation<'_>> {
        let mut all: Vec<Operation<'_>> = Vec::new();
        let mut open: BTreeMap<(ProcId, u64), usize> = BTreeMap::new();
        let nodes = self.nodes_of_processes();
        for line in &self.lines {
            match &line.what {
                What::Call { proc, id, op } => {
                    let node = nodes.get(proc).copied().unwrap_or_default();
                    open.insert((*proc, *id), all.len());
                    all.push(Operation { proc: *proc, node, op, called: line.t, returned: None });
                }
                What::Return { proc, id, result } => {
                    if let Some(at) = open.remove(&(*proc, *id)).and_then(|index| all.get_mut(index)) {
                        at.returned = Some((line.t, result));
                    }
                }
                _ => {}
            }
        }
        all
    }

    /// The node of each process.
    #[must_use]
    pub fn nodes_of_processes(&self) -> BTreeMap<ProcId, u32> {
        let lines = self.lines.iter();
        let started = lines.filter_map(|line| match &line.what {
            What::Process { proc, node, .. } => Some((*proc, *node)),
            _ => None,
        });
        started.collect()
    }

    /// All faults, in the order in which they began.
    #[must_use]
    pub fn troubles(&self) -> Vec<Trouble<'_>> {
        let mut all: Vec<Trouble<'_>> = Vec::new();
        let mut open: BTreeMap<u32, usize> = BTreeMap::new();
        let last = self.end();
        for line in &self.lines {
            if let What::Fault { id, name, step, victims, tail } = &line.what {
                match step {
                    Step::Begin => {
                        open.insert(*id, all.len());
                        all.push(Trouble { name, victims, tail, begins: line.t, ends: last });
                    }
                    Step::End => {
                        if let Some(at) = open.remove(id).and_then(|index| all.get_mut(index)) {
                            at.ends = line.t;
                        }
                    }
                }
            }
        }
        all
    }

    /// When a phase began.
    #[must_use]
    pub fn began(&self, phase: Phase) -> Option<Nanos> {
        self.lines.iter().find(|line| line.what == What::Phase { phase }).map(|line| line.t)
    }

    /// The time of the first line.
    #[must_use]
    pub fn start(&self) -> Nanos {
        self.lines.first().map_or(0, |line| line.t)
    }

    /// The time of the last line.
    #[must_use]
    pub fn end(&self) -> Nanos {
        self.lines.last().map_or(0, |line| line.t)
    }
}
