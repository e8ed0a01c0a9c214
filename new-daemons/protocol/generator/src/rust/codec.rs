//! The `impl Xdr` of each type: one line for each field in encode, in decode and in the length.
//!
//! Decides nothing about the layout; that is in `protocol::xdr` and in [`crate::ast`].

use super::Module;
use crate::ast::{Field, Item, Kind, Type, Union};
use crate::names::camel;

/// How the code reaches a value: as a place, and as something to call a method on.
struct Access {
    /// `self.x` or `*v`
    place: String,
    /// `self.x` or `v`
    call: String,
    /// `&self.x` or `v`
    borrow: String,
}

impl Access {
    fn field(name: &str) -> Self {
        Self { place: format!("self.{name}"), call: format!("self.{name}"), borrow: format!("&self.{name}") }
    }

    fn binding(name: &str) -> Self {
        Self { place: format!("*{name}"), call: name.to_owned(), borrow: name.to_owned() }
    }
}

/// The method of `Reader` and `Writer` for a number.
const fn method(t: &Type) -> Option<&'static str> {
    match t {
        Type::Int => Some("i32"),
        Type::Uint => Some("u32"),
        Type::Hyper => Some("i64"),
        Type::Uhyper => Some("u64"),
        Type::Float => Some("f32"),
        Type::Double => Some("f64"),
        Type::Bool => Some("bool"),
        Type::Named(_) => None,
    }
}

fn encode(kind: &Kind, what: &str, to: &Access) -> String {
    let Access { place, call, borrow } = to;
    match kind {
        Kind::Void => String::new(),
        Kind::Plain(t) => match method(t) {
            Some(method) => format!("w.{method}({place});"),
            None => format!("{call}.encode(w)?;"),
        },
        Kind::Optional(_) => format!("w.optional({call}.as_ref())?;"),
        Kind::Array(..) => format!("w.array({borrow})?;"),
        Kind::List(_, max) => format!("w.list(\"{what}\", {max}, {borrow})?;"),
        Kind::Fixed(_) => format!("w.fixed({borrow});"),
        Kind::Opaque(max) => format!("w.bounded(\"{what}\", {max}, {borrow})?;"),
        Kind::Text(max) => format!("w.string(\"{what}\", {max}, {borrow})?;"),
        Kind::Held(None, _) => "w.held_void();".to_owned(),
        Kind::Held(Some(_), max) => format!("w.held(\"{what}\", {max}, {borrow})?;"),
    }
}

fn decode(kind: &Kind, what: &str, type_name: &str) -> String {
    match kind {
        Kind::Void => String::new(),
        Kind::Plain(t) => match method(t) {
            Some(method) => format!("r.{method}(\"{what}\")?"),
            None => format!("{type_name}::decode(r)?"),
        },
        Kind::Optional(_) => format!("r.optional(\"{what}\")?"),
        Kind::Array(..) => format!("r.array(\"{what}\")?"),
        Kind::List(_, max) => format!("r.list(\"{what}\", {max})?"),
        Kind::Fixed(_) => format!("r.fixed(\"{what}\")?"),
        Kind::Opaque(max) => format!("r.opaque(\"{what}\", {max})?"),
        Kind::Text(max) => format!("r.string(\"{what}\", {max})?"),
        Kind::Held(None, _) => format!("r.held_void(\"{what}\")?"),
        Kind::Held(Some(_), max) => format!("r.held(\"{what}\", {max})?"),
    }
}

fn length(kind: &Kind, to: &Access) -> String {
    let Access { call, borrow, .. } = to;
    match kind {
        Kind::Void => "0".to_owned(),
        Kind::Plain(Type::Hyper | Type::Uhyper | Type::Double) => "8".to_owned(),
        Kind::Plain(Type::Named(_)) => format!("{call}.encoded_len()"),
        Kind::Plain(_) | Kind::Held(None, _) => "4".to_owned(),
        Kind::Optional(_) => format!("optional_len({call}.as_ref())"),
        Kind::Array(..) => format!("array_len({borrow})"),
        Kind::List(..) => format!("list_len({borrow})"),
        Kind::Fixed(n) => (u64::from(n.div_ceil(4)) * 4).to_string(),
        Kind::Opaque(_) | Kind::Text(_) => format!("opaque_len({call}.len())"),
        Kind::Held(Some(_), _) => format!("4 + {call}.encoded_len()"),
    }
}

