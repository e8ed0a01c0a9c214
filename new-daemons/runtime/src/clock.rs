//! The deadlines of the machines on tokio.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use machine::Time;
use tokio::time::{Sleep, sleep_until};

pub use bus_sockets::{Clock, today};

/// Wakes a driver for the deadline of its machine, or earlier.
///
/// Deadlines of a busy machine move with each packet, mostly to later. Setting a timer costs as much as a system call or
/// two, so one that is set already and fires early enough is left alone: a tick before its time does no harm.
#[derive(Debug)]
pub struct Alarm {
    clock: Clock,
    set: Option<(Time, Pin<Box<Sleep>>)>,
}

impl Alarm {
    /// An alarm that is not set.
    #[must_use]
    pub const fn new(clock: Clock) -> Self {
        Self { clock, set: None }
    }

    /// Waits until `deadline` at the latest; without one until the time that was set before, or for ever.
    pub async fn wait(&mut self, deadline: Option<Time>) {
        poll_fn(|cx| self.poll(cx, deadline)).await;
    }

    /// The same for a driver that waits for several things by hand.
    pub fn poll(&mut self, cx: &mut Context<'_>, deadline: Option<Time>) -> Poll<()> {
        if let Some(at) = deadline {
            let instant = self.clock.instant(at).into();
            match &mut self.set {
                Some((set, _)) if *set <= at => {}
                Some((set, sleep)) => {
                    *set = at;
                    sleep.as_mut().reset(instant);
                }
                None => self.set = Some((at, Box::pin(sleep_until(instant)))),
            }
        }
        let Some((_, sleep)) = &mut self.set else { return Poll::Pending };
        ready!(sleep.as_mut().poll(cx));
        self.set = None;
        Poll::Ready(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[tokio::test]
    async fn an_alarm_fires_at_the_earliest_deadline_it_was_given_and_then_waits_for_a_new_one() {
        let clock = Clock::default();
        let mut alarm = Alarm::new(clock);
        let after = |seconds| Some(clock.now() + Duration::from_secs_f64(seconds));
        let early = after(0.3);
        for deadline in [after(3600.0), early, after(7200.0), None] {
            let look = tokio::time::timeout(Duration::ZERO, alarm.wait(deadline)).await;
            assert!(look.is_err(), "too early");
        }
        let fires = tokio::time::timeout(Duration::from_secs(60), alarm.wait(after(3600.0))).await;
        assert!(fires.is_ok() && Some(clock.now()) >= early);
        assert!(tokio::time::timeout(Duration::ZERO, alarm.wait(None)).await.is_err());
    }
}
