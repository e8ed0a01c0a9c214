//! The same questions to C's event daemon and to ours, with the same scripts: the same answers, to the byte where no time of
//! day is in them. What differs on purpose is a row with both answers.

use compat_tests::eventd::{EventDaemon, EventSite, Kind, run_request, script_request, status_request};
use legacy_codec::event::{Answer, Command, Request, ScriptResult};

use super::words;

/// What the scripts do for which event.
const FIRST: &str = "case $1 in\n\
    args) for word; do echo \"<$word>\"; done; exit 0 ;;\n\
    fail) echo one; echo two >&2; exit 3 ;;\n\
    quiet) exit 1 ;;\n\
    status) echo \"status $2\"; exit $2 ;;\n\
    signal) kill -s \"$2\" $$ ;;\n\
    slow) echo started; sleep 60 ;;\n\
    still) sleep 60 ;;\n\
    loud) printf 'no newline' ;;\n\
    lines) printf 'a\\n\\n\\nb\\n' ;;\n\
    name) echo \"${0##*/}\"; pwd; cat ;;\nesac";

fn site() -> EventSite {
    let site = EventSite::new().unwrap();
    site.script("10.first", FIRST).unwrap();
    site.script("20.second", "echo second; [ \"$1\" != late ] || exit 9").unwrap();
    site.write("events/legacy/30.third.script", "#!/bin/sh\nexit 1\n").unwrap();
    site.write("events/legacy/README", "not a script\n").unwrap();
    site.write("events/legacy/40.editor.script~", "#!/bin/sh\nexit 1\n").unwrap();
    site.script("50.last", "[ \"$1\" != late ] || exit 8").unwrap();
    for (dir, script) in [("interpreter", "#!/no/such/thing\n"), ("format", "neither this nor that\n")] {
        std::fs::create_dir(site.base().join("events").join(dir)).unwrap();
        let path = format!("events/{dir}/10.x.script");
        site.write(&path, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(site.base().join(path), mode).unwrap();
    }
    std::fs::create_dir(site.base().join("events/empty")).unwrap();
    site.write("events/file", "").unwrap();
    std::os::unix::fs::symlink("10.first.script", site.base().join("events/empty/README")).unwrap();
    site
}

/// A script's row without what no two runs have in common.
fn masked(run: &ScriptResult, base: &str) -> String {
    assert!(run.begin <= run.end, "{run:?}");
    let output = run.output.0.to_string().replace(base, "BASE");
    let null = if run.output.0.is_null() { "nothing" } else { "something" };
    format!("{} {} {null} {output:?}", run.name.0, run.result)
}

fn answer(daemon: &EventDaemon, site: &EventSite, request: Request) -> String {
    match daemon.client().unwrap().ask(request).unwrap() {
        None => "closed".to_owned(),
        Some(reply) => {
            let (base, mut told) =
                (site.base().display().to_string(), format!("{:?} {}", reply.command, reply.result));
            match reply.answer {
                Answer::None => {}
                Answer::Status(status) => {
                    let scripts: Vec<String> = status.scripts.iter().map(|run| masked(run, &base)).collect();
                    told += &format!(" summary {} {scripts:#?}", status.summary);
                }
                other => told += &format!(" {other:?}"),
            }
            told
        }
    }
}

/// An event, and then how it went.
fn run(event: &'static str, args: &'static str, seconds: u32, flags: u32) -> Vec<Request> {
    let args = Some(args).filter(|args| !args.is_empty());
    vec![
        run_request(Some("legacy"), Some(event), args, seconds, flags),
        status_request(Some("legacy"), Some(event)),
    ]
}

fn questions() -> Vec<Request> {
    let (legacy, all) = (Some("legacy"), 1);
    let mut list = vec![status_request(legacy, Some("never")), status_request(Some("empty"), Some("never"))];
    for (event, args, seconds, flags) in [
        ("monitor", "", 30, 0),
        ("args", "a b  c ", 30, 0),
        ("args", " ", 30, 0),
        ("fail", "", 30, 0),
        ("fail", "", 30, all),
        ("quiet", "", 30, 0),
        ("late", "", 30, 0),
        ("late", "", 30, all),
        ("signal", "KILL", 30, 0),
        ("signal", "SEGV", 30, 0),
        ("slow", "", 1, 0),
        ("still", "", 0, 0),
        ("loud", "", 30, 0),
        ("lines", "", 30, 0),
        ("name", "", 30, 0),
        ("monitor", "", 30, 2),
    ] {
        list.extend(run(event, args, seconds, flags));
    }
    for status in ["1", "2", "63", "64", "65", "72", "77", "100", "174", "190", "254", "255", "256"] {
        list.extend(run("status", status, 30, 0));
    }
    for component in ["interpreter", "format", "empty", "file", "nobody"] {
        list.push(run_request(Some(component), Some("x"), None, 30, 0));
        list.push(status_request(Some(component), Some("x")));
    }
    for action in [0, 1, 1, 0, 2, u32::MAX] {
        list.push(script_request(legacy, Some("20.second"), action));
        list.extend(run("monitor", "", 30, 0));
    }
    for script in ["30.third.script", "README", "README.script", "99.none", "40.editor.script~"] {
        list.push(script_request(legacy, Some(script), 1));
    }
    for component in ["nobody", "file", "empty"] {
        list.push(script_request(Some(component), Some("10.first"), 1));
    }
    list.extend([
        run_request(None, Some("x"), None, 30, 0),
        status_request(None, Some("x")),
        status_request(legacy, None),
        script_request(None, Some("10.first"), 1),
    ]);
    for number in [0, 4, 99, u32::MAX] {
        list.push(Request::Unknown { command: Command(number), data: bytes::Bytes::new() });
        list.push(Request::Unknown {
            command: Command(number),
            data: bytes::Bytes::from_static(b"something"),
        });
    }
    list.extend(run("monitor", "", 30, 0));
    list
}

#[test]
fn every_question_has_the_answer_of_c() {
    let (site_c, site_r) = (site(), site());
    let (theirs, ours) = (site_c.start(Kind::Theirs).unwrap(), site_r.start(Kind::Ours).unwrap());
    let mut compared = 0;
    for question in questions() {
        let told = answer(&theirs, &site_c, question.clone());
        assert_eq!(answer(&ours, &site_r, question.clone()), told, "to {question:?}");
        compared += 1;
    }
    println!("{compared} answers are the same");
    assert!(compared > 90);
}

#[test]
fn evt_14_the_c_tools_print_the_same() {
    let (site_c, site_r) = (site(), site());
    let (theirs, ours) = (site_c.start(Kind::Theirs).unwrap(), site_r.start(Kind::Ours).unwrap());
    // The line of a script ends with seconds and a date; its name and what became of it stay.
    let hide = |text: String, base: &str| -> String {
        let lines = text.replace(base, "BASE");
        let masked = lines.lines().map(|line| match line.rfind(" 20") {
            Some(at) if line[at + 1..].len() == 4 && line.contains(':') => {
                let words: Vec<&str> = line.split_whitespace().collect();
                format!("{} {} TIME", words[0], words[1])
            }
            _ => line.to_owned(),
        });
        masked.collect::<Vec<_>>().join("\n")
    };
    let lines = [
        "event run 30 legacy monitor",
        "scriptstatus",
        "event status legacy monitor",
        "event run 30 legacy fail",
        "event status legacy fail",
        "scriptstatus fail",
        "event run 1 legacy slow",
        "event status legacy slow",
        "event run 30 legacy status 100",
        "event status legacy status",
        "event run 30 legacy signal KILL",
        "event status legacy signal",
        "event status legacy never",
        "event status nobody monitor",
        "event run 30 nobody monitor",
        "event script disable legacy 10.first",
        "event run 30 legacy monitor",
        "event status legacy monitor",
        "event script enable legacy 10.first",
        "event run 30 legacy args a b c",
        "event status legacy args",
    ];
    for line in lines {
        let args: Vec<&str> = line.split(' ').collect();
        let told = hide(words(theirs.ctdb(&args)), &site_c.base().display().to_string());
        assert_eq!(hide(words(ours.ctdb(&args)), &site_r.base().display().to_string()), told, "{line}");
    }
}

#[test]
fn the_log_says_what_c_says() {
    let (site_c, site_r) = (site(), site());
    let log = |site: &EventSite, kind: Kind| -> Vec<String> {
        let mut daemon = site.start(kind).unwrap();
        for (event, seconds) in [("fail", 30), ("slow", 1), ("lines", 30), ("monitor", 30)] {
            daemon.client().unwrap().run(event, "", seconds).unwrap();
        }
        let pid = daemon.pid().to_string();
        assert_eq!(daemon.stop().unwrap().code(), Some(0));
        let base = site.base().display().to_string();
        // A time with its zone, the node's name, the program and its number.
        let line = |line: &str| {
            let (time, rest) = line.split_once(' ').unwrap_or_default();
            assert!(time.len() == 32 && time.as_bytes()[10] == b'T' && time.as_bytes()[19] == b'.', "{line}");
            rest.replace(&base, "BASE").replace(&pid, "PID")
        };
        // C has no bus.
        site.log()
            .lines()
            .map(line)
            .filter(|line| !line.contains(": on the bus in BASE/run/bus as "))
            .collect()
    };
    assert_eq!(log(&site_r, Kind::Ours), log(&site_c, Kind::Theirs));
}

#[test]
fn evt_11_what_differs_from_c_on_purpose() {
    for (kind, removed, dangling, gone) in [
        // C of this age fails an event for a script that went away; later ones do as we do.
        (Kind::Theirs, "10.first 0, 20.second -2", "15.link -2", false),
        (Kind::Ours, "10.first 0, 20.second -8, 30.third -8, 50.last 0", "15.link -8", true),
    ] {
        let site = site();
        let daemon = site.start(kind).unwrap();
        let told = |event: &str| -> String {
            let runs = super::status(&daemon, event).into_iter();
            runs.map(|(name, result, _)| format!("{name} {result}")).collect::<Vec<_>>().join(", ")
        };
        // It takes the second one away before it is its turn.
        let second = site.base().join("events/legacy/20.second.script");
        site.script("10.first", "[ \"$1\" != removing ] || rm \"$CTDB_BASE/events/legacy/20.second.script\"")
            .unwrap();
        daemon.client().unwrap().run("removing", "", 30).unwrap();
        assert!(!second.exists());
        assert_eq!(told("removing"), removed, "{kind:?}");
        std::os::unix::fs::symlink("nowhere", site.base().join("events/legacy/15.link.script")).unwrap();
        daemon.client().unwrap().run("linked", "", 30).unwrap();
        assert!(told("linked").contains(dangling), "{kind:?} {}", told("linked"));
        std::fs::remove_file(site.base().join("events/legacy/15.link.script")).unwrap();
        // C without a hook leaves a hung script alone for ever.
        let hung = site.script("10.first", "echo $$ >\"$CTDB_BASE/pid\"; exec sleep 600").unwrap();
        daemon.client().unwrap().run("hanging", "", 1).unwrap();
        let pid = super::number(&site, "pid");
        if gone {
            super::wait_gone(pid);
        } else {
            assert!(super::lives(pid));
            nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL)
                .unwrap();
        }
        std::fs::remove_file(hung).unwrap();
    }
}

