//! Text from outside on a line of ours: whatever it says, it begins no line, and moves nothing on a terminal.
//!
//! The one place that makes text printable for logs, messages and tables.

use std::fmt::{self, Display, Write};

/// Shows something in one line: what would break it, or steer a terminal, is shown as Rust writes it in a text (`\n`).
/// Tabs stay.
#[derive(Clone, Copy, Debug)]
pub struct OneLine<T>(pub T);

/// Control characters but the tab, Unicode's own ends of lines and paragraphs, and what turns the direction of writing.
fn is_unfit(c: char) -> bool {
    c != '\t'
        && (c.is_control()
            || matches!(c, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'))
}

struct Fit<'a, 'f>(&'a mut fmt::Formatter<'f>);

impl Write for Fit<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let mut rest = text;
        while let Some(at) = rest.find(is_unfit) {
            self.0.write_str(&rest[..at])?;
            let mut unfit = rest[at..].chars();
            unfit.next().map_or(Ok(()), |c| write!(self.0, "{}", c.escape_default()))?;
            rest = unfit.as_str();
        }
        self.0.write_str(rest)
    }
}

impl<T: Display> Display for OneLine<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(Fit(f), "{}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_begin_a_line_or_steer_a_terminal_is_shown_as_what_it_is() {
        let shown = |text: &str| OneLine(text).to_string();
        assert_eq!(shown("50.a\nERROR all is lost\r"), "50.a\\nERROR all is lost\\r");
        assert_eq!(shown("\u{1b}[2J\u{85}\u{2028}\u{202e}"), "\\u{1b}[2J\\u{85}\\u{2028}\\u{202e}");
        assert_eq!(shown("eth0\t10.0.0.1 \\n ä"), "eth0\t10.0.0.1 \\n ä", "the rest stays as it is");
    }
}
