//! What a command found, for whoever shows it: as a table, as JSON, and as an exit status.
//!
//! An answer is plain data that is serialised; it never prints and never asks.

use std::fmt::Debug;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::args::{Output, Settings};
use crate::exit::Exit;
use crate::render::{json, shade};

/// An answer that is shown as a whole.
pub(crate) trait Shown: Debug + Serialize + JsonSchema {
    /// For people: lines, each with its newline.
    fn table(&self) -> String;

    /// How the command ended.
    fn exit(&self) -> Exit {
        Exit::Done
    }

    /// What is said beside a table, on standard error: why there is nothing in it.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// Any answer.
pub(crate) trait Answer: Debug {
    /// How the command ended.
    fn exit(&self) -> Exit;

    /// What is said beside a table, on standard error.
    fn remark(&self) -> Option<String>;

    /// Writes it in the form that was asked for.
    fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()>;
}

impl<T: Shown> Answer for T {
    fn exit(&self) -> Exit {
        Shown::exit(self)
    }

    fn remark(&self) -> Option<String> {
        Shown::remark(self)
    }

    fn write(&self, settings: &Settings, out: &mut dyn Write) -> io::Result<()> {
        match settings.output {
            Output::Table => out.write_all(shade(&self.table(), settings.color).as_bytes()),
            output => json::write(self, output, out),
        }
    }
}
