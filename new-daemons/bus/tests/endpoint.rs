//! A daemon's end of the bus on virtual time: how long it waits for its tunneld, what it says when there is none, and
//! what becomes of messages meanwhile. The tunneld here is whatever the test writes.

use std::time::Duration;

use bus::datagram::{self, Fragment, Frame, ToDaemon, ToTunnel};
use bus::{Address, Config, Daemon, Effect, Endpoint, Failure, Input, LostReason, Node, Ticket, Undelivered};
use bytes::Bytes;
use machine::{Machine, Time};

const RUN: u64 = 7;

fn me() -> Daemon {
    Daemon { name: "me".parse().unwrap(), instance: 0 }
}

/// An endpoint whose socket takes everything at once.
struct Bench {
    endpoint: Endpoint,
    now: Time,
    /// Whether somebody listens at the tunneld's socket.
    listens: bool,
    /// The driver leaves the socket alone.
    full: bool,
    /// Everything else that the endpoint wanted, in order.
    effects: Vec<Effect>,
    sent: Vec<(Time, ToTunnel)>,
}

impl Bench {
    fn new(listens: bool) -> Self {
        let endpoint = Endpoint::new(Config::new(me(), RUN));
        let (effects, sent) = (Vec::new(), Vec::new());
        let mut bench = Self { endpoint, now: Time::ZERO, listens, full: false, effects, sent };
        bench.input(Input::Start);
        bench
    }

    fn up() -> Self {
        let mut bench = Self::new(true);
        bench.says(&[registered(1)]);
        assert!(matches!(bench.effects[..], [Effect::Up { .. }]));
        bench.effects.clear();
        bench
    }

    fn input(&mut self, input: Input) {
        self.endpoint.handle(self.now, input);
        self.drain();
    }

    fn drain(&mut self) {
        while let Some(effect) = self.endpoint.poll_effect(self.now) {
            match effect {
                Effect::Connect => {
                    let input = if self.listens { Input::Connected } else { Input::Unreachable };
                    self.endpoint.handle(self.now, input);
                }
                Effect::Transmit(datagram) => {
                    let (_, mut r) = datagram::open(datagram.into_bytes()).unwrap();
                    while !r.is_empty() {
                        self.sent.push((self.now, ToTunnel::take(&mut r).unwrap()));
                    }
                    self.endpoint.handle(self.now, Input::Transmitted);
                }
                other => self.effects.push(other),
            }
        }
        self.endpoint.check();
    }

    fn says(&mut self, frames: &[ToDaemon]) {
        self.input(Input::Datagram(datagram::encode(me(), frames).into_bytes()));
    }

    /// Lets time pass as the driver does.
    fn pass(&mut self, seconds: f64) {
        let end = self.now + Duration::from_secs_f64(seconds);
        while let Some(at) = self.endpoint.poll_timeout().filter(|at| *at <= end) {
            self.now = at.max(self.now);
            if self.full {
                self.endpoint.handle(self.now, Input::NotReading);
            }
            self.endpoint.tick(self.now);
            self.drain();
        }
        self.now = end;
    }

    fn post(&mut self, ticket: u64) {
        let to = "1/far".parse::<Address>().unwrap();
        self.input(Input::Send { ticket: Ticket(ticket), to, body: Bytes::from_static(b"x") });
    }

    fn registrations(&self) -> usize {
        self.sent.iter().filter(|(_, f)| *f == ToTunnel::Register { incarnation: RUN }).count()
    }
}

fn registered(boot: u64) -> ToDaemon {
    ToDaemon::Registered { incarnation: RUN, boot, node: Some(Node(0)), attached: true }
}

fn refused(ticket: u64, reason: Failure, in_doubt: bool) -> Effect {
    Effect::Completed { ticket: Ticket(ticket), result: Err(Undelivered { reason, in_doubt }) }
}

#[test]
fn a_registration_without_an_answer_is_repeated_and_given_up_after_the_silence() {
    let mut bench = Bench::new(true);
    bench.post(1);
    bench.pass(4.9);
    assert_eq!(bench.registrations(), 25, "each fifth of a second");
    assert_eq!(bench.effects, [], "it has patience");
    bench.pass(0.2);
    let expected = [refused(1, Failure::TunneldGone, false), Effect::Lost(LostReason::Silent)];
    assert_eq!(bench.effects, expected, "no message had left");
    bench.effects.clear();
    bench.post(2);
    assert_eq!(bench.effects, [refused(2, Failure::TunneldGone, false)], "told at once");

    // It goes on looking, and does not say the same again; an answer that comes late is an answer.
    bench.effects.clear();
    bench.pass(60.0);
    assert_eq!(bench.effects, []);
    assert!(bench.registrations() > 250);
    bench.says(&[registered(1)]);
    assert!(matches!(bench.effects[..], [Effect::Up { .. }]), "{:?}", bench.effects);
}

