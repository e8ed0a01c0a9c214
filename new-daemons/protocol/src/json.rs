//! How values look in JSON: opaque data as base64, members of enums as lower-case words, unknown ones as numbers.
//!
//! Used by generated code through serde's attributes and [`xdr_enum!`](crate::xdr_enum). docs/protocol.md states the form.

use std::borrow::Cow;
use std::fmt;
use std::marker::PhantomData;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserializer, Visitor};

/// What an opaque is in a schema.
#[derive(Debug)]
pub struct Base64;

impl JsonSchema for Base64 {
    fn schema_name() -> Cow<'static, str> {
        "Base64".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "contentEncoding": "base64" })
    }
}

/// For `#[serde(with)]` on opaque data.
pub mod bytes {
    use base64::Engine as _;
    use serde::de::{Deserialize as _, Deserializer, Error};
    use serde::ser::Serializer;

    use super::STANDARD;

    /// As base64 with padding.
    pub fn serialize<T: AsRef<[u8]>, S: Serializer>(data: &T, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&STANDARD.encode(data))
    }

    /// From base64 with padding.
    pub fn deserialize<'de, T: TryFrom<Vec<u8>>, D: Deserializer<'de>>(from: D) -> Result<T, D::Error> {
        let text = String::deserialize(from)?;
        let data = super::decoded(&text).map_err(Error::custom)?;
        let len = data.len();
        T::try_from(data).map_err(|_| Error::custom(format_args!("an opaque of {len} bytes does not fit")))
    }
}

/// Opaque data as a value.
#[must_use]
pub fn opaque(data: &[u8]) -> serde_json::Value {
    serde_json::Value::String(STANDARD.encode(data))
}

fn decoded(text: &str) -> Result<Vec<u8>, base64::DecodeError> {
    STANDARD.decode(text)
}

/// Reads a word or a number.
struct Member<T, W, N>(W, N, PhantomData<T>);

impl<T, W, N> Visitor<'_> for Member<T, W, N>
where
    W: FnOnce(&str) -> Option<T>,
    N: FnOnce(i32) -> T,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a known word or a number of 32 bits")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<T, E> {
        (self.0)(word).ok_or_else(|| E::custom(format_args!("{word:?} is no known word")))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        i32::try_from(value).map(self.1).map_err(|_| E::custom("the number has more than 32 bits"))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        i32::try_from(value).map(self.1).map_err(|_| E::custom("the number has more than 32 bits"))
    }
}

/// A member of an enum from its word or its number.
pub fn member<'de, T, D: Deserializer<'de>>(
    from: D,
    word: impl FnOnce(&str) -> Option<T>,
    number: impl FnOnce(i32) -> T,
) -> Result<T, D::Error> {
    from.deserialize_any(Member(word, number, PhantomData))
}

/// The schema of an enum with these words.
#[must_use]
pub fn member_schema(words: &[&str]) -> Schema {
    json_schema!({
        "anyOf": [
            { "type": "string", "enum": words },
            { "type": "integer", "format": "int32", "description": "a value without a name" },
        ]
    })
}

/// Gives an enum of the generator its bytes, its JSON, its schema and its text.
#[macro_export]
#[doc(hidden)]
macro_rules! xdr_enum {
    ($name:ident) => {
        impl $name {
            /// The name of a value in JSON and in text.
            #[must_use]
            pub fn word(self) -> Option<&'static str> {
                Self::NAMED.iter().find(|(value, _)| *value == self).map(|(_, word)| *word)
            }

            /// The value of this name.
            #[must_use]
            pub fn from_word(word: &str) -> Option<Self> {
                Self::NAMED.iter().find(|(_, w)| *w == word).map(|(value, _)| *value)
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.word() {
                    Some(word) => f.write_str(word),
                    None => self.value().fmt(f),
                }
            }
        }

        impl $crate::xdr::Xdr for $name {
            const MIN_LEN: usize = 4;
            fn encode(&self, w: &mut $crate::xdr::Writer) -> Result<(), $crate::xdr::XdrError> {
                w.i32(self.value());
                Ok(())
            }
            fn decode(r: &mut $crate::xdr::Reader) -> Result<Self, $crate::xdr::XdrError> {
                r.i32(stringify!($name)).map(Self::from_value)
            }
            fn encoded_len(&self) -> usize {
                4
            }
        }

        impl ::serde::Serialize for $name {
            fn serialize<S: ::serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self.word() {
                    Some(word) => to.serialize_str(word),
                    None => to.serialize_i32(self.value()),
                }
            }
        }

        impl<'de> ::serde::Deserialize<'de> for $name {
            fn deserialize<D: ::serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::json::member(from, Self::from_word, Self::from_value)
            }
        }

        impl ::schemars::JsonSchema for $name {
            fn schema_name() -> ::std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                let words: Vec<&str> = Self::NAMED.iter().map(|(_, word)| *word).collect();
                $crate::json::member_schema(&words)
            }
        }
    };
}
