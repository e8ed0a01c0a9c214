//! What a file of shell variables says, without running it: which variables it sets in any case, and what it may do besides.
//!
//! The grammar is that of POSIX (Shell Command Language) as far as such files need it. What stands under a condition, in a
//! function or in a text for another program is told apart from what holds for certain. Nothing is run, nothing is put in.

/// Something that the file does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    /// Number of the line, from 1.
    pub(crate) line: usize,
    /// In what it stands; none when it is done in any case.
    pub(crate) within: Option<Within>,
    pub(crate) what: What,
}

/// What holds something that is not done in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Within {
    /// How it begins: `if`, `case`, `for`, `a function`.
    pub(crate) word: &'static str,
    /// Where it begins.
    pub(crate) line: usize,
}

/// What is done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum What {
    /// A variable is set; without a value when that is put together or made by a program.
    Set(String, Option<String>),
    /// A variable is not set any more.
    Unset(String),
    /// Nothing behind it is read.
    End,
    /// Something else, which begins with this word.
    Run(String),
}

/// All that a file does; and the line of what is never closed, or closed without having been opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) broken: Option<(usize, String)>,
}

/// Whether a text is such a file of CTDB's: it sets variables of CTDB, and none of its lines begins a section.
#[must_use]
pub(crate) fn is_shell(text: &str) -> bool {
    let mut lines = text.lines().map(|line| line.trim_start().trim_start_matches("export "));
    let sets = |line: &str| {
        let name = line.split_once('=').map(|(name, _)| name).unwrap_or_default();
        name.starts_with("CTDB_") && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
    };
    lines.clone().any(sets) && !lines.any(|line| line.starts_with('['))
}

/// A word of a command.
#[derive(Clone, Debug)]
struct Word {
    line: usize,
    /// As it stands there.
    raw: String,
    /// What it is; none when something is to be put in or run.
    value: Option<String>,
}

/// Reads a file.
pub(crate) fn read(text: &str) -> Script {
    let mut reader = Reader { rest: text.chars().collect(), at: 0, line: 1, texts: Vec::new() };
    let mut walk = Walk::default();
    match reader.all(&mut walk) {
        Ok(()) => walk.end(),
        Err((line, why)) => walk.broken(line, why),
    }
    walk.script
}

type Broken = (usize, String);

struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
    /// Texts for programs that begin in the next line: the words that end them, and whether tabs before these do not count.
    texts: Vec<(String, bool)>,
}

impl Reader {
    fn peek(&self) -> Option<char> {
        self.rest.get(self.at).copied()
    }

    fn take(&mut self) -> Option<char> {
        let c = self.peek()?;
        self.at += 1;
        if c == '\n' {
            self.line += 1;
        }
        Some(c)
    }

    fn takes(&mut self, c: char) -> bool {
        let there = self.peek() == Some(c);
        if there {
            self.take();
        }
        there
    }

    fn all(&mut self, walk: &mut Walk) -> Result<(), Broken> {
        while let Some(c) = self.peek() {
            let line = self.line;
            match c {
                '\n' => {
                    self.take();
                    walk.command(line, Ends::Plainly);
                    self.pass_texts(walk);
                }
                ' ' | '\t' | '\r' => drop(self.take()),
                '#' => {
                    while self.peek().is_some_and(|c| c != '\n') {
                        self.take();
                    }
                }
                ';' => {
                    self.take();
                    let twice = self.takes(';');
                    walk.command(line, Ends::Plainly);
                    walk.pattern = twice && walk.top() == Some("case");
                }
                '&' | '|' => {
                    self.take();
                    let twice = self.takes(c);
                    if walk.pattern {
                        walk.words.clear();
                        continue;
                    }
                    walk.command(line, if twice { Ends::Perhaps(c) } else { Ends::Apart(c) });
                }
                '(' => {
                    self.take();
                    walk.open(line);
                }
                ')' => {
                    self.take();
                    walk.close(line);
                }
                '<' | '>' => self.redirect(walk)?,
                '\\' if self.rest.get(self.at + 1) == Some(&'\n') => {
                    self.take();
                    self.take();
                }
                _ => walk.words.push(self.word()?),
            }
        }
        walk.command(self.line, Ends::Plainly);
        Ok(())
    }