/// C's daemon has been seen to begin what waits as well, and to keep no result of either: it is no measure here.
#[test]
fn what_a_client_that_left_has_asked_for_runs_on_and_what_waited_is_not_begun() {
    let site = EventSite::new().unwrap();
    let script = "[ \"$1\" = long ] || exit 0\necho 1 >\"$CTDB_BASE/pid\"\n\
        until [ -e \"$CTDB_BASE/go\" ]; do sleep 0.05; done";
    site.script("10.long", script).unwrap();
    let daemon = site.start(Kind::Ours).unwrap();
    let mut tool = daemon.client().unwrap();
    for event in ["long", "behind"] {
        tool.send(run_request(Some("legacy"), Some(event), None, 60, 0)).unwrap();
    }
    super::number(&site, "pid");
    drop(tool);
    // A daemon that has answered a later client has seen the other one leave.
    let result = |event| {
        let question = status_request(Some("legacy"), Some(event));
        daemon.client().unwrap().ask(question).unwrap().unwrap().result
    };
    assert_eq!(result("long"), nix::libc::EINVAL, "it runs");
    site.write("go", "").unwrap();
    assert_eq!(daemon.client().unwrap().run("last", "", 60).unwrap(), 0);
    assert_eq!([result("long"), result("behind")], [0, nix::libc::EINVAL]);
}
