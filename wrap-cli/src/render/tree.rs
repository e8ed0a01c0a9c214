//! A decoded value for people and for scripts: an indented tree, or JSON.
//!
//! Bytes are shown as hexadecimal digits with their text beside them; in the tree only their beginning, in JSON all.
//! Nothing of a value reaches a terminal as a control character.

use std::fmt::Write;

use legacy_codec::Value;
use serde_json::{Map, Number, json};

use crate::error::one_line;

/// Bytes that the tree shows of one value.
const SHOWN: usize = 256;
const PER_LINE: usize = 16;

/// As an indented tree; every line ends with a newline.
pub(crate) fn text(value: &Value, depth: usize) -> String {
    let mut out = String::new();
    put(&mut out, "", value, depth);
    out
}

/// Bytes alone, as [`text`] shows them.
pub(crate) fn dump(bytes: &[u8], depth: usize) -> String {
    let shown = &bytes[..bytes.len().min(SHOWN)];
    let mut out = String::new();
    for (i, line) in shown.chunks(PER_LINE).enumerate() {
        let digits: Vec<_> = line.iter().map(|byte| format!("{byte:02x}")).collect();
        let chars: String = line
            .iter()
            .map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '.' })
            .collect();
        let (digits, width) = (digits.join(" "), 3 * PER_LINE);
        // Writing to a string does not fail.
        let _ = writeln!(out, "{}{:04x}  {digits:<width$} {chars}", indent(depth), i * PER_LINE);
    }
    if bytes.len() > SHOWN {
        let _ = writeln!(out, "{}... of {} bytes", indent(depth), bytes.len());
    }
    out
}

fn indent(depth: usize) -> String {
    "  ".repeat(depth)
}

fn put(out: &mut String, name: &str, value: &Value, depth: usize) {
    let lead = format!("{}{name}", indent(depth));
    let colon = if name.is_empty() { "" } else { ": " };
    let _ = match value {
        Value::Struct(members) => {
            let inner = if name.is_empty() { depth } else { depth + 1 };
            if !name.is_empty() {
                let _ = writeln!(out, "{lead}:");
            }
            for (name, member) in members {
                put(out, name, member, inner);
            }
            return;
        }
        Value::List(items) => {
            let _ = writeln!(out, "{lead}{colon}{} items", items.len());
            for (i, item) in items.iter().enumerate() {
                put(out, &format!("[{i}]"), item, depth + 1);
            }
            return;
        }
        Value::Bytes(bytes) if bytes.len() > PER_LINE => {
            let _ = writeln!(out, "{lead}{colon}{} bytes", bytes.len());
            out.push_str(&dump(bytes, depth + 1));
            return;
        }
        Value::Nothing if name.is_empty() => return,
        Value::Nothing => writeln!(out, "{lead}{colon}-"),
        Value::Named(number, known) => writeln!(out, "{lead}{colon}{number} ({})", one_line(known)),
        other => writeln!(out, "{lead}{colon}{}", one_line(&other.to_string())),
    };
}

/// As JSON: a number with a name is `{"value", "name"}`, bytes are `{"hex", "text"}`.
pub(crate) fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Nothing => serde_json::Value::Null,
        Value::Number(n) => number(*n),
        Value::Named(n, name) => json!({ "value": number(*n), "name": name }),
        Value::Text(text) => json!(text),
        Value::Bytes(bytes) => {
            let hex = bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
                let _ = write!(hex, "{byte:02x}");
                hex
            });
            let plain = bytes.strip_suffix(b"\0").unwrap_or(bytes);
            let is_control = |c: char| c.is_control() && !['\n', '\t'].contains(&c);
            let text = std::str::from_utf8(plain).ok().filter(|text| !text.chars().any(is_control));
            json!({ "hex": hex, "text": text })
        }
        Value::List(items) => items.iter().map(json).collect(),
        Value::Struct(members) => {
            let members = members.iter().map(|(name, member)| ((*name).to_owned(), json(member)));
            serde_json::Value::Object(members.collect::<Map<_, _>>())
        }
    }
}

/// Numbers of the wire fit 64 bits, with a sign or without.
fn number(n: i128) -> serde_json::Value {
    Number::from_i128(n).map_or_else(|| json!(n.to_string()), serde_json::Value::Number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use bytes::Bytes;

    fn sample() -> Value {
        let node = Value::Struct(vec![
            ("pnn", Value::Number(1)),
            ("flags", Value::Named(2, "UNHEALTHY".into())),
            ("name", Value::Bytes(Bytes::from_static(b"a\x1b\0"))),
        ]);
        Value::Struct(vec![
            ("nodes", Value::List(vec![node])),
            ("key", Value::Bytes(Bytes::from(vec![b'k'; 20]))),
            ("rsn", Value::Number(u64::MAX.into())),
            ("gone", Value::Nothing),
        ])
    }

    #[test]
    fn a_tree_has_a_line_for_each_member_and_no_control_characters() {
        let lines = "\
nodes: 1 items
  [0]:
    pnn: 1
    flags: 2 (UNHEALTHY)
    name: 611b00
key: 20 bytes
  0000  6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b 6b  kkkkkkkkkkkkkkkk
  0010  6b 6b 6b 6b                                      kkkk
rsn: 18446744073709551615
gone: -
";
        assert_eq!(text(&sample(), 0), lines);
    }

    #[test]
    fn json_keeps_every_number_and_all_bytes() {
        let json = json(&sample());
        assert_eq!(json["rsn"], u64::MAX);
        assert_eq!(json["nodes"][0]["flags"], json!({ "value": 2, "name": "UNHEALTHY" }));
        assert_eq!(json["nodes"][0]["name"], json!({ "hex": "611b00", "text": null }));
        assert_eq!(json["key"]["text"], "k".repeat(20));
    }

    #[test]
    fn long_bytes_are_cut_in_the_tree() {
        let dump = dump(&[0; 1000], 0);
        assert_eq!(dump.lines().count(), SHOWN / PER_LINE + 1);
        assert!(dump.ends_with("... of 1000 bytes\n"));
    }
}
