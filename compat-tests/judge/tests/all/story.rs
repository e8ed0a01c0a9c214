//! A good run in which every workload works, two faults come and go and one node loses its tail: what the tests change.

use std::collections::BTreeMap;

use judge::history::{
    Bounds, Header, Line, NodeState, Op, Outcome, Phase, ProcId, Process, Step, View, What, Workload,
};
use judge::{History, Kind};

/// Milliseconds of the run to nanoseconds.
pub(crate) const MS: u64 = 1_000_000;

/// A history while it is written.
pub(crate) struct Story {
    pub(crate) header: Header,
    pub(crate) lines: Vec<Line>,
    now: u64,
    calls: u64,
}

impl Story {
    pub(crate) fn new(workloads: &[Workload]) -> Self {
        let bounds = Bounds {
            settle_ms: 100,
            normal_ms: 2000,
            unhosted_ms: 500,
            two_leaders_ms: 300,
            memory_kib: 1024,
            descriptors: 4,
            dead_records: 2,
        };
        let header = Header {
            history: Header::VERSION,
            seed: 7,
            mix: "RRR".to_owned(),
            profile: "fast".to_owned(),
            workloads: workloads.to_vec(),
            bounds,
            audits: vec!["cores".to_owned(), "tdbtool check".to_owned()],
        };
        Self { header, lines: Vec::new(), now: 0, calls: 0 }
    }

    /// Lets time pass.
    pub(crate) fn after(&mut self, ms: u64) -> &mut Self {
        self.now += ms * MS;
        self
    }

    pub(crate) fn say(&mut self, what: What) -> &mut Self {
        self.lines.push(Line { t: self.now, what });
        self
    }

    pub(crate) fn phase(&mut self, phase: Phase) -> &mut Self {
        self.after(10).say(What::Phase { phase })
    }

    pub(crate) fn process(&mut self, proc: u32, node: u32, workload: Workload) -> &mut Self {
        let (proc, state) = (ProcId(proc), Process::Started);
        self.say(What::Process { proc, node, workload, state, why: String::new() })
    }

    pub(crate) fn begin(&mut self, proc: u32, op: Op) -> u64 {
        self.calls += 1;
        let (proc, id) = (ProcId(proc), self.calls);
        self.after(1).say(What::Call { proc, id, op });
        id
    }

    pub(crate) fn end(&mut self, proc: u32, id: u64, result: Outcome) -> &mut Self {
        self.after(1).say(What::Return { proc: ProcId(proc), id, result })
    }

    pub(crate) fn whole(&mut self, proc: u32, op: Op, result: Outcome) -> &mut Self {
        let id = self.begin(proc, op);
        self.end(proc, id, result)
    }

    pub(crate) fn inc(&mut self, proc: u32, key: &str, value: u64) -> &mut Self {
        self.whole(proc, inc(key), done(value))
    }

    pub(crate) fn fault(
        &mut self,
        id: u32,
        name: &str,
        step: Step,
        victims: &[u32],
        tail: &[u32],
    ) -> &mut Self {
        let name = name.to_owned();
        self.say(What::Fault { id, name, step, victims: victims.to_vec(), tail: tail.to_vec() })
    }

    /// All nodes say the same.
    pub(crate) fn views(&mut self, generation: u32) -> &mut Self {
        for node in 0..3 {
            self.after(1).say(What::View { node, view: view(generation) });
        }
        self
    }

    pub(crate) fn history(&self) -> History {
        History { header: self.header.clone(), lines: self.lines.clone() }
    }
}

pub(crate) fn view(generation: u32) -> View {
    View {
        generation: Some(generation),
        recovering: false,
        leader: Some(0),
        vnnmap: vec![0, 1, 2],
        flags: vec![0, 0, 0],
        databases: vec!["w1.tdb".to_owned()],
    }
}

pub(crate) fn inc(key: &str) -> Op {
    Op::Inc { db: "w1".to_owned(), key: key.to_owned() }
}

pub(crate) fn read(key: &str) -> Op {
    Op::Read { db: "w2".to_owned(), key: key.to_owned() }
}

pub(crate) fn write(key: &str, value: u64) -> Op {
    Op::Write { db: "w2".to_owned(), key: key.to_owned(), value }
}

pub(crate) fn delete(key: &str) -> Op {
    Op::Delete { db: "w2".to_owned(), key: key.to_owned() }
}

pub(crate) fn done(value: u64) -> Outcome {
    Outcome::Done { value: Some(value) }
}

pub(crate) const NOTHING: Outcome = Outcome::Done { value: None };

fn commit(n: u64) -> Op {
    Op::Commit { db: "w4".to_owned(), client: "a".to_owned(), n }
}

fn saw(n: u64) -> Outcome {
    Outcome::Saw { sum: 0, last: BTreeMap::from([("a".to_owned(), n)]) }
}

fn held(homes: &[(u32, &str)]) -> What {
    let mut by: BTreeMap<u32, Vec<String>> = (0..3).map(|node| (node, Vec::new())).collect();
    for (node, address) in homes {
        by.entry(*node).or_default().push((*address).to_owned());
    }
    What::Held { by: by.into_iter().collect() }
}

