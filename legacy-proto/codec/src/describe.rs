//! Any decoded value as a tree of names, numbers, texts and bytes, for whoever shows or compares it.
//!
//! `wire!` and the tables give every type its description, so nothing here knows a struct. A description is for reading:
//! it is never turned back into a value. Numbers that have a name carry both. Bytes stay slices of the packet.

use std::fmt;

use bytes::Bytes;

use crate::abi::Abi;
use crate::addr::SockAddr;
use crate::control::{Exists, InStatus};
use crate::prim::{CLong, CName};
use crate::text::{Prefixed, Text};
use crate::types::{DbStatistics, HotKey, RecBuffer, Record};

/// A value as a tree.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Carries nothing.
    Nothing,
    /// A number.
    Number(i128),
    /// A number and what it is called.
    Named(i128, String),
    /// A text.
    Text(String),
    /// Bytes that are not looked into.
    Bytes(Bytes),
    /// Values of one kind.
    List(Vec<Self>),
    /// Members with their names, in the order of the wire.
    Struct(Vec<(&'static str, Self)>),
}

impl Value {
    /// A number with its name, or without where the name is only the number again.
    #[must_use]
    pub fn named(number: &Self, name: String) -> Self {
        match number {
            Self::Number(n) | Self::Named(n, _) if n.to_string() != name => Self::Named(*n, name),
            number => number.clone(),
        }
    }

    /// The member of this name, when this is a struct that has one.
    #[must_use]
    pub fn member(&self, name: &str) -> Option<&Self> {
        match self {
            Self::Struct(members) => members.iter().find(|(known, _)| *known == name).map(|(_, value)| value),
            _ => None,
        }
    }

    /// The number, with or without a name.
    #[must_use]
    pub fn number(&self) -> Option<i128> {
        match self {
            Self::Number(n) | Self::Named(n, _) => Some(*n),
            _ => None,
        }
    }
}

/// Shows bytes as text where they are one, of one line or more.
struct Quoted<'a>(&'a [u8]);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.0.strip_suffix(b"\0").unwrap_or(self.0);
        match std::str::from_utf8(text) {
            Ok(text) if !text.is_empty() && !text.chars().any(is_control) => write!(f, "{text:?}"),
            _ => self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}")),
        }
    }
}

fn is_control(c: char) -> bool {
    c.is_control() && !['\n', '\t'].contains(&c)
}

impl fmt::Display for Value {
    /// On one line: `pnn=1 flags=0x2 (UNHEALTHY) addr=10.0.0.1`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => Ok(()),
            Self::Number(n) => write!(f, "{n}"),
            Self::Named(_, name) => f.write_str(name),
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Bytes(bytes) if bytes.is_empty() => f.write_str("-"),
            Self::Bytes(bytes) => Quoted(bytes).fmt(f),
            Self::List(items) => {
                f.write_str("[")?;
                for (i, item) in items.iter().enumerate() {
                    write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
                }
                f.write_str("]")
            }
            Self::Struct(members) => {
                for (i, (name, value)) in members.iter().enumerate() {
                    f.write_str(if i == 0 { "" } else { " " })?;
                    match value {
                        Self::Struct(_) => write!(f, "{name}={{{value}}}")?,
                        _ => write!(f, "{name}={value}")?,
                    }
                }
                Ok(())
            }
        }
    }
}

/// A value that can be shown as a tree.
pub trait Describe {
    /// The tree, as a sender of this machine type meant it.
    fn describe(&self, abi: Abi) -> Value;
}

macro_rules! numbers {
    ($($ty:ident)+) => { $(
        impl Describe for $ty {
            fn describe(&self, _: Abi) -> Value {
                Value::Number((*self).into())
            }
        }
    )+ };
}

numbers! { u8 u16 u32 u64 i32 i64 }

impl Describe for CLong {
    fn describe(&self, abi: Abi) -> Value {
        self.0.describe(abi)
    }
}

