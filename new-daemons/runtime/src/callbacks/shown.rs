//! What is told of callbacks to whoever asks: the machine's state in the words of the protocol.

use callback::{Attempt, Callback, GivenUp, Order, Origin, Reason, Row, RunOutcome};
use machine::Time;
use protocol::callback as wire;
use protocol::common::{More, Span};
use protocol::fit;

use super::{Callbacks, Shared};

fn text(text: &str) -> wire::CallbackText {
    wire::CallbackText(fit::text(text, wire::CALLBACK_TEXT_MAX))
}

fn name(text: &str) -> wire::CallbackName {
    wire::CallbackName(fit::text(text, wire::CALLBACK_NAME_MAX))
}

fn order(order: Order) -> wire::CallbackOrder {
    match order {
        Order::Serial => wire::CallbackOrder::Serial,
        Order::Parallel => wire::CallbackOrder::Parallel,
        Order::Coalesce => wire::CallbackOrder::Coalesce,
    }
}

fn row(row: &Row) -> wire::CallbackRow {
    wire::CallbackRow {
        name: name(&row.name),
        events: row.events.iter().map(|pattern| text(&pattern.to_string())).collect(),
        path: text(&row.program.to_string_lossy()),
        arguments: row.arguments.iter().map(|argument| text(argument)).collect(),
        user: row.user.as_deref().map(name),
        time_limit: Span::from(row.time_limit),
        order: order(row.order),
        retries: row.retries,
        backoff: Span::from(row.backoff),
        more: More::none(),
    }
}

impl Shared {
    fn time(&self, time: Time) -> protocol::common::Time {
        protocol::common::Time::since_1970(self.wall_us(time))
    }

    fn attempt(&self, attempt: &Attempt) -> wire::CallbackAttempt {
        let (ending, status) = match attempt.outcome {
            RunOutcome::Done => (wire::CallbackEnding::Done, 0),
            RunOutcome::Exit(status) => (wire::CallbackEnding::Exit, u32::from(status)),
            RunOutcome::Signal(signal) => (wire::CallbackEnding::Signal, signal.unsigned_abs()),
            RunOutcome::TimeLimit => (wire::CallbackEnding::TimeLimit, 0),
            RunOutcome::Stopped => (wire::CallbackEnding::Stopped, 0),
            RunOutcome::NotStarted(_) => (wire::CallbackEnding::NotStarted, 0),
        };
        wire::CallbackAttempt {
            run: attempt.run.0,
            first_event: attempt.first,
            last_event: attempt.last,
            events: fit::count(attempt.events),
            topic: text(&attempt.topic),
            attempt: attempt.attempt,
            started: self.time(attempt.started),
            took: Span::from(attempt.took),
            ending,
            status,
            outcome: text(&attempt.outcome.to_string()),
            output: fit::bytes(&attempt.output, wire::CALLBACK_OUTPUT_MAX),
            omitted: attempt.omitted,
        }
    }

    fn given_up(&self, what: &GivenUp) -> wire::CallbackGivenUp {
        wire::CallbackGivenUp {
            event: what.number,
            topic: text(&what.topic),
            subject: text(&what.subject),
            attempts: what.attempts,
            reason: match what.reason {
                Reason::Failed => wire::CallbackReason::Failed,
                Reason::Full => wire::CallbackReason::Full,
                Reason::Removed => wire::CallbackReason::Removed,
                Reason::Stopping => wire::CallbackReason::Stopping,
            },
            at: self.time(what.at),
        }
    }

    fn state_of(&self, callback: &Callback) -> wire::CallbackState {
        let c = callback.counters();
        let running = callback.runs().map(|(id, run)| wire::CallbackRun {
            run: id.0,
            started: self.time(run.started()),
            events: fit::count(run.events().count()),
            attempt: run.attempt(),
            stopping: run.is_stopping(),
        });
        wire::CallbackState {
            name: name(&callback.row().name),
            running: running.collect(),
            waiting: u64::from(fit::count(callback.waiting())),
            next_try: callback.next_try().map(|time| self.time(time)),
            taken: c.taken,
            delivered: c.delivered,
            replaced: c.replaced,
            given_up: c.given_up,
            runs: c.runs,
            failed: c.failed,
            failed_in_a_row: c.failed_in_a_row,
            last: callback.attempts().next_back().map(|attempt| self.attempt(attempt)),
            leaving: callback.is_leaving(),
        }
    }
}

impl Callbacks {
    /// What is registered.
    pub async fn list(&self) -> wire::CallbackList {
        let now = self.0.clock.now();
        let rows: Vec<(Row, Origin)> = {
            let state = self.0.state();
            let here = state.machine.iter().filter(|callback| !callback.is_leaving());
            here.map(|callback| (callback.row().clone(), callback.origin().clone())).collect()
        };
        let (callbacks, looked_at) = (self.clone(), rows.clone());
        let look =
            move || looked_at.iter().map(|(row, origin)| callbacks.problem(row, origin)).collect::<Vec<_>>();
        let problems = tokio::task::spawn_blocking(look).await.unwrap_or_default();
        let mut problems = problems.into_iter();
        let entries = rows.iter().map(|(it, origin)| wire::CallbackEntry {
            row: row(it),
            registered: match origin {
                Origin::Configuration => None,
                Origin::Registered { owner, until } => Some(wire::CallbackRegistered {
                    owner: text(&owner.0),
                    left: Span::from(until.since(now)),
                }),
            },
            problem: problems.next().flatten().map(|problem| text(&problem)),
        });
        wire::CallbackList { callbacks: entries.collect() }
    }

    /// What they do: all of them, or the one of this name.
    #[must_use]
    pub fn status(&self, name: Option<&str>) -> wire::CallbackStatus {
        let state = self.0.state();
        let wanted =
            state.machine.iter().filter(|callback| name.is_none_or(|name| callback.row().name == name));
        wire::CallbackStatus { callbacks: wanted.map(|callback| self.0.state_of(callback)).collect() }
    }

    /// What they have done: all of them, or the one of this name.
    #[must_use]
    pub fn history(&self, name: Option<&str>) -> wire::CallbackHistory {
        let state = self.0.state();
        let wanted =
            state.machine.iter().filter(|callback| name.is_none_or(|name| callback.row().name == name));
        let past = |callback: &Callback| wire::CallbackPast {
            name: self::name(&callback.row().name),
            attempts: callback.attempts().map(|attempt| self.0.attempt(attempt)).collect(),
            given_up: callback.given_up().map(|what| self.0.given_up(what)).collect(),
        };
        wire::CallbackHistory { callbacks: wanted.map(past).collect() }
    }
}
