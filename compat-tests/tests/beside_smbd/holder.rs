//! Programs that have the lock of a database, or wait for it, until they are let go: they read their standard input.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::symlink;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use compat_tests::{Cluster, Node, Smbd, Tool, product, wait_until};

use super::{SOON, json};

/// A persistent database that file servers and `net` use.
pub(crate) const DATABASE: &str = "registry.tdb";

/// The name of the lock of a database.
pub(crate) fn lock_name(node: &Node, database: &str) -> String {
    let id = json(node, &["db", "info", database])["id"].as_str().unwrap().to_owned();
    format!("transaction_db_{id}")
}

/// How long the record of a lock is; 0 when there is none.
pub(crate) fn lock_len(node: &Node, name: &str) -> usize {
    let key = name.bytes().chain([0]).fold(String::from("0x"), |text, byte| format!("{text}{byte:02x}"));
    let seen = json(node, &["db", "key", "get", "g_lock.tdb", &key]);
    if seen["found"] == false {
        return 0;
    }
    usize::try_from(seen["data"]["size"].as_u64().unwrap()).unwrap()
}

/// A program at work.
pub(crate) struct Running {
    child: Child,
    stdin: Option<ChildStdin>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let stdin = child.stdin.take();
        Self { child, stdin }
    }

    /// Our own `ctdb ptrans`, which reads its changes while it has the lock; returns when it has it.
    pub(crate) fn our_transaction(cluster: &Cluster, pnn: usize) -> Self {
        let ours = cluster.dir().join("ours");
        std::fs::create_dir_all(&ours).unwrap();
        let program = ours.join("ctdb");
        if !program.exists() {
            symlink(product("ctdbctl").unwrap(), &program).unwrap();
        }
        Self::transaction(cluster.node(pnn), Command::new(program))
    }

    /// The same of the C tool.
    pub(crate) fn transaction_of_c(cluster: &Cluster, pnn: usize) -> Self {
        Self::transaction(cluster.node(pnn), Command::new(Tool::Ctdb.path().unwrap()))
    }

    fn transaction(node: &Node, mut command: Command) -> Self {
        let name = lock_name(node, DATABASE);
        command.args(["ptrans", DATABASE]).envs(node.env());
        let running = Self::start(command);
        wait_until(SOON, "the lock is held", || match lock_len(node, &name) {
            0 => Err("no record"),
            _ => Ok(()),
        })
        .unwrap();
        running
    }

    /// `net g_lock do`, which has the lock while its command runs; returns when it has it.
    pub(crate) fn lock_of_samba(smbd: &Smbd, name: &str) -> Self {
        let words = ["g_lock", "do", name, "60000", "echo held; cat >/dev/null"];
        let mut running = Self::start(smbd.net_command(&words).unwrap());
        let mut line = String::new();
        BufReader::new(running.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "held\n");
        running
    }

    pub(crate) fn write(&mut self, text: &str) {
        self.stdin.as_mut().unwrap().write_all(text.as_bytes()).unwrap();
    }

    /// Ends its standard input, and waits until it has ended well; says how long that took.
    #[track_caller]
    pub(crate) fn let_go(mut self) -> Duration {
        let start = Instant::now();
        drop(self.stdin.take());
        self.ended();
        start.elapsed()
    }

    /// Waits until it has ended well.
    #[track_caller]
    pub(crate) fn ended(&mut self) {
        let status = wait_until(SOON, "it ends", || self.child.try_wait().unwrap().ok_or("it runs")).unwrap();
        assert!(status.success(), "{status}");
    }

    pub(crate) fn runs(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
