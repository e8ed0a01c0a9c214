//! The event daemon among scripts that hang, fail and vanish, and clients that ask and leave, from a seed.
//!
//! [`Events`] is the driver; `promises` knows what must hold and panics when it does not: one answer for each request, one
//! script at a time in a component, the order of asking, no event behind a monitor event, and an end to all within its time.

mod promises;

use std::collections::BTreeMap;
use std::time::Duration;

use event::{
    Answer, Config, Effect, Entry, Errno, EventDaemon, How, Input, Origin, Output, Request, RequestId, Token,
    What, Word,
};
use machine::{Machine, Time};
use rand::Rng;
use rand::rngs::SmallRng;

use crate::queue::Queue;
use promises::Promises;

const COMPONENTS: [&str; 3] = ["legacy", "ip", "service"];
const EVENTS: [&str; 6] = ["monitor", "monitor", "takeip", "releaseip", "recovered", "startup"];
const CLIENTS: u64 = 5;
/// How long a process group that was killed takes to end, at most.
const DYING: Duration = Duration::from_millis(100);

#[derive(Debug)]
enum Happening {
    /// A client asks for something.
    Ask,
    /// A client leaves, and another comes in its place.
    Leave,
    /// The debug hook comes or goes.
    Hook,
    Tell(Input),
}

/// A program that runs.
#[derive(Debug)]
struct Program {
    /// Does not end when it is asked to.
    deaf: bool,
    /// Ends because it was told to; its own end, if one lies ahead, does not come.
    ending: bool,
}

/// An event daemon and its surroundings.
#[derive(Debug)]
pub struct Events {
    daemon: EventDaemon,
    queue: Queue<Happening>,
    programs: BTreeMap<Token, Program>,
    promises: Promises,
    requests: u64,
    /// The number of the client that sits at each place.
    clients: Vec<u64>,
    hook: bool,
    asking: bool,
    trace: bool,
    /// How much has happened.
    pub steps: u64,
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
    pub fn new(seed: u64, trace: bool) -> Self {
        let mut queue = Queue::new(seed);
        let hook = queue.chance(0.5);
        queue.at(Time::ZERO, Happening::Ask);
        queue.after(Duration::from_secs(20), Happening::Leave);
        queue.after(Duration::from_secs(60), Happening::Hook);
        Self {
            daemon: EventDaemon::new(Config { hook }),
            queue,
            programs: BTreeMap::new(),
            promises: Promises::default(),
            requests: CLIENTS,
            clients: (0..CLIENTS).collect(),
            hook,
            asking: true,
            trace,
            steps: 0,
        }
    }

    /// Lets so much time pass.
    pub fn run(&mut self, time: Duration) {
        let until = self.queue.now + time;
        loop {
            let due = self.daemon.poll_timeout();
            match (self.queue.next_time(), due) {
                (next, Some(due)) if next.is_none_or(|next| due <= next) && due <= until => {
                    self.queue.now = self.queue.now.max(due);
                    self.note(&"tick");
                    self.daemon.tick(self.queue.now);
                }
                (Some(next), _) if next <= until => {
                    if let Some(happening) = self.queue.pop() {
                        self.happens(happening);
                    }
                }
                _ => break,
            }
            self.steps += 1;
            self.daemon.check();
            while let Some(effect) = self.daemon.poll_effect(self.queue.now) {
                self.carry_out(effect);
            }
            self.promises.check(self.queue.now);
        }
        self.queue.now = until;
    }

    /// Nobody asks any more, and what runs comes to its end. Then nothing may be owed.
    pub fn calm_down(&mut self) {
        self.asking = false;
        self.run(Duration::from_secs(3600));
        assert!(self.programs.is_empty(), "programs run for ever: {:?}", self.programs);
        assert!(self.daemon.poll_timeout().is_none(), "something is still due");
        self.promises.nothing_is_owed();
    }

    /// How many events ended well, failed, took too long, were cancelled.
    #[must_use]
    pub fn ends(&self) -> [u64; 4] {
        self.promises.ends
    }

    fn note(&self, what: &dyn std::fmt::Debug) {
        if self.trace {
            println!("{} {what:?}", self.queue.now);
        }
    }

