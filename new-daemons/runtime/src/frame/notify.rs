//! What systemd is told (`sd_notify(3)`): ready, reloading, stopping, a line of status, and that the daemon is alive.
//!
//! Without `NOTIFY_SOCKET` in the environment all of it does nothing. A manager that does not listen stops nobody.

use std::task::Context;
use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tracing::debug;

#[derive(Debug)]
pub(crate) struct Notify {
    /// Twice as often as the manager wants to hear something.
    watchdog: Option<Interval>,
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        debug!(%error, "the service manager does not listen");
    }
}

/// One line: another one would be another message.
fn line(status: &str) -> String {
    status.chars().map(|c| if c.is_control() { ' ' } else { c }).take(1000).collect()
}

impl Notify {
    pub(crate) fn from_environment() -> Self {
        let wanted = sd_notify::watchdog_enabled().filter(|time| !time.is_zero());
        let watchdog = wanted.map(|time| {
            let mut interval = interval((time / 2).max(Duration::from_millis(1)));
            interval.set_missed_tick_behavior(MissedTickBehavior::Delay);
            interval
        });
        Self { watchdog }
    }

    /// Pets the watchdog when it is time, and wakes this task for the next time.
    pub(crate) fn poll_watchdog(&mut self, cx: &mut Context<'_>) {
        let Some(interval) = &mut self.watchdog else { return };
        let mut due = false;
        while interval.poll_tick(cx).is_ready() {
            due = true;
        }
        if due {
            tell(&[NotifyState::Watchdog]);
        }
    }

    pub(crate) fn ready(&self, status: &str) {
        tell(&[NotifyState::Ready, NotifyState::Status(&line(status))]);
    }

    pub(crate) fn status(&self, status: &str) {
        tell(&[NotifyState::Status(&line(status))]);
    }

    pub(crate) fn reloading(&self) {
        match NotifyState::monotonic_usec_now() {
            Ok(now) => tell(&[NotifyState::Reloading, now]),
            Err(_) => tell(&[NotifyState::Reloading]),
        }
    }

    pub(crate) fn reloaded(&self) {
        tell(&[NotifyState::Ready]);
    }

    pub(crate) fn stopping(&self) {
        tell(&[NotifyState::Stopping]);
    }
}
