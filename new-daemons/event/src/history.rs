//! What is remembered of runs: the last one of each event, and the last few of each script.
//!
//! Bounded in numbers and bytes; what is oldest goes first. Times are those of the machine; whoever shows them turns them
//! into those of a calendar.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use machine::{Output, Time};

use crate::limits::{
    EVENTS, HISTORY, LAST_RUNS, OUTPUT_CUT, OUTPUT_OF_EVENT, PAST_OUTPUT, RUN_COST, RUNS, RUNS_MAX,
};
use crate::outcome::Outcome;
use crate::word::Word;

/// How a script of an event went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ScriptRun {
    /// Its name, without `.script`.
    pub script: Word,
    /// When it was started.
    pub began: Time,
    /// When it ended, or was given up.
    pub ended: Time,
    /// What became of it.
    pub outcome: Outcome,
    /// What it printed.
    pub output: Output,
}

/// How an event went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of the script that failed last; [`Outcome::Ok`] if none did.
    pub summary: Outcome,
    /// Its scripts up to the one that ended it.
    pub scripts: Vec<ScriptRun>,
}

/// How a script went some time ago.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PastRun {
    /// For this event.
    pub event: Word,
    /// When it was started.
    pub began: Time,
    /// When it ended, or was given up.
    pub ended: Time,
    /// What became of it.
    pub outcome: Outcome,
    /// The end of what it printed.
    pub output: Output,
}

/// The scripts of an event that runs, with a bound on their output together.
#[derive(Debug, Default)]
pub(crate) struct Results {
    pub(crate) scripts: Vec<ScriptRun>,
    bytes: usize,
}

impl Results {
    pub(crate) fn push(&mut self, mut run: ScriptRun) {
        if self.bytes.saturating_add(run.output.bytes.len()) > OUTPUT_OF_EVENT {
            run.output.cut(OUTPUT_CUT);
        }
        self.bytes += run.output.bytes.len();
        self.scripts.push(run);
    }
}

fn weight(report: &Report) -> usize {
    report.scripts.iter().map(|run| RUN_COST + run.script.len() + run.output.bytes.len()).sum::<usize>()
        + RUN_COST
}

/// The memory of one component.
#[derive(Debug)]
pub(crate) struct History {
    /// Runs of each script.
    keep: usize,
    /// By event, with the number of the run.
    last: BTreeMap<Word, (u64, Arc<Report>)>,
    last_bytes: usize,
    /// By script, oldest first, with the numbers of the runs.
    past: BTreeMap<Word, VecDeque<(u64, PastRun)>>,
    /// Number of a run of a script -> the script.
    order: BTreeMap<u64, Word>,
    past_bytes: usize,
    count: u64,
}

impl Default for History {
    fn default() -> Self {
        Self {
            keep: RUNS,
            last: BTreeMap::new(),
            last_bytes: 0,
            past: BTreeMap::new(),
            order: BTreeMap::new(),
            past_bytes: 0,
            count: 0,
        }
    }
}

impl History {
    pub(crate) fn last(&self, event: &Word) -> Option<&Report> {
        self.last.get(event).map(|(_, report)| &**report)
    }

    /// So many runs of each script are kept from now on.
    pub(crate) fn keep_runs(&mut self, runs: usize) {
        self.keep = runs.clamp(1, RUNS_MAX);
        for script in self.past.keys().cloned().collect::<Vec<_>>() {
            while self.past.get(&script).is_some_and(|runs| runs.len() > self.keep) {
                self.forget_oldest_of(&script);
            }
        }
    }

    pub(crate) fn past(&self, script: Option<&Word>) -> Vec<(Word, Vec<PastRun>)> {
        let wanted = self.past.iter().filter(|(name, _)| script.is_none_or(|script| *name == script));
        wanted.map(|(name, runs)| (name.clone(), runs.iter().map(|(_, run)| run.clone()).collect())).collect()
    }

    /// An event ended.
    pub(crate) fn keep(&mut self, event: &Word, report: Arc<Report>) {
        for run in &report.scripts {
            if run.outcome != Outcome::Disabled {
                self.keep_past(event, run);
            }
        }
        self.count += 1;
        self.last_bytes += weight(&report);
        if let Some((_, old)) = self.last.insert(event.clone(), (self.count, report)) {
            self.last_bytes -= weight(&old);
        }
        // The one that was just kept stays, whatever it weighs: there is a bound on that too.
        while self.last.len() > 1 && (self.last.len() > EVENTS || self.last_bytes > LAST_RUNS) {
            let oldest =
                self.last.iter().min_by_key(|(_, (number, _))| *number).map(|(event, _)| event.clone());
            let Some((_, report)) = oldest.and_then(|event| self.last.remove(&event)) else { break };
            self.last_bytes -= weight(&report);
        }
    }

