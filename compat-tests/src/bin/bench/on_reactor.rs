//! Ends of the bus on the reactor, for the same measurements as those on tokio.

use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use bus::calls::{CallId, Effect, Input, News, SubscriptionId};
use bus::{Address, Daemon, Node};
use bus_sockets::{End, Event, Joining};
use bytes::Bytes;
use reactor::{Mailer, Reactor, Token, mailbox};

use crate::bus::{BATCH, PATIENCE, TIME, named};
use crate::report::Spread;

const MAILBOX: Token = Token(0);

/// Those of an end begin here.
const FIRST: u64 = 1;

fn join(dir: &Path, daemon: Daemon) -> anyhow::Result<(Reactor, End)> {
    let reactor = Reactor::new()?;
    let joining = Joining { dir: dir.to_owned(), daemon, release: "bench".to_owned(), features: 0 };
    let end = End::join(&reactor, FIRST, joining)?;
    Ok((reactor, end))
}

/// Serves the same bytes until it is asked for number 2.
fn server(dir: &Path, daemon: Daemon) -> anyhow::Result<JoinHandle<anyhow::Result<()>>> {
    let (dir, (ready, is_ready)) = (dir.to_owned(), mpsc::channel());
    let thread = std::thread::spawn(move || {
        let (mut reactor, mut end) = join(&dir, daemon)?;
        end.input(Input::Serve(true));
        ready.send(())?;
        let mut last = false;
        while !last {
            end.turn(&mut reactor, None)?;
            while let Some(event) = end.poll() {
                if let Event::Calls(Effect::Request { request, number, body, .. }) = event {
                    last = number == 2;
                    end.input(Input::Reply { request, answer: Ok(body) });
                }
            }
        }
        end.leave(&reactor);
        Ok(())
    });
    is_ready.recv_timeout(PATIENCE)?;
    Ok(thread)
}

/// Round trips by calls.
pub(crate) struct Calls {
    reactor: Reactor,
    end: End,
    to: Address,
    last: u64,
    server: Option<JoinHandle<anyhow::Result<()>>>,
}

impl Calls {
    pub(crate) fn start(dir: &Path, instance: u32) -> anyhow::Result<Self> {
        let (mine, theirs) = (named("asker", instance)?, named("server", instance)?);
        let server = Some(server(dir, theirs)?);
        let (reactor, end) = join(dir, mine)?;
        Ok(Self { reactor, end, to: Address { node: Node::LOCAL, daemon: theirs }, last: 0, server })
    }

    fn call(&mut self, number: u32, body: Bytes) -> anyhow::Result<Bytes> {
        self.last += 1;
        let id = CallId(self.last);
        self.end.begin();
        self.end.input(Input::Call { id, to: self.to, number, body, patience: PATIENCE });
        loop {
            self.end.turn(&mut self.reactor, None)?;
            while let Some(event) = self.end.poll() {
                if let Event::Calls(Effect::Answered { id: of, result }) = event {
                    ensure!(of == id, "the end of another call");
                    return Ok(result?);
                }
            }
        }
    }

    /// The median of round trips, in microseconds.
    pub(crate) fn trips(&mut self, body: &Bytes) -> anyhow::Result<f64> {
        let (begun, mut times) = (Instant::now(), Vec::new());
        while begun.elapsed() < TIME {
            let start = Instant::now();
            let answer = self.call(1, body.clone())?;
            times.push(start.elapsed().as_secs_f64() * 1e6);
            if answer.len() != body.len() {
                bail!("{} bytes came back", answer.len());
            }
        }
        Ok(Spread::of(times.into_iter()).median())
    }

    pub(crate) fn end(mut self) -> anyhow::Result<()> {
        self.call(2, Bytes::new())?;
        match self.server.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            _ => bail!("the server panicked"),
        }
    }
}

/// Takes events until the last one, and says after each batch that it has them; gives back how many were lost.
fn subscriber(dir: &Path, daemon: Daemon, to: Address, progress: &Mailer<()>) -> anyhow::Result<u64> {
    let (mut reactor, mut end) = join(dir, daemon)?;
    end.input(Input::Subscribe { id: SubscriptionId(1), to, prefix: String::new() });
    let (mut count, mut lost) = (0, 0);
    let tell = || progress.send(()).map_err(|_| anyhow::anyhow!("nobody waits for the subscribers"));
    loop {
        end.turn(&mut reactor, None)?;
        while let Some(event) = end.poll() {
            let Event::Calls(Effect::News { news, .. }) = event else { continue };
            match news {
                News::Up => tell()?,
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
                tell()?;
            }
        }
    }
}

/// Events of one publisher to so many subscribers: told per second, and how many were lost.
pub(crate) fn events(dir: &Path, subscribers: u32) -> anyhow::Result<(f64, u64)> {
    let publisher = named("publisher", subscribers)?;
    let to = Address { node: Node::LOCAL, daemon: publisher };
    let (mut reactor, mut end) = join(dir, publisher)?;
    let (progress, came) = mailbox(&reactor, MAILBOX, 1000)?;
    let mut threads = Vec::new();
    for n in 0..subscribers {
        let (dir, progress) = (dir.to_owned(), progress.clone());
        let daemon = named("subscriber", subscribers * 100 + n)?;
        threads.push(std::thread::spawn(move || subscriber(&dir, daemon, to, &progress)));
    }
    let mut waiting = |end: &mut End| {
        let (mut left, begun) = (usize::try_from(subscribers)?, Instant::now());
        while left > 0 {
            let patience = if came.sleep() { PATIENCE } else { Duration::ZERO };
            end.turn(&mut reactor, Some(patience))?;
            while end.poll().is_some() {}
            left = left.saturating_sub(came.take().len());
            ensure!(begun.elapsed() < PATIENCE, "{left} subscribers are behind");
        }
        anyhow::Ok(())
    };
    waiting(&mut end)?;
    let (begun, mut told) = (Instant::now(), 0_u32);
    while begun.elapsed() < TIME * 2 {
        for _ in 0..BATCH {
            end.input(Input::Publish { topic: "bench.event".to_owned(), body: Bytes::from_static(&[7; 64]) });
        }
        told += BATCH;
        waiting(&mut end)?;
    }
    let rate = f64::from(told) / begun.elapsed().as_secs_f64();
    end.input(Input::Publish { topic: "end".to_owned(), body: Bytes::new() });
    let mut lost = 0;
    // The last event must get away, if there was no room for it at once.
    for thread in threads {
        while !thread.is_finished() {
            end.turn(&mut reactor, Some(Duration::from_millis(1)))?;
        }
        lost += thread.join().map_err(|_| anyhow::anyhow!("a subscriber panicked"))??;
    }
    Ok((rate, lost))
}
