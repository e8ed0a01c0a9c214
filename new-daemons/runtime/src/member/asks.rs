//! Finding daemons: those of this node by their sockets, those of another by asking the tunneld there.

use std::collections::BTreeMap;
use std::io;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use bus::{Address, Daemon, Failure, Name, Node, Ticket, Undelivered};
use bytes::Bytes;
use protocol::probe::{PROBE_NAME, ProbeBody, ProbeWhat};
use protocol::tunnel::Status;
use protocol::xdr::Xdr;
use tokio::sync::oneshot;

use super::Bus;
use super::desk::FIRST_ASK;

/// Why nobody can say which daemons a node has.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FindError {
    /// the bus directory cannot be read
    #[error("bus directory: {0}")]
    Directory(#[from] io::Error),
    /// the tunneld of the node cannot be asked
    #[error("{0}")]
    Undelivered(Undelivered),
    /// the tunneld of the node does not answer
    #[error("the tunneld of that node does not answer")]
    Silent,
    /// the answer makes no sense
    #[error("the tunneld of that node says what makes no sense")]
    Malformed,
}

type Answer = Result<Bytes, Undelivered>;

/// Questions to tunnelds.
#[derive(Default)]
pub(super) struct Asks {
    waiting: BTreeMap<u64, (Address, oneshot::Sender<Answer>)>,
    last: u64,
}

impl Asks {
    fn ask(&mut self, to: Address) -> (u64, oneshot::Receiver<Answer>) {
        self.last += 1;
        // Whoever gave up waiting has dropped the other end.
        self.waiting.retain(|_, (_, done)| !done.is_closed());
        let (done, answer) = oneshot::channel();
        self.waiting.insert(self.last, (to, done));
        (self.last, answer)
    }

    pub(super) fn answered(&mut self, from: Address, body: Bytes) {
        let Ok(ProbeBody { id, what: ProbeWhat::StatusAnswer(json) }) = ProbeBody::from_bytes(&body) else {
            return;
        };
        let same = |to: &Address| to.daemon == from.daemon;
        if self.waiting.get(&id).is_some_and(|(to, _)| same(to))
            && let Some((_, done)) = self.waiting.remove(&id)
        {
            let _ = done.send(Ok(json));
        }
    }

    /// True when the ticket was one of these questions'.
    pub(super) fn completed(&mut self, ticket: Ticket, result: Result<(), Undelivered>) -> bool {
        if ticket < FIRST_ASK {
            return false;
        }
        if let Err(undelivered) = result
            && let Some((_, done)) = self.waiting.remove(&(ticket.0 - FIRST_ASK.0))
        {
            let _ = done.send(Err(undelivered));
        }
        true
    }
}

impl Bus {
    /// The daemons of a node, in order. Those of this node need no tunneld.
    pub async fn daemons(&self, node: Node, patience: Duration) -> Result<Vec<Daemon>, FindError> {
        let here = node == Node::LOCAL || self.way().borrow().node == Some(node);
        if here { self.neighbours() } else { self.daemons_of(node, patience).await }
    }

    fn neighbours(&self) -> Result<Vec<Daemon>, FindError> {
        let mut all = Vec::new();
        for entry in std::fs::read_dir(&*self.dir)? {
            let entry = entry?;
            let name = entry.file_name();
            let lives = || UnixDatagram::unbound().and_then(|s| s.connect(entry.path())).is_ok();
            if let Some(daemon) = name.to_str().and_then(daemon_of).filter(|_| lives()) {
                all.push(daemon);
            }
        }
        all.sort_unstable();
        Ok(all)
    }

    async fn daemons_of(&self, node: Node, patience: Duration) -> Result<Vec<Daemon>, FindError> {
        let name: Name = PROBE_NAME.parse().map_err(|_| FindError::Malformed)?;
        let to = Address::new(node, name);
        let answer = self.hub.with(|desk, _| {
            let (id, answer) = desk.asks.ask(to);
            let body = ProbeBody { id, what: ProbeWhat::Status }.to_bytes().ok()?;
            desk.send(bus::Input::Send { ticket: Ticket(FIRST_ASK.0 + id), to, body });
            Some(answer)
        });
        let answer = answer.ok_or(FindError::Malformed)?;
        let json = match tokio::time::timeout(patience, answer).await {
            Ok(Ok(Ok(json))) => json,
            Ok(Ok(Err(undelivered))) => return Err(FindError::Undelivered(undelivered)),
            Ok(Err(_)) => {
                let reason = Failure::TunneldGone;
                return Err(FindError::Undelivered(Undelivered { reason, in_doubt: false }));
            }
            Err(_) => return Err(FindError::Silent),
        };
        let status: Status = serde_json::from_slice(&json).map_err(|_| FindError::Malformed)?;
        let daemons = status.daemons.into_iter();
        let parsed = daemons.map(|d| Some(Daemon { name: d.name.parse().ok()?, instance: d.instance }));
        parsed.collect::<Option<Vec<_>>>().ok_or(FindError::Malformed)
    }
}

/// The daemon whose socket has this name.
fn daemon_of(file: &str) -> Option<Daemon> {
    let (name, instance) = file.rsplit_once('.')?;
    Some(Daemon { name: name.parse().ok()?, instance: instance.parse().ok()? })
}
