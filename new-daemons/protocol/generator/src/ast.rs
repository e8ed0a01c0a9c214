//! What a `.x` file says, with every constant already a number, and what follows from it: sizes, recursion, floats.
//!
//! Knows nothing of the languages that are written. Names are those of the file.

use std::collections::BTreeSet;

/// One file, by the name of its module.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The name without `.x`.
    pub module: String,
    /// What `/*! */` says, line by line.
    pub doc: Vec<String>,
    /// The modules of `%#include "NAME.h"`.
    pub imports: Vec<String>,
    /// In the order of the file.
    pub items: Vec<Item>,
}

/// A definition.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// With its prefix.
    pub name: String,
    /// What `/** */` says.
    pub doc: Vec<String>,
    /// What it is.
    pub body: Body,
}

/// What is defined.
#[derive(Clone, Debug, PartialEq)]
pub enum Body {
    /// `const`
    Const(i64),
    /// `typedef`; the declaration's name is the item's.
    Typedef(Kind),
    /// `enum`
    Enum(Vec<Member>),
    /// `struct`
    Struct(Vec<Field>),
    /// `union`
    Union(Union),
}

/// A member of an enum.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// With its prefix.
    pub name: String,
    /// What `/** */` says.
    pub doc: Vec<String>,
    /// The number on the wire.
    pub value: i32,
}

/// A field of a struct.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    /// As it stands in the file.
    pub name: String,
    /// What `/** */` says.
    pub doc: Vec<String>,
    /// Its type.
    pub kind: Kind,
}

/// A union: what selects the arm, and the arms.
#[derive(Clone, Debug, PartialEq)]
pub struct Union {
    /// Name of the discriminant.
    pub tag: String,
    /// `int`, `unsigned int`, `bool` or an enum.
    pub tag_type: Type,
    /// One for each case; two cases of one declaration are two arms.
    pub arms: Vec<Arm>,
    /// `default:`
    pub default: Option<Field>,
}

/// One case.
#[derive(Clone, Debug, PartialEq)]
pub struct Arm {
    /// The member of the enum, or else `CASE_1`, `CASE_MINUS_1`, `TRUE`, `FALSE`.
    pub case: String,
    /// The value of the discriminant.
    pub value: i64,
    /// What follows it.
    pub field: Field,
}

/// A declaration without its name.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// Nothing.
    Void,
    /// `T x`
    Plain(Type),
    /// `T *x`
    Optional(Type),
    /// `T x[n]`
    Array(Type, u32),
    /// `T x<n>`
    List(Type, u32),
    /// `opaque x[n]`
    Fixed(u32),
    /// `opaque x<n>`
    Opaque(u32),
    /// `string x<n>`
    Text(u32),
    /// `opaque /*= T */ x<n>`: an opaque that holds one T, or nothing when it says `void`.
    Held(Option<Type>, u32),
}

/// The type of one item.
#[derive(Clone, Debug, PartialEq)]
pub enum Type {
    /// `int`
    Int,
    /// `unsigned int`
    Uint,
    /// `hyper`
    Hyper,
    /// `unsigned hyper`
    Uhyper,
    /// `float`
    Float,
    /// `double`
    Double,
    /// `bool`
    Bool,
    /// The name of a definition.
    Named(String),
}

impl Kind {
    /// The type that it is made of.
    #[must_use]
    pub const fn inner(&self) -> Option<&Type> {
        match self {
            Self::Plain(t)
            | Self::Optional(t)
            | Self::Array(t, _)
            | Self::List(t, _)
            | Self::Held(Some(t), _) => Some(t),
            Self::Void | Self::Fixed(_) | Self::Opaque(_) | Self::Text(_) | Self::Held(None, _) => None,
        }
    }
}

impl Item {
    /// True for what has bytes: all but constants.
    #[must_use]
    pub const fn is_type(&self) -> bool {
        !matches!(self.body, Body::Const(_))
    }

