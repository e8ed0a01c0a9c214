//! From words to definitions: the language of RFC 4506 as far as rpcgen knows it too, and the rules of this protocol.
//!
//! A name is defined above its use, except `struct T` behind `*` and `<>`, and in `/*= */`; so nothing can hold itself
//! without an end.
//! Constants become numbers here. Everything has a bound, a prefix and a comment; docs/protocol.md says why.

mod declaration;
mod scope;

use crate::ast::{Arm, Body, Field, File, Item, Kind, Member, Schema, Type, Union};
use crate::error::{Error, Problem};
use crate::lex::{Place, Token, tokens};
use crate::names::{is_snake, member, member_prefix};
use scope::Scope;

/// Reads a file whose includes are in `schema` already. Its module is `file` without `.x`.
pub fn parse(file: &str, text: &str, schema: &Schema) -> Result<File, Error> {
    let tokens = tokens(file, text)?;
    let mut parser = Parser { file, tokens, at: 0, scope: Scope::default(), later: Vec::new() };
    parser.file(schema)
}

/// The modules that a file includes, without looking at the rest.
pub fn includes(file: &str, text: &str) -> Result<Vec<String>, Error> {
    let include = |(token, _)| match token {
        Token::Include(name) => Some(name),
        _ => None,
    };
    Ok(tokens(file, text)?.into_iter().filter_map(include).collect())
}

struct Parser<'a> {
    file: &'a str,
    tokens: Vec<(Token, Place)>,
    at: usize,
    scope: Scope,
    /// Names that were used behind a `*`, `<>` or `/*= */`, to be looked up at the end.
    later: Vec<(String, Place)>,
}

