//! What can be seen of a cluster from outside, again and again: what each node says of it, how large its daemons are, and
//! which addresses are on its interfaces.
//!
//! Each kind of sample has a thread of its own, so that a daemon that does not answer holds up no other look.

mod addresses;
mod sizes;
mod views;

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::LocalSet;

pub use sizes::of_node;

use crate::book::Paper;
use crate::options;

/// A node that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// Its number.
    pub node: u32,
    /// The socket of its ctdbd.
    pub socket: PathBuf,
    /// Its directory, by which its daemons are known: `CTDB_BASE`.
    pub base: PathBuf,
    /// Its network namespace.
    pub namespace: Option<PathBuf>,
}

impl std::str::FromStr for Seen {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut parts = text.split(':');
        let (Some(node), Some(socket), Some(base), namespace, None) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err("NODE:SOCKET:DIRECTORY or NODE:SOCKET:DIRECTORY:NAMESPACE is wanted".to_owned());
        };
        let node = node.parse().map_err(|error| format!("{node}: {error}"))?;
        let (socket, base, namespace) = (socket.into(), base.into(), namespace.map(PathBuf::from));
        Ok(Self { node, socket, base, namespace })
    }
}

/// Calls `look` again and again until it is time to end. A look that takes longer than the pause is followed by the next.
fn repeat(
    ends: &AtomicBool,
    pause: Duration,
    mut look: impl FnMut() -> anyhow::Result<()>,
) -> anyhow::Result<()> {
    while !ends.load(Ordering::Acquire) {
        let begun = std::time::Instant::now();
        look()?;
        thread::park_timeout(pause.saturating_sub(begun.elapsed()));
    }
    Ok(())
}

/// Looks until SIGTERM comes.
///
/// # Errors
/// When the history cannot be written, or a namespace cannot be entered at all.
pub async fn run(options: &options::Sample) -> anyhow::Result<()> {
    let at = || options.history.display().to_string();
    let (paper, _) = Paper::open(&options.history).with_context(at)?;
    let mut asked = signal(SignalKind::terminate())?;
    let ends = Arc::new(AtomicBool::new(false));
    let mut threads = Vec::new();
    let nodes = options.nodes.clone();
    threads.push(spawn("sizes", &paper, &ends, move |paper, ends| sizes::look(&nodes, paper, ends))?);
    if options.nodes.iter().any(|seen| seen.namespace.is_some()) {
        let nodes = options.nodes.clone();
        threads.push(spawn("addresses", &paper, &ends, move |paper, ends| {
            addresses::look(&nodes, paper, ends)
        })?);
    }
    let views = LocalSet::new();
    let looking = options.nodes.iter().map(|seen| views::look(seen, &paper));
    let failed = tokio::select! {
        failed = views.run_until(futures_util::future::select_all(looking.map(Box::pin))) => failed.0,
        _ = asked.recv() => Ok(()),
    };
    ends.store(true, Ordering::Release);
    for thread in threads {
        thread.thread().unpark();
        thread.join().map_err(|_| anyhow!("a look panicked"))??;
    }
    failed
}

type Looking = thread::JoinHandle<anyhow::Result<()>>;

fn spawn(
    name: &str,
    paper: &Paper,
    ends: &Arc<AtomicBool>,
    look: impl FnOnce(&Paper, &AtomicBool) -> anyhow::Result<()> + Send + 'static,
) -> std::io::Result<Looking> {
    let (paper, ends) = (paper.clone(), Arc::clone(ends));
    thread::Builder::new().name(name.to_owned()).spawn(move || look(&paper, &ends))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_is_named_with_its_socket_its_directory_and_perhaps_its_namespace() {
        let seen: Seen = "2:/run/s:/base".parse().unwrap();
        assert_eq!((seen.node, seen.namespace), (2, None));
        let seen: Seen = "2:/run/s:/base:/proc/7/ns/net".parse().unwrap();
        assert_eq!(seen.namespace, Some("/proc/7/ns/net".into()));
        for bad in ["", "2", "2:/s", "x:/s:/b", "2:/s:/b:/n:more"] {
            assert!(bad.parse::<Seen>().is_err(), "{bad}");
        }
    }
}
