//! The life of a daemon in the frame: ready, turns, reloads, the end.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use machine::Machine;
use tokio::time::{Instant, timeout_at};

use super::{Desk, Driver, Hands, Shell, desk};
use crate::frame::{Asked, Frame};
use crate::presence::{Face, Presence, PresenceError, Where};

/// How long the end of what goes on is waited for when the daemon ends; less than the frame gives it.
const LAST: Duration = Duration::from_secs(5);

/// A shell in the frame, with an outside.
pub trait Resident: Shell {
    /// Where its outside lives.
    const OUTSIDE: Where = Where::Here;

    /// Its outside.
    fn presence(&mut self) -> &mut Presence;

    /// What it does, in a line, when that is perhaps something else than before.
    fn status(&mut self, _hands: &mut Hands<'_, Self>) -> Option<String> {
        None
    }

    /// Goes by the new settings of the frame, and says what the machine is told of them.
    ///
    /// # Errors
    /// When they are not taken, and why; the old ones hold then.
    fn reload(&mut self, _frame: &Frame) -> Result<Vec<<Self::Machine as Machine>::Input>, String> {
        Ok(Vec::new())
    }

    /// The daemon ends: nothing is begun any more.
    fn ending(&mut self) {}

    /// Whether nothing goes on that would have to come to its end.
    fn is_idle(_machine: &Self::Machine) -> bool {
        true
    }

    /// The daemon ends while something goes on.
    fn unfinished(&mut self) {}
}

/// Joins the bus in a directory, with a door at an address, and lives until the frame asks the daemon to stop. Whoever has
/// the desk asks; `shell` is made when the outside is there.
///
/// # Errors
/// When the daemon cannot be reached at first, or its shell not be made.
pub async fn live<S: Resident, E: From<PresenceError>>(
    at: (PathBuf, Option<SocketAddr>),
    mut frame: Frame,
    face: impl FnOnce(Desk<S>) -> Face,
    shell: impl FnOnce(&Frame, Presence) -> Result<S, E>,
) -> Result<(), E> {
    let (desk, wishes) = desk();
    let presence = Presence::join(&mut frame, at, face(desk), S::OUTSIDE).await?;
    let shell = shell(&frame, presence)?;
    Driver::new(shell, wishes).live(frame).await;
    Ok(())
}

impl<S: Resident> Driver<S> {
    /// Until the frame asks it to stop.
    async fn live(mut self, mut frame: Frame) {
        let mut said = self.status().unwrap_or_default();
        frame.ready(&said);
        loop {
            tokio::select! {
                asked = frame.next() => match asked {
                    Asked::Stop => break,
                    Asked::Reloaded(_) => self.reload(&frame),
                    Asked::Refused(why) => self.shell.presence().refused(Some(why)),
                },
                () = self.turn() => if let Some(status) = self.status().filter(|status| *status != said) {
                    frame.status(&status);
                    said = status;
                },
            }
        }
        self.stop().await
    }

    fn status(&mut self) -> Option<String> {
        let now = self.clock.now();
        self.shell.status(&mut Hands { core: &mut self.core, now })
    }

    fn reload(&mut self, frame: &Frame) {
        match self.shell.reload(frame) {
            Ok(inputs) => {
                inputs.into_iter().for_each(|input| self.feed(input));
                self.shell.presence().reload(frame);
            }
            Err(why) => {
                tracing::error!("{why}");
                self.shell.presence().refused(Some(why));
            }
        }
    }

    /// What goes on comes to its end, or goes on without the daemon.
    async fn stop(mut self) {
        self.shell.ending();
        let until = Instant::now() + LAST;
        while !self.core.look(S::is_idle).unwrap_or(true) {
            if timeout_at(until, self.turn()).await.is_err() {
                self.shell.unfinished();
                break;
            }
        }
        self.carry_out();
        self.shell.presence().stop().await;
    }
}