    fn keep_past(&mut self, event: &Word, run: &ScriptRun) {
        let (mut output, event) = (run.output.clone(), event.clone());
        output.cut(PAST_OUTPUT);
        let (began, ended, outcome) = (run.began, run.ended, run.outcome);
        self.count += 1;
        self.past_bytes += RUN_COST + event.len() + output.bytes.len();
        let runs = self.past.entry(run.script.clone()).or_default();
        runs.push_back((self.count, PastRun { event, began, ended, outcome, output }));
        self.order.insert(self.count, run.script.clone());
        if runs.len() > self.keep {
            let script = run.script.clone();
            self.forget_oldest_of(&script);
        }
        while self.past_bytes > HISTORY {
            let Some(script) = self.order.first_key_value().map(|(_, script)| script.clone()) else { break };
            self.forget_oldest_of(&script);
        }
    }

    fn forget_oldest_of(&mut self, script: &Word) {
        let Some(runs) = self.past.get_mut(script) else { return };
        if let Some((number, run)) = runs.pop_front() {
            self.past_bytes -= RUN_COST + run.event.len() + run.output.bytes.len();
            self.order.remove(&number);
        }
        if runs.is_empty() {
            self.past.remove(script);
        }
    }

    pub(crate) fn check(&self) {
        assert!(self.last.len() <= EVENTS);
        assert_eq!(self.last_bytes, self.last.values().map(|(_, report)| weight(report)).sum::<usize>());
        assert!(self.past_bytes <= HISTORY);
        assert_eq!(self.order.len(), self.past.values().map(VecDeque::len).sum::<usize>());
        assert!(self.past.values().all(|runs| !runs.is_empty() && runs.len() <= self.keep));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(scripts: usize, printed: usize) -> Arc<Report> {
        let mut results = Results::default();
        for n in 0..scripts {
            results.push(ScriptRun {
                script: format!("10.{n}").as_str().into(),
                began: Time::ZERO,
                ended: Time::ZERO,
                outcome: Outcome::Ok,
                output: Output { bytes: vec![b'x'; printed], omitted: 0 },
            });
        }
        Arc::new(Report { summary: Outcome::Ok, scripts: results.scripts })
    }

    #[test]
    fn of_each_script_the_last_runs_are_kept_and_of_each_event_the_last_one() {
        let mut history = History::default();
        for n in 0..30 {
            history.keep(&format!("event{}", n % 3).as_str().into(), report(2, n));
            history.check();
        }
        let past = history.past(None);
        assert_eq!(past.len(), 2);
        let printed: Vec<usize> = past[0].1.iter().map(|run| run.output.bytes.len()).collect();
        assert_eq!(printed, [22, 23, 24, 25, 26, 27, 28, 29]);
        assert_eq!(history.past(Some(&"10.1".into()))[0].0, "10.1".into());
        assert_eq!(history.last(&"event0".into()).unwrap().scripts[1].output.bytes.len(), 27);
        assert!(history.last(&"never".into()).is_none());
    }

    #[test]
    fn the_number_of_runs_that_are_kept_can_change_and_what_is_too_much_is_forgotten() {
        let mut history = History::default();
        history.keep_runs(1000);
        (0..40).for_each(|n| history.keep(&"monitor".into(), report(2, n)));
        assert!(history.past(None).iter().all(|(_, runs)| runs.len() == 40));
        history.keep_runs(3);
        history.check();
        let printed = |history: &History| -> Vec<usize> {
            history.past(None)[1].1.iter().map(|run| run.output.bytes.len()).collect()
        };
        assert_eq!(printed(&history), [37, 38, 39]);
        history.keep(&"monitor".into(), report(2, 50));
        history.check();
        assert_eq!(printed(&history), [38, 39, 50]);
    }

    #[test]
    fn however_much_is_printed_and_however_many_events_there_are_the_memory_has_a_bound() {
        let mut history = History::default();
        for n in 0..200 {
            history.keep(&format!("event{n}").as_str().into(), report(100, 60_000));
            history.check();
            assert!(history.last_bytes <= LAST_RUNS && history.past_bytes <= HISTORY);
        }
        let last = history.last(&"event199".into()).unwrap();
        assert_eq!(last.scripts[0].output.bytes.len(), 60_000);
        assert_eq!(
            (last.scripts[99].output.bytes.len(), last.scripts[99].output.omitted),
            (256, 60_000 - 256)
        );
    }
}