    fn kinds(&self) -> Vec<&Kind> {
        match &self.body {
            Body::Const(_) | Body::Enum(_) => Vec::new(),
            Body::Typedef(kind) => vec![kind],
            Body::Struct(fields) => fields.iter().map(|f| &f.kind).collect(),
            Body::Union(u) => u.arms.iter().map(|a| &a.field).chain(&u.default).map(|f| &f.kind).collect(),
        }
    }
}

/// Files that were read, each after those it includes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Schema {
    /// The files.
    pub files: Vec<File>,
}

impl Schema {
    /// The file of this name.
    #[must_use]
    pub fn file(&self, module: &str) -> Option<&File> {
        self.files.iter().find(|file| file.module == module)
    }

    /// A definition and the module it stands in.
    #[must_use]
    pub fn find(&self, name: &str) -> Option<(&str, &Item)> {
        let mut all = self.files.iter().flat_map(|f| f.items.iter().map(|item| (f.module.as_str(), item)));
        all.find(|(_, item)| item.name == name)
    }

    /// The fewest bytes of a type.
    #[must_use]
    pub fn min_len(&self, t: &Type) -> u64 {
        match t {
            Type::Int | Type::Uint | Type::Float | Type::Bool => 4,
            Type::Hyper | Type::Uhyper | Type::Double => 8,
            Type::Named(name) => self.find(name).map_or(4, |(_, item)| self.item_min_len(item)),
        }
    }

    /// The fewest bytes of a definition. Ends, because a type holds itself only where it may be absent.
    #[must_use]
    pub fn item_min_len(&self, item: &Item) -> u64 {
        match &item.body {
            Body::Const(_) => 0,
            Body::Enum(_) => 4,
            Body::Typedef(kind) => self.kind_min_len(kind),
            Body::Struct(fields) => fields.iter().map(|f| self.kind_min_len(&f.kind)).sum(),
            Body::Union(u) => {
                let arms = u.arms.iter().map(|a| &a.field).chain(&u.default);
                4 + arms.map(|f| self.kind_min_len(&f.kind)).min().unwrap_or(0)
            }
        }
    }

    fn kind_min_len(&self, kind: &Kind) -> u64 {
        match kind {
            Kind::Void => 0,
            Kind::Plain(t) => self.min_len(t),
            Kind::Array(t, n) => self.min_len(t).saturating_mul(u64::from(*n)),
            Kind::Fixed(n) => u64::from(n.div_ceil(4)) * 4,
            Kind::Optional(_) | Kind::List(..) | Kind::Opaque(_) | Kind::Text(_) | Kind::Held(None, _) => 4,
            // What is held may be the type itself, and an opaque that holds something is never empty.
            Kind::Held(Some(Type::Named(_)), _) => 8,
            Kind::Held(Some(t), _) => 4 + self.min_len(t),
        }
    }

    /// True when a value of `from` may contain one that satisfies `wanted`, itself left out.
    fn contains(&self, from: &Item, wanted: &dyn Fn(&Type) -> bool) -> bool {
        let mut seen = BTreeSet::new();
        let mut next = vec![from];
        while let Some(item) = next.pop() {
            for t in item.kinds().into_iter().filter_map(Kind::inner) {
                if wanted(t) {
                    return true;
                }
                if let Type::Named(name) = t
                    && seen.insert(name)
                    && let Some((_, item)) = self.find(name)
                {
                    next.push(item);
                }
            }
        }
        false
    }

    /// True when a value may contain another of its own type.
    #[must_use]
    pub fn is_recursive(&self, item: &Item) -> bool {
        self.contains(item, &|t| matches!(t, Type::Named(name) if *name == item.name))
    }

    /// True when there is a floating point number in it, so that equality is not reflexive.
    #[must_use]
    pub fn has_floats(&self, item: &Item) -> bool {
        self.contains(item, &|t| matches!(t, Type::Float | Type::Double))
    }

    /// True when `T *x` in `item` needs memory of its own, because T leads back to `item`.
    #[must_use]
    pub fn leads_back(&self, t: &Type, item: &Item) -> bool {
        let Type::Named(name) = t else { return false };
        let back = |t: &Type| matches!(t, Type::Named(name) if *name == item.name);
        *name == item.name || self.find(name).is_some_and(|(_, to)| self.contains(to, &back))
    }
}
