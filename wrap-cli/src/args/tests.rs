//! What words are understood as, and what is said about those that are not.

use std::time::Duration;

use super::{Global, Output, Parser, Request, Settings, command, wants_json};
use crate::commands::{Effect, NOUNS, commands};
use crate::error::Error;

fn parse_words(words: &str) -> Result<Request, Error> {
    Parser::default().parse(&words.split_whitespace().map(Into::into).collect::<Vec<_>>(), &Global::default())
}

fn settings(words: &str) -> Settings {
    match parse_words(words) {
        Ok(Request::Run(_, settings, _)) => *settings,
        Ok(Request::Text(text)) => panic!("{text}"),
        Ok(Request::Read(path, _)) => panic!("'{words}' asks for lines behind {path:?}"),
        Err(e) => panic!("{e}"),
    }
}

fn refusal(words: &str) -> String {
    match parse_words(words) {
        Err(e) => e.to_string(),
        Ok(_) => panic!("'{words}' was accepted"),
    }
}

#[test]
fn the_parser_is_sound() {
    command().debug_assert();
}

/// Commands that need arguments.
const EXAMPLES: &[&str] = &[
    "capture check a",
    "capture diff a b",
    "capture record --listen a --out b",
    "capture replay a",
    "capture show a",
    "capture stats a",
    "completion bash",
    "config import /etc/default/ctdb",
    "event run monitor",
    "event script disable 50.samba",
    "event script enable 50.samba",
    "ip add 10.0.2.132/24 eth0",
    "ip announce 10.0.2.132 eth0",
    "ip connection add 10.0.2.132:2049 10.0.1.33:987",
    "ip connection del 10.0.2.132:2049 10.0.1.33:987",
    "ip connection tickle [::1]:445 [::1]:40001",
    "ip del 10.0.2.132",
    "ip iface set eth0 up",
    "ip info 10.0.2.132",
    "ip move 10.0.2.132 1",
    "db attach x.tdb",
    "db backup x.tdb file",
    "db cat x.tdb",
    "db detach x.tdb",
    "db dump-backup file",
    "db flag get x.tdb",
    "db flag set x.tdb readonly",
    "db info x.tdb",
    "db key batch x.tdb file",
    "db key delete x.tdb key",
    "db key get x.tdb key",
    "db key push x.tdb key data",
    "db key set x.tdb key data",
    "db restore file",
    "db seqnum x.tdb",
    "db statistics x.tdb",
    "db tdb cat x.tdb",
    "db tdb get file key",
    "db tdb set file key data",
    "db wipe x.tdb",
    "node ban 60",
    "node capability set leader off",
    "node log set notice",
    "node process check 1",
    "service addresses --none",
    "service check-port 445",
    "service disable web",
    "service enable web",
    "service report web healthy",
    "service restart web",
    "tunable get RecoverTimeout",
    "tunable set RecoverTimeout 30",
    "tunnel ping 1",
];

#[test]
fn every_row_is_reached_by_its_words_and_has_a_noun_with_a_text() {
    for wanted in commands() {
        let words = wanted.words();
        let example = EXAMPLES.iter().find(|example| example.starts_with(&format!("{words} ")));
        let arguments = example.map_or("", |example| &example[words.len() + 1..]);
        let words = format!("{} {arguments}", wanted.words());
        let Ok(Request::Run(found, settings, _)) = parse_words(&words) else {
            panic!("'{words}' is not understood");
        };
        assert_eq!((found.words(), settings.command), (wanted.words(), wanted.words()));
        let known = NOUNS.iter().any(|noun| noun.path == wanted.noun());
        assert!(wanted.noun().is_empty() || known, "{words}");
    }
    for noun in NOUNS {
        assert!(commands().any(|row| row.noun().starts_with(noun.path)), "{:?} has no verb", noun.path);
    }
}

#[test]
fn options_may_stand_anywhere() {
    for words in
        ["-n 0-1 -t 0.5 -o json node ping", "node -n 0-1 ping -t 0.5 -o json", "node ping -n0-1 -t.5 -ojson"]
    {
        let settings = settings(words);
        assert_eq!(settings.nodes, Some("0-1".parse().unwrap()), "{words}");
        assert_eq!(
            (settings.timeout, settings.output),
            (Duration::from_millis(500), Output::Json),
            "{words}"
        );
    }
}

#[test]
fn the_bus_is_beside_the_socket_of_ctdbd_unless_it_is_named() {
    let at = |words| {
        let settings = settings(words);
        (settings.socket.display().to_string(), settings.run_dir.display().to_string())
    };
    assert_eq!(at("status --socket /a/s"), ("/a/s".into(), "/a/bus".into()));
    assert_eq!(at("--socket /a/s status --run-dir /b"), ("/a/s".into(), "/b".into()));
}

