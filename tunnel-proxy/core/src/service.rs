//! What the tunneld answers itself, under the name `probe`: echo and status.
//!
//! Questions are taken at once, so nobody's window fills up here. An answer that finds no room is left out and counted:
//! both are diagnostics, and the asker has a deadline.

use bus::datagram::Fragment;
use bus::{Address, Daemon, FRAGMENT_MAX, MESSAGE_MAX, Name, Reassembly};
use bytes::Bytes;
use machine::Time;
use protocol::probe::{PROBE_NAME, ProbeBody, ProbeWhat};
use protocol::xdr::Xdr;

/// Bytes of questions that have come in part.
const UNFINISHED_QUESTIONS: usize = 2 * MESSAGE_MAX;

/// What a question asks for.
#[derive(Debug)]
pub(crate) enum Question {
    Echo { id: u64, data: Bytes },
    Status { id: u64 },
}

/// The tunneld's own end of the bus.
#[derive(Debug)]
pub(crate) struct Service {
    daemon: Option<Daemon>,
    reassembly: Reassembly,
}

impl Service {
    pub(crate) fn new() -> Self {
        let daemon = PROBE_NAME.parse::<Name>().ok().map(|name| Daemon { name, instance: 0 });
        Self { daemon, reassembly: Reassembly::new(UNFINISHED_QUESTIONS) }
    }

    pub(crate) fn is(&self, daemon: Daemon) -> bool {
        self.daemon == Some(daemon)
    }

    pub(crate) const fn daemon(&self) -> Option<Daemon> {
        self.daemon
    }

    /// Gives up questions whose rest will not come.
    pub(crate) fn tick(&mut self, now: Time) {
        self.reassembly.tick(now);
    }

    /// Takes a fragment; gives back a whole question.
    pub(crate) fn take(
        &mut self,
        now: Time,
        from: Address,
        message: u64,
        fragment: &Fragment,
    ) -> Option<Question> {
        let body = self.reassembly.take(now, from, message, fragment)?;
        let ProbeBody { id, what } = ProbeBody::from_bytes(&body).ok()?;
        match what {
            ProbeWhat::Echo(data) => Some(Question::Echo { id, data }),
            ProbeWhat::Status => Some(Question::Status { id }),
            ProbeWhat::EchoAnswer(_) | ProbeWhat::StatusAnswer(_) | ProbeWhat::Other { .. } => None,
        }
    }
}

/// Cuts a body into fragments.
pub(crate) fn fragments(body: &Bytes) -> Vec<Fragment> {
    debug_assert!(body.len() <= MESSAGE_MAX);
    let total = u32::try_from(body.len()).unwrap_or(u32::MAX);
    let starts = (0..body.len().max(1)).step_by(FRAGMENT_MAX);
    starts
        .map(|at| Fragment {
            total,
            offset: u32::try_from(at).unwrap_or(u32::MAX),
            data: body.slice(at..body.len().min(at + FRAGMENT_MAX)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_and_its_fragments_are_the_same_bytes() {
        for len in [0, 1, FRAGMENT_MAX, FRAGMENT_MAX + 1, 3 * FRAGMENT_MAX] {
            let body = Bytes::from(vec![3; len]);
            let mut r = Reassembly::new(UNFINISHED_QUESTIONS);
            let from = "1/a".parse().unwrap();
            let whole: Vec<_> =
                fragments(&body).iter().filter_map(|f| r.take(Time::ZERO, from, 1, f)).collect();
            assert_eq!(whole, [body]);
        }
    }
}
