//! Writes one file as a module of Python: classes with tables of their fields, over the runtime `tablecloth/xdr.py`.
//!
//! The tables are data, so that the runtime is the only code that knows the layout. Nothing is imported from PyPI.

use std::fmt::Write as _;

use crate::ast::{Body, Field, File, Item, Kind, Member, Schema, Type, Union};
use crate::names::{camel, constant, member};

/// The text of the module of `file`.
#[must_use]
pub fn module(schema: &Schema, file: &File) -> String {
    let mut w = Module { schema, file, out: String::new() };
    w.head();
    file.items.iter().for_each(|item| w.item(item));
    w.resolve();
    w.out
}

struct Module<'a> {
    schema: &'a Schema,
    file: &'a File,
    out: String,
}

impl Module<'_> {
    fn line(&mut self, indent: usize, text: &str) {
        if !text.is_empty() {
            self.out.extend(std::iter::repeat_n(' ', indent * 4));
            self.out.push_str(text);
        }
        self.out.push('\n');
    }

    fn head(&mut self) {
        let doc = self.file.doc.join("\n");
        let _ = writeln!(self.out, "\"\"\"{doc}\n");
        let _ = writeln!(
            self.out,
            "Written by xdr-gen from {}.x; changes here are lost.\n\"\"\"\n",
            self.file.module
        );
        self.line(0, "from dataclasses import dataclass");
        self.line(0, "");
        self.line(0, "from . import xdr");
        for import in &self.file.imports.clone() {
            self.line(0, &format!("from . import {import}"));
        }
        self.line(0, "");
    }

    fn docs(&mut self, indent: usize, doc: &[String]) {
        let text = doc.join(&format!("\n{}", " ".repeat(indent * 4)));
        self.line(indent, &format!("\"\"\"{text}\"\"\""));
    }

    fn comments(&mut self, doc: &[String]) {
        for text in doc {
            self.line(1, &format!("# {text}"));
        }
    }

    fn type_name(&self, t: &Type) -> String {
        let word = match t {
            Type::Int => "xdr.INT",
            Type::Uint => "xdr.UINT",
            Type::Hyper => "xdr.HYPER",
            Type::Uhyper => "xdr.UHYPER",
            Type::Float => "xdr.FLOAT",
            Type::Double => "xdr.DOUBLE",
            Type::Bool => "xdr.BOOL",
            Type::Named(name) => {
                return match self.schema.find(name) {
                    Some((module, _)) if module != self.file.module => format!("{module}.{}", camel(name)),
                    _ => camel(name),
                };
            }
        };
        word.to_owned()
    }

    /// Behind a pointer a type may be defined below, so it is looked up when it is needed.
    fn later(&self, t: &Type) -> String {
        match t {
            Type::Named(_) => format!("lambda: {}", self.type_name(t)),
            _ => self.type_name(t),
        }
    }

    fn kind(&self, kind: &Kind) -> String {
        match kind {
            Kind::Void => "xdr.VOID".to_owned(),
            Kind::Plain(t) => self.type_name(t),
            Kind::Optional(t) => format!("xdr.Optional({})", self.later(t)),
            Kind::Array(t, n) => format!("xdr.Array({}, {n})", self.later(t)),
            Kind::List(t, n) => format!("xdr.List({}, {n})", self.later(t)),
            Kind::Fixed(n) => format!("xdr.Fixed({n})"),
            Kind::Opaque(n) => format!("xdr.Opaque({n})"),
            Kind::Text(n) => format!("xdr.Text({n})"),
            Kind::Held(None, n) => format!("xdr.Held(xdr.VOID, {n})"),
            Kind::Held(Some(t), n) => format!("xdr.Held({}, {n})", self.later(t)),
        }
    }

    /// What a person writes as a value.
    fn annotation(&self, kind: &Kind) -> String {
        match kind {
            Kind::Void | Kind::Held(None, _) => "None".to_owned(),
            Kind::Plain(t) | Kind::Held(Some(t), _) => self.value_type(t),
            Kind::Optional(t) => format!("{} | None", self.value_type(t)),
            Kind::Array(t, _) | Kind::List(t, _) => format!("list[{}]", self.value_type(t)),
            Kind::Fixed(_) | Kind::Opaque(_) => "bytes".to_owned(),
            Kind::Text(_) => "str".to_owned(),
        }
    }

    fn value_type(&self, t: &Type) -> String {
        match t {
            Type::Int | Type::Uint | Type::Hyper | Type::Uhyper => "int".to_owned(),
            Type::Float | Type::Double => "float".to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Named(name) => match self.schema.find(name).map(|(_, item)| &item.body) {
                Some(Body::Typedef(kind)) => self.annotation(kind),
                _ => self.type_name(t),
            },
        }
    }

    fn item(&mut self, item: &Item) {
        let name = camel(&item.name);
        self.line(0, "");
        match &item.body {
            Body::Const(value) => {
                for text in &item.doc {
                    self.line(0, &format!("# {text}"));
                }
                self.line(0, &format!("{} = {value}", constant(&item.name)));
            }
            Body::Typedef(kind) => {
                for text in &item.doc {
                    self.line(0, &format!("# {text}"));
                }
                let recursive = if self.schema.is_recursive(item) { ", recursive=True" } else { "" };
                self.line(0, &format!("{name} = xdr.Alias({}{recursive})", self.kind(kind)));
            }
            Body::Enum(members) => self.enumeration(item, members),
            Body::Struct(fields) => self.structure(item, fields),
            Body::Union(union) => self.union(item, union),
        }
    }

    fn enumeration(&mut self, item: &Item, members: &[Member]) {
        self.line(0, "");
        self.line(0, &format!("class {}(xdr.Enum):", camel(&item.name)));
        self.docs(1, &item.doc);
        self.line(0, "");
        for m in members {
            self.comments(&m.doc);
            self.line(1, &format!("{} = {}", member(&item.name, &m.name), m.value));
        }
        self.line(0, "");
    }

    fn structure(&mut self, item: &Item, fields: &[Field]) {
        self.line(0, "");
        self.line(0, "@dataclass");
        self.line(0, &format!("class {}(xdr.Struct):", camel(&item.name)));
        self.docs(1, &item.doc);
        self.line(0, "");
        for field in fields {
            self.comments(&field.doc);
            // As text: a type may stand below.
            self.line(1, &format!("{}: \"{}\"", field.name, self.annotation(&field.kind)));
        }
        self.line(0, "");
    }

    fn union(&mut self, item: &Item, union: &Union) {
        self.line(0, "");
        self.line(0, "@dataclass");
        self.line(0, &format!("class {}(xdr.Union):", camel(&item.name)));
        self.docs(1, &item.doc);
        self.line(0, "");
        self.comments(&["Which arm it is.".to_owned()]);
        self.line(1, &format!("{}: \"{}\"", union.tag, self.value_type(&union.tag_type)));
        self.comments(&["What is in it; None where there is nothing.".to_owned()]);
        self.line(1, "value: object = None");
        self.line(0, "");
    }

    /// The tables come last, when all classes are there.
    fn resolve(&mut self) {
        self.line(0, "");
        for item in &self.file.items {
            let name = camel(&item.name);
            if matches!(item.body, Body::Struct(_) | Body::Union(_)) {
                self.line(0, &format!("{name}.min_len = {}", self.schema.item_min_len(item)));
                if self.schema.is_recursive(item) {
                    self.line(0, &format!("{name}.RECURSIVE = True"));
                }
            }
            match &item.body {
                Body::Struct(fields) => {
                    self.line(0, &format!("{name}.FIELDS = ("));
                    for field in fields {
                        self.line(1, &format!("(\"{}\", {}),", field.name, self.kind(&field.kind)));
                    }
                    self.line(0, ")");
                }
                Body::Union(union) => {
                    let tag_type = self.type_name(&union.tag_type);
                    self.line(0, &format!("{name}.SWITCH = (\"{}\", {tag_type})", union.tag));
                    self.line(0, &format!("{name}.ARMS = {{"));
                    for arm in &union.arms {
                        let word = arm.case.to_lowercase();
                        let kind = self.kind(&arm.field.kind);
                        self.line(1, &format!("{}: (\"{word}\", {kind}),", arm.value));
                    }
                    self.line(0, "}");
                    if let Some(field) = &union.default {
                        let kind = self.kind(&field.kind);
                        self.line(0, &format!("{name}.DEFAULT = (\"{}\", {kind})", field.name));
                    }
                }
                _ => {}
            }
        }
        self.line(0, "");
        self.line(0, "# Every type by its name in the .x file.");
        self.line(0, "TYPES = {");
        for item in self.file.items.iter().filter(|item| item.is_type()) {
            self.line(1, &format!("\"{}\": {},", item.name, camel(&item.name)));
        }
        self.line(0, "}");
    }
}
