//! An older `ctdb.conf` or `ctdb.tunables` as one of today: old names become new ones, what is unknown becomes a comment.
//!
//! Names that changed: `cluster lock` was `recovery lock` before Samba 4.16, `leader capability` in `[cluster]` was
//! `recmaster capability` in `[legacy]`.

use crate::document::{Document, Kind, Role};
use crate::files::{NAMES, whole};
use crate::finding::Finding;
use crate::host::Anywhere;
use crate::judge::judge;
use crate::registry::{find, has_section};

/// Section and name.
type Place = (&'static str, &'static str);

/// Before and today.
const RENAMED: &[(Place, Place)] = &[
    (("cluster", "recovery lock"), ("cluster", "cluster lock")),
    (("legacy", "recmaster capability"), ("cluster", "leader capability")),
];

/// What is to be done with an entry.
enum Verdict {
    Keep,
    /// It stays, and something is to be said about it.
    Tell(Finding),
    Comment(Finding),
    Rename(Place, String, Finding),
    /// The heading before it is told already.
    CommentQuietly,
}

fn verdict(section: Option<&str>, line: usize, kind: &Kind) -> Verdict {
    match kind {
        Kind::Broken(why) => {
            let text = format!(
                "{why}: C took nothing from the whole file; the line is a comment now and the rest holds"
            );
            Verdict::Comment(Finding::error(line, text))
        }
        Kind::Words(words) => {
            Verdict::Comment(Finding::warning(line, format!("'{words}' has no '='; it is a comment now")))
        }
        Kind::Section(name) if has_section(name) => Verdict::Keep,
        Kind::Section(name) => {
            let text =
                format!("there is no section [{name}]; it is a comment now, with all that stands in it");
            Verdict::Comment(Finding::warning(line, text))
        }
        Kind::Option { name, value } => {
            let Some(section) = section else {
                let text = format!("'{name}' stands before any section; it is a comment now");
                return Verdict::Comment(Finding::warning(line, text));
            };
            let same = |(s, n): (&str, &str)| s.eq_ignore_ascii_case(section) && n == name;
            if let Some((_, to)) = RENAMED.iter().find(|(from, _)| same(*from)) {
                let text = format!("'{name}' is '{}' in [{}] today", to.1, to.0);
                return Verdict::Rename(*to, value.clone(), Finding::warning(line, text));
            }
            match find(section, name) {
                Some(setting) => match judge(setting.value, value, Role::Main, &Anywhere::default()) {
                    // It is in today's form; whoever wrote it says what is right.
                    Err(why) if !value.is_empty() => {
                        Verdict::Tell(Finding::error(line, format!("'{name}' cannot be '{value}': {why}")))
                    }
                    _ => Verdict::Keep,
                },
                None if has_section(section) => {
                    let text = format!("there is no option '{name}' in [{section}]; it is a comment now");
                    Verdict::Comment(Finding::warning(line, text))
                }
                None => Verdict::CommentQuietly,
            }
        }
    }
}

/// Brings a `ctdb.conf` up to date; what was changed.
pub(super) fn renew(document: &mut Document) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut gone = Vec::new();
    let mut renamed = Vec::new();
    let mut section: Option<&str> = None;
    for entry in document.entries() {
        if let Kind::Section(name) = &entry.kind {
            section = Some(name);
        }
        match verdict(section, entry.line, &entry.kind) {
            Verdict::Keep => continue,
            Verdict::Tell(finding) => {
                found.push(finding);
                continue;
            }
            Verdict::CommentQuietly => {}
            Verdict::Comment(finding) => found.push(finding),
            Verdict::Rename(to, value, finding) => {
                found.push(finding);
                renamed.push((to, value));
            }
        }
        gone.extend(entry.line..=entry.last);
    }
    document.comment_out(gone);
    for ((section, name), value) in renamed.into_iter().rev() {
        // Of several that mean the same the last one counts, and today's name goes before the old one.
        if !value.is_empty() && document.get(section, name).is_none() {
            document.set(section, name, &value);
        }
    }
    found
}

/// Brings a `ctdb.tunables` up to date; what was changed.
pub(super) fn renew_tunables(document: &mut Document) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut gone = Vec::new();
    for entry in document.entries() {
        let why = match &entry.kind {
            Kind::Option { name, value } => {
                match NAMES.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)) {
                    Some((_, false)) => {
                        if whole(value).is_none() {
                            let message = format!("'{name}' cannot be '{value}': write a number");
                            found.push(Finding::error(entry.line, message));
                        }
                        continue;
                    }
                    Some((known, true)) => format!("the tunable {known} is gone without a successor"),
                    None => format!("there is no tunable {name}"),
                }
            }
            Kind::Section(name) => format!("[{name}]: there are no sections here"),
            Kind::Words(words) => format!("'{words}' has no value"),
            Kind::Broken(why) => (*why).to_owned(),
        };
        found.push(Finding::warning(entry.line, format!("{why}; it is a comment now")));
        gone.extend(entry.line..=entry.last);
    }
    document.comment_out(gone);
    found
}
