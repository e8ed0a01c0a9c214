//! Writes one file as a module of Rust: types with serde and schemars, and their [`Xdr`] by calls of `protocol::xdr`.
//!
//! Formatting is done here and rustfmt leaves the result alone, so that it does not depend on a version of rustfmt.
//!
//! [`Xdr`]: https://www.rfc-editor.org/rfc/rfc4506

mod codec;

use std::fmt::Write as _;

use crate::ast::{Body, Field, File, Item, Kind, Member, Schema, Type, Union};
use crate::names::{camel, constant, member};

/// The text of the module of `file`.
#[must_use]
pub fn module(schema: &Schema, file: &File) -> String {
    let mut w = Module { schema, file, out: String::new() };
    w.head();
    file.items.iter().for_each(|item| w.item(item));
    w.table();
    w.out
}

/// The text of `mod.rs` over these modules.
#[must_use]
pub fn index(schema: &Schema) -> String {
    let mut out = String::from(
        "//! The types of every `.x` file. Written by xdr-gen; docs/protocol.md says how to add a file.\n//!\n\
         //! Holds no code of its own; the truth is in `spec`.\n\n",
    );
    // By name, so that files that are added side by side merge.
    let mut modules: Vec<&str> = schema.files.iter().map(|file| file.module.as_str()).collect();
    modules.sort_unstable();
    for module in &modules {
        let _ = writeln!(out, "#[rustfmt::skip]\npub mod {module};");
    }
    let _ = writeln!(out, "\n/// Every module with its types.");
    let _ = writeln!(out, "#[rustfmt::skip]");
    let _ = writeln!(out, "pub const MODULES: &[(&str, &[protocol::catalog::Type])] = &[");
    for module in &modules {
        let _ = writeln!(out, "    (\"{module}\", {module}::TYPES),");
    }
    out + "];\n"
}

struct Module<'a> {
    schema: &'a Schema,
    file: &'a File,
    out: String,
}

/// What a file's derives and helpers need.
const HEAD: &str = "\
use bytes::Bytes;
use protocol::catalog::Type;
use protocol::xdr::{Reader, Writer, Xdr, XdrError, array_len, list_len, opaque_len, optional_len};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
";