/// Work of all workloads, `round` counted up from 0.
fn work(story: &mut Story, round: u64) {
    story.inc(1, "c0", 3 * round + 1).inc(2, "c0", 3 * round + 2).inc(3, "c0", 3 * round + 3);
    // A write and a read that overlap.
    let writing = story.begin(4, write("r0", 10 + round));
    let reading = story.begin(5, read("r0"));
    story.end(5, reading, done(10 + round)).end(4, writing, Outcome::Done { value: None });
    let gone = format!("d{round}");
    story.whole(4, write(&gone, 90 + round), NOTHING).whole(5, delete(&gone), NOTHING).whole(
        4,
        read(&gone),
        NOTHING,
    );
    story.whole(6, commit(round + 1), Outcome::Committed { seqnum: round + 1 });
    story.whole(7, Op::Snapshot { db: "w4".to_owned() }, saw(round + 1));
    let walk = Op::Walk { db: "w8".to_owned(), records: 100 };
    story.whole(13, walk, Outcome::Counted { records: 100 });
    let (a, b) = (ProcId(8), ProcId(9));
    story.after(1).say(What::Sent { proc: a, to: b, n: 2 * round + 1 });
    story.after(1).say(What::Sent { proc: a, to: b, n: 2 * round + 2 });
    story.after(1).say(What::Received { proc: b, from: a, n: 2 * round + 1, whole: true });
    story.after(1).say(What::Received { proc: b, from: a, n: 2 * round + 2, whole: true });
    let lock = || "g".to_owned();
    for holder in [ProcId(10), ProcId(11)] {
        story.after(1).say(What::Enter { proc: holder, lock: lock() });
        story.after(1).say(What::Leave { proc: holder, lock: lock() });
    }
    story.after(1).say(held(&[(0, "10.0.0.1"), (1, "10.0.0.2")]));
    for node in 0..3 {
        let (daemon, life) = ("ctdbd".to_owned(), (100 + node, 1));
        story.say(What::Size { node, daemon, life, memory_kib: 5000 + round, descriptors: 30 });
    }
}

/// The whole run.
pub(crate) fn good() -> Story {
    use Workload::{W1, W2, W4, W6, W7, W8, W9};
    let mut story = Story::new(&[W1, W2, W4, W6, W7, W8, W9]);
    for node in 0..3 {
        story.say(What::Node { node, state: NodeState::Started });
    }
    story.say(What::Wanted { addresses: vec!["10.0.0.1".to_owned(), "10.0.0.2".to_owned()] });
    story.say(What::Links { cut: Vec::new() });
    for (proc, node, workload) in [
        (1, 0, W1),
        (2, 1, W1),
        (3, 2, W1),
        (4, 0, W2),
        (5, 1, W2),
        (6, 0, W4),
        (7, 1, W4),
        (8, 0, W6),
        (9, 1, W6),
        (10, 0, W9),
        (11, 1, W9),
        (13, 0, W8),
    ] {
        story.process(proc, node, workload);
    }
    story.phase(Phase::WarmUp).views(1);
    work(&mut story, 0);
    story.phase(Phase::Faults);
    work(&mut story, 1);
    // Node 2 counts on alone, then it is killed: 7 and 8 are its tail, and are given again.
    story.inc(3, "c0", 7).inc(3, "c0", 8);
    story.say(What::Node { node: 2, state: NodeState::Killed }).fault(1, "F1", Step::Begin, &[2], &[2]);
    let (proc, state, why) = (ProcId(3), Process::Killed, String::new());
    story.say(What::Process { proc, node: 2, workload: W1, state, why });
    story.after(300).views(2);
    story.say(What::Node { node: 2, state: NodeState::Started }).fault(1, "F1", Step::End, &[2], &[2]);
    story.after(200).process(12, 2, W1);
    story.inc(1, "c0", 7).inc(2, "c0", 8).inc(12, "c0", 9);
    story.phase(Phase::Healed).after(200).views(3);
    story.phase(Phase::Quiet);
    story.inc(1, "c0", 10).inc(2, "c0", 11).inc(12, "c0", 12);
    work_without_counters(&mut story, 2);
    story.views(3).phase(Phase::Audit);
    for node in 0..3 {
        let amounts = [("x", 5), ("y", -5), ("last.a", 3)];
        let records =
            |of: &[(&str, i64)]| of.iter().map(|(key, value)| ((*key).to_owned(), *value)).collect();
        let dump = |db: &str, records| What::Dump { node, db: db.to_owned(), seqnum: 3, empty: 0, records };
        story.say(dump("w4", records(&amounts)));
        story.say(dump("w1", records(&[("c0", 12)])));
        story.say(dump("w2", records(&[("r0", 12)])));
    }
    for name in ["cores", "tdbtool check"] {
        story.say(What::Audit { name: name.to_owned(), found: Vec::new() });
    }
    story
}

/// As [`work`], with counters that were counted already.
fn work_without_counters(story: &mut Story, round: u64) {
    let before = story.lines.len();
    work(story, round);
    let counters: Vec<u64> = story.lines[before..]
        .iter()
        .filter_map(|line| match &line.what {
            What::Call { id, op: Op::Inc { .. }, .. } => Some(*id),
            _ => None,
        })
        .collect();
    story.lines.retain(|line| match &line.what {
        What::Call { id, .. } | What::Return { id, .. } => !counters.contains(id),
        _ => true,
    });
}

/// The kinds of what is found.
pub(crate) fn kinds(history: &History) -> Vec<Kind> {
    let mut all: Vec<Kind> = judge::judge(history).red.iter().map(|finding| finding.kind).collect();
    all.sort_unstable();
    all.dedup();
    all
}

#[test]
fn a_good_run_is_green_and_every_checker_looked_at_something() {
    let verdict = judge::judge(&good().history());
    assert!(verdict.green(), "{verdict}");
    for report in &verdict.reports {
        assert!(report.looked > 0, "{} looked at nothing", report.checker);
    }
}
