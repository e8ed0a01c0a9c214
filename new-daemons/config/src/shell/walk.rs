//! The way through the commands: what each does, and whether it is done in any case.

use super::reader::Word;
use super::{Script, Step, What, Within, assigned};

/// How a command ends, and what that says about it and the next one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Ends {
    Plainly,
    /// The next one is run if this one went well, or if not.
    Perhaps(char),
    /// This one is run in a shell of its own; with `|` the next one, too.
    Apart(char),
}

/// The way through the commands.
#[derive(Default)]
pub(super) struct Walk {
    pub(super) script: Script,
    /// Of the command that is being read.
    pub(super) words: Vec<Word>,
    pub(super) redirected: bool,
    /// What is open.
    open: Vec<Within>,
    /// The next `{` is the body of a function.
    function: bool,
    /// The next words are a pattern of a `case`.
    pub(super) pattern: bool,
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
    pub(super) fn step(&mut self, line: usize, within: Option<Within>, what: What) {
        self.script.steps.push(Step { line, within, what });
    }

    pub(super) fn broken(&mut self, line: usize, why: String) {
        self.script.broken.get_or_insert((line, why));
    }

    pub(super) fn end(&mut self) {
        if let Some(open) = self.open.first().copied() {
            let end =
                OPENS.iter().find(|(word, _)| *word == open.word).map_or("what ends it", |(_, end)| end);
            self.broken(open.line, format!("'{}' without '{end}'", open.word));
        }
    }

    pub(super) fn top(&self) -> Option<&'static str> {
        self.open.last().map(|open| open.word)
    }

    pub(super) fn open(&mut self, line: usize) {
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

    pub(super) fn close(&mut self, line: usize) {
        if (self.function && self.words.len() == 1) || self.top() == Some("case") {
            self.words.clear();
            self.pattern = false;
            return;
        }
        // The first pattern may stand in the line of its `case`.
        self.command(Ends::Plainly);
        match self.top() {
            Some("case") => self.pattern = false,
            Some("(") => drop(self.open.pop()),
            _ => self.broken(line, "a ')' without '('".into()),
        }
    }

    /// A command is complete.
    pub(super) fn command(&mut self, ends: Ends) {
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