impl Module<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent * 4));
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    fn docs(&mut self, indent: usize, mark: &str, doc: &[String]) {
        for text in doc {
            self.line(indent, format!("{mark} {text}").trim_end());
        }
    }

    fn head(&mut self) {
        self.docs(0, "//!", &self.file.doc);
        self.line(0, "//!");
        let from = format!("//! Written by xdr-gen from `{}.x`; changes here are lost.", self.file.module);
        self.line(0, &from);
        self.line(0, "");
        // Which of the helpers are used depends on the file, and so do the shapes of the enums.
        self.line(0, "#![allow(unused_imports)]");
        self.line(0, "#![allow(clippy::enum_variant_names, clippy::large_enum_variant, clippy::manual_range_patterns)]");
        self.line(0, "");
        self.line(0, HEAD);
    }

    /// How a type is called in this file.
    fn type_name(&self, t: &Type) -> String {
        let word = match t {
            Type::Int => "i32",
            Type::Uint => "u32",
            Type::Hyper => "i64",
            Type::Uhyper => "u64",
            Type::Float => "f32",
            Type::Double => "f64",
            Type::Bool => "bool",
            Type::Named(name) => {
                return match self.schema.find(name) {
                    Some((module, _)) if module != self.file.module => {
                        format!("super::{module}::{}", camel(name))
                    }
                    _ => camel(name),
                };
            }
        };
        word.to_owned()
    }

    fn kind_name(&self, item: &Item, kind: &Kind) -> String {
        match kind {
            Kind::Void | Kind::Held(None, _) => "()".to_owned(),
            Kind::Plain(t) => self.type_name(t),
            Kind::Held(Some(t), _) if self.schema.leads_back(t, item) => {
                format!("Box<{}>", self.type_name(t))
            }
            Kind::Held(Some(t), _) => self.type_name(t),
            Kind::Optional(t) if self.schema.leads_back(t, item) => {
                format!("Option<Box<{}>>", self.type_name(t))
            }
            Kind::Optional(t) => format!("Option<{}>", self.type_name(t)),
            Kind::Array(t, n) => format!("[{}; {n}]", self.type_name(t)),
            Kind::List(t, _) => format!("Vec<{}>", self.type_name(t)),
            Kind::Fixed(n) => format!("[u8; {n}]"),
            Kind::Opaque(_) => "Bytes".to_owned(),
            Kind::Text(_) => "String".to_owned(),
        }
    }

    /// Opaque data is base64 in JSON.
    const fn attributes(kind: &Kind) -> &'static str {
        match kind {
            Kind::Opaque(_) | Kind::Fixed(_) => {
                "#[serde(with = \"protocol::json::bytes\")] #[schemars(with = \"protocol::json::Base64\")] "
            }
            _ => "",
        }
    }

    fn derives(&self, item: &Item, copy: bool) -> String {
        let mut derives = vec!["Clone"];
        if copy {
            derives.push("Copy");
        }
        derives.extend(["Debug", "PartialEq"]);
        if !self.schema.has_floats(item) {
            derives.extend(["Eq", "PartialOrd", "Ord", "Hash"]);
        }
        derives.extend(["Serialize", "Deserialize", "JsonSchema"]);
        format!("#[derive({})]", derives.join(", "))
    }

    fn item(&mut self, item: &Item) {
        self.docs(0, "///", &item.doc);
        match &item.body {
            Body::Const(value) => self.constant(&item.name, *value),
            Body::Typedef(kind) => self.newtype(item, kind),
            Body::Enum(members) => self.enumeration(item, members),
            Body::Struct(fields) => self.structure(item, fields),
            Body::Union(union) => self.union(item, union),
        }
        self.line(0, "");
    }

    fn constant(&mut self, name: &str, value: i64) {
        let kind = if u32::try_from(value).is_ok() { "u32" } else { "i64" };
        self.line(0, &format!("pub const {}: {kind} = {value};", constant(name)));
    }

    /// True for what is as small as a number.
    fn is_scalar(&self, kind: &Kind) -> bool {
        match kind {
            Kind::Plain(Type::Named(name)) => match self.schema.find(name).map(|(_, item)| &item.body) {
                Some(Body::Enum(_)) => true,
                Some(Body::Typedef(kind)) => self.is_scalar(kind),
                _ => false,
            },
            Kind::Plain(_) => true,
            _ => false,
        }
    }

    fn newtype(&mut self, item: &Item, kind: &Kind) {
        let (name, inner) = (camel(&item.name), self.kind_name(item, kind));
        let derives = self.derives(item, self.is_scalar(kind));
        self.line(0, &derives);
        self.line(0, "#[serde(transparent)]");
        self.line(0, &format!("pub struct {name}({}pub {inner});", Self::attributes(kind)));
        self.line(0, "");
        self.line(0, &format!("impl From<{inner}> for {name} {{"));
        self.line(1, &format!("fn from(value: {inner}) -> Self {{"));
        self.line(2, "Self(value)");
        self.line(1, "}");
        self.line(0, "}");
        self.line(0, "");
        self.newtype_codec(item, kind);
    }

    fn enumeration(&mut self, item: &Item, members: &[Member]) {
        let name = camel(&item.name);
        self.line(0, "#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]");
        self.line(0, &format!("pub enum {name} {{"));
        for m in members {
            self.docs(1, "///", &m.doc);
            self.line(1, &format!("{},", camel(member(&item.name, &m.name))));
        }
        self.line(1, "/// A value that this version does not know. Made by `from_value`.");
        self.line(1, "Unknown(i32),");
        self.line(0, "}");
        self.line(0, "");
        self.line(0, &format!("impl {name} {{"));
        self.line(1, "/// Every value with a name, and the name.");
        self.line(1, "pub const NAMED: &'static [(Self, &'static str)] = &[");
        for m in members {
            let member = member(&item.name, &m.name);
            self.line(2, &format!("(Self::{}, \"{}\"),", camel(member), member.to_lowercase()));
        }
        self.line(1, "];");
        self.line(0, "");
        self.line(1, "/// The number on the wire.");
        self.line(1, "#[must_use]");
        self.line(1, "pub const fn value(self) -> i32 {");
        self.line(2, "match self {");
        for m in members {
            self.line(3, &format!("Self::{} => {},", camel(member(&item.name, &m.name)), m.value));
        }
        self.line(3, "Self::Unknown(value) => value,");
        self.line(2, "}");
        self.line(1, "}");
        self.line(0, "");
        self.line(1, "/// What this number means.");
        self.line(1, "#[must_use]");
        self.line(1, "pub const fn from_value(value: i32) -> Self {");
        self.line(2, "match value {");
        for m in members {
            self.line(3, &format!("{} => Self::{},", m.value, camel(member(&item.name, &m.name))));
        }
        self.line(3, "_ => Self::Unknown(value),");
        self.line(2, "}");
        self.line(1, "}");
        self.line(0, "}");
        self.line(0, "");
        self.line(0, &format!("protocol::xdr_enum!({name});"));
    }

    fn structure(&mut self, item: &Item, fields: &[Field]) {
        let derives = self.derives(item, false);
        self.line(0, &derives);
        self.line(0, &format!("pub struct {} {{", camel(&item.name)));
        for field in fields {
            self.docs(1, "///", &field.doc);
            let attributes = Self::attributes(&field.kind).trim_end();
            if !attributes.is_empty() {
                self.line(1, attributes);
            }
            self.line(1, &format!("pub {}: {},", field.name, self.kind_name(item, &field.kind)));
        }
        self.line(0, "}");
        self.line(0, "");
        self.struct_codec(item, fields);
    }

    fn union(&mut self, item: &Item, union: &Union) {
        let derives = self.derives(item, false);
        self.line(0, &derives);
        self.line(0, &format!("#[serde(tag = \"{}\", content = \"value\")]", union.tag));
        self.line(0, &format!("pub enum {} {{", camel(&item.name)));
        for arm in &union.arms {
            self.docs(1, "///", &arm.field.doc);
            self.line(1, &format!("#[serde(rename = \"{}\")]", arm.case.to_lowercase()));
            let variant = camel(&arm.case);
            match self.kind_name(item, &arm.field.kind).as_str() {
                "()" => self.line(1, &format!("{variant},")),
                inner => {
                    // Before the variant, not the field: there serde would want the type itself to be readable.
                    let attributes = Self::attributes(&arm.field.kind);
                    self.line(1, &format!("{attributes}{variant}({inner}),"));
                }
            }
        }
        if let Some(field) = &union.default {
            self.docs(1, "///", &field.doc);
            self.line(1, "#[serde(rename = \"other\")]");
            self.line(1, "Other {");
            self.line(2, "/// Which arm it is.");
            self.line(2, &format!("{}: {},", union.tag, self.type_name(&union.tag_type)));
            if field.kind != Kind::Void {
                self.line(2, "/// What is in it.");
                let attributes = Self::attributes(&field.kind);
                let inner = self.kind_name(item, &field.kind);
                self.line(2, &format!("{attributes}{}: {inner},", field.name));
            }
            self.line(1, "},");
        }
        self.line(0, "}");
        self.line(0, "");
        self.union_codec(item, union);
    }

    fn table(&mut self) {
        self.line(0, "/// Every type of this module by its name in the `.x` file.");
        self.line(0, "pub const TYPES: &[Type] = &[");
        for item in self.file.items.iter().filter(|item| item.is_type()) {
            self.line(1, &format!("Type::of::<{}>(\"{}\"),", camel(&item.name), item.name));
        }
        self.line(0, "];");
    }
}
