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
/// Events that are asked for all at once.
const BATCH: u32 = 500;
/// What an event with several scripts has.
const SCRIPTS: usize = 10;

struct Subject {
    site: EventSite,
    daemon: EventDaemon,
    client: EventClient,
    idle: u64,
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
        let idle = daemon.memory();
        Ok(Self { site, daemon, client, idle, one: Vec::new(), batch: Vec::new(), ten: Vec::new() })
    }

    /// Milliseconds from the question to the answer.
    fn event(&mut self) -> anyhow::Result<f64> {
        let began = Instant::now();
        ensure!(self.client.run("startup", "", 60)? == 0, "an event failed");
        Ok(millis(began.elapsed()))
    }

    fn round(&mut self) -> anyhow::Result<()> {
        for _ in 0..EVENTS {
            let took = self.event()?;
            self.one.push(took);
        }
        let began = Instant::now();
        for _ in 0..BATCH {
            self.client.send(run_request(
                Some("legacy"),
                Some("releaseip"),
                Some("eth0 10.0.0.1 24"),
                600,
                0,
            ))?;
        }
        for _ in 0..BATCH {
            let reply = self.client.receive()?.context("the connection was closed")?;
            ensure!(reply.result == 0, "an event failed: {reply:?}");
        }
        self.batch.push(f64::from(BATCH) / began.elapsed().as_secs_f64());
        for n in 1..SCRIPTS {
            self.site.script(&format!("2{n}.empty"), "")?;
        }
        for _ in 0..EVENTS / SCRIPTS {
            let took = self.event()?;
            self.ten.push(took);
        }
        for n in 1..SCRIPTS {
            std::fs::remove_file(self.site.base().join(format!("events/legacy/2{n}.empty.script")))?;
        }
        Ok(())
    }
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
    let (mut theirs, mut ours) = (Subject::start(Kind::Theirs)?, Subject::start(Kind::Ours)?);
    let mut script = Vec::new();
    for _ in 0..rounds {
        theirs.round()?;
        ours.round()?;
        for _ in 0..EVENTS {
            script.push(bare(&ours.site)?);
        }
    }
    let mut out = String::new();
    writeln!(out, "| | C's ctdb-eventd | ctdb-eventd | ratio |\n|---|---|---|---|")?;
    let mut row = |what: &str, of: &dyn Fn(&Subject) -> &Vec<f64>| {
        let [c, r] = [&theirs, &ours].map(|subject| Spread::of(of(subject).iter().copied()));
        writeln!(out, "| {what} | {} | {} | {:.2} |", c.show(2), r.show(2), r.0 / c.0)
    };
    row("an event with one empty script, ms", &|subject| &subject.one)?;
    row(&format!("an event with {SCRIPTS} empty scripts, ms"), &|subject| &subject.ten)?;
    row(&format!("events each second, {BATCH} asked for at once"), &|subject| &subject.batch)?;
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
