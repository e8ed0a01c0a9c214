//! What the parser accepts, and what it says about everything else.

use super::*;
use crate::ast::Schema;

fn read(text: &str) -> Result<File, String> {
    parse("t.x", &format!("/*! t */\n{text}"), &Schema::default()).map_err(|e| e.to_string())
}

fn error(text: &str) -> String {
    read(text).unwrap_err()
}

#[test]
fn every_construct_of_the_language_is_read() {
    let file = read(
        "/** c */ const TC_N = 0x10;
         /** e */ enum tc_e { /** a */ TC_E_A = -1, /** b */ TC_E_B = TC_N };
         /** t */ typedef unsigned hyper tc_t;
         /** s */ struct tc_s { /** a */ tc_t a; /** b */ struct tc_s *b; /** c */ float c[3]; /** d */ opaque d[5];
                                /** e */ string e<TC_N>; /** f */ struct tc_s f<2>; /** g */ opaque /*= tc_t */ g<8>; };
         /** u */ union tc_u switch (tc_e kind) { case TC_E_A: case TC_E_B: int x; default: void; };",
    )
    .unwrap();
    assert_eq!(file.items.len(), 5);
    let Body::Struct(fields) = &file.items[3].body else { panic!("{file:?}") };
    let t = Type::Named("tc_t".to_owned());
    let s = Type::Named("tc_s".to_owned());
    let kinds: Vec<Kind> = fields.iter().map(|f| f.kind.clone()).collect();
    assert_eq!(
        kinds,
        [
            Kind::Plain(t.clone()),
            Kind::Optional(s.clone()),
            Kind::Array(Type::Float, 3),
            Kind::Fixed(5),
            Kind::Text(16),
            Kind::List(s, 2),
            Kind::Held(Some(t), 8),
        ]
    );
    let Body::Union(union) = &file.items[4].body else { panic!("{file:?}") };
    let arms: Vec<_> = union.arms.iter().map(|a| (a.case.as_str(), a.value)).collect();
    assert_eq!(arms, [("A", -1), ("B", 16)]);
    assert_eq!(union.arms[0].field.doc, ["a"], "an arm without a comment has that of the member");
}

#[test]
fn a_mistake_is_told_with_its_place_and_what_was_expected() {
    for (text, message) in [
        ("program TC_P {", "t.x:2:1: program: only types are described here, no remote procedures"),
        ("foo", "t.x:2:1: expected const, typedef, enum, struct or union, found `foo`"),
        ("/** c */ const TC_N = ;", "t.x:2:23: expected a number or a constant, found `;`"),
        ("/** c */ const TC_N = 1", "t.x:2:24: expected `;`, found the end of the file"),
        ("/** c */ const N = 1;", "t.x:2:16: N: a constant is written TC_UPPER_CASE"),
        ("const TC_N = 1;", "t.x:2:1: TC_N: no comment /** */ before it"),
        (
            "/** s */ struct tc_s { /** a */ opaque a<>; };",
            "t.x:2:40: a: has no bound; write the largest length between < and >",
        ),
        ("/** s */ struct tc_s { /** a */ opaque a<0>; };", "t.x:2:42: 0: a bound is 1 to 67108864"),
        ("/** s */ struct tc_s { /** a */ tc_x a; };", "t.x:2:33: tc_x is not defined above"),
        ("/** s */ struct tc_s { /** a */ tc_x *a; };", "t.x:2:33: tc_x is not defined above"),
        ("/** s */ struct tc_s { /** a */ struct tc_x a<2>; };", "t.x:2:33: tc_x is not defined above"),
        ("/** s */ struct tc_s { /** a */ tc_s *a; };", "t.x:2:33: tc_s is not defined above"),
        ("/** s */ struct tc_s { /** a */ struct tc_s a; };", "t.x:2:33: tc_s is not defined above"),
        ("/** s */ struct tc_s { /** a */ tc_s a; };", "t.x:2:33: tc_s is not defined above"),
        ("/** s */ struct tc_s { };", "t.x:2:24: expected a declaration, found `}`"),
        ("/** s */ struct tc_s { int a; };", "t.x:2:28: a: no comment /** */ before it"),
        ("/** s */ struct tc_s { /** a */ int from; };", "t.x:2:37: from: is a word of C, Rust or Python"),
        ("/** s */ struct tc_s { /** a */ int a; /** a */ int a; };", "t.x:2:53: a is defined twice"),
        (
            "/** s */ struct tc_s { /** a */ int a[33]; };",
            "t.x:2:37: a: an array of more than 32 items is a list: use <>",
        ),
        (
            "/** s */ struct tc_s { /** a */ struct { int b; } a; };",
            "t.x:2:33: struct: rpcgen wants a name: define it above and use that",
        ),
        (
            "/** s */ struct tc_s { /** a */ quadruple a; };",
            "t.x:2:33: quadruple: is not supported; there are int, hyper, float, double and bool",
        ),
        ("/** s */ struct tc_s { /** a */ unsigned a; };", "t.x:2:42: expected int or hyper, found `a`"),
        (
            "/** e */ enum tc_e { /** a */ TC_A = 1 };",
            "t.x:2:31: TC_A: a member begins with the name of its enum",
        ),
        (
            "/** e */ enum tc_e { /** a */ TC_E_A = 1, /** b */ TC_E_B = 1 };",
            "t.x:2:61: TC_E_B: another member has this value",
        ),
        (
            "/** u */ union tc_u switch (hyper k) { case 1: void; };",
            "t.x:2:29: switch: needs an int, an unsigned int, a bool or an enum",
        ),
        (
            "/** u */ union tc_u switch (int k) { /** a */ case 1: void; /** b */ case 1: void; };",
            "t.x:2:78: CASE_1 is defined twice",
        ),
        (
            "/** u */ union tc_u switch (unsigned int k) { case -1: void; };",
            "t.x:2:52: -1: does not fit the discriminant",
        ),
        (
            "/** u */ union tc_u switch (int k) { /** a */ case 1: int a; default: opaque rest<8>; };",
            "t.x:2:62: CASE_1: beside `default: opaque` every arm is opaque, so that a reader can step over it",
        ),
        (
            "/** u */ union tc_u switch (int k) { /** a */ case 1: opaque a<9>; default: opaque rest<8>; };",
            "t.x:2:68: CASE_1: may be longer than what the default can step over",
        ),
        ("%#include \"other.h\"", "t.x:2:1: other.x is not defined above"),
    ] {
        assert_eq!(error(text), message, "{text}");
    }
}

#[test]
fn a_file_says_what_it_is() {
    let error = parse("t.x", "", &Schema::default()).unwrap_err().to_string();
    assert_eq!(error, "t.x:1:1: expected a comment /*! */ about the file, found the end of the file");
}
