//! Two answers beside each other: where they differ, and whether that is to be expected.
//!
//! [`VOLATILE`] is the one table of what may differ between two runs of the same cluster. Whatever it does not explain
//! is a difference. Values are compared as trees, so a difference has a place with a name.

use legacy_codec::{ControlReply, Operation, Value};

use crate::events::EventPacket;
use crate::session::{Content, Entry};

/// One thing that differs from run to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Volatile {
    /// The control or operation it is about; `*`: all of them.
    pub of: &'static str,
    /// Name of the member, wherever it is; everything below it too. `*`: the whole answer.
    pub member: &'static str,
    /// The only difference that is explained: what was recorded and what is there now. None: any.
    pub only: Option<(&'static str, &'static str)>,
    /// Why it differs.
    pub why: &'static str,
}

macro_rules! volatile {
    (@only) => { None };
    (@only $from:literal $to:literal) => { Some(($from, $to)) };
    ($( $of:literal $member:literal $(from $from:literal to $to:literal)?: $why:literal; )+) => {
        /// Everything that may differ between two runs.
        pub static VOLATILE: &[Volatile] = &[ $(
            Volatile { of: $of, member: $member, only: volatile!(@only $($from $to)?), why: $why },
        )+ ];
    };
}

volatile! {
    "*" "generation": "every recovery draws a new one";
    "*" "rsn": "counts the writes and migrations of a record";
    "*" "pid": "a process id";
    "*" "client_id": "numbers the clients of a daemon";
    "GET_NODEMAP" "addr": "another cluster lives at other addresses";
    "GET_NODES_FILE" "addr": "another cluster lives at other addresses";
    "UPTIME" "*": "times of the daemon";
    "GET_PID" "*": "process id of the daemon";
    "PING" "*": "number of the daemon's clients";
    "STATISTICS" "*": "counters and times of the daemon";
    "GET_STAT_HISTORY" "*": "counters and times of the daemon";
    "GET_DB_STATISTICS" "*": "counters of the daemon";
    "GETDBPATH" "*": "a path of the machine";
    "GET_RECLOCK_FILE" "*": "a path of the machine";
    "GET_DB_SEQNUM" "*": "counts the transactions of a database";
    "GET_EVENT_SCRIPT_STATUS" "*": "times of runs";
    "DUMP_MEMORY" "*": "a report about the daemon's memory";
    "GET_BAN_STATE" "*": "depends on what happened before";
    "GET_RECMODE" "*" from "RECOVERY" to "NORMAL": "a recovery may be over before it is asked about";
    "EVENT_REPLY" "begin": "times of runs";
    "EVENT_REPLY" "end": "times of runs";
}

/// Questions about a state that settles in its own time. They change nothing, so they may be asked again until the
/// state is the one that was recorded.
pub static SETTLING: &[&str] = &[
    "DB_GET_HEALTH",
    "GETVNNMAP",
    "GET_BAN_STATE",
    "GET_CAPABILITIES",
    "GET_DBMAP",
    "GET_DB_SEQNUM",
    "GET_IFACES",
    "GET_NODEMAP",
    "GET_PUBLIC_IPS",
    "GET_PUBLIC_IP_INFO",
    "GET_RECMODE",
    "GET_RUNSTATE",
    "GET_TCP_TICKLE_LIST",
];

/// One place where two answers differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// Where: `answer.nodes[1].flags`.
    pub path: String,
    /// What was recorded.
    pub recorded: String,
    /// What is there now.
    pub now: String,
    /// The row of [`VOLATILE`] that explains it.
    pub expected: Option<&'static str>,
}

/// What two packets are compared by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Operation, and control where it is one.
    pub of: Vec<String>,
    tree: Value,
}

impl Answer {
    /// What a packet says, without its reqid.
    #[must_use]
    pub fn of(entry: &Entry<'_>) -> Self {
        let of = vec![entry.operation(), entry.name()];
        let mut tree = Vec::new();
        if let Ok(packet) = &entry.captured.packet {
            let header = packet.header;
            tree.push(("generation", Value::Number(header.generation.0.into())));
            tree.push(("dest", Value::Number(header.dest.0.into())));
            tree.push(("src", Value::Number(header.src.0.into())));
            tree.push(("operation", Value::Text(entry.operation())));
            if let Operation::ReplyControl(reply) = &packet.body {
                tree.push(("error", Value::Bytes(reply.error.clone())));
            }
        }
        if let Some(e) = entry.error() {
            tree.push(("malformed", Value::Text(e.to_string())));
        }
        if let Content::Reply(reply) = &entry.content {
            tree.push(("failed", Value::Number(i128::from(matches!(**reply, ControlReply::Failed { .. })))));
        }
        tree.push(("answer", entry.describe().unwrap_or(Value::Nothing)));
        Self { of, tree: Value::Struct(tree) }
    }

