//! One line for each event: `2026-11-22T22:17:00.123456Z ctdb-tunneld[123]: NOTICE attached to ctdbd node=0`.
//!
//! What an event says may come from a peer; a line stays one line.

use std::fmt::{self, Write as _};

use machine::OneLine;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::{FormatEvent, FormatFields, Writer};
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormattedFields};
use tracing_subscriber::registry::LookupSpan;

use super::level_of;

/// Longer lines are cut.
const LONGEST: usize = 4096;

#[derive(Debug)]
pub(crate) struct Lines {
    /// The name and number of the process in front; none where somebody else adds them.
    head: Option<String>,
}

impl Lines {
    pub(crate) fn with_time(name: &str) -> Self {
        Self { head: Some(format!("{name}[{}]: ", std::process::id())) }
    }

    pub(crate) const fn bare() -> Self {
        Self { head: None }
    }
}

/// The same in one line, and not too long.
fn one_line(text: &str, out: &mut Writer<'_>) -> fmt::Result {
    let end = text.ceil_char_boundary(LONGEST);
    write!(out, "{}", OneLine(&text[..end]))?;
    if end < text.len() { out.write_str("...") } else { Ok(()) }
}

impl<S, N> FormatEvent<S, N> for Lines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut out: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        if let Some(head) = &self.head {
            SystemTime.format_time(&mut out)?;
            write!(out, " {head}{} ", level_of(*event.metadata().level()))?;
        }
        let mut text = String::new();
        for span in context.event_scope().into_iter().flat_map(|scope| scope.from_root()) {
            text += span.name();
            if let Some(fields) = span.extensions().get::<FormattedFields<N>>().filter(|f| !f.is_empty()) {
                write!(text, "{{{fields}}}")?;
            }
            text += ": ";
        }
        context.format_fields(Writer::new(&mut text), event)?;
        one_line(&text, &mut out)?;
        out.write_char('\n')
    }
}
