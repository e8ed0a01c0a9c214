//! Messages between daemons of one node on virtual time: delivered when the receiver's socket has them, in order, without
//! any tunneld; what becomes of them when the receiver is away, is started anew, or does not read.

use std::collections::VecDeque;
use std::time::Duration;

use bus::{Address, Config, Daemon, Effect, Endpoint, Failure, Input, Ticket, Undelivered};
use bytes::Bytes;
use machine::{Machine, Time};

fn daemon(instance: u32) -> Daemon {
    Daemon { name: "me".parse().unwrap(), instance }
}

fn local(instance: u32) -> Address {
    Address { node: bus::Node::LOCAL, daemon: daemon(instance) }
}

/// Two daemons, no tunneld, and a socket of so many datagrams for the second.
struct Pair {
    sender: Endpoint,
    receiver: Endpoint,
    now: Time,
    socket: VecDeque<Input>,
    room: usize,
    /// Nobody listens at the second one's socket.
    away: bool,
    connected: bool,
    waiting: Option<(Bytes, Option<Bytes>)>,
    files: bool,
    completed: Vec<(u64, Result<(), Undelivered>)>,
    received: Vec<Bytes>,
    closed: usize,
}

impl Pair {
    fn new() -> Self {
        let endpoint = |n| {
            let config = Config { pass_above: 200_000, ..Config::new(daemon(n), u64::from(n)) };
            let mut endpoint = Endpoint::new(config);
            endpoint.handle(Time::ZERO, Input::Start);
            assert_eq!(endpoint.poll_effect(Time::ZERO), Some(Effect::Connect));
            endpoint.handle(Time::ZERO, Input::Unreachable);
            assert!(matches!(endpoint.poll_effect(Time::ZERO), Some(Effect::Lost(_))));
            endpoint
        };
        Self {
            sender: endpoint(1),
            receiver: endpoint(2),
            now: Time::ZERO,
            socket: VecDeque::new(),
            room: 11,
            away: false,
            connected: false,
            waiting: None,
            files: true,
            completed: Vec::new(),
            received: Vec::new(),
            closed: 0,
        }
    }

    fn post(&mut self, ticket: u64, body: impl Into<Bytes>) {
        let (ticket, body) = (Ticket(ticket), body.into());
        self.sender.handle(self.now, Input::Send { ticket, to: local(2), body });
        self.drive();
    }

    fn drive(&mut self) {
        loop {
            self.flush();
            let Some(effect) = self.sender.poll_effect(self.now) else { break };
            match effect {
                Effect::Local { to, datagram, passed } => {
                    assert_eq!(to, daemon(2));
                    if passed.is_some() && !self.files {
                        self.sender.handle(self.now, Input::NotPassed(to));
                    } else {
                        self.waiting = Some((datagram.into_bytes(), passed));
                    }
                }
                Effect::LocalClose(_) => {
                    self.waiting = None;
                    self.connected = false;
                    self.closed += 1;
                }
                Effect::Completed { ticket, result } => self.completed.push((ticket.0, result)),
                // It looks for a tunneld all the time.
                Effect::Connect => self.sender.handle(self.now, Input::Unreachable),
                other => panic!("{other:?}"),
            }
        }
        self.sender.check();
    }

    fn flush(&mut self) {
        let Some((datagram, passed)) = self.waiting.take() else { return };
        let daemon = daemon(2);
        if self.away {
            let fresh = !std::mem::take(&mut self.connected);
            return self.sender.handle(self.now, Input::LocalGone { daemon, fresh });
        }
        self.connected = true;
        if self.socket.len() >= self.room {
            self.waiting = Some((datagram, passed));
            return;
        }
        self.socket.push_back(match passed {
            Some(body) => Input::Passed { datagram, body },
            None => Input::Datagram(datagram),
        });
        self.sender.handle(self.now, Input::LocalSent(daemon));
    }

    fn read(&mut self) {
        while let Some(input) = self.socket.pop_front() {
            self.receiver.handle(self.now, input);
            self.drive();
        }
        while let Some(effect) = self.receiver.poll_effect(self.now) {
            if let Effect::Received { from, body } = effect {
                assert_eq!(from, local(1));
                self.received.push(body);
            }
        }
    }

