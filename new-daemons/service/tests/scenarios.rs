//! Stories about the service daemon, as text: what happens to it, and below each line what it does.
//!
//! The stories are in `tests/scenarios`; a line that begins with `#` is a remark. What came of each is kept beside them as
//! `*.snap` and compared (insta). What is saved is not shown, but a daemon that dies leaves it to the next one. The words:
//!
//! | word | what happens |
//! |---|---|
//! | `service NAME [OPTION=VALUE...]` | a service of the next configuration; times in seconds |
//! | `without NAME` | it has this service no more |
//! | `configure [at once] [outside]` | the configuration is read |
//! | `startup`, `shutdown`, `check [NAME]`, `enable`, `disable`, `restart NAME` | commands |
//! | `addresses [IP...]`, `report NAME well`, `report NAME REASON...` | commands |
//! | `ok NAME [TEXT]`, `fails NAME STATUS [TEXT]`, `stopped NAME`, `signal NAME N`, `missing NAME`, `unseen NAME` | its operation ends |
//! | `looks NAME` | something has happened to it |
//! | `after N s` | time goes on |
//! | `dies [but NAME...]` | the daemon is killed; operations of these services go on; a new one begins with what it left |
//! | `status`, `health`, `history NAME` | what is shown |

use std::collections::BTreeMap;
use std::fmt::Write;
use std::time::Duration;

use machine::{Machine, Time};
use service::{
    Address, Answer, Begin, Change, Command, Config, Effect, Health, How, Input, Kind, Manager, Notice,
    OperationOutcome, Printed, Program, RequestId, Restart, Saved, Services, Spec, Token, Transition, View,
    Wall, Work,
};

struct Story {
    daemon: Services,
    now: Time,
    config: Config,
    choices: BTreeMap<String, bool>,
    saved: Option<Saved>,
    requests: u64,
    under_way: BTreeMap<String, Token>,
    told: String,
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn seconds(text: &str) -> Duration {
    Duration::from_secs(number(text))
}

fn spec(name: &str, options: &[&str]) -> Spec {
    let mut spec = Spec::new(name, Kind::Script { component: name.to_owned() });
    spec.check_interval = Duration::from_secs(10);
    for option in options {
        let (option, value) = option.split_once('=').unwrap_or((option, ""));
        let names = || value.split(',').map(str::to_owned).collect::<Vec<_>>();
        match option {
            "unit" => spec.kind = Kind::Systemd { unit: value.to_owned() },
            "requires" => spec.requires = names(),
            "after" => spec.after = names(),
            "fail" => spec.fail_after = number(value),
            "recover" => spec.recover_after = number(value),
            "restart" => (spec.restart, spec.restart_limit) = (Restart::OnFailure, number(value)),
            "flap" => spec.flap_limit = number(value),
            "interval" => spec.check_interval = seconds(value),
            "start-limit" => spec.start_limit = seconds(value),
            "stop-limit" => spec.stop_limit = seconds(value),
            "check-limit" => spec.check_limit = seconds(value),
            "uncounted" => spec.counts = false,
            "disabled" => spec.enabled = false,
            "unchecked" => spec.checked = false,
            "program" => spec.reconfigure = Some(Program { path: value.into(), arguments: Vec::new() }),
            _ => panic!("{option:?} is no option"),
        }
    }
    spec
}

fn wall(Wall(micros): Wall) -> u64 {
    micros / 1_000_000 - 1000
}

fn addresses(all: &[Address]) -> String {
    all.iter().map(|address| format!(" {}", address.address)).collect()
}

fn change(Change { listen, release, all }: &Change) -> String {
    format!("listen{} release{} all{}", addresses(listen), addresses(release), addresses(all))
}

fn health(health: &Health) -> String {
    let Health { phase, healthy, since, reasons } = health;
    let word = if *healthy { "healthy" } else { "not healthy" };
    let reasons: String = reasons.iter().map(|reason| format!("\n         {reason}")).collect();
    format!("{phase}, {word} since {}{reasons}", wall(*since))
}

fn transition(transition: &Transition) -> String {
    let Transition { from, to, at, operation, how, reason, output } = transition;
    let how = how.as_ref().map(|how| format!(" ({how})")).unwrap_or_default();
    let text = if output.text.is_empty() { String::new() } else { format!(" {:?}", output.text) };
    let reason = if reason.is_empty() { String::new() } else { format!(": {reason}") };
    format!("{from} -> {to} at {} by {operation}{how}{reason}{text}", wall(*at))
}

fn view(view: &View) -> String {
    let mut text = format!("{} {} since {}", view.spec.name, view.state, wall(view.since));
    let mut put = |part: String| text += &format!(", {part}");
    if !view.reason.is_empty() {
        put(view.reason.clone());
    }
    if let Some(going) = view.under_way {
        put(format!("{} since {} until {}", going.operation, wall(going.began), wall(going.until)));
    }
    if view.restarts > 0 {
        put(format!("{} restarts", view.restarts));
    }
    if let Some(at) = view.next_restart {
        put(format!("restart at {}", wall(at)));
    }
    if let Some(at) = view.held_until {
        put(format!("held until {}", wall(at)));
    }
    if let Some(at) = view.next_check {
        put(format!("check at {}", wall(at)));
    }
    if !view.listen.is_empty() {
        put(format!("listens on{}", addresses(&view.listen)));
    }
    text
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Done => "done".to_owned(),
        Answer::Settled(_, reasons) if reasons.is_empty() => "all done".to_owned(),
        Answer::Settled(_, reasons) => format!("not done: {}", reasons.join("; ")),
        Answer::Checked(all) => {
            let one = |c: &service::Checked| format!(" {} {} ({})", c.service, c.done.how, c.state);
            format!("checked{}", all.iter().map(one).collect::<String>())
        }
        Answer::Refused(refusal) => format!("refused: {refusal}"),
    }
}

