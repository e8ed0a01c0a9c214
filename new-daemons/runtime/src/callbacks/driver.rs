//! The loop: carries out the machine's effects, waits for programs and deadlines, and writes to the log what went wrong.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use callback::{Effect, Input, Reason, RunId, Start};
use machine::Machine;
use tokio::sync::oneshot;
use tokio::task::{Id, JoinSet};

use super::Shared;
use super::run::{Finished, run};
use crate::clock::Alarm;

/// Between two complaints about queues that are full.
const BETWEEN_COMPLAINTS: Duration = Duration::from_secs(10);

#[derive(Default)]
struct Programs {
    tasks: JoinSet<Finished>,
    runs: BTreeMap<Id, RunId>,
    stops: BTreeMap<RunId, oneshot::Sender<()>>,
    full: Full,
}

/// Events that were given up because queues are full: told together, not one by one.
#[derive(Default)]
struct Full {
    counts: BTreeMap<String, u64>,
    told: Option<Instant>,
}

impl Full {
    fn add(&mut self, callback: String) {
        *self.counts.entry(callback).or_default() += 1;
        if self.told.is_none_or(|told| told.elapsed() >= BETWEEN_COMPLAINTS) {
            self.tell();
        }
    }

    fn tell(&mut self) {
        for (callback, count) in std::mem::take(&mut self.counts) {
            tracing::warn!(callback, count, "events were given up: too many were waiting");
        }
        self.told = Some(Instant::now());
    }
}

/// Runs until tokio ends.
pub(super) async fn drive(shared: Arc<Shared>) {
    let mut programs = Programs::default();
    let mut alarm = Alarm::new(shared.clock);
    loop {
        let deadline = programs.effects(&shared);
        tokio::select! {
            () = shared.wake.notified() => {}
            Some(ended) = programs.tasks.join_next_with_id() => {
                let (id, finished) = match ended {
                    Ok((id, finished)) => (id, Some(finished)),
                    Err(error) => (error.id(), None),
                };
                let run = programs.runs.remove(&id);
                let lost = |run| Finished::not_started(run, "the run was lost".into());
                if let Some(finished) = finished.or_else(|| run.map(lost)) {
                    programs.stops.remove(&finished.run);
                    let Finished { run, ending, output } = finished;
                    let (output, omitted) = (output.bytes, output.omitted);
                    shared.input(Input::Ended { run, ending, output, omitted });
                }
            }
            () = alarm.wait(deadline) => shared.state().machine.tick(shared.clock.now()),
        }
    }
}

impl Programs {
    fn effects(&mut self, shared: &Arc<Shared>) -> Option<machine::Time> {
        let now = shared.clock.now();
        let mut state = shared.state();
        while let Some(effect) = state.machine.poll_effect(now) {
            match effect {
                Effect::Start(start) => self.start(shared, start),
                Effect::Stop(run) => {
                    if let Some(stop) = self.stops.remove(&run) {
                        // One that has ended meanwhile says so by itself.
                        let _ = stop.send(());
                    }
                }
                Effect::Answer { token, result } => {
                    if let Some(answer) = state.answers.remove(&token) {
                        let _ = answer.send(result);
                    }
                }
                Effect::Failed { callback, how, again } => {
                    let said = state.machine.callback(&callback).and_then(|callback| {
                        let output =
                            String::from_utf8_lossy(&callback.attempts().next_back()?.output).into_owned();
                        output.lines().rfind(|line| !line.trim().is_empty()).map(str::to_owned)
                    });
                    let again =
                        again.map_or("not again".to_owned(), |pause| format!("again after {pause:?}"));
                    let said = said.unwrap_or_default();
                    tracing::warn!(callback, said, "the program failed: {how}; {again}");
                }
                Effect::GivenUp { callback, what } if what.reason == Reason::Full => self.full.add(callback),
                Effect::GivenUp { callback, what } => {
                    tracing::warn!(
                        callback,
                        event = what.number,
                        topic = what.topic,
                        "event given up: {}",
                        what.reason
                    );
                }
                Effect::Expired { callback, owner } => {
                    tracing::info!(callback, owner = owner.0, "the registration has ended");
                }
                Effect::NotConfigured { callback, why } => tracing::error!(callback, "not taken: {why}"),
            }
        }
        if state.machine.is_idle() {
            shared.idle.notify_waiters();
        }
        state.machine.poll_timeout()
    }

    fn start(&mut self, shared: &Arc<Shared>, start: Box<Start>) {
        let (stop, stopped) = oneshot::channel();
        let id = start.run;
        tracing::debug!(
            callback = start.callback,
            run = id.0,
            events = start.events.len(),
            "a program is started"
        );
        self.stops.insert(id, stop);
        let task = self.tasks.spawn(run(shared.place.clone(), start, stopped));
        self.runs.insert(task.id(), id);
    }
}
