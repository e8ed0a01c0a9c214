//! Made-up values: their bytes and their JSON, worked out from the definitions alone.
//!
//! A second reading of RFC 4506 beside the one in `protocol::xdr`, for tests: it shares no code with the generated
//! types. Bytes decide every choice, so a shorter or smaller input gives a smaller value; nothing is random here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::ast::{Body, Item, Kind, Schema, Type, Union};
use crate::names::member;

/// A value of some type.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    /// In XDR.
    pub bytes: Vec<u8>,
    /// As the JSON door shows it.
    pub json: Value,
}

/// A value of the type `name`, or none when there is no such type. `choices` are used up one after the other; behind
/// their end every choice is the smallest.
#[must_use]
pub fn sample(schema: &Schema, name: &str, choices: &[u8]) -> Option<Sample> {
    let (_, item) = schema.find(name).filter(|(_, item)| item.is_type())?;
    let mut maker = Maker { schema, choices, bytes: Vec::new(), deep: 0 };
    let json = maker.item(item);
    Some(Sample { bytes: maker.bytes, json })
}

/// How deep values that hold themselves are made.
const DEEP: usize = 5;

/// Lists and opaque data are filled up to their bound when it is at most this.
const FULL: u32 = 300;

struct Maker<'a> {
    schema: &'a Schema,
    choices: &'a [u8],
    bytes: Vec<u8>,
    deep: usize,
}

