//! A daemon as small as one can be, by docs/adding-a-daemon.md: all of its shell is here, its core beside it.

mod core;

use protocol::common::Span;
use protocol::interface::Refusal;
use runtime::driver::{self, Desk, Hands, RequestId, Resident};
use runtime::frame::{Daemon, Frame};
use runtime::http::numbers::gauge;
use runtime::presence::{BusOptions, Face, Presence};

use core::{Added, Effect, Serve, Served, Tally, announce};

/// What is carried out for the core.
struct Shell(Presence);

impl driver::Shell for Shell {
    type Machine = Tally;
    type Question = u64;
    type Answer = u64;
    const WHO: &'static str = "the tally";

    fn machine(&self) -> Tally {
        Tally::default()
    }

    fn question(id: RequestId, _: u64, number: u64) -> Added {
        Added(id, number)
    }

    fn effect(&mut self, effect: Effect, hands: &mut Hands<'_, Self>) {
        match effect {
            Effect::Answer(id, sum) => hands.answer(id, sum),
            Effect::Changed(sum) => {
                self.0.tell(announce(sum));
                self.0.ill("sum", (sum > 100).then(|| format!("{sum} is too much")));
            }
        }
    }
}

impl Resident for Shell {
    fn presence(&mut self) -> &mut Presence {
        &mut self.0
    }

    fn status(&mut self, hands: &mut Hands<'_, Self>) -> Option<String> {
        hands.look(|tally| format!("the sum is {}", tally.sum))
    }
}

impl Serve for Desk<Shell> {
    async fn add(&self, Span(number): Span) -> Result<Span, Refusal> {
        self.ask(number).await.map(Span)
    }
}

/// The daemon in the frame.
struct Tallyd;

impl Daemon for Tallyd {
    const NAME: &'static str = "ctdb-tallyd";
    const ABOUT: &'static str = "Counts what others add";
    type Options = BusOptions;
    type Error = anyhow::Error;

    async fn run(options: BusOptions, frame: Frame) -> anyhow::Result<()> {
        let face = |desk: Desk<Shell>| {
            let numbers = desk.numbers(|it| it.sum, |sum, all| all.register("sum", "The sum", gauge(sum)));
            Face::new(Served(desk), numbers)
        };
        driver::live((options.directory(&frame)?, None), frame, face, |_, presence| Ok(Shell(presence))).await
    }
}

fn main() -> std::process::ExitCode {
    runtime::frame::main::<Tallyd>()
}