impl Module<'_> {
    /// The frame of an `impl Xdr`. `encode` and `decode` are lines, `decode` ends in the value.
    fn codec(&mut self, item: &Item, encode: &[String], decode: &[String], length: &[String]) {
        let name = camel(&item.name);
        let recursive = self.schema.is_recursive(item);
        self.line(0, &format!("impl Xdr for {name} {{"));
        self.line(1, &format!("const MIN_LEN: usize = {};", self.schema.item_min_len(item)));
        self.line(0, "");
        self.line(1, "fn encode(&self, w: &mut Writer) -> Result<(), XdrError> {");
        if recursive {
            self.line(2, &format!("w.enter(\"{name}\")?;"));
        }
        encode.iter().for_each(|text| self.line(2, text));
        if recursive {
            self.line(2, "w.leave();");
        }
        self.line(2, "Ok(())");
        self.line(1, "}");
        self.line(0, "");
        self.line(1, "fn decode(r: &mut Reader) -> Result<Self, XdrError> {");
        if recursive {
            self.line(2, &format!("r.enter(\"{name}\")?;"));
            self.line(2, "let value = {");
            decode.iter().for_each(|text| self.line(3, text));
            self.line(2, "};");
            self.line(2, "r.leave();");
            self.line(2, "Ok(value)");
        } else {
            let (last, lines) = decode.split_last().map_or(("", &[][..]), |(l, all)| (l.as_str(), all));
            if lines.is_empty() {
                self.line(2, &format!("Ok({last})"));
            } else {
                // A value over several lines opens in the first of them and closes in the last.
                let (first, inner) = lines.split_first().map_or(("", &[][..]), |(f, all)| (f.as_str(), all));
                self.line(2, &format!("Ok({first}"));
                inner.iter().for_each(|text| self.line(2, text));
                self.line(2, &format!("{last})"));
            }
        }
        self.line(1, "}");
        self.line(0, "");
        self.line(1, "fn encoded_len(&self) -> usize {");
        length.iter().for_each(|text| self.line(2, text));
        self.line(1, "}");
        self.line(0, "}");
    }

    pub(super) fn newtype_codec(&mut self, item: &Item, kind: &Kind) {
        let name = camel(&item.name);
        let to = Access::field("0");
        let type_name = kind.inner().map_or_else(String::new, |t| self.type_name(t));
        let decode = format!("Self({})", decode(kind, &name, &type_name));
        self.codec(item, &[encode(kind, &name, &to)], &[decode], &[length(kind, &to)]);
    }

    pub(super) fn struct_codec(&mut self, item: &Item, fields: &[Field]) {
        let name = camel(&item.name);
        let mut encodes = Vec::new();
        let mut decodes = vec!["Self {".to_owned()];
        let mut lengths: Vec<String> = Vec::new();
        for field in fields {
            let (to, what) = (Access::field(&field.name), format!("{name}.{}", field.name));
            let type_name = field.kind.inner().map_or_else(String::new, |t| self.type_name(t));
            encodes.push(encode(&field.kind, &what, &to));
            decodes.push(format!("    {}: {},", field.name, decode(&field.kind, &what, &type_name)));
            let plus = if lengths.is_empty() { "" } else { "    + " };
            lengths.push(format!("{plus}{}", length(&field.kind, &to)));
        }
        decodes.push("}".to_owned());
        self.codec(item, &encodes, &decodes, &lengths);
    }

    /// A discriminant in a pattern.
    fn label(tag_type: &Type, value: i64) -> String {
        if *tag_type == Type::Bool { (value != 0).to_string() } else { value.to_string() }
    }

    pub(super) fn union_codec(&mut self, item: &Item, union: &Union) {
        let name = camel(&item.name);
        let word = method(&union.tag_type).unwrap_or("i32");
        let what = format!("{name}.{}", union.tag);
        let mut encodes = vec!["match self {".to_owned()];
        let mut decodes = vec![format!("match r.{word}(\"{what}\")? {{")];
        let mut lengths = vec!["4 + match self {".to_owned()];
        for arm in &union.arms {
            let (field, variant) = (&arm.field, camel(&arm.case));
            let what = format!("{name}.{}", arm.case.to_lowercase());
            let value = Self::label(&union.tag_type, arm.value);
            let type_name = field.kind.inner().map_or_else(String::new, |t| self.type_name(t));
            let has_value = !matches!(field.kind, Kind::Void | Kind::Held(None, _));
            let v = if has_value { "(v)" } else { "" };
            let to = Access::binding("v");
            encodes.push(format!("    Self::{variant}{v} => {{"));
            encodes.push(format!("        w.{word}({value});"));
            encodes.push(format!("        {}", encode(&field.kind, &what, &to)).trim_end().to_owned());
            encodes.push("    }".to_owned());
            encodes.retain(|line| !line.is_empty());
            let read = decode(&field.kind, &what, &type_name);
            decodes.push(match (has_value, read.is_empty()) {
                (true, _) => format!("    {value} => Self::{variant}({read}),"),
                (false, false) => format!("    {value} => {{ {read}; Self::{variant} }}"),
                (false, true) => format!("    {value} => Self::{variant},"),
            });
            let constant = match field.kind {
                Kind::Plain(Type::Named(_)) => false,
                Kind::Plain(_) | Kind::Fixed(_) => true,
                _ => false,
            };
            let v = if constant { "(_)" } else { v };
            lengths.push(format!("    Self::{variant}{v} => {},", length(&field.kind, &to)));
        }
        self.default_codec(&name, union, &mut encodes, &mut decodes, &mut lengths);
        for lines in [&mut encodes, &mut decodes, &mut lengths] {
            lines.push("}".to_owned());
        }
        self.codec(item, &encodes, &decodes, &lengths);
    }

    fn default_codec(
        &self,
        name: &str,
        union: &Union,
        encodes: &mut Vec<String>,
        decodes: &mut Vec<String>,
        lengths: &mut Vec<String>,
    ) {
        let word = method(&union.tag_type).unwrap_or("i32");
        let is_enum = matches!(union.tag_type, Type::Named(_));
        let what = format!("{name}.{}", union.tag);
        // As the number that stands in an error.
        let shown = |tag: &str| match (&union.tag_type, is_enum) {
            (_, true) | (Type::Int, _) => format!("u64::from({tag}.cast_unsigned())"),
            _ => format!("u64::from({tag})"),
        };
        let Some(field) = &union.default else {
            if union.tag_type != Type::Bool || union.arms.len() < 2 {
                let error = format!("XdrError::Value {{ what: \"{what}\", value: {} }}", shown("tag"));
                decodes.push(format!("    tag => return Err({error}),"));
            }
            return;
        };
        let tag = &union.tag;
        let number = if is_enum { format!("{tag}.value()") } else { format!("*{tag}") };
        let known: Vec<String> = union.arms.iter().map(|a| Self::label(&union.tag_type, a.value)).collect();
        let (bind, own) = match field.kind {
            Kind::Void => (format!("{{ {tag} }}"), String::new()),
            _ => (format!("{{ {tag}, {} }}", field.name), format!("{name}.{}", field.name)),
        };
        let to = Access::binding(&field.name);
        let type_name = field.kind.inner().map_or_else(String::new, |t| self.type_name(t));
        encodes.push(format!("    Self::Other {bind} => {{"));
        encodes.push(format!("        let tag = {number};"));
        let is_known = match (&union.tag_type, known.as_slice()) {
            (Type::Bool, [known]) if known == "true" => "tag".to_owned(),
            (Type::Bool, _) => "!tag".to_owned(),
            _ => format!("matches!(tag, {})", known.join(" | ")),
        };
        encodes.push(format!("        if {is_known} {{"));
        let error = format!("XdrError::Value {{ what: \"{what}\", value: {} }}", shown("tag"));
        encodes.push(format!("            return Err({error});"));
        encodes.push("        }".to_owned());
        encodes.push(format!("        w.{word}(tag);"));
        encodes.push(format!("        {}", encode(&field.kind, &own, &to)).trim_end().to_owned());
        encodes.push("    }".to_owned());
        encodes.retain(|line| !line.is_empty());
        let made = match &union.tag_type {
            t @ Type::Named(_) => format!("{}::from_value(tag)", self.type_name(t)),
            _ => "tag".to_owned(),
        };
        let read = decode(&field.kind, &own, &type_name);
        decodes.push(match field.kind {
            Kind::Void => format!("    tag => Self::Other {{ {tag}: {made} }},"),
            _ => format!("    tag => Self::Other {{ {tag}: {made}, {}: {read} }},", field.name),
        });
        let measured = length(&field.kind, &to);
        lengths.push(if field.kind != Kind::Void && measured.contains(field.name.as_str()) {
            format!("    Self::Other {{ {}, .. }} => {measured},", field.name)
        } else {
            format!("    Self::Other {{ .. }} => {measured},")
        });
    }
}
