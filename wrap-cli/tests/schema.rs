//! What `capture show -o json` prints against its schema, which `ctdbctl schema` prints and docs/generated publishes.
//!
//! Checks the keywords that the schema uses and refuses any other, so that no condition of it is passed over. The
//! meaning is that of JSON Schema 2020-12; `format` is a remark there, and so it is here.

use std::path::{Path, PathBuf};

use crate::support::{finish, program};
use serde_json::{Value, json};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/generated/capture-show.schema.json");

fn printed() -> String {
    finish(program().args(["schema", "capture", "show"])).stdout
}

#[test]
fn the_published_schema_is_the_one_that_is_printed() {
    let printed = printed();
    if std::env::var_os("UPDATE").is_some() {
        std::fs::write(FILE, &printed).unwrap();
    }
    let published = std::fs::read_to_string(FILE).unwrap_or_default();
    assert!(published == printed, "{FILE} is stale: UPDATE=1 cargo test -p ctdbctl --test all schema::");
}

struct Schema(Value);

impl Schema {
    fn read() -> Self {
        Self(serde_json::from_str(&printed()).unwrap())
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        self.at(&self.0, value)
    }

    /// The first condition that a value does not meet.
    fn at(&self, schema: &Value, value: &Value) -> Result<(), String> {
        let conditions = schema.as_object().unwrap_or_else(|| panic!("{schema} is no schema"));
        conditions.iter().try_for_each(|(keyword, condition)| {
            self.meets(keyword, condition, conditions, value).map_err(|inner| {
                if inner.is_empty() { format!("{keyword} {condition}: {value}") } else { inner }
            })
        })
    }

    fn meets(
        &self,
        keyword: &str,
        condition: &Value,
        conditions: &serde_json::Map<String, Value>,
        value: &Value,
    ) -> Result<(), String> {
        let met = |met: bool| if met { Ok(()) } else { Err(String::new()) };
        match keyword {
            "$schema" | "$defs" | "title" | "description" | "format" => Ok(()),
            "$ref" => {
                let pointer = condition.as_str().unwrap().strip_prefix('#').unwrap();
                self.at(self.0.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}")), value)
            }
            "type" => met(match condition {
                Value::String(name) => is_of(value, name),
                names => names.as_array().unwrap().iter().any(|name| is_of(value, name.as_str().unwrap())),
            }),
            "const" => met(value == condition),
            "enum" => met(condition.as_array().unwrap().contains(value)),
            "minimum" => met(number(value).is_none_or(|n| n >= number(condition).unwrap())),
            "maximum" => met(number(value).is_none_or(|n| n <= number(condition).unwrap())),
            "anyOf" | "oneOf" => {
                let results = condition.as_array().unwrap().iter().map(|schema| self.at(schema, value));
                let (good, bad): (Vec<_>, Vec<_>) = results.partition(Result::is_ok);
                match good.len() {
                    1 => Ok(()),
                    2.. if keyword == "anyOf" => Ok(()),
                    0 => Err(bad.into_iter().filter_map(Result::err).collect::<Vec<_>>().join("; or ")),
                    _ => Err(String::new()),
                }
            }
            "items" => value.as_array().into_iter().flatten().try_for_each(|item| self.at(condition, item)),
            "required" => met(value.as_object().is_none_or(|object| {
                condition.as_array().unwrap().iter().all(|name| object.contains_key(name.as_str().unwrap()))
            })),
            "properties" => {
                let members = value.as_object().into_iter().flatten();
                members
                    .filter_map(|(name, member)| Some((condition.get(name)?, member)))
                    .try_for_each(|(schema, member)| self.at(schema, member))
            }
            "additionalProperties" => {
                let known = conditions.get("properties");
                let is_known = |name: &str| known.is_some_and(|known| known.get(name).is_some());
                let mut others = value.as_object().into_iter().flatten().filter(|(name, _)| !is_known(name));
                match condition {
                    Value::Bool(false) => met(others.next().is_none()),
                    schema => others.try_for_each(|(_, member)| self.at(schema, member)),
                }
            }
            other => panic!("the schema uses {other}, which is not checked here"),
        }
    }
}

fn is_of(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "integer" => value.is_i64() || value.is_u64(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("no type {other}"),
    }
}

