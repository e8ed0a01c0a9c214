//! Tables for people: aligned columns, no frames, the same on a terminal and in a pipe.
//!
//! Not meant to be parsed; scripts take JSON. States are written as `ctdb status` writes them. A table grows with what is
//! in it and not with its widest cell: only the last column, behind which nothing has to be aligned, may be wide.

use std::fmt::Write;
use std::io;

use unicode_width::UnicodeWidthStr;

use crate::error::one_line;

/// Characters of a cell that is not in the last column. More are cut off and the cut is marked; JSON has all.
const WIDEST: usize = 160;

const CUT: &str = "...";
const GAP: &str = "  ";

/// A column: its title, and whether it holds numbers.
pub(crate) type Column = (&'static str, bool);

pub(crate) fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let rows: Vec<_> = rows.into_iter().collect();
    let mut text = String::new();
    // Writing to a string does not fail.
    let _ = each_line(
        columns,
        || rows.iter(),
        |line| {
            text.push_str(line);
            Ok(())
        },
    );
    text
}

/// Hands out a table line by line, each with its newline. The rows are made twice, once for their widths, so that nobody
/// keeps their text.
pub(crate) fn each_line<R: AsRef<[String]>, I: Iterator<Item = R>>(
    columns: &[Column],
    rows: impl Fn() -> I,
    mut take: impl FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let last = columns.len().saturating_sub(1);
    // A number stands at the right also in the last column, and is not long.
    let is_free = |index| index == last && columns.get(index).is_none_or(|(_, number)| !number);
    let shown = |index, cell: &str| if is_free(index) { one_line(cell) } else { shortened(cell) };
    let mut widths: Vec<usize> = columns.iter().map(|(title, _)| title.width()).collect();
    for row in rows() {
        for (index, (width, cell)) in widths.iter_mut().zip(row.as_ref()).enumerate() {
            if !is_free(index) {
                *width = (*width).max(shortened(cell).width());
            }
        }
    }
    let mut line = String::new();
    let mut write = |cells: &mut dyn Iterator<Item = String>| {
        line.clear();
        for ((cell, (_, number)), width) in cells.zip(columns).zip(&widths) {
            let space = width.saturating_sub(cell.width());
            let (before, behind) = if *number { (space, 0) } else { (0, space) };
            // Writing to a string does not fail.
            let _ = write!(line, "{:before$}{cell}{:behind$}{GAP}", "", "");
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        take(&line)
    };
    write(&mut columns.iter().map(|(title, _)| (*title).to_owned()))?;
    for row in rows() {
        write(&mut row.as_ref().iter().enumerate().map(|(index, cell)| shown(index, cell)))?;
    }
    Ok(())
}

/// A cell on one line of at most so many characters as may be, the mark of the cut included.
fn shortened(cell: &str) -> String {
    match cell.char_indices().nth(WIDEST) {
        Some(_) => one_line(&cell.chars().take(WIDEST - CUT.len()).collect::<String>()) + CUT,
        None => one_line(cell),
    }
}

/// Lines of a name and a value, aligned.
pub(crate) fn facts(facts: &[(&str, String)]) -> String {
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().fold(String::new(), |mut text, (name, value)| {
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name:width$}  {}", one_line(value));
        text
    })
}

pub(crate) fn or_dash<T: ToString>(value: Option<T>) -> String {
    value.map_or_else(|| "-".into(), |value| value.to_string())
}

pub(crate) fn here(this_node: bool) -> String {
    if this_node { "(this node)".into() } else { String::new() }
}

/// Microseconds as milliseconds.
pub(crate) fn milliseconds(us: u64) -> String {
    format!("{}.{:03} ms", us / 1000, us % 1000)
}

/// Milliseconds as a time of the size that people think in.
pub(crate) fn span(ms: u64) -> String {
    let seconds = ms / 1000;
    match seconds {
        0..60 => format!("{seconds}.{} s", ms % 1000 / 100),
        60..3600 => format!("{} min {} s", seconds / 60, seconds % 60),
        3600..86_400 => format!("{} h {} min", seconds / 3600, seconds / 60 % 60),
        _ => format!("{} d {} h", seconds / 86_400, seconds / 3600 % 24),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 3] = [("NAME", false), ("COUNT", true), ("TEXT", false)];

    fn row(name: &str, count: u32, text: &str) -> Vec<String> {
        vec![name.into(), count.to_string(), text.into()]
    }

    #[test]
    fn columns_are_aligned_and_the_last_one_is_as_it_is() {
        let shown = table(&COLUMNS, [row("a", 7, "x  y"), row("longer", 1234, "")]);
        assert_eq!(shown, "NAME    COUNT  TEXT\na           7  x  y\nlonger   1234\n");
        let numbers = table(&COLUMNS[..2], [row("\u{4E16}", 7, "")[..2].to_vec()]);
        assert_eq!(numbers, "NAME  COUNT\n\u{4E16}        7\n");
        assert_eq!(table(&COLUMNS[..1], [vec!["b\nc".into()]]), "NAME\nb c\n");
        assert_eq!(table(&[], []), "\n");
    }

    #[test]
    fn a_table_grows_with_what_is_in_it_and_not_with_its_widest_cell() {
        let wide = "w".repeat(200_000);
        let small = (0..2000).map(|n| row("key", n, "x"));
        let last = table(&COLUMNS, small.clone().chain([row("key", 1, &wide)]));
        assert!(last.len() < 200_000 + 2001 * 40, "{} bytes", last.len());
        assert!(last.contains(&wide), "the last column has all");
        let first = table(&COLUMNS, small.chain([row(&wide, 1, "x")]));
        assert!(first.len() < 2002 * 200, "{} bytes", first.len());
        assert!(first.contains("www...  "));
    }
}
