//! The options of the old tool, understood as libpopt understands them.
//!
//! Options and words may come in any order; short ones may stand together (`-vX`), an argument may follow at once, behind
//! `=`, or as the next word; `--` ends the options, and with POSIXLY_CORRECT there are none. The first mistake ends
//! everything, and `--help` does so as well where it stands. Source: `poptGetNextOpt` of popt 1.19. `-j` and `--json` are
//! those of Samba's master.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStrExt;

use crate::numbers::signed_alone;

/// What the options say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    /// `-d`, as it was written.
    pub(crate) debug: Option<OsString>,
    /// `-t`: seconds for each question.
    pub(crate) time_limit: i32,
    /// `-n`: -1 when it was not given.
    pub(crate) node: i32,
    /// `-Y` or `-X`.
    pub(crate) machine: bool,
    /// `-j`.
    pub(crate) json: bool,
    /// `-x`.
    pub(crate) separator: OsString,
    /// `-v`.
    pub(crate) verbose: bool,
    /// `-T`: seconds for everything; 0 when it was not given.
    pub(crate) max_runtime: i32,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            debug: None,
            time_limit: 10,
            node: -1,
            machine: false,
            json: false,
            separator: "|".into(),
            verbose: false,
            max_runtime: 0,
        }
    }
}

/// What the words of the command line come to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Parsed {
    /// Options, and the words that are none.
    Words(Options, Vec<OsString>),
    /// `--help`.
    Help,
    /// `--usage`.
    Usage,
    /// A mistake: the word it is in, and what is wrong.
    Bad(OsString, &'static str),
}

#[derive(Clone, Copy)]
enum Kind {
    Flag(fn(&mut Options)),
    Text(fn(&mut Options, OsString)),
    Number(fn(&mut Options, i32)),
    Help,
    Usage,
}

struct Row {
    long: &'static str,
    short: u8,
    kind: Kind,
}

const ROWS: &[Row] = &[
    Row { long: "help", short: b'?', kind: Kind::Help },
    Row { long: "usage", short: 0, kind: Kind::Usage },
    Row { long: "debug", short: b'd', kind: Kind::Text(|o, text| o.debug = Some(text)) },
    Row { long: "timelimit", short: b't', kind: Kind::Number(|o, n| o.time_limit = n) },
    Row { long: "node", short: b'n', kind: Kind::Number(|o, n| o.node = n) },
    Row { long: "", short: b'Y', kind: Kind::Flag(|o| o.machine = true) },
    Row { long: "separator", short: b'x', kind: Kind::Text(|o, text| o.separator = text) },
    Row { long: "", short: b'X', kind: Kind::Flag(|o| o.machine = true) },
    Row { long: "verbose", short: b'v', kind: Kind::Flag(|o| o.verbose = true) },
    Row { long: "maxruntime", short: b'T', kind: Kind::Number(|o, n| o.max_runtime = n) },
    Row { long: "json", short: b'j', kind: Kind::Flag(|o| o.json = true) },
];

const UNKNOWN: &str = "unknown option";
const MISSING: &str = "missing argument";
const UNWANTED: &str = "option does not take an argument";
const NOT_A_NUMBER: &str = "invalid numeric value";
const OUT_OF_RANGE: &str = "number too large or too small";

/// Why the options end here.
enum End {
    Bad(&'static str),
    Help,
    Usage,
}

struct Parser<'a> {
    words: &'a [OsString],
    /// The word after the one that is being looked at.
    next: usize,
    options: Options,
}