impl Describe for () {
    fn describe(&self, _: Abi) -> Value {
        Value::Nothing
    }
}

impl Describe for Bytes {
    fn describe(&self, _: Abi) -> Value {
        Value::Bytes(self.clone())
    }
}

impl<const N: usize> Describe for CName<N> {
    fn describe(&self, _: Abi) -> Value {
        Value::Text(self.to_string())
    }
}

impl Describe for SockAddr {
    fn describe(&self, _: Abi) -> Value {
        Value::Text(match self {
            Self::V4(a) => a.to_string(),
            Self::V6(a) => a.to_string(),
            Self::Other { .. } => self.to_string(),
        })
    }
}

impl Describe for Text {
    fn describe(&self, _: Abi) -> Value {
        Value::Bytes(self.raw().clone())
    }
}

impl Describe for Exists {
    fn describe(&self, _: Abi) -> Value {
        Value::Named(self.to_status().into(), if self.0 { "yes" } else { "no" }.into())
    }
}

impl Describe for Record {
    /// With the header at the start of the data, where there is room for one.
    fn describe(&self, abi: Abi) -> Value {
        let mut members = vec![("reqid", self.reqid.describe(abi)), ("key", self.key.describe(abi))];
        match self.split(abi) {
            Ok((header, data)) => {
                members.extend([("header", header.describe(abi)), ("data", data.describe(abi))])
            }
            Err(_) => members.push(("data", self.data.describe(abi))),
        }
        Value::Struct(members)
    }
}

impl Describe for RecBuffer {
    fn describe(&self, abi: Abi) -> Value {
        let records = self.records().map_while(Result::ok).map(|record| record.describe(abi));
        Value::Struct(vec![("db_id", self.db_id.describe(abi)), ("records", Value::List(records.collect()))])
    }
}

impl Describe for HotKey {
    fn describe(&self, abi: Abi) -> Value {
        Value::Struct(vec![("count", self.count.describe(abi)), ("key", self.key.describe(abi))])
    }
}

impl Describe for DbStatistics {
    fn describe(&self, abi: Abi) -> Value {
        Value::Struct(vec![
            ("locks", self.locks.describe(abi)),
            ("vacuum", self.vacuum.describe(abi)),
            ("ro_delegations", self.ro_delegations.describe(abi)),
            ("ro_revokes", self.ro_revokes.describe(abi)),
            ("hop_count_bucket", self.hop_count_bucket.describe(abi)),
            ("num_hot_keys", self.num_hot_keys.describe(abi)),
            ("hot_keys", self.hot_keys.describe(abi)),
        ])
    }
}

impl<T: Describe> Describe for Prefixed<T> {
    fn describe(&self, abi: Abi) -> Value {
        self.0.describe(abi)
    }
}

impl<A: Describe, B: Describe> Describe for (A, B) {
    fn describe(&self, abi: Abi) -> Value {
        Value::List(vec![self.0.describe(abi), self.1.describe(abi)])
    }
}

impl<T: Describe, const N: usize> Describe for [T; N] {
    fn describe(&self, abi: Abi) -> Value {
        Value::List(self.iter().map(|item| item.describe(abi)).collect())
    }
}

impl<T: Describe> Describe for Vec<T> {
    fn describe(&self, abi: Abi) -> Value {
        Value::List(self.iter().map(|item| item.describe(abi)).collect())
    }
}

impl<T: Describe> Describe for Option<T> {
    fn describe(&self, abi: Abi) -> Value {
        self.as_ref().map_or(Value::Nothing, |value| value.describe(abi))
    }
}

/// Finds the best description that a type has: its own, else its text.
///
/// Method calls look at the receiver's own type before they take a reference to it, so of the three traits below the
/// one with the fewest references wins.
pub(crate) struct Probe<'a, T>(pub(crate) &'a T);

