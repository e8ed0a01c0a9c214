//! How the tree of commands is shown: in help texts without the options that all commands share, and for TAB with options
//! where options are typed.

use clap::{Arg, Args, Command};

use super::global::Global;

/// The line of every help that stands for the options of all commands.
const POINTER: &str = "Options of every command: ctdbctl help options";

/// For help texts.
pub(super) fn with_pointer(root: Command) -> Command {
    // What is said of them at the root holds below it.
    pointed(without_shared(root))
}

fn pointed(command: Command) -> Command {
    let command = command.mut_subcommands(pointed);
    let below = command.get_after_help().map_or_else(String::new, |text| format!("{text}\n\n"));
    command.after_help(below + POINTER)
}

fn shared() -> Command {
    Global::augment_args(Command::new("ctdbctl"))
}

fn without_shared(command: Command) -> Command {
    let shared = shared();
    command.mut_args(|arg| {
        let is_shared = shared.get_arguments().any(|other| other.get_id() == arg.get_id());
        if is_shared { arg.hide(true) } else { arg }
    })
}

/// The options that all commands share.
pub(super) fn options() -> String {
    let command = shared().disable_help_flag(true).max_term_width(100);
    command.override_usage("ctdbctl COMMAND [OPTIONS]").render_help().to_string()
}

/// For TAB: whoever has typed no '-' wants a word, and is offered no option.
pub(crate) fn for_tab(command: Command) -> Command {
    let is_option = |arg: &Arg| arg.get_long().is_some() || arg.get_short().is_some();
    let hidden = command.mut_args(|arg| if is_option(&arg) { arg.hide(true) } else { arg });
    hidden.disable_help_flag(true).disable_version_flag(true).mut_subcommands(for_tab)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::command;
    use crate::live::complete;

    fn tab(words: &[&str]) -> Vec<String> {
        complete(&for_tab(command()), &words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn tab_offers_words_where_words_are_typed_and_options_where_options_are() {
        let verbs = tab(&["node", ""]);
        assert!(
            verbs.contains(&"ping".into()) && !verbs.iter().any(|word| word.starts_with('-')),
            "{verbs:?}"
        );
        let options = tab(&["node", "ping", "--t"]);
        assert_eq!(options, ["--timeout"]);
    }

    #[test]
    fn tab_knows_events() {
        assert_eq!(tab(&["event", "run", "st"]), ["startup", "startrecovery", "startipreallocate"]);
        assert_eq!(tab(&["event", "status", "mon"]), ["monitor"]);
    }

    #[test]
    fn options_of_every_command_stand_in_one_place() {
        let text = options();
        for option in ["--node", "--timeout", "--output", "--watch", "--socket", "--yes", "--batch"] {
            assert!(text.contains(option), "{option}: {text}");
        }
        let mut root = with_pointer(command());
        root.build();
        let help = root.find_subcommand_mut("status").unwrap().render_help().to_string();
        assert!(help.contains(POINTER) && !help.contains("--timeout"), "{help}");
    }
}
