//! Stories about the event daemon, as text: what happens to it, and below each line what it does.
//!
//! The stories are in `tests/scenarios`; a line that begins with `#` is a remark. What came of each is kept beside them as
//! `*.snap` and compared (insta). The words:
//!
//! | word | what happens |
//! |---|---|
//! | `CLIENT asks run COMPONENT/EVENT [ARGS...] [within N] [all]` | a request; also `status`, `history`, `scripts`, `enable`, `disable` |
//! | `CLIENT asks components of all` | a request; `found NAME...` answers it |
//! | `keep N` | so many runs of each script are kept from now on |
//! | `CLIENT leaves` | it waits for no answer any more |
//! | `listed [-]SCRIPT...` or `listed error N` | the directory that was asked for last; `-`: not executable |
//! | `started N` | the program that was started last has this process id |
//! | `exits N [TEXT]`, `killed N`, `vanished`, `cannot start N` | its end; `#T` in front means the program with this token |
//! | `printed [TEXT]` | what was asked for of a script that is given up |
//! | `changed` or `changed error N` | the mode of a script |
//! | `after N s` | time goes on |

use std::fmt::Write;
use std::time::Duration;

use event::{
    Answer, ComponentState, Config, Effect, Entry, Errno, EventDaemon, How, Input, Notice, Origin, Output,
    Report, Request, RequestId, RunResult, ScriptRun, Token, What, Word,
};
use machine::{Machine, Time};

struct Story {
    daemon: EventDaemon,
    now: Time,
    requests: u64,
    listing: Token,
    program: Token,
    peeked: Token,
    enabling: Token,
    told: String,
}

fn word(text: &str) -> Word {
    Word::from(text)
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.parse().unwrap_or_else(|_| panic!("{text:?} is no number"))
}

fn printed(words: &[&str]) -> Output {
    let text = words.join(" ").replace("\\n", "\n");
    Output { bytes: text.into_bytes(), omitted: 0 }
}

fn script(run: &ScriptRun) -> String {
    let ScriptRun { script, began, ended, outcome, output } = run;
    let text = String::from_utf8_lossy(&output.bytes);
    format!(
        "{script} {outcome} ({} to {}) {text:?}",
        began.since_start().as_secs(),
        ended.since_start().as_secs()
    )
}

fn answer(answer: &Answer) -> String {
    match answer {
        Answer::Run(RunResult::Error(Errno(errno)), _) => format!("error {errno}"),
        Answer::Run(result, _) => format!("{result:?}"),
        Answer::Status(Ok(Report { summary, scripts })) => {
            let scripts: Vec<String> =
                scripts.iter().map(|run| format!("\n         {}", script(run))).collect();
            format!("{summary}{}", scripts.concat())
        }
        Answer::History(Ok(history)) => {
            let runs = history.iter().flat_map(|(name, runs)| runs.iter().map(move |run| (name, run)));
            let runs = runs.map(|(name, run)| {
                let text = String::from_utf8_lossy(&run.output.bytes).into_owned();
                format!("\n         {name} for {}: {} {text:?}", run.event, run.outcome)
            });
            format!("runs{}", runs.collect::<String>())
        }
        Answer::Enable(Ok(())) => "done".to_owned(),
        Answer::Scripts(Ok(scripts)) => {
            let script =
                |entry: &Entry| format!(" {}{}", entry.name, if entry.enabled { "" } else { " (not run)" });
            format!("scripts{}", scripts.iter().map(script).collect::<String>())
        }
        Answer::Components(Ok(components)) => {
            let component = |state: &ComponentState| {
                let running =
                    state.running.as_ref().map(|event| format!(", {event} runs")).unwrap_or_default();
                format!("\n         {}{running}, {} wait", state.name, state.waiting)
            };
            format!("components{}", components.iter().map(component).collect::<String>())
        }
        Answer::Status(Err(Errno(errno)))
        | Answer::History(Err(Errno(errno)))
        | Answer::Scripts(Err(Errno(errno)))
        | Answer::Components(Err(Errno(errno)))
        | Answer::Enable(Err(Errno(errno))) => {
            format!("error {errno}")
        }
    }
}

