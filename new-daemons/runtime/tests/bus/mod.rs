//! Daemons on real sockets, without any tunneld: calls, events, signs of life, and what hostile or sick neighbours do.

mod calls;
mod events;
mod files;
mod many;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use bus::{Address, Daemon, Node};
use bytes::Bytes;
use protocol::common::Code;
use runtime::{Bus, Joining, Requests};

/// Nothing here takes longer unless it hangs.
const SOON: Duration = Duration::from_secs(60);

fn daemon(name: &str) -> Daemon {
    Daemon { name: name.parse().unwrap(), instance: 0 }
}

fn local(name: &str) -> Address {
    Address { node: Node::LOCAL, daemon: daemon(name) }
}

fn join(dir: &Path, daemon: Daemon) -> Bus {
    let joining = Joining { dir: dir.to_owned(), daemon, release: "test".to_owned(), features: 0 };
    Bus::join(joining).unwrap()
}

/// A bus directory of its own.
struct Place {
    dir: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.dir.path().join("bus")
    }

    fn socket(&self, name: &str) -> PathBuf {
        self.path().join(format!("{name}.0"))
    }

    fn bus(&self, name: &str) -> Bus {
        join(&self.path(), daemon(name))
    }

    /// One that answers what it is asked with the same bytes.
    fn echo(&self, name: &str) -> Bus {
        let bus = self.bus(name);
        tokio::spawn(echo(bus.serve().unwrap()));
        bus
    }
}

async fn echo(mut requests: Requests) {
    while let Some(request) = requests.next().await {
        match request.number {
            1 => request.reply.done(request.body),
            2 => drop(request.reply),
            3 => request.reply.refuse(Code::Denied, "not you"),
            _ => {
                tokio::spawn(async move {
                    request.reply.withdrawn().await;
                });
            }
        }
    }
}

async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(SOON, future).await.expect("this hangs")
}

/// A condition that comes true, or the test fails with what was seen last.
async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Result<T, String>) -> T {
    let deadline = Instant::now() + SOON;
    let mut turn = tokio::time::interval(Duration::from_millis(20));
    loop {
        match look().await {
            Ok(value) => return value,
            Err(last) => assert!(Instant::now() < deadline, "not within {SOON:?}: {what}; last seen: {last}"),
        }
        turn.tick().await;
    }
}

#[tokio::test]
async fn whoever_is_on_the_bus_is_told_when_nobody_reads_there_any_more_and_may_join_anew() {
    let place = Place::new();
    let below = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let bus = {
        let _below = below.enter();
        place.bus("alpha")
    };
    let mut lost = Box::pin(bus.lost());
    let early = tokio::time::timeout(Duration::ZERO, &mut lost).await;
    assert!(early.is_err(), "it reads still");
    below.shutdown_background();
    within(lost).await;
    let again = place.echo("alpha");
    let answer = place.bus("beta").call(local("alpha"), 1, pattern(9), SOON).await;
    assert_eq!(answer.unwrap(), pattern(9));
    drop((bus, again));
}

fn pattern(len: usize) -> Bytes {
    (0..len).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect()
}