    /// Where a command reads from and writes to is of no interest; but a text that stands in the file is no command.
    fn redirect(&mut self, walk: &mut Walk) -> Result<(), Broken> {
        let input = self.take() == Some('<');
        let text = input && self.takes('<') && self.peek() != Some('<');
        let tabs = text && self.takes('-');
        while self.peek().is_some_and(|c| matches!(c, '<' | '>' | '&' | '|' | ' ' | '\t')) {
            self.take();
        }
        if self.peek().is_some_and(|c| !matches!(c, '\n' | ';' | '(' | ')')) {
            let word = self.word()?;
            if text {
                let end = word.value.unwrap_or(word.raw);
                self.texts.push((end, tabs));
            }
        }
        walk.redirected = true;
        Ok(())
    }

    fn pass_texts(&mut self, walk: &mut Walk) {
        for (end, tabs) in std::mem::take(&mut self.texts) {
            let first = self.line;
            while self.at < self.rest.len() {
                let (number, mut line) = (self.line, String::new());
                while let Some(c) = self.take().filter(|c| *c != '\n') {
                    line.push(c);
                }
                let line = if tabs { line.trim_start_matches('\t') } else { &line };
                if line == end {
                    break;
                }
                if let Some((name, _)) = assigned(line.trim_start()) {
                    let within = Within { word: "a text for a program", line: first - 1 };
                    walk.step(number, Some(within), What::Set(name.to_owned(), None));
                }
            }
        }
    }

    fn word(&mut self) -> Result<Word, Broken> {
        let (line, begin) = (self.line, self.at);
        let (mut value, mut plain) = (String::new(), true);
        while let Some(c) = self.peek() {
            match c {
                ' ' | '\t' | '\r' | '\n' | ';' | '&' | '|' | '<' | '>' | '(' | ')' => break,
                '\'' => {
                    self.take();
                    self.until('\'', line, |c| value.push(c))?;
                }
                '"' => {
                    self.take();
                    loop {
                        match self.take() {
                            None => return Err((line, "a quotation mark is never closed".into())),
                            Some('"') => break,
                            Some('\\') => match self.take() {
                                Some('\n') => {}
                                Some(c @ ('$' | '`' | '"' | '\\')) => value.push(c),
                                Some(c) => value.extend(['\\', c]),
                                None => return Err((line, "a quotation mark is never closed".into())),
                            },
                            Some(c @ ('$' | '`')) => {
                                plain = false;
                                self.expansion(c, line)?;
                            }
                            Some(c) => value.push(c),
                        }
                    }
                }
                '\\' => {
                    self.take();
                    value.extend(self.take().filter(|c| *c != '\n'));
                }
                '$' | '`' => {
                    self.take();
                    plain = false;
                    self.expansion(c, line)?;
                }
                _ => value.extend(self.take()),
            }
        }
        let raw = self.rest[begin..self.at].iter().collect();
        Ok(Word { line, raw, value: plain.then_some(value) })
    }

    /// What a program prints, or what a variable holds; up to where it ends.
    fn expansion(&mut self, c: char, line: usize) -> Result<(), Broken> {
        match (c, self.peek()) {
            ('`', _) => self.until('`', line, |_| ()),
            (_, Some('{')) => self.until('}', line, |_| ()),
            (_, Some('(')) => {
                let mut open = 0_usize;
                while let Some(c) = self.take() {
                    match c {
                        '(' => open += 1,
                        ')' if open == 1 => return Ok(()),
                        ')' => open -= 1,
                        '\'' => self.until('\'', line, |_| ())?,
                        '\\' => drop(self.take()),
                        _ => {}
                    }
                }
                Err((line, "a '$(' is never closed".into()))
            }
            _ => Ok(()),
        }
    }

    fn until(&mut self, end: char, line: usize, mut each: impl FnMut(char)) -> Result<(), Broken> {
        while let Some(c) = self.take() {
            if c == end {
                return Ok(());
            }
            each(c);
        }
        let what = if end == '\'' { "a quotation mark".to_owned() } else { format!("a '{end}'") };
        Err((line, format!("{what} is never closed")))
    }
}

/// How a command ends, and what that says about it and the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Ends {
    Plainly,
    /// The next one is run if this one went well, or if not.
    Perhaps(char),
    /// This one is run in a shell of its own; with `|` the next one, too.
    Apart(char),
}

