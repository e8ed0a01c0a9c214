//! What clients do: each workload as a row of acts that follows from a seed alone.
//!
//! Owns what is asked for and in which order, and which databases it is asked of. It never waits and sees no cluster: the
//! processes of a real cluster and the programs of a simulated one carry out the same rows, and write the same words about
//! it. Acts that one workload alone has are in a file of their own.

mod message;

use crate::history::{Op, ProcId, Workload};
use crate::numbers::Numbers;

pub use message::{Damaged, HEAD, Letter};

/// How the records of a database are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Store {
    /// Each record is on the node that changed it last.
    Volatile,
    /// The same, and readers may have copies.
    Copied,
    /// Whole on every node, on disk.
    Persistent,
    /// Whole on every node, in memory.
    Replicated,
}

/// A database of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Db {
    /// Its name.
    pub name: &'static str,
    /// How its records are kept.
    pub store: Store,
}

const fn db(name: &'static str, store: Store) -> Db {
    Db { name, store }
}

/// The databases that a workload uses, the one of its records first.
#[must_use]
pub const fn databases(workload: Workload) -> &'static [Db] {
    match workload {
        Workload::W1 => const { &[db("w1.tdb", Store::Volatile)] },
        Workload::W2 => const { &[db("w2.tdb", Store::Volatile)] },
        Workload::W3 => const { &[db("w3.tdb", Store::Volatile)] },
        Workload::W4 => const { &[db("w4.tdb", Store::Persistent), db("w4r.tdb", Store::Replicated)] },
        Workload::W5 => const { &[db("w5.tdb", Store::Copied)] },
        Workload::W6 | Workload::W7 => &[],
        Workload::W8 => const { &[db("w8.tdb", Store::Volatile)] },
        Workload::W9 => const { &[db("w9.tdb", Store::Replicated)] },
    }
}

/// One thing to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// A call on one record, a snapshot, or a walk over all records.
    Op(Op),
    /// A commit that moves an amount from one record to another, and notes its number in [`last_key`].
    Transfer {
        /// The commit.
        op: Op,
        /// The record that loses the amount.
        from: String,
        /// The record that gains it.
        to: String,
        /// How much.
        amount: i64,
    },
    /// A message to each of the others.
    Message {
        /// Bytes behind its head.
        size: usize,
    },
    /// To hold a lock for a moment.
    Hold {
        /// How long, in microseconds.
        micros: u64,
        /// The holder dies with it.
        dies: bool,
    },
}

/// The record in which a client of transactions notes the number of its last commit.
#[must_use]
pub fn last_key(client: &str) -> String {
    format!("last.{client}")
}

/// The client whose last commit is noted in this record.
#[must_use]
pub fn client_of(key: &str) -> Option<&str> {
    key.strip_prefix("last.")
}

/// The records of W4 among which amounts are moved.
const AMOUNTS: u64 = 10;
/// Of a hundred holders of a lock, how many die.
const DYING: u64 = 3;
/// The largest message.
const LARGEST: u64 = 1 << 20;
/// Records of W8, which are walked over.
pub const WALKED: u64 = 100;

/// Who works.
#[derive(Clone, Debug)]
pub struct Worker {
    /// What is done.
    pub workload: Workload,
    /// The seed of the run.
    pub seed: u64,
    /// The process; its numbers follow from it and the seed.
    pub proc: ProcId,
    /// Its name as a client of transactions: that of its node, since it goes on where its forerunner was killed.
    pub client: String,
    /// How many records there are.
    pub keys: u32,
    /// W5: writes, as one alone does. The others read.
    pub writes: bool,
}

/// The row of acts of one worker.
#[derive(Clone, Debug)]
pub struct Work {
    worker: Worker,
    numbers: Numbers,
    /// Values written so far.
    values: u64,
    /// Commits begun so far, by database.
    commits: Vec<u64>,
}

impl Work {
    /// From the beginning.
    #[must_use]
    pub fn new(worker: Worker) -> Self {
        let who = u64::from(worker.proc.0) << 8 | worker.workload as u64;
        let numbers = Numbers::of(worker.seed, who);
        let commits = vec![0; databases(worker.workload).len()];
        Self { worker, numbers, values: 0, commits }
    }

