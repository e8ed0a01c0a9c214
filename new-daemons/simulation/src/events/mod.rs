//! The event daemon among scripts that hang, fail and vanish, and clients that ask and leave, from a seed.
//!
//! [`Events`] is the driver; `promises` knows what must hold and panics when it does not: one answer for each request, one
//! script at a time in a component, the order of asking, no event behind a monitor event, and an end to all within its time.

mod promises;

use std::time::Duration;

use event::{
    Answer, Config, Effect, Entry, Errno, EventDaemon, How, Input, Origin, Output, Request, RequestId, Token,
    What, Word,
};
use machine::{Machine, Time};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::processes::Processes;
use crate::stage::{Stage, World};
use promises::Promises;

const COMPONENTS: [&str; 3] = ["legacy", "ip", "service"];
const EVENTS: [&str; 6] = ["monitor", "monitor", "takeip", "releaseip", "recovered", "startup"];
const CLIENTS: u64 = 5;
/// How long a process group that was killed takes to end, at most.
const DYING: Duration = Duration::from_millis(100);

/// What will happen.
#[derive(Debug)]
pub enum Happening {
    /// A client asks for something.
    Ask,
    /// A client leaves, and another comes in its place.
    Leave,
    /// The debug hook comes or goes.
    Hook,
    /// The daemon is told something.
    Tell(Input),
}

/// An event daemon and its surroundings.
#[derive(Debug)]
pub struct Events {
    daemon: EventDaemon,
    stage: Stage<Happening>,
    programs: Processes<Token>,
    promises: Promises,
    requests: u64,
    /// The number of the client that sits at each place.
    clients: Vec<u64>,
    hook: bool,
    asking: bool,
}

fn word(text: &str) -> Word {
    Word::from(text)
}

fn millis(rng: &mut SmallRng, range: std::ops::Range<u64>) -> Duration {
    Duration::from_millis(rng.random_range(range))
}

impl Events {
    /// A daemon that nobody has asked for anything yet.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut stage = Stage::new(seed);
        let hook = stage.chance(0.5);
        stage.at(Time::ZERO, Happening::Ask);
        stage.after(Duration::from_secs(20), Happening::Leave);
        stage.after(Duration::from_secs(60), Happening::Hook);
        Self {
            daemon: EventDaemon::new(Config { hook }),
            stage,
            programs: Processes::default(),
            promises: Promises::default(),
            requests: CLIENTS,
            clients: (0..CLIENTS).collect(),
            hook,
            asking: true,
        }
    }

    /// Nobody asks any more, and what runs comes to its end. Then nothing may be owed.
    pub fn calm_down(&mut self) {
        self.asking = false;
        self.run(Duration::from_secs(3600));
        self.programs.none_is_left();
        assert!(self.daemon.poll_timeout().is_none(), "something is still due");
        self.promises.nothing_is_owed();
    }

    /// How many events ended well, failed, took too long, were cancelled.
    #[must_use]
    pub fn ends(&self) -> [u64; 4] {
        self.promises.ends
    }

    fn ask(&mut self) {
        let rng = &mut self.stage.rng;
        let component = word(COMPONENTS[rng.random_range(0..COMPONENTS.len())]);
        let event = word(EVENTS[rng.random_range(0..EVENTS.len())]);
        let origin = Origin(self.clients[rng.random_range(0..self.clients.len())]);
        let limit = Duration::from_secs(rng.random_range(0..20));
        let (all, kind) = (rng.random_bool(0.1), rng.random_range(0..20));
        self.requests += 1;
        let id = RequestId(self.requests);
        let request = match kind {
            0 => Request::Status { component, event },
            1 => Request::History { component, script: None },
            2 => Request::Enable { component, script: word("10.a"), on: all },
            _ => {
                let args = vec![word(&id.0.to_string())];
                self.promises.asked(self.stage.now, id, origin, &component, &event, (limit, all));
                Request::Run { component, event, args, limit, all }
            }
        };
        if kind < 3 {
            self.promises.asked_else(id, origin);
        }
        self.stage.trace(&(id, &request));
        self.daemon.handle(self.stage.now, Input::Request { id, origin, request });
    }

    fn tell(&mut self, after: Duration, input: Input) {
        self.stage.at(self.stage.now + after, Happening::Tell(input));
    }

    fn carry_out(&mut self, effect: Effect) {
        self.stage.trace(&effect);
        let soon = millis(&mut self.stage.rng, 0..20);
        match effect {
            Effect::List { token, .. } => {
                let rng = &mut self.stage.rng;
                let name = |n| Entry { name: word(&format!("{n}0.x.script")), enabled: n != 3 };
                let scripts = (1..=rng.random_range(1..5)).map(name).collect();
                let listed = if rng.random_bool(0.02) { Err(Errno(5)) } else { Ok(scripts) };
                self.tell(soon, Input::Listed(token, listed));
            }
            Effect::Start { token, component, .. } => {
                self.promises.started(self.stage.now, token, Some(&component));
                self.start(token);
            }
            Effect::Debug { token, .. } => {
                self.promises.started(self.stage.now, token, None);
                self.start(token);
            }
            Effect::Peek(token) => {
                self.promises.given_up(token);
                // Sometimes its end is faster, sometimes nobody answers.
                if self.stage.chance(0.9) {
                    self.tell(soon, Input::Printed(token, Output { bytes: b"so far".to_vec(), omitted: 0 }));
                }
            }
            Effect::End { token, grace } => {
                self.promises.given_up(token);
                if let Some(deaf) = self.programs.tell_to_end(token) {
                    let wait = if deaf { grace } else { Duration::ZERO };
                    let dying = millis(&mut self.stage.rng, 0..100).min(DYING);
                    self.tell(wait + dying, Input::Ended(token, How::Signal(15), Output::default()));
                }
            }
            Effect::Enable { token, .. } => self.tell(soon, Input::Enabled(token, Ok(()))),
            Effect::Answer(id, answer) => {
                let result = if let Answer::Run(result, _) = answer { Some(result) } else { None };
                self.promises.answered(self.stage.now, id, result);
            }
            Effect::Components(token) => {
                let names = COMPONENTS.map(word).to_vec();
                self.tell(soon, Input::Found(token, Ok(names)));
            }
            Effect::Publish(notice) => {
                if notice.what == What::Began {
                    self.promises.began(self.stage.now, &notice.component, &notice.event, &notice.args);
                }
            }
            Effect::Log(..) => {}
        }
    }

    /// A program that does what it likes.
    fn start(&mut self, token: Token) {
        let rng = &mut self.stage.rng;
        let soon = millis(rng, 0..20);
        let refused = match rng.random_range(0..50) {
            0 => Some(How::Gone),
            1 => Some(How::NotStarted(Errno(24))),
            _ => None,
        };
        if let Some(how) = refused {
            return self.tell(soon, Input::Ended(token, how, Output::default()));
        }
        let how = match rng.random_range(0..20) {
            0 => How::Exit(1),
            1 => How::Signal(11),
            2 => How::Exit(174),
            _ => How::Exit(0),
        };
        // Some run for ever, some for long, most not.
        let time = match rng.random_range(0..20) {
            0 => None,
            1 | 2 => Some(millis(rng, 0..60_000)),
            _ => Some(millis(rng, 0..500)),
        };
        let (deaf, pid) = (rng.random_bool(0.3), rng.random_range(2..99_999));
        self.programs.start(token, deaf);
        self.tell(Duration::ZERO, Input::Started(token, pid));
        if let Some(time) = time {
            self.tell(time, Input::Ended(token, how, Output { bytes: b"done\n".to_vec(), omitted: 0 }));
        }
    }
}

