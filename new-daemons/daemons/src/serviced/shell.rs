//! The loop: what others want and what operations bring goes into the core, what the core asks for is carried out.
//!
//! It decides nothing about services. When the core breaks, a fresh one takes over what is written down, as one would after
//! a kill; whoever waits is told so.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Duration;

use crate::guard::{Broke, Guarded};
use crate::services::{Place, Runners, adopt};
use runtime::{Alarm, Clock};
use service::{Config, Effect, Input, Level, RequestId, Services};
use tokio::sync::mpsc::{Receiver, UnboundedReceiver, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::Instant;

use super::desk::{Answered, Wish};
use super::outside::Outside;
use super::settings::Settings;
use super::store::Store;

/// How long the end of operations is waited for when the daemon ends; less than the frame gives it.
const LAST: Duration = Duration::from_secs(5);

/// What the daemon is ill with while it cannot write down what it does.
const STATE: &str = "state";

type Core = Guarded<Services, Box<dyn Fn() -> Services>>;

pub(crate) struct Shell {
    clock: Clock,
    alarm: Alarm,
    core: Core,
    config: Config,
    place: Place,
    runners: Runners,
    inputs: UnboundedReceiver<Input>,
    wishes: Receiver<Wish>,
    outside: Outside,
    store: Store,
    pending: BTreeMap<RequestId, oneshot::Sender<Answered>>,
    requests: u64,
    /// Something was told since the status was said.
    changed: bool,
    /// The daemon ends: nothing is begun any more.
    ending: bool,
}

impl Shell {
    /// Takes over what a daemon before this one has left, and begins.
    pub(crate) fn start(
        configuration: &Path,
        bus: &Path,
        state: &Path,
        settings: Settings,
        outside: Outside,
        wishes: Receiver<Wish>,
    ) -> anyhow::Result<Self> {
        let store = Store::new(bus, state);
        let mut place = Place::new(configuration.canonicalize()?);
        place.ocf_root = runtime::configuration::ocf_root();
        place.mark = store.mark();
        let (to, inputs) = unbounded_channel();
        let (clock, zero) = (Clock::default(), runtime::today());
        let make: Box<dyn Fn() -> Services> = Box::new(move || Services::new(zero));
        let mut shell = Self {
            clock,
            alarm: Alarm::new(clock),
            core: Guarded::new(make),
            config: settings.config,
            runners: Runners::new(place.clone(), to),
            place,
            inputs,
            wishes,
            outside,
            store,
            pending: BTreeMap::new(),
            requests: 0,
            changed: false,
            ending: false,
        };
        shell.begin();
        shell.carry_out();
        Ok(shell)
    }

    /// What a fresh core is told first.
    fn begin(&mut self) {
        let choices = self.store.choices();
        if !choices.is_empty() {
            self.feed(Input::Choices(choices));
        }
        if let Some(saved) = self.store.saved() {
            let running = adopt::running(&saved, &self.place);
            tracing::info!(
                phase = %saved.phase, services = saved.services.len(), running = running.len(),
                "taking over what a daemon before this one has left"
            );
            for (token, process) in &running {
                self.runners.adopt(*token, *process);
            }
            self.feed(Input::Adopt { saved, running: running.into_keys().collect() });
        }
        self.configure();
    }

    fn configure(&mut self) {
        self.runners.set_output(self.config.output);
        self.feed(Input::Configure(self.config.clone()));
        self.runners.watch(&self.config.services);
    }

    /// Goes by new settings.
    pub(crate) fn go_by(&mut self, settings: Settings) {
        self.outside.configure(settings.callbacks);
        self.config = settings.config;
        self.configure();
    }

    /// One turn. Nothing is lost when this is dropped.
    pub(crate) async fn turn(&mut self) {
        self.carry_out();
        let deadline = self.core.poll_timeout();
        tokio::select! {
            Some(input) = self.inputs.recv() => self.feed(input),
            Some(wish) = self.wishes.recv() => self.wished(wish),
            () = self.alarm.wait(deadline) => {
                let now = self.clock.now();
                let ticked = self.core.tick(now);
                self.survive(ticked);
            }
        }
    }

    /// The daemon ends; services stay as they are. What is done with them just now comes to its end, or goes on without it.
    pub(crate) async fn stop(mut self) {
        self.ending = true;
        let until = Instant::now() + LAST;
        while !self.core.look(Services::is_idle).unwrap_or(true) {
            if tokio::time::timeout_at(until, self.turn()).await.is_err() {
                tracing::info!("operations that go on are left to the daemon that comes after this one");
                runtime::process::leave_running();
                break;
            }
        }
        self.carry_out();
        self.outside.stop().await;
    }

    fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Command(command, to) => {
                self.requests += 1;
                let id = RequestId(self.requests);
                self.pending.insert(id, to);
                self.feed(Input::Command { id, command });
            }
            Wish::Look(look) => {
                let looked = self.core.look(look);
                self.survive(looked);
            }
        }
    }

    fn feed(&mut self, input: Input) {
        let now = self.clock.now();
        let handled = self.core.handle(now, input);
        self.survive(handled);
    }

    /// After a mistake in the core, all begins anew with what is written down. Operations that go on are ended.
    fn survive(&mut self, result: Result<(), Broke>) {
        if result.is_ok() {
            return;
        }
        tracing::error!("internal error, beginning anew with what was written down");
        // Whoever waits is told by the end of his channel.
        self.pending.clear();
        let (to, inputs) = unbounded_channel();
        self.runners = Runners::new(self.place.clone(), to);
        self.inputs = inputs;
        if !self.ending {
            self.begin();
        }
    }

    fn carry_out(&mut self) {
        self.runners.set_node(self.outside.node());
        while let Some(effect) = self.core.poll_effect(self.clock.now()) {
            match effect {
                Effect::Log(level, line) => log(level, &line),
                Effect::Tell(notice) => {
                    self.changed = true;
                    self.outside.tell(&notice);
                }
                Effect::Keep(choices) => {
                    let kept = self.store.keep(&choices);
                    self.written(kept);
                }
                Effect::Save(saved) => {
                    let saved = self.store.save(&saved);
                    self.written(saved);
                }
                Effect::End(token) => self.runners.end(token),
                // What is written down says that it may have begun; the next daemon sees that it did not.
                Effect::Run { .. } if self.ending => {}
                Effect::Run { token, spec, work, limit } => self.runners.run(token, spec, work, limit),
                Effect::Answer { id, answer } => {
                    let phase = self.core.look(Services::phase).unwrap_or_default();
                    if let Some(to) = self.pending.remove(&id) {
                        let _ = to.send(Answered { answer, phase });
                    }
                }
            }
        }
    }

    fn written(&self, result: std::io::Result<()>) {
        let wrong = result.err().map(|error| format!("what it does cannot be written down: {error}"));
        if let Some(wrong) = &wrong {
            tracing::error!("{wrong}");
        }
        self.outside.ill(STATE, wrong);
    }

    /// What the daemon does, in a line.
    pub(crate) fn status(&mut self) -> String {
        let seen = self.core.look(|services| {
            let views = services.views();
            let up = views.iter().filter(|view| view.state.is_up()).count();
            let health = services.health();
            let well = match health.reasons.first() {
                _ if health.healthy => "healthy".to_owned(),
                Some(reason) => format!("unhealthy: {reason}"),
                None => "unhealthy".to_owned(),
            };
            format!("{}, {up} of {} services up, {well}", health.phase, views.len())
        });
        seen.unwrap_or_default()
    }

    /// The status, when it is perhaps another one than it was.
    pub(crate) fn news(&mut self) -> Option<String> {
        std::mem::take(&mut self.changed).then(|| self.status())
    }
}

fn log(level: Level, line: &str) {
    match level {
        Level::Error => tracing::error!("{line}"),
        Level::Warning => tracing::warn!("{line}"),
        Level::Notice => tracing::info!("{line}"),
        Level::Info | Level::Debug => tracing::debug!("{line}"),
    }
}
