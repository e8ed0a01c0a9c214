//! The addresses on the interfaces of all nodes, looked at one directly behind the other.

use std::fs::File;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use anyhow::Context as _;
use judge::history::What;
use nix::ifaddrs::getifaddrs;
use nix::net::if_::InterfaceFlags;
use nix::sched::{CloneFlags, setns};

use super::{Seen, repeat};
use crate::book::Paper;

const PAUSE: Duration = Duration::from_millis(50);

/// In a thread of its own, for it goes from namespace to namespace.
pub(super) fn look(nodes: &[Seen], paper: &Paper, ends: &AtomicBool) -> anyhow::Result<()> {
    let mut spaces = Vec::new();
    for seen in nodes {
        if let Some(path) = &seen.namespace {
            let file = File::open(path).with_context(|| path.display().to_string())?;
            spaces.push((seen.node, file));
        }
    }
    repeat(ends, PAUSE, || {
        let mut by = Vec::new();
        for (node, space) in &spaces {
            setns(space, CloneFlags::CLONE_NEWNET).context("entering a network namespace")?;
            by.push((*node, here()?));
        }
        Ok(paper.say(What::Held { by })?)
    })
}

/// All addresses of this namespace but those of its loopback interface.
fn here() -> nix::Result<Vec<String>> {
    let mut all = Vec::new();
    for each in getifaddrs()?.filter(|each| !each.flags.contains(InterfaceFlags::IFF_LOOPBACK)) {
        let Some(address) = each.address else { continue };
        let v4 = address.as_sockaddr_in().map(|address| address.ip().to_string());
        all.extend(v4.or_else(|| address.as_sockaddr_in6().map(|address| address.ip().to_string())));
    }
    Ok(all)
}