impl World for Events {
    type Event = Happening;

    fn stage(&mut self) -> &mut Stage<Happening> {
        &mut self.stage
    }

    fn deadline(&self) -> Option<Time> {
        self.daemon.poll_timeout()
    }

    fn tick(&mut self) {
        self.daemon.tick(self.stage.now);
    }

    fn happens(&mut self, happening: Happening) {
        match happening {
            Happening::Ask => {
                if self.asking {
                    self.ask();
                    let pause = if self.stage.chance(0.2) { 10 } else { 3000 };
                    self.stage.after(Duration::from_millis(pause), Happening::Ask);
                }
            }
            Happening::Leave => {
                let place = self.stage.rng.random_range(0..self.clients.len());
                self.requests += 1;
                let gone = Origin(std::mem::replace(&mut self.clients[place], self.requests));
                self.promises.left(gone);
                self.daemon.handle(self.stage.now, Input::Gone(gone));
                if self.asking {
                    self.stage.after(Duration::from_secs(20), Happening::Leave);
                }
            }
            Happening::Hook => {
                self.hook = !self.hook;
                self.daemon.handle(self.stage.now, Input::Hook(self.hook));
                if self.asking {
                    self.stage.after(Duration::from_secs(60), Happening::Hook);
                }
            }
            Happening::Tell(input) => {
                if let Input::Ended(token, how, _) = &input {
                    // Its own end, or the one that it was given: whichever comes first.
                    if !self.programs.end(*token) && !matches!(how, How::Gone | How::NotStarted(_)) {
                        return;
                    }
                    self.promises.ended(self.stage.now, *token);
                }
                self.daemon.handle(self.stage.now, input);
            }
        }
    }

    fn after_step(&mut self) {
        self.daemon.check();
        while let Some(effect) = self.daemon.poll_effect(self.stage.now) {
            self.carry_out(effect);
        }
        self.promises.check(self.stage.now);
    }
}