impl Story {
    fn new(hook: bool) -> Self {
        let none = Token(0);
        Self {
            daemon: EventDaemon::new(Config { hook }),
            now: Time::ZERO,
            requests: 0,
            listing: none,
            program: none,
            peeked: none,
            enabling: none,
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
            let text = self.effect(effect);
            writeln!(self.told, "    {text}").unwrap();
        }
    }

    fn effect(&mut self, effect: Effect) -> String {
        match effect {
            Effect::List { token, component } => {
                self.listing = token;
                format!("list {component}")
            }
            Effect::Start { token: Token(n), component, script, args } => {
                self.program = Token(n);
                let args: Vec<String> = args.iter().map(ToString::to_string).collect();
                format!("start #{n} {component}/{script} {}", args.join(" "))
            }
            Effect::Peek(Token(n)) => {
                self.peeked = Token(n);
                format!("what has #{n} printed?")
            }
            Effect::Debug { token: Token(n), pid, event } => {
                self.program = Token(n);
                format!("start #{n}, the debug hook, for process {pid} in {event}")
            }
            Effect::End { token: Token(n), grace } if grace.is_zero() => format!("kill #{n}"),
            Effect::End { token: Token(n), grace } => format!("end #{n} within {} s", grace.as_secs()),
            Effect::Enable { token, component, file, on } => {
                self.enabling = token;
                format!("make {component}/{file} {}", if on { "executable" } else { "not executable" })
            }
            Effect::Answer(RequestId(n), told) => format!("answer {n}: {}", answer(&told)),
            Effect::Log(level, line) => format!("log {level:?}: {line}"),
            Effect::Components(token) => {
                self.listing = token;
                "find the components".to_owned()
            }
            Effect::Publish(Notice { component, event, what, .. }) => {
                let what = match what {
                    What::Began => "begins".to_owned(),
                    What::Script(run) => format!("had {} {}", run.script, run.outcome),
                    What::Hung { script, pid, .. } => {
                        format!("hangs in {script}, process {}", pid.unwrap_or_default())
                    }
                    What::Ended { result, culprit, .. } => {
                        let culprit = culprit.map(|script| format!(" in {script}")).unwrap_or_default();
                        format!("ended, {result:?}{culprit}")
                    }
                };
                format!("tell all: {component}/{event} {what}")
            }
        }
    }

    fn advance(&mut self, by: Duration) {
        let until = self.now + by;
        while let Some(due) = self.daemon.poll_timeout().filter(|due| *due <= until) {
            self.now = self.now.max(due);
            writeln!(self.told, "    -- {} s", self.now.since_start().as_secs_f64()).unwrap();
            self.daemon.tick(self.now);
            self.show();
        }
        self.now = until;
    }

    fn ask(&mut self, client: &str, words: &[&str]) {
        let path = |text: &str| -> (Word, Word) {
            let (component, rest) = text.split_once('/').unwrap_or((text, ""));
            (word(component), word(rest))
        };
        let (component, name) = path(words[1]);
        let request = match words[0] {
            "run" => {
                let (mut args, mut limit, mut all) = (Vec::new(), 30, false);
                let mut rest = words[2..].iter();
                while let Some(text) = rest.next() {
                    match *text {
                        "within" => limit = number(rest.next().unwrap()),
                        "all" => all = true,
                        arg => args.push(word(arg)),
                    }
                }
                Request::Run { component, event: name, args, limit: Duration::from_secs(limit), all }
            }
            "status" => Request::Status { component, event: name },
            "scripts" => Request::Scripts { component },
            "components" => Request::Components,
            "history" => Request::History { component, script: (!name.is_empty()).then_some(name) },
            on @ ("enable" | "disable") => Request::Enable { component, script: name, on: on == "enable" },
            other => panic!("{other:?} cannot be asked"),
        };
        self.requests += 1;
        let origin = Origin(u64::from(client.as_bytes()[0]));
        self.feed(Input::Request { id: RequestId(self.requests), origin, request });
    }