impl Story {
    fn new() -> Self {
        Self {
            daemon: Services::new(Wall(1_000_000_000)),
            now: Time::ZERO,
            config: Config::default(),
            choices: BTreeMap::new(),
            saved: None,
            requests: 0,
            under_way: BTreeMap::new(),
            told: String::new(),
        }
    }

    fn feed(&mut self, input: Input) {
        self.daemon.handle(self.now, input);
        self.show();
    }

    fn show(&mut self) {
        self.daemon.check();
        while let Some(effect) = self.daemon.poll_effect(self.now) {
            if let Some(text) = self.effect(effect) {
                writeln!(self.told, "    {text}").unwrap();
            }
        }
    }

    fn effect(&mut self, effect: Effect) -> Option<String> {
        Some(match effect {
            Effect::Log(level, text) => format!("log {level:?}: {text}"),
            // The log says the same, in fewer words.
            Effect::Tell(Notice::State { .. } | Notice::Health(_)) => return None,
            Effect::Tell(Notice::Reconfigured { service, done, .. }) => {
                format!("tell: {service} reconfigured, {}", done.how)
            }
            Effect::Keep(choices) => {
                self.choices.clone_from(&choices);
                format!("keep {choices:?}")
            }
            Effect::Save(saved) => {
                self.saved = Some(*saved);
                return None;
            }
            Effect::End(token) => {
                let name = self.under_way.iter().find(|(_, running)| **running == token);
                format!("end {}", name.map_or("nobody's", |(name, _)| name))
            }
            Effect::Run { token, spec, work, limit } => {
                self.under_way.insert(spec.name.clone(), token);
                let kind = if spec.kind.word() == "script" { "" } else { spec.kind.made_of() };
                match work {
                    Work::Reconfigure(all) => format!("reconfigure {}: {}", spec.name, change(&all)),
                    work => format!("{} {} {kind} within {}s", work.operation(), spec.name, limit.as_secs()),
                }
            }
            Effect::Answer { id: RequestId(id), answer: given } => format!("answer {id}: {}", answer(&given)),
        })
    }

    fn command(&mut self, command: Command) {
        self.requests += 1;
        self.feed(Input::Command { id: RequestId(self.requests), command });
    }

    fn done(&mut self, name: &str, how: How, words: &[&str]) {
        let token = *self.under_way.get(name).unwrap_or_else(|| panic!("nothing is done with {name}"));
        let text = words.join(" ").replace("\\n", "\n");
        self.feed(Input::Done {
            token,
            outcome: OperationOutcome { how, output: Printed { text, omitted: 0 } },
        });
    }

    fn after(&mut self, span: Duration) {
        let until = self.now + span;
        while let Some(at) = self.daemon.poll_timeout().filter(|at| *at <= until) {
            assert!(at >= self.now || self.daemon.poll_timeout() != Some(at), "time goes back");
            self.now = at.max(self.now);
            let before = self.told.len();
            self.daemon.tick(self.now);
            self.show();
            if self.told.len() > before {
                let seconds = self.now.since_start().as_millis();
                self.told.insert_str(before, &format!("  at {}.{}:\n", seconds / 1000, seconds % 1000 / 100));
            }
            assert!(self.daemon.poll_timeout().is_none_or(|next| next > self.now), "it wakes in vain");
        }
        self.now = until;
    }

    fn dies(&mut self, but: &[&str]) {
        let keep: BTreeMap<_, _> = self
            .under_way
            .iter()
            .filter(|(name, _)| but.contains(&name.as_str()))
            .map(|(n, t)| (n.clone(), *t))
            .collect();
        let running = keep.values().copied().collect();
        self.under_way = keep;
        // A new daemon has a clock of its own.
        let zero = Wall(1_000_000_000 + u64::try_from(self.now.since_start().as_micros()).unwrap());
        let rest = self.now;
        self.daemon = Services::new(Wall(zero.0 - u64::try_from(rest.since_start().as_micros()).unwrap()));
        self.feed(Input::Choices(self.choices.clone()));
        if let Some(saved) = self.saved.clone() {
            // What is written and read again is the same.
            let text = serde_json::to_string(&saved).unwrap();
            let saved: Saved = serde_json::from_str(&text).unwrap();
            self.feed(Input::Adopt { saved: Box::new(saved), running });
        }
        self.feed(Input::Configure(self.config.clone()));
    }