/// The way through the commands.
#[derive(Default)]
struct Walk {
    script: Script,
    /// Of the command that is being read.
    words: Vec<Word>,
    redirected: bool,
    /// What is open.
    open: Vec<Within>,
    /// The next `{` is the body of a function.
    function: bool,
    /// The next words are a pattern of a `case`.
    pattern: bool,
    /// Under what the next command stands because of the one before it.
    before: Option<&'static str>,
}

const OPENS: [(&str, &str); 7] = [
    ("if", "fi"),
    ("case", "esac"),
    ("for", "done"),
    ("while", "done"),
    ("until", "done"),
    ("select", "done"),
    ("{", "}"),
];

impl Walk {
    fn step(&mut self, line: usize, within: Option<Within>, what: What) {
        self.script.steps.push(Step { line, within, what });
    }

    fn broken(&mut self, line: usize, why: String) {
        self.script.broken.get_or_insert((line, why));
    }

    fn end(&mut self) {
        if let Some(open) = self.open.first().copied() {
            let end =
                OPENS.iter().find(|(word, _)| *word == open.word).map_or("what ends it", |(_, end)| end);
            self.broken(open.line, format!("'{}' without '{end}'", open.word));
        }
    }

    fn top(&self) -> Option<&'static str> {
        self.open.last().map(|open| open.word)
    }

    fn open(&mut self, line: usize) {
        match self.words.len() {
            // `name (` begins a function; in a `case` it stands before a pattern.
            1 => self.function = true,
            _ if self.top() == Some("case") && self.words.is_empty() => {}
            _ => {
                self.words.clear();
                self.open.push(Within { word: "(", line });
            }
        }
    }

    fn close(&mut self, line: usize) {
        if (self.function && self.words.len() == 1) || self.top() == Some("case") {
            self.words.clear();
            self.pattern = false;
            return;
        }
        // The first pattern may stand in the line of its `case`.
        self.command(line, Ends::Plainly);
        match self.top() {
            Some("case") => self.pattern = false,
            Some("(") => drop(self.open.pop()),
            _ => self.broken(line, "a ')' without '('".into()),
        }
    }

    /// A command is complete.
    fn command(&mut self, line: usize, ends: Ends) {
        let words = std::mem::take(&mut self.words);
        let redirected = std::mem::take(&mut self.redirected);
        if words.is_empty() && !redirected && ends == Ends::Plainly {
            // An empty line behind `&&` says nothing.
            return;
        }
        let mut rest = words.as_slice();
        while let Some((first, behind)) = rest.split_first() {
            match first.raw.as_str() {
                "then" | "do" | "else" | "elif" | "!" => rest = behind,
                "for" | "select" | "case" => {
                    let word =
                        OPENS.iter().find(|(word, _)| *word == first.raw).map_or("case", |(word, _)| word);
                    self.open.push(Within { word, line: first.line });
                    self.pattern = word == "case";
                    rest = &[];
                }
                "function" => {
                    self.function = true;
                    rest = behind.get(1..).unwrap_or_default();
                }
                word => match OPENS.iter().find(|(opens, ends)| [*opens, *ends].contains(&word)) {
                    Some((opens, _)) if *opens == word => {
                        let word = if word == "{" && std::mem::take(&mut self.function) {
                            "a function"
                        } else {
                            opens
                        };
                        self.open.push(Within { word, line: first.line });
                        rest = behind;
                    }
                    Some(_) => {
                        self.shut(first);
                        self.pattern = false;
                        rest = &[];
                    }
                    None => break,
                },
            }
        }
        self.simple(rest, ends);
        self.before = match ends {
            Ends::Perhaps('|') => Some("||"),
            Ends::Perhaps(_) => Some("&&"),
            Ends::Apart('|') => Some("|"),
            Ends::Plainly | Ends::Apart(_) => None,
        };
        let _ = line;
    }

    fn shut(&mut self, word: &Word) {
        let fits = |open: &Within| {
            let opens = if open.word == "a function" { "{" } else { open.word };
            OPENS.iter().any(|(begin, end)| *begin == opens && *end == word.raw)
        };
        if self.open.last().is_some_and(fits) {
            self.open.pop();
        } else {
            self.broken(word.line, format!("'{}' without what it ends", word.raw));
        }
    }

    fn simple(&mut self, words: &[Word], ends: Ends) {
        let Some(first) = words.first() else { return };
        // A pair of braces changes nothing.
        let outer = self.open.iter().copied().find(|open| open.word != "{");
        let chained = self.before.map(|word| Within { word, line: first.line });
        let apart = match ends {
            Ends::Apart('|') => Some(Within { word: "|", line: first.line }),
            Ends::Apart(_) => Some(Within { word: "&", line: first.line }),
            _ => None,
        };
        let within = outer.or(chained).or(apart);
        let sets = |word: &Word| assigned(&word.raw).map(|(name, _)| name.to_owned());
        let value =
            |word: &Word| word.value.as_deref().and_then(|text| Some(text.split_once('=')?.1.to_owned()));
        let (names, keeps): (&[Word], bool) = match first.raw.as_str() {
            "export" | "readonly" => (&words[1..], true),
            _ => (words, words.iter().all(|word| assigned(&word.raw).is_some())),
        };
        match first.raw.as_str() {
            _ if keeps => {
                for word in names {
                    if let Some(name) = sets(word) {
                        self.step(word.line, within, What::Set(name, value(word)));
                    }
                }
            }
            "unset" => {
                let names = words[1..].iter().filter(|word| !word.raw.starts_with('-'));
                names.for_each(|word| {
                    self.script.steps.push(Step {
                        line: word.line,
                        within,
                        what: What::Unset(word.raw.clone()),
                    })
                });
            }
            "exit" | "return" => self.step(first.line, within, What::End),
            _ => {
                let what =
                    sets(first).map_or_else(|| What::Run(first.raw.clone()), |name| What::Set(name, None));
                self.step(first.line, within, what);
            }
        }
    }
}

