//! What the event daemon does for its core: scripts, answers, news, the log. It decides nothing about events.

use std::path::PathBuf;

use event::messages;
use event::{Answer, Config, Effect, EventDaemon, Input, Level, Origin, Request, RequestId};
use machine::Calendar;
use runtime::driver::{self, Hands, Inputs, Resident};
use runtime::frame::Frame;
use runtime::presence::{Presence, Where};
use tokio::sync::mpsc::unbounded_channel;

use super::settings::{Ours, Settings};
use crate::legacy::log::Log;
use crate::legacy::paths::Paths;
use crate::scripts::Scripts;

#[derive(Debug)]
pub(crate) struct Shell {
    paths: Paths,
    pub(crate) log: Log,
    scripts: Scripts,
    /// Runs of each script that are remembered.
    keep: Option<usize>,
    pub(crate) presence: Presence,
    /// What is to be said of the daemon in a line.
    news: Option<String>,
}

impl Shell {
    pub(crate) fn new(paths: &Paths, log: Log, settings: Settings, ours: &Ours, presence: Presence) -> Self {
        // Its results go elsewhere as soon as there is a core.
        let mut scripts = Scripts::new(paths.etc("events"), unbounded_channel().0);
        scripts.set_hook(settings.hook);
        scripts.set_output(ours.output);
        Self { paths: paths.clone(), log, scripts, keep: ours.history, presence, news: None }
    }

    /// Without ctdbd, which says to scripts by its environment where they find what they share.
    pub(crate) fn alone(mut self, base: PathBuf, news: String) -> Self {
        self.scripts.set_base(base);
        self.news = Some(news);
        self
    }

    /// Goes by what C's event daemon knows, too; what the core is told of it.
    pub(crate) fn go_by(&mut self, settings: Settings) -> Input {
        self.log.set_level(settings.level);
        self.scripts.set_hook(settings.hook);
        Input::Hook(self.scripts.has_hook())
    }

    /// Goes by what only the new daemons know; what the core is told of it.
    pub(crate) fn heed(&mut self, ours: &Ours) -> Option<Input> {
        self.scripts.set_output(ours.output);
        self.keep = ours.history;
        self.keep.map(Input::Keep)
    }
}

impl driver::Shell for Shell {
    type Machine = EventDaemon;
    type Question = Request;
    /// And the time of day by which it is told.
    type Answer = (Answer, Calendar);

    const WHO: &'static str = "the event daemon";

    fn machine(&self) -> EventDaemon {
        EventDaemon::new(Config { hook: self.scripts.has_hook() })
    }

    fn begin(&mut self, inputs: Inputs<Self>) -> Vec<Input> {
        self.scripts = self.scripts.anew(inputs);
        self.keep.map(Input::Keep).into_iter().collect()
    }

    fn question(id: RequestId, from: u64, request: Request) -> Input {
        Input::Request { id, origin: Origin(from), request }
    }

    fn gone(from: u64) -> Option<Input> {
        Some(Input::Gone(Origin(from)))
    }

    fn effect(&mut self, effect: Effect, hands: &mut Hands<'_, Self>) {
        match self.scripts.carry_out(effect) {
            Some(Effect::Answer(id, answer)) => {
                let calendar = hands.calendar();
                hands.answer(id, (answer, calendar));
            }
            Some(Effect::Log(level, line)) => self.log.line(level, &line),
            Some(Effect::Publish(notice)) => {
                self.presence.tell(messages::announce(notice, hands.now, hands.calendar()));
            }
            _ => {}
        }
    }

    fn broke(&mut self) {
        self.log.line(Level::Error, "internal error, the events that wait are given up");
    }
}

impl Resident for Shell {
    /// Without its event daemon ctdbd ends, and ctdbd waits for each event: nothing on the bus holds up the loop.
    const OUTSIDE: Where = Where::Apart;

    fn presence(&mut self) -> &mut Presence {
        &mut self.presence
    }

    fn status(&mut self, _: &mut Hands<'_, Self>) -> Option<String> {
        self.news.take()
    }

    fn reload(&mut self, frame: &Frame) -> Result<Vec<Input>, String> {
        let (settings, ours) = Settings::of_frame(frame, &self.paths)?;
        Ok([self.go_by(settings)].into_iter().chain(self.heed(&ours)).collect())
    }
}
