//! Where in the tree of nouns a batch or a prompt is, and what a line means there.
//!
//! A word is looked for at the place itself, then one noun up, and so on to the top; a noun alone steps in, `..` steps out.

use crate::commands::{NOUNS, commands};

/// What a line means.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// A remark, or a step to another place.
    Nothing,
    /// Run these words.
    Run(Vec<String>),
    /// Help about this place.
    Help(Vec<String>),
    /// No more lines are wanted.
    Leave,
}

/// The words before each line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    path: Vec<&'static str>,
}

fn noun(path: &[&str]) -> Option<&'static [&'static str]> {
    NOUNS.iter().map(|noun| noun.path).find(|known| *known == path)
}

fn is_verb(path: &[&str]) -> bool {
    commands().any(|row| row.path == path)
}

/// Options whose value may be the next word.
const WITH_VALUE: [&str; 8] = ["-n", "--node", "-t", "--timeout", "-o", "--output", "--socket", "--run-dir"];

/// The first word that is neither an option nor an option's value.
fn first(words: &[String]) -> Option<usize> {
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if !word.starts_with('-') {
            return Some(at);
        }
        at += if WITH_VALUE.contains(&word.as_str()) { 2 } else { 1 };
    }
    None
}

impl Place {
    pub(crate) fn new(path: Vec<&'static str>) -> Self {
        Self { path }
    }

    /// The words, for a prompt.
    pub(crate) fn path(&self) -> &[&'static str] {
        &self.path
    }

    /// Whether every line is the arguments of one verb.
    fn is_verb(&self) -> bool {
        is_verb(&self.path)
    }

    /// What a line means here. A step to another place is made.
    pub(crate) fn step(&mut self, words: Vec<String>) -> Step {
        let Some(word) = words.first() else { return Step::Nothing };
        if self.is_verb() {
            return Step::Run(self.behind(self.path.len(), words));
        }
        match (word.as_str(), words.len()) {
            ("..", 1) => {
                self.path.pop();
                return Step::Nothing;
            }
            ("exit" | "quit", 1) => return Step::Leave,
            ("help" | "?", 1) => return Step::Help(self.behind(self.path.len(), vec!["--help".into()])),
            _ => {}
        }
        let depth = self.depth(&words);
        let full = self.behind(depth, words);
        let plain: Vec<&str> = full.iter().map(String::as_str).collect();
        if let Some(noun) = noun(&plain) {
            self.path = noun.to_vec();
            return Step::Nothing;
        }
        Step::Run(full)
    }

    /// What stands before the words when they are completed.
    pub(crate) fn full(&self, words: Vec<String>) -> Vec<String> {
        let depth = if self.is_verb() { self.path.len() } else { self.depth(&words) };
        self.behind(depth, words)
    }

    /// How many words of this place stand before a line: as many as there can be.
    fn depth(&self, words: &[String]) -> usize {
        let Some(word) = first(words).and_then(|at| words.get(at)) else { return self.path.len() };
        let is_below = |depth: &usize| {
            let (depth, above) = (*depth, &self.path[..*depth]);
            commands().any(|row| {
                row.path.get(..depth) == Some(above) && row.path.get(depth) == Some(&word.as_str())
            })
        };
        (0..=self.path.len()).rev().find(is_below).unwrap_or(self.path.len())
    }

    fn behind(&self, depth: usize, words: Vec<String>) -> Vec<String> {
        self.path[..depth].iter().map(|word| (*word).to_owned()).chain(words).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn step(place: &mut Place, line: &str) -> Step {
        place.step(line.split_whitespace().map(Into::into).collect())
    }

    fn run(line: &str) -> Step {
        Step::Run(line.split_whitespace().map(Into::into).collect())
    }

    #[test]
    fn words_are_looked_for_from_the_place_to_the_top() {
        let mut place = Place::new(vec!["node", "log"]);
        assert_eq!(step(&mut place, "get -n 1"), run("node log get -n 1"));
        assert_eq!(step(&mut place, "-n 1 get"), run("node log -n 1 get"));
        assert_eq!(step(&mut place, "ping"), run("node ping"));
        assert_eq!(step(&mut place, "-t 3 cluster list"), run("-t 3 cluster list"));
        assert_eq!(step(&mut place, "nonsense"), run("node log nonsense"));
    }

    #[test]
    fn a_noun_steps_in_and_two_dots_step_out() {
        let mut place = Place::new(vec![]);
        for (line, path) in [
            ("node", &["node"][..]),
            ("log", &["node", "log"]),
            ("..", &["node"]),
            ("cluster", &["cluster"]),
            ("..", &[]),
            ("..", &[]),
            ("node statistics", &["node", "statistics"]),
            ("log", &["node", "log"]),
        ] {
            assert_eq!(step(&mut place, line), Step::Nothing);
            assert_eq!(place.path(), path, "after {line}");
        }
        assert_eq!(step(&mut place, "quit"), Step::Leave);
        assert_eq!(step(&mut place, "?"), Step::Help(vec!["node".into(), "log".into(), "--help".into()]));
    }

    #[test]
    fn behind_a_verb_every_line_is_its_arguments() {
        let mut place = Place::new(vec!["tunable", "set"]);
        assert_eq!(step(&mut place, "cluster 3"), run("tunable set cluster 3"));
        assert_eq!(step(&mut place, ".."), run("tunable set .."));
        assert_eq!(step(&mut place, ""), Step::Nothing);
    }
}