#[test]
fn words_that_make_no_sense_are_one_line_with_a_hint() {
    for (words, line) in [
        (
            "statsu",
            "unrecognized subcommand 'statsu'; tip: a similar subcommand exists: 'status'; see --help",
        ),
        ("-o json listnodes", "'listnodes' is called 'cluster list' here; see --help"),
        (
            "status --nodes 1",
            "unexpected argument '--nodes' found; tip: a similar argument exists: '--node'; see --help",
        ),
        (
            "status -t 0",
            "invalid value '0' for '--timeout <SEC>': write seconds above 0 and up to 86400, such as 10 or 0.5; see --help",
        ),
        (
            "status -n x",
            "invalid value 'x' for '--node <LIST>': 'x' is no node; write numbers, ranges (0-3), addresses, comma lists, or all; see --help",
        ),
        ("tunable set x", "the following required arguments were not provided: <VALUE>; see --help"),
        (
            "tunnel ping 1 -n 1",
            "'tunnel ping' does not take -n: it is about this node, or the whole cluster; leave it out",
        ),
        ("node disable 1", "unexpected argument '1'; nodes are named with -n, such as -n 1; see --help"),
        (
            "node unban 0-2,4",
            "unexpected argument '0-2,4'; nodes are named with -n, such as -n 0-2,4; see --help",
        ),
        ("node disable --watch=1", "'node disable' changes something; --watch is for commands that only ask"),
        ("node show", "unrecognized subcommand 'show'; see --help"),
        ("node disabl", "unrecognized subcommand 'disabl'; see --help"),
        (
            "node enabl",
            "unrecognized subcommand 'enabl'; tip: a similar subcommand exists: 'enable'; see --help",
        ),
        (
            "node ban",
            "'node ban' needs more words; see --help, or say --batch to have them read from standard input",
        ),
        ("status -q -v", "the argument '--quiet' cannot be used with '--verbose'; see --help"),
    ] {
        assert_eq!(refusal(words), line, "{words}");
    }
}

#[test]
fn a_name_of_a_database_with_a_slash_is_refused_wherever_one_is_written() {
    let examples = EXAMPLES.iter().chain(&["db restore file x.tdb"]).filter(|words| words.contains(" x.tdb"));
    let mut refused = 0;
    for words in examples {
        for bad in ["../x.tdb", "/x.tdb", "x.tdb/"] {
            let line = refusal(&words.replacen("x.tdb", bad, 1));
            assert!(line.contains("without '/'"), "{words}: {line}");
        }
        refused += 1;
    }
    let databases = |words: &str| words.starts_with("db ") && !words.contains(" file");
    let expected = EXAMPLES.iter().filter(|words| databases(words)).count();
    assert!(refused > expected, "{refused} of {expected}");
}

#[test]
fn only_questions_are_asked_again_and_again_and_nothing_that_disturbs_is_suggested() {
    let disturbing: Vec<_> =
        commands().filter(|row| row.effect == Effect::Disturbs).map(crate::commands::Row::words).collect();
    for words in ["node ban", "node disable", "node pause", "node shutdown", "cluster recover", "db wipe"] {
        assert!(disturbing.iter().any(|known| known == words), "{words}");
    }
    for row in commands() {
        let words = row.words();
        let example = EXAMPLES.iter().find(|example| example.starts_with(&format!("{words} ")));
        let watched = parse_words(&format!("{} --watch", example.copied().unwrap_or(&words)));
        assert_eq!(watched.is_ok(), row.effect == Effect::Asks, "{words}");
        // A letter that is missing, as a person types it.
        let (Some(noun), verb) = (row.noun().first(), row.verb()) else { continue };
        if row.effect == Effect::Disturbs && verb.len() > 3 {
            let line = refusal(&format!("{noun} {}", &verb[..verb.len() - 1]));
            assert!(!line.contains(&format!("'{verb}'")), "{line}");
        }
    }
}

#[test]
fn json_is_noticed_in_words_that_make_no_sense() {
    let asks = |words: &str| wants_json(&words.split(' ').map(Into::into).collect::<Vec<_>>());
    for words in ["statsu -o json", "statsu -ojson", "--output=json", "--output json x", "-o=json"] {
        assert_eq!(asks(words), Some(Output::Json), "{words}");
    }
    assert_eq!((asks("x -o jsonl"), asks("-ojsonl")), (Some(Output::Jsonl), Some(Output::Jsonl)));
    assert_eq!((asks("-o table"), asks("json"), asks("-o")), (None, None, None));
}

#[test]
fn a_noun_alone_asks_for_lines_and_a_verb_when_that_is_said() {
    for (words, path) in [
        ("", &[][..]),
        ("-o jsonl", &[]),
        ("node", &["node"]),
        ("node log -n 1", &["node", "log"]),
        ("tunable set -t 3 --batch", &["tunable", "set"]),
        ("node ban --batch", &["node", "ban"]),
        ("node ping --batch", &["node", "ping"]),
    ] {
        let Ok(Request::Read(found, _)) = parse_words(words) else { panic!("'{words}' asks for no lines") };
        assert_eq!(found, path, "{words}");
    }
}

#[test]
fn a_line_takes_over_the_options_of_its_batch_and_may_set_its_own() {
    let mut parser = Parser::default();
    let words = |text: &str| text.split_whitespace().map(Into::into).collect::<Vec<_>>();
    let Ok(Request::Read(_, outer)) = parser.parse(&words("-n 1 -t 3 -o jsonl -q --yes"), &Global::default())
    else {
        panic!("no batch")
    };
    let Ok(Request::Run(_, taken, _)) = parser.parse(&words("node ping"), &outer) else {
        panic!("no command")
    };
    assert_eq!((taken.timeout, taken.output), (Duration::from_secs(3), Output::Jsonl));
    assert!(taken.quiet && taken.yes && taken.nodes == Some("1".parse().unwrap()));
    let Ok(Request::Run(_, own, _)) = parser.parse(&words("node ping -n 2 -v -t 5"), &outer) else {
        panic!("no command")
    };
    assert_eq!((own.timeout, own.nodes.clone()), (Duration::from_secs(5), Some("2".parse().unwrap())));
    assert!(own.verbose && !own.quiet);
}
