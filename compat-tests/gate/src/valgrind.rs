//! Runs this program under valgrind and reads the figure that it prints at the end.

use std::process::Command;

use anyhow::{Context, ensure};
use gate::Work;

/// The argument that makes this program do some work instead of counting it.
pub(crate) const STEPS: &str = "--steps";

/// What is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    /// Instructions that are executed.
    Callgrind,
    /// Bytes allocated.
    Memcheck,
}

impl Tool {
    fn options(self) -> &'static [&'static str] {
        match self {
            Self::Callgrind => &["--tool=callgrind", "--callgrind-out-file=/dev/null"],
            Self::Memcheck => &["--tool=memcheck", "--leak-check=no", "--undef-value-errors=no"],
        }
    }

    /// The figure in what valgrind prints.
    fn figure(self, printed: &str) -> Option<u64> {
        let digits = |text: &str| text.replace(',', "").parse().ok();
        match self {
            Self::Callgrind => printed
                .lines()
                .find_map(|line| digits(line.split_once("Collected :")?.1.trim().split(' ').next()?)),
            Self::Memcheck => printed.lines().find_map(|line| {
                let usage =
                    line.split_once("total heap usage:")?.1.trim().strip_suffix(" bytes allocated")?;
                digits(usage.rsplit(' ').next()?)
            }),
        }
    }
}

/// The figure of one step.
pub(crate) fn each(work: &Work, tool: Tool) -> anyhow::Result<u64> {
    let (few, many) = work.times;
    let (least, most) = (run(work, few, tool)?, run(work, many, tool)?);
    let steps = u64::from(many - few);
    // Rounded: now and then something grows in the middle.
    let all = most.checked_sub(least).with_context(|| format!("{}: more work, lower count", work.name))?;
    Ok((all + steps / 2) / steps)
}

fn run(work: &Work, times: u32, tool: Tool) -> anyhow::Result<u64> {
    let mut command = Command::new("valgrind");
    command.args(tool.options()).arg(std::env::current_exe()?).args([STEPS, &work.name, &times.to_string()]);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C");
    // By default the C library asks the processor how to copy, and whether a large block grows in place depends on what
    // lies behind it. Both are the same on all machines here.
    let tunables = "glibc.malloc.mmap_threshold=32768:\
        glibc.cpu.hwcaps=-AVX_Fast_Unaligned_Load,-AVX2,-AVX512F,-AVX512VL,-ERMS,-FSRM";
    command.env("GLIBC_TUNABLES", tunables);
    let output = command.output().context("valgrind (Debian package valgrind)")?;
    let printed = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{}: {}: {printed}", work.name, output.status);
    tool.figure(&printed)
        .with_context(|| format!("{}: no figure in what valgrind printed: {printed}", work.name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_figures_are_found_in_what_valgrind_prints() {
        let printed = "==7== For counts\n==7== Events    : Ir\n==7== Collected : 1234567\n==7== ";
        assert_eq!(Tool::Callgrind.figure(printed), Some(1_234_567));
        let printed = "==7== HEAP SUMMARY:\n==7==   total heap usage: 1,022 allocs, 1,000 frees, 113,152 bytes allocated\n";
        assert_eq!(Tool::Memcheck.figure(printed), Some(113_152));
        assert_eq!(Tool::Callgrind.figure("valgrind: no such file"), None);
    }
}
