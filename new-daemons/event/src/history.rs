//! What is remembered of runs: the last one of each event, and of each script the last few for each event.
//!
//! What runs often does not push out what runs rarely, nor what went well what failed: failures have rows of their own, and
//! those of the last day are kept in larger number. Bounded in numbers and bytes; what is oldest goes first, failures last. Times are those of the machine; whoever shows them turns them
//! into those of a calendar.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use machine::{Output, Time};

use crate::limits::{
    EVENTS, FAILED, FAILED_FOR, HISTORY, LAST_RUNS, OUTPUT_CUT, OUTPUT_OF_EVENT, PAST_OUTPUT, RUN_COST, RUNS,
    RUNS_MAX,
};
use crate::outcome::ScriptOutcome;
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
    pub outcome: ScriptOutcome,
    /// What it printed.
    pub output: Output,
}

/// How an event went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report {
    /// Of the script that failed last; [`ScriptOutcome::Ok`] if none did.
    pub summary: ScriptOutcome,
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
    pub outcome: ScriptOutcome,
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

/// Runs of one script for one event, the oldest first, with their numbers.
#[derive(Debug, Default)]
struct Runs {
    good: VecDeque<(u64, PastRun)>,
    failed: VecDeque<(u64, PastRun)>,
}

impl Runs {
    fn row(&mut self, failed: bool) -> &mut VecDeque<(u64, PastRun)> {
        if failed { &mut self.failed } else { &mut self.good }
    }

    fn all(&self) -> impl Iterator<Item = &(u64, PastRun)> {
        self.good.iter().chain(&self.failed)
    }
}

/// Whose run it is. Those that went well are before those that failed, and the older before the younger.
type Place = (bool, u64);

/// The memory of one component.
#[derive(Debug)]
pub(crate) struct History {
    /// Runs of each script for each event.
    keep: usize,
    /// By event, with the number of the run.
    last: BTreeMap<Word, (u64, Arc<Report>)>,
    last_bytes: usize,
    /// By script and event.
    past: BTreeMap<Word, BTreeMap<Word, Runs>>,
    /// Whether a run failed, and its number -> the script and the event.
    order: BTreeMap<Place, (Word, Word)>,
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

fn cost(script: &Word, event: &Word, run: &PastRun) -> usize {
    // The names stand in the order as well.
    RUN_COST + script.len() + 2 * event.len() + run.output.bytes.len()
}

impl History {
    pub(crate) fn last(&self, event: &Word) -> Option<&Report> {
        self.last.get(event).map(|(_, report)| &**report)
    }

    /// So many runs of each script for each event are kept from now on.
    pub(crate) fn keep_runs(&mut self, runs: usize) {
        self.keep = runs.clamp(1, RUNS_MAX);
        let events = |(script, events): (&Word, &BTreeMap<Word, Runs>)| {
            events.keys().map(|event| (script.clone(), event.clone())).collect::<Vec<_>>()
        };
        for (script, event) in self.past.iter().flat_map(events).collect::<Vec<_>>() {
            self.trim(&script, &event, false);
            self.trim(&script, &event, true);
        }
    }

    /// The runs of each script, the oldest first; at most so many as an answer may have.
    pub(crate) fn past(&self, script: Option<&Word>) -> Vec<(Word, Vec<PastRun>)> {
        let wanted = self.past.iter().filter(|(name, _)| script.is_none_or(|script| *name == script));
        wanted
            .map(|(name, events)| {
                let mut runs: Vec<_> = events.values().flat_map(Runs::all).collect();
                runs.sort_by_key(|(number, _)| *number);
                let late = runs.split_off(runs.len().saturating_sub(RUNS_MAX));
                (name.clone(), late.into_iter().map(|(_, run)| run.clone()).collect())
            })
            .collect()
    }

