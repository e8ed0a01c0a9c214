//! Laws of the service daemon under any inputs in any order: it never panics, it is saved before it acts, it does not wake in
//! vain, what it keeps has bounds, and what it saves is read again as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::time::Duration;

use machine::{Machine, Time};
use proptest::prelude::*;
use service::{
    Address, Begin, Command, Config, Effect, How, Input, Kind, Life, Manager, Notice, OperationOutcome,
    Phase, Printed, Process, REASON_MAX, RequestId, Restart, Saved, SavedService, Services, Spec, State,
    TOLD_MAX, Token, UnderWay, WAITERS_MAX, Wall,
};

fn name() -> impl Strategy<Value = String> {
    prop_oneof![29 => "[a-d]", 1 => "\\PC{0,40}"]
}

fn kind() -> impl Strategy<Value = Kind> {
    prop_oneof![
        "[ab]".prop_map(|component| Kind::Script { component }),
        "[ab]".prop_map(|agent| Kind::Ocf { agent, parameters: BTreeMap::new() }),
    ]
}

fn spec() -> impl Strategy<Value = Spec> {
    let names = || proptest::collection::vec("[a-d]", 0..2);
    let small = 1..4_u32;
    let millis = || (1..20_000_u64).prop_map(Duration::from_millis);
    let flags = proptest::collection::vec(any::<bool>(), 4);
    (name(), kind(), names(), names(), millis(), millis(), small.clone(), small, flags).prop_map(
        |(name, kind, requires, after, interval, limit, fail_after, recover_after, flags)| Spec {
            requires,
            after,
            counts: flags[0],
            enabled: flags[1],
            checked: flags[2],
            restart: if flags[3] { Restart::OnFailure } else { Restart::Never },
            check_interval: interval,
            check_limit: limit,
            start_limit: limit,
            stop_limit: limit,
            fail_after,
            recover_after,
            ..Spec::new(name, kind)
        },
    )
}

fn config() -> impl Strategy<Value = Config> {
    let services = proptest::collection::vec(spec(), 0..5);
    (services, any::<bool>(), any::<bool>(), 0..4_usize).prop_map(|(mut services, once, outside, history)| {
        // Most are made to fit, or hardly any would be taken.
        let mut seen = BTreeSet::new();
        services.retain(|spec: &Spec| seen.insert(spec.name.clone()));
        let mut before: Vec<String> = Vec::new();
        for spec in &mut services {
            spec.requires.retain(|other| before.contains(other));
            spec.after.retain(|other| before.contains(other) || history == 3);
            before.push(spec.name.clone());
        }
        Config {
            begin: if once { Begin::AtOnce } else { Begin::OnRequest },
            manager: if outside { Manager::Outside } else { Manager::Ctdb },
            history: history + 1,
            services,
            ..Config::default()
        }
    })
}

fn how() -> impl Strategy<Value = How> {
    prop_oneof![
        4 => Just(How::Ok),
        1 => any::<u8>().prop_map(How::Failed),
        1 => Just(How::NotRunning),
        1 => Just(How::TimedOut),
        1 => Just(How::Unknown),
        1 => any::<i32>().prop_map(How::Killed),
        1 => "\\PC{0,600}".prop_map(How::CannotRun),
    ]
}

fn outcome() -> impl Strategy<Value = OperationOutcome> {
    let text = prop_oneof![".{0,20}", Just("é\u{1b}".repeat(5000))];
    (how(), text, any::<u64>())
        .prop_map(|(how, text, omitted)| OperationOutcome { how, output: Printed { text, omitted } })
}

