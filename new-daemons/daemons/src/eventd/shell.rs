//! The loop: what clients and programs do goes into the core, what the core asks for is carried out.
//!
//! It decides nothing about events. What ends the daemon is decided here: a signal, or the end of ctdbd.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;
use std::time::Duration;

use crate::guard::{Broke, Guarded};
use crate::scripts::Scripts;
use event::messages;
use event::{Answer, Config, Effect, EventDaemon, Input, Level, Notice, Origin, RequestId};
use nix::errno::Errno;
use nix::unistd::Pid;
use runtime::frame::Sockets;
use runtime::{Alarm, Clock};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, channel, unbounded_channel};
use tokio::sync::oneshot;
use tokio::time::{MissedTickBehavior, interval};

use super::asked::{Answered, Wish};
use super::clients::{Client, Happening, Listener, Reply};
use super::legacy::{self, Asker};
use super::log::Log;
use super::outside::{Outside, Site};
use super::paths::Paths;
use super::settings::{Ours, Settings};

/// How often to look whether ctdbd is still there.
const LOOK: Duration = Duration::from_secs(1);
/// What clients may send before the loop has looked at it.
const AHEAD: usize = 64;

type Core = Guarded<EventDaemon, Box<dyn Fn() -> EventDaemon>>;

fn core(hook: bool) -> Core {
    Guarded::new(Box::new(move || EventDaemon::new(Config { hook })))
}

/// A question that the core has not answered.
#[derive(Debug)]
enum Pending {
    /// Of a client of the socket.
    Client { client: Client, asker: Asker, of_event: bool },
    /// Of another daemon.
    Daemon { origin: Origin, to: oneshot::Sender<Answered> },
}

pub(crate) struct Shell<'a> {
    paths: &'a Paths,
    log: Log,
    clock: Clock,
    core: Core,
    hook: bool,
    scripts: Scripts,
    results: UnboundedReceiver<Input>,
    outside: Outside,
    clients: BTreeMap<Client, UnboundedSender<Reply>>,
    pending: BTreeMap<RequestId, Pending>,
    count: u64,
    /// Runs of each script that are remembered.
    keep: Option<usize>,
}

/// What ends the daemon: by signal or by failure, each with the exit status.
enum Stop {
    Asked,
    Alone(Pid),
}

/// Serves until it is told to end. `ready` is called once clients can connect, and what it returns is kept to the end.
pub(crate) async fn run(
    paths: &Paths,
    settings: Settings,
    mut log: Log,
    parent: Option<Pid>,
    ready: impl FnOnce(&mut Log) -> Option<File>,
) -> Result<(), i32> {
    let mut signals = match Signals::new() {
        Ok(signals) => signals,
        Err(error) => {
            log.line(Level::Error, &format!("startup failed, {error}"));
            return Err(Errno::EIO as i32);
        }
    };
    log.line(Level::Notice, "startup completed successfully");
    let path = paths.run("eventd.socket");
    let listener = Listener::bind(&path).map_err(|error| {
        log.line(Level::Error, &format!("socket bind failed - {}: {error}", path.display()));
        Errno::EIO as i32
    })?;
    log.line(Level::Notice, &format!("listening on {}", path.display()));
    let (ours, doubt) = Ours::read(paths);
    if let Some(doubt) = doubt {
        log.line(Level::Warning, &format!("Configuration of the new daemons: {doubt}"));
    }
    let site = Site::new(paths.bus(ours.bus.as_deref()), paths.etc(""), &ours, Sockets::default());
    let (outside, _) = Outside::start(site.below_ctdbd()).map_err(|error| {
        log.line(Level::Error, &format!("startup failed, {error}"));
        Errno::EIO as i32
    })?;
    let _kept = ready(&mut log);
    if std::process::id() == 1 {
        tokio::spawn(runtime::process::adopt());
    }
    let mut shell = Shell::new(paths, log, settings, &ours, outside);
    let stop = shell.serve(&listener, &mut signals, parent).await;
    let code = match stop {
        Stop::Asked => Ok(()),
        Stop::Alone(pid) => {
            shell.log.line(Level::Error, &format!("PID {pid} gone away, exiting"));
            Err(Errno::ESRCH as i32)
        }
    };
    shell.log.line(Level::Notice, "Shutting down");
    code
}

struct Signals {
    hangup: Signal,
    user1: Signal,
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            user1: signal(SignalKind::user_defined1())?,
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    async fn next(&mut self) -> SignalKind {
        tokio::select! {
            _ = self.hangup.recv() => SignalKind::hangup(),
            _ = self.user1.recv() => SignalKind::user_defined1(),
            _ = self.interrupt.recv() => SignalKind::interrupt(),
            _ = self.terminate.recv() => SignalKind::terminate(),
        }
    }
}

