//! What happens to the callbacks by chance: events, reloads, registrants that come and go, programs that fail.

use std::time::Duration;

use callback::{Ending, Event, Input, Order, Owner, Pattern, Row, Token};
use rand::Rng;

use super::{Asked, Programs, Todo};

/// The name of the row that is wrong.
pub(super) const BROKEN: &str = "a broken name";

const PATTERNS: [&str; 6] = ["*", "a.*", "a.one", "b.*", "c", "nothing.*"];
const TOPICS: [&str; 5] = ["a.one", "a.two", "b.one", "c", "d"];

impl Programs {
    pub(super) fn chance(&mut self) {
        match self.stage.rng.random_range(0..100) {
            0..3 => self.reload(),
            3..8 => self.register(),
            8..11 => self.renew(),
            11..13 => self.remove(),
            13 => {
                let owner = self.owner();
                self.model.owner_gone(&owner);
                self.input(Input::OwnerGone(owner));
            }
            14..17 => {
                let count = if self.stage.rng.random_bool(0.03) {
                    5000
                } else {
                    self.stage.rng.random_range(10..300)
                };
                (0..count).for_each(|_| self.event(false));
            }
            17 => (0..25).for_each(|_| self.event(true)),
            _ => self.event(false),
        }
        let after =
            if self.stage.rng.random_bool(0.3) { self.stage.millis(20_000) } else { self.stage.millis(300) };
        self.stage.plan(after, Todo::Chance);
    }

    fn event(&mut self, large: bool) {
        let topic = TOPICS[self.stage.rng.random_range(0..TOPICS.len())];
        // Now and then so many subjects that not all can be kept.
        let most = if self.stage.rng.random_bool(0.1) { 1000 } else { 4 };
        let subject = self.stage.rng.random_range(0..most).to_string();
        let len = if large {
            self.stage.rng.random_range(100_000..250_000)
        } else {
            self.stage.rng.random_range(0..200)
        };
        let data = serde_json::value::to_raw_value(&"x".repeat(len)).unwrap();
        let event = Event::new(topic, subject, vec!["argument".into()], data, 1).unwrap();
        self.model.event(&event);
        self.input(Input::Event(event));
    }

    fn row(&mut self, name: String) -> Row {
        let rng = &mut self.stage.rng;
        let count = rng.random_range(1..3);
        let events =
            (0..count).map(|_| PATTERNS[rng.random_range(0..PATTERNS.len())].parse::<Pattern>().unwrap());
        Row {
            name,
            events: events.collect(),
            program: "/bin/program".into(),
            arguments: vec!["first".into()],
            user: None,
            time_limit: Duration::from_millis(rng.random_range(100..30_000)),
            order: Order::ALL[rng.random_range(0..3)],
            retries: rng.random_range(0..5),
            backoff: Duration::from_millis(rng.random_range(10..3000)),
        }
    }

    fn reload(&mut self) {
        let mut rows = Vec::new();
        for n in 0..6 {
            // Those that stay are mostly as they were.
            let name = format!("name-{n}");
            let before = self.model.row(&name).filter(|_| self.stage.rng.random_bool(0.7));
            if self.stage.rng.random_bool(0.8) {
                rows.push(before.unwrap_or_else(|| self.row(name)));
            }
        }
        let mut all = rows.clone();
        all.push(self.row(BROKEN.into()));
        self.model.configure(rows);
        self.input(Input::Configure(all));
    }

    fn owner(&mut self) -> Owner {
        Owner(format!("1/owner/{}", self.stage.rng.random_range(0..5)))
    }

    /// Some of these names are those of the configuration, some other registrants'.
    fn name(&mut self) -> String {
        format!("name-{}", self.stage.rng.random_range(4..50))
    }

    fn lease(&mut self) -> Duration {
        let seconds =
            if self.stage.rng.random_bool(0.05) { 10_000 } else { self.stage.rng.random_range(1..300) };
        Duration::from_secs(seconds)
    }

    fn ask(&mut self, asked: Asked, input: impl FnOnce(Token) -> Input) {
        self.questions += 1;
        let token = Token(self.questions);
        self.asked.insert(token, asked);
        self.input(input(token));
        assert!(self.asked.is_empty(), "a question without an answer");
    }

    fn register(&mut self) {
        let (owner, name, lease) = (self.owner(), self.name(), self.lease());
        let row = self.row(name);
        let asked = Asked::Register(owner.clone(), row.clone(), lease);
        self.ask(asked, |token| Input::Register { token, owner, row, lease });
    }

    fn renew(&mut self) {
        let (owner, name, lease) = (self.owner(), self.name(), self.lease());
        let asked = Asked::Renew(owner.clone(), name.clone(), lease);
        self.ask(asked, |token| Input::Renew { token, owner, name, lease });
    }

    fn remove(&mut self) {
        let (owner, name) = (self.owner(), self.name());
        let asked = Asked::Remove(owner.clone(), name.clone());
        self.ask(asked, |token| Input::Remove { token, owner, name });
    }

    /// How long the next program of a callback takes, and how it ends; none when it hangs.
    pub(super) fn behaviour(&mut self, callback: &str) -> (Duration, Option<Ending>) {
        if self.calm {
            return (Duration::from_millis(1), Some(Ending::Exit(0)));
        }
        // Some are always broken, and the others must not feel it.
        let last = callback.as_bytes().last().copied().unwrap_or(0);
        let badly = match last {
            b'0' => 1.0,
            b'1' => 0.0,
            _ => 0.3,
        };
        let after =
            if self.stage.rng.random_bool(0.8) { self.stage.millis(500) } else { self.stage.millis(40_000) };
        let ending = match self.stage.rng.random_bool(badly).then(|| self.stage.rng.random_range(0..5)) {
            None => Ending::Exit(0),
            Some(0) => return (after, None),
            Some(1) => Ending::Signal(11),
            Some(2) => return (Duration::ZERO, Some(Ending::NotStarted("there is no such file".into()))),
            Some(_) => Ending::Exit(self.stage.rng.random_range(1..=255)),
        };
        (after, Some(ending))
    }
}
