//! The site warden, both ends: `guard` runs in the warden, [`Site`] in the test.
//!
//! A site is a directory below the system's temporary directory and a loopback network 127.X.Y.0/24. The network is
//! claimed by binding an abstract Unix socket of its name: the kernel lets one process hold it and frees it when that
//! process is gone, so that no two clusters ever share addresses and no lock file can go stale.
//! Lines from the warden: `net 127.X.Y`, `dir PATH`, at the end `saved PATH`. Lines to it: `save` or `discard`; a test
//! that dies without a word gets its logs saved.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Write};
use std::net::{Ipv4Addr, TcpListener};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use nix::unistd::setsid;

use super::{Spec, Tree, say};
use crate::error::{Error, Result, io_at};

/// ctdbd's port between nodes.
const CTDB_PORT: u16 = 4379;
/// The second octets in use; lower ones are left to clusters that people start by hand.
const NETS: std::ops::RangeInclusive<u8> = 100..=199;
/// Held shared by every tree of the site.
const LOCK: &str = "alive";

// ---- in the warden

pub(super) fn guard(save_to: &Path) -> io::Result<()> {
    setsid().map_err(io::Error::from)?;
    let (_claim, net) = claim_net()?;
    let dir = tempfile::Builder::new().prefix("tablecloth-").tempdir()?.keep();
    let lock = File::create(dir.join(LOCK))?;
    say(&format!("net {net}"));
    say(&format!("dir {}", dir.display()));

    let mut save = true;
    for line in io::stdin().lines() {
        match line.as_deref() {
            Ok("discard") => save = false,
            Ok("save") => save = true,
            _ => break,
        }
    }
    // The trees end by themselves when the test does; the last of them lets go of the lock.
    lock.lock()?;
    if save {
        copy_logs(&dir, save_to)?;
        say(&format!("saved {}", save_to.display()));
    }
    fs::remove_dir_all(&dir)
}

/// Claims a network that no other cluster on this machine has.
fn claim_net() -> io::Result<(UnixListener, String)> {
    let nets: Vec<(u8, u8)> = NETS.flat_map(|x| (0..=255).map(move |y| (x, y))).collect();
    // A start of one's own keeps processes that start together from trying the same names in turn.
    let start = usize::try_from(std::process::id()).unwrap_or_default().wrapping_mul(7919) % nets.len();
    for (x, y) in nets.iter().cycle().skip(start).take(nets.len()) {
        let net = format!("127.{x}.{y}");
        let name = SocketAddr::from_abstract_name(format!("tablecloth-net-{net}"))?;
        match UnixListener::bind_addr(&name) {
            Ok(claim) if TcpListener::bind((Ipv4Addr::new(127, *x, *y, 1), CTDB_PORT)).is_ok() => {
                return Ok((claim, net));
            }
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
    }
    Err(io::Error::other("every loopback network is in use"))
}

/// Copies logs and configuration, not databases and sockets.
fn copy_logs(from: &Path, to: &Path) -> io::Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let (path, kind) = (entry.path(), entry.file_type()?);
        let name = entry.file_name();
        if kind.is_dir() && !["db", "run", "share"].iter().any(|skipped| name == *skipped) {
            copy_logs(&path, &to.join(name))?;
        } else if kind.is_file() && is_telling(&path) {
            fs::create_dir_all(to)?;
            fs::copy(&path, to.join(name))?;
        }
    }
    Ok(())
}

fn is_telling(path: &Path) -> bool {
    let extension = path.extension().and_then(|extension| extension.to_str());
    matches!(extension, Some("log" | "conf" | "tunables" | "pcap" | "json")) || path.ends_with("nodes")
}

// ---- in the test

/// A cluster's directory and network, and the trees that run on it.
pub(crate) struct Site {
    dir: PathBuf,
    net: String,
    warden_path: PathBuf,
    trees: Mutex<Vec<Weak<Tree>>>,
    failed: AtomicBool,
    warden: Mutex<Option<(Child, ChildStdin, BufReader<ChildStdout>)>>,
}

impl Site {
    /// Claims a site. Logs of a test that fails go to `save_to`.
    pub(crate) fn claim(warden_path: &Path, save_to: &Path) -> Result<Self> {
        let mut child = Command::new(warden_path)
            .arg("site")
            .arg(save_to)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .map_err(io_at(warden_path.display()))?;
        let trouble = |said: &str| Error::Warden { name: "the site".to_owned(), said: said.to_owned() };
        let (Some(stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(trouble("no pipes"));
        };
        let mut out = BufReader::new(stdout);
        let mut answer = |key: &str| -> Result<String> {
            let mut line = String::new();
            out.read_line(&mut line).map_err(io_at("the site's warden"))?;
            let value = line.trim_end().strip_prefix(key).and_then(|rest| rest.strip_prefix(' '));
            value.map(str::to_owned).ok_or_else(|| trouble(&line))
        };
        let net = answer("net")?;
        let dir = PathBuf::from(answer("dir")?);
        let warden = Mutex::new(Some((child, stdin, out)));
        Ok(Self {
            dir,
            net,
            warden_path: warden_path.to_owned(),
            trees: Mutex::default(),
            failed: AtomicBool::new(false),
            warden,
        })
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    /// The first three octets of the network.
    pub(crate) fn net(&self) -> &str {
        &self.net
    }

    /// Starts a program of this site.
    pub(crate) fn start(&self, spec: &Spec) -> Result<Arc<Tree>> {
        let tree = Arc::new(Tree::start(&self.warden_path, &self.dir.join(LOCK), spec)?);
        let mut trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.retain(|tree| tree.strong_count() > 0);
        trees.push(Arc::downgrade(&tree));
        Ok(tree)
    }

    /// Remembers that something went wrong here, so that the logs are worth keeping.
    pub(crate) fn mark_failed(&self) {
        self.failed.store(true, Ordering::Relaxed);
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.load(Ordering::Relaxed)
    }

    fn live_trees(&self) -> Vec<Arc<Tree>> {
        let trees = self.trees.lock().unwrap_or_else(PoisonError::into_inner);
        trees.iter().filter_map(Weak::upgrade).collect()
    }

    /// Lets everything that runs live on; the directory goes when the last of it has ended.
    pub(crate) fn leave(&self) -> Result<()> {
        for tree in self.live_trees() {
            tree.leave()?;
        }
        if let Some((_, mut stdin, _)) = self.warden.lock().unwrap_or_else(PoisonError::into_inner).take() {
            writeln!(stdin, "discard").map_err(io_at("the site's warden"))?;
        }
        Ok(())
    }

    /// Ends everything and deletes the directory; with `save` the logs are kept, and their place is returned.
    pub(crate) fn close(&self, save: bool) -> Option<PathBuf> {
        let (mut child, mut stdin, out) =
            self.warden.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        for tree in self.live_trees() {
            tree.kill();
        }
        let _ = writeln!(stdin, "{}", if save { "save" } else { "discard" });
        drop(stdin);
        let saved = out
            .lines()
            .map_while(io::Result::ok)
            .find_map(|line| line.strip_prefix("saved ").map(PathBuf::from));
        let _ = child.wait();
        saved
    }
}