impl<'a> Shell<'a> {
    pub(crate) fn new(paths: &'a Paths, log: Log, settings: Settings, ours: &Ours, outside: Outside) -> Self {
        let (to, results) = unbounded_channel();
        let mut scripts = Scripts::new(paths.etc("events"), to);
        let hook = settings.hook.is_some();
        scripts.set_hook(settings.hook);
        let mut shell = Self {
            paths,
            log,
            clock: Clock::default(),
            core: core(hook),
            hook,
            scripts,
            results,
            outside,
            clients: BTreeMap::new(),
            pending: BTreeMap::new(),
            count: 0,
            keep: None,
        };
        shell.heed(ours);
        shell
    }

    /// Goes by what only the new daemons know.
    fn heed(&mut self, ours: &Ours) {
        self.scripts.set_output(ours.output);
        self.keep = ours.history;
        if let Some(runs) = self.keep {
            self.feed(Input::Keep(runs));
        }
    }

    /// Goes by new settings.
    pub(crate) fn go_by(&mut self, settings: Settings, ours: &Ours) {
        self.go_by_c(settings);
        self.outside.configure(ours.callbacks.clone());
        self.heed(ours);
    }

    /// Goes by what C's event daemon knows, too.
    fn go_by_c(&mut self, settings: Settings) {
        self.log.set_level(settings.level);
        self.hook = settings.hook.is_some();
        self.scripts.set_hook(settings.hook);
        self.feed(Input::Hook(self.hook));
    }

    /// One turn without clients of the socket. Nothing is lost when this is dropped.
    pub(crate) async fn turn(&mut self, alarm: &mut Alarm) {
        self.carry_out();
        let deadline = self.core.poll_timeout();
        tokio::select! {
            Some(input) = self.results.recv() => self.feed(input),
            wish = self.outside.next() => self.wished(wish),
            () = alarm.wait(deadline) => self.tick(),
        }
    }

    /// What ctdbd says to scripts by its environment.
    pub(crate) fn set_base(&mut self, base: PathBuf) {
        self.scripts.set_base(base);
    }

    /// For [`Self::turn`].
    pub(crate) fn alarm(&self) -> Alarm {
        Alarm::new(self.clock)
    }

    fn tick(&mut self) {
        let now = self.clock.now();
        let ticked = self.core.tick(now);
        self.survive(ticked);
    }

