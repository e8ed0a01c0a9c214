//! What faults cost over many runs, as a table in Markdown.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Write as _};

use crate::history::{Nanos, Workload};
use crate::known::Known;
use crate::measure::Cost;
use crate::verdict::{Kind, Verdict};

/// Costs of many runs, by fault.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: BTreeMap<Option<Name>, Vec<Cost>>,
    green: usize,
    known: usize,
    red: usize,
}

/// The name of a fault, in the order of its number.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Name(u32, String);

impl Name {
    fn of(name: &str) -> Self {
        Self(
            name.trim_start_matches(|letter: char| !letter.is_ascii_digit()).parse().unwrap_or(u32::MAX),
            name.to_owned(),
        )
    }
}

impl Table {
    /// Adds a run.
    pub fn add(&mut self, verdict: &Verdict, costs: Vec<Cost>) {
        let count = match (verdict.green(), verdict.acceptable()) {
            (true, _) => &mut self.green,
            (_, true) => &mut self.known,
            _ => &mut self.red,
        };
        *count += 1;
        for cost in costs {
            self.rows.entry(cost.fault.as_deref().map(Name::of)).or_default().push(cost);
        }
    }

    fn workloads(&self) -> BTreeSet<Workload> {
        self.rows.values().flatten().flat_map(|cost| cost.without.keys().copied()).collect()
    }
}

/// The median and the worst, in words; nothing of nothing.
fn spread<T: Ord + Copy>(of: impl Iterator<Item = T>, words: impl Fn(T) -> String) -> String {
    let mut all: Vec<T> = of.collect();
    all.sort_unstable();
    match (all.get(all.len() / 2), all.last()) {
        (Some(median), Some(worst)) => format!("{} / {}", words(*median), words(*worst)),
        _ => String::new(),
    }
}

fn seconds(of: Nanos) -> String {
    let tenths = (of + 50_000_000) / 100_000_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

/// What was found, and after how many of the faults.
fn found(costs: &[Cost]) -> String {
    let mut all: BTreeMap<(Option<Known>, Kind), usize> = BTreeMap::new();
    for (kind, known) in costs.iter().flat_map(|cost| cost.found.keys()) {
        *all.entry((*known, *kind)).or_default() += 1;
    }
    let words = all.iter().map(|((known, kind), count)| match known {
        Some(rule) => format!("{rule}: {kind:?} {count}"),
        None => format!("RED {kind:?} {count}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = self.green + self.known + self.red;
        writeln!(
            f,
            "{runs} runs: {} green, {} with known losses only, {} red. Seconds without service and counts are median / worst.",
            self.green, self.known, self.red
        )?;
        let workloads = self.workloads();
        let (mut head, mut rule) = ("| fault | times |".to_owned(), "|---|---|".to_owned());
        for workload in &workloads {
            write!(head, " {workload} |")?;
            rule.push_str("---|");
        }
        writeln!(
            f,
            "\n{head} increments lost | messages lost | recoveries | found |\n{rule}---|---|---|---|"
        )?;
        for (name, costs) in &self.rows {
            let fault = name.as_ref().map_or("none", |name| name.1.as_str());
            write!(f, "| {fault} | {} |", costs.len())?;
            for workload in &workloads {
                let times = costs.iter().filter_map(|cost| cost.without.get(workload).copied());
                write!(f, " {} |", spread(times, seconds))?;
            }
            let count = |of: fn(&Cost) -> u64| spread(costs.iter().map(of), |number| number.to_string());
            let (increments, messages) = (count(|cost| cost.increments), count(|cost| cost.messages));
            writeln!(
                f,
                " {increments} | {messages} | {} | {} |",
                count(|cost| cost.recoveries),
                found(costs)
            )?;
        }
        Ok(())
    }
}