pub(crate) trait ByTree {
    fn tree(&self, abi: Abi) -> Value;
}

impl<T: Describe> ByTree for Probe<'_, T> {
    fn tree(&self, abi: Abi) -> Value {
        self.0.describe(abi)
    }
}

pub(crate) trait ByDebug {
    fn tree(&self, abi: Abi) -> Value;
}

impl<T: fmt::Debug> ByDebug for &Probe<'_, T> {
    fn tree(&self, _: Abi) -> Value {
        Value::Text(format!("{:?}", self.0))
    }
}

/// The name of a value that is a number on the wire: what it prints as, else its `Debug` form without the type.
pub(crate) struct NameOf<'a, T>(pub(crate) &'a T);

pub(crate) trait ByDisplay {
    fn name(&self) -> String;
}

impl<T: fmt::Display> ByDisplay for NameOf<'_, T> {
    fn name(&self) -> String {
        self.0.to_string()
    }
}

pub(crate) trait ByDebugName {
    fn name(&self) -> String;
}

impl<T: fmt::Debug> ByDebugName for &NameOf<'_, T> {
    fn name(&self) -> String {
        let text = format!("{:?}", self.0);
        let inner = text.split_once('(').and_then(|(_, rest)| rest.strip_suffix(')'));
        inner.unwrap_or(&text).to_owned()
    }
}

/// The tree of any expression.
macro_rules! describe {
    ($value:expr, $abi:expr) => {{
        #[allow(unused_imports)]
        use $crate::describe::{ByDebug as _, ByTree as _};
        (&$crate::describe::Probe($value)).tree($abi)
    }};
}

/// The name of any number.
macro_rules! name_of {
    ($value:expr) => {{
        #[allow(unused_imports)]
        use $crate::describe::{ByDebugName as _, ByDisplay as _};
        (&$crate::describe::NameOf($value)).name()
    }};
}

pub(crate) use {describe, name_of};

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Generation, NodeAndFlags, NodeFlags, NodeMap, Pnn, RunState};

    #[test]
    fn a_list_of_structs_is_described_member_by_member() {
        let node = NodeAndFlags {
            pnn: Pnn(1),
            flags: NodeFlags::UNHEALTHY | NodeFlags::STOPPED,
            addr: "10.0.0.2:4379".parse::<std::net::SocketAddr>().unwrap().into(),
        };
        let value = NodeMap { nodes: vec![node] }.describe(Abi::NATIVE);
        assert_eq!(value.to_string(), "nodes=[pnn=1 flags=UNHEALTHY | STOPPED addr=\"10.0.0.2:4379\"]");
    }

    #[test]
    fn a_number_keeps_its_name_and_its_value() {
        assert_eq!(RunState(5).describe(Abi::NATIVE), Value::Named(5, "RUNNING".into()));
        assert_eq!(Generation(77).describe(Abi::NATIVE), Value::Number(77));
        assert_eq!(NodeFlags::empty().describe(Abi::NATIVE).number(), Some(0));
        assert_eq!(Pnn::UNKNOWN.describe(Abi::NATIVE), Value::Named(0xFFFF_FFFF, "UNKNOWN".into()));
    }

    #[test]
    fn a_type_without_a_description_shows_its_debug_form() {
        #[derive(Debug)]
        struct Plain(#[allow(dead_code)] u8);
        assert_eq!(describe!(&Plain(3), Abi::NATIVE), Value::Text("Plain(3)".into()));
    }

    #[test]
    fn bytes_are_shown_as_text_where_they_are_one_and_else_as_digits() {
        let shown = |bytes: &'static [u8]| Value::Bytes(Bytes::from_static(bytes)).to_string();
        assert_eq!(shown(b"locking.tdb\0"), "\"locking.tdb\"");
        assert_eq!(shown(&[0, 1, 0xff]), "0001ff");
        assert_eq!(shown(b""), "-");
    }
}