    fn tell(&mut self, line: &str) {
        writeln!(self.told, "{line}").unwrap();
        let mut words: Vec<&str> = line.split_whitespace().collect();
        let mut program = self.program;
        if let Some(token) = words[0].strip_prefix('#') {
            program = Token(number(token));
            words.remove(0);
        }
        match words[..] {
            [client, "asks", ref rest @ ..] => self.ask(client, rest),
            [client, "leaves"] => self.feed(Input::Gone(Origin(u64::from(client.as_bytes()[0])))),
            ["listed", "error", errno] => self.feed(Input::Listed(self.listing, Err(Errno(number(errno))))),
            ["listed", ref scripts @ ..] => {
                let entry = |text: &&str| Entry {
                    name: word(&format!("{}.script", text.trim_start_matches('-'))),
                    enabled: !text.starts_with('-'),
                };
                self.feed(Input::Listed(self.listing, Ok(scripts.iter().map(entry).collect())));
            }
            ["found", ref names @ ..] => {
                let names = names.iter().map(|name| word(name)).collect();
                self.feed(Input::Found(self.listing, Ok(names)));
            }
            ["keep", runs] => self.feed(Input::Keep(number(runs))),
            ["started", pid] => self.feed(Input::Started(program, number(pid))),
            ["exits", status, ref text @ ..] => {
                self.feed(Input::Ended(program, How::Exit(number(status)), printed(text)));
            }
            ["killed", signal] => {
                self.feed(Input::Ended(program, How::Signal(number(signal)), Output::default()));
            }
            ["vanished"] => self.feed(Input::Ended(program, How::Gone, Output::default())),
            ["cannot", "start", errno] => {
                self.feed(Input::Ended(program, How::NotStarted(Errno(number(errno))), Output::default()));
            }
            ["printed", ref text @ ..] => self.feed(Input::Printed(self.peeked, printed(text))),
            ["changed"] => self.feed(Input::Enabled(self.enabling, Ok(()))),
            ["changed", "error", errno] => {
                self.feed(Input::Enabled(self.enabling, Err(Errno(number(errno)))))
            }
            ["after", seconds, "s"] => self.advance(Duration::from_secs_f64(number(seconds))),
            _ => panic!("what does {line:?} mean?"),
        }
    }
}

fn play(name: &str, text: &str) {
    let mut story = Story::new(text.lines().any(|line| line == "# with a debug hook"));
    for line in text.lines() {
        if line.is_empty() || line.starts_with("# ") {
            writeln!(story.told, "{line}").unwrap();
        } else {
            story.tell(line);
        }
    }
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("scenarios");
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, story.told));
}

macro_rules! stories {
    ($($test:ident: $file:literal,)*) => {
        $(#[test]
        fn $test() {
            play($file, include_str!(concat!("scenarios/", $file, ".txt")));
        })*
        #[test]
        fn every_story_is_told() {
            let told = [$($file),*];
            let here = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios")).unwrap();
            for file in here {
                let name = file.unwrap().file_name().into_string().unwrap();
                let stem = name.split('.').next().unwrap();
                assert!(told.contains(&stem), "nobody tells {name}");
            }
        }
    };
}

stories! {
    evt_10_scripts_run_in_order_and_the_first_that_fails_ends_the_event: "order",
    evt_08_a_monitor_event_gives_way_and_all_others_wait: "monitor",
    evt_09_the_time_of_an_event_is_counted_from_the_request: "limit",
    evt_12_a_script_that_hangs_is_shown_to_the_hook_and_ended: "hung",
    evt_11_scripts_that_cannot_run: "cannot-run",
    status_and_history_tell_what_was_run_and_errors_are_those_of_c: "status",
    what_there_is_to_be_run_and_what_each_component_does: "inventory",
    who_leaves_takes_along_what_has_not_begun: "leaves",
}
