//! What a line can say. A word that is not here makes the history unreadable.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What was run: the first line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Header {
    /// The version of the form; [`Header::VERSION`].
    pub history: u32,
    /// From which everything random of the run follows.
    pub seed: u64,
    /// A letter for each node: `C` is Samba's ctdbd, `R` ours, `S` a simulated one.
    pub mix: String,
    /// The profile of tunables: `fast` or `default`.
    pub profile: String,
    /// What ran.
    pub workloads: Vec<Workload>,
    /// What the run is held to.
    pub bounds: Bounds,
    /// Audits that have to have been made.
    pub audits: Vec<String>,
}

impl Header {
    /// The version of the form that this crate reads and writes.
    pub const VERSION: u32 = 1;

    /// How many nodes there are.
    #[must_use]
    pub fn nodes(&self) -> u32 {
        u32::try_from(self.mix.len()).unwrap_or(u32::MAX)
    }

    /// All nodes are Samba's.
    #[must_use]
    pub fn is_c_alone(&self) -> bool {
        !self.mix.is_empty() && self.mix.chars().all(|letter| letter == 'C')
    }
}

/// What clients do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Workload {
    /// Counters that all nodes count up.
    W1,
    /// Registers that are read and written.
    W2,
    /// Records that are deleted and made again.
    W3,
    /// Transactions over several keys.
    W4,
    /// One writer, many readers with read-only copies.
    W5,
    /// Messages between all pairs.
    W6,
    /// Public addresses.
    W7,
    /// Many idle clients, attach and detach, traverses.
    W8,
    /// Locks whose holders die.
    W9,
}

impl std::fmt::Display for Workload {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{self:?}")
    }
}

/// What a run is held to, in milliseconds unless said otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bounds {
    /// After a fault's end, until what a victim did alone is known to the others or given up.
    pub settle_ms: u64,
    /// After the healing, until all nodes agree that all is well.
    pub normal_ms: u64,
    /// How long an address may be on no node while a healthy one exists.
    pub unhosted_ms: u64,
    /// How long two nodes may both say that they lead, with the others' word for it on its way.
    pub two_leaders_ms: u64,
    /// Growth of a daemon's memory from the warm-up to the quiet phase, in KiB.
    pub memory_kib: u64,
    /// Growth of the number of its descriptors.
    pub descriptors: u64,
    /// Empty records that may still be there at the end.
    pub dead_records: u64,
}

/// A part of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// No faults yet.
    WarmUp,
    /// Faults come and go.
    Faults,
    /// All faults were ended; the bound for normal runs.
    Healed,
    /// All is normal; nothing disturbs it.
    Quiet,
    /// Clients have ended; the final state is looked at.
    Audit,
}

/// The name of a process of a workload; a restarted one has another name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ProcId(pub u32);

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// When it happened.
    pub t: u64,
    /// What was seen or done.
    #[serde(flatten)]
    pub what: What,
}

/// Whether something begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// It begins.
    Begin,
    /// It ends.
    End,
}

/// What became of a node's daemons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NodeState {
    /// They run.
    Started,
    /// They ended as asked.
    Stopped,
    /// They were killed by a fault.
    Killed,
    /// They stand still.
    Frozen,
    /// They could not be started, or ended without being asked.
    Failed,
}

/// What became of a process of a workload.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Process {
    /// It runs.
    Started,
    /// It ended as asked, or because its daemon was gone.
    Ended,
    /// It was killed; the last of its lines may be missing.
    Killed,
    /// It found something that cannot be; its words.
    Broken,
}

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// Adds one to a counter.
    Inc {
        /// The database.
        db: String,
        /// The record.
        key: String,
    },
    /// Reads a register.
    Read {
        /// The database.
        db: String,
        /// The record.
        key: String,
    },
    /// Writes a value that nobody else writes.
    Write {
        /// The database.
        db: String,
        /// The record.
        key: String,
        /// The value.
        value: u64,
    },
    /// Deletes a record.
    Delete {
        /// The database.
        db: String,
        /// The record.
        key: String,
    },
    /// Moves amounts between the records of a database, all or none.
    Commit {
        /// The database.
        db: String,
        /// Who commits: each name has its own numbers and no two commits at once.
        client: String,
        /// The number of the commit, counted up from one.
        n: u64,
    },
    /// Reads all records of a database at once.
    Snapshot {
        /// The database.
        db: String,
    },
    /// Walks over the records of a database on all nodes.
    Walk {
        /// The database.
        db: String,
        /// How many there are.
        records: u64,
    },
}

impl Op {
    /// The one record that it is about.
    #[must_use]
    pub fn record(&self) -> Option<(&str, &str)> {
        match self {
            Self::Inc { db, key }
            | Self::Read { db, key }
            | Self::Write { db, key, .. }
            | Self::Delete { db, key } => Some((db, key)),
            Self::Commit { .. } | Self::Snapshot { .. } | Self::Walk { .. } => None,
        }
    }
}

