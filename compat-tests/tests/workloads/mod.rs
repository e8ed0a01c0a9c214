//! What clients do on clusters of real ctdbd, and what the judge says of it: nothing when they do it well, whoever of them
//! is killed, and of each workload that is done wrongly the right thing.

mod addresses;

use std::time::Duration;

use compat_tests::client::{AUDITS_RUNNING, Clients, Journal, Settings};
use compat_tests::{Cluster, wait_until};
use judge::history::{Bounds, Header, History, NodeState, Phase, What, Workload, merge};
use judge::{Kind, Verdict};

const SOON: Duration = Duration::from_secs(90);

/// Of what is to be judged.
fn header(cluster: &Cluster, workloads: &[Workload], settle_ms: u64) -> Header {
    Header {
        history: Header::VERSION,
        seed: 1,
        mix: "C".repeat(cluster.nodes().len()),
        profile: "fast".to_owned(),
        workloads: workloads.to_vec(),
        bounds: Bounds {
            settle_ms,
            normal_ms: 30_000,
            unhosted_ms: 20_000,
            two_leaders_ms: 3000,
            memory_kib: 16_384,
            descriptors: 64,
            dead_records: 1000,
        },
        audits: AUDITS_RUNNING.map(str::to_owned).to_vec(),
    }
}

/// Waits until every client has done so much more than it had.
fn wait_for_work(clients: &Clients, more: usize) {
    let before = clients.done().unwrap();
    wait_until(SOON, "every client has worked", || {
        clients.tend(|workload, _| workload == Workload::W9).unwrap();
        let now = clients.done().unwrap();
        let idle: Vec<_> = now.iter().zip(&before).filter(|(now, then)| now.2 < then.2 + more).collect();
        if idle.is_empty() { Ok(()) } else { Err(format!("{idle:?}")) }
    })
    .unwrap();
}

/// What a run without faults of nodes does.
struct Run<'a> {
    cluster: &'a Cluster,
    workloads: &'a [Workload],
    settings: Settings,
    /// Each client does so much in each phase.
    work: usize,
    /// Clients are killed in the middle.
    kills: bool,
    settle_ms: u64,
}

impl Run<'_> {
    fn history(self) -> History {
        let Self { cluster, workloads, settings, work, kills, settle_ms } = self;
        let journal = Journal::default();
        for node in cluster.nodes() {
            journal.say(What::Node { node: node.pnn(), state: NodeState::Started }).unwrap();
        }
        let clients = Clients::new(cluster, &journal, settings).unwrap();
        let sampler = clients.sample().unwrap();
        for workload in workloads {
            for node in cluster.nodes() {
                clients.start(*workload, node.pnn()).unwrap();
            }
        }
        wait_for_work(&clients, 1);
        let phase = |phase| journal.say(What::Phase { phase }).unwrap();
        phase(Phase::WarmUp);
        wait_for_work(&clients, work);
        phase(Phase::Faults);
        if kills {
            for node in 0..2 {
                clients.kill(|_, of| of == node).unwrap();
                clients.tend(|_, _| true).unwrap();
                wait_for_work(&clients, work);
            }
        }
        phase(Phase::Healed);
        phase(Phase::Quiet);
        wait_for_work(&clients, work);
        clients.stop().unwrap();
        sampler.stop().unwrap();
        phase(Phase::Audit);
        let with_records = |workload: &&Workload| {
            use Workload::{W6, W7, W8, W9};
            ![W6, W7, W8, W9].contains(workload)
        };
        clients.dump(&workloads.iter().filter(with_records).copied().collect::<Vec<_>>()).unwrap();
        clients.audit(false).unwrap();
        let mut sources = clients.sources().unwrap();
        sources.push(journal.source().unwrap());
        let history = merge(header(cluster, workloads, settle_ms), &sources).unwrap();
        // As whoever judges it later reads it.
        let mut text = Vec::new();
        history.write(&mut text).unwrap();
        // Of a run that fails it is kept.
        std::fs::write(cluster.dir().join("clients/history.json"), &text).unwrap();
        History::read(text.as_slice()).unwrap()
    }

    fn judged(self) -> Verdict {
        let history = self.history();
        let begun = std::time::Instant::now();
        let verdict = judge::judge(&history);
        println!("{} lines, judged in {:?}", history.lines.len(), begun.elapsed());
        println!("{verdict}");
        verdict
    }
}

/// These have looked, and nobody has found anything.
fn assert_green(verdict: &Verdict, checkers: &[&str]) {
    assert!(verdict.green(), "{verdict}");
    for name in checkers {
        let report = verdict.reports.iter().find(|report| report.checker == *name).unwrap();
        assert!(report.looked > 0, "{name} looked at nothing: {verdict}");
    }
}

#[test]
fn counters_count_each_value_once_though_clients_are_killed_in_the_middle() {
    let cluster = Cluster::builder().start().unwrap();
    let (workloads, settings) = (&[Workload::W1], Settings::default());
    let run = Run { cluster: &cluster, workloads, settings, work: 200, kills: true, settle_ms: 2000 };
    assert_green(&run.judged(), &["K0", "K1", "K7", "K8", "K9", "K10"]);
}

#[test]
fn all_workloads_at_once_keep_all_promises_though_clients_are_killed_in_the_middle() {
    use Workload::{W1, W2, W3, W4, W5, W6, W8, W9};
    let cluster = Cluster::builder().tunable("VacuumInterval", 2).start().unwrap();
    let workloads = &[W1, W2, W3, W4, W5, W6, W8, W9];
    let settings = Settings { pace: Duration::from_millis(5), idle: 100, ..Settings::default() };
    let run = Run { cluster: &cluster, workloads, settings, work: 10, kills: true, settle_ms: 5000 };
    let all = ["K0", "K1", "K2", "K3", "K4", "K6", "K6x", "K7", "K8", "K8w", "K9", "K10"];
    assert_green(&run.judged(), &all);
}

/// Each workload, how much wrong work it takes to be noticed, and as what.
const WRONG: &[(Workload, usize, Kind)] = &[
    (Workload::W1, 300, Kind::CounterTwice),
    (Workload::W2, 300, Kind::Register),
    (Workload::W3, 300, Kind::Ghost),
    (Workload::W4, 10, Kind::Sum),
    (Workload::W5, 300, Kind::Register),
    (Workload::W6, 100, Kind::MessageLost),
    (Workload::W8, 20, Kind::Walk),
    (Workload::W9, 50, Kind::Exclusion),
];

#[test]
fn each_workload_that_is_done_wrongly_is_called_so() {
    let cluster = Cluster::builder().nodes(2).start().unwrap();
    for (workload, work, kind) in WRONG {
        let settings = Settings { keys: 3, wrong: Some(*workload), ..Settings::default() };
        let workloads = &[*workload];
        let run = Run { cluster: &cluster, workloads, settings, work: *work, kills: false, settle_ms: 200 };
        let verdict = run.judged();
        let kinds: Vec<Kind> = verdict.red.iter().map(|finding| finding.kind).collect();
        assert!(kinds.contains(kind), "{workload}: {verdict}");
    }
}
