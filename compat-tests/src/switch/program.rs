//! The program `compat-switch`: interfaces, a socket for orders, and the fabric between them.
//!
//! Orders are lines: `set FROM TO CUT LOSS_PPM DELAY_US JITTER_US`, each node a number or `*`; `counts`. Each is answered by a
//! line. It ends when its warden does.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::fabric::{Fabric, Rule};
use super::tun;

/// Larger than any packet of an interface.
const PACKET: usize = 65_536;
/// Packets of a node before the others have their turn.
const TURN: usize = 64;

/// Runs it: `SEED SOCKET (NAMESPACE ADDRESS)...`.
///
/// # Errors
/// Whatever kept it from going on.
pub fn main(mut args: impl Iterator<Item = OsString>) -> io::Result<()> {
    let usage = || io::Error::other("usage: SEED SOCKET (NAMESPACE ADDRESS)...");
    let seed = args.next().and_then(|seed| seed.to_str()?.parse().ok()).ok_or_else(usage)?;
    let socket = PathBuf::from(args.next().ok_or_else(usage)?);
    let mut ports = Vec::new();
    let mut homes = Vec::new();
    while let Some(namespace) = args.next() {
        let address = args.next().and_then(|address| address.to_str()?.parse().ok()).ok_or_else(usage)?;
        ports.push(tun::open(&PathBuf::from(namespace))?);
        homes.push(address);
    }
    let mut fabric = Fabric::new(ports.len(), seed);
    homes.into_iter().enumerate().for_each(|(node, address)| fabric.home(address, node));
    // Whoever finds the socket finds the interfaces, too.
    let listener = UnixListener::bind(&socket)?;
    listener.set_nonblocking(true)?;
    Switch { ports, fabric, listener, masters: Vec::new(), start: Instant::now() }.run()
}

struct Switch {
    ports: Vec<File>,
    fabric: Fabric,
    listener: UnixListener,
    masters: Vec<Master>,
    start: Instant,
}

/// Whoever gives orders, and the part of a line that has come so far.
struct Master {
    stream: BufReader<UnixStream>,
    line: String,
}

impl Switch {
    fn run(&mut self) -> io::Result<()> {
        loop {
            self.wait()?;
            self.orders();
            self.read()?;
            self.write();
        }
    }

    fn now(&self) -> Duration {
        self.start.elapsed()
    }

    fn wait(&self) -> io::Result<()> {
        let fds = self.ports.iter().map(AsFd::as_fd).chain([self.listener.as_fd()]);
        let fds = fds.chain(self.masters.iter().map(|master| master.stream.get_ref().as_fd()));
        let mut fds: Vec<PollFd<'_>> = fds.map(|fd| PollFd::new(fd, PollFlags::POLLIN)).collect();
        let left = self.fabric.deadline().map(|due| due.saturating_sub(self.now()));
        // A millisecond is what poll counts in; a packet that is due within one is due.
        let timeout = left.map_or(PollTimeout::NONE, |left| {
            PollTimeout::try_from(left.as_millis()).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut fds, timeout) {
            Ok(_) | Err(nix::errno::Errno::EINTR) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    fn read(&mut self) -> io::Result<()> {
        let mut packet = vec![0; PACKET];
        let now = self.now();
        for (node, port) in self.ports.iter_mut().enumerate() {
            for _ in 0..TURN {
                match port.read(&mut packet) {
                    Ok(length) => self.fabric.take(now, node, &packet[..length]),
                    Err(error) if error.kind() == ErrorKind::WouldBlock => break,
                    Err(error) if error.kind() == ErrorKind::Interrupted => {}
                    // Not up yet.
                    Err(error) if error.raw_os_error() == Some(nix::libc::EIO) => break,
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(())
    }

    fn write(&mut self) {
        let now = self.now();
        while let Some((node, packet)) = self.fabric.next_due(now) {
            // A node that does not take it, or is down, loses it, as with any other cable.
            let _ = self.ports[node].write(&packet);
        }
    }

    fn orders(&mut self) {
        while let Ok((master, _)) = self.listener.accept() {
            if master.set_nonblocking(true).is_ok() {
                self.masters.push(Master { stream: BufReader::new(master), line: String::new() });
            }
        }
        let mut masters = std::mem::take(&mut self.masters);
        masters.retain_mut(|master| {
            loop {
                match master.stream.read_line(&mut master.line) {
                    Ok(0) => return false,
                    Ok(_) => {
                        let answer = self.obey(std::mem::take(&mut master.line).trim()) + "\n";
                        if master.stream.get_mut().write_all(answer.as_bytes()).is_err() {
                            return false;
                        }
                    }
                    Err(error) => return error.kind() == ErrorKind::WouldBlock,
                }
            }
        });
        self.masters = masters;
    }

    fn obey(&mut self, line: &str) -> String {
        match line.split(' ').collect::<Vec<_>>()[..] {
            ["set", from, to, cut, loss, delay, jitter] => {
                let rule = || {
                    let micros = |word: &str| Some(Duration::from_micros(word.parse().ok()?));
                    Some(Rule {
                        cut: cut == "1",
                        loss_ppm: loss.parse().ok()?,
                        delay: micros(delay)?,
                        jitter: micros(jitter)?,
                    })
                };
                match (node(from), node(to), rule()) {
                    (Some(from), Some(to), Some(rule)) => {
                        self.fabric.set(from, to, rule);
                        "ok".to_owned()
                    }
                    _ => format!("not understood: {line}"),
                }
            }
            ["counts"] => {
                let counts = self.fabric.counts();
                format!("{} {} {}", counts.passed, counts.dropped, counts.strayed)
            }
            _ => format!("not understood: {line}"),
        }
    }
}

/// A node, or all of them.
fn node(word: &str) -> Option<Option<usize>> {
    if word == "*" { Some(None) } else { word.parse().ok().map(Some) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_that_comes_in_parts_is_obeyed_once_it_is_whole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("socket");
        let listener = UnixListener::bind(&path).unwrap();
        listener.set_nonblocking(true).unwrap();
        let (ports, masters, start) = (Vec::new(), Vec::new(), Instant::now());
        let mut switch = Switch { ports, fabric: Fabric::new(0, 1), listener, masters, start };
        let mut master = BufReader::new(UnixStream::connect(&path).unwrap());
        for part in ["cou", "nts", "\nwhat?\n"] {
            master.get_mut().write_all(part.as_bytes()).unwrap();
            switch.orders();
        }
        let mut answers = String::new();
        master.read_line(&mut answers).unwrap();
        master.read_line(&mut answers).unwrap();
        assert_eq!(answers, "0 0 0\nnot understood: what?\n");
    }
}
