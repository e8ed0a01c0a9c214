//! `completion`: what makes TAB work in a shell.

use std::ffi::OsString;

use clap::{Args, ValueEnum};
use clap_complete::env::Shells;
use schemars::JsonSchema;
use serde::Serialize;

use super::row::rows;
use crate::commands::Shown;
use crate::context::Context;
use crate::error::Error;

rows! {
    "completion": None Asks, "Print the lines that make TAB complete commands and living values in a shell", [],
        CompletionArgs => Script = completion;
}

/// Arguments of `completion`.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct CompletionArgs {
    /// Which shell: for bash, put `source <(ctdbctl completion bash)` into ~/.bashrc
    #[arg(value_enum, value_name = "SHELL")]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

/// A script for a shell.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Script {
    pub(crate) script: String,
}

impl Shown for Script {
    fn table(&self) -> String {
        self.script.clone()
    }
}

async fn completion(_: &Context, args: CompletionArgs) -> Result<Script, Error> {
    let name = match args.shell {
        Shell::Bash => "bash",
        Shell::Zsh => "zsh",
        Shell::Fish => "fish",
    };
    let program = std::env::args_os().next().unwrap_or_else(|| OsString::from("ctdbctl"));
    let program = program.to_string_lossy();
    let mut script = Vec::new();
    let shells = Shells::builtins();
    let wrote = shells
        .completer(name)
        .map(|shell| shell.write_registration("COMPLETE", "ctdbctl", "ctdbctl", &program, &mut script));
    match wrote {
        Some(Ok(())) => Ok(Script { script: String::from_utf8_lossy(&script).into_owned() }),
        _ => Err(Error::Words(format!("there is no completion for {name}"))),
    }
}
