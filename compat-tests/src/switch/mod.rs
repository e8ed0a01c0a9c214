//! A switch between network namespaces that is a program: it delays, loses, reorders and cuts, in each direction, from a seed.
//!
//! The kernel's own means (`tc netem`) are not there on every machine. The decisions are in `fabric`, the interfaces in
//! `tun`, the loop in `program`; what a test says to it is [`Switch`].

mod fabric;
mod program;
mod tun;

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

pub use fabric::{Counts, Fabric, Rule};
pub use program::main;

use crate::binaries::binary;
use crate::error::{Error, Result, io_at};
use crate::wait::wait_until;
use crate::warden::{Site, Spec, Stdin, Tree};

/// How long the switch may take to be there, or to answer.
const PROMPT: Duration = Duration::from_secs(20);

/// A running switch.
pub(crate) struct Switch {
    // Ends it when dropped.
    _tree: Arc<Tree>,
    orders: Mutex<BufReader<UnixStream>>,
}

impl Switch {
    /// What the interface of each node is called.
    pub(crate) const INTERFACE: &str = tun::NAME;

    /// Starts it between namespaces; each gets an interface without an address.
    pub(crate) fn start(site: &Site, seed: u64, ports: &[(PathBuf, String)]) -> Result<Self> {
        let socket = site.dir().join("switch.socket");
        let log = site.dir().join("switch.log");
        let mut args = vec![seed.to_string().into(), socket.clone().into()];
        for (namespace, address) in ports {
            args.extend([namespace.clone().into(), address.clone().into()]);
        }
        let program = binary("compat-tests", "compat-switch")?;
        let (name, env, stdin) = ("switch".to_owned(), Vec::new(), Stdin::Null);
        let tree = site.start(&Spec { name, program, args, env, stdin, log: log.clone() })?;
        let connected = wait_until(PROMPT, "the switch is there", || {
            match (tree.ended(), UnixStream::connect(&socket)) {
                (Some(how), _) => Ok(Err(how.0)),
                (None, Ok(stream)) => Ok(Ok(stream)),
                (None, Err(error)) => Err(error.to_string()),
            }
        })?;
        let command = "compat-switch".to_owned();
        let output = || std::fs::read_to_string(&log).unwrap_or_default();
        let stream = connected.map_err(|status| Error::Tool { command, status, output: output() })?;
        stream.set_read_timeout(Some(PROMPT)).map_err(io_at("the switch's socket"))?;
        Ok(Self { _tree: tree, orders: Mutex::new(BufReader::new(stream)) })
    }

    fn order(&self, line: &str) -> Result<String> {
        let mut orders = self.orders.lock().unwrap_or_else(PoisonError::into_inner);
        let at = io_at("the switch's socket");
        let mut answer = String::new();
        let order = format!("{line}\n");
        let asked = orders.get_mut().write_all(order.as_bytes()).and_then(|()| orders.read_line(&mut answer));
        asked.map_err(at)?;
        Ok(answer.trim_end().to_owned())
    }

    /// From now on packets from one node to another, `None` being all, go by this rule.
    pub(crate) fn set(&self, from: Option<usize>, to: Option<usize>, rule: Rule) -> Result<()> {
        let node = |node: Option<usize>| node.map_or("*".to_owned(), |node| node.to_string());
        let Rule { cut, loss_ppm, delay, jitter } = rule;
        let (cut, delay, jitter) = (u8::from(cut), delay.as_micros(), jitter.as_micros());
        let line = format!("set {} {} {cut} {loss_ppm} {delay} {jitter}", node(from), node(to));
        match self.order(&line)?.as_str() {
            "ok" => Ok(()),
            other => {
                Err(Error::Tool { command: line, status: "refused".to_owned(), output: other.to_owned() })
            }
        }
    }

    /// What became of packets.
    pub(crate) fn counts(&self) -> Result<Counts> {
        let answer = self.order("counts")?;
        let numbers: Vec<u64> = answer.split(' ').filter_map(|word| word.parse().ok()).collect();
        match numbers[..] {
            [passed, dropped, strayed] => Ok(Counts { passed, dropped, strayed }),
            _ => {
                Err(Error::Tool { command: "counts".to_owned(), status: "answer".to_owned(), output: answer })
            }
        }
    }
}
