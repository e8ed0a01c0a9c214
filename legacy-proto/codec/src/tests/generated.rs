//! The pages in `docs/generated` that come from the tables.
//!
//! A page that differs from its table fails here. To write the pages again: `UPDATE=1 cargo test -p legacy-codec
//! generated`. Nobody edits them.

use std::fmt::Write as _;
use std::path::Path;

use crate::*;

const NOTE: &str =
    "<!-- Made from the tables of legacy-codec: UPDATE=1 cargo test -p legacy-codec generated -->\n";

fn versions(since: u16, until: Option<u16>) -> String {
    match (since, until) {
        (8, None) => "all".into(),
        (since, None) => format!("4.{since} -"),
        (_, Some(until)) if until < 8 => "before 4.8".into(),
        (8, Some(until)) => format!("- 4.{until}"),
        (since, Some(until)) => format!("4.{since} - 4.{until}"),
    }
}

fn part(&(place, ty): &Part) -> String {
    match (place, ty) {
        (_, "()") => "-".into(),
        ("Data", ty) => format!("`{ty}`"),
        (place, ty) => format!("`{ty}` in the {}", place.to_lowercase()),
    }
}

fn controls() -> String {
    let live = CONTROLS.iter().filter(|row| row.is_live()).count();
    let mut out = format!(
        "# Controls\n\n{NOTE}\n\
         {} numbers, {live} of them answered by a ctdbd of Samba 4.8 to 4.25. The others are answered with status -1.\n\
         Arguments and replies travel in the data unless something else is said; types are those of `legacy-codec`.\n\n\
         | Number | Name | Argument | Reply | Samba | What it does |\n|---:|---|---|---|---|---|\n",
        CONTROLS.len()
    );
    for row in CONTROLS {
        let argument = row.argument.iter().map(part).collect::<Vec<_>>().join(", ");
        let reply = row.reply.as_ref().map(part).unwrap_or_default();
        let versions = versions(row.since, row.until);
        writeln!(
            out,
            "| {} | {} | {argument} | {reply} | {versions} | {} |",
            row.opcode, row.c_name, row.doc
        )
        .unwrap();
    }
    out
}

fn messages() -> String {
    let mut out = format!(
        "# Messages\n\n{NOTE}\n\
         A message goes to whoever registered its srvid on the nodes it is sent to. A range belongs to its owner, down to \
         the payload.\n\n\
         | Srvid | Name | Payload | Samba | What it tells |\n|---|---|---|---|---|\n"
    );
    let mut rows: Vec<_> = MESSAGES.iter().collect();
    rows.sort_by_key(|row| (row.srvid, row.mask));
    for row in rows {
        let srvid = if row.is_range() {
            let digits = row.mask.count_ones() as usize / 4;
            format!("{}{}", &format!("{:016X}", row.srvid.0)[..digits], "x".repeat(16 - digits))
        } else {
            format!("{:016X}", row.srvid.0)
        };
        let payload = part(&("Data", row.payload));
        let versions = versions(row.since, row.until);
        writeln!(out, "| `{srvid}` | {} | {payload} | {versions} | {} |", row.c_name, row.doc).unwrap();
    }
    out
}

#[test]
#[allow(
    clippy::disallowed_methods,
    reason = "whether pages are compared or written is asked of the environment"
)]
fn the_generated_pages_are_those_of_the_tables() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/generated");
    for (name, page) in [("controls.md", controls()), ("messages.md", messages())] {
        let path = folder.join(name);
        if std::env::var("UPDATE").is_ok() {
            std::fs::create_dir_all(&folder).unwrap();
            std::fs::write(&path, &page).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert!(found == page, "{name} is stale: UPDATE=1 cargo test -p legacy-codec generated");
    }
}
