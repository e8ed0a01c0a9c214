//! Client and server on the reactor.

use std::collections::{BTreeMap, VecDeque};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use bus::calls::{CallId, Effect, Input, News, Presence, Refusal, SubscriptionId, WatchId};
use bus_sockets::{End, Event};
use bytes::Bytes;
use reactor::{Reactor, Token, mailbox};
use runtime::Joining;

use super::{Answer, LAST, SOON, Server, answer, server_address};

/// Of the mailbox; the end has those from 1 on.
const STOP: Token = Token(0);

pub(super) fn serve(joining: Joining, ready: mpsc::Sender<()>) -> Server {
    let mut reactor = Reactor::new().unwrap();
    let (stop, stopped) = mailbox(&reactor, STOP, 1).unwrap();
    let thread = std::thread::spawn(move || {
        let mut end = End::join(&reactor, 1, joining).unwrap();
        end.input(Input::Serve(true));
        ready.send(()).unwrap();
        let mut last = false;
        while !last && stopped.take().is_empty() {
            end.turn(&mut reactor, (!stopped.sleep()).then_some(Duration::ZERO)).unwrap();
            while let Some(event) = end.poll() {
                if let Event::Calls(Effect::Request { request, number, body, .. }) = event {
                    last = number == LAST;
                    let (events, reply) = answer(number, body);
                    for (topic, body) in events {
                        end.input(Input::Publish { topic: topic.to_owned(), body });
                    }
                    let refusal = |(code, text): (_, &str)| Refusal { code, text: text.to_owned() };
                    if let Some(answer) = reply {
                        end.input(Input::Reply { request, answer: answer.map_err(refusal) });
                    }
                }
            }
        }
        end.leave(&reactor);
    });
    Server { stop: Box::new(move || stop.send(()).unwrap()), thread }
}

pub(super) struct Client {
    reactor: Reactor,
    end: End,
    last: u64,
    answers: BTreeMap<CallId, Answer>,
    begun: Option<CallId>,
    presence: VecDeque<Presence>,
    news: VecDeque<News>,
}

pub(super) fn join(joining: Joining) -> Client {
    let reactor = Reactor::new().unwrap();
    let end = End::join(&reactor, 1, joining).unwrap();
    let (answers, presence, news) = (BTreeMap::new(), VecDeque::new(), VecDeque::new());
    Client { reactor, end, last: 0, answers, begun: None, presence, news }
}

impl Client {
    fn call(&mut self, (number, body, patience): (u32, Bytes, Duration)) -> CallId {
        self.last += 1;
        self.end.begin();
        let id = CallId(self.last);
        self.end.input(Input::Call { id, to: server_address(), number, body, patience });
        id
    }

    /// Turns until there is something.
    fn until<T>(&mut self, mut look: impl FnMut(&mut Self) -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look(self) {
                return found;
            }
            assert!(begun.elapsed() < SOON, "this hangs");
            self.end.turn(&mut self.reactor, None).unwrap();
            while let Some(event) = self.end.poll() {
                match event {
                    Event::Calls(Effect::Answered { id, result }) => drop(self.answers.insert(id, result)),
                    Event::Calls(Effect::Watched { presence, .. }) => self.presence.push_back(presence),
                    Event::Calls(Effect::News { news, .. }) => self.news.push_back(news),
                    Event::Way(_) => {}
                    other @ Event::Calls(_) => panic!("{other:?}"),
                }
            }
        }
    }
}

impl super::Client for Client {
    fn calls(&mut self, count: usize, question: &(u32, Bytes, Duration)) -> Vec<Answer> {
        let all: Vec<_> = (0..count).map(|_| self.call(question.clone())).collect();
        all.into_iter().map(|id| self.until(|client| client.answers.remove(&id))).collect()
    }

    fn watch(&mut self) {
        self.end.begin();
        self.end.input(Input::Watch { id: WatchId(1), to: server_address() });
    }

    fn presence(&mut self) -> Presence {
        self.until(|client| client.presence.pop_front())
    }

    fn subscribe(&mut self, prefix: &str) {
        self.end.begin();
        let (id, prefix) = (SubscriptionId(1), prefix.to_owned());
        self.end.input(Input::Subscribe { id, to: server_address(), prefix });
    }

    fn news(&mut self) -> News {
        self.until(|client| client.news.pop_front())
    }

    fn begin(&mut self, question: (u32, Bytes, Duration)) {
        self.begun = Some(self.call(question));
    }

    fn ended(&mut self) -> Answer {
        let id = self.begun.take().unwrap();
        self.until(|client| client.answers.remove(&id))
    }
}