    fn pass(&mut self, seconds: u64) {
        let end = self.now + Duration::from_secs(seconds);
        while let Some(at) = self.sender.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            self.sender.tick(self.now);
            self.drive();
        }
        self.now = end;
    }

    fn restart_receiver(&mut self) {
        self.socket.clear();
        self.connected = false;
        // The next datagram meets the socket of the run that has ended.
        if self.waiting.take().is_some() {
            self.sender.handle(self.now, Input::LocalGone { daemon: daemon(2), fresh: false });
            self.drive();
        }
    }
}

fn surely(reason: Failure) -> Result<(), Undelivered> {
    Err(Undelivered { reason, in_doubt: false })
}

#[test]
fn without_a_tunneld_neighbours_get_everything_in_order_small_in_pieces_and_as_a_file() {
    let mut pair = Pair::new();
    let bodies: Vec<Bytes> =
        [0, 5, 65_536, 65_537, 200_000, 200_001, 3 << 20, 1].map(|len| Bytes::from(vec![9; len])).into();
    for (ticket, body) in (0..).zip(&bodies) {
        pair.post(ticket, body.clone());
    }
    pair.read();
    assert_eq!(pair.received, bodies);
    let all: Vec<_> = (0..8).map(|ticket| (ticket, Ok(()))).collect();
    assert_eq!(pair.completed, all);

    // Where no file can be made, pieces have to do.
    pair.files = false;
    pair.post(8, bodies[6].clone());
    pair.read();
    assert_eq!(pair.received.last(), bodies.get(6));
    assert_eq!(pair.completed.last(), Some(&(8, Ok(()))));
}

#[test]
fn nobody_there_is_told_at_once_and_a_receiver_that_was_started_anew_gets_what_the_old_one_did_not_take() {
    let mut pair = Pair::new();
    pair.away = true;
    pair.post(1, "x");
    assert_eq!(pair.completed, [(1, surely(Failure::NoSuchDaemon))]);
    pair.away = false;
    (2..5).for_each(|ticket| pair.post(ticket, "old"));
    pair.read();

    // Its socket is full, and half a message is in it, when it ends.
    pair.room = 2;
    pair.completed.clear();
    (10..14).for_each(|ticket| pair.post(ticket, vec![7; 150_000]));
    assert_eq!(pair.completed, []);
    pair.received.clear();
    pair.restart_receiver();
    assert_eq!(pair.completed, [(10, surely(Failure::ReceiverGone))], "the others had not begun");
    pair.room = 11;
    pair.read();
    assert_eq!(pair.received.len(), 3);
    assert_eq!(pair.completed.len(), 4);

    // The connection is an old one, and nobody has come since.
    pair.away = true;
    pair.post(20, "x");
    assert_eq!(pair.completed.last(), Some(&(20, surely(Failure::NoSuchDaemon))));
}

#[test]
fn a_neighbour_that_does_not_read_has_a_bounded_queue_and_half_a_minute() {
    let mut pair = Pair::new();
    for ticket in 0..1000 {
        pair.post(ticket, vec![7; 65_536]);
    }
    let refused = pair.completed.iter().filter(|(_, r)| *r == surely(Failure::QueueFull)).count();
    let taken = pair.completed.iter().filter(|(_, r)| r.is_ok()).count();
    assert_eq!((taken, refused), (11, 1000 - 11 - (32 << 20) / (65_536 + 256)));
    pair.pass(29);
    assert_eq!(pair.completed.len(), taken + refused, "it has patience");
    pair.pass(2);
    assert_eq!(pair.completed.len(), 1000);
    assert!(pair.completed[taken + refused..].iter().all(|(_, r)| *r == surely(Failure::ReceiverStalled)));
    assert_eq!(pair.closed, 1);

    // It reads again: new messages come, and then the idle connection is closed.
    pair.completed.clear();
    pair.read();
    pair.post(2000, "again");
    pair.read();
    assert_eq!(pair.received.len(), 12);
    pair.pass(62);
    assert_eq!((pair.completed.len(), pair.closed), (1, 2));
}