    /// An event ended.
    pub(crate) fn keep(&mut self, event: &Word, report: Arc<Report>) {
        for run in &report.scripts {
            if run.outcome != ScriptOutcome::Disabled {
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
        let (mut output, script) = (run.output.clone(), &run.script);
        output.cut(PAST_OUTPUT);
        let (began, ended, outcome) = (run.began, run.ended, run.outcome);
        let failed = !outcome.is_fine();
        let run = PastRun { event: event.clone(), began, ended, outcome, output };
        self.count += 1;
        self.past_bytes += cost(script, event, &run);
        let events = self.past.entry(script.clone()).or_default();
        events.entry(event.clone()).or_default().row(failed).push_back((self.count, run));
        self.order.insert((failed, self.count), (script.clone(), event.clone()));
        self.trim(script, event, failed);
        while self.past_bytes > HISTORY {
            let Some((script, event)) = self.order.first_key_value().map(|(_, whose)| whose.clone()) else {
                break;
            };
            let failed = self.order.first_key_value().is_some_and(|((failed, _), _)| *failed);
            self.forget_oldest_of(&script, &event, failed);
        }
    }

    /// Forgets what is too much of the runs of a script for an event. What failed not long before the last failure stays
    /// for longer.
    fn trim(&mut self, script: &Word, event: &Word, failed: bool) {
        loop {
            let Some(runs) = self.past.get_mut(script).and_then(|events| events.get_mut(event)) else {
                return;
            };
            let row = runs.row(failed);
            let (Some((_, oldest)), Some((_, last))) = (row.front(), row.back()) else { return };
            let fresh = failed && oldest.ended + FAILED_FOR > last.ended;
            let most = if fresh { self.keep.max(FAILED) } else { self.keep };
            if row.len() <= most {
                return;
            }
            self.forget_oldest_of(script, event, failed);
        }
    }

    fn forget_oldest_of(&mut self, script: &Word, event: &Word, failed: bool) {
        let Some(events) = self.past.get_mut(script) else { return };
        let Some(runs) = events.get_mut(event) else { return };
        if let Some((number, run)) = runs.row(failed).pop_front() {
            self.past_bytes -= cost(script, event, &run);
            self.order.remove(&(failed, number));
        }
        if runs.all().next().is_none() {
            events.remove(event);
        }
        if events.is_empty() {
            self.past.remove(script);
        }
    }

    pub(crate) fn check(&self) {
        assert!(self.last.len() <= EVENTS);
        assert_eq!(self.last_bytes, self.last.values().map(|(_, report)| weight(report)).sum::<usize>());
        assert!(self.past_bytes <= HISTORY);
        let rows = || self.past.values().flat_map(BTreeMap::values);
        assert_eq!(self.order.len(), rows().map(|runs| runs.all().count()).sum::<usize>());
        assert!(
            rows().all(|runs| runs.good.len() <= self.keep && runs.failed.len() <= self.keep.max(FAILED))
        );
        assert!(rows().all(|runs| runs.all().next().is_some()));
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
                outcome: ScriptOutcome::Ok,
                output: Output { bytes: vec![b'x'; printed], omitted: 0 },
            });
        }
        Arc::new(Report { summary: ScriptOutcome::Ok, scripts: results.scripts })
    }

    #[test]
    fn of_each_script_the_last_runs_for_each_event_are_kept_and_of_each_event_the_last_one() {
        let mut history = History::default();
        for n in 0..60 {
            history.keep(&format!("event{}", n % 3).as_str().into(), report(2, n));
            history.check();
        }
        let past = history.past(None);
        assert_eq!(past.len(), 2);
        let printed: Vec<usize> = past[0].1.iter().map(|run| run.output.bytes.len()).collect();
        assert_eq!(printed, (36..60).collect::<Vec<_>>(), "eight of each event, the oldest first");
        assert_eq!(history.past(Some(&"10.1".into()))[0].0, "10.1".into());
        assert_eq!(history.last(&"event0".into()).unwrap().scripts[1].output.bytes.len(), 57);
        assert!(history.last(&"never".into()).is_none());
    }

    fn at(second: u64) -> Time {
        Time::ZERO + std::time::Duration::from_secs(second)
    }

    /// One run of one script.
    fn one(script: &str, second: u64, outcome: ScriptOutcome, printed: usize) -> Arc<Report> {
        let output = Output { bytes: vec![b'x'; printed], omitted: 0 };
        let run = ScriptRun { script: script.into(), began: at(second), ended: at(second), outcome, output };
        Arc::new(Report { summary: outcome, scripts: vec![run] })
    }

    #[test]
    fn a_failed_takeip_is_still_there_after_a_day_of_monitoring() {
        let mut history = History::default();
        history.keep(&"takeip".into(), one("10.interface", 0, ScriptOutcome::Failed(1), 7));
        history.keep(&"monitor".into(), one("10.interface", 1, ScriptOutcome::Failed(3), 8));
        for second in (15..86_400).step_by(15) {
            history.keep(&"monitor".into(), one("10.interface", second, ScriptOutcome::Ok, 9));
        }
        history.check();
        let runs = history.past(None).remove(0).1;
        let printed: Vec<_> = runs.iter().map(|run| run.output.bytes.len()).collect();
        assert_eq!(printed, [7, 8, 9, 9, 9, 9, 9, 9, 9, 9]);
    }

    #[test]
    fn failures_of_a_day_are_kept_in_larger_number_than_older_ones() {
        let mut history = History::default();
        let mut fail = |second| {
            history.keep(&"monitor".into(), one("50.samba", second, ScriptOutcome::TimedOut, 0));
            history.check();
            history.past(None).remove(0).1.len()
        };
        assert_eq!((0..60).map(&mut fail).max(), Some(60));
        assert_eq!((60..300).map(&mut fail).max(), Some(FAILED));
        assert_eq!(fail(2 * 86_400), RUNS, "two days later");
    }

    #[test]
    fn where_room_is_short_what_went_well_is_forgotten_before_what_failed() {
        let mut history = History::default();
        for n in 0..50 {
            history
                .keep(&format!("event{n}").as_str().into(), one("00.old", n, ScriptOutcome::Failed(1), 4096));
        }
        for n in 0..300 {
            history.keep(&format!("event{n}").as_str().into(), one("50.new", n, ScriptOutcome::Ok, 4096));
            history.check();
        }
        let past = history.past(None);
        assert_eq!(past[0].1.len(), 50);
        assert!((1..300).contains(&past[1].1.len()), "{}", past[1].1.len());
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