    /// The next commit to this database is the one after `n`: those before were begun by forerunners.
    #[must_use]
    pub fn after_commit(mut self, db: &str, n: u64) -> Self {
        let all = databases(self.worker.workload).iter().zip(&mut self.commits);
        all.filter(|(known, _)| known.name == db).for_each(|(_, commits)| *commits = n);
        self
    }

    fn key(&mut self) -> String {
        let last = u64::from(self.worker.keys.max(1)) - 1;
        format!("k{}", self.numbers.between(0, last))
    }

    /// Half of all work is about a tenth of the records.
    fn hot_key(&mut self) -> String {
        let keys = u64::from(self.worker.keys.max(1));
        let last = if self.numbers.between(0, 1) == 0 { keys.div_ceil(10) } else { keys } - 1;
        format!("k{}", self.numbers.between(0, last))
    }

    /// A value that nobody else writes.
    fn value(&mut self) -> u64 {
        self.values += 1;
        // The number of the process fits into 31 bits in every run that can be made.
        u64::from(self.worker.proc.0) << 32 | self.values & 0xFFFF_FFFF
    }

    fn register(&mut self, db: &str) -> Op {
        let (db, key) = (db.to_owned(), self.hot_key());
        if self.numbers.between(0, 1) == 0 {
            Op::Read { db, key }
        } else {
            Op::Write { db, key, value: self.value() }
        }
    }

    fn recreated(&mut self, db: &str) -> Op {
        let (db, key) = (db.to_owned(), self.key());
        match self.numbers.between(0, 3) {
            0 => Op::Read { db, key },
            1 | 2 => Op::Write { db, key, value: self.value() },
            _ => Op::Delete { db, key },
        }
    }

    fn copied(&mut self, db: &str) -> Op {
        let (db, key) = (db.to_owned(), self.hot_key());
        if self.worker.writes { Op::Write { db, key, value: self.value() } } else { Op::Read { db, key } }
    }

    fn transaction(&mut self) -> Act {
        let all = databases(Workload::W4);
        let which = usize::from(self.numbers.between(0, 3) == 0);
        let db = all.get(which).map_or_else(String::new, |db| db.name.to_owned());
        if self.numbers.between(0, 3) == 0 {
            return Act::Op(Op::Snapshot { db });
        }
        let n = self.commits.get_mut(which).map_or(0, |commits| {
            *commits += 1;
            *commits
        });
        let from = self.numbers.between(0, AMOUNTS - 1);
        let to = (from + self.numbers.between(1, AMOUNTS - 1)) % AMOUNTS;
        let amount = i64::try_from(self.numbers.between(1, 1000)).unwrap_or(1);
        let op = Op::Commit { db, client: self.worker.client.clone(), n };
        Act::Transfer { op, from: format!("a{from}"), to: format!("a{to}"), amount }
    }

    /// Small ones mostly, and each size of bits as often as another.
    fn message(&mut self) -> Act {
        let bits = self.numbers.between(0, 99);
        let most = if bits < 60 { 64 } else { 1 << self.numbers.between(6, 20) };
        let size = self.numbers.between(1, most).min(LARGEST);
        Act::Message { size: usize::try_from(size).unwrap_or(1) }
    }

    fn hold(&mut self) -> Act {
        let micros = self.numbers.between(0, 2_000);
        Act::Hold { micros, dies: self.numbers.between(0, 99) < DYING }
    }
}

impl Iterator for Work {
    type Item = Act;

    /// The next act; none for a workload in which nobody acts.
    fn next(&mut self) -> Option<Act> {
        let db = databases(self.worker.workload).first().map_or("", |db| db.name);
        let act = match self.worker.workload {
            Workload::W1 => Act::Op(Op::Inc { db: db.to_owned(), key: self.key() }),
            Workload::W2 => Act::Op(self.register(db)),
            Workload::W3 => Act::Op(self.recreated(db)),
            Workload::W4 => self.transaction(),
            Workload::W5 => Act::Op(self.copied(db)),
            Workload::W6 => self.message(),
            Workload::W7 => return None,
            Workload::W8 => Act::Op(Op::Walk { db: db.to_owned(), records: WALKED }),
            Workload::W9 => self.hold(),
        };
        Some(act)
    }
}