/// How a call ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It was done. The value that was read, or the counter's new one; none: the record is not there.
    Done {
        /// The value.
        value: Option<u64>,
    },
    /// A commit was done; the database's sequence number afterwards.
    Committed {
        /// The number.
        seqnum: u64,
    },
    /// What a snapshot saw.
    Saw {
        /// The sum of all amounts.
        sum: i64,
        /// The last commit of each client.
        last: BTreeMap<String, u64>,
    },
    /// How many records a walk met.
    Counted {
        /// The number.
        records: u64,
    },
    /// It was not done.
    Refused {
        /// The reason, for a person.
        why: String,
    },
    /// It may have been done.
    Unknown {
        /// The reason, for a person.
        why: String,
    },
}

impl Outcome {
    /// It was surely done.
    #[must_use]
    pub const fn done(&self) -> bool {
        matches!(self, Self::Done { .. } | Self::Committed { .. } | Self::Saw { .. } | Self::Counted { .. })
    }
}

/// What a node says about the cluster.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct View {
    /// The generation; none: invalid.
    pub generation: Option<u32>,
    /// The node in recovery.
    pub recovering: bool,
    /// Who leads.
    pub leader: Option<u32>,
    /// The lmasters.
    pub vnnmap: Vec<u32>,
    /// The flags of each node.
    pub flags: Vec<u32>,
    /// The databases that are attached, by name, sorted.
    pub databases: Vec<String>,
}

/// Identifies one life of a daemon: its process number and start time.
pub type Epoch = (u32, u64);

/// What a line says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "ev", rename_all = "snake_case", deny_unknown_fields)]
pub enum What {
    /// A part of the run begins.
    Phase {
        /// The phase that begins.
        phase: Phase,
    },
    /// A fault begins or ends.
    Fault {
        /// Pairs the two.
        id: u32,
        /// As in `F4`.
        name: String,
        /// Which of the two.
        step: Step,
        /// Whom it hits.
        victims: Vec<u32>,
        /// The nodes that may lose what they alone knew.
        tail: Vec<u32>,
    },
    /// From now on nothing crosses from the first to the second node of each pair; all else does.
    Links {
        /// The pairs.
        cut: Vec<(u32, u32)>,
    },
    /// The daemons of a node.
    Node {
        /// The node that it is about.
        node: u32,
        /// What became of them.
        state: NodeState,
    },
    /// A process of a workload.
    Process {
        /// The process that it is about.
        proc: ProcId,
        /// On which node.
        node: u32,
        /// Of which workload.
        workload: Workload,
        /// What became of it.
        state: Process,
        /// More about it.
        #[serde(default, skip_serializing_if = "String::is_empty")]
        why: String,
    },
    /// Something is asked for.
    Call {
        /// By whom.
        proc: ProcId,
        /// Pairs call and return; counted up.
        id: u64,
        /// The operation that was asked for.
        op: Op,
    },
    /// How it ended.
    Return {
        /// Who had called.
        proc: ProcId,
        /// Pairs call and return.
        id: u64,
        /// How the call has ended.
        result: Outcome,
    },
    /// A message was handed over.
    Sent {
        /// By whom.
        proc: ProcId,
        /// For whom.
        to: ProcId,
        /// The number of the message between these two, counted up from one.
        n: u64,
    },
    /// A message arrived.
    Received {
        /// At whom.
        proc: ProcId,
        /// From whom.
        from: ProcId,
        /// Its number.
        n: u64,
        /// Its bytes are those that were sent.
        whole: bool,
    },
    /// A lock is held from now on.
    Enter {
        /// By whom.
        proc: ProcId,
        /// The name of the lock.
        lock: String,
    },
    /// It is about to be given back.
    Leave {
        /// By whom.
        proc: ProcId,
        /// The name of the lock.
        lock: String,
    },
    /// All public addresses that are on the interfaces of the nodes, looked at as nearly at once as can be.
    Held {
        /// By node. A node that is missing could not be looked at.
        by: Vec<(u32, Vec<String>)>,
    },
    /// The addresses that are to be on some node from now on.
    Wanted {
        /// All of them.
        addresses: Vec<String>,
    },
    /// What a node says about the cluster.
    View {
        /// The node that says it.
        node: u32,
        /// What the node says about the cluster.
        view: View,
    },
    /// How large a daemon is.
    Size {
        /// On which node.
        node: u32,
        /// Its name.
        daemon: String,
        /// Which life of it.
        life: Epoch,
        /// Its anonymous memory, in KiB.
        memory_kib: u64,
        /// Its descriptors.
        descriptors: u64,
    },
    /// All records of a node's file, after all clients have ended.
    Dump {
        /// On which node.
        node: u32,
        /// Which database.
        db: String,
        /// Its sequence number.
        seqnum: u64,
        /// Records without data.
        empty: u64,
        /// The value of each record that has one, as the workload reads it.
        records: BTreeMap<String, i64>,
    },
    /// The last look for what must not be there.
    Audit {
        /// What was looked for.
        name: String,
        /// What was found.
        found: Vec<String>,
    },
}