fn address() -> impl Strategy<Value = Address> {
    let one = |address, bits, interface| Address { address, bits, interface };
    prop_oneof![
        9 => (0..4_u8).prop_map(move |n| one(IpAddr::V4(Ipv4Addr::new(10, 0, 0, n)), 24, "eth0".into())),
        1 => (any::<u8>(), "\\PC{0,20}").prop_map(move |(bits, text)| one(IpAddr::V6(Ipv6Addr::LOCALHOST), bits, text)),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    prop_oneof![
        4 => Just(Command::Startup),
        1 => Just(Command::Shutdown),
        1 => proptest::option::of(name()).prop_map(Command::Check),
        1 => name().prop_map(Command::Enable),
        1 => name().prop_map(Command::Disable),
        1 => name().prop_map(Command::Restart),
        1 => proptest::collection::vec(address(), 0..4).prop_map(Command::Addresses),
        1 => (name(), any::<bool>(), "\\PC{0,600}")
            .prop_map(|(service, healthy, reason)| Command::Report { service, healthy, reason }),
    ]
}

fn saved() -> impl Strategy<Value = Saved> {
    let operation = prop_oneof![
        Just(service::Operation::Start),
        Just(service::Operation::Stop),
        Just(service::Operation::Check),
        Just(service::Operation::Report),
    ];
    let under_way =
        (0..20_u64, operation, any::<u64>(), any::<u64>()).prop_map(|(token, operation, began, until)| {
            UnderWay { token: Token(token), operation, began: Wall(began), until: Wall(until), process: None }
        });
    let life = prop_oneof![Just(Life::Down), Just(Life::Coming), Just(Life::There), Just(Life::Going)];
    let state =
        prop_oneof![Just(State::Up), Just(State::Starting), Just(State::Failed), Just(State::Disabled)];
    let one = (("[a-e]", kind()), life, state, any::<bool>(), any::<u64>(), proptest::option::of(under_way))
        .prop_map(|((name, kind), life, state, failed, number, under_way)| SavedService {
            name,
            kind,
            life,
            failed,
            fresh: false,
            state,
            since: Wall(number),
            reason: String::new(),
            restarts: 3,
            held_until: Some(Wall(number)),
            told: Vec::new(),
            perhaps: Vec::new(),
            reported: None,
            under_way,
        });
    let phase =
        prop_oneof![Just(Phase::Running), Just(Phase::Starting), Just(Phase::Stopping), Just(Phase::Stopped)];
    let all = (proptest::collection::vec(one, 0..5), phase, any::<bool>(), 0..100_u64);
    all.prop_map(|(services, phase, healthy, next_token)| Saved {
        phase,
        healthy,
        since: Wall(7),
        reasons: Vec::new(),
        telling: !healthy,
        next_token,
        addresses: None,
        services,
    })
}

#[derive(Clone, Debug)]
enum Step {
    /// The end of one of the operations that go on, or of one that nobody knows.
    Done(prop::sample::Index, bool, OperationOutcome),
    Input(Input),
    Command(Command),
    Wait(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let started =
        (0..50_u64).prop_map(|n| Input::Started { token: Token(n), process: Process { pid: 1, started: n } });
    prop_oneof![
        12 => (any::<prop::sample::Index>(), proptest::bool::weighted(0.9), outcome())
            .prop_map(|(which, known, outcome)| Step::Done(which, known, outcome)),
        4 => command().prop_map(Step::Command),
        1 => config().prop_map(|config| Step::Input(Input::Configure(config))),
        1 => started.prop_map(Step::Input),
        1 => name().prop_map(|name| Step::Input(Input::Look(name))),
        6 => (0..40_000_u64).prop_map(Step::Wait),
    ]
}

#[derive(Default)]
struct Driver {
    under_way: Vec<Token>,
    saved: Option<Saved>,
    requests: u64,
    answered: BTreeSet<RequestId>,
}

impl Driver {
    fn effects(&mut self, machine: &mut Services) -> Result<(), TestCaseError> {
        while let Some(effect) = machine.poll_effect(Time::ZERO) {
            match effect {
                Effect::Save(saved) => {
                    let text = serde_json::to_string(&saved).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Saved>(&text).unwrap(), &*saved);
                    self.saved = Some(*saved);
                }
                Effect::Run { token, work, spec, .. } => {
                    let saved = self.saved.as_ref().unwrap();
                    prop_assert!(saved.next_token > token.0, "a token that is not saved");
                    let known = saved.services.iter().filter_map(|service| service.under_way.as_ref());
                    let known = known.filter(|under_way| under_way.token == token).count();
                    let young = work == service::Work::Check;
                    prop_assert!(young || known == 1, "{} is run before it is saved", spec.name);
                    self.under_way.push(token);
                }
                Effect::Tell(Notice::State { transition, .. }) => {
                    prop_assert!(
                        transition.output.text.len() <= TOLD_MAX && transition.reason.len() <= REASON_MAX
                    );
                    prop_assert!(!transition.reason.contains(|c: char| c.is_control()));
                }
                Effect::Tell(Notice::Health(health)) => {
                    prop_assert!(health.reasons.iter().all(|reason| reason.len() <= REASON_MAX));
                }
                Effect::Answer { id, .. } => {
                    prop_assert!(self.answered.insert(id), "answered twice");
                    prop_assert!(id.0 <= self.requests);
                }
                _ => {}
            }
        }
        machine.check();
        Ok(())
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn whatever_happens_all_invariants_hold(
        first in config(),
        left in proptest::option::of(saved()),
        running in proptest::collection::btree_set((0..20_u64).prop_map(Token), 0..6),
        steps in proptest::collection::vec(step(), 0..120),
    ) {
        let mut machine = Services::new(Wall(1_000_000));
        let mut driver = Driver::default();
        let mut now = Time::ZERO;
        if let Some(saved) = left {
            driver.under_way.extend(&running);
            machine.handle(now, Input::Adopt { saved: Box::new(saved), running });
        }
        machine.handle(now, Input::Configure(first));
        driver.effects(&mut machine)?;
        for step in steps {
            match step {
                Step::Wait(millis) => {
                    let until = now + Duration::from_millis(millis);
                    while let Some(at) = machine.poll_timeout().filter(|at| *at <= until) {
                        now = at.max(now);
                        machine.tick(now);
                        driver.effects(&mut machine)?;
                        prop_assert!(machine.poll_timeout().is_none_or(|next| next > now), "it wakes in vain");
                    }
                    now = until;
                }
                Step::Done(which, known, outcome) => {
                    let known = known && !driver.under_way.is_empty();
                    let token = if known {
                        driver.under_way.swap_remove(which.index(driver.under_way.len()))
                    } else {
                        Token(u64::try_from(which.index(10_000)).unwrap())
                    };
                    machine.handle(now, Input::Done { token, outcome });
                }
                Step::Input(input) => machine.handle(now, input),
                Step::Command(command) => {
                    driver.requests += 1;
                    machine.handle(now, Input::Command { id: RequestId(driver.requests), command });
                }
            }
            driver.effects(&mut machine)?;
            prop_assert!(machine.views().iter().all(|view| view.reason.len() <= REASON_MAX));
        }
        let open = driver.requests - u64::try_from(driver.answered.len()).unwrap();
        prop_assert!(open <= u64::try_from(WAITERS_MAX).unwrap());
    }
}

#[test]
fn more_than_so_many_who_wait_are_refused_at_once() {
    let mut machine = Services::new(Wall(0));
    let kind = Kind::Script { component: "a".into() };
    let config = Config { services: vec![Spec::new("a", kind)], ..Config::default() };
    machine.handle(Time::ZERO, Input::Configure(config));
    let most = u64::try_from(WAITERS_MAX).unwrap();
    for n in 0..most + 5 {
        machine.handle(Time::ZERO, Input::Command { id: RequestId(n), command: Command::Startup });
    }
    let mut refused = Vec::new();
    while let Some(effect) = machine.poll_effect(Time::ZERO) {
        if let Effect::Answer { id, answer } = effect {
            assert_eq!(answer, service::Answer::Refused(service::Refusal::Busy));
            refused.push(id.0);
        }
    }
    assert_eq!(refused, (most..most + 5).collect::<Vec<_>>());
}

#[test]
fn what_a_later_daemon_would_save_is_passed_over_and_what_an_earlier_one_did_not_has_its_default() {
    let text = r#"{"phase":"running","healthy":true,"since":5,"next_token":9,"new":[1],
        "services":[{"name":"a","kind":{"script":{"component":"a"}},"state":"up","since":4,"later":"x"}]}"#;
    let saved: Saved = serde_json::from_str(text).unwrap();
    assert_eq!((saved.services[0].life, saved.addresses), (Life::Down, None));
    assert!(serde_json::from_str::<Saved>("{}").is_err());
}