impl Parser<'_> {
    fn error<T>(&self, at: Place, problem: Problem) -> Result<T, Error> {
        Err(Error::Source { file: self.file.to_owned(), line: at.line, column: at.column, problem })
    }

    fn refuse<T>(&self, at: Place, what: &str, why: &'static str) -> Result<T, Error> {
        self.error(at, Problem::Refused { what: what.to_owned(), why })
    }

    fn expected<T>(&self, expected: &str) -> Result<T, Error> {
        let found = self.peek().describe();
        self.error(self.place(), Problem::Expected { expected: expected.to_owned(), found })
    }

    fn peek(&self) -> &Token {
        // Invariant: the last token is the end, and nothing goes past it.
        self.tokens.get(self.at).map_or(&Token::End, |(token, _)| token)
    }

    fn place(&self) -> Place {
        self.tokens.get(self.at).map_or(Place { line: 1, column: 1 }, |(_, place)| *place)
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if token != Token::End {
            self.at += 1;
        }
        token
    }

    fn takes_sign(&mut self, sign: char) -> bool {
        let found = *self.peek() == Token::Sign(sign);
        self.at += usize::from(found);
        found
    }

    fn sign(&mut self, sign: char) -> Result<(), Error> {
        if self.takes_sign(sign) { Ok(()) } else { self.expected(&format!("`{sign}`")) }
    }

    fn takes_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Word(w) if w == word);
        self.at += usize::from(found);
        found
    }

    fn word(&mut self, expected: &str) -> Result<(String, Place), Error> {
        let place = self.place();
        match self.peek() {
            Token::Word(word) => {
                let word = word.clone();
                self.at += 1;
                Ok((word, place))
            }
            _ => self.expected(expected),
        }
    }

    fn doc(&mut self) -> Vec<String> {
        match self.peek() {
            Token::Doc(lines) => {
                let lines = lines.clone();
                self.at += 1;
                lines
            }
            _ => Vec::new(),
        }
    }

    /// A comment that has to be there.
    fn documented(&self, doc: &[String], at: Place, what: &str) -> Result<(), Error> {
        if doc.is_empty() {
            return self.refuse(at, what, "no comment /** */ before it");
        }
        Ok(())
    }

    fn file(&mut self, schema: &Schema) -> Result<File, Error> {
        let module = self.file.strip_suffix(".x").unwrap_or(self.file).to_owned();
        let doc = match self.peek() {
            Token::FileDoc(lines) => lines.clone(),
            _ => return self.expected("a comment /*! */ about the file"),
        };
        self.at += 1;
        let mut file = File { module, doc, imports: Vec::new(), items: Vec::new() };
        while let Token::Include(name) = self.peek().clone() {
            let Some(included) = schema.file(&name) else {
                return self.error(self.place(), Problem::Undefined { name: format!("{name}.x") });
            };
            self.scope.import(included);
            file.imports.push(name);
            self.at += 1;
        }
        while *self.peek() != Token::End {
            let item = self.definition()?;
            self.scope.add(&item);
            file.items.push(item);
        }
        for (name, place) in &self.later {
            if !self.scope.is_type(name) {
                return self.error(*place, Problem::Undefined { name: name.clone() });
            }
        }
        Ok(file)
    }

    fn definition(&mut self) -> Result<Item, Error> {
        let doc = self.doc();
        let at = self.place();
        let expected = "const, typedef, enum, struct or union";
        let Token::Word(word) = self.peek().clone() else { return self.expected(expected) };
        if word == "program" {
            return self.refuse(at, "program", "only types are described here, no remote procedures");
        }
        if !["const", "typedef", "enum", "struct", "union"].contains(&word.as_str()) {
            return self.expected(expected);
        }
        self.at += 1;
        let (name, body) = match word.as_str() {
            "const" => {
                let name = self.constant_name()?;
                self.sign('=')?;
                (name, Body::Const(self.value()?.0))
            }
            "typedef" => {
                let (name, kind, place) = self.declaration()?;
                if kind == Kind::Void {
                    return self.refuse(place, "void", "has no name");
                }
                self.check_type_name(&name, place)?;
                (name, Body::Typedef(kind))
            }
            "enum" => {
                let name = self.type_name()?;
                let members = self.members(&name)?;
                (name, Body::Enum(members))
            }
            "struct" => {
                let name = self.type_name()?;
                let fields = self.fields()?;
                (name, Body::Struct(fields))
            }
            _ => {
                let name = self.type_name()?;
                let body = self.union()?;
                (name, Body::Union(body))
            }
        };
        self.sign(';')?;
        self.documented(&doc, at, &name)?;
        Ok(Item { name, doc, body })
    }

    fn members(&mut self, name: &str) -> Result<Vec<Member>, Error> {
        self.sign('{')?;
        let mut members: Vec<Member> = Vec::new();
        loop {
            let doc = self.doc();
            let at = self.place();
            let constant = self.constant_name()?;
            if !constant.starts_with(&member_prefix(name)) {
                return self.refuse(at, &constant, "a member begins with the name of its enum");
            }
            if member(name, &constant) == "UNKNOWN" {
                return self.refuse(at, &constant, "stands for the values without a name");
            }
            self.documented(&doc, at, &constant)?;
            self.sign('=')?;
            let (value, place) = self.value()?;
            let Ok(value) = i32::try_from(value) else {
                return self.refuse(place, &constant, "a member is an int");
            };
            if members.iter().any(|m| m.value == value) {
                return self.refuse(place, &constant, "another member has this value");
            }
            self.scope.constant(&constant, value.into());
            members.push(Member { name: constant, doc, value });
            if !self.takes_sign(',') {
                break;
            }
        }
        self.sign('}')?;
        Ok(members)
    }

    fn fields(&mut self) -> Result<Vec<Field>, Error> {
        self.sign('{')?;
        let mut fields: Vec<Field> = Vec::new();
        while !self.takes_sign('}') {
            let doc = self.doc();
            let (name, kind, place) = self.declaration()?;
            self.sign(';')?;
            if kind == Kind::Void {
                return self.refuse(place, "void", "is for unions only");
            }
            self.check_field(&fields, &name, place)?;
            self.documented(&doc, place, &name)?;
            fields.push(Field { name, doc, kind });
        }
        if fields.is_empty() {
            self.at -= 1;
            return self.expected("a declaration");
        }
        Ok(fields)
    }

    fn check_field(&self, others: &[Field], name: &str, place: Place) -> Result<(), Error> {
        if crate::names::is_reserved(name) {
            return self.refuse(place, name, "is a word of C, Rust or Python");
        }
        if !is_snake(name) {
            return self.refuse(place, name, "a field is written in lower_case");
        }
        if others.iter().any(|field| field.name == name) {
            return self.error(place, Problem::Twice { name: name.to_owned() });
        }
        Ok(())
    }

    fn union(&mut self) -> Result<Union, Error> {
        if !self.takes_word("switch") {
            return self.expected("switch");
        }
        self.sign('(')?;
        let type_place = self.place();
        let tag_type = self.type_specifier()?;
        let cases = match &tag_type {
            Type::Int | Type::Uint | Type::Bool => None,
            Type::Named(name) => self.scope.members(name),
            _ => None,
        };
        if cases.is_none() && !matches!(tag_type, Type::Int | Type::Uint | Type::Bool) {
            return self.refuse(type_place, "switch", "needs an int, an unsigned int, a bool or an enum");
        }
        let (tag, place) = self.word("a name")?;
        self.check_field(&[], &tag, place)?;
        if tag == "value" {
            return self.refuse(place, "value", "is what the arm is called in JSON");
        }
        self.sign(')')?;
        self.sign('{')?;
        let mut arms: Vec<Arm> = Vec::new();
        loop {
            let doc = self.doc();
            if !self.takes_word("case") {
                break;
            }
            let mut labels = vec![self.label(&tag_type, cases.as_deref())?];
            self.sign(':')?;
            while self.takes_word("case") {
                labels.push(self.label(&tag_type, cases.as_deref())?);
                self.sign(':')?;
            }
            let (name, kind, place) = self.declaration()?;
            if kind != Kind::Void {
                self.check_field(&[], &name, place)?;
            }
            self.sign(';')?;
            for (case, value, member_doc) in labels {
                if arms.iter().any(|arm| arm.value == value) {
                    return self.error(place, Problem::Twice { name: case });
                }
                let doc = if doc.is_empty() { member_doc } else { doc.clone() };
                self.documented(&doc, place, &case)?;
                arms.push(Arm { case, value, field: Field { name: name.clone(), doc, kind: kind.clone() } });
            }
        }
        if arms.is_empty() {
            return self.expected("case");
        }
        let at = self.place();
        let default = self.default_arm(&arms, &tag)?;
        if default.is_some() && tag_type == Type::Bool && arms.len() == 2 {
            return self.refuse(at, "default", "both values have an arm");
        }
        self.sign('}')?;
        Ok(Union { tag, tag_type, arms, default })
    }

    /// `default:`, with the rule that lets an old reader step over a new arm.
    fn default_arm(&mut self, arms: &[Arm], tag: &str) -> Result<Option<Field>, Error> {
        let doc = self.doc();
        let at = self.place();
        if !self.takes_word("default") {
            return Ok(None);
        }
        self.sign(':')?;
        let (name, kind, place) = self.declaration()?;
        self.sign(';')?;
        if arms.iter().any(|arm| arm.case == "OTHER") {
            return self.refuse(at, "default", "the arm OTHER has its name already");
        }
        if kind != Kind::Void {
            self.check_field(&[], &name, place)?;
            if name == tag {
                return self.error(place, Problem::Twice { name });
            }
        }
        if let Kind::Opaque(max) = kind {
            for arm in arms {
                let (Kind::Opaque(n) | Kind::Held(_, n)) = arm.field.kind else {
                    let why =
                        "beside `default: opaque` every arm is opaque, so that a reader can step over it";
                    return self.refuse(at, &arm.case, why);
                };
                if n > max {
                    return self.refuse(at, &arm.case, "may be longer than what the default can step over");
                }
            }
        }
        let doc =
            if doc.is_empty() { vec!["An arm that this version does not know.".to_owned()] } else { doc };
        Ok(Some(Field { name, doc, kind }))
    }
}

#[cfg(test)]
mod tests;
