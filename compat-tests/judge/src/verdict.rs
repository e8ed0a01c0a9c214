//! What the checkers found, and what it means for the run.

use std::fmt;

use crate::history::{History, Nanos};
use crate::known::{Known, Reasons};

/// What kind of promise was broken. A name stands for one kind of finding of one checker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A counter gave the same value to two.
    CounterTwice,
    /// A counter's value was never given, and nobody can have taken it.
    CounterHole,
    /// A counter went back for one who had seen a higher value.
    CounterBack,
    /// A counter ended below a value that was given.
    CounterLost,
    /// No order of the calls explains what the readers of a register saw.
    Register,
    /// The search for such an order was given up.
    Undecided,
    /// A deleted record came back.
    Ghost,
    /// Deleted records are still in the file.
    Tombstones,
    /// The amounts of a database do not add up.
    Sum,
    /// An acknowledged commit is missing, or one shows that was never begun.
    Commit,
    /// A commit is missing that was acknowledged behind a recovery that came between.
    CommitAcross,
    /// A sequence number went back.
    Seqnum,
    /// The files of two nodes differ.
    Dump,
    /// An address was on two nodes that see each other.
    AddressTwice,
    /// An address was on no node for too long.
    AddressGone,
    /// A message did not arrive.
    MessageLost,
    /// A message arrived twice, damaged, or was never sent.
    MessageTwice,
    /// Messages arrived in another order.
    MessageOrder,
    /// Two held a lock at once.
    Exclusion,
    /// Two nodes led at once.
    TwoLeaders,
    /// A daemon grew.
    Growth,
    /// A walk met fewer or more records than there are.
    Walk,
    /// Nodes disagree when all is quiet.
    Disagreement,
    /// The cluster was not normal in time.
    NotNormal,
    /// An audit found something, or was not made.
    Audit,
    /// A workload did no work in a phase in which it should.
    Idle,
    /// A node or a process could not be started, or found what cannot be.
    Broken,
}

/// One broken promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of which kind.
    pub kind: Kind,
    /// When it can be seen.
    pub at: Nanos,
    /// One line for a person.
    pub text: String,
}

/// What one checker says.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// Its short name, as in `K1`.
    pub checker: &'static str,
    /// How many things it looked at.
    pub looked: usize,
    /// What it found.
    pub findings: Vec<Finding>,
}

impl Report {
    /// An empty one.
    #[must_use]
    pub const fn new(checker: &'static str) -> Self {
        Self { checker, looked: 0, findings: Vec::new() }
    }

    /// Adds a finding.
    pub(crate) fn found(&mut self, kind: Kind, at: Nanos, text: String) {
        self.findings.push(Finding { kind, at, text });
    }
}

/// What a run is worth.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// What each checker says.
    pub reports: Vec<Report>,
    /// Findings that are known of Samba's daemon, with the rule that tells of them.
    pub known: Vec<(Finding, Known)>,
    /// All other findings.
    pub red: Vec<Finding>,
    start: Nanos,
}

impl Verdict {
    pub(crate) fn new(history: &History, reports: Vec<Report>) -> Self {
        let (mut explained, mut red, reasons) = (Vec::new(), Vec::new(), Reasons::of(history));
        for finding in reports.iter().flat_map(|report| &report.findings) {
            match reasons.known(finding) {
                Some(rule) => explained.push((finding.clone(), rule)),
                None => red.push(finding.clone()),
            }
        }
        Self { reports, known: explained, red, start: history.start() }
    }

    /// Every promise was kept.
    #[must_use]
    pub fn green(&self) -> bool {
        self.red.is_empty() && self.known.is_empty()
    }

    /// Every promise was kept that Samba's own daemon keeps.
    #[must_use]
    pub fn acceptable(&self) -> bool {
        self.red.is_empty()
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let since = |at: Nanos| {
            let millis = at.saturating_sub(self.start) / 1_000_000;
            format!("{}.{:03} s", millis / 1000, millis % 1000)
        };
        for report in &self.reports {
            writeln!(f, "{:4} looked at {}, found {}", report.checker, report.looked, report.findings.len())?;
        }
        for finding in &self.red {
            writeln!(f, "RED {:?} at {}: {}", finding.kind, since(finding.at), finding.text)?;
        }
        for (finding, rule) in &self.known {
            writeln!(f, "known ({rule}) {:?} at {}: {}", finding.kind, since(finding.at), finding.text)?;
        }
        let word = match (self.red.is_empty(), self.known.is_empty()) {
            (false, _) => "RED",
            (true, false) => "KNOWN LOSSES ONLY",
            (true, true) => "GREEN",
        };
        write!(f, "{word}")
    }
}
