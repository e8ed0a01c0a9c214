//! Requests of other daemons: from the rows of the service to questions for the core, and the core's answers back.
//!
//! Works beside the loop that runs the events, which it reaches by two queues. Whoever goes away takes along what has not
//! begun for him. What the messages mean is in `event::messages`.

use std::sync::atomic::{AtomicU64, Ordering};

use event::messages;
use event::{Answer, Level, Origin, Request};
use machine::Calendar;
use protocol::common::{Code, More};
use protocol::event::{
    EventAbout, EventComponent, EventComponents, EventHistory, EventLast, EventNamed, EventPast, EventRan,
    EventRun, EventScripts, EventWhich,
};
use protocol::interface::Refusal;
use protocol::services::event::Serve;
use tokio::sync::mpsc::UnboundedSender;
use tokio::sync::{Semaphore, oneshot};

/// Events that others wait for at a time. ctdbd has a queue of its own.
const EVENTS: usize = 128;
/// Other questions at a time; further ones wait.
const QUESTIONS: usize = 64;
/// Origins of the bus have this bit, so that none is that of a client of the socket.
const BUS: u64 = 1 << 63;

/// What the core says, and when.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) calendar: Calendar,
}

/// What others want of the loop that runs the events.
#[derive(Debug)]
pub(crate) enum Wish {
    Ask(Origin, Request, oneshot::Sender<Answered>),
    /// Nobody waits any more.
    Gone(Origin),
    /// A line for the log.
    Log(Level, String),
}

/// Says that somebody has gone, unless he has his answer.
struct Waiting<'a> {
    wishes: &'a UnboundedSender<Wish>,
    origin: Option<Origin>,
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        if let Some(origin) = self.origin {
            let _ = self.wishes.send(Wish::Gone(origin));
        }
    }
}

/// Whoever asks the core on behalf of others.
#[derive(Debug)]
pub(crate) struct Desk {
    // Bounded by the two semaphores: two entries for each question.
    wishes: UnboundedSender<Wish>,
    count: AtomicU64,
    events: Semaphore,
    questions: Semaphore,
    /// Whether ctdbd is served, too.
    ctdbd: bool,
}

impl Desk {
    pub(crate) fn new(wishes: UnboundedSender<Wish>, ctdbd: bool) -> Self {
        let (events, questions) = (Semaphore::new(EVENTS), Semaphore::new(QUESTIONS));
        Self { wishes, count: AtomicU64::new(BUS), events, questions, ctdbd }
    }

    async fn ask(&self, request: Request) -> Result<Answered, Refusal> {
        let origin = Origin(self.count.fetch_add(1, Ordering::Relaxed));
        let (to, answer) = oneshot::channel();
        let stopping = |_| Refusal::new(Code::Stopping, "the event daemon is about to end");
        self.wishes.send(Wish::Ask(origin, request, to)).map_err(stopping)?;
        let mut waiting = Waiting { wishes: &self.wishes, origin: Some(origin) };
        let answer = answer.await;
        waiting.origin = None;
        // The loop forgets questions only after a mistake in the core, or when it ends.
        answer.map_err(|_| Refusal::new(Code::Failed, "the event daemon had an internal error, or has ended"))
    }

    async fn question(&self, request: Request) -> Result<Answered, Refusal> {
        let _place = self.questions.acquire().await;
        self.ask(request).await
    }

    async fn switch(&self, asked: &EventNamed, on: bool) -> Result<(), Refusal> {
        messages::enabled(self.question(messages::enable(asked, on)).await?.answer)
    }
}

/// Puts an answer into words.
fn say<T>(answered: Answered, words: impl FnOnce(Answer, Calendar) -> T) -> T {
    let Answered { answer, calendar } = answered;
    words(answer, calendar)
}

impl Serve for Desk {
    async fn run(&self, asked: EventRun) -> Result<EventRan, Refusal> {
        let full = |_| Refusal::new(Code::Busy, "too many events are waited for from other daemons");
        let _place = self.events.try_acquire().map_err(full)?;
        say(self.ask(messages::run(&asked)?).await?, messages::ran)
    }

    async fn status(&self, asked: EventWhich) -> Result<EventLast, Refusal> {
        say(self.question(messages::status(&asked)).await?, messages::last)
    }

    async fn history(&self, asked: EventPast) -> Result<EventHistory, Refusal> {
        say(self.question(messages::history(&asked)).await?, messages::past)
    }

    async fn scripts(&self, asked: EventComponent) -> Result<EventScripts, Refusal> {
        messages::listed(self.question(messages::scripts(&asked)).await?.answer)
    }

    async fn enable(&self, asked: EventNamed) -> Result<(), Refusal> {
        self.switch(&asked, true).await
    }

    async fn disable(&self, asked: EventNamed) -> Result<(), Refusal> {
        self.switch(&asked, false).await
    }

    async fn components(&self, (): ()) -> Result<EventComponents, Refusal> {
        messages::components(self.question(Request::Components).await?.answer)
    }

    async fn about(&self, (): ()) -> Result<EventAbout, Refusal> {
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let release = env!("CARGO_PKG_VERSION").to_owned();
        Ok(EventAbout { release, pid, ctdbd: self.ctdbd, more: More::none() })
    }
}
