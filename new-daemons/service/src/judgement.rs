//! What the checks of a service say, thresholds applied, and what somebody outside says of it.
//!
//! Checks go well or fail in a row; both at once cannot be. It knows nothing of why and when checks are made.

use crate::saved::Reported;
use crate::words::Trouble;

/// What is held of a service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It was not checked since it was started.
    #[default]
    Unknown,
    Good,
    Failed,
}

/// How the last checks went.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Row {
    #[default]
    None,
    Good(u32),
    Bad(u32),
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Judgement {
    verdict: Verdict,
    row: Row,
    /// It had failed, and was not well since.
    recovering: bool,
    trouble: Option<Trouble>,
    reported: Option<Reported>,
}

impl Judgement {
    /// As a daemon before this one has left it.
    pub(crate) const fn inherited(verdict: Verdict, failed: bool, reported: Option<Reported>) -> Self {
        Self { verdict, row: Row::None, recovering: failed, trouble: None, reported }
    }

    /// Whether it is well; none while that is not known.
    pub(crate) fn firm(&self) -> Option<bool> {
        match self.verdict {
            _ if self.reported.as_ref().is_some_and(|reported| !reported.healthy) => Some(false),
            Verdict::Unknown => None,
            Verdict::Good => Some(true),
            Verdict::Failed => Some(false),
        }
    }

    pub(crate) const fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// Checks that have failed in a row.
    pub(crate) const fn bad(&self) -> u32 {
        match self.row {
            Row::Bad(count) => count,
            Row::None | Row::Good(_) => 0,
        }
    }

    /// Checks that went well in a row, since it failed.
    pub(crate) const fn good(&self) -> u32 {
        match self.row {
            Row::Good(count) => count,
            Row::None | Row::Bad(_) => 0,
        }
    }

    pub(crate) const fn is_recovering(&self) -> bool {
        self.recovering
    }

    pub(crate) const fn trouble(&self) -> Option<&Trouble> {
        self.trouble.as_ref()
    }

    pub(crate) const fn reported(&self) -> Option<&Reported> {
        self.reported.as_ref()
    }

    /// It was started, with or without success: it begins anew.
    pub(crate) const fn begin(&mut self) {
        self.row = Row::None;
    }

    /// Its start went well.
    pub(crate) fn started(&mut self, checked: bool) {
        self.trouble = None;
        self.verdict = if checked { Verdict::Unknown } else { Verdict::Good };
    }

    /// It has failed, and needs no further check for that.
    pub(crate) fn fail(&mut self, trouble: Trouble) {
        self.verdict = Verdict::Failed;
        self.recovering = true;
        if let Row::Good(_) = self.row {
            self.row = Row::None;
        }
        self.trouble = Some(trouble);
    }

    /// A check went well. So many in a row are needed after a failure.
    pub(crate) fn pass(&mut self, recover_after: u32) {
        self.row = Row::Good(self.good().saturating_add(1));
        let enough = if self.recovering { recover_after } else { 1 };
        if self.verdict == Verdict::Good || self.good() >= enough {
            self.verdict = Verdict::Good;
            self.recovering = false;
            self.trouble = None;
        }
    }

    /// A check failed. So many in a row count as a failure.
    pub(crate) fn miss(&mut self, fail_after: u32, trouble: Trouble) {
        self.row = Row::Bad(self.bad().saturating_add(1));
        if self.bad() >= fail_after {
            self.fail(trouble);
        } else {
            self.trouble = Some(trouble);
        }
    }

    /// It runs no more. `again`: it is to be started at once, and what it had done is not forgotten.
    pub(crate) fn go_down(&mut self, again: bool) {
        self.verdict = Verdict::Unknown;
        self.row = Row::None;
        self.trouble = None;
        self.recovering &= again;
    }

    /// Somebody wants it anew: one good check is enough.
    pub(crate) const fn forgive(&mut self) {
        self.recovering = false;
    }

    /// Somebody outside says how it is. Of one that is not checked, that is all that is known.
    pub(crate) fn report(&mut self, reported: Reported, checked: bool) {
        if reported.healthy && !checked {
            self.verdict = Verdict::Good;
        }
        self.reported = Some(reported);
    }

    /// What somebody outside said counts no more.
    pub(crate) fn forget_report(&mut self) {
        self.reported = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::Operation;

    fn trouble() -> Trouble {
        Trouble { operation: Operation::Check, detail: "x".into() }
    }

    #[test]
    fn thresholds_count_checks_in_a_row() {
        let mut judgement = Judgement::default();
        judgement.pass(3);
        assert_eq!(judgement.firm(), Some(true));
        judgement.miss(2, trouble());
        assert_eq!((judgement.firm(), judgement.bad(), judgement.good()), (Some(true), 1, 0));
        judgement.miss(2, trouble());
        assert_eq!((judgement.firm(), judgement.is_recovering()), (Some(false), true));
        judgement.pass(2);
        assert_eq!((judgement.firm(), judgement.good()), (Some(false), 1));
        judgement.miss(2, trouble());
        judgement.pass(2);
        judgement.pass(2);
        assert_eq!((judgement.firm(), judgement.trouble()), (Some(true), None));
    }

    #[test]
    fn what_had_failed_is_forgotten_when_it_is_stopped_and_not_when_it_is_restarted() {
        let mut judgement = Judgement::default();
        judgement.fail(trouble());
        judgement.go_down(true);
        assert_eq!((judgement.verdict(), judgement.is_recovering()), (Verdict::Unknown, true));
        judgement.go_down(false);
        assert!(!judgement.is_recovering());
    }
}
