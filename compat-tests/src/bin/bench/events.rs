//! The event daemon beside C's: each by itself, with the same scripts, asked in turns.
//!
//! A question travels over the socket, the daemon reads the directory, starts the scripts one after the other and answers.
//! Most of that time is the kernel's and the shell's: the same script started by this program shows how much.

use std::fmt::Write;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, ensure};
use compat_tests::eventd::{EventClient, EventDaemon, EventSite, Kind, run_request};

use crate::report::Spread;

/// Events of a round, one after the other.
const EVENTS: usize = 200;
/// Events that are asked for all at once, and how often in a round.
const BATCH: u32 = 50;
const BATCHES: usize = 10;
/// What an event with several scripts has.
const SCRIPTS: usize = 10;

struct Subject {
    site: EventSite,
    daemon: EventDaemon,
    client: EventClient,
    idle: u64,
    /// Clock ticks of CPU time before the first measured event, and the events since then.
    ticks: u64,
    events: u32,
    one: Vec<f64>,
    batch: Vec<f64>,
    ten: Vec<f64>,
}

impl Subject {
    fn start(kind: Kind) -> anyhow::Result<Self> {
        let site = EventSite::new()?;
        site.script("10.empty", "")?;
        let daemon = site.start(kind)?;
        let mut client = daemon.client()?;
        ensure!(client.run("monitor", "", 60)? == 0, "the first event failed");
        let (idle, ticks) = (daemon.memory(), ticks(&daemon)?);
        let (one, batch, ten) = (Vec::new(), Vec::new(), Vec::new());
        Ok(Self { site, daemon, client, idle, ticks, events: 0, one, batch, ten })
    }

    /// Milliseconds from the question to the answer.
    fn event(&mut self) -> anyhow::Result<f64> {
        let began = Instant::now();
        ensure!(self.client.run("startup", "", 60)? == 0, "an event failed");
        Ok(millis(began.elapsed()))
    }

    /// Events a second, when many are asked for at once.
    fn many(&mut self) -> anyhow::Result<f64> {
        let began = Instant::now();
        for _ in 0..BATCH {
            let args = Some("eth0 10.0.0.1 24");
            self.client.send(run_request(Some("legacy"), Some("releaseip"), args, 600, 0))?;
        }
        for _ in 0..BATCH {
            let reply = self.client.receive()?.context("the connection was closed")?;
            ensure!(reply.result == 0, "an event failed: {reply:?}");
        }
        Ok(f64::from(BATCH) / began.elapsed().as_secs_f64())
    }

    fn more_scripts(&self, there: bool) -> anyhow::Result<()> {
        for n in 1..SCRIPTS {
            match there {
                true => self.site.script(&format!("2{n}.empty"), "").map(drop)?,
                false => {
                    std::fs::remove_file(self.site.base().join(format!("events/legacy/2{n}.empty.script")))?;
                }
            }
        }
        Ok(())
    }

    /// Milliseconds of CPU time for an event with one script, the script included.
    fn cpu(&self) -> anyhow::Result<f64> {
        let ticks = ticks(&self.daemon)?.saturating_sub(self.ticks);
        let hertz = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK)?.context("no clock ticks")?;
        Ok(u32::try_from(ticks).map(f64::from)? * 1e3
            / f64::from(i32::try_from(hertz)?)
            / f64::from(self.events))
    }
}

/// CPU time of a daemon and of the scripts that it has collected.
fn ticks(daemon: &EventDaemon) -> anyhow::Result<u64> {
    let stat = std::fs::read_to_string(format!("/proc/{}/stat", daemon.pid()))?;
    let fields = stat.rsplit_once(") ").context("no stat")?.1.split(' ');
    fields.skip(11).take(4).map(|field| Ok(field.parse::<u64>()?)).sum()
}

/// Both take turns with each single event, so that a machine that is busy for a while spoils both.
fn round(subjects: &mut [Subject; 2], script: &mut Vec<f64>) -> anyhow::Result<()> {
    for _ in 0..EVENTS {
        for subject in subjects.iter_mut() {
            let took = subject.event()?;
            subject.one.push(took);
            subject.events += 1;
        }
        script.push(bare(&subjects[0].site)?);
    }
    for _ in 0..BATCHES {
        for subject in subjects.iter_mut() {
            let rate = subject.many()?;
            subject.batch.push(rate);
            subject.events += BATCH;
        }
    }
    Ok(())
}

/// The same with several scripts.
fn round_of_many_scripts(subjects: &mut [Subject; 2]) -> anyhow::Result<()> {
    subjects.iter().try_for_each(|subject| subject.more_scripts(true))?;
    for _ in 0..EVENTS / SCRIPTS {
        for subject in subjects.iter_mut() {
            let took = subject.event()?;
            subject.ten.push(took);
        }
    }
    subjects.iter().try_for_each(|subject| subject.more_scripts(false))
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// The script by itself, started here.
fn bare(site: &EventSite) -> anyhow::Result<f64> {
    let script = site.base().join("events/legacy/10.empty.script");
    let began = Instant::now();
    let status = Command::new(script).arg("startup").stdin(Stdio::null()).stdout(Stdio::null()).status()?;
    ensure!(status.success(), "the script failed");
    Ok(millis(began.elapsed()))
}

/// The table, in Markdown.
pub(crate) fn compare(rounds: usize) -> anyhow::Result<String> {
    let mut subjects = [Subject::start(Kind::Theirs)?, Subject::start(Kind::Ours)?];
    let mut script = Vec::new();
    for _ in 0..rounds {
        round(&mut subjects, &mut script)?;
    }
    let cpu = [subjects[0].cpu()?, subjects[1].cpu()?];
    for _ in 0..rounds {
        round_of_many_scripts(&mut subjects)?;
    }
    let [theirs, ours] = subjects;
    let mut out = String::new();
    writeln!(out, "| | C's ctdb-eventd | ctdb-eventd | ratio |\n|---|---|---|---|")?;
    let mut row = |what: &str, of: &dyn Fn(&Subject) -> &Vec<f64>| {
        let [c, r] = [&theirs, &ours].map(|subject| Spread::of(of(subject).iter().copied()));
        writeln!(out, "| {what} | {} | {} | {:.2} |", c.show(2), r.show(2), r.0 / c.0)
    };
    row("an event with one empty script, ms", &|subject| &subject.one)?;
    row(&format!("an event with {SCRIPTS} empty scripts, ms"), &|subject| &subject.ten)?;
    row(&format!("events each second, {BATCH} asked for at once"), &|subject| &subject.batch)?;
    writeln!(
        out,
        "| CPU time of an event, its script included, ms | {:.2} | {:.2} | {:.2} |",
        cpu[0],
        cpu[1],
        cpu[1] / cpu[0]
    )?;
    let (idle, after) = ([theirs.idle, ours.idle], [theirs.daemon.memory(), ours.daemon.memory()]);
    for (what, [c, r]) in [("resident memory after the start, KiB", idle), ("and at the end, KiB", after)] {
        writeln!(out, "| {what} | {c} | {r} | |")?;
    }
    writeln!(
        out,
        "\nThe empty script alone, started by this program: {} ms.",
        Spread::of(script.into_iter()).show(2)
    )?;
    Ok(out)
}
