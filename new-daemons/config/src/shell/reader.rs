//! Cuts the text into words, and these into commands; what a command is, [`Walk`] says.

use super::assigned;
use super::walk::{Ends, Walk};
use super::{What, Within};

/// A word of a command.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) line: usize,
    /// As it stands there.
    pub(super) raw: String,
    /// What it is; none when something is to be put in or run.
    pub(super) value: Option<String>,
}

/// The line of what is never closed, and why.
type Broken = (usize, String);

pub(super) struct Reader {
    rest: Vec<char>,
    at: usize,
    line: usize,
    /// Texts for programs that begin in the next line: the words that end them, and whether tabs before these do not count.
    texts: Vec<(String, bool)>,
}

impl Reader {
    pub(super) fn new(text: &str) -> Self {
        Self { rest: text.chars().collect(), at: 0, line: 1, texts: Vec::new() }
    }

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

    /// Reads to the end, or to what cannot be read.
    pub(super) fn all(&mut self, walk: &mut Walk) -> Result<(), Broken> {
        while let Some(c) = self.peek() {
            let line = self.line;
            match c {
                '\n' => {
                    self.take();
                    walk.command(Ends::Plainly);
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
                    walk.command(Ends::Plainly);
                    walk.pattern = twice && walk.top() == Some("case");
                }
                '&' | '|' => {
                    self.take();
                    let twice = self.takes(c);
                    if walk.pattern {
                        walk.words.clear();
                        continue;
                    }
                    walk.command(if twice { Ends::Perhaps(c) } else { Ends::Apart(c) });
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
        walk.command(Ends::Plainly);
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