    fn happens(&mut self, happening: Happening) {
        self.note(&happening);
        match happening {
            Happening::Ask => {
                if self.asking {
                    self.ask();
                    let pause = if self.queue.chance(0.2) { 10 } else { 3000 };
                    self.queue.after(Duration::from_millis(pause), Happening::Ask);
                }
            }
            Happening::Leave => {
                let place = self.queue.rng.random_range(0..self.clients.len());
                self.requests += 1;
                let gone = Origin(std::mem::replace(&mut self.clients[place], self.requests));
                self.promises.left(gone);
                self.daemon.handle(self.queue.now, Input::Gone(gone));
                if self.asking {
                    self.queue.after(Duration::from_secs(20), Happening::Leave);
                }
            }
            Happening::Hook => {
                self.hook = !self.hook;
                self.daemon.handle(self.queue.now, Input::Hook(self.hook));
                if self.asking {
                    self.queue.after(Duration::from_secs(60), Happening::Hook);
                }
            }
            Happening::Tell(input) => {
                if let Input::Ended(token, how, _) = &input {
                    // Its own end, or the one that it was given: whichever comes first.
                    if self.programs.remove(token).is_none() && !matches!(how, How::Gone | How::NotStarted(_))
                    {
                        return;
                    }
                    self.promises.ended(self.queue.now, *token);
                }
                self.daemon.handle(self.queue.now, input);
            }
        }
    }

    fn ask(&mut self) {
        let rng = &mut self.queue.rng;
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
                self.promises.asked(self.queue.now, id, origin, &component, &event, (limit, all));
                Request::Run { component, event, args, limit, all }
            }
        };
        if kind < 3 {
            self.promises.asked_else(id, origin);
        }
        self.note(&(id, &request));
        self.daemon.handle(self.queue.now, Input::Request { id, origin, request });
    }

    fn tell(&mut self, after: Duration, input: Input) {
        self.queue.at(self.queue.now + after, Happening::Tell(input));
    }

    fn carry_out(&mut self, effect: Effect) {
        self.note(&effect);
        let soon = millis(&mut self.queue.rng, 0..20);
        match effect {
            Effect::List { token, .. } => {
                let rng = &mut self.queue.rng;
                let name = |n| Entry { name: word(&format!("{n}0.x.script")), enabled: n != 3 };
                let scripts = (1..=rng.random_range(1..5)).map(name).collect();
                let listed = if rng.random_bool(0.02) { Err(Errno(5)) } else { Ok(scripts) };
                self.tell(soon, Input::Listed(token, listed));
            }
            Effect::Start { token, component, .. } => {
                self.promises.started(self.queue.now, token, Some(&component));
                self.start(token);
            }
            Effect::Debug { token, .. } => {
                self.promises.started(self.queue.now, token, None);
                self.start(token);
            }
            Effect::Peek(token) => {
                self.promises.given_up(token);
                // Sometimes its end is faster, sometimes nobody answers.
                if self.queue.chance(0.9) {
                    self.tell(soon, Input::Printed(token, Output { bytes: b"so far".to_vec(), omitted: 0 }));
                }
            }
            Effect::End { token, grace } => {
                self.promises.given_up(token);
                if let Some(program) = self.programs.get_mut(&token) {
                    assert!(!program.ending, "{token:?} is ended twice");
                    program.ending = true;
                    let wait = if program.deaf { grace } else { Duration::ZERO };
                    let dying = millis(&mut self.queue.rng, 0..100).min(DYING);
                    self.tell(wait + dying, Input::Ended(token, How::Signal(15), Output::default()));
                }
            }
            Effect::Enable { token, .. } => self.tell(soon, Input::Enabled(token, Ok(()))),
            Effect::Answer(id, answer) => {
                let result = if let Answer::Run(result, _) = answer { Some(result) } else { None };
                self.promises.answered(self.queue.now, id, result);
            }
            Effect::Components(token) => {
                let names = COMPONENTS.map(word).to_vec();
                self.tell(soon, Input::Found(token, Ok(names)));
            }
            Effect::Publish(notice) => {
                if notice.what == What::Began {
                    self.promises.began(self.queue.now, &notice.component, &notice.event, &notice.args);
                }
            }
            Effect::Log(..) => {}
        }
    }

    /// A program that does what it likes.
    fn start(&mut self, token: Token) {
        let rng = &mut self.queue.rng;
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
        self.programs.insert(token, Program { deaf, ending: false });
        self.tell(Duration::ZERO, Input::Started(token, pid));
        if let Some(time) = time {
            self.tell(time, Input::Ended(token, how, Output { bytes: b"done\n".to_vec(), omitted: 0 }));
        }
    }
}
