//! Calls and events between daemons of one node, beside a ping-pong of raw Unix datagrams of the same sizes.
//!
//! Each end has a thread of its own, as a daemon has, on tokio or on the reactor. Raw datagrams, the least that a loop over
//! them costs, and the two drivers take turns within a round, and a ratio is taken within one. `bench bus` measures this alone.

use std::fmt::Write;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, bail};
use bus::calls::News;
use bus::{Address, Daemon, Node};
use bytes::Bytes;
use runtime::{Bus, Joining};

use crate::on_reactor;
use crate::raw::{Raw, Receiving};
use crate::report::Spread;

/// How long one way is measured in a round.
pub(crate) const TIME: Duration = Duration::from_millis(200);

/// Bodies, with what stands beside them.
const SIZES: [usize; 3] = [64, 1 << 10, 64 << 10];

/// Bodies that go as files or in pieces.
const LARGE: [usize; 5] = [128 << 10, 256 << 10, 512 << 10, 1 << 20, 4 << 20];

pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// Events that are told before anybody waits for the subscribers.
pub(crate) const BATCH: u32 = 1000;

pub(crate) fn named(name: &str, instance: u32) -> anyhow::Result<Daemon> {
    Ok(Daemon { name: name.parse()?, instance })
}

fn runtime() -> anyhow::Result<tokio::runtime::Runtime> {
    Ok(tokio::runtime::Builder::new_current_thread().enable_all().build()?)
}

fn join(dir: &Path, daemon: Daemon, pass_above: usize) -> anyhow::Result<Bus> {
    let joining = Joining { dir: dir.to_owned(), daemon, release: "bench".to_owned(), features: 0 };
    Ok(Bus::join_tuned(joining, pass_above)?)
}

/// Serves the same bytes until it is asked for number 2.
fn server(dir: &Path, daemon: Daemon, pass_above: usize) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let (dir, (ready, is_ready)) = (dir.to_owned(), mpsc::channel());
    let thread = std::thread::spawn(move || {
        runtime()?.block_on(async {
            let bus = join(&dir, daemon, pass_above)?;
            let mut requests = bus.serve().context("somebody serves already")?;
            ready.send(())?;
            while let Some(request) = requests.next().await {
                let last = request.number == 2;
                request.reply.done(request.body);
                if last {
                    // What was answered last must get away.
                    tokio::task::yield_now().await;
                    break;
                }
            }
            Ok(())
        })
    });
    is_ready.recv_timeout(PATIENCE)?;
    Ok(thread)
}

/// The median of round trips by calls, in microseconds.
struct Calls {
    runtime: tokio::runtime::Runtime,
    bus: Bus,
    to: Address,
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Calls {
    fn start(dir: &Path, instance: u32, pass_above: usize) -> anyhow::Result<Self> {
        let (mine, theirs) = (named("asker", instance)?, named("server", instance)?);
        let server = Some(server(dir, theirs, pass_above)?);
        let runtime = runtime()?;
        let bus = runtime.block_on(async { join(dir, mine, pass_above) })?;
        Ok(Self { runtime, bus, to: Address { node: Node::LOCAL, daemon: theirs }, server })
    }

    fn trips(&self, body: &Bytes) -> anyhow::Result<f64> {
        self.runtime.block_on(async {
            let (begun, mut times) = (Instant::now(), Vec::new());
            while begun.elapsed() < TIME {
                let start = Instant::now();
                let answer = self.bus.call(self.to, 1, body.clone(), PATIENCE).await?;
                times.push(start.elapsed().as_secs_f64() * 1e6);
                if answer.len() != body.len() {
                    bail!("{} bytes came back", answer.len());
                }
            }
            Ok(Spread::of(times.into_iter()).median())
        })
    }

    fn end(mut self) -> anyhow::Result<()> {
        let last = self.bus.call(self.to, 2, Bytes::new(), PATIENCE);
        self.runtime.block_on(last)?;
        match self.server.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => bail!("the server panicked"),
        }
    }
}

/// Events of one publisher to so many subscribers: told per second, and how many were lost.
fn events(dir: &Path, subscribers: u32) -> anyhow::Result<(f64, u64)> {
    let publisher = named("publisher", subscribers)?;
    let to = Address { node: Node::LOCAL, daemon: publisher };
    let (progress, came) = mpsc::channel();
    let runtime = runtime()?;
    let bus = runtime.block_on(async { join(dir, publisher, bus::PASS_ABOVE) })?;
    let mut threads = Vec::new();
    for n in 0..subscribers {
        let (dir, progress) = (dir.to_owned(), progress.clone());
        let daemon = named("subscriber", subscribers * 100 + n)?;
        threads.push(std::thread::spawn(move || -> anyhow::Result<u64> {
            crate::bus::runtime()?.block_on(async {
                let mut news = join(&dir, daemon, bus::PASS_ABOVE)?.subscribe(to, "")?;
                let (mut count, mut lost) = (0, 0);
                loop {
                    match news.next().await {
                        News::Up => progress.send(())?,
                        News::Event { topic, .. } if topic == "end" => return Ok(lost),
                        News::Event { .. } => count += 1,
                        News::Gap(more) => {
                            lost += more.unwrap_or(1);
                            count += more.unwrap_or(1);
                        }
                        News::Down(why) => bail!("the publisher is away: {why:?}"),
                    }
                    if count >= u64::from(BATCH) {
                        count -= u64::from(BATCH);
                        progress.send(())?;
                    }
                }
            })
        }));
    }
    let rate = runtime.block_on(async {
        let waiting = async || {
            let mut left = subscribers;
            let begun = Instant::now();
            while left > 0 {
                left -= u32::try_from(came.try_iter().take(usize::try_from(left)?).count()).unwrap_or(left);
                if begun.elapsed() > PATIENCE {
                    bail!("{left} subscribers are behind");
                }
                tokio::task::yield_now().await;
            }
            Ok(())
        };
        waiting().await?;
        let (begun, mut told) = (Instant::now(), 0_u32);
        while begun.elapsed() < TIME * 2 {
            for _ in 0..BATCH {
                bus.publish("bench.event", Bytes::from_static(&[7; 64]))?;
            }
            told += BATCH;
            waiting().await?;
        }
        let rate = f64::from(told) / begun.elapsed().as_secs_f64();
        bus.publish("end", Bytes::new())?;
        anyhow::Ok(rate)
    })?;
    let mut lost = 0;
    // The last event must get away: the runtime has to run for that.
    for thread in threads {
        while !thread.is_finished() {
            runtime.block_on(tokio::task::yield_now());
        }
        lost += thread.join().map_err(|_| anyhow::anyhow!("a subscriber panicked"))??;
    }
    Ok((rate, lost))
}