fn number(value: &Value) -> Option<i128> {
    value.as_i64().map(i128::from).or_else(|| value.as_u64().map(i128::from))
}

fn recordings() -> Vec<PathBuf> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("../captures/data");
    let paths = std::fs::read_dir(data).unwrap().map(|entry| entry.unwrap().path());
    paths.filter(|path| path.extension().is_some_and(|ext| ext == "pcap" || ext == "pcapng")).collect()
}

#[test]
fn every_packet_of_the_corpus_is_shown_as_the_schema_says() {
    let schema = Schema::read();
    let (mut ctdbd, mut eventd) = (0, 0);
    for path in recordings() {
        let shown = finish(program().args(["capture", "show", "-o", "json"]).arg(&path));
        let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
        if let Err(why) = schema.check(&shown) {
            panic!("{}: {}", path.display(), why.chars().take(2000).collect::<String>());
        }
        for packet in shown["packets"].as_array().unwrap() {
            *(if packet["protocol"] == "eventd" { &mut eventd } else { &mut ctdbd }) += 1;
        }
    }
    println!("{ctdbd} packets of ctdbd, {eventd} of the event daemon");
    assert!(ctdbd > 15_000 && eventd > 60, "{ctdbd} {eventd}");
}

#[test]
fn packets_that_cannot_be_decoded_are_shown_as_the_schema_says_too() {
    let schema = Schema::read();
    let dir = tempfile::tempdir().unwrap();
    let mut broken = 0;
    for path in recordings() {
        let mut bytes = std::fs::read(&path).unwrap();
        // Lengths of data in packets of ctdbd, behind the magic word, and of texts in those of the event daemon.
        let starts = |mark: &[u8]| -> Vec<usize> {
            bytes.windows(mark.len()).enumerate().filter(|(_, at)| *at == mark).map(|(at, _)| at).collect()
        };
        let behind_magic = starts(b"BDTC\x01\0\0\0").into_iter().zip([32, 36, 52].into_iter().cycle());
        let lengths: Vec<_> = behind_magic
            .map(|(magic, offset)| magic + offset)
            .chain(starts(b"legacy\0").into_iter().map(|text| text - 4))
            .collect();
        for at in lengths {
            if let Some(length) = bytes.get_mut(at..at + 4) {
                length.fill(0xff);
            }
        }
        let damaged = dir.path().join("damaged");
        std::fs::write(&damaged, &bytes).unwrap();
        let shown = finish(program().args(["capture", "show", "-o", "jsonl"]).arg(&damaged));
        for line in shown.stdout.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let (packets, remarks) = match line.get("remarks") {
                Some(remarks) => (json!([]), remarks.clone()),
                None => (json!([line]), json!([])),
            };
            let shown = json!({ "packets": packets, "remarks": remarks });
            schema.check(&shown).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            broken += usize::from(!line["head"]["malformed"].is_null());
        }
    }
    println!("{broken} packets that cannot be decoded");
    assert!(broken > 1000, "{broken}");
}

#[test]
fn the_schema_refuses_what_is_never_printed() {
    let schema = Schema::read();
    let path = recordings().into_iter().find(|path| path.ends_with("events-4.17.12.pcapng")).unwrap();
    let shown = finish(program().args(["capture", "show", "-o", "json", "--until", "0"]).arg(&path));
    let good: Value = serde_json::from_str(&shown.stdout).unwrap();
    schema.check(&good).unwrap();
    let changes: [fn(&mut Value); 7] = [
        |packet| packet["protocol"] = "smb".into(),
        |packet| packet["protocol"] = "ctdb".into(),
        |packet| packet["operation"] = "REQ_CALL".into(),
        |packet| packet["packet"] = (-1).into(),
        |packet| packet["content"] = json!([1.5]),
        |packet| packet["more"] = Value::Null,
        |packet| drop(packet.as_object_mut().unwrap().remove("reqid")),
    ];
    for (i, change) in changes.iter().enumerate() {
        let mut bad = good.clone();
        change(&mut bad["packets"][0]);
        assert!(schema.check(&bad).is_err(), "change {i}: {bad}");
    }
    assert!(schema.check(&good["packets"]).is_err(), "a list has no place for remarks");
}
