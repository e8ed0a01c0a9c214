//! What happened, in the form in which programs are told, and the patterns by which they choose.
//!
//! An event is made by the daemon that publishes it; that it can be handed to a program (no NUL byte, bounded) is checked
//! here, once.

use std::str::FromStr;

use serde_json::value::RawValue;

use crate::limits::{ARGUMENTS_MAX, EVENT_BYTES, TEXT_MAX};

/// Something that happened.
#[derive(Clone, Debug)]
pub struct Event {
    topic: String,
    subject: String,
    arguments: Vec<String>,
    data: Box<RawValue>,
    /// Microseconds since 1970.
    time_us: u64,
}

/// Why something cannot be an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EventError {
    /// a topic is words of small letters, digits, '-' and '_' with dots between them
    #[error("a topic is words of small letters, digits, '-' and '_' with dots between them")]
    Topic,
    /// a NUL byte cannot be an argument
    #[error("a NUL byte cannot be in an argument")]
    Nul,
    /// too many arguments
    #[error("more than {ARGUMENTS_MAX} arguments")]
    Arguments,
    /// a text is too long
    #[error("a text of more than {TEXT_MAX} bytes")]
    Text,
    /// all of it is too long
    #[error("more than {EVENT_BYTES} bytes")]
    Size,
}

impl Event {
    /// An event of a topic, about a subject: of two events of the same topic and subject the later one says all that is
    /// still true.
    ///
    /// # Errors
    /// What cannot be handed to a program, or is too large to be kept.
    pub fn new(
        topic: impl Into<String>,
        subject: impl Into<String>,
        arguments: Vec<String>,
        data: Box<RawValue>,
        time_us: u64,
    ) -> Result<Self, EventError> {
        let event = Self { topic: topic.into(), subject: subject.into(), arguments, data, time_us };
        let word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_'))
        };
        let long = |text: &String| text.len() > TEXT_MAX;
        if long(&event.topic) || long(&event.subject) || event.arguments.iter().any(long) {
            Err(EventError::Text)
        } else if !event.topic.split('.').all(word) {
            Err(EventError::Topic)
        } else if event.arguments.len() > ARGUMENTS_MAX {
            Err(EventError::Arguments)
        } else if event.arguments.iter().any(|text| text.contains('\0')) {
            Err(EventError::Nul)
        } else if event.bytes() > EVENT_BYTES {
            Err(EventError::Size)
        } else {
            Ok(event)
        }
    }

    /// What happened: `event.run.finished`.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }

    /// To what: a node, an address, a service; may be empty.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// What programs get behind the topic.
    #[must_use]
    pub fn arguments(&self) -> &[String] {
        &self.arguments
    }

    /// All of it, as JSON.
    #[must_use]
    pub fn data(&self) -> &RawValue {
        &self.data
    }

    /// When, in microseconds since 1970.
    #[must_use]
    pub const fn time_us(&self) -> u64 {
        self.time_us
    }

    /// What it counts against the bounds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        let texts: usize = self.arguments.iter().map(|text| text.len() + 24).sum();
        128 + texts + self.topic.len() + self.subject.len() + self.data.get().len()
    }

    pub(crate) fn has_subject_of(&self, other: &Self) -> bool {
        self.topic == other.topic && self.subject == other.subject
    }
}

/// Which topics: one by its name, or all that begin alike.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    beginning: String,
    open: bool,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("write the name of an event, or its beginning and '*'")]
pub struct PatternError;

impl FromStr for Pattern {
    type Err = PatternError;

    fn from_str(text: &str) -> Result<Self, PatternError> {
        let (beginning, open) = match text.strip_suffix('*') {
            Some(beginning) => (beginning, true),
            None => (text, false),
        };
        let good = |b: u8| matches!(b, b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.');
        let fits = text.len() <= TEXT_MAX && !text.is_empty() && beginning.bytes().all(good);
        fits.then(|| Self { beginning: beginning.to_owned(), open }).ok_or(PatternError)
    }
}

impl std::fmt::Display for Pattern {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}{}", self.beginning, if self.open { "*" } else { "" })
    }
}

impl Pattern {
    /// Whether it chooses a topic.
    #[must_use]
    pub fn matches(&self, topic: &str) -> bool {
        if self.open { topic.starts_with(&self.beginning) } else { topic == self.beginning }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(topic: &str, arguments: &[&str], data: usize) -> Result<Event, EventError> {
        let data = serde_json::value::to_raw_value(&"x".repeat(data)).unwrap();
        Event::new(topic, "", arguments.iter().map(|&a| a.to_owned()).collect(), data, 0)
    }

    #[test]
    fn what_no_program_could_be_given_is_no_event() {
        assert!(event("event.run.finished", &["a b", "\n", ""], 10).is_ok());
        for topic in ["", ".", "a..b", "a.", "A", "a b", "a*", "ä"] {
            assert_eq!(event(topic, &[], 0).unwrap_err(), EventError::Topic, "{topic:?}");
        }
        assert_eq!(event("a", &["x\0y"], 0).unwrap_err(), EventError::Nul);
        assert_eq!(event("a", &["x"; 65], 0).unwrap_err(), EventError::Arguments);
        assert_eq!(event("a", &[&"x".repeat(4097)], 0).unwrap_err(), EventError::Text);
        assert_eq!(event("a", &[], EVENT_BYTES).unwrap_err(), EventError::Size);
    }

    #[test]
    fn a_pattern_is_a_name_or_a_beginning() {
        let matches = |pattern: &str, topic: &str| pattern.parse::<Pattern>().unwrap().matches(topic);
        assert!(matches("*", "a.b") && matches("a.*", "a.b") && matches("a.b", "a.b") && matches("a*", "ab"));
        assert!(!matches("a.*", "a") && !matches("a.b", "a.bc") && !matches("b*", "a.b"));
        for text in ["", "a*b", "**", "A", "a b", "a/b"] {
            assert_eq!(text.parse::<Pattern>(), Err(PatternError), "{text:?}");
        }
        assert_eq!("a.*".parse::<Pattern>().unwrap().to_string(), "a.*");
    }
}
