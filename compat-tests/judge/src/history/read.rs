//! A history from its text. What is cut off or contradicts itself is told, with its line, and never judged.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufRead;

use serde::Deserialize;

use super::{Header, History, Line, Op, Outcome, ProcId, Step, What};

/// Longest line that is read.
const LINE: u64 = 64 << 20;

/// Why a history is not judged.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unreadable {
    /// The file could not be read.
    #[error("line {line}: {why}")]
    Io {
        /// The line of the file.
        line: usize,
        /// What the system says.
        why: std::io::Error,
    },
    /// There is nothing in it.
    #[error("the history is empty")]
    Empty,
    /// The first line is no header, or a line is no event.
    #[error("line {line}: {why}")]
    Word {
        /// The line of the file.
        line: usize,
        /// What is wrong with its words.
        why: serde_json::Error,
    },
    /// It was written by another version.
    #[error("the history has version {0}, this judge reads version {expected}", expected = Header::VERSION)]
    Version(u32),
    /// The last line is missing: whoever wrote it was interrupted.
    #[error("the history is cut off: the last line does not count the lines")]
    CutOff,
    /// The last line counts other lines than there are.
    #[error("the history has {found} lines, its last one says {said}")]
    Count {
        /// As counted.
        found: usize,
        /// As said.
        said: usize,
    },
    /// There are lines behind the last one.
    #[error("line {0}: the history went on behind its last line")]
    Behind(usize),
    /// Two lines contradict each other.
    #[error("line {line}: {what}")]
    Contradiction {
        /// The line of the file.
        line: usize,
        /// What contradicts what.
        what: String,
    },
}

/// The last line.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct End {
    end: usize,
}

impl History {
    /// Reads a whole history.
    ///
    /// # Errors
    /// When it is cut off, was written by another version, or contradicts itself.
    pub fn read(mut from: impl BufRead) -> Result<Self, Unreadable> {
        let mut text = String::new();
        let mut number = 0;
        let mut next = |text: &mut String, number: &mut usize| {
            text.clear();
            *number += 1;
            let read = std::io::Read::take(&mut from, LINE).read_line(text);
            read.map_err(|why| Unreadable::Io { line: *number, why })
        };
        if next(&mut text, &mut number)? == 0 {
            return Err(Unreadable::Empty);
        }
        let header: Header =
            serde_json::from_str(&text).map_err(|why| Unreadable::Word { line: number, why })?;
        if header.history != Header::VERSION {
            return Err(Unreadable::Version(header.history));
        }
        let (mut lines, mut rules) = (Vec::new(), Rules::new(&header));
        loop {
            if next(&mut text, &mut number)? == 0 {
                return Err(Unreadable::CutOff);
            }
            // A torn last line is a history that is cut off, whatever it says.
            if !text.ends_with('\n') {
                return Err(Unreadable::CutOff);
            }
            if text.starts_with("{\"end\"") {
                let end: End =
                    serde_json::from_str(&text).map_err(|why| Unreadable::Word { line: number, why })?;
                if end.end != lines.len() {
                    return Err(Unreadable::Count { found: lines.len(), said: end.end });
                }
                return if next(&mut text, &mut number)? == 0 {
                    Ok(Self { header, lines })
                } else {
                    Err(Unreadable::Behind(number))
                };
            }
            let line: Line =
                serde_json::from_str(&text).map_err(|why| Unreadable::Word { line: number, why })?;
            rules.heed(&line).map_err(|what| Unreadable::Contradiction { line: number, what })?;
            lines.push(line);
        }
    }
}

/// What later lines may not contradict.
struct Rules {
    nodes: u32,
    now: u64,
    processes: BTreeSet<ProcId>,
    /// The last call of each process, and whether it still waits.
    calls: BTreeMap<ProcId, (u64, Option<Op>)>,
    faults: BTreeMap<u32, bool>,
}

impl Rules {
    fn new(header: &Header) -> Self {
        Self {
            nodes: header.nodes(),
            now: 0,
            processes: BTreeSet::new(),
            calls: BTreeMap::new(),
            faults: BTreeMap::new(),
        }
    }

    fn node(&self, node: u32) -> Result<(), String> {
        if node < self.nodes { Ok(()) } else { Err(format!("there is no node {node}")) }
    }

    fn process(&self, proc: ProcId) -> Result<(), String> {
        if self.processes.contains(&proc) {
            Ok(())
        } else {
            Err(format!("process {} was never started", proc.0))
        }
    }

    fn heed(&mut self, line: &Line) -> Result<(), String> {
        if line.t < self.now {
            return Err(format!("time runs backwards, from {} to {}", self.now, line.t));
        }
        self.now = line.t;
        match &line.what {
            What::Process { proc, node, state, .. } => {
                self.node(*node)?;
                if *state == super::Process::Started {
                    if !self.processes.insert(*proc) {
                        return Err(format!("process {} was started twice", proc.0));
                    }
                } else {
                    self.process(*proc)?;
                }
            }
            What::Call { proc, id, op } => {
                self.process(*proc)?;
                match self.calls.get(proc) {
                    Some((_, Some(_))) => return Err(format!("process {} called twice at once", proc.0)),
                    Some((last, None)) if id <= last => return Err(format!("call {id} came twice")),
                    _ => {}
                }
                self.calls.insert(*proc, (*id, Some(op.clone())));
            }
            What::Return { proc, id, result } => {
                let open = self.calls.get_mut(proc).filter(|(open, _)| open == id);
                let Some(op) = open.and_then(|(_, op)| op.take()) else {
                    return Err(format!("call {id} of process {} returned without having begun", proc.0));
                };
                fits(&op, result)?;
            }
            What::Sent { proc, .. }
            | What::Received { proc, .. }
            | What::Enter { proc, .. }
            | What::Leave { proc, .. } => self.process(*proc)?,
            What::Fault { id, step, victims, tail, .. } => {
                victims.iter().chain(tail).try_for_each(|node| self.node(*node))?;
                let begun = self.faults.insert(*id, *step == Step::Begin);
                if (*step == Step::Begin) == (begun == Some(true)) {
                    return Err(format!("fault {id} begins or ends twice"));
                }
            }
            What::Node { node, .. }
            | What::View { node, .. }
            | What::Size { node, .. }
            | What::Dump { node, .. } => {
                self.node(*node)?;
            }
            What::Links { cut } => {
                cut.iter().try_for_each(|(a, b)| self.node(*a).and_then(|()| self.node(*b)))?;
            }
            What::Held { by } => by.iter().try_for_each(|(node, _)| self.node(*node))?,
            What::Phase { .. } | What::Wanted { .. } | What::Audit { .. } => {}
        }
        Ok(())
    }
}

/// A result belongs to its question.
fn fits(op: &Op, result: &Outcome) -> Result<(), String> {
    let fits = match (op, result) {
        (_, Outcome::Refused { .. } | Outcome::Unknown { .. }) => true,
        (Op::Inc { .. }, Outcome::Done { value }) => value.is_some(),
        (Op::Read { .. } | Op::Write { .. } | Op::Delete { .. }, Outcome::Done { .. }) => true,
        (Op::Commit { .. }, Outcome::Committed { .. })
        | (Op::Snapshot { .. }, Outcome::Saw { .. })
        | (Op::Walk { .. }, Outcome::Counted { .. }) => true,
        _ => false,
    };
    if fits { Ok(()) } else { Err(format!("{result:?} is no result of {op:?}")) }
}
