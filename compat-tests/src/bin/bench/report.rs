//! Tables in Markdown: medians with the smallest and the largest in brackets, and ratios round by round.
//!
//! A ratio compares two measurements of one round, so a machine that was busy for a while spoils both or none.

use std::fmt::Write;
use std::time::Duration;

use crate::measure::{Rows, Sample};

/// Median, smallest, largest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread(pub(crate) f64, f64, f64);

impl Spread {
    pub(crate) fn of(values: impl Iterator<Item = f64>) -> Self {
        let mut values: Vec<f64> = values.collect();
        values.sort_unstable_by(f64::total_cmp);
        let at = |index: usize| values.get(index).copied().unwrap_or(f64::NAN);
        Self(at(values.len() / 2), at(0), at(values.len().saturating_sub(1)))
    }

    pub(crate) const fn median(self) -> f64 {
        self.0
    }

    pub(crate) fn show(self, digits: usize) -> String {
        let Self(median, low, high) = self;
        format!("{median:.digits$} ({low:.digits$}-{high:.digits$})")
    }
}

fn micros(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}

/// Both tables.
pub(crate) fn markdown(all: &[Rows]) -> String {
    let mut out = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut out, all);
    out
}

fn write(out: &mut String, all: &[Rows]) -> std::fmt::Result {
    writeln!(
        out,
        "Round trip in microseconds; ratio to plain, at most 2.0 wanted for the one and 1.4 for the other, up to 1 KiB:\n"
    )?;
    writeln!(out, "| size | plain | daemon to daemon | ratio | tunneld's echo | ratio |")?;
    writeln!(out, "|---:|---:|---:|---:|---:|---:|")?;
    for rows in all {
        let time = |way: usize| Spread::of(rows.trips.iter().map(|r| micros(r[way].time))).show(1);
        let ratio =
            |way: usize| Spread::of(rows.trips.iter().map(|r| quotient(r[way].time, r[0].time))).show(2);
        let size = label(rows.size);
        writeln!(out, "| {size} | {} | {} | {} | {} | {} |", time(0), time(1), ratio(1), time(2), ratio(2))?;
    }
    writeln!(
        out,
        "\nThroughput in MB/s, one direction; ratio to plain, at least 0.8 wanted from 1 KiB on:\n"
    )?;
    writeln!(out, "| size | plain | daemon to daemon | ratio | messages/s, daemon to daemon |")?;
    writeln!(out, "|---:|---:|---:|---:|---:|")?;
    for rows in all {
        let bytes = f64::from(u32::try_from(rows.size).unwrap_or(u32::MAX));
        let rate = |way: usize| Spread::of(rows.flows.iter().map(|r| bytes / micros(r[way].time))).show(1);
        let ratio = Spread::of(rows.flows.iter().map(|r| quotient(r[0].time, r[1].time))).show(2);
        let count = Spread::of(rows.flows.iter().map(|r| 1e6 / micros(r[1].time))).show(0);
        writeln!(out, "| {} | {} | {} | {ratio} | {count} |", label(rows.size), rate(0), rate(1))?;
    }
    writeln!(out, "\nCPU of the daemons of both nodes, microseconds for one message in one direction:\n")?;
    writeln!(out, "| size | what | ctdbd, plain | ctdbd, tunnel | tunneld |")?;
    writeln!(out, "|---:|---|---:|---:|---:|")?;
    for rows in all {
        let trips: Vec<[Sample; 2]> = rows.trips.iter().map(|r| [r[0], r[1]]).collect();
        for (what, samples) in [("round trip", &trips), ("flow", &rows.flows)] {
            let cpu = |pick: &dyn Fn(&[Sample; 2]) -> Duration| {
                Spread::of(samples.iter().map(|r| micros(pick(r)))).show(1)
            };
            writeln!(
                out,
                "| {} | {what} | {} | {} | {} |",
                label(rows.size),
                cpu(&|r| r[0].ctdbd),
                cpu(&|r| r[1].ctdbd),
                cpu(&|r| r[1].tunneld)
            )?;
        }
    }
    Ok(())
}

fn quotient(a: Duration, b: Duration) -> f64 {
    a.as_secs_f64() / b.as_secs_f64()
}

fn label(size: usize) -> String {
    match size {
        0..1024 => format!("{size} B"),
        1024..0x10_0000 => format!("{} KiB", size >> 10),
        _ => format!("{} MiB", size >> 20),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_the_median_and_the_extremes() {
        assert_eq!(Spread::of([3.0, 1.0, 2.0].into_iter()), Spread(2.0, 1.0, 3.0));
        assert_eq!(Spread::of([1.5].into_iter()).show(1), "1.5 (1.5-1.5)");
    }
}
