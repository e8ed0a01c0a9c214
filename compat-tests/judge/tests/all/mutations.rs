//! Every expectation of every checker, killed one by one: the run is green before and red for that one reason after.

use judge::Kind;
use judge::history::{Line, NodeState, Op, Outcome, Phase, ProcId, Process, Step, What, Workload};

use crate::story::{MS, Story, done, good, inc, kinds, read, view, write};

/// A change of the good run, by what it is, and what it must turn up.
type Mutation = (&'static str, Kind, fn(&mut Story));

/// Changes the first line that a function knows what to do with.
fn change(story: &mut Story, mut one: impl FnMut(&mut What) -> bool) {
    assert!(story.lines.iter_mut().any(|line| one(&mut line.what)), "nothing was changed");
}

/// The same, from the end.
fn change_last(story: &mut Story, mut one: impl FnMut(&mut What) -> bool) {
    assert!(story.lines.iter_mut().rev().any(|line| one(&mut line.what)), "nothing was changed");
}

/// Puts lines behind the last one of the quiet phase, a microsecond apart.
fn quietly(story: &mut Story, lines: Vec<What>) {
    let audit = |line: &Line| line.what == What::Phase { phase: Phase::Audit };
    let at = story.lines.iter().position(audit).unwrap();
    let last = story.lines[at - 1].t;
    let lines = (1..).zip(lines).map(|(count, what)| Line { t: last + count * 1000, what });
    story.lines.splice(at..at, lines);
}

/// Puts lines so long behind the last one of the quiet phase.
fn later(story: &mut Story, ms: u64, lines: Vec<What>) {
    let audit = |line: &Line| line.what == What::Phase { phase: Phase::Audit };
    let at = story.lines.iter().position(audit).unwrap();
    let t = story.lines[at - 1].t + ms * MS;
    let count = lines.len();
    story.lines.splice(at..at, lines.into_iter().map(|what| Line { t, what }));
    story.lines[at + count..].iter_mut().for_each(|line| line.t = line.t.max(t));
}

fn call(proc: u32, id: u64, op: Op, result: Outcome) -> Vec<What> {
    let proc = ProcId(proc);
    vec![What::Call { proc, id, op }, What::Return { proc, id, result }]
}

const MUTATIONS: &[Mutation] = &[
    ("a counter gives a value twice", Kind::CounterTwice, |story| {
        quietly(story, call(1, 9000, inc("c0"), done(12)));
    }),
    ("a counter skips a value that nobody can have taken", Kind::CounterHole, |story| {
        quietly(story, call(1, 9000, inc("c0"), done(14)));
        change_dump(story, "w1", "c0", 14);
    }),
    ("a counter goes back for one who comes later", Kind::CounterBack, |story| {
        quietly(story, call(1, 9000, inc("c0"), done(5)));
    }),
    ("a counter ends below what was given", Kind::CounterLost, |story| change_dump(story, "w1", "c0", 11)),
    ("a reader sees a value that was overwritten before", Kind::Register, |story| {
        quietly(story, call(5, 9000, read("r0"), done(10)));
    }),
    ("a reader sees nothing where a value is", Kind::Register, |story| {
        quietly(story, call(5, 9000, read("r0"), Outcome::Done { value: None }));
    }),
    ("a walk misses a record when all is quiet", Kind::Walk, |story| {
        change_last(story, |what| match what {
            What::Return { result: Outcome::Counted { records }, .. } => {
                *records -= 1;
                true
            }
            _ => false,
        });
    }),
    ("a walk meets a record twice when all is quiet", Kind::Walk, |story| {
        change_last(story, |what| match what {
            What::Return { result: Outcome::Counted { records }, .. } => {
                *records += 1;
                true
            }
            _ => false,
        });
    }),
    ("a deleted record is back for a reader", Kind::Ghost, |story| {
        quietly(story, call(5, 9000, read("d0"), done(90)));
    }),
    ("a deleted record is back in a file", Kind::Ghost, |story| change_dump(story, "w2", "d1", 91)),
    ("empty records stay in the files", Kind::Tombstones, |story| {
        change(story, |what| match what {
            What::Dump { empty, .. } => {
                *empty = 3;
                true
            }
            _ => false,
        });
    }),
    ("a snapshot sees half a transaction", Kind::Sum, |story| {
        change(story, |what| match what {
            What::Return { result: Outcome::Saw { sum, .. }, .. } => {
                *sum = 4;
                true
            }
            _ => false,
        });
    }),
    ("a file holds half a transaction", Kind::Sum, |story| change_dump(story, "w4", "x", 6)),
    ("an acknowledged commit is not in a later snapshot", Kind::Commit, |story| {
        change_last(story, |what| match what {
            What::Return { result: Outcome::Saw { last, .. }, .. } => {
                last.insert("a".to_owned(), 2).is_some()
            }
            _ => false,
        });
    }),
    ("a snapshot sees a commit that nobody began", Kind::Commit, |story| {
        change_last(story, |what| match what {
            What::Return { result: Outcome::Saw { last, .. }, .. } => {
                last.insert("a".to_owned(), 4).is_some()
            }
            _ => false,
        });
    }),
    ("an acknowledged commit is not on disk", Kind::Commit, |story| change_dump(story, "w4", "last.a", 2)),
    ("a sequence number is given twice", Kind::Seqnum, |story| {
        change_last(story, |what| match what {
            What::Return { result: Outcome::Committed { seqnum }, .. } => {
                *seqnum = 2;
                true
            }
            _ => false,
        });
    }),
    ("a file has an older sequence number", Kind::Seqnum, |story| {
        change(story, |what| match what {
            What::Dump { db, seqnum, .. } if db == "w4" => {
                *seqnum = 2;
                true
            }
            _ => false,
        });
    }),
    ("the files of two nodes differ", Kind::Dump, |story| {
        change_last(story, |what| match what {
            What::Dump { db, records, .. } if db == "w4" => {
                records.insert("x".to_owned(), 7);
                records.insert("y".to_owned(), -7).is_some()
            }
            _ => false,
        });
    }),
    ("an address is on two nodes", Kind::AddressTwice, |story| {
        let twice = vec![(0, vec!["10.0.0.1".to_owned()]), (2, vec!["10.0.0.1".to_owned()])];
        later(story, 150, vec![What::Held { by: twice.clone() }, What::Held { by: twice }]);
    }),
    ("an address is on no node for too long", Kind::AddressGone, |story| {
        let gone = |what: &What| matches!(what, What::Phase { phase: Phase::Healed });
        let at = story.lines.iter().position(|line| gone(&line.what)).unwrap();
        let mut without =
            story.lines.iter().find(|line| matches!(line.what, What::Held { .. })).unwrap().clone();
        let What::Held { by } = &mut without.what else { unreachable!() };
        by[0].1.clear();
        // While all nodes are healthy.
        for late in [1_u64, 4, 7] {
            story
                .lines
                .insert(at, Line { t: story.lines[at].t + late * 100 * MS, what: without.what.clone() });
        }
        story.lines.sort_by_key(|line| line.t);
    }),
    ("a message does not arrive", Kind::MessageLost, |story| {
        drop_last(story, |what| matches!(what, What::Received { n: 6, .. }));
    }),
    ("a message arrives twice", Kind::MessageTwice, |story| {
        let (proc, from) = (ProcId(9), ProcId(8));
        quietly(story, vec![What::Received { proc, from, n: 6, whole: true }]);
    }),
    ("a message is damaged", Kind::MessageTwice, |story| {
        change(story, |what| match what {
            What::Received { whole, .. } => {
                *whole = false;
                true
            }
            _ => false,
        });
    }),
    ("a message arrives that nobody sent", Kind::MessageTwice, |story| {
        let (proc, from) = (ProcId(9), ProcId(8));
        quietly(story, vec![What::Received { proc, from, n: 99, whole: true }]);
    }),
    ("messages arrive in another order", Kind::MessageOrder, |story| {
        for (mine, others) in [(5, 60), (6, 5), (60, 6)] {
            change(story, |what| match what {
                What::Received { n, .. } if *n == mine => {
                    *n = others;
                    true
                }
                _ => false,
            });
        }
    }),
    ("two hold a lock", Kind::Exclusion, |story| {
        let lock = || "g".to_owned();
        let (a, b) = (ProcId(10), ProcId(11));
        quietly(story, vec![What::Enter { proc: a, lock: lock() }, What::Enter { proc: b, lock: lock() }]);
    }),
    ("two nodes lead at once", Kind::TwoLeaders, |story| {
        // In the phase of faults, when nodes may disagree for a while.
        let faults = |line: &Line| line.what == What::Phase { phase: Phase::Faults };
        let at = story.lines.iter().position(faults).unwrap();
        let t = story.lines[at].t;
        let mut other = view(1);
        other.leader = Some(1);
        for ms in 1..=20 {
            for (node, view) in [(0, view(1)), (1, other.clone())] {
                story.lines.push(Line { t: t + ms * 25 * MS, what: What::View { node, view } });
            }
        }
        story.lines.sort_by_key(|line| line.t);
    }),
    ("a daemon's memory grows", Kind::Growth, |story| {
        change_last(story, |what| match what {
            What::Size { memory_kib, .. } => {
                *memory_kib += 2000;
                true
            }
            _ => false,
        });
    }),
    ("a daemon's descriptors grow", Kind::Growth, |story| {
        change_last(story, |what| match what {
            What::Size { descriptors, .. } => {
                *descriptors += 5;
                true
            }
            _ => false,
        });
    }),
    ("nodes disagree when all is quiet", Kind::Disagreement, |story| {
        change_last(story, |what| match what {
            What::View { view, .. } => {
                view.vnnmap.pop();
                true
            }
            _ => false,
        });
    }),
    ("a node is flagged for a moment when all is quiet", Kind::Disagreement, |story| {
        let mut flagged = view(3);
        flagged.flags[1] = 2;
        let well = view(3);
        quietly(story, vec![What::View { node: 1, view: flagged }, What::View { node: 1, view: well }]);
    }),
    ("the cluster is normal too late", Kind::NotNormal, |story| {
        story.header.bounds.normal_ms = 50;
    }),
    ("an audit found something", Kind::Audit, |story| {
        change(story, |what| match what {
            What::Audit { found, .. } => {
                found.push("core of ctdbd".to_owned());
                true
            }
            _ => false,
        });
    }),
    ("an audit was not made", Kind::Audit, |story| {
        drop_last(story, |what| matches!(what, What::Audit { .. }));
    }),
    ("no public address is anywhere before the faults", Kind::Idle, |story| {
        let faults = |line: &Line| line.what == What::Phase { phase: Phase::Faults };
        let at = story.lines.iter().position(faults).unwrap();
        for line in &mut story.lines[..at] {
            // A node's own address is none of those that are wanted.
            if let What::Held { by } = &mut line.what {
                by.iter_mut().for_each(|(_, held)| *held = vec!["10.77.0.1".to_owned()]);
            }
        }
    }),
    ("a workload does nothing", Kind::Idle, |story| story.header.workloads.push(Workload::W3)),
    ("a workload does nothing after the healing", Kind::Idle, |story| {
        let quiet =
            story.lines.iter().position(|line| line.what == What::Phase { phase: Phase::Quiet }).unwrap();
        let mut at = 0;
        story.lines.retain(|line| {
            at += 1;
            at <= quiet || !matches!(&line.what, What::Enter { .. } | What::Leave { .. })
        });
    }),
    ("a node cannot be started", Kind::Broken, |story| {
        quietly(story, vec![What::Node { node: 2, state: NodeState::Failed }]);
        quietly(story, (0..3).map(|node| What::View { node, view: view(3) }).collect());
    }),
    ("a process finds what cannot be", Kind::Broken, |story| {
        let (proc, why) = (ProcId(1), "a record of 3 bytes".to_owned());
        quietly(
            story,
            vec![What::Process { proc, node: 0, workload: Workload::W1, state: Process::Broken, why }],
        );
    }),
    ("the run ends early", Kind::Broken, |story| {
        drop_last(story, |what| *what == What::Phase { phase: Phase::Audit });
    }),
];

fn change_dump(story: &mut Story, of: &str, key: &str, to: i64) {
    change(story, |what| match what {
        What::Dump { db, records, .. } if db == of => {
            records.insert(key.to_owned(), to);
            true
        }
        _ => false,
    });
    if of != "w4" {
        // The other nodes' files of such a database need not be the same.
        story.lines.iter_mut().for_each(|line| {
            if let What::Dump { db, records, .. } = &mut line.what
                && db == of
            {
                records.insert(key.to_owned(), to);
            }
        });
    }
}

fn drop_last(story: &mut Story, which: impl Fn(&What) -> bool) {
    let at = story.lines.iter().rposition(|line| which(&line.what)).unwrap();
    story.lines.remove(at);
}

#[test]
fn each_broken_promise_turns_the_run_red() {
    for (what, kind, mutate) in MUTATIONS {
        let mut story = good();
        mutate(&mut story);
        let found = kinds(&story.history());
        assert!(found.contains(kind), "{what}: found {found:?}, not {kind:?}");
    }
}

#[test]
fn every_kind_of_finding_has_its_mutation_or_its_own_test() {
    let all = [
        Kind::CounterTwice,
        Kind::CounterHole,
        Kind::CounterBack,
        Kind::CounterLost,
        Kind::Register,
        Kind::Ghost,
        Kind::Tombstones,
        Kind::Sum,
        Kind::Commit,
        Kind::Seqnum,
        Kind::Dump,
        Kind::AddressTwice,
        Kind::AddressGone,
        Kind::MessageLost,
        Kind::MessageTwice,
        Kind::MessageOrder,
        Kind::Exclusion,
        Kind::TwoLeaders,
        Kind::Growth,
        Kind::Disagreement,
        Kind::NotNormal,
        Kind::Audit,
        Kind::Idle,
        Kind::Broken,
    ];
    for kind in all {
        assert!(MUTATIONS.iter().any(|(_, of, _)| *of == kind), "{kind:?}");
    }
}

#[test]
fn a_tail_is_forgiven_only_where_no_other_node_had_the_record_since() {
    // The same two values again, but node 0 had the record between them and the fault.
    let mut story = good();
    let fault = |line: &Line| matches!(line.what, What::Fault { step: Step::Begin, .. });
    let at = story.lines.iter().position(fault).unwrap();
    let t = story.lines[at].t;
    let lines = call(1, 9000, inc("c0"), done(9)).into_iter().map(|what| Line { t: t - 1, what });
    story.lines.splice(at..at, lines);
    story.lines.sort_by_key(|line| line.t);
    assert!(kinds(&story.history()).contains(&Kind::CounterTwice));
}

/// A view in which node 2 is not connected, right behind the first of node 0 that the function finds.
fn given_up(story: &mut Story, behind: fn(&What) -> bool) {
    let at = story.lines.iter().position(|line| behind(&line.what)).unwrap();
    let mut lost = view(1);
    lost.flags[2] = 1;
    let line = Line { t: story.lines[at].t, what: What::View { node: 0, view: lost } };
    story.lines.insert(at + 1, line);
}

#[test]
fn what_c_is_known_to_lose_is_forgiven_only_to_c_alone_where_a_node_that_ran_was_given_up() {
    let warm = |what: &What| *what == What::Phase { phase: Phase::Faults };
    let killed = |what: &What| matches!(what, What::Node { state: NodeState::Killed, .. });
    let again = |what: &What| matches!(what, What::Fault { step: Step::End, .. });
    let ghost = || call(5, 9000, read("d0"), done(90));
    let back = || call(1, 9000, inc("c0"), done(9));
    for (mix, behind, forgiven) in [
        ("CCC", Some(warm as fn(&What) -> bool), true),
        // It is not known whose copy won.
        ("CCR", Some(warm), false),
        ("CRR", Some(warm), false),
        ("RRR", Some(warm), false),
        ("CCC", None, false),
        // A crash explains nothing, nor does a node that was started anew and is not connected yet.
        ("CCC", Some(killed), false),
        ("CCC", Some(again), false),
    ] {
        for lines in [ghost(), back()] {
            let mut story = good();
            mix.clone_into(&mut story.header.mix);
            quietly(&mut story, lines);
            if let Some(behind) = behind {
                given_up(&mut story, behind);
            }
            // Of a daemon's next life nobody has said that it was connected.
            if behind.is_some_and(|behind| std::ptr::fn_addr_eq(behind, again as fn(&What) -> bool)) {
                story.lines.retain(
                    |line| !matches!(&line.what, What::View { view, .. } if view.generation == Some(2)),
                );
            }
            let verdict = judge::judge(&story.history());
            assert!(!verdict.green());
            assert_eq!(verdict.acceptable(), forgiven, "{mix} {verdict}");
        }
    }
}

#[test]
fn of_a_node_that_was_given_up_nothing_else_is_forgiven_and_nothing_that_was_seen_before() {
    let mut story = good();
    "CCC".clone_into(&mut story.header.mix);
    given_up(&mut story, |what| *what == What::Phase { phase: Phase::Quiet });
    // Before.
    let faults = |line: &Line| line.what == What::Phase { phase: Phase::Faults };
    let at = story.lines.iter().position(faults).unwrap();
    let t = story.lines[at].t;
    let lines = call(5, 9000, read("d0"), done(90)).into_iter().map(|what| Line { t, what });
    story.lines.splice(at..at, lines);
    assert!(kinds(&story.history()).contains(&Kind::Ghost));
    let mut story = good();
    "CCC".clone_into(&mut story.header.mix);
    given_up(&mut story, |what| *what == What::Phase { phase: Phase::Faults });
    change_dump(&mut story, "w4", "last.a", 2);
    assert!(kinds(&story.history()).contains(&Kind::Commit));
}

#[test]
fn a_node_that_was_left_out_of_a_recovery_need_not_show_what_was_committed_without_it() {
    let snapshot = |node_sees: u32| {
        let mut story = good();
        let commit = Op::Commit { db: "w4".to_owned(), client: "a".to_owned(), n: 4 };
        let saw = Outcome::Saw { sum: 0, last: [("a".to_owned(), 3)].into() };
        // The committer went on with a generation, in which the reader is or not.
        let views =
            || [(0, 4), (1, node_sees)].map(|(node, of)| What::View { node, view: view(of) }).to_vec();
        later(&mut story, 150, views());
        later(&mut story, 1, call(6, 9100, commit, Outcome::Committed { seqnum: 4 }));
        later(&mut story, 1, call(7, 9101, Op::Snapshot { db: "w4".to_owned() }, saw));
        later(&mut story, 1, views());
        later(&mut story, 1, (0..3).map(|node| What::View { node, view: view(5) }).collect());
        for line in &mut story.lines {
            if let What::Dump { db, records, seqnum, .. } = &mut line.what
                && db == "w4"
            {
                records.insert("last.a".to_owned(), 4);
                *seqnum = 4;
            }
        }
        kinds(&story.history()).contains(&Kind::Commit)
    };
    assert!(snapshot(4), "it took part");
    assert!(!snapshot(3), "it did not");
}

#[test]
fn a_commit_that_a_recovery_answered_is_forgiven_to_c_where_a_node_was_given_up_and_no_other_is() {
    let found = |recovers: bool, given: bool| {
        let mut story = good();
        "CCC".clone_into(&mut story.header.mix);
        let commit = Op::Commit { db: "w4".to_owned(), client: "a".to_owned(), n: 4 };
        let seen = |of: u32| (0..3).map(|node| What::View { node, view: view(of) }).collect::<Vec<_>>();
        later(&mut story, 10, seen(3));
        later(&mut story, 1, vec![What::Call { proc: ProcId(6), id: 9100, op: commit }]);
        later(&mut story, 1, seen(if recovers { 4 } else { 3 }));
        let result = Outcome::Committed { seqnum: 4 };
        later(&mut story, 1, vec![What::Return { proc: ProcId(6), id: 9100, result }]);
        later(&mut story, 1, seen(if recovers { 4 } else { 3 }));
        if given {
            given_up(&mut story, |what| *what == What::Phase { phase: Phase::Faults });
        }
        story.lines.iter_mut().for_each(|line| {
            if let What::Dump { seqnum, .. } = &mut line.what {
                *seqnum = 4;
            }
        });
        kinds(&story.history()).into_iter().filter(|kind| *kind != Kind::Disagreement).collect::<Vec<_>>()
    };
    assert_eq!(found(false, false), [Kind::Commit]);
    assert_eq!(found(false, true), [Kind::Commit]);
    assert_eq!(found(true, false), [Kind::CommitAcross]);
    assert_eq!(found(true, true), []);
}

#[test]
fn a_sum_that_is_wrong_is_forgiven_to_c_where_a_node_crashed_in_a_commit() {
    let acceptable = |state: NodeState, mix: &str| {
        let mut story = good();
        mix.clone_into(&mut story.header.mix);
        let killed = |line: &Line| matches!(line.what, What::Node { state: NodeState::Killed, .. });
        let at = story.lines.iter().position(killed).unwrap();
        let t = story.lines[at].t;
        // Process 14 is on node 2, commits, and never returns.
        let (proc, why) = (ProcId(14), String::new());
        let commit = Op::Commit { db: "w4".to_owned(), client: "b".to_owned(), n: 1 };
        story.lines[at].what = What::Node { node: 2, state };
        let started = What::Process {
            proc,
            node: 2,
            workload: Workload::W4,
            state: Process::Started,
            why: why.clone(),
        };
        let gone = What::Process { proc, node: 2, workload: Workload::W4, state: Process::Killed, why };
        let lines = [started, What::Call { proc, id: 1, op: commit }].map(|what| Line { t, what });
        story.lines.splice(at..at, lines);
        story.lines.insert(at + 3, Line { t, what: gone });
        change_last(&mut story, |what| match what {
            What::Return { result: Outcome::Saw { sum, .. }, .. } => {
                *sum = 4;
                true
            }
            _ => false,
        });
        let verdict = judge::judge(&story.history());
        assert!(!verdict.green());
        verdict.acceptable()
    };
    assert!(acceptable(NodeState::Killed, "CCC"));
    assert!(!acceptable(NodeState::Killed, "RRR"));
    assert!(!acceptable(NodeState::Stopped, "CCC"), "a node that ends as asked has no such commit");
}

#[test]
fn a_node_that_was_banned_may_lose_its_tail_and_one_that_was_not_may_not() {
    for (flags, red) in [(8, false), (0x20, false), (2, true)] {
        let mut story = good();
        let seen = |flags: u32| {
            let mut view = view(3);
            view.flags[0] = flags;
            What::View { node: 1, view }
        };
        // Node 0 counts alone, is flagged, and what it counted is given again.
        later(&mut story, 10, call(1, 9000, inc("c9"), done(1)));
        later(&mut story, 1, vec![seen(flags)]);
        later(&mut story, 1, call(2, 9001, inc("c9"), done(1)));
        later(&mut story, 1, vec![seen(0)]);
        assert_eq!(kinds(&story.history()).contains(&Kind::CounterTwice), red, "{flags}");
    }
}

#[test]
fn a_database_that_was_written_has_to_be_read_on_each_node_at_the_end() {
    let mut story = good();
    story.header.audits.push("dumps".to_owned());
    assert_eq!(kinds(&story.history()), []);
    drop_last(&mut story, |what| matches!(what, What::Dump { db, .. } if db == "w1"));
    assert_eq!(kinds(&story.history()), [Kind::Audit]);
}

#[test]
fn an_address_may_be_on_two_nodes_for_as_long_as_they_find_out_that_they_see_each_other() {
    let held = || What::Held { by: [0, 2].map(|node| (node, vec!["10.0.0.1".to_owned()])).to_vec() };
    let mut lost = view(3);
    lost.flags[2] = 1;
    let mut recovering = view(3);
    recovering.recovering = true;
    for (what, shaken) in [
        ("two samples", vec![What::View { node: 0, view: view(3) }]),
        ("a link is mended", vec![What::Links { cut: Vec::new() }]),
        ("a node is there again", vec![What::Node { node: 2, state: NodeState::Started }]),
        (
            "a node sees another again",
            vec![What::View { node: 0, view: lost }, What::View { node: 0, view: view(3) }],
        ),
        (
            "a recovery has just ended",
            vec![What::View { node: 0, view: recovering }, What::View { node: 0, view: view(3) }],
        ),
    ] {
        let mut story = good();
        let calm = what == "two samples";
        later(&mut story, 150, shaken);
        later(&mut story, 1, vec![held(), held()]);
        let found = kinds(&story.history()).contains(&Kind::AddressTwice);
        assert_eq!(found, calm, "{what}");
        // Later it is as bad as ever.
        later(&mut story, 101, vec![held(), held()]);
        assert!(kinds(&story.history()).contains(&Kind::AddressTwice), "{what}");
    }
}

#[test]
fn an_unread_write_that_never_returned_explains_nothing_and_a_read_one_does() {
    let mut story = good();
    let proc = ProcId(4);
    quietly(&mut story, vec![What::Call { proc, id: 9000, op: write("r0", 77) }]);
    assert_eq!(kinds(&story.history()), [], "it may have happened or not");
    quietly(&mut story, call(5, 9001, read("r0"), done(77)));
    quietly(&mut story, call(5, 9002, read("r0"), done(77)));
    story.lines.iter_mut().for_each(|line| {
        if let What::Dump { db, records, .. } = &mut line.what
            && db == "w2"
        {
            records.insert("r0".to_owned(), 77);
        }
    });
    assert_eq!(kinds(&story.history()), [], "it happened");
    quietly(&mut story, call(5, 9003, read("r0"), done(12)));
    assert_eq!(kinds(&story.history()), [Kind::Register], "it happened, and was undone");
}

#[test]
fn a_message_is_excused_when_its_sender_was_killed_right_behind_it_and_not_long_before() {
    let sent = |story: &mut Story, after_ms: u64, state: Process, why: &str| {
        let (proc, to) = (ProcId(8), ProcId(9));
        let gone = What::Process { proc, node: 0, workload: Workload::W6, state, why: why.to_owned() };
        quietly(story, vec![What::Sent { proc, to, n: 900 }]);
        let audit = |line: &Line| line.what == What::Phase { phase: Phase::Audit };
        let at = story.lines.iter().position(audit).unwrap();
        let t = story.lines[at - 1].t + after_ms * MS;
        story.lines.insert(at, Line { t, what: gone });
        story.lines[at + 1..].iter_mut().for_each(|line| line.t = line.t.max(t));
    };
    for (after_ms, state, why, red) in [
        (50, Process::Killed, "", false),
        (50, Process::Ended, "its daemon is gone", false),
        (50, Process::Ended, "", true),
        (150, Process::Killed, "", true),
    ] {
        let mut story = good();
        sent(&mut story, after_ms, state, why);
        let found = kinds(&story.history()).contains(&Kind::MessageLost);
        assert_eq!(found, red, "{after_ms} {state:?} {why}");
    }
}

#[test]
fn a_walk_counts_only_when_all_records_were_made() {
    let walked = |records| What::Return { proc: ProcId(13), id: 9000, result: Outcome::Counted { records } };
    let lines = |extra: Vec<What>| {
        let op = Op::Walk { db: "w8".to_owned(), records: 100 };
        let mut all = extra;
        all.push(What::Call { proc: ProcId(13), id: 9000, op });
        all.push(walked(98));
        all
    };
    let begun = |proc| What::Process {
        proc: ProcId(proc),
        node: 1,
        workload: Workload::W8,
        state: Process::Started,
        why: String::new(),
    };
    let mut story = good();
    quietly(&mut story, lines(Vec::new()));
    assert_eq!(kinds(&story.history()), [Kind::Walk]);
    let mut story = good();
    quietly(&mut story, lines(vec![begun(14)]));
    assert_eq!(kinds(&story.history()), [], "another one is at it");
}
