//! Declarations: a type, a name and a bound; and the names and numbers that stand in them.
//!
//! What RFC 4506 has and rpcgen has not (types without a name of their own, quadruple) is refused with a word of advice.

use super::Parser;
use crate::ast::{Kind, Member, Type};
use crate::error::{Error, Problem};
use crate::lex::{Place, Token};
use crate::names::{CONST_PREFIX, PREFIX, is_snake, is_upper, member};

/// No list, string or opaque may be longer: 64 MiB.
const BOUND_MAX: i64 = 64 << 20;

/// Arrays of a fixed length become arrays of Rust, which serde reads up to this length.
const ARRAY_MAX: u32 = 32;

impl Parser<'_> {
    pub(super) fn constant_name(&mut self) -> Result<String, Error> {
        let (name, at) = self.word("a name")?;
        if !name.starts_with(CONST_PREFIX) || !is_upper(&name) {
            return self.refuse(at, &name, "a constant is written TC_UPPER_CASE");
        }
        if self.scope.is_defined(&name) {
            return self.error(at, Problem::Twice { name });
        }
        Ok(name)
    }

    pub(super) fn type_name(&mut self) -> Result<String, Error> {
        let (name, at) = self.word("a name")?;
        self.check_type_name(&name, at)?;
        Ok(name)
    }

    pub(super) fn check_type_name(&self, name: &str, at: Place) -> Result<(), Error> {
        if !name.starts_with(PREFIX) || !is_snake(name) {
            return self.refuse(at, name, "a type is written tc_lower_case");
        }
        if self.scope.is_defined(name) {
            return self.error(at, Problem::Twice { name: name.to_owned() });
        }
        Ok(())
    }

    /// A number, or a constant that stands for one.
    pub(super) fn value(&mut self) -> Result<(i64, Place), Error> {
        let at = self.place();
        match self.next() {
            Token::Number(n) => Ok((n, at)),
            Token::Word(name) => match self.scope.value(&name) {
                Some(n) => Ok((n, at)),
                None => self.error(at, Problem::Undefined { name }),
            },
            token => {
                let (expected, found) = ("a number or a constant".to_owned(), token.describe());
                self.error(at, Problem::Expected { expected, found })
            }
        }
    }

    fn bound(&mut self) -> Result<u32, Error> {
        let (n, at) = self.value()?;
        match u32::try_from(n) {
            Ok(n) if n > 0 && i64::from(n) <= BOUND_MAX => Ok(n),
            _ => self.refuse(at, &n.to_string(), "a bound is 1 to 67108864"),
        }
    }

    /// What stands after `case`: the name of the arm, its value, and what is said of it elsewhere.
    pub(super) fn label(
        &mut self,
        tag_type: &Type,
        cases: Option<&[Member]>,
    ) -> Result<(String, i64, Vec<String>), Error> {
        let at = self.place();
        if *tag_type == Type::Bool {
            let (word, _) = self.word("TRUE or FALSE")?;
            return match word.as_str() {
                "TRUE" => Ok((word, 1, Vec::new())),
                "FALSE" => Ok((word, 0, Vec::new())),
                _ => self.refuse(at, &word, "a bool is TRUE or FALSE"),
            };
        }
        if let (Some(cases), Type::Named(name)) = (cases, tag_type) {
            let (word, _) = self.word("a member of the enum")?;
            return match cases.iter().find(|m| m.name == word) {
                Some(m) => Ok((member(name, &word).to_owned(), m.value.into(), m.doc.clone())),
                None => self.refuse(at, &word, "is no member of the enum of this union"),
            };
        }
        let (value, _) = self.value()?;
        let fits = match tag_type {
            Type::Int => i32::try_from(value).is_ok(),
            _ => u32::try_from(value).is_ok(),
        };
        if !fits {
            return self.refuse(at, &value.to_string(), "does not fit the discriminant");
        }
        let sign = if value < 0 { "MINUS_" } else { "" };
        Ok((format!("CASE_{sign}{}", value.unsigned_abs()), value, Vec::new()))
    }

    pub(super) fn type_specifier(&mut self) -> Result<Type, Error> {
        let (word, at) = self.word("a type")?;
        Ok(match word.as_str() {
            "int" => Type::Int,
            "hyper" => Type::Hyper,
            "float" => Type::Float,
            "double" => Type::Double,
            "bool" => Type::Bool,
            "unsigned" if self.takes_word("int") => Type::Uint,
            "unsigned" if self.takes_word("hyper") => Type::Uhyper,
            "unsigned" => return self.expected("int or hyper"),
            "quadruple" | "char" | "short" | "long" => {
                return self.refuse(
                    at,
                    &word,
                    "is not supported; there are int, hyper, float, double and bool",
                );
            }
            "struct" | "enum" | "union" => {
                if matches!(self.peek(), Token::Sign('{')) || word == "union" {
                    return self.refuse(at, &word, "rpcgen wants a name: define it above and use that");
                }
                let (name, _) = self.word("a name")?;
                Type::Named(name)
            }
            _ => Type::Named(word),
        })
    }

    /// The type of a declaration must be known above; behind `*` and `<>` it may follow when it is written `struct T`.
    fn known(&mut self, t: &Type, at: Place, may_follow: bool) -> Result<(), Error> {
        let Type::Named(name) = t else { return Ok(()) };
        if may_follow {
            self.later.push((name.clone(), at));
        } else if !self.scope.is_type(name) {
            return self.error(at, Problem::Undefined { name: name.clone() });
        }
        Ok(())
    }

    /// Name, type and place of the name. The name of `void` is empty.
    pub(super) fn declaration(&mut self) -> Result<(String, Kind, Place), Error> {
        let at = self.place();
        if self.takes_word("void") {
            return Ok((String::new(), Kind::Void, at));
        }
        if self.takes_word("opaque") {
            return self.opaque();
        }
        if self.takes_word("string") {
            let (name, at) = self.word("a name")?;
            self.sign('<')?;
            let max = self.list_bound(&name, at)?;
            return Ok((name, Kind::Text(max), at));
        }
        let type_place = self.place();
        // Only then rpcgen writes C that knows the name already.
        let may_follow = matches!(self.peek(), Token::Word(word) if word == "struct");
        let t = self.type_specifier()?;
        if self.takes_sign('*') {
            let (name, at) = self.word("a name")?;
            self.known(&t, type_place, may_follow)?;
            return Ok((name, Kind::Optional(t), at));
        }
        let (name, at) = self.word("a name")?;
        if self.takes_sign('[') {
            self.known(&t, type_place, false)?;
            let n = self.bound()?;
            if n > ARRAY_MAX {
                return self.refuse(at, &name, "an array of more than 32 items is a list: use <>");
            }
            self.sign(']')?;
            return Ok((name, Kind::Array(t, n), at));
        }
        if self.takes_sign('<') {
            self.known(&t, type_place, may_follow)?;
            let max = self.list_bound(&name, at)?;
            return Ok((name, Kind::List(t, max), at));
        }
        self.known(&t, type_place, false)?;
        Ok((name, Kind::Plain(t), at))
    }

    fn list_bound(&mut self, name: &str, at: Place) -> Result<u32, Error> {
        if self.takes_sign('>') {
            return self.refuse(at, name, "has no bound; write the largest length between < and >");
        }
        let max = self.bound()?;
        self.sign('>')?;
        Ok(max)
    }

    fn opaque(&mut self) -> Result<(String, Kind, Place), Error> {
        let at = self.place();
        let held = match self.peek().clone() {
            Token::Holds(text) => {
                self.at += 1;
                Some(self.held_type(&text, at)?)
            }
            _ => None,
        };
        let (name, at) = self.word("a name")?;
        if held.is_none() && self.takes_sign('[') {
            let n = self.bound()?;
            self.sign(']')?;
            return Ok((name, Kind::Fixed(n), at));
        }
        self.sign('<')?;
        let max = self.list_bound(&name, at)?;
        Ok((name, held.map_or(Kind::Opaque(max), |t| Kind::Held(t, max)), at))
    }

    /// The text of `/*= */`: the name of a type, or `void`.
    fn held_type(&mut self, text: &str, at: Place) -> Result<Option<Type>, Error> {
        if text == "void" {
            return Ok(None);
        }
        if !text.starts_with(PREFIX) || !is_snake(text) {
            return self.refuse(at, text, "an opaque holds a type with a name, or void");
        }
        self.later.push((text.to_owned(), at));
        Ok(Some(Type::Named(text.to_owned())))
    }
}