/// All tables.
pub(crate) fn compare(rounds: usize) -> anyhow::Result<String> {
    let dir = tempfile::tempdir()?;
    let dir = dir.path().join("bus");
    let mut out = String::new();
    let wanted = "on the reactor at most 1.8 wanted up to 1 KiB";
    writeln!(out, "Round trip of a call in microseconds; ratio to raw, {wanted}:\n")?;
    writeln!(
        out,
        "| body | raw datagrams | in a loop | ratio | on tokio | ratio | on the reactor | ratio |"
    )?;
    writeln!(out, "|---:|---:|---:|---:|---:|---:|---:|---:|")?;
    let (mut raw, mut looped) = (Raw::start(Receiving::Blocks)?, Raw::start(Receiving::Looks)?);
    let calls = Calls::start(&dir, 0, bus::PASS_ABOVE)?;
    let mut hot = on_reactor::Calls::start(&dir, 3)?;
    for size in SIZES {
        let body = Bytes::from(vec![7; size]);
        let mut all = Vec::new();
        // The first round warms up and is not counted.
        for round in 0..=rounds {
            let raw = [raw.trips(&body)?, looped.trips(&body)?];
            let times = [raw[0], raw[1], calls.trips(&body)?, hot.trips(&body)?];
            if round > 0 {
                all.push(times);
            }
        }
        let times = |which: usize| Spread::of(all.iter().map(|times| times[which])).show(1);
        let ratio = |which: usize| Spread::of(all.iter().map(|times| times[which] / times[0])).show(2);
        write!(out, "| {size} B | {} |", times(0))?;
        for which in 1..=3 {
            write!(out, " {} | {} |", times(which), ratio(which))?;
        }
        out.push('\n');
    }
    raw.end()?;
    looped.end()?;
    calls.end()?;
    hot.end()?;

    writeln!(out, "\nRound trip of a large body in microseconds, as a file and in pieces:\n")?;
    writeln!(out, "| body | as a file | in pieces | ratio |\n|---:|---:|---:|---:|")?;
    let (files, pieces) = (Calls::start(&dir, 1, 64 << 10)?, Calls::start(&dir, 2, usize::MAX)?);
    for size in LARGE {
        let body = Bytes::from(vec![7; size]);
        let mut all = Vec::new();
        for round in 0..=rounds {
            let pair = (files.trips(&body)?, pieces.trips(&body)?);
            if round > 0 {
                all.push(pair);
            }
        }
        let spread = |pick: fn(&(f64, f64)) -> f64| Spread::of(all.iter().map(pick));
        let ratio = spread(|(file, pieces)| file / pieces).show(2);
        let size = size >> 10;
        writeln!(
            out,
            "| {size} KiB | {} | {} | {ratio} |",
            spread(|p| p.0).show(0),
            spread(|p| p.1).show(0)
        )?;
    }
    files.end()?;
    pieces.end()?;

    writeln!(out, "\nEvents of 64 bytes, told by one publisher; each subscriber takes every one:\n")?;
    writeln!(
        out,
        "| subscribers | told per second on tokio | on the reactor | ratio, at least 2 wanted | lost |"
    )?;
    writeln!(out, "|---:|---:|---:|---:|---:|")?;
    for subscribers in [1, 10] {
        let (mut rates, mut lost) = (Vec::new(), 0);
        for round in 0..=rounds {
            let ((tokio, gone), (hot, more)) =
                (events(&dir, subscribers)?, on_reactor::events(&dir, subscribers)?);
            if round > 0 {
                rates.push((tokio, hot));
                lost += gone + more;
            }
        }
        let spread = |pick: fn(&(f64, f64)) -> f64| Spread::of(rates.iter().map(pick));
        let (tokio, hot) = (spread(|rates| rates.0).show(0), spread(|rates| rates.1).show(0));
        let ratio = spread(|(tokio, hot)| hot / tokio).show(2);
        writeln!(out, "| {subscribers} | {tokio} | {hot} | {ratio} | {lost} |")?;
    }
    Ok(out)
}
