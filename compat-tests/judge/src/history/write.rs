//! A history to its text.

use std::io::{self, Write};

use super::History;

impl History {
    /// Writes it: header, lines, and the line that counts them.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, mut to: impl Write) -> io::Result<()> {
        let mut line = |value: String| writeln!(to, "{value}");
        line(serde_json::to_string(&self.header)?)?;
        for each in &self.lines {
            line(serde_json::to_string(each)?)?;
        }
        line(format!("{{\"end\":{}}}", self.lines.len()))
    }
}
