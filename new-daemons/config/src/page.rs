//! What people read about the options: the reference page.

use std::fmt::Write as _;

use crate::judge::{bytes, span};
use crate::registry::options;
use crate::schema::{Change, Readers, Setting, Value};

/// What a value has to be, in words.
fn kind(value: Value) -> String {
    match value {
        Value::Text => "text".into(),
        Value::Lock | Value::NodesList => "a path, or `!` and a program".into(),
        Value::Transport => "`tcp`".into(),
        Value::Address => "an address".into(),
        Value::Number(least) => format!("a number of at least {least}"),
        Value::Bool => "true or false".into(),
        Value::LogLevel => "ERROR, WARNING, NOTICE, INFO or DEBUG".into(),
        Value::LogLocation => "a place for the log".into(),
        Value::Directory => "a directory".into(),
        Value::Script => "the name of a program in the configuration's directory".into(),
        Value::Duration { least, most } => format!("a time from {} to {}", span(least), span(most)),
        Value::Size { least, most } => format!("bytes from {} to {}", bytes(least), bytes(most)),
        Value::Count { least, most } => format!("a number from {least} to {most}"),
        Value::Path => "an absolute path".into(),
        Value::Patterns => "names of events, or beginnings and `*`, with commas between them".into(),
        Value::Choice(words) => words.join(" or "),
        Value::Program => "the path of a program or its name in `callbacks`, and its arguments".into(),
        Value::Command => "the path of a program or its name in `callbacks`, and its arguments".into(),
        Value::Component => "the name of a directory below `events`".into(),
        Value::Unit => "the name of a unit, with its suffix".into(),
        Value::Agent => "`ocf:PROVIDER:TYPE`".into(),
        Value::Parameters => "`NAME=VALUE`, with quotes as in a shell".into(),
        Value::Names => "names of services, with commas or blanks between them".into(),
        Value::Listen => "an address and a port".into(),
    }
}

fn default(setting: &Setting) -> String {
    let word = |value: Option<&str>| value.map_or_else(|| "-".to_owned(), |value| format!("`{value}`"));
    match setting.ours {
        Some(ours) => format!("{}; new daemons: {}", word(setting.default), word(ours)),
        None => word(setting.default),
    }
}

fn when(setting: &Setting) -> &'static str {
    match (setting.readers, setting.change) {
        (Readers::C, _) => "at the start of ctdbd",
        (Readers::New, Change::AtRunTime) => "SIGHUP",
        (Readers::New, Change::AtStart) => "start",
        (Readers::Both, _) => "SIGHUP; C's: start",
    }
}

fn about(setting: &Setting) -> String {
    let mut text = setting.doc.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some(since) = setting.since {
        let _ = write!(text, " Since Samba 4.{since}.");
    }
    text
}

/// The reference page, in Markdown.
#[must_use]
pub fn reference() -> String {
    let mut out = String::from(
        "# Options\n\n<!-- Made from the table of the crate config: UPDATE=1 cargo test -p config page -->\n\n\
         [configuration.md](../configuration.md) says which file is whose. A new value holds after what the last column\n\
         names.\n",
    );
    let mut section = "";
    for setting in options() {
        if setting.section != section {
            section = setting.section;
            let named = if setting.named { " NAME" } else { "" };
            let _ = write!(out, "\n## [{section}{named}]\n\n");
            out += "| Option | Value | Default | Read by | What it does | New value |\n|---|---|---|---|---|---|\n";
        }
        let readers = match setting.readers {
            Readers::C => "ctdbd",
            Readers::New => "new daemons",
            Readers::Both => "both",
        };
        let row = [
            format!("`{}`", setting.name),
            kind(setting.value),
            default(setting),
            readers.to_owned(),
            about(setting),
            when(setting).to_owned(),
        ];
        let _ = writeln!(out, "| {} |", row.join(" | "));
    }
    out
}

/// A text as troff wants it.
fn troff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('`', "");
    if text.starts_with(['.', '\'']) { format!("\\&{text}") } else { text }
}

/// What the manual page says before the options.
const MANUAL_HEAD: &str = r#".TH ctdb\-conf.d 5  Configuration Tablecloth
.\" Made from the table of the crate config: UPDATE=1 cargo test \-p config page
.SH NAME
ctdb\-conf.d \- configuration of the new daemons
.SH SYNOPSIS
/etc/ctdb/ctdb.conf, /etc/ctdb/conf.d/*.conf
.SH DESCRIPTION
The new daemons read ctdb.conf as C's daemons do, and then the files of conf.d in the order of their names. Names that begin with a
dot or do not end in .conf do not count. What a later file says holds, option by option. Nothing of C reads conf.d.
.PP
A file has sections, and lines "option = value" in them. A line that begins with # is a comment. A \e at the end of a line goes on
in the next one. A time is a number with its unit: 500ms, 10s, 2min, 1h. Bytes are 4096, 64K, 1M.
.PP
\fBctdbctl config check\fR tells mistakes by file and line, and \fBctdbctl config show\fR says what holds. A new value holds after
SIGHUP to the daemon, or after its next start, as each option says.
"#;

/// What it says behind them.
const MANUAL_TAIL: &str = r#".SH EXAMPLES
.nf
# /etc/ctdb/conf.d/50\-tunnel.conf
[tunneld]
	peer timeout = 20s

# /etc/ctdb/conf.d/60\-web.conf
[service web]
	kind = systemd
	unit = nginx.service
	fail after = 3

[callback note]
	events = service.state.changed
	program = note
.fi
.SH "SEE ALSO"
ctdbctl(1), ctdb\-eventd(8), ctdb\-serviced(8), ctdb\-tunneld(8), ctdb.conf(5)
"#;

/// The manual page `ctdb-conf.d(5)`, in troff: every option that the new daemons read.
#[must_use]
pub fn manual() -> String {
    let mut out = MANUAL_HEAD.to_owned();
    let mut section = "";
    for setting in options().filter(|setting| setting.is_of_ours()) {
        if setting.section != section {
            section = setting.section;
            let named = if setting.named { " NAME" } else { "" };
            let _ = writeln!(out, ".SH \"OPTIONS OF [{section}{named}]\"");
        }
        let default = setting.default_of_ours().map_or_else(String::new, |value| format!("; else {value}"));
        let change = if setting.change == Change::AtStart { "next start" } else { "SIGHUP" };
        let _ = writeln!(
            out,
            ".TP\n\\fB{}\\fR ({}{})",
            troff(setting.name),
            troff(&kind(setting.value)),
            troff(&default)
        );
        let _ = writeln!(out, "{} New value: {change}.", troff(&about(setting)));
    }
    out + MANUAL_TAIL
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    #[test]
    fn the_published_pages_are_those_of_the_table() {
        for (name, text) in [("generated/configuration.md", reference()), ("man/ctdb-conf.d.5", manual())] {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(name);
            if std::env::var_os("UPDATE").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let there = std::fs::read_to_string(&path).unwrap_or_default();
            assert!(there == text, "{} is stale: UPDATE=1 cargo test -p config page", path.display());
        }
    }
}