#[test]
fn a_file_that_is_not_there_or_has_another_length_is_counted_and_changes_nothing() {
    let mut pair = Pair::new();
    pair.post(1, vec![7; 300_000]);
    let Some(Input::Passed { datagram, .. }) = pair.socket.pop_front() else { panic!("a file") };
    pair.receiver.handle(pair.now, Input::Datagram(datagram.clone()));
    pair.receiver.handle(pair.now, Input::Passed { datagram, body: Bytes::from(vec![7; 299_999]) });
    assert_eq!(pair.receiver.bad_datagrams(), 2);
    pair.read();
    assert_eq!(pair.received.len(), 0);
}

/// What a sender wants done, with no tunneld.
fn wanted(sender: &mut Endpoint, now: Time) -> Vec<Effect> {
    let mut all = Vec::new();
    while let Some(effect) = sender.poll_effect(now) {
        match effect {
            Effect::Connect => sender.handle(now, Input::Unreachable),
            Effect::Lost(_) => {}
            effect => all.push(effect),
        }
        sender.check();
    }
    all
}

#[test]
fn with_as_many_neighbours_as_may_be_the_one_unused_for_longest_gives_way_and_none_for_which_something_waits()
{
    let most = u32::try_from(bus::LOCAL_PEERS).unwrap();
    let mut sender = Endpoint::new(Config::new(daemon(0), 1));
    sender.handle(Time::ZERO, Input::Start);
    let send = |sender: &mut Endpoint, second: u64, to: u32| {
        let (now, ticket) = (Time::ZERO + Duration::from_secs(second), Ticket(to.into()));
        sender.handle(now, Input::Send { ticket, to: local(to), body: Bytes::from_static(b"x") });
        wanted(sender, now)
    };
    let goes =
        |effects: &[Effect], name: u32| matches!(effects, [Effect::Local { to, .. }] if *to == daemon(name));
    for to in 1..=most {
        let effects = send(&mut sender, 0, to);
        assert!(goes(&effects, to), "{to}: {effects:?}");
    }
    // Nobody's socket has taken anything: nobody gives way, and those who are known are still written to.
    let full =
        |ticket: u32| Effect::Completed { ticket: Ticket(ticket.into()), result: surely(Failure::QueueFull) };
    assert_eq!(send(&mut sender, 1, most + 1), [full(most + 1)]);
    assert_eq!(send(&mut sender, 1, 5), [], "behind what waits for it");
    // Two have taken what there was, the second one first.
    for (second, peer) in [(2, 9), (3, 7)] {
        let now = Time::ZERO + Duration::from_secs(second);
        sender.handle(now, Input::LocalSent(daemon(peer)));
        assert_eq!(
            wanted(&mut sender, now),
            [Effect::Completed { ticket: Ticket(peer.into()), result: Ok(()) }]
        );
    }
    for (to, gone) in [(most + 2, 9), (most + 3, 7)] {
        let effects = send(&mut sender, 4, to);
        assert!(effects.contains(&Effect::LocalClose(daemon(gone))), "{to}: {effects:?}");
        assert!(
            effects.iter().any(|e| matches!(e, Effect::Local { to: peer, .. } if *peer == daemon(to))),
            "{effects:?}"
        );
        assert_eq!(effects.len(), 2);
    }
    assert_eq!(send(&mut sender, 4, 9), [full(9)], "its place is taken");
    // Those who take nothing are given up, and there is room for all again.
    let later = Time::ZERO + Duration::from_secs(40);
    sender.tick(later);
    let effects = wanted(&mut sender, later);
    let closed = effects.iter().filter(|effect| matches!(effect, Effect::LocalClose(_))).count();
    assert_eq!(closed, bus::LOCAL_PEERS, "of all of them, with {} ends of messages", effects.len() - closed);
    for to in 1..=most {
        assert!(goes(&send(&mut sender, 41, to), to));
    }
}
