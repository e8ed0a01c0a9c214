//! What the service daemon does for its core: operations, answers, news, and what is written down. It decides nothing about
//! services.
//!
//! When the core breaks, a fresh one takes over what is written down, as one would after a kill.

use std::io;

use runtime::driver::{self, Hands, Inputs, Resident};
use runtime::frame::Frame;
use runtime::logging;
use runtime::presence::Presence;
use service::{Answer, Command, Config, Effect, Input, RequestId, Services, Wall, messages};

use super::settings::Settings;
use super::store::Store;
use crate::services::Runners;

#[derive(Debug)]
pub(crate) struct Shell {
    pub(crate) config: Config,
    pub(crate) runners: Runners,
    pub(crate) store: Store,
    pub(crate) presence: Presence,
    /// The time of the core's beginning.
    pub(crate) zero: Wall,
    /// Something was told since the status was said.
    pub(crate) changed: bool,
}

impl Shell {
    /// What the core is told of the configuration.
    fn configure(&mut self) -> Input {
        self.runners.set_output(self.config.output);
        self.runners.watch(&self.config.services);
        Input::Configure(self.config.clone())
    }

    fn written(&self, result: io::Result<()>) {
        let wrong = result.map_err(|error| format!("what it does cannot be written down: {error}"));
        self.presence.ill("state", wrong.inspect_err(|wrong| tracing::error!("{wrong}")).err());
    }
}

impl driver::Shell for Shell {
    type Machine = Services;
    type Question = Command;
    type Answer = Answer;

    const WHO: &'static str = "the service daemon";

    fn machine(&self) -> Services {
        Services::new(self.zero)
    }

    /// A fresh core takes over what a daemon before this one has left; at the end of the daemon it does nothing.
    fn begin(&mut self, inputs: Inputs<Self>) -> Vec<Input> {
        self.runners = self.runners.anew(inputs);
        if self.runners.is_closed() {
            return Vec::new();
        }
        let choices = Some(self.store.choices()).filter(|choices| !choices.is_empty()).map(Input::Choices);
        let left = self.store.saved().map(|saved| self.runners.take_over(saved));
        choices.into_iter().chain(left).chain([self.configure()]).collect()
    }

    fn question(id: RequestId, _: u64, command: Command) -> Input {
        Input::Command { id, command }
    }

    fn effect(&mut self, effect: Effect, hands: &mut Hands<'_, Self>) {
        match effect {
            Effect::Log(level, line) => logging::line(level, &line),
            Effect::Tell(notice) => {
                self.changed = true;
                self.presence.tell(messages::announce(&notice));
            }
            Effect::Keep(choices) => self.written(self.store.keep(&choices)),
            Effect::Save(saved) => self.written(self.store.save(&saved)),
            Effect::End(token) => self.runners.end(token),
            Effect::Run { token, spec, work, limit } => {
                self.runners.set_node(self.presence.node());
                self.runners.run(token, spec, work, limit);
            }
            Effect::Answer { id, answer } => hands.answer(id, answer),
        }
    }

    fn broke(&mut self) {
        tracing::error!("internal error, beginning anew with what was written down");
    }
}

impl Resident for Shell {
    fn presence(&mut self) -> &mut Presence {
        &mut self.presence
    }

    fn status(&mut self, hands: &mut Hands<'_, Self>) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| hands.look(Services::headline).unwrap_or_default())
    }

    fn reload(&mut self, frame: &Frame) -> Result<Vec<Input>, String> {
        self.config = Settings::of(frame).map_err(|why| why.to_string())?.config;
        Ok(vec![self.configure()])
    }

    fn ending(&mut self) {
        self.runners.close();
    }

    fn is_idle(services: &Services) -> bool {
        services.is_idle()
    }

    fn unfinished(&mut self) {
        tracing::info!("operations that go on are left to the daemon that comes after this one");
        runtime::process::leave_running();
    }
}
