//! Recordings as text for people: counts, checks and comparisons.
//!
//! The line that `capture check` ends with is also read by scripts: its words stay as they are.

use std::fmt::Write;

use crate::commands::Shown;
use crate::commands::capture::check::{Checked, Numbers};
use crate::commands::capture::diff::{Diff, Place};
use crate::commands::capture::record::Recorded;
use crate::commands::capture::replay::Replayed;
use crate::commands::capture::stats::Stats;
use crate::error::one_line;
use crate::exit::Exit;
use crate::render::table::{facts, table};

fn numbers(numbers: Numbers) -> String {
    let Numbers { pdus, decoded, identical, unknown, unpaired } = numbers;
    let unpaired = if unpaired > 0 { format!(" unpaired={unpaired}") } else { String::new() };
    format!("pdus={pdus} decoded={decoded} identical={identical} unknown={unknown}{unpaired}")
}

fn lines(lines: impl IntoIterator<Item = String>) -> String {
    lines.into_iter().fold(String::new(), |text, line| text + &one_line(&line) + "\n")
}

/// What of a recording could not be read.
fn remarks(remarks: &[String]) -> String {
    lines(remarks.iter().map(|text| format!("({text})")))
}

fn checked(checked: &Checked) -> String {
    let files = checked.files.iter().flat_map(|file| {
        let head = format!("{}: {}", file.file, numbers(file.numbers));
        let more = file.findings.iter().chain(&file.remarks).map(|text| format!("  {text}"));
        std::iter::once(head).chain(more)
    });
    lines(files) + &format!("total: {}\n", numbers(checked.total))
}

fn stats(stats: &Stats) -> String {
    let rows = stats.kinds.iter().map(|kind| {
        let mut row = vec![
            kind.operation.clone(),
            kind.name.clone(),
            kind.packets.to_string(),
            kind.bytes.to_string(),
            kind.failed.to_string(),
            kind.unanswered.to_string(),
        ];
        let times = kind.latency_us.as_ref().map(|t| [t.min, t.median, t.p90, t.p99, t.max]);
        row.extend(times.map_or_else(|| vec![String::new(); 5], |t| t.map(|us| us.to_string()).to_vec()));
        row
    });
    let columns = [
        ("OPERATION", false),
        ("NAME", false),
        ("PACKETS", true),
        ("BYTES", true),
        ("FAILED", true),
        ("UNANSWERED", true),
        ("MIN us", true),
        ("MEDIAN", true),
        ("P90", true),
        ("P99", true),
        ("MAX", true),
    ];
    let total = format!("{} packets, {} bytes, {:.3} s", stats.packets, stats.bytes, stats.seconds);
    format!("{}\n{total}\n{}", table(&columns, rows), remarks(&stats.remarks))
}

fn places(places: &[Place]) -> impl Iterator<Item = String> {
    places.iter().map(|place| format!("  {}: {} -> {}", place.path, place.left, place.right))
}

fn diff(diff: &Diff) -> String {
    let answers = diff.answers.iter().flat_map(|answer| {
        let head = format!("{} to {}", answer.question, answer.dest);
        std::iter::once(head).chain(places(&answer.differences))
    });
    let mut text = lines(answers);
    if !diff.counts.is_empty() {
        let rows = diff.counts.iter().map(|c| vec![c.kind.clone(), c.left.to_string(), c.right.to_string()]);
        text += &table(&[("PACKETS", false), ("A", true), ("B", true)], rows);
        text += "\n";
    }
    // Writing to a string does not fail.
    let _ =
        writeln!(text, "{} questions in both, {} with another answer", diff.questions, diff.answers.len());
    text + &remarks(&diff.remarks)
}

fn recorded(recorded: &Recorded) -> String {
    let mut rows = vec![
        ("File", recorded.file.clone()),
        ("Clients", recorded.clients.to_string()),
        ("Packets", format!("{}, {} bytes", recorded.packets, recorded.bytes)),
    ];
    if recorded.not_recorded > 0 {
        rows.push(("Not recorded", format!("{} bytes that are no packets", recorded.not_recorded)));
    }
    facts(&rows)
}

fn replayed(replayed: &Replayed) -> String {
    let different = replayed.different.iter().flat_map(|other| {
        let head = format!("packet {}, {}", other.packet, other.question);
        let error = other.error.iter().map(|error| format!("  {error}"));
        std::iter::once(head).chain(error).chain(places(&other.differences)).collect::<Vec<_>>()
    });
    let mut rows = vec![
        ("Clients", replayed.clients.to_string()),
        ("Requests", replayed.requests.to_string()),
        (
            "Answers",
            format!(
                "{}: {} the same, {} with expected differences, {} with others",
                replayed.answers,
                replayed.same,
                replayed.explained,
                replayed.different.len()
            ),
        ),
        ("Settled", format!("{} answers were the recorded ones only when asked again", replayed.settled)),
        ("Messages", format!("{} in the recording, not waited for", replayed.messages)),
    ];
    rows.extend(
        replayed
            .expected
            .iter()
            .map(|reason| ("Expected", format!("{} times: {}", reason.places, reason.why))),
    );
    lines(different) + &facts(&rows) + &remarks(&replayed.remarks)
}

macro_rules! shown {
    ($($answer:ty: $table:path $(, $exit:path)?;)+) => { $(
        impl Shown for $answer {
            fn table(&self) -> String {
                $table(self)
            }
            $(
                fn exit(&self) -> Exit {
                    $exit(self)
                }
            )?
        }
    )+ };
}

shown! {
    Checked: checked, Checked::status;
    Stats: stats;
    Diff: diff, Diff::status;
    Recorded: recorded;
    Replayed: replayed, Replayed::status;
}
