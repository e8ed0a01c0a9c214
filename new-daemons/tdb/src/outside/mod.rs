//! Locks of a file that are taken outside its handle, by a thread that may wait.
//!
//! Inside libtdb a wait cannot be called off, and behind a lock of one's own process it never ends (FRZ-26). So whoever has
//! to wait does it here, for the same locks that libtdb takes, and the handle is told by a mark. There are two kinds of
//! files: with mutexes in the file, whose locks belong to a thread, and with ranges of the file, which are taken as locks
//! of the open file. All locks of the second kind share one open file and would not exclude each other, so a table keeps
//! who has what ([`claims`]).

mod claims;
mod layout;
mod mutexes;
mod ranges;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Code, Error};
use crate::handle::Tdb;
use crate::registry::InUse;
use claims::Claims;
use layout::{Header, Span};
use mutexes::Area;

/// What is locked, always for writing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum What {
    /// One chain.
    Chain(u32),
    /// The list of free pieces.
    Freelist,
    /// All chains and all records, not the list of free pieces.
    Whole,
    /// The right to make a transaction. It comes before [`What::Whole`].
    Transaction,
    /// The right to open the file, which a commit needs (FRZ-25). It comes last.
    Open,
}

/// Why a wait ended without a lock.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum WaitError {
    /// It was called off.
    #[error("the wait was called off")]
    CalledOff,
    /// The system, or the state of the file.
    #[error("lock of {what:?}: {source}")]
    Failed {
        /// What was wanted.
        what: What,
        /// What the system says.
        source: std::io::Error,
    },
}

impl WaitError {
    /// The same, for somebody else.
    pub(crate) fn again(&self) -> Self {
        match self {
            Self::CalledOff => Self::CalledOff,
            Self::Failed { what, source } => {
                let again = |code| std::io::Error::from_raw_os_error(code);
                let source = source.raw_os_error().map_or_else(|| source.kind().into(), again);
                Self::Failed { what: *what, source }
            }
        }
    }
}

/// Says to a wait that it is to end. Waits for ranges notice it only when a signal ends their system call, see
/// [`crate::LockPool`].
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Calls the wait off.
    pub fn set(&self) {
        self.0.store(true, Ordering::Release);
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

#[derive(Debug)]
enum Chains {
    Mutexes(Area),
    Ranges,
}

#[derive(Debug)]
struct Shared {
    in_use: Arc<InUse>,
    header: Header,
    chains: Chains,
    claims: Claims,
}

/// The locks of an open file. It can be given to other threads, and keeps the file in use.
#[derive(Clone, Debug)]
pub struct Outside(Arc<Shared>);

/// A lock that this thread has; it goes when this is dropped.
#[derive(Debug)]
#[must_use = "the lock goes when this is dropped"]
pub struct Held {
    shared: Arc<Shared>,
    what: What,
    /// A mutex belongs to its thread (FRZ-21).
    _thread: std::marker::PhantomData<*const ()>,
}

impl Tdb {
    /// The locks of this file, to be taken outside the handle. Ask once for each handle: the locks that two answers give
    /// exclude each other only in files with mutexes.
    pub fn outside(&self) -> Result<Outside, Error> {
        let mut bytes = [0; layout::HEADER];
        let read = self.read_at(&mut bytes, 0)?;
        let corrupt = || Error::Tdb { operation: "look at the header", code: Code::CORRUPT };
        let header = Header::read(&bytes[..read]).ok_or_else(corrupt)?;
        let in_use = self.in_use();
        let chains = match header.mutexes {
            0 => Chains::Ranges,
            _ => {
                Chains::Mutexes(Area::map(in_use.file(), &header).map_err(Error::Read)?.ok_or_else(corrupt)?)
            }
        };
        Ok(Outside(Arc::new(Shared { in_use, header, chains, claims: Claims::default() })))
    }
}

impl Outside {
    /// How many chains there are.
    #[must_use]
    pub fn chains(&self) -> u32 {
        self.0.header.chains
    }

    /// The chain of a key; `None` in a file that was made with TDB's old hash.
    #[must_use]
    pub fn chain_of(&self, key: &[u8]) -> Option<u32> {
        let header = &self.0.header;
        header.jenkins.then(|| layout::hash(key).checked_rem(header.chains)).flatten()
    }

    /// Waits for a lock until it is there or the wait is called off.
    pub fn lock(&self, what: What, stop: &Stop) -> Result<Held, WaitError> {
        match self.0.take(what, stop) {
            Ok(true) => Ok(Held { shared: self.0.clone(), what, _thread: std::marker::PhantomData }),
            Ok(false) => Err(WaitError::CalledOff),
            Err(source) => Err(WaitError::Failed { what, source }),
        }
    }
}

impl Shared {
    /// The bytes of the file that stand for it, and where the chains among them end.
    fn span(&self, what: What) -> Span {
        Span::of(what, self.header.chains, matches!(self.chains, Chains::Mutexes(_)))
    }

    /// Takes the lock. False: called off.
    fn take(&self, what: What, stop: &Stop) -> std::io::Result<bool> {
        if let (Chains::Mutexes(area), What::Chain(_) | What::Freelist | What::Whole) = (&self.chains, what)
            && !area.lock(what, stop)?
        {
            return Ok(false);
        }
        let span = self.span(what);
        let taken = match span.is_empty() {
            true => Ok(true),
            false => self.take_span(span, stop),
        };
        if !matches!(taken, Ok(true)) {
            self.give_mutex(what);
        }
        taken
    }

    fn take_span(&self, span: Span, stop: &Stop) -> std::io::Result<bool> {
        if !self.claims.claim(span, stop) {
            return Ok(false);
        }
        let taken = ranges::lock(self.in_use.file(), span, stop);
        if !matches!(taken, Ok(true)) {
            self.claims.give_back(span);
        }
        taken
    }

    fn give_mutex(&self, what: What) {
        if let Chains::Mutexes(area) = &self.chains {
            area.unlock(what);
        }
    }

    /// What was taken last goes first.
    fn give_back(&self, what: What) {
        let span = self.span(what);
        if !span.is_empty() {
            ranges::unlock(self.in_use.file(), span);
            self.claims.give_back(span);
        }
        self.give_mutex(what);
    }
}

impl Held {
    /// What it is.
    #[must_use]
    pub const fn what(&self) -> What {
        self.what
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.shared.give_back(self.what);
    }
}