    async fn serve(&mut self, listener: &Listener, signals: &mut Signals, parent: Option<Pid>) -> Stop {
        let (to, mut happenings) = channel(AHEAD);
        let serving = listener.serve(parent.map(Pid::as_raw), to);
        tokio::pin!(serving);
        let mut alarm = Alarm::new(self.clock);
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            self.carry_out();
            let deadline = self.core.poll_timeout();
            tokio::select! {
                kind = signals.next() => {
                    self.log.line(Level::Notice, &format!("Received signal {}", kind.as_raw_value()));
                    if kind == SignalKind::hangup() {
                        self.reopen();
                        self.renew();
                    } else if kind == SignalKind::user_defined1() {
                        self.reload();
                    } else {
                        return Stop::Asked;
                    }
                }
                Some(input) = self.results.recv() => self.feed(input),
                wish = self.outside.next() => self.wished(wish),
                Some(happening) = happenings.recv() => self.happens(happening),
                () = alarm.wait(deadline) => self.tick(),
                _ = look.tick() => {
                    if let Some(pid) = parent.filter(|pid| nix::sys::signal::kill(*pid, None) == Err(Errno::ESRCH)) {
                        return Stop::Alone(pid);
                    }
                }
                () = &mut serving => {}
            }
        }
    }

    fn reopen(&mut self) {
        match self.log.reopen() {
            Ok(()) => self.log.line(Level::Notice, "reopen logs completed successfully"),
            Err(error) => self.log.line(Level::Error, &format!("reopen logs: {error}")),
        }
    }

    /// Goes by what only the new daemons know, as the files say it now: SIGHUP has each of them do so. With a mistake in them
    /// nothing changes.
    fn renew(&mut self) {
        let (ours, doubt) = Ours::read(self.paths);
        if let Some(doubt) = doubt {
            return self.log.line(Level::Warning, &format!("Configuration of the new daemons: {doubt}"));
        }
        self.outside.configure(ours.callbacks.clone());
        self.heed(&ours);
    }

    /// Level and debug hook may change while the daemon runs.
    fn reload(&mut self) {
        let file = self.paths.etc("ctdb.conf");
        self.log.line(Level::Notice, &format!("Re-reading config file {}", file.display()));
        match Settings::read(self.paths) {
            Ok(settings) => {
                self.go_by_c(settings);
                self.renew();
                self.log.line(Level::Notice, "reconfigure completed successfully");
            }
            Err(error) => self.log.line(Level::Warning, &format!("Configuration reload failed: {error}")),
        }
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Joined(client, to) => {
                self.clients.insert(client, to);
            }
            Happening::Asked(client, asker, request) => {
                self.count += 1;
                let (id, of_event) = (RequestId(self.count), matches!(request, event::Request::Run { .. }));
                self.pending.insert(id, Pending::Client { client, asker, of_event });
                self.feed(Input::Request { id, origin: Origin(client.0), request });
            }
            Happening::Left(client, wrong) => {
                if let Some(wrong) = wrong {
                    self.log.line(Level::Error, &wrong);
                }
                self.clients.remove(&client);
                // Of these the core answers only what runs already.
                let other = |p: &Pending| !matches!(p, Pending::Client { client: of, .. } if *of == client);
                self.pending.retain(|_, pending| other(pending));
                self.feed(Input::Gone(Origin(client.0)));
            }
            Happening::Trouble(what) => self.log.line(Level::Warning, &what),
        }
    }

    fn wished(&mut self, wish: Wish) {
        match wish {
            Wish::Ask(origin, request, to) => {
                self.count += 1;
                let id = RequestId(self.count);
                self.pending.insert(id, Pending::Daemon { origin, to });
                self.feed(Input::Request { id, origin, request });
            }
            Wish::Gone(origin) => {
                let other = |p: &Pending| !matches!(p, Pending::Daemon { origin: of, .. } if *of == origin);
                self.pending.retain(|_, pending| other(pending));
                self.feed(Input::Gone(origin));
            }
            Wish::Log(level, line) => self.log.line(level, &line),
        }
    }

    fn feed(&mut self, input: Input) {
        let now = self.clock.now();
        let handled = self.core.handle(now, input);
        self.survive(handled);
    }

    /// After a mistake in the core: whoever waits is told that his event failed, and all begins anew.
    fn survive(&mut self, result: Result<(), Broke>) {
        if result.is_ok() {
            return;
        }
        self.log.line(Level::Error, "internal error, the events that wait are given up");
        for pending in std::mem::take(&mut self.pending).into_values() {
            // A daemon is told by the end of its channel.
            if let Pending::Client { client, asker, of_event } = pending {
                self.send(client, Reply { packet: legacy::plain(asker, Errno::EIO as i32), of_event });
            }
        }
        // With a channel of their own, so that late results of the old ones reach nobody.
        let (to, results) = unbounded_channel();
        self.scripts = self.scripts.anew(to);
        self.results = results;
        self.core = core(self.hook);
        if let Some(runs) = self.keep {
            // Alone in a fresh machine, which has nothing to break over.
            let _ = self.core.handle(self.clock.now(), Input::Keep(runs));
        }
    }

    fn carry_out(&mut self) {
        while let Some(effect) = self.core.poll_effect(self.clock.now()) {
            match effect {
                Effect::List { token, component } => self.scripts.list(token, &component),
                Effect::Start { token, component, script, args } => {
                    self.scripts.start(token, &component, &script, &args);
                }
                Effect::Peek(token) => self.scripts.peek(token),
                Effect::Debug { token, pid, event } => self.scripts.debug(token, pid, &event),
                Effect::End { token, grace } => self.scripts.end(token, grace),
                Effect::Enable { token, component, file, on } => {
                    self.scripts.enable(token, &component, &file, on)
                }
                Effect::Answer(id, answer) => self.answer(id, answer),
                Effect::Log(level, line) => self.log.line(level, &line),
                Effect::Components(token) => self.scripts.components(token),
                Effect::Publish(notice) => self.publish(notice),
            }
        }
    }

    fn answer(&mut self, id: RequestId, answer: Answer) {
        let calendar = self.clock.calendar();
        match self.pending.remove(&id) {
            Some(Pending::Client { client, asker, of_event }) => {
                let packet = legacy::reply(asker, answer, calendar);
                self.send(client, Reply { packet, of_event });
            }
            Some(Pending::Daemon { to, .. }) => {
                let _ = to.send(Answered { answer, calendar });
            }
            None => {}
        }
    }

    fn publish(&mut self, notice: Notice) {
        let told = messages::told(notice, self.clock.now(), self.clock.calendar());
        if let Some(line) = self.outside.tell(told) {
            self.log.line(Level::Warning, &line);
        }
    }

    fn send(&self, client: Client, reply: Reply) {
        if let Some(to) = self.clients.get(&client) {
            let _ = to.send(reply);
        }
    }
}
