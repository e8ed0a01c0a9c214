//! A workload on one node, from its start to its end.

mod crowd;
mod locks;
mod messages;
mod records;
mod transactions;

use std::io;
use std::rc::Rc;

use anyhow::Context as _;
use databases::DbError;
use futures_util::future::join_all;
use judge::history::{Line, Op, Outcome, ProcId, Process, What, Workload};
use judge::work::{Act, Work, Worker, databases};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use crate::book::{Book, Paper};
use crate::options;
use crate::seat::Seat;

/// Readers of W5 in each process that does not write.
const READERS: u32 = 7;

/// How a process came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// It was asked to end.
    Asked,
    /// Its daemon is gone, or it cannot go on with it.
    Gone(String),
    /// It found what cannot be.
    Broken(String),
}

impl Ending {
    /// The exit status.
    #[must_use]
    pub const fn status(&self) -> u8 {
        match self {
            Self::Asked => 0,
            Self::Gone(_) => 3,
            Self::Broken(_) => 4,
        }
    }
}

/// Why an act was the last one.
pub(crate) enum Last {
    /// See [`Ending::Gone`].
    Gone(String),
    /// See [`Ending::Broken`].
    Broken(String),
    /// The history cannot be written.
    Paper(io::Error),
}

impl From<io::Error> for Last {
    fn from(error: io::Error) -> Self {
        Self::Paper(error)
    }
}

/// What a process of the history works with.
pub(crate) struct Desk<'a> {
    pub(crate) seat: &'a Seat,
    pub(crate) book: &'a Book,
    pub(crate) options: &'a options::Work,
    /// True when the process is to end.
    pub(crate) ends: watch::Receiver<bool>,
}

/// Does a workload until SIGTERM comes or the daemon is gone.
///
/// # Errors
/// When the history cannot be read or written.
pub async fn run(options: &options::Work) -> anyhow::Result<Ending> {
    let place = &options.place;
    let at = || format!("{}", place.history.display());
    let (paper, before) = Paper::open(&place.history).with_context(at)?;
    let mut asked = signal(SignalKind::terminate())?;
    let taken = Seat::take(&place.socket, databases(options.workload), place.patience_ms);
    let seat = tokio::select! {
        seat = taken => seat,
        _ = asked.recv() => return Ok(Ending::Asked),
    };
    let (end, ends) = watch::channel(false);
    let client = format!("n{}", place.node);
    let writes = place.node == 0;
    let many = options.workload == Workload::W5 && !writes;
    let workers = (0..if many { READERS } else { 1 }).map(|index| Worker {
        workload: options.workload,
        seed: options.seed,
        proc: ProcId(options.proc + index),
        client: client.clone(),
        keys: options.keys,
        writes,
    });
    let working = workers.map(|worker| {
        let book = Book::new(paper.clone(), worker.proc, place.node, options.workload);
        let work = resumed(Work::new(worker), &before, &client);
        let (seat, ends) = (&seat, ends.clone());
        async move { one(&Desk { seat, book: &book, options, ends }, work).await }
    });
    let mut working = std::pin::pin!(join_all(working));
    let endings = loop {
        tokio::select! {
            endings = &mut working => break endings,
            _ = asked.recv() => end.send_replace(true),
        };
    };
    let endings = endings.into_iter().collect::<io::Result<Vec<Ending>>>().with_context(at)?;
    Ok(endings.into_iter().max_by_key(Ending::status).unwrap_or(Ending::Asked))
}

/// Goes on with the commits of forerunners: a number is never used again, whatever became of it.
fn resumed(mut work: Work, before: &[Line], own: &str) -> Work {
    for known in databases(Workload::W4) {
        let numbers = before.iter().filter_map(|line| match &line.what {
            What::Call { op: Op::Commit { db, client, n }, .. } if client == own && db == known.name => {
                Some(*n)
            }
            _ => None,
        });
        work = work.after_commit(known.name, numbers.max().unwrap_or(0));
    }
    work
}

/// One process of the history.
async fn one(desk: &Desk<'_>, work: Work) -> io::Result<Ending> {
    desk.book.state(Process::Started, "")?;
    let last = match desk.options.workload {
        Workload::W6 => messages::exchange(desk, work).await,
        _ => acts(desk, work).await,
    };
    let (ending, state, why) = match last {
        Ok(()) => (Ending::Asked, Process::Ended, String::new()),
        Err(Last::Gone(why)) => (Ending::Gone(why.clone()), Process::Ended, why),
        Err(Last::Broken(why)) => (Ending::Broken(why.clone()), Process::Broken, why),
        Err(Last::Paper(error)) => return Err(error),
    };
    desk.book.state(state, &why)?;
    Ok(ending)
}

async fn acts(desk: &Desk<'_>, work: Work) -> Result<(), Last> {
    let _crowd = match desk.options.workload {
        Workload::W8 => Some(crowd::gather(desk).await?),
        _ => None,
    };
    let memory = Rc::new(records::Memory::default());
    for act in work {
        if *desk.ends.borrow() {
            break;
        }
        match act {
            Act::Op(op @ Op::Snapshot { .. }) => {
                desk.tell(op.clone(), transactions::snapshot(desk.seat, &op)).await?;
            }
            Act::Op(op @ Op::Walk { .. }) => desk.tell(op.clone(), crowd::walk(desk, &op)).await?,
            Act::Op(op) => {
                desk.tell(op.clone(), records::carry_out(desk, &op, &memory)).await?;
            }
            Act::Transfer { op, from, to, amount } => {
                let wrong = desk.options.wrong;
                let done = transactions::transfer(desk.seat, &op, (&from, &to, amount), wrong);
                desk.tell(op.clone(), done).await?;
            }
            Act::Hold { micros, dies } => locks::hold(desk, micros, dies).await?,
            Act::Message { .. } => {}
        }
        desk.pause().await;
    }
    Ok(())
}

/// How a call ended, and what it means for the one who called.
pub(crate) struct Answer {
    pub(crate) outcome: Outcome,
    pub(crate) last: Option<Last>,
}

impl Answer {
    pub(crate) fn new(outcome: Outcome) -> Self {
        Self { outcome, last: None }
    }

    /// An error; with what it says about the call.
    pub(crate) fn error(error: &DbError, outcome: Outcome) -> Self {
        // A lock that an answer got lost about holds until the process ends.
        let goes = error.is_disconnected() || matches!(error, DbError::Deadlock | DbError::NoOwner);
        Self { outcome, last: goes.then(|| Last::Gone(error.to_string())) }
    }

    /// What cannot be was found.
    pub(crate) fn broken(why: String) -> Self {
        Self { outcome: Outcome::Refused { why: why.clone() }, last: Some(Last::Broken(why)) }
    }
}

impl Desk<'_> {
    /// A call with its two lines.
    async fn tell(&self, op: Op, doing: impl Future<Output = Answer>) -> Result<(), Last> {
        let id = self.book.call(op)?;
        let Answer { outcome, last } = doing.await;
        self.book.returned(id, outcome)?;
        last.map_or(Ok(()), Err)
    }

    /// Between two acts; ends early when the process is to end.
    pub(crate) async fn pause(&self) {
        let mut ends = self.ends.clone();
        // Whoever could say so is gone when there is an error: then it ends as well.
        tokio::select! {
            () = tokio::time::sleep(self.options.pace_us) => {}
            _ = ends.wait_for(|ends| *ends) => {}
        }
    }
}
