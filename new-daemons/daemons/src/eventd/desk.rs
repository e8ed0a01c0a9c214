//! Requests of other daemons: from the rows of the service to questions for the core, and the core's answers back.
//!
//! Works beside the loop that runs the events. What the messages mean is in `event::messages`.

use event::messages;
use event::{Answer, Request};
use machine::Calendar;
use protocol::common::{Code, More};
use protocol::event::{
    EventAbout, EventComponent, EventComponents, EventHistory, EventLast, EventNamed, EventPast, EventRan,
    EventRun, EventScripts, EventWhich,
};
use protocol::interface::Refusal;
use protocol::services::event::{Serve, Served};
use runtime::driver;
use runtime::presence::Face;
use tokio::sync::Semaphore;

use super::numbers;
use super::shell::Shell;

/// Events that others wait for at a time. ctdbd has a queue of its own.
const EVENTS: usize = 128;
/// Other questions at a time; further ones wait.
const QUESTIONS: usize = 64;

/// What others see of it; `ctdbd`: whether ctdbd is served, too.
pub(crate) fn face(desk: &driver::Desk<Shell>, ctdbd: bool) -> Face {
    let (events, questions) = (Semaphore::new(EVENTS), Semaphore::new(QUESTIONS));
    let asked = Desk { core: desk.clone(), events, questions, ctdbd };
    Face::new(Served(asked), desk.numbers(numbers::look, numbers::enter))
}

/// Whoever asks the core on behalf of others.
#[derive(Debug)]
struct Desk {
    core: driver::Desk<Shell>,
    events: Semaphore,
    questions: Semaphore,
    ctdbd: bool,
}

impl Desk {
    async fn question(&self, request: Request) -> Result<(Answer, Calendar), Refusal> {
        let _place = self.questions.acquire().await;
        self.core.ask(request).await
    }

    async fn switch(&self, asked: &EventNamed, on: bool) -> Result<(), Refusal> {
        messages::enabled(self.question(messages::enable(asked, on)).await?.0)
    }
}

/// Puts an answer into words.
fn say<T>((answer, calendar): (Answer, Calendar), words: impl FnOnce(Answer, Calendar) -> T) -> T {
    words(answer, calendar)
}

impl Serve for Desk {
    async fn run(&self, asked: EventRun) -> Result<EventRan, Refusal> {
        let full = |_| Refusal::new(Code::Busy, "too many events are waited for from other daemons");
        let _place = self.events.try_acquire().map_err(full)?;
        say(self.core.ask(messages::run(&asked)?).await?, messages::ran)
    }

    async fn status(&self, asked: EventWhich) -> Result<EventLast, Refusal> {
        say(self.question(messages::status(&asked)).await?, messages::last)
    }

    async fn history(&self, asked: EventPast) -> Result<EventHistory, Refusal> {
        say(self.question(messages::history(&asked)).await?, messages::past)
    }

    async fn scripts(&self, asked: EventComponent) -> Result<EventScripts, Refusal> {
        messages::listed(self.question(messages::scripts(&asked)).await?.0)
    }

    async fn enable(&self, asked: EventNamed) -> Result<(), Refusal> {
        self.switch(&asked, true).await
    }

    async fn disable(&self, asked: EventNamed) -> Result<(), Refusal> {
        self.switch(&asked, false).await
    }

    async fn components(&self, (): ()) -> Result<EventComponents, Refusal> {
        messages::components(self.question(Request::Components).await?.0)
    }

    async fn about(&self, (): ()) -> Result<EventAbout, Refusal> {
        let pid = i32::try_from(std::process::id()).unwrap_or_default();
        let release = env!("CARGO_PKG_VERSION").to_owned();
        Ok(EventAbout { release, pid, ctdbd: self.ctdbd, more: More::none() })
    }
}
