//! The history of a process, line by line.
//!
//! A line is one `write` to the end of the file, at the moment at which its event is known. What a forerunner has left is
//! read before, without the torn line at its end.

use std::cell::Cell;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use judge::history::{Line, Nanos, Op, Outcome, ProcId, Process, What, Workload};
use nix::time::{ClockId, clock_gettime};

/// The file, which several may write.
#[derive(Clone, Debug)]
pub struct Paper(Arc<Mutex<File>>);

/// Nanoseconds of the machine's monotonic clock.
///
/// # Errors
/// When there is no such clock.
pub fn now() -> io::Result<Nanos> {
    let time = clock_gettime(ClockId::CLOCK_MONOTONIC)?;
    let part = |part: i64| u64::try_from(part).map_err(io::Error::other);
    Ok(part(time.tv_sec())? * 1_000_000_000 + part(time.tv_nsec())?)
}

impl Paper {
    /// Opens or makes the file, cuts a torn last line off, and returns the lines that are there.
    ///
    /// # Errors
    /// When it cannot be read or written, or has a whole line that is none.
    pub fn open(path: &Path) -> io::Result<(Self, Vec<Line>)> {
        let mut file = OpenOptions::new().create(true).read(true).append(true).open(path)?;
        let mut text = Vec::new();
        file.read_to_end(&mut text)?;
        let whole = text.iter().rposition(|byte| *byte == b'\n').map_or(0, |last| last + 1);
        text.truncate(whole);
        file.set_len(u64::try_from(whole).map_err(io::Error::other)?)?;
        let lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let lines = lines.map(serde_json::from_slice).collect::<Result<_, _>>()?;
        Ok((Self(Arc::new(Mutex::new(file))), lines))
    }

    /// Writes a line.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn say(&self, what: What) -> io::Result<()> {
        // The time is taken under the lock, so that lines stand in the order of time.
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut line = serde_json::to_vec(&Line { t: now()?, what })?;
        line.push(b'\n');
        file.write_all(&line)
    }
}

/// What one process of the history says.
#[derive(Debug)]
pub struct Book {
    paper: Paper,
    proc: ProcId,
    node: u32,
    workload: Workload,
    calls: Cell<u64>,
}

impl Book {
    /// For this process; it has not said anything yet.
    #[must_use]
    pub fn new(paper: Paper, proc: ProcId, node: u32, workload: Workload) -> Self {
        Self { paper, proc, node, workload, calls: Cell::new(0) }
    }

    /// Whose it is.
    #[must_use]
    pub fn proc(&self) -> ProcId {
        self.proc
    }

    /// What became of it.
    ///
    /// # Errors
    /// When the line cannot be written; so it is with the others.
    pub fn state(&self, state: Process, why: &str) -> io::Result<()> {
        let Self { proc, node, workload, .. } = *self;
        self.paper.say(What::Process { proc, node, workload, state, why: why.to_owned() })
    }

    /// Something is asked for; the number of the call.
    ///
    /// # Errors
    /// As above.
    pub fn call(&self, op: Op) -> io::Result<u64> {
        let id = self.calls.get() + 1;
        self.calls.set(id);
        self.paper.say(What::Call { proc: self.proc, id, op })?;
        Ok(id)
    }

    /// It returned.
    ///
    /// # Errors
    /// As above.
    pub fn returned(&self, id: u64, result: Outcome) -> io::Result<()> {
        self.paper.say(What::Return { proc: self.proc, id, result })
    }

    /// A lock is held from now on, or is about to be given back.
    ///
    /// # Errors
    /// As above.
    pub fn holds(&self, holds: bool, lock: &str) -> io::Result<()> {
        let (proc, lock) = (self.proc, lock.to_owned());
        self.paper.say(if holds { What::Enter { proc, lock } } else { What::Leave { proc, lock } })
    }

    /// A message is about to be handed over.
    ///
    /// # Errors
    /// As above.
    pub fn sent(&self, to: ProcId, n: u64) -> io::Result<()> {
        self.paper.say(What::Sent { proc: self.proc, to, n })
    }

    /// A message arrived.
    ///
    /// # Errors
    /// As above.
    pub fn received(&self, from: ProcId, n: u64, whole: bool) -> io::Result<()> {
        self.paper.say(What::Received { proc: self.proc, from, n, whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn op(key: &str) -> Op {
        Op::Inc { db: "w1.tdb".to_owned(), key: key.to_owned() }
    }

    #[test]
    fn a_torn_last_line_is_cut_off_and_the_next_process_goes_on_behind_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("history");
        let (paper, before) = Paper::open(&path).unwrap();
        assert_eq!(before.len(), 0);
        let book = Book::new(paper, ProcId(1), 0, Workload::W1);
        book.state(Process::Started, "").unwrap();
        book.call(op("a")).unwrap();
        let whole = std::fs::read(&path).unwrap();
        for cut in 1..20 {
            std::fs::write(&path, &whole[..whole.len() - cut]).unwrap();
            let (paper, before) = Paper::open(&path).unwrap();
            assert_eq!(before.len(), 1, "{cut}");
            let book = Book::new(paper, ProcId(2), 0, Workload::W1);
            book.state(Process::Started, "").unwrap();
            let (_, all) = Paper::open(&path).unwrap();
            assert!(all.len() == 2 && all[0].t <= all[1].t, "{all:?}");
        }
        std::fs::write(&path, "no line\n").unwrap();
        assert!(Paper::open(&path).is_err(), "a whole line that is none");
    }
}
