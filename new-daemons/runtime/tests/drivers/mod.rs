//! The two drivers of the bus, tokio's and the reactor's, side by side: what a daemon sees does not depend on which of them it
//! runs on, nor on which the other one does.

mod on_reactor;
mod on_tokio;

use std::fs;
use std::path::Path;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use bus::calls::{CallError, News, Presence};
use bus::{Address, Daemon, Node};
use bytes::Bytes;
use protocol::common::Code;
use runtime::Joining;

/// Nothing here takes longer unless it hangs.
const SOON: Duration = Duration::from_secs(60);

/// What a server does for whoever asks, by the number of the request.
const ECHO: u32 = 1;
const REFUSE: u32 = 2;
const NEVER: u32 = 3;
const TELL: u32 = 4;
/// An echo, after which the server ends at once.
const LAST: u32 = 5;

/// Events that `TELL` brings about, of three topics in turn.
const TOLD: u32 = 90;
const TOPICS: [&str; 3] = ["event.run.begun", "address.taken", "event.running"];

type Answer = Result<Bytes, CallError>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Driver {
    Tokio,
    Reactor,
}

/// Calls of a daemon, one step after the other. Each waits for its end.
trait Client {
    /// Makes so many calls at once, and gives back the ends in the order of the calls.
    fn calls(&mut self, count: usize, question: &(u32, Bytes, Duration)) -> Vec<Answer>;
    fn watch(&mut self);
    /// The next change of the watched daemon.
    fn presence(&mut self) -> Presence;
    fn subscribe(&mut self, prefix: &str);
    /// The next of the subscription.
    fn news(&mut self) -> News;
    /// Makes a call whose end [`Client::ended`] waits for.
    fn begin(&mut self, question: (u32, Bytes, Duration));
    fn ended(&mut self) -> Answer;

    fn call(&mut self, number: u32, body: Bytes, patience: Duration) -> Answer {
        self.calls(1, &(number, body, patience)).pop().unwrap()
    }
}

fn server_name() -> Daemon {
    Daemon { name: "server".parse().unwrap(), instance: 0 }
}

fn server_address() -> Address {
    Address { node: Node::LOCAL, daemon: server_name() }
}

fn joining(dir: &Path, daemon: Daemon) -> Joining {
    Joining { dir: dir.to_owned(), daemon, release: "test".to_owned(), features: 0 }
}

/// A server in a thread of its own, until it is stopped.
struct Server {
    stop: Box<dyn FnOnce()>,
    thread: JoinHandle<()>,
}

impl Server {
    fn start(driver: Driver, dir: &Path) -> Self {
        let (ready, is_ready) = mpsc::channel();
        let server = match driver {
            Driver::Tokio => on_tokio::serve(joining(dir, server_name()), ready),
            Driver::Reactor => on_reactor::serve(joining(dir, server_name()), ready),
        };
        is_ready.recv_timeout(SOON).unwrap();
        server
    }

    fn stop(self) {
        (self.stop)();
        self.thread.join().unwrap();
    }
}

