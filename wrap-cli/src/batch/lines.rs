//! Lines of standard input with their numbers; none is longer than a limit, and all are UTF-8.

use std::io::{BufRead, Read};

use crate::error::Error;

/// Longer lines end the batch: a record of a database is not larger.
const LONGEST: u64 = 32 << 20;

/// What comes next.
pub(crate) enum Line {
    Text(u64, String),
    /// Nothing more can be read.
    Broken(u64, Error),
    End,
}

/// A reader of lines.
pub(crate) struct Lines<'a> {
    input: &'a mut dyn BufRead,
    number: u64,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(input: &'a mut dyn BufRead) -> Self {
        Self { input, number: 0 }
    }

    /// The next line, without its newline.
    pub(crate) fn next(&mut self) -> Line {
        let mut bytes = Vec::new();
        self.number += 1;
        let broken = |what: String| Line::Broken(self.number, Error::Input(what));
        match (&mut *self.input).take(LONGEST).read_until(b'\n', &mut bytes) {
            Err(error) => return broken(error.to_string()),
            Ok(0) => return Line::End,
            Ok(length) if u64::try_from(length).is_ok_and(|length| length >= LONGEST) => {
                return broken(format!("the line is longer than {} MiB", LONGEST >> 20));
            }
            Ok(_) => {}
        }
        while matches!(bytes.last(), Some(b'\n' | b'\r')) {
            bytes.pop();
        }
        String::from_utf8(bytes)
            .map_or_else(|_| broken("the line is not UTF-8".into()), |text| Line::Text(self.number, text))
    }
}