/// Name and text of an assignment.
fn assigned(text: &str) -> Option<(&str, &str)> {
    let text = text.strip_prefix("export ").map_or(text, str::trim_start);
    let (name, value) = text.split_once('=')?;
    let good = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let starts = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_');
    (starts && name.chars().all(good)).then_some((name, value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn told(text: &str) -> Vec<String> {
        let script = read(text);
        let mut told: Vec<String> = script
            .steps
            .iter()
            .map(|step| {
                let within = step.within.map(|w| format!(" in {} of {}", w.word, w.line)).unwrap_or_default();
                let what = match &step.what {
                    What::Set(name, Some(value)) => format!("{name}={value}"),
                    What::Set(name, None) => format!("{name}=?"),
                    What::Unset(name) => format!("-{name}"),
                    What::End => "end".into(),
                    What::Run(word) => format!("run {word}"),
                };
                format!("{}: {what}{within}", step.line)
            })
            .collect();
        told.extend(script.broken.map(|(line, why)| format!("{line}! {why}")));
        told
    }

    #[test]
    fn values_are_those_of_the_shell() {
        for (text, wanted) in [
            ("X=a", "X=a"),
            ("X='a b'", "X=a b"),
            ("X=\"a 'b'\"\\ c", "X=a 'b' c"),
            ("X=\"a\\b\\\"\"", "X=a\\b\""),
            ("X=a # b", "X=a"),
            ("X=a#b", "X=a#b"),
            ("X=", "X="),
            ("export X=a", "X=a"),
            ("X=$x", "X=?"),
            ("X='$x'", "X=$x"),
            ("X=`rm -f a;b`", "X=?"),
            ("X=\"${x:-a b}\"", "X=?"),
            ("X=$(a (b) ')')", "X=?"),
            ("X=a \\\n", "X=a"),
            ("X=a\\\nb", "X=ab"),
            ("X=a >/dev/null", "X=a"),
        ] {
            assert_eq!(told(text), [format!("1: {wanted}")], "{text}");
        }
        assert_eq!(told("X=a Y=b; Z=c"), ["1: X=a", "1: Y=b", "1: Z=c"]);
        assert_eq!(
            told("X=a prog\nprog X=b\n. /x\nX = a\nX+=a"),
            ["1: X=?", "2: run prog", "3: run .", "4: run X", "5: run X+=a"]
        );
        assert_eq!(told("X='a\nb'\nY=c"), ["1: X=a\nb", "3: Y=c"]);
    }

    #[test]
    fn what_is_not_done_in_any_case_is_told_apart() {
        assert_eq!(
            told("if false; then\nX=9\nfi\nY=1"),
            ["1: run false in if of 1", "2: X=9 in if of 1", "4: Y=1"]
        );
        assert_eq!(
            told("if [ \"$(hostname)\" = a ]; then X=1; elif b; then\n  X=2\nelse X=3; fi; Y=4"),
            [
                "1: run [ in if of 1",
                "1: X=1 in if of 1",
                "1: run b in if of 1",
                "2: X=2 in if of 1",
                "2: X=3 in if of 1",
                "3: Y=4",
            ]
            .map(|line| line.replace("2: X=3", "3: X=3"))
        );
        assert_eq!(
            told("case `hostname` in\na|b) X=1;;\n(c) X=2\n;;\n*)\n X=3;;\nesac\nY=1"),
            ["2: X=1 in case of 1", "3: X=2 in case of 1", "6: X=3 in case of 1", "8: Y=1"]
        );
        assert_eq!(
            told("case x in a|b) X=1;; c) X=2; esac; Y=1"),
            ["1: X=1 in case of 1", "1: X=2 in case of 1", "1: Y=1"]
        );
        assert_eq!(
            told("f() {\n X=1\n}\nfunction g {\nX=2\n}\nh ( )\n{\nX=3; }\nY=1"),
            [
                "2: X=1 in a function of 1",
                "5: X=2 in a function of 4",
                "9: X=3 in a function of 8",
                "10: Y=1"
            ]
        );
        assert_eq!(
            told("for i in 1 2; do X=$i; done\nwhile a\ndo X=1\ndone\n(X=2)\n{ X=3; }"),
            [
                "1: X=? in for of 1",
                "2: run a in while of 2",
                "3: X=1 in while of 2",
                "5: X=2 in ( of 5",
                "6: X=3"
            ]
        );
        assert_eq!(
            told("a && X=1\na || X=2\na ||\n\nX=3\nX=4 | b\nX=5 &\nX=6"),
            [
                "1: run a",
                "1: X=1 in && of 1",
                "2: run a",
                "2: X=2 in || of 2",
                "3: run a",
                "5: X=3 in || of 5",
                "6: X=4 in | of 6",
                "6: run b in | of 6",
                "7: X=5 in & of 7",
                "8: X=6",
            ]
        );
        assert_eq!(
            told("cat <<END >/x <<-'E F'\nX=1\nEND\n\tX=2\n\tE F\nX=3\n"),
            [
                "1: run cat",
                "2: X=? in a text for a program of 1",
                "4: X=? in a text for a program of 3",
                "6: X=3"
            ]
        );
        assert_eq!(told("X=1\nunset X Y\nexit 0\nX=2"), ["1: X=1", "2: -X", "2: -Y", "3: end", "4: X=2"]);
    }

    #[test]
    fn what_is_never_closed_is_told_with_the_line_where_it_begins() {
        for (text, wanted) in [
            ("X=1\nif a\nthen X=2\n", "2! 'if' without 'fi'"),
            ("X='a\nY=1\n", "1! a quotation mark is never closed"),
            ("X=\"a", "1! a quotation mark is never closed"),
            ("\nX=$(a\n", "2! a '$(' is never closed"),
            ("X=${a", "1! a '}' is never closed"),
            ("fi\n", "1! 'fi' without what it ends"),
            ("for i in a\ndo b\n", "1! 'for' without 'done'"),
            ("if a; then b; done", "1! 'done' without what it ends"),
            (")", "1! a ')' without '('"),
        ] {
            let told = told(text);
            assert_eq!(told.last().map(String::as_str), Some(wanted), "{text}: {told:?}");
        }
    }

    #[test]
    fn a_file_is_of_this_form_by_what_stands_in_it() {
        assert!(is_shell("# x\n export CTDB_RECOVERY_LOCK=/x/l\nCTDB_MANAGES_NFS=yes\n"));
        for text in ["", "# CTDB_X=1\n", "[cluster]\nCTDB_X=1\n", "root:x:0:0::/:/bin/sh\n", "CTDB_X = 1\n"] {
            assert!(!is_shell(text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn whatever_stands_there_it_is_read_to_its_end(text in "(?s)(if |fi|case x in|esac|X=1|<<E|\n|;|[(){}'\"`$&|\\\\]|.){0,60}") {
            let lines = text.split('\n').count();
            let script = read(&text);
            prop_assert!(script.steps.iter().all(|step| (1..=lines).contains(&step.line)));
            prop_assert!(script.broken.is_none_or(|(line, _)| (1..=lines).contains(&line)));
        }
    }
}