impl<'a> Parser<'a> {
    fn next_word(&mut self) -> Option<&'a OsStr> {
        let word = self.words.get(self.next)?;
        self.next += 1;
        Some(word)
    }

    /// Carries out one option. `joined` is what stands behind it in its own word: an argument if it needs one.
    fn apply(&mut self, row: &Row, joined: Option<&OsStr>) -> Result<(), End> {
        match row.kind {
            Kind::Help => Err(End::Help),
            Kind::Usage => Err(End::Usage),
            Kind::Flag(set) => {
                set(&mut self.options);
                Ok(())
            }
            Kind::Text(set) => {
                let text = joined.or_else(|| self.next_word()).ok_or(End::Bad(MISSING))?;
                set(&mut self.options, text.to_owned());
                Ok(())
            }
            Kind::Number(set) => {
                let text = joined.or_else(|| self.next_word()).ok_or(End::Bad(MISSING))?;
                let number = signed_alone(text.as_bytes()).ok_or(End::Bad(NOT_A_NUMBER))?;
                set(&mut self.options, i32::try_from(number).map_err(|_| End::Bad(OUT_OF_RANGE))?);
                Ok(())
            }
        }
    }

    fn takes_argument(row: &Row) -> bool {
        matches!(row.kind, Kind::Text(_) | Kind::Number(_))
    }

    fn long(&mut self, body: &'a [u8]) -> Result<(), End> {
        let (name, argument) = match body.iter().position(|byte| *byte == b'=') {
            Some(at) => (&body[..at], body.get(at + 1..).map(OsStr::from_bytes)),
            None => (body, None),
        };
        let row = ROWS.iter().find(|row| !row.long.is_empty() && row.long.as_bytes() == name);
        let row = row.ok_or(End::Bad(UNKNOWN))?;
        if argument.is_some() && !Self::takes_argument(row) {
            return Err(End::Bad(UNWANTED));
        }
        self.apply(row, argument)
    }

    /// Short options that stand together.
    fn short(&mut self, mut body: &'a [u8]) -> Result<(), End> {
        while let Some((short, rest)) = body.split_first() {
            let row = ROWS.iter().find(|row| row.short == *short).ok_or(End::Bad(UNKNOWN))?;
            if Self::takes_argument(row) {
                let joined = rest.strip_prefix(b"=").unwrap_or(rest);
                return self.apply(row, (!rest.is_empty()).then_some(OsStr::from_bytes(joined)));
            }
            if rest.first() == Some(&b'=') {
                return Err(End::Bad(UNWANTED));
            }
            self.apply(row, None)?;
            body = rest;
        }
        Ok(())
    }
}

/// Understands the words behind the program's name.
pub(crate) fn parse(words: &[OsString], posix: bool) -> Parsed {
    let mut parser = Parser { words, next: 0, options: Options::default() };
    let mut plain = Vec::new();
    // C quirk: the first word that is no option ends the options, and that is the program's name.
    let mut only_words = posix;
    while let Some(word) = parser.next_word() {
        let bytes = word.as_bytes();
        if only_words || bytes.first() != Some(&b'-') || bytes == b"-" {
            plain.push(word.to_owned());
            continue;
        }
        if bytes == b"--" {
            only_words = true;
            continue;
        }
        let done = match bytes.strip_prefix(b"--") {
            Some(body) => parser.long(body),
            None => parser.short(&bytes[1..]),
        };
        match done {
            Ok(()) => {}
            Err(End::Help) => return Parsed::Help,
            Err(End::Usage) => return Parsed::Usage,
            // The word that was taken last, which may be the argument.
            Err(End::Bad(why)) => {
                let word = parser.words.get(parser.next.saturating_sub(1)).cloned().unwrap_or_default();
                return Parsed::Bad(word, why);
            }
        }
    }
    Parsed::Words(parser.options, plain)
}

/// The words that are no options and no arguments of options, as far as that can be told: what is unknown here counts as
/// an option without an argument. For finding out which grammar is meant.
pub(crate) fn plain_words(words: &[OsString]) -> Vec<&OsStr> {
    let mut plain = Vec::new();
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let bytes = word.as_bytes();
        if bytes.first() != Some(&b'-') || bytes.len() == 1 {
            plain.push(word.as_os_str());
        } else if wants_next_word(bytes) {
            words.next();
        }
    }
    plain
}

