//! The table of counts in the sources: with what it was made, and a line for each piece of work.

use std::collections::BTreeMap;
use std::fmt;
use std::process::Command;
use std::str::FromStr;

use anyhow::{Context, bail, ensure};

/// What the counts depend on besides the sources.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Made {
    rustc: String,
    libc: String,
    machine: String,
}

fn says(program: &str, args: &[&str]) -> anyhow::Result<String> {
    let output = Command::new(program).args(args).output().with_context(|| program.to_owned())?;
    ensure!(output.status.success(), "{program} {}: {}", args.join(" "), output.status);
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

impl Made {
    /// Of this program and machine.
    pub(crate) fn here() -> anyhow::Result<Self> {
        Ok(Self {
            rustc: says(&std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned()), &["--version"])?,
            libc: says("getconf", &["GNU_LIBC_VERSION"])?,
            machine: std::env::consts::ARCH.to_owned(),
        })
    }
}

impl fmt::Display for Made {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}, {}", self.rustc, self.libc, self.machine)
    }
}

/// The counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Table {
    pub(crate) made: Made,
    pub(crate) rows: BTreeMap<String, u64>,
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "# Instructions of one step of each hot path. Checked by `make gate`, written by `UPDATE=1 make gate`."
        )?;
        writeln!(f, "made with: {}", self.made)?;
        self.rows.iter().try_for_each(|(name, count)| writeln!(f, "{count:>10}  {name}"))
    }
}

impl FromStr for Table {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let mut lines = text.lines().filter(|line| !line.starts_with('#'));
        let made =
            lines.next().and_then(|line| line.strip_prefix("made with: ")).context("made with what?")?;
        let [rustc, libc, machine] = made.split(", ").collect::<Vec<_>>()[..] else { bail!("{made:?}") };
        let made = Made { rustc: rustc.to_owned(), libc: libc.to_owned(), machine: machine.to_owned() };
        let row = |line: &str| {
            let (count, name) = line.trim().split_once("  ").with_context(|| format!("{line:?}"))?;
            Ok((name.to_owned(), count.parse()?))
        };
        Ok(Self { made, rows: lines.map(row).collect::<anyhow::Result<_>>()? })
    }
}

/// From the table's count to the present one.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Change {
    before: u64,
    now: u64,
}

pub(crate) const fn change(before: u64, now: u64) -> Change {
    Change { before, now }
}

impl Change {
    /// What is still the same: 5 %, and a few instructions on very short ways.
    const fn margin(self) -> u64 {
        let share = self.before / 20;
        if share > 10 { share } else { 10 }
    }

    pub(crate) const fn is_risen(self) -> bool {
        self.now > self.before + self.margin()
    }

    pub(crate) const fn is_fallen(self) -> bool {
        self.now + self.margin() < self.before
    }

    pub(crate) fn percent(self) -> f64 {
        let number = |count: u64| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        (number(self.now) / number(self.before) - 1.0) * 100.0
    }

    pub(crate) const fn verdict(self) -> &'static str {
        if self.is_risen() { "  <- has risen" } else { "" }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_read_as_it_is_written() {
        let made = Made {
            rustc: "rustc 1.2.3 (abc 2026-01-01)".into(),
            libc: "glibc 2.36".into(),
            machine: "x".into(),
        };
        let rows = BTreeMap::from([("decode a thing, 3 of it".to_owned(), 12), ("b".to_owned(), 1_234_567)]);
        let table = Table { made, rows };
        assert_eq!(table.to_string().parse::<Table>().unwrap(), table);
        assert!("".parse::<Table>().is_err());
        assert!(format!("{table}what is this").parse::<Table>().is_err());
    }

    #[test]
    fn a_rise_of_over_five_percent_is_noticed_and_noise_on_a_short_way_is_not() {
        assert!(!change(1000, 1050).is_risen() && change(1000, 1051).is_risen());
        assert!(!change(1000, 950).is_fallen() && change(1000, 949).is_fallen());
        assert!(!change(40, 50).is_risen() && change(40, 51).is_risen());
        assert!((change(200, 230).percent() - 15.0).abs() < 1e-9);
    }
}
