//! What the idle daemons of a node take of memory, with no ctdbd: `bench memory`. Beside it, with `bench memory apart`, the
//! same daemons as programs of their own, which are built for this.
//!
//! The proportional set size is what the kernel gives a process of each page: a page that n processes map counts as an nth.
//! So it depends on who else runs the same file or uses the same C library, and is to be read on a machine without other
//! daemons of the project.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use compat_tests::{binary, product};

/// Package, program, and the options that make it run alone.
const DAEMONS: [(&str, &str, &[&str]); 3] = [
    ("daemons", "ctdb-eventd", &["--bus-only"]),
    ("daemons", "ctdb-serviced", &[]),
    ("tunneld", "ctdb-tunneld", &[]),
];
const PATIENCE: Duration = Duration::from_secs(60);
/// So long nothing may change any more.
const QUIET: Duration = Duration::from_secs(3);

struct Running {
    daemon: Child,
    program: PathBuf,
    name: &'static str,
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Running {
    fn start(dir: &Path, name: &'static str, program: PathBuf, options: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(&program);
        command.args(options).arg("--config-dir").arg(dir).arg("--run-dir").arg(dir.join("bus"));
        command.args(["--log-location", "stderr"]).env("CTDB_SOCKET", dir.join("ctdbd.socket"));
        if name == "ctdb-serviced" {
            command.arg("--state-dir").arg(dir.join("state"));
        }
        let log = fs::File::create(dir.join(format!("{name}.log")))?;
        let daemon = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log).spawn();
        Ok(Self { daemon: daemon.with_context(|| program.display().to_string())?, program, name })
    }

    /// KiB: proportional, of it what belongs to no file, and resident.
    fn memory(&self) -> anyhow::Result<[u64; 3]> {
        let text = fs::read_to_string(format!("/proc/{}/smaps_rollup", self.daemon.id()))?;
        let field = |name: &str| -> anyhow::Result<u64> {
            let line =
                text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| name.to_owned())?;
            Ok(line.trim_end_matches("kB").trim().parse()?)
        };
        Ok([field("Pss:")?, field("Pss_Anon:")?, field("Rss:")?])
    }
}

/// All figures, once what is the daemons' own has been the same for a while. Their share of common pages changes with each
/// program that starts or ends on the machine.
fn settled(all: &mut [Running]) -> anyhow::Result<Vec<[u64; 3]>> {
    let until = Instant::now() + PATIENCE;
    let (mut last, mut since) = (Vec::new(), Instant::now());
    loop {
        for one in all.iter_mut() {
            ensure!(one.daemon.try_wait()?.is_none(), "{} ended", one.name);
        }
        let now: Vec<_> = all.iter().map(Running::memory).collect::<anyhow::Result<_>>()?;
        let own: Vec<_> = now.iter().map(|[_, anonymous, resident]| [*anonymous, *resident]).collect();
        if own != last {
            (last, since) = (own, Instant::now());
        } else if since.elapsed() >= QUIET {
            return Ok(now);
        }
        ensure!(Instant::now() < until, "memory never settles: {last:?}");
        thread::sleep(Duration::from_millis(100));
    }
}

/// The table of one set of programs, in Markdown.
fn table(programs: &[PathBuf]) -> anyhow::Result<String> {
    let dir = tempfile::tempdir()?;
    fs::create_dir(dir.path().join("conf.d"))?;
    let mut all = Vec::new();
    for ((_, name, options), program) in DAEMONS.iter().zip(programs) {
        all.push(Running::start(dir.path(), name, program.clone(), options)?);
    }
    let figures = settled(&mut all)?;
    let mut out = String::new();
    writeln!(out, "| daemon | PSS, KiB | of it anonymous | RSS, KiB | file, KiB |")?;
    writeln!(out, "|---|---:|---:|---:|---:|")?;
    for (one, [pss, anon, rss]) in all.iter().zip(&figures) {
        let file = fs::metadata(&one.program)?.len() >> 10;
        writeln!(out, "| {} | {pss} | {anon} | {rss} | {file} |", one.name)?;
    }
    let sum = |at: usize| figures.iter().filter_map(|row| row.get(at)).sum::<u64>();
    writeln!(out, "| together | **{}** | {} | | |", sum(0), sum(1))?;
    Ok(out)
}

/// The table of the executable, and that of programs of their own when they are wanted.
pub(crate) fn measure(apart: bool) -> anyhow::Result<String> {
    let programs = DAEMONS.iter().map(|(_, name, _)| product(name)).collect::<Result<Vec<_>, _>>()?;
    let mut out = format!("As one executable:\n\n{}", table(&programs)?);
    if apart {
        let own =
            DAEMONS.iter().map(|(package, name, _)| binary(package, name)).collect::<Result<Vec<_>, _>>()?;
        write!(out, "\nAs programs of their own:\n\n{}", table(&own)?)?;
    }
    Ok(out)
}