#[test]
fn a_tunneld_that_is_away_for_an_hour_is_reported_lost_once() {
    let mut bench = Bench::up();
    bench.listens = false;
    bench.says(&[ToDaemon::Forgotten]);
    bench.pass(3600.0);
    assert_eq!(bench.effects, [Effect::Lost(LostReason::Forgotten)]);
    bench.listens = true;
    bench.pass(0.2);
    bench.says(&[registered(2)]);
    bench.says(&[ToDaemon::Forgotten]);
    let all = &bench.effects[1..];
    assert!(matches!(all, [Effect::Up { .. }, Effect::Lost(LostReason::Forgotten)]), "{all:?}");
}

#[test]
fn a_refused_registration_is_told_with_its_reason_and_tried_again() {
    let mut bench = Bench::new(true);
    bench.post(1);
    let why = Failure::TooManyDaemons;
    bench.says(&[ToDaemon::Refused { incarnation: RUN + 1, reason: why }]);
    assert_eq!(bench.effects, [], "another run's");
    bench.says(&[ToDaemon::Refused { incarnation: RUN, reason: why }]);
    let lost = Effect::Lost(LostReason::NotRegistered(why));
    assert_eq!(bench.effects, [refused(1, why, false), lost]);
    bench.post(2);
    assert_eq!(bench.effects.pop(), Some(refused(2, why, false)));

    bench.effects.clear();
    for _ in 0..50 {
        let before = bench.registrations();
        bench.pass(0.25);
        assert!(bench.registrations() > before, "it asks again");
        bench.says(&[ToDaemon::Refused { incarnation: RUN, reason: why }]);
    }
    assert_eq!(bench.effects, [], "said once");
    bench.pass(0.25);
    bench.says(&[registered(1)]);
    assert!(matches!(bench.effects[..], [Effect::Up { .. }]), "{:?}", bench.effects);
    bench.says(&[ToDaemon::Refused { incarnation: RUN, reason: why }]);
    assert_eq!(bench.effects.len(), 1, "a late one changes nothing");
}

#[test]
fn a_tunneld_that_is_gone_and_then_refuses_is_told_twice() {
    let mut bench = Bench::up();
    bench.says(&[ToDaemon::Forgotten]);
    bench.pass(0.2);
    let reason = Failure::Unknown(77);
    bench.says(&[ToDaemon::Refused { incarnation: RUN, reason }]);
    let all = [Effect::Lost(LostReason::Forgotten), Effect::Lost(LostReason::NotRegistered(reason))];
    assert_eq!(bench.effects, all);
}

#[test]
fn silence_ends_a_connection_unless_nobody_listened() {
    let mut bench = Bench::up();
    bench.pass(4.9);
    bench.says(&[ToDaemon::Alive]);
    bench.pass(4.9);
    assert_eq!(bench.effects, []);
    bench.pass(0.2);
    assert_eq!(bench.effects, [Effect::Lost(LostReason::Silent)]);

    let mut bench = Bench::up();
    bench.full = true;
    bench.post(1);
    bench.pass(600.0);
    assert_eq!(bench.effects, [], "an inbox that is left alone says nothing about the tunneld");
    // Read again: what lay there comes, and then silence counts.
    bench.full = false;
    let fragment = Fragment { total: 2, offset: 0, data: Bytes::from_static(b"ok") };
    let deliver = ToDaemon::Deliver { from: "1/far".parse().unwrap(), message: 1, fragment };
    bench.says(&[deliver, ToDaemon::Completed { token: 1, result: Ok(()) }]);
    assert_eq!(bench.effects.len(), 2, "{:?}", bench.effects);
    bench.effects.clear();
    bench.post(2);
    bench.pass(5.1);
    let expected = [refused(2, Failure::TunneldGone, true), Effect::Lost(LostReason::Silent)];
    assert_eq!(bench.effects, expected, "the second message had left");
}

#[test]
fn a_tunneld_that_dies_while_nobody_reads_is_noticed_by_the_next_message() {
    let mut bench = Bench::up();
    bench.full = true;
    bench.pass(20.0);
    bench.listens = false;
    bench.post(1);
    // What the driver says when the socket refuses.
    bench.input(Input::Unreachable);
    let expected = [refused(1, Failure::TunneldGone, true), Effect::Lost(LostReason::Refused)];
    assert_eq!(bench.effects, expected);
}

#[test]
fn datagrams_for_others_and_garbage_are_counted_and_change_nothing() {
    let mut bench = Bench::up();
    let other = Daemon { instance: 1, ..me() };
    let stray = datagram::encode(other, &[ToDaemon::Forgotten]).into_bytes();
    let garbage = Bytes::from_static(b"garbage");
    let mut unknown = datagram::encode(me(), &[ToDaemon::Alive]).into_bytes().to_vec();
    unknown.extend(99_u32.to_be_bytes());
    // A refusal for no reason is none.
    let refusal = ToDaemon::Refused { incarnation: RUN, reason: Failure::from_code(0) };
    let nonsense = datagram::encode(me(), &[refusal]).into_bytes();
    for (count, bytes) in (1..).zip([stray, garbage, unknown.into(), nonsense]) {
        bench.input(Input::Datagram(bytes));
        assert_eq!(bench.endpoint.bad_datagrams(), count);
    }
    assert_eq!(bench.effects, []);
}
