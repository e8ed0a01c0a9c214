//! Whether a service runs, as far as it was started and stopped, and what is open about that.
//!
//! What cannot be together cannot be written down: only what is there can refuse to stop, be of unknown origin, or be about
//! to be stopped in order to be started. Whoever is down has no past. Each change is one of the methods here.

use crate::io::Work;
use crate::outcome::How;
use crate::saved::Life;

/// What is known of a service that is there, or is being stopped.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Known {
    /// This daemon has started it, or has checked it.
    #[default]
    Seen,
    /// A daemon before this one has left it running, and this one has not checked it yet.
    Inherited,
    /// Nobody saw how its start or its stop ended.
    Unsure {
        /// And it was inherited before that.
        inherited: bool,
    },
}

/// What a service takes along from there on, until it is down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Run {
    known: Known,
    /// Its start failed, and no check went well since.
    start_failed: bool,
    /// A stop of it failed, and it was not well since: it may run no more.
    half_stopped: bool,
    /// It is stopped in order to be started.
    cycling: bool,
}

/// Where a service is between down and there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It was not started, or was stopped.
    #[default]
    Down,
    /// It is being started.
    Coming,
    /// It was started, with or without success, and not stopped since.
    There(There),
    /// It is being stopped.
    Going(Going),
}

/// See [`Presence::There`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct There {
    run: Run,
    /// It would not stop, and is to be stopped still.
    refuses: bool,
}

/// See [`Presence::Going`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Going {
    run: Run,
}

impl Presence {
    /// As a daemon before this one has left it. `looks`: this one has to look at what is there.
    pub(crate) const fn inherited(life: Life, looks: bool) -> Self {
        let known = if looks { Known::Inherited } else { Known::Seen };
        let run = Run { known, start_failed: false, half_stopped: false, cycling: false };
        match life {
            Life::Down => Self::Down,
            Life::Coming => Self::Coming,
            Life::There => Self::There(There { run, refuses: false }),
            Life::Going => Self::Going(Going { run: Run { known: Known::Seen, ..run } }),
        }
    }

    /// The same in fewer words, as it is written down.
    pub(crate) const fn life(&self) -> Life {
        match self {
            Self::Down => Life::Down,
            Self::Coming => Life::Coming,
            Self::There(_) => Life::There,
            Self::Going(_) => Life::Going,
        }
    }

    pub(crate) const fn is_down(&self) -> bool {
        matches!(self, Self::Down)
    }

    pub(crate) const fn is_there(&self) -> bool {
        matches!(self, Self::There(_))
    }

    fn run(&self) -> Run {
        match self {
            Self::There(There { run, .. }) | Self::Going(Going { run }) => *run,
            Self::Down | Self::Coming => Run::default(),
        }
    }

    const fn run_mut(&mut self) -> Option<&mut Run> {
        match self {
            Self::There(There { run, .. }) | Self::Going(Going { run }) => Some(run),
            Self::Down | Self::Coming => None,
        }
    }

    /// It would not stop, and is to be stopped still.
    pub(crate) const fn refuses(&self) -> bool {
        matches!(self, Self::There(There { refuses: true, .. }))
    }

    /// Whether it runs no more, or would not stop.
    pub(crate) const fn is_over(&self) -> bool {
        self.is_down() || self.refuses()
    }

    /// Nobody saw how its start or its stop ended.
    pub(crate) fn is_unsure(&self) -> bool {
        matches!(self.run().known, Known::Unsure { .. })
    }

    /// A daemon before this one has left it running, and this one has not checked it yet.
    pub(crate) fn is_inherited(&self) -> bool {
        matches!(self.run().known, Known::Inherited | Known::Unsure { inherited: true })
    }

    pub(crate) fn is_cycling(&self) -> bool {
        self.run().cycling
    }

    pub(crate) fn start_failed(&self) -> bool {
        self.run().start_failed
    }

    pub(crate) fn half_stopped(&self) -> bool {
        self.run().half_stopped
    }

    /// What is begun with it.
    pub(crate) fn begin(&mut self, work: &Work) {
        match work {
            Work::Start => *self = Self::Coming,
            Work::Stop => *self = Self::Going(Going { run: self.run() }),
            Work::Check | Work::Reconfigure(_) => {}
        }
    }

    /// Somebody outside has started it, or its start is not waited for any more.
    pub(crate) fn come(&mut self) {
        *self = Self::There(There { run: self.run(), refuses: false });
    }

    /// Its start has ended.
    pub(crate) fn started(&mut self, how: &How) {
        let mut run = self.run();
        match how {
            How::Ok => run.start_failed = false,
            How::Unknown => run.known = unsure(run.known),
            _ => run.start_failed = true,
        }
        *self = Self::There(There { run, refuses: false });
    }

    /// Nobody saw how its stop ended.
    pub(crate) fn stop_unseen(&mut self) {
        let mut run = self.run();
        run.known = unsure(run.known);
        *self = Self::There(There { run, refuses: false });
    }

