//! What is defined above: the constants with their numbers, the types, and the members of the enums.
//!
//! Looks nothing up in a file; [`crate::parse()`] fills it as it reads.

use std::collections::{BTreeMap, BTreeSet};

use crate::ast::{Body, File, Item, Member};

/// Names, their meaning so far.
#[derive(Default)]
pub(super) struct Scope {
    constants: BTreeMap<String, i64>,
    types: BTreeSet<String>,
    enums: BTreeMap<String, Vec<Member>>,
}

impl Scope {
    pub(super) fn import(&mut self, file: &File) {
        file.items.iter().for_each(|item| self.add(item));
    }

    pub(super) fn add(&mut self, item: &Item) {
        match &item.body {
            Body::Const(value) => self.constant(&item.name, *value),
            body => {
                self.types.insert(item.name.clone());
                if let Body::Enum(members) = body {
                    members.iter().for_each(|m| self.constant(&m.name, m.value.into()));
                    self.enums.insert(item.name.clone(), members.clone());
                }
            }
        }
    }

    pub(super) fn constant(&mut self, name: &str, value: i64) {
        self.constants.insert(name.to_owned(), value);
    }

    pub(super) fn value(&self, name: &str) -> Option<i64> {
        self.constants.get(name).copied()
    }

    pub(super) fn is_type(&self, name: &str) -> bool {
        self.types.contains(name)
    }

    pub(super) fn is_defined(&self, name: &str) -> bool {
        self.constants.contains_key(name) || self.types.contains(name)
    }

    pub(super) fn members(&self, name: &str) -> Option<Vec<Member>> {
        self.enums.get(name).cloned()
    }
}