    fn line(&mut self, line: &str) {
        writeln!(self.told, "{line}").unwrap();
        let words: Vec<&str> = line.split_whitespace().collect();
        match words[..] {
            [] => {}
            [first, ..] if first.starts_with('#') => {}
            ["service", name, ref options @ ..] => {
                self.config.services.retain(|spec| spec.name != name);
                self.config.services.push(spec(name, options));
            }
            ["without", name] => self.config.services.retain(|spec| spec.name != name),
            ["configure", ref words @ ..] => {
                self.config.begin = if words.contains(&"once") { Begin::AtOnce } else { Begin::OnRequest };
                self.config.manager =
                    if words.contains(&"outside") { Manager::Outside } else { Manager::Ctdb };
                self.feed(Input::Configure(self.config.clone()));
            }
            ["startup"] => self.command(Command::Startup),
            ["shutdown"] => self.command(Command::Shutdown),
            ["check"] => self.command(Command::Check(None)),
            ["check", name] => self.command(Command::Check(Some(name.into()))),
            ["enable", name] => self.command(Command::Enable(name.into())),
            ["disable", name] => self.command(Command::Disable(name.into())),
            ["restart", name] => self.command(Command::Restart(name.into())),
            ["addresses", ref all @ ..] => {
                let one = |text: &&str| Address {
                    address: text.parse().unwrap(),
                    bits: 24,
                    interface: "eth0".into(),
                };
                self.command(Command::Addresses(all.iter().map(one).collect()));
            }
            ["report", name, ref words @ ..] => {
                let (healthy, reason) = (words == ["well"], words.join(" "));
                self.command(Command::Report { service: name.into(), healthy, reason });
            }
            ["ok", name, ref text @ ..] => self.done(name, How::Ok, text),
            ["fails", name, status, ref text @ ..] => self.done(name, How::Failed(number(status)), text),
            ["stopped", name] => self.done(name, How::NotRunning, &[]),
            ["signal", name, signal] => self.done(name, How::Killed(number(signal)), &[]),
            ["missing", name] => self.done(name, How::CannotRun("there is no such program".into()), &[]),
            ["unseen", name] => self.done(name, How::Unknown, &[]),
            ["looks", name] => self.feed(Input::Look(name.into())),
            ["after", span, "s"] => self.after(seconds(span)),
            ["dies"] => self.dies(&[]),
            ["dies", "but", ref names @ ..] => self.dies(names),
            ["status"] => {
                for one in self.daemon.views() {
                    writeln!(self.told, "    {}", view(&one)).unwrap();
                }
            }
            ["health"] => writeln!(self.told, "    {}", health(&self.daemon.health())).unwrap(),
            ["history", name] => {
                for past in self.daemon.history(name).unwrap() {
                    writeln!(self.told, "    {}", transition(&past)).unwrap();
                }
            }
            _ => panic!("what is {line:?}?"),
        }
    }
}

fn tell(text: &str) -> String {
    let mut story = Story::new();
    text.lines().for_each(|line| story.line(line));
    story.told
}

macro_rules! stories {
    ($($(#[doc = $doc:literal])* $name:ident = $file:literal;)*) => { $(
        $(#[doc = $doc])*
        #[test]
        fn $name() {
            let mut settings = insta::Settings::clone_current();
            settings.set_snapshot_path("scenarios");
            settings.set_prepend_module_to_snapshot(false);
            settings.set_omit_expression(true);
            settings.bind(|| insta::assert_snapshot!($file, tell(include_str!(concat!("scenarios/", $file, ".txt")))));
        }
    )* };
}

stories! {
    services_start_behind_those_that_they_wait_for_and_stop_before_them = "order";
    a_service_fails_after_so_many_checks_and_recovers_after_so_many = "thresholds";
    a_service_that_requires_a_failed_one_is_blocked_and_so_is_the_health = "requires";
    a_failed_service_is_restarted_with_longer_and_longer_pauses = "restart";
    a_service_that_changes_too_often_counts_as_failed_until_it_is_quiet = "flapping";
    a_check_that_outlives_its_interval_is_alone_and_one_over_its_limit_is_ended = "limits";
    a_service_that_would_not_stop_is_told_of_and_not_stopped_for_ever = "will-not-stop";
    many_changes_of_addresses_are_one_reconfigure = "addresses";
    what_ran_when_the_daemon_was_killed_is_looked_at_before_anything_is_started = "adoption";
    an_operation_that_went_on_is_awaited_and_not_begun_again = "under-way";
    a_new_configuration_changes_what_it_names_and_nothing_else = "reload";
    commands_are_answered_when_they_are_done = "commands";
    where_somebody_outside_starts_services_they_are_only_checked_and_reported_on = "outside";
    a_start_that_fails_is_told_and_tried_again_when_somebody_asks = "start-fails";
}
