//! What the service daemon does for its core: operations, answers, news, and what is written down. It decides nothing about
//! services.
//!
//! When the core breaks, a fresh one takes over what is written down, as one would after a kill.

use std::io;
use std::path::Path;

use runtime::driver::{self, Hands, Inputs, Resident};
use runtime::frame::Frame;
use runtime::presence::Presence;
use service::{Answer, Command, Config, Effect, Input, Level, Phase, RequestId, Services, Wall, messages};
use tokio::sync::mpsc::unbounded_channel;

use super::settings::Settings;
use super::store::Store;
use crate::services::{Place, Runners, adopt};

/// What the daemon is ill with while it cannot write down what it does.
const STATE: &str = "state";

/// What came of a command, and what the daemon does now.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) phase: Phase,
}

#[derive(Debug)]
pub(crate) struct Shell {
    config: Config,
    place: Place,
    runners: Runners,
    store: Store,
    presence: Presence,
    /// The time of the core's beginning.
    zero: Wall,
    /// Something was told since the status was said.
    changed: bool,
    /// The daemon ends: nothing is begun any more.
    ending: bool,
}

impl Shell {
    pub(crate) fn new(
        configuration: &Path,
        store: Store,
        settings: Settings,
        presence: Presence,
    ) -> io::Result<Self> {
        let mut place = Place::new(configuration.canonicalize()?);
        place.ocf_root = runtime::configuration::ocf_root();
        place.mark = store.mark();
        // Their results go elsewhere as soon as there is a core.
        let runners = Runners::new(place.clone(), unbounded_channel().0);
        let (zero, config) = (runtime::today(), settings.config);
        Ok(Self { config, place, runners, store, presence, zero, changed: true, ending: false })
    }

    /// What the core is told of the configuration.
    fn configure(&mut self) -> Input {
        self.runners.set_output(self.config.output);
        self.runners.watch(&self.config.services);
        Input::Configure(self.config.clone())
    }

    fn written(&self, result: io::Result<()>) {
        let wrong = result.err().map(|error| format!("what it does cannot be written down: {error}"));
        if let Some(wrong) = &wrong {
            tracing::error!("{wrong}");
        }
        self.presence.ill(STATE, wrong);
    }
}

impl driver::Shell for Shell {
    type Machine = Services;
    type Question = Command;
    type Answer = Answered;

    const WHO: &'static str = "the service daemon";

    fn machine(&self) -> Services {
        Services::new(self.zero)
    }

    /// A fresh core takes over what a daemon before this one has left.
    fn begin(&mut self, inputs: Inputs<Self>) -> Vec<Input> {
        self.runners = Runners::new(self.place.clone(), inputs);
        let mut told = Vec::new();
        if self.ending {
            return told;
        }
        let choices = self.store.choices();
        told.extend((!choices.is_empty()).then_some(Input::Choices(choices)));
        if let Some(saved) = self.store.saved() {
            let running = adopt::running(&saved, &self.place);
            tracing::info!(
                phase = %saved.phase, services = saved.services.len(), running = running.len(),
                "taking over what a daemon before this one has left"
            );
            for (token, process) in &running {
                self.runners.adopt(*token, *process);
            }
            told.push(Input::Adopt { saved, running: running.into_keys().collect() });
        }
        told.push(self.configure());
        told
    }

    fn question(id: RequestId, _: u64, command: Command) -> Input {
        Input::Command { id, command }
    }

    fn effect(&mut self, effect: Effect, hands: &mut Hands<'_, Self>) {
        match effect {
            Effect::Log(level, line) => log(level, &line),
            Effect::Tell(notice) => {
                self.changed = true;
                self.presence.tell(messages::announce(&notice));
            }
            Effect::Keep(choices) => self.written(self.store.keep(&choices)),
            Effect::Save(saved) => self.written(self.store.save(&saved)),
            Effect::End(token) => self.runners.end(token),
            // What is written down says that it may have begun; the next daemon sees that it did not.
            Effect::Run { .. } if self.ending => {}
            Effect::Run { token, spec, work, limit } => {
                self.runners.set_node(self.presence.node());
                self.runners.run(token, spec, work, limit);
            }
            Effect::Answer { id, answer } => {
                let phase = hands.look(Services::phase).unwrap_or_default();
                hands.answer(id, Answered { answer, phase });
            }
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
        std::mem::take(&mut self.changed).then(|| hands.look(status).unwrap_or_default())
    }

    fn reload(&mut self, frame: &Frame) -> Result<Vec<Input>, String> {
        self.config = Settings::of(frame).map_err(|why| why.to_string())?.config;
        Ok(vec![self.configure()])
    }

    fn ending(&mut self) {
        self.ending = true;
    }

    fn is_idle(services: &Services) -> bool {
        services.is_idle()
    }

    fn unfinished(&mut self) {
        tracing::info!("operations that go on are left to the daemon that comes after this one");
        runtime::process::leave_running();
    }
}

/// What the daemon does, in a line.
fn status(services: &Services) -> String {
    let views = services.views();
    let up = views.iter().filter(|view| view.state.is_up()).count();
    let health = services.health();
    let well = match health.reasons.first() {
        _ if health.healthy => "healthy".to_owned(),
        Some(reason) => format!("unhealthy: {reason}"),
        None => "unhealthy".to_owned(),
    };
    format!("{}, {up} of {} services up, {well}", health.phase, views.len())
}

fn log(level: Level, line: &str) {
    match level {
        Level::Error => tracing::error!("{line}"),
        Level::Warning => tracing::warn!("{line}"),
        Level::Notice => tracing::info!("{line}"),
        Level::Info | Level::Debug => tracing::debug!("{line}"),
    }
}
