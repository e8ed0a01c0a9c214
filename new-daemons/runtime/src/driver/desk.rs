//! Those who ask a machine: from wherever they are, through queues, to the loop that drives it.
//!
//! Who finds the queue full waits. Who goes away takes along what has not begun for him.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use prometheus_client::registry::Registry;
use protocol::common::Code;
use protocol::interface::Refusal;
use tokio::sync::mpsc::{Receiver, Sender, UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::oneshot;

use super::Shell;
use crate::station::{Observed, observed};

/// Wishes that wait until the loop sees them.
const WAITING: usize = 64;

type Look<S> = Box<dyn FnOnce(&<S as Shell>::Machine) + Send>;

/// What others want of the loop.
pub(super) enum Wish<S: Shell> {
    Ask { from: u64, question: S::Question, to: oneshot::Sender<S::Answer> },
    Look(Look<S>),
    Gone(u64),
}

/// The loop's end.
pub struct Wishes<S: Shell> {
    wishes: Receiver<Wish<S>>,
    // One for each asker, who is dropped only once.
    gone: UnboundedReceiver<u64>,
}

/// Where one asks. Clones are the same.
pub struct Desk<S: Shell> {
    wishes: Sender<Wish<S>>,
    gone: UnboundedSender<u64>,
    count: Arc<AtomicU64>,
}

/// Somebody who asks. When he is dropped, nobody waits for what he asked.
pub struct Asker<S: Shell> {
    desk: Desk<S>,
    number: u64,
}

/// Both ends.
#[must_use]
pub fn desk<S: Shell>() -> (Desk<S>, Wishes<S>) {
    let (to, wishes) = channel(WAITING);
    let (going, gone) = unbounded_channel();
    (Desk { wishes: to, gone: going, count: Arc::default() }, Wishes { wishes, gone })
}

impl<S: Shell> Clone for Desk<S> {
    fn clone(&self) -> Self {
        Self { wishes: self.wishes.clone(), gone: self.gone.clone(), count: self.count.clone() }
    }
}

impl<S: Shell> std::fmt::Debug for Desk<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Desk").finish_non_exhaustive()
    }
}

impl<S: Shell> std::fmt::Debug for Asker<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Asker").field("number", &self.number).finish_non_exhaustive()
    }
}

impl<S: Shell> std::fmt::Debug for Wishes<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Wishes").finish_non_exhaustive()
    }
}

impl<S: Shell> Wishes<S> {
    /// The next one; none when nobody can have any. Nothing is lost when this is dropped.
    pub(super) async fn next(&mut self) -> Option<Wish<S>> {
        tokio::select! {
            // Who has gone while his question waited is seen by that question.
            Some(from) = self.gone.recv() => Some(Wish::Gone(from)),
            wish = self.wishes.recv() => wish,
        }
    }
}

fn stopping<S: Shell>() -> Refusal {
    Refusal::new(Code::Stopping, format!("{} is about to end", S::WHO))
}

fn lost<S: Shell>() -> Refusal {
    // Questions are forgotten only after a mistake in the machine, or at the end.
    Refusal::new(Code::Failed, format!("{} had an internal error, or has ended", S::WHO))
}

impl<S: Shell> Desk<S> {
    /// Somebody who will ask.
    #[must_use]
    pub fn asker(&self) -> Asker<S> {
        Asker { desk: self.clone(), number: self.count.fetch_add(1, Ordering::Relaxed) }
    }

    /// Asks for something and waits for the answer.
    ///
    /// # Errors
    /// When there is no answer.
    pub async fn ask(&self, question: S::Question) -> Result<S::Answer, Refusal> {
        let asker = self.asker();
        asker.ask(question).await?.await.map_err(|_| lost::<S>())
    }

    /// Whoever knows the machine's numbers: what `look` sees, `enter` enters, elsewhere than in the loop.
    pub fn numbers<T: Send + 'static>(
        &self,
        look: fn(&S::Machine) -> T,
        enter: fn(T, &mut Registry),
    ) -> impl Observed {
        let desk = self.clone();
        let look = move || {
            let desk = desk.clone();
            async move { desk.look(look).await.ok() }
        };
        observed(look, enter)
    }

    /// Looks at the machine.
    ///
    /// # Errors
    /// When there is nothing to be seen.
    pub async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&S::Machine) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (to, seen) = oneshot::channel();
        let look: Look<S> = Box::new(move |machine| {
            let _ = to.send(look(machine));
        });
        self.wishes.send(Wish::Look(look)).await.map_err(|_| stopping::<S>())?;
        seen.await.map_err(|_| lost::<S>())
    }
}

impl<S: Shell> Asker<S> {
    #[cfg(test)]
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Asks for something. The answer comes where this leads; when that ends, there was a mistake in the machine.
    ///
    /// # Errors
    /// When the daemon ends.
    pub async fn ask(&self, question: S::Question) -> Result<oneshot::Receiver<S::Answer>, Refusal> {
        let (to, answer) = oneshot::channel();
        let wish = Wish::Ask { from: self.number, question, to };
        self.desk.wishes.send(wish).await.map_err(|_| stopping::<S>())?;
        Ok(answer)
    }
}

impl<S: Shell> Drop for Asker<S> {
    fn drop(&mut self) {
        let _ = self.desk.gone.send(self.number);
    }
}
