//! What a program has printed: the end of it, in bounded memory, and how much there was before.

/// What a program has printed, to standard output and standard error together.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The last bytes.
    pub bytes: Vec<u8>,
    /// Bytes before them that were dropped.
    pub omitted: u64,
}

impl Output {
    /// Keeps the last `keep` bytes, and no more memory than they need.
    pub fn cut(&mut self, keep: usize) {
        let surplus = self.bytes.len().saturating_sub(keep);
        self.bytes.drain(..surplus);
        self.bytes.shrink_to_fit();
        self.omitted = more(self.omitted, surplus);
    }
}

/// An output as a text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Printed {
    /// The last of it.
    pub text: String,
    /// Bytes before it that were dropped.
    pub omitted: u64,
}

impl Printed {
    /// The last `most` bytes, or a few less so that they begin with a whole letter; the others are counted.
    #[must_use]
    pub fn tail(&self, most: usize) -> Self {
        let from = self.text.ceil_char_boundary(self.text.len().saturating_sub(most));
        let text = self.text.get(from..).unwrap_or_default().to_owned();
        Self { text, omitted: more(self.omitted, from) }
    }
}

fn more(omitted: u64, bytes: usize) -> u64 {
    omitted.saturating_add(u64::try_from(bytes).unwrap_or(u64::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_long_output_the_end_is_kept_and_the_rest_counted() {
        let output = Printed { text: "aé".repeat(3), omitted: 5 };
        assert_eq!(output.tail(4), Printed { text: "aé".into(), omitted: 11 });
        assert_eq!(output.tail(100), output);
        assert_eq!(output.tail(0), Printed { text: String::new(), omitted: 14 });
        let mut bytes = Output { bytes: b"abcde".to_vec(), omitted: 1 };
        bytes.cut(2);
        assert_eq!(bytes, Output { bytes: b"de".to_vec(), omitted: 4 });
        bytes.cut(9);
        assert_eq!(bytes.omitted, 4);
    }
}