    /// What a packet of the event daemon's socket says, without its reqid.
    #[must_use]
    pub fn of_event(event: &EventPacket) -> Self {
        let mut tree = vec![("operation", Value::Text(event.operation().into()))];
        match &event.content {
            Ok(_) => tree.extend(event.result().map(|result| ("result", Value::Number(result.into())))),
            Err(e) => tree.push(("malformed", Value::Text(e.to_string()))),
        }
        tree.push(("answer", event.describe().unwrap_or(Value::Nothing)));
        Self { of: vec![event.operation().into(), event.name()], tree: Value::Struct(tree) }
    }

    /// Where this and what is there now differ.
    #[must_use]
    pub fn differences(&self, now: &Self) -> Vec<Difference> {
        let mut found = Vec::new();
        walk(&self.tree, &now.tree, &mut Vec::new(), &mut |path, recorded, now| {
            found.push(Difference {
                path: text(path),
                recorded: brief(recorded, 80),
                now: brief(now, 80),
                expected: explain(&self.of, path, recorded, now),
            });
        });
        found
    }
}

/// One step into a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Step {
    Member(&'static str),
    Item(usize),
}

fn walk(a: &Value, b: &Value, path: &mut Vec<Step>, found: &mut impl FnMut(&[Step], &Value, &Value)) {
    match (a, b) {
        (Value::Struct(left), Value::Struct(right))
            if left.iter().map(|(name, _)| name).eq(right.iter().map(|(name, _)| name)) =>
        {
            for ((name, a), (_, b)) in left.iter().zip(right) {
                path.push(Step::Member(name));
                walk(a, b, path, found);
                path.pop();
            }
        }
        (Value::List(left), Value::List(right)) if left.len() == right.len() => {
            for (i, (a, b)) in left.iter().zip(right).enumerate() {
                path.push(Step::Item(i));
                walk(a, b, path, found);
                path.pop();
            }
        }
        (a, b) if a == b => {}
        (a, b) => found(path, a, b),
    }
}

fn explain(of: &[String], path: &[Step], recorded: &Value, now: &Value) -> Option<&'static str> {
    let concerns = |row: &&Volatile| {
        (row.of == "*" || of.iter().any(|name| name == row.of))
            && row.only.is_none_or(|(from, to)| recorded.to_string() == from && now.to_string() == to)
    };
    let inside = |member: &str| path.contains(&Step::Member("answer")) && member == "*";
    VOLATILE
        .iter()
        .filter(concerns)
        .find(|row| {
            inside(row.member)
                || path.iter().any(|step| matches!(step, Step::Member(name) if *name == row.member))
        })
        .map(|row| row.why)
}

fn text(path: &[Step]) -> String {
    path.iter().fold(String::new(), |text, step| match step {
        Step::Member(name) if text.is_empty() => (*name).to_owned(),
        Step::Member(name) => format!("{text}.{name}"),
        Step::Item(at) => format!("{text}[{at}]"),
    })
}

/// A value on one line, of at most about `limit` characters; a longer one ends in `...`.
#[must_use]
pub fn brief(value: &Value, limit: usize) -> String {
    struct Cut {
        text: String,
        left: usize,
    }
    impl std::fmt::Write for Cut {
        fn write_str(&mut self, text: &str) -> std::fmt::Result {
            for c in text.chars() {
                if self.left == 0 {
                    return Err(std::fmt::Error);
                }
                self.left -= 1;
                self.text.push(c);
            }
            Ok(())
        }
    }
    let mut cut = Cut { text: String::new(), left: limit };
    match std::fmt::write(&mut cut, format_args!("{value}")) {
        Ok(()) => cut.text,
        Err(std::fmt::Error) => cut.text + "...",
    }
}