    /// It would not stop.
    pub(crate) fn refuse(&mut self) {
        let run = Run { half_stopped: true, cycling: false, ..self.run() };
        *self = Self::There(There { run, refuses: true });
    }

    /// It may be asked to stop once more.
    pub(crate) const fn ask_again(&mut self) {
        if let Self::There(there) = self {
            there.refuses = false;
        }
    }

    /// It is to be stopped and started.
    pub(crate) const fn cycle(&mut self) {
        self.ask_again();
        if let Some(run) = self.run_mut() {
            run.cycling = true;
        }
    }

    /// It runs no more, and has no past. Whether it was stopped in order to be started.
    pub(crate) fn go_down(&mut self) -> bool {
        let cycling = self.is_cycling();
        *self = Self::Down;
        cycling
    }

    /// It was checked: what was open is known. Whether nobody had seen how its start or its stop ended.
    pub(crate) fn see(&mut self) -> bool {
        let unsure = self.is_unsure();
        if let Some(run) = self.run_mut() {
            run.known = Known::Seen;
        }
        unsure
    }

    /// The check counts, but this daemon has to look for itself all the same.
    pub(crate) const fn look_again(&mut self) {
        if let Self::There(There { run, .. }) = self {
            run.known = match run.known {
                Known::Seen | Known::Inherited => Known::Inherited,
                Known::Unsure { .. } => Known::Unsure { inherited: true },
            };
        }
    }

    /// A check went well: what went wrong before is over.
    pub(crate) const fn be_well(&mut self) {
        if let Some(run) = self.run_mut() {
            (run.start_failed, run.half_stopped) = (false, false);
        }
    }

    /// Whether it is wanted. A later stop is tried anew; of one that is not wanted it is all the same how its start ended.
    pub(crate) const fn want(&mut self, wanted: bool) {
        if wanted {
            return self.ask_again();
        }
        if let Some(run) = self.run_mut()
            && let Known::Unsure { inherited } = run.known
        {
            run.known = if inherited { Known::Inherited } else { Known::Seen };
        }
    }

    /// Compares what a daemon before this one has left with what still runs, which is more to be believed. A start or a stop
    /// that does not run any more has ended, and nobody saw how; one that runs though it counts as failed goes on counting
    /// as that.
    pub(crate) fn settle(&mut self, work: Option<&Work>) {
        *self = match (*self, work) {
            (Self::There(there), Some(Work::Stop)) => Self::There(There { refuses: true, ..there }),
            (Self::There(There { run, .. }), Some(Work::Start)) => {
                Self::There(There { run: Run { start_failed: true, ..run }, refuses: false })
            }
            (there @ Self::There(_), _) => there,
            (_, Some(Work::Start)) => Self::Coming,
            (_, Some(Work::Stop)) => Self::Going(Going::default()),
            (Self::Down, _) => Self::Down,
            (Self::Coming | Self::Going(_), _) => {
                let known = Known::Unsure { inherited: false };
                Self::There(There { run: Run { known, ..Run::default() }, refuses: false })
            }
        };
    }
}

const fn unsure(known: Known) -> Known {
    Known::Unsure { inherited: matches!(known, Known::Inherited | Known::Unsure { inherited: true }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_down_has_no_past() {
        let mut presence = Presence::inherited(Life::There, true);
        presence.refuse();
        presence.cycle();
        assert!(presence.half_stopped() && presence.is_inherited() && !presence.refuses());
        presence.begin(&Work::Stop);
        assert!(presence.go_down() && presence == Presence::Down && !presence.go_down());
        presence.begin(&Work::Start);
        presence.cycle();
        assert_eq!(presence, Presence::Coming);
    }

    #[test]
    fn one_that_was_left_is_looked_at_until_it_was_seen_even_when_a_stop_came_in_between() {
        let mut presence = Presence::inherited(Life::There, true);
        presence.begin(&Work::Stop);
        presence.stop_unseen();
        assert!(presence.is_unsure() && presence.is_inherited());
        presence.want(false);
        assert!(!presence.is_unsure() && presence.is_inherited());
        assert!(!presence.see() && !presence.is_inherited());
    }

    #[test]
    fn a_start_that_does_not_run_any_more_has_ended_and_nobody_saw_how() {
        for (life, work, now) in [
            (Life::Coming, None, Life::There),
            (Life::Going, None, Life::There),
            (Life::Going, Some(Work::Start), Life::Coming),
            (Life::Down, Some(Work::Stop), Life::Going),
            (Life::Down, Some(Work::Check), Life::Down),
        ] {
            let mut presence = Presence::inherited(life, true);
            presence.settle(work.as_ref());
            assert_eq!(presence.life(), now, "{life:?} {work:?}");
            assert_eq!(presence.is_unsure(), work.is_none());
        }
        let mut presence = Presence::inherited(Life::There, true);
        presence.settle(Some(&Work::Stop));
        assert!(presence.refuses() && presence.is_inherited() && !presence.half_stopped());
    }
}