impl Maker<'_> {
    fn choice(&mut self) -> u8 {
        let Some((first, rest)) = self.choices.split_first() else { return 0 };
        self.choices = rest;
        *first
    }

    fn number(&mut self) -> u64 {
        let words: [u64; 8] =
            [0, 1, 0x7FFF_FFFF, 0x8000_0000, 0xFFFF_FFFF, 0x7FFF_FFFF_FFFF_FFFF, 1 << 63, u64::MAX];
        match self.choice() {
            n @ 0..=127 => words[usize::from(n % 8)],
            _ => (0..8).fold(0, |n, _| n << 8 | u64::from(self.choice())),
        }
    }

    fn word(&mut self) -> u32 {
        let bytes = self.number().to_be_bytes();
        u32::from_be_bytes([bytes[4], bytes[5], bytes[6], bytes[7]])
    }

    fn put(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(bytes);
    }

    fn put_word(&mut self, n: u32) {
        self.put(&n.to_be_bytes());
    }

    fn put_padded(&mut self, data: &[u8]) {
        self.put(data);
        while !self.bytes.len().is_multiple_of(4) {
            self.bytes.push(0);
        }
    }

    /// A length up to `max`: often none, one or all.
    fn length(&mut self, max: u32) -> u32 {
        match self.choice() {
            0..=31 => 0,
            32..=63 => 1.min(max),
            64..=95 if max <= FULL => max,
            n => u32::from(n % 12).min(max),
        }
    }

    fn data(&mut self, len: u32) -> Vec<u8> {
        (0..len).map(|_| self.choice()).collect()
    }

    fn text(&mut self, max: u32) -> String {
        let chars = ['a', '"', '\\', '\n', '\u{1}', '\u{7f}', 'ß', '€', '🐙', '/', '-', '9'];
        let wanted = self.length(max);
        let mut text = String::new();
        for _ in 0..wanted {
            let c = chars[usize::from(self.choice()) % chars.len()];
            if text.len() + c.len_utf8() <= usize::try_from(wanted).unwrap_or(0) {
                text.push(c);
            }
        }
        text
    }

    fn plain(&mut self, t: &Type) -> Value {
        match t {
            Type::Int => {
                let n = self.word();
                self.put_word(n);
                json!(n.cast_signed())
            }
            Type::Uint => {
                let n = self.word();
                self.put_word(n);
                json!(n)
            }
            Type::Hyper => {
                let n = self.number();
                self.put(&n.to_be_bytes());
                json!(n.cast_signed())
            }
            Type::Uhyper => {
                let n = self.number();
                self.put(&n.to_be_bytes());
                json!(n)
            }
            Type::Float => {
                // Few digits, so that all languages print the same.
                let n = f32::from(i16::from_be_bytes([self.choice(), self.choice()])) / 4.0;
                self.put(&n.to_be_bytes());
                json!(f64::from(n))
            }
            Type::Double => {
                let n = f64::from(i16::from_be_bytes([self.choice(), self.choice()])) / 4.0;
                self.put(&n.to_be_bytes());
                json!(n)
            }
            Type::Bool => {
                let b = self.choice() % 2 == 1;
                self.put_word(b.into());
                json!(b)
            }
            Type::Named(name) => match self.schema.find(name) {
                Some((_, item)) => {
                    let recursive = self.schema.is_recursive(item);
                    self.deep += usize::from(recursive);
                    let value = self.item(item);
                    self.deep -= usize::from(recursive);
                    value
                }
                None => Value::Null,
            },
        }
    }

    /// True when a value of this type should be left out, so that there is an end.
    fn is_too_deep(&self, t: &Type) -> bool {
        let Type::Named(name) = t else { return false };
        self.deep >= DEEP && self.schema.find(name).is_some_and(|(_, item)| self.schema.is_recursive(item))
    }

    fn kind(&mut self, kind: &Kind) -> Value {
        match kind {
            Kind::Void => Value::Null,
            Kind::Plain(t) => self.plain(t),
            Kind::Optional(t) => {
                let there = self.choice() % 2 == 1 && !self.is_too_deep(t);
                self.put_word(there.into());
                if there { self.plain(t) } else { Value::Null }
            }
            Kind::Array(t, n) => (0..*n).map(|_| self.plain(t)).collect(),
            Kind::List(t, max) => {
                let len = if self.is_too_deep(t) { 0 } else { self.length(*max) };
                self.put_word(len);
                (0..len).map(|_| self.plain(t)).collect()
            }
            Kind::Fixed(n) => {
                let data = self.data(*n);
                self.put_padded(&data);
                json!(STANDARD.encode(data))
            }
            Kind::Opaque(max) => {
                let len = self.length(*max);
                let data = self.data(len);
                self.put_word(len);
                self.put_padded(&data);
                json!(STANDARD.encode(data))
            }
            Kind::Text(max) => {
                let text = self.text(*max);
                self.put_word(u32::try_from(text.len()).unwrap_or(0));
                self.put_padded(text.as_bytes());
                json!(text)
            }
            Kind::Held(None, _) => {
                self.put_word(0);
                Value::Null
            }
            Kind::Held(Some(t), max) => self.held(t, *max),
        }
    }

    fn held(&mut self, t: &Type, max: u32) -> Value {
        let at = self.bytes.len();
        self.put_word(0);
        let mut value = self.plain(t);
        if self.bytes.len() - at - 4 > usize::try_from(max).unwrap_or(usize::MAX) {
            // Too large for its place: the smallest instead.
            self.bytes.truncate(at + 4);
            let choices = std::mem::take(&mut self.choices);
            value = self.plain(t);
            self.choices = choices;
        }
        let len = u32::try_from(self.bytes.len() - at - 4).unwrap_or(0);
        self.bytes[at..at + 4].copy_from_slice(&len.to_be_bytes());
        value
    }

    fn item(&mut self, item: &Item) -> Value {
        match &item.body {
            Body::Const(_) => Value::Null,
            Body::Typedef(kind) => self.kind(kind),
            Body::Enum(_) => {
                let value = self.enum_value(item);
                self.put(&value.to_be_bytes());
                enum_json(item, value)
            }
            Body::Struct(fields) => {
                let mut object = Map::new();
                for field in fields {
                    let value = self.kind(&field.kind);
                    object.insert(field.name.clone(), value);
                }
                Value::Object(object)
            }
            Body::Union(union) => self.union(union),
        }
    }

    fn enum_value(&mut self, item: &Item) -> i32 {
        let Body::Enum(members) = &item.body else { return 0 };
        match usize::from(self.choice()) {
            n @ 0..=199 => members.get(n % members.len()).map_or(0, |m| m.value),
            _ => self.word().cast_signed(),
        }
    }

    fn union(&mut self, union: &Union) -> Value {
        let choice = usize::from(self.choice());
        let shallow = |arm: &&crate::ast::Arm| !arm.field.kind.inner().is_some_and(|t| self.is_too_deep(t));
        let arms: Vec<&crate::ast::Arm> = union.arms.iter().filter(shallow).collect();
        if let Some(field) = &union.default
            && (arms.is_empty() || choice >= 200)
            && let Some((value, tag)) = self.unknown(union)
        {
            self.put(&value.to_be_bytes());
            let inner = self.kind(&field.kind);
            let mut object = Map::from_iter([(union.tag.clone(), tag)]);
            if field.kind != Kind::Void {
                object.insert(field.name.clone(), inner);
            }
            return json!({ union.tag.as_str(): "other", "value": object });
        }
        let Some(arm) = arms.get(choice % arms.len().max(1)).copied().or(union.arms.first()) else {
            return Value::Null;
        };
        // The low half of the number, as the wire has it.
        self.put(&arm.value.to_be_bytes()[4..]);
        let inner = self.kind(&arm.field.kind);
        let word = arm.case.to_lowercase();
        match arm.field.kind {
            Kind::Void | Kind::Held(None, _) => json!({ union.tag.as_str(): word }),
            _ => json!({ union.tag.as_str(): word, "value": inner }),
        }
    }

    /// A discriminant without an arm: its word on the wire, and its JSON.
    fn unknown(&mut self, union: &Union) -> Option<(u32, Value)> {
        let first = self.word();
        for step in 0..=u32::try_from(union.arms.len()).unwrap_or(0) {
            let value = match union.tag_type {
                Type::Bool => step % 2,
                _ => first.wrapping_add(step),
            };
            let (number, tag) = match &union.tag_type {
                Type::Bool => (value.into(), json!(value == 1)),
                Type::Uint => (i64::from(value), json!(value)),
                Type::Named(name) => {
                    let (_, item) = self.schema.find(name)?;
                    (value.cast_signed().into(), enum_json(item, value.cast_signed()))
                }
                _ => (value.cast_signed().into(), json!(value.cast_signed())),
            };
            if union.arms.iter().all(|arm| arm.value != number) {
                return Some((value, tag));
            }
        }
        None
    }
}

fn enum_json(item: &Item, value: i32) -> Value {
    let Body::Enum(members) = &item.body else { return json!(value) };
    match members.iter().find(|m| m.value == value) {
        Some(m) => json!(member(&item.name, &m.name).to_lowercase()),
        None => json!(value),
    }
}
