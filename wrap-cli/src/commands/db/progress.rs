//! A bar on standard error while something long is done, for people at a terminal.

use std::cell::Cell;
use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::args::Settings;

/// A bar, or nothing where nobody looks.
pub(super) struct Bar(Option<ProgressBar>, Cell<&'static str>);

impl Bar {
    pub(super) fn new(settings: &Settings) -> Self {
        let shown = !settings.quiet && std::io::stderr().is_terminal();
        Self(shown.then(ProgressBar::new_spinner), Cell::new(""))
    }

    /// What is done now, and how far it has come; 0 of 0 when that cannot be said.
    pub(super) fn report(&self, what: &'static str, done: u64, of: u64) {
        let Some(bar) = &self.0 else { return };
        let style = if of == 0 { "{spinner} {msg}" } else { "{bar:30} {percent:>3} % {msg} {eta}" };
        // A template that is not understood is shown without its parts.
        let style = ProgressStyle::with_template(style).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_length(of);
        bar.set_position(done);
        bar.set_message(what);
        if self.1.replace(what) == what {
            bar.tick();
        } else {
            // Otherwise a short step right after another would not be seen at all.
            bar.force_draw();
        }
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