/// Events to be told, each with its topic.
type Events = Vec<(&'static str, Bytes)>;

/// What answers a request; none: nobody does.
type Said = Option<Result<Bytes, (Code, &'static str)>>;

/// What a server says to a request; the events to be told come first.
fn answer(number: u32, body: Bytes) -> (Events, Said) {
    let event = |n: u32| (TOPICS[(n % 3) as usize], Bytes::from(n.to_string()));
    match number {
        ECHO | LAST => (Vec::new(), Some(Ok(body))),
        NEVER => (Vec::new(), None),
        TELL => ((0..TOLD).map(event).collect(), Some(Ok(Bytes::new()))),
        _ => (Vec::new(), Some(Err((Code::Denied, "not you")))),
    }
}

fn pattern(len: usize) -> Bytes {
    (0..len).map(|at| u8::try_from((at ^ (at >> 8) ^ (at >> 16)) & 0xff).unwrap()).collect()
}

fn show(answer: &Answer, expected: &Bytes) -> String {
    match answer {
        Ok(body) if body == expected => format!("{} bytes back", body.len()),
        Ok(body) => format!("{} bytes that are others", body.len()),
        Err(error) => format!("{error:?}"),
    }
}

fn shown(presence: &Presence) -> String {
    match presence {
        Presence::Up { .. } => "up".to_owned(),
        Presence::Down(why) => format!("down: {why:?}"),
    }
}

/// What happens to a client and a server, and what the client sees of it.
fn story(client: Driver, server: Driver) -> Vec<String> {
    let place = tempfile::tempdir().unwrap();
    let dir = place.path().join("bus");
    let me = Daemon { name: "client".parse().unwrap(), instance: 0 };
    let mut client: Box<dyn Client> = match client {
        Driver::Tokio => Box::new(on_tokio::join(joining(&dir, me))),
        Driver::Reactor => Box::new(on_reactor::join(joining(&dir, me))),
    };
    let mut lines = Vec::new();
    let mut say = |what: &str, seen: String| lines.push(format!("{what}: {seen}"));
    let nothing = Bytes::new();

    client.watch();
    say("nobody is there", shown(&client.presence()));
    say("and is called", show(&client.call(ECHO, nothing.clone(), SOON), &nothing));

    let running = Server::start(server, &dir);
    say("the server starts", shown(&client.presence()));
    for len in [0, 5, 64, 65_536, 1 << 20, 5 << 20] {
        let body = pattern(len);
        say("echo", show(&client.call(ECHO, body.clone(), SOON), &body));
    }
    say("too large", show(&client.call(ECHO, Bytes::from(vec![0; 16 << 20]), SOON), &nothing));
    say("refused", show(&client.call(REFUSE, nothing.clone(), SOON), &nothing));
    say("no answer", show(&client.call(NEVER, nothing.clone(), Duration::from_millis(200)), &nothing));
    let body = pattern(3000);
    let all = client.calls(300, &(ECHO, body.clone(), SOON));
    let right = all.iter().filter(|answer| answer.as_ref() == Ok(&body)).count();
    say("many at once", format!("{right} of {}", all.len()));

    client.subscribe("event.run");
    say("subscribed", format!("{:?}", client.news()));
    say("tell", show(&client.call(TELL, nothing.clone(), SOON), &nothing));
    let told: Vec<_> = (0..TOLD * 2 / 3).map(|_| client.news()).collect();
    let expected = (0..TOLD).filter(|n| n % 3 != 1).map(|n| {
        let topic = TOPICS[(n % 3) as usize].to_owned();
        News::Event { topic, body: Bytes::from(n.to_string()) }
    });
    say("told in order", (told == expected.collect::<Vec<_>>()).to_string());

    // Others find a daemon by its socket's file.
    let socket = dir.join("server.0");
    fs::remove_file(&socket).unwrap();
    let begun = Instant::now();
    while !socket.exists() {
        assert!(begun.elapsed() < SOON, "the socket does not come back");
        std::thread::yield_now();
    }
    say("after its socket was removed", show(&client.call(ECHO, body.clone(), SOON), &body));

    client.begin((NEVER, nothing.clone(), SOON));
    // What the server has heard of the question is what it answers after it.
    say("meanwhile", show(&client.call(ECHO, body.clone(), SOON), &body));
    running.stop();
    say("the server ends", show(&client.ended(), &nothing));
    say("events of it", format!("{:?}", client.news()));
    say("itself", shown(&client.presence()));
    let running = Server::start(server, &dir);
    say("again", shown(&client.presence()));
    say("events of it", format!("{:?}, {:?}", client.news(), client.news()));
    say("its last answer", show(&client.call(LAST, body.clone(), SOON), &body));
    say("it has ended", shown(&client.presence()));
    running.thread.join().unwrap();
    lines
}

#[test]
fn both_drivers_tell_the_same_story_whichever_one_the_other_side_runs_on() {
    let expected = [
        "nobody is there: down: NoSuchDaemon",
        "and is called: NoSuchDaemon",
        "the server starts: up",
        "echo: 0 bytes back",
        "echo: 5 bytes back",
        "echo: 64 bytes back",
        "echo: 65536 bytes back",
        "echo: 1048576 bytes back",
        "echo: 5242880 bytes back",
        "too large: TooLarge",
        "refused: Refused(Refusal { code: Denied, text: \"not you\" })",
        "no answer: Timeout",
        "many at once: 300 of 300",
        "subscribed: Up",
        "tell: 0 bytes back",
        "told in order: true",
        "after its socket was removed: 3000 bytes back",
        "meanwhile: 3000 bytes back",
        "the server ends: PeerGone",
        "events of it: Down(NoSuchDaemon)",
        "itself: down: NoSuchDaemon",
        "again: up",
        "events of it: Up, Gap(None)",
        "its last answer: 3000 bytes back",
        "it has ended: down: NoSuchDaemon",
    ];
    for client in [Driver::Tokio, Driver::Reactor] {
        for server in [Driver::Tokio, Driver::Reactor] {
            assert_eq!(story(client, server), expected, "client on {client:?}, server on {server:?}");
        }
    }
}
