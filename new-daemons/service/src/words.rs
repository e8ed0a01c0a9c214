//! Reasons: one line for a person, made of what an operation printed or how it ended.

use std::time::Duration;

use machine::Printed;

use crate::limits::{REASON_MAX, TOLD_MAX};
use crate::outcome::{How, Operation};

/// What went wrong last, as long as it has not gone well since.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Trouble {
    pub(crate) operation: Operation,
    /// The last line of the output, or how it ended.
    pub(crate) detail: String,
}

impl Trouble {
    pub(crate) fn new(operation: Operation, how: &How, output: &Printed, limit: Duration) -> Self {
        let line = last_line(&output.text);
        let detail = match (how, line) {
            (How::TimedOut, _) => format!("took longer than {}", span(limit)),
            (How::NotRunning, Some(line)) => format!("not running: {line}"),
            (How::Failed(_), Some(line)) => line.to_owned(),
            (how, _) => how.to_string(),
        };
        Self { operation, detail: cut(&detail) }
    }

    /// As a reason, when it has happened so often in a row.
    pub(crate) fn reason(&self, times: u32) -> String {
        let often = if times > 1 { format!(" {times} times") } else { String::new() };
        cut(&format!("{} failed{often}: {}", self.operation, self.detail))
    }
}

fn last_line(text: &str) -> Option<&str> {
    text.lines().rev().map(str::trim).find(|line| !line.is_empty())
}

/// One line of at most [`REASON_MAX`] bytes that a terminal can take.
pub(crate) fn cut(text: &str) -> String {
    let plain = |c: char| if c.is_control() { ' ' } else { c };
    let mut line: String = text.chars().map(plain).collect();
    if line.len() > REASON_MAX {
        line.truncate(line.floor_char_boundary(REASON_MAX - 3));
        line += "...";
    }
    line
}

pub(crate) fn told(output: &Printed) -> Printed {
    output.tail(TOLD_MAX)
}

/// A time in seconds where it is a whole number of them.
pub(crate) fn span(time: Duration) -> String {
    if time.subsec_millis() == 0 { format!("{}s", time.as_secs()) } else { format!("{}ms", time.as_millis()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(how: &How, text: &str, times: u32) -> String {
        let output = Printed { text: text.to_owned(), omitted: 0 };
        Trouble::new(Operation::Check, how, &output, Duration::from_millis(1500)).reason(times)
    }

    #[test]
    fn a_reason_is_the_last_line_of_the_output_or_how_it_ended() {
        assert_eq!(reason(&How::Failed(1), "one\n two\n\n", 3), "check failed 3 times: two");
        assert_eq!(reason(&How::Failed(7), " \n", 1), "check failed: exit status 7");
        assert_eq!(reason(&How::TimedOut, "x", 1), "check failed: took longer than 1500ms");
        assert_eq!(reason(&How::NotRunning, "", 1), "check failed: not running");
        assert_eq!(reason(&How::Killed(9), "x", 1), "check failed: signal 9");
        let long = reason(&How::Failed(1), &"\u{1b}é".repeat(1000), 1);
        assert!(long.len() <= REASON_MAX && long.ends_with("...") && !long.contains('\u{1b}'));
    }
}
