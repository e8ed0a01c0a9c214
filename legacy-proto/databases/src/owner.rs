//! The thread that has the files open.
//!
//! Chain locks belong to a thread and handles to the one that made them, so all work on files is sent there as closures,
//! which are done one after the other. A closure waits for a lock by trying again until its deadline, so that it ends;
//! whoever waits for a closure gives up a little later, should the file itself be locked as a whole. The thread starts
//! with the first closure and ends with the last handle.

use std::cell::OnceCell;
use std::collections::BTreeMap;
use std::collections::btree_map::Entry;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant};

use legacy_codec::DbId;
use tdb::{ChainLock, OpenFlags, Tdb};
use tokio::sync::oneshot;

use super::error::DbError;

type Job = Box<dyn FnOnce(&mut Files) + Send>;

/// How long somebody waits beyond the deadline of the work.
const GRACE: Duration = Duration::from_millis(500);
/// Between two attempts to get a lock, at first and at most.
const PAUSE: (Duration, Duration) = (Duration::from_micros(50), Duration::from_millis(5));

/// The files, in their thread.
#[derive(Default)]
pub struct Files {
    open: BTreeMap<DbId, Tdb>,
}

impl Files {
    /// The file of a database.
    pub fn get(&mut self, id: DbId) -> Result<&mut Tdb, DbError> {
        self.open.get_mut(&id).ok_or(DbError::Closed)
    }
}

/// A handle of the thread.
#[derive(Clone, Debug, Default)]
pub struct Owner {
    jobs: Rc<OnceCell<mpsc::Sender<Job>>>,
}

/// What a closure knows about whoever waits for it.
#[derive(Clone, Debug)]
pub struct Waiting {
    pub deadline: Instant,
    given_up: Arc<AtomicBool>,
}

impl Waiting {
    /// Whether nobody waits any more: then nothing must be changed.
    pub fn is_over(&self) -> bool {
        self.given_up.load(Ordering::Acquire) || Instant::now() >= self.deadline
    }
}

/// Tells the closure that its caller is gone.
struct GiveUp(Arc<AtomicBool>);

impl Drop for GiveUp {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Release);
    }
}

impl Owner {
    /// Has a closure done, and waits for its result not much longer than its deadline.
    pub async fn run<R: Send + 'static>(
        &self,
        deadline: Instant,
        work: impl FnOnce(&mut Files, &Waiting) -> Result<R, DbError> + Send + 'static,
    ) -> Result<R, DbError> {
        let started = Instant::now();
        let (answer, result) = oneshot::channel();
        let waiting = Waiting { deadline, given_up: Arc::default() };
        let _give_up = GiveUp(waiting.given_up.clone());
        let job: Job = Box::new(move |files| {
            if !waiting.is_over() {
                // Whoever does not wait any more does not want the result either.
                let _ = answer.send(work(files, &waiting));
            }
        });
        self.jobs.get_or_init(start).send(job).map_err(|_| DbError::NoOwner)?;
        let late = || DbError::TooLate { what: "the database was not free", time: deadline - started };
        match tokio::time::timeout_at((deadline + GRACE).into(), result).await {
            Ok(Ok(result)) => result,
            Ok(Err(_)) if Instant::now() >= deadline => Err(late()),
            Ok(Err(_)) => Err(DbError::NoOwner),
            Err(_) => Err(late()),
        }
    }

    /// Opens a file.
    pub async fn open(
        &self,
        id: DbId,
        path: PathBuf,
        flags: OpenFlags,
        deadline: Instant,
    ) -> Result<(), DbError> {
        self.run(deadline, move |files, _| {
            if let Entry::Vacant(entry) = files.open.entry(id) {
                entry.insert(Tdb::open(path, flags)?);
            }
            Ok(())
        })
        .await
    }

    /// Closes a file, if it is open.
    pub async fn close(&self, id: DbId, deadline: Instant) -> Result<(), DbError> {
        self.run(deadline, move |files, _| {
            files.open.remove(&id);
            Ok(())
        })
        .await
    }
}

fn start() -> mpsc::Sender<Job> {
    let (jobs, queue) = mpsc::channel::<Job>();
    let body = move || {
        let mut files = Files::default();
        for job in queue {
            job(&mut files);
        }
    };
    // Without a thread the queue is dropped with the closure, and every job is refused.
    let _thread = std::thread::Builder::new().name("databases".into()).spawn(body);
    jobs
}

/// The lock of a key's chain, when it can be had before the deadline. A recovery holds all of them for a while.
pub(crate) fn lock<'t>(tdb: &'t Tdb, key: &[u8], waiting: &Waiting) -> Result<ChainLock<'t>, DbError> {
    let (mut pause, most) = PAUSE;
    let started = Instant::now();
    loop {
        let locked = tdb.try_lock(key)?;
        if waiting.is_over() {
            let time = started.elapsed();
            return Err(DbError::TooLate { what: "the record could not be locked", time });
        }
        if let Some(lock) = locked {
            return Ok(lock);
        }
        std::thread::sleep(pause);
        pause = (pause * 2).min(most);
    }
}
