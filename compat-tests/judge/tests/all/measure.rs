//! What a fault cost, of the good run and of runs in which it cost more, and the table of many.

use std::collections::BTreeMap;

use judge::history::{Line, ProcId, Step, What, Workload};
use judge::measure::{Cost, measure};
use judge::table::Table;
use judge::{Kind, Verdict};

use crate::story::{MS, Story, good};

fn costs(story: &Story) -> (Verdict, Vec<Cost>) {
    let history = story.history();
    let verdict = judge::judge(&history);
    let costs = measure(&history, &verdict);
    (verdict, costs)
}

fn begins(story: &Story) -> usize {
    let begins = |line: &Line| matches!(line.what, What::Fault { step: Step::Begin, .. });
    story.lines.iter().position(begins).unwrap()
}

#[test]
fn a_crash_costs_the_time_until_others_are_served_the_increments_of_its_tail_and_two_recoveries() {
    let (_, costs) = costs(&good());
    let [crash, quiet] = &costs[..] else { panic!("{costs:?}") };
    assert_eq!((crash.fault.as_deref(), quiet.fault.as_deref()), (Some("F1"), None));
    assert_eq!((crash.increments, crash.messages, crash.recoveries), (2, 0, 2));
    assert_eq!((quiet.increments, quiet.recoveries), (0, 0));
    // 300 ms until the others agree, 200 until clients go on, and the few of the lines between.
    let of = |cost: &Cost, workload| cost.without.get(&workload).copied().unwrap() / MS;
    assert!((500..520).contains(&of(crash, Workload::W1)), "{crash:?}");
    assert!(of(quiet, Workload::W1) < of(crash, Workload::W1), "{quiet:?}");
    assert_eq!((of(crash, Workload::W7), of(quiet, Workload::W7)), (0, 0));
    assert!(crash.found.is_empty() && quiet.found.is_empty());
}

#[test]
fn an_address_that_is_nowhere_and_a_message_that_is_lost_are_costs_of_the_fault_in_whose_time_they_are() {
    let mut story = good();
    let at = begins(&story);
    let t = story.lines[at].t;
    let held = |ms: u64, homes: &[&str]| {
        let homes = homes.iter().map(|address| (*address).to_owned()).collect();
        Line { t: t + ms * MS, what: What::Held { by: vec![(0, homes)] } }
    };
    let (both, one) = (["10.0.0.1", "10.0.0.2"], ["10.0.0.1"]);
    story.lines.extend([held(1, &both), held(50, &one), held(100, &one), held(170, &both)]);
    let sent = |proc, to| What::Sent { proc: ProcId(proc), to: ProcId(to), n: 77 };
    // Between nodes 0 and 1, and from node 2, which was hit.
    story.lines.extend([sent(8, 9), sent(3, 9)].map(|what| Line { t: t + 60 * MS, what }));
    story.lines.sort_by_key(|line| line.t);
    let (_, costs) = costs(&story);
    assert_eq!(costs[0].without.get(&Workload::W7), Some(&(120 * MS)));
    assert_eq!((costs[0].messages, costs[1].messages), (1, 0));
}

#[test]
fn what_was_found_counts_for_the_fault_that_came_last_also_when_it_is_seen_at_the_end() {
    let mut story = good();
    story.lines.iter_mut().for_each(|line| {
        if let What::Dump { db, records, .. } = &mut line.what
            && db == "w4"
        {
            records.insert("x".to_owned(), 6);
        }
    });
    let (verdict, costs) = costs(&story);
    assert!(!verdict.acceptable());
    assert_eq!(costs[0].found, BTreeMap::from([((Kind::Sum, None), 3)]));
    assert!(costs[1].found.is_empty());
}

#[test]
fn the_table_has_a_line_for_each_fault_in_the_order_of_their_numbers() {
    let mut table = Table::default();
    let run = |fault: &str| {
        let mut story = good();
        story.lines.iter_mut().for_each(|line| {
            if let What::Fault { name, .. } = &mut line.what {
                fault.clone_into(name);
            }
        });
        costs(&story)
    };
    for fault in ["F10", "F2", "F2"] {
        let (verdict, costs) = run(fault);
        table.add(&verdict, costs);
    }
    let text = table.to_string();
    assert!(text.starts_with("3 runs: 3 green, 0 with known losses only, 0 red."), "{text}");
    let rows: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("| ")).collect();
    let names: Vec<&str> = rows.iter().filter_map(|row| row.split(' ').next()).collect();
    assert_eq!(names, ["fault", "none", "F2", "F10"]);
    assert!(
        rows[2].starts_with("F2 | 2 | 0.5 / 0.5 |") && rows[2].contains("| 2 / 2 | 0 / 0 | 2 / 2 |"),
        "{text}"
    );
    let columns = |row: &str| row.matches('|').count();
    assert!(text.lines().skip(2).all(|row| columns(row) == columns(text.lines().last().unwrap())), "{text}");
}