/// Whether the argument of this option is the next word.
fn wants_next_word(word: &[u8]) -> bool {
    let takes = |row: &Row| Parser::takes_argument(row);
    match word.strip_prefix(b"--") {
        Some(name) => ROWS.iter().any(|row| row.long.as_bytes() == name && takes(row)),
        None => word.last().is_some_and(|short| {
            let before = &word[1..word.len() - 1];
            let flag = |byte: &u8| ROWS.iter().any(|row| row.short == *byte && !takes(row));
            before.iter().all(flag) && ROWS.iter().any(|row| row.short == *short && takes(row))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(words: &str) -> Parsed {
        parse(&words.split(' ').map(OsString::from).collect::<Vec<_>>(), false)
    }

    fn bad(words: &str) -> (String, &'static str) {
        match outcome(words) {
            Parsed::Bad(word, why) => (word.into_string().unwrap(), why),
            other => panic!("{words}: {other:?}"),
        }
    }

    fn good(words: &str) -> (Options, Vec<OsString>) {
        match outcome(words) {
            Parsed::Words(options, words) => (options, words),
            other => panic!("{words}: {other:?}"),
        }
    }

    #[test]
    fn mistakes_name_the_word_that_popt_names() {
        for (words, word, why) in [
            ("-Q status", "-Q", UNKNOWN),
            ("-Yq status", "-Yq", UNKNOWN),
            ("-help", "-help", UNKNOWN),
            ("--timelim=5 x", "--timelim=5", UNKNOWN),
            ("--=3", "--=3", UNKNOWN),
            ("-n x status", "x", NOT_A_NUMBER),
            ("-nx status", "-nx", NOT_A_NUMBER),
            ("--node=x status", "--node=x", NOT_A_NUMBER),
            ("-t 99999999999 x", "99999999999", OUT_OF_RANGE),
            ("status -t", "-t", MISSING),
            ("--node", "--node", MISSING),
            ("--verbose=3 x", "--verbose=3", UNWANTED),
            ("-Yv=3 x", "-Yv=3", UNWANTED),
        ] {
            assert_eq!(bad(words), (word.to_owned(), why), "{words}");
        }
    }

    #[test]
    fn options_stand_where_they_like() {
        let (options, words) = good("status -vX -n=1 --timelimit=0x10 -x, -T 3 -d= extra");
        assert_eq!(words, ["status", "extra"]);
        assert_eq!((options.verbose, options.machine, options.node), (true, true, 1));
        assert_eq!((options.time_limit, options.max_runtime), (16, 3));
        assert_eq!((options.separator, options.debug), (",".into(), Some("".into())));
        let (options, words) = good("-n -1 - -- -v --help");
        assert_eq!((options.node, options.verbose), (-1, false));
        assert_eq!(words, ["-", "-v", "--help"]);
    }

    #[test]
    fn help_ends_the_options_where_it_stands() {
        assert_eq!(outcome("status --help -Q"), Parsed::Help);
        assert_eq!(outcome("-v? x"), Parsed::Help);
        assert_eq!(outcome("--usage"), Parsed::Usage);
        assert_eq!(bad("-Q --help").1, UNKNOWN);
    }

    #[test]
    fn plain_words_are_found_among_options_of_either_grammar() {
        for (words, plain) in [
            ("-n 1 ip connection --yes", "ip connection"),
            ("-vn 1 ip -x, list", "ip list"),
            ("--node 3 --json tunnel -o=json peers", "tunnel peers"),
            ("-n1 -t5 - status", "- status"),
        ] {
            let words: Vec<OsString> = words.split(' ').map(OsString::from).collect();
            let found: Vec<_> = plain_words(&words).iter().map(|w| w.to_str().unwrap()).collect();
            assert_eq!(found.join(" "), plain);
        }
    }

    #[test]
    fn posix_leaves_no_options() {
        let words: Vec<_> = ["-v", "--", "status"].map(OsString::from).into();
        assert_eq!(parse(&words, true), Parsed::Words(Options::default(), words));
    }
}
