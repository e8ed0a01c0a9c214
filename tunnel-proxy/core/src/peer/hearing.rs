//! Whether a peer is heard and hears this node: greetings, their answers, and when a silence has lasted too long.
//!
//! How long that is, and how often a peer is greeted, depends on its [`Standing`], which the peer knows.

use std::collections::VecDeque;
use std::time::Duration;

use bus::Failure;
use machine::Time;

use crate::limits::{Config, GREETINGS, HELLO_IDLE, HELLO_SILENT, HELLO_URGENT, HELLO_WANTED};

/// What a peer is to this node.
#[derive(Clone, Copy, Debug)]
pub(super) enum Standing {
    /// Its boot id is not known.
    Unknown,
    /// Known, and nobody waits for it.
    Idle,
    /// Known, and something waits to go there.
    Waited,
}

#[derive(Debug)]
pub(super) struct Hearing {
    /// Last heard, and last heard to have heard this node.
    heard: Option<Time>,
    answered: Option<Time>,
    /// Silence counts from here at the earliest: ctdbd came back, or somebody began to wait.
    patient_since: Time,
    /// Given up until it is heard again.
    silent: Option<Failure>,
    /// The last few times that this node greeted.
    greetings: VecDeque<Time>,
    hello_wanted: bool,
    rtt: Option<Duration>,
}

impl Hearing {
    pub(super) const fn new(now: Time) -> Self {
        Self {
            heard: None,
            answered: None,
            patient_since: now,
            silent: None,
            greetings: VecDeque::new(),
            hello_wanted: true,
            rtt: None,
        }
    }

    pub(super) const fn heard(&self) -> Option<Time> {
        self.heard
    }

    pub(super) const fn rtt(&self) -> Option<Duration> {
        self.rtt
    }

    /// Why it was given up, until it is heard again.
    pub(super) const fn silent(&self) -> Option<Failure> {
        self.silent
    }

    /// What a tick goes by besides time: when it has changed, one is due.
    pub(super) const fn mark(&self) -> (Option<Failure>, bool) {
        (self.silent, self.hello_wanted)
    }

    /// It has its time to answer, from now on, and is greeted.
    pub(super) const fn begin(&mut self, now: Time) {
        self.patient_since = now;
        self.silent = None;
        self.hello_wanted = true;
    }

    /// Somebody begins to wait for it: silence counts from now on.
    pub(super) fn be_patient(&mut self, now: Time) {
        self.patient_since = self.patient_since.max(now);
    }

    pub(super) const fn want_hello(&mut self) {
        self.hello_wanted = true;
    }

    /// Something came from it.
    pub(super) const fn hear(&mut self, now: Time) {
        self.heard = Some(now);
    }

    /// The peer hears this node. That it is heard itself says nothing of the kind: a link can fail in one direction.
    pub(super) const fn answer_came(&mut self, now: Time) {
        self.answered = Some(now);
        self.silent = None;
    }

    /// True for the answer to a greeting of late. It gives the round trip, too.
    pub(super) fn is_answer(&mut self, now: Time, stamp: u64) -> bool {
        let asked = Time::from_nanos(stamp);
        if !self.greetings.contains(&asked) {
            return false;
        }
        let sample = now - asked;
        self.rtt = Some(self.rtt.map_or(sample, |old| (old * 7 + sample) / 8));
        true
    }

    /// The peer was started again: what its earlier life answered counts no more.
    pub(super) const fn forget_answers(&mut self) {
        self.answered = None;
        self.rtt = None;
    }

    fn quiet_since(&self) -> Time {
        self.answered.map_or(self.patient_since, |answered| answered.max(self.patient_since))
    }

    /// When its silence has lasted too long; none when it is given up.
    pub(super) fn silence_ends(&self, standing: Standing, config: &Config) -> Option<Time> {
        let limit = match standing {
            Standing::Waited => config.peer_timeout,
            // Greetings are rare while nobody waits.
            Standing::Idle => HELLO_IDLE + config.peer_timeout,
            Standing::Unknown => config.greeting_timeout,
        };
        self.silent.is_none().then(|| self.quiet_since() + limit)
    }

    /// Gives it up when its silence has lasted too long, and says why.
    pub(super) fn give_up(&mut self, now: Time, standing: Standing, config: &Config) -> Option<Failure> {
        self.silence_ends(standing, config).filter(|at| now >= *at)?;
        self.silent = Some(match standing {
            Standing::Waited | Standing::Idle => Failure::NodeUnreachable,
            Standing::Unknown => Failure::NoTunneld,
        });
        self.silent
    }

    const fn hello_every(&self, standing: Standing) -> Duration {
        match (standing, self.silent) {
            (_, Some(_)) | (Standing::Waited, None) => HELLO_SILENT,
            (Standing::Unknown, None) => HELLO_URGENT,
            (Standing::Idle, None) => HELLO_IDLE,
        }
    }

    /// When it is greeted next.
    pub(super) fn next_hello(&self, now: Time, standing: Standing) -> Time {
        let every = if self.hello_wanted { HELLO_WANTED } else { self.hello_every(standing) };
        self.greetings.back().map_or(now, |at| *at + every)
    }

    /// Whether it is greeted now; that is remembered.
    pub(super) fn greet(&mut self, now: Time, standing: Standing) -> bool {
        let last = self.greetings.back().copied();
        let due = last.is_none_or(|at| now >= at + self.hello_every(standing));
        let wanted = self.hello_wanted && last.is_none_or(|at| now >= at + HELLO_WANTED);
        if due || wanted {
            self.hello_wanted = false;
            self.greetings.push_back(now);
            if self.greetings.len() > GREETINGS {
                self.greetings.pop_front();
            }
        }
        due || wanted
    }
}
