//! The help texts of the old tool: those of libpopt about the options, and the list of commands.
//!
//! Options are told in the width of the terminal, if there is one and it is wide; the list of commands comes from the
//! table. Sources: `poptPrintHelp` and `poptPrintUsage` of popt 1.19, `usage_full` and `usage`.

use crate::output::out;
use crate::release::Newer;
use crate::table::{COMMANDS, Row};

const HELP_START: &str = "Usage: [OPTION...]
  -d, --debug=STRING       debug level
  -t, --timelimit=INT      timelimit (in seconds)
  -n, --node=INT           node specification - integer
  -Y                       enable machine readable output
";

const HELP_JSON: &str = "  -j, --json               JSON output
";

const HELP_REST: &str = "  -x, --separator=CHAR     specify separator for machine readable output
  -X                       enable machine parsable output with separator |
  -v, --verbose            enable verbose output
  -T, --maxruntime=INT     die if runtime exceeds this limit (in seconds)

Help options:
  -?, --help               Show this help message
      --usage              Display brief usage message
";

/// Before each of them, and before those with JSON.
const USAGE_START: [&str; 2] = ["Usage: [-?YXv]", "Usage: [-?YjXv]"];
const USAGE: &[&str] = &[
    "[-?|--help]",
    "[--usage]",
    "[-d|--debug=STRING]",
    "[-t|--timelimit=INT]",
    "[-n|--node=INT]",
    "[-Y]",
    USAGE_JSON,
    "[-x|--separator=CHAR]",
    "[-X]",
    "[-v|--verbose]",
    "[-T|--maxruntime=INT]",
];
const USAGE_JSON: &str = "[-j|--json]";

/// Columns without a terminal, and on a narrow one.
const NARROW: usize = 79;

fn usage_lines(width: usize, json: bool) -> String {
    let mut text = USAGE_START[usize::from(json)].to_owned();
    let mut column = text.len();
    for option in USAGE.iter().filter(|option| json || **option != USAGE_JSON) {
        let len = option.len() + 1;
        if column + len > width {
            text += "\n       ";
            column = 7;
        }
        text += " ";
        text += option;
        // C quirk: a column more is counted than was written.
        column += len + 1;
    }
    text + "\n"
}

fn width() -> usize {
    let columns = terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0));
    columns.filter(|columns| (NARROW + 1..256).contains(columns)).map_or(NARROW, |columns| columns - 1)
}

/// What a command is for: one was misspelt for long.
fn about(row: &Row) -> &'static str {
    match row.name {
        "pnn" if Newer::Spelling.is_spoken() => "show the pnn of the current node",
        _ => row.about,
    }
}

fn command(row: &Row) {
    out!(format_args!("  {:<15} {:<27}  {}\n", row.name, row.arguments, about(row)));
}

/// `--help`: the options.
pub(crate) fn help() {
    out!(HELP_START, if Newer::Json.is_spoken() { HELP_JSON } else { "" }, HELP_REST);
}

/// `--usage`: the options, shorter.
pub(crate) fn usage() {
    out!(usage_lines(width(), Newer::Json.is_spoken()));
}

/// All options and all commands: what the tool says when it gets no command.
pub(crate) fn all() {
    help();
    out!("\nCommands:\n");
    for row in COMMANDS.iter().filter(|row| !row.newer || Newer::Json.is_spoken()) {
        command(row);
    }
}

/// How one command is used.
pub(crate) fn one(row: &Row) {
    usage();
    out!("\nCommands:\n");
    command(row);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usage_is_broken_where_popt_breaks_it() {
        assert_eq!(
            usage_lines(79, false),
            "Usage: [-?YXv] [-?|--help] [--usage] [-d|--debug=STRING]\n        \
             [-t|--timelimit=INT] [-n|--node=INT] [-Y] [-x|--separator=CHAR]\n        \
             [-X] [-v|--verbose] [-T|--maxruntime=INT]\n"
        );
        assert_eq!(usage_lines(255, false).lines().count(), 1);
        assert_eq!(usage_lines(99, false).lines().next().unwrap().len(), 93);
        assert_eq!(
            usage_lines(79, true),
            "Usage: [-?YjXv] [-?|--help] [--usage] [-d|--debug=STRING]\n        \
             [-t|--timelimit=INT] [-n|--node=INT] [-Y] [-j|--json]\n        \
             [-x|--separator=CHAR] [-X] [-v|--verbose] [-T|--maxruntime=INT]\n"
        );
    }
}
