//! Writes a program in C around what rpcgen made of the same `.x` files: it reads messages, prints what is in them
//! field by field as JSON, and writes them again.
//!
//! How bytes are read and written is rpcgen's and libtirpc's alone; this only walks the structs of C. The names of fields
//! and of members are C's symbols, so that a message whose fields were swapped shows, though its bytes be the same.

use std::fmt::Write as _;

use protocol_generator::ast::{Arm, Body, Item, Kind, Schema, Type, Union};
use protocol_generator::names::{member, member_prefix};

/// The source, over the headers of these files.
pub(crate) fn source(schema: &Schema) -> String {
    let mut out = String::from(PROLOGUE);
    for file in &schema.files {
        let _ = writeln!(out, "#include \"{}.h\"", file.module);
    }
    out.push_str(HELPERS);
    let items = || schema.files.iter().flat_map(|file| &file.items).filter(|item| item.is_type());
    for item in items() {
        let _ = writeln!(out, "static void dump_{0}({0} *v);", item.name);
    }
    for item in items() {
        dump(schema, item, &mut out);
    }
    out.push_str("static int message(const char *name, char *data, u_int len)\n{\n");
    for item in items() {
        let (name, reference) = (&item.name, reference(schema, &item.name, "v"));
        let _ = writeln!(out, "    if (!strcmp(name, \"{name}\")) {{");
        let _ = writeln!(out, "        {name} v; XDR x; char *again; u_int size;");
        let _ = writeln!(out, "        memset(&v, 0, sizeof v);");
        let _ = writeln!(out, "        xdrmem_create(&x, data, len, XDR_DECODE);");
        let _ = writeln!(out, "        if (!xdr_{name}(&x, {reference}) || xdr_getpos(&x) != len) return 0;");
        let _ = writeln!(out, "        dump_{name}(&v); putchar('\\n');");
        let _ = writeln!(out, "        again = calloc(1, len + 64);");
        let _ = writeln!(out, "        xdrmem_create(&x, again, len + 64, XDR_ENCODE);");
        let _ = writeln!(out, "        if (!xdr_{name}(&x, {reference})) fail(\"not written again\");");
        let _ = writeln!(out, "        size = xdr_getpos(&x); hex(again, size); free(again);");
        let _ = writeln!(out, "        return 1;\n    }}");
    }
    out.push_str("    fail(name);\n    return 0;\n}\n");
    out.push_str(MAIN);
    out
}

/// How the functions of rpcgen are given a variable: arrays by themselves, all else by its address.
fn reference(schema: &Schema, name: &str, variable: &str) -> String {
    match schema.find(name).map(|(_, item)| &item.body) {
        Some(Body::Typedef(Kind::Array(..) | Kind::Fixed(_))) => variable.to_owned(),
        _ => format!("&{variable}"),
    }
}

fn dump(schema: &Schema, item: &Item, out: &mut String) {
    let name = &item.name;
    let _ = writeln!(out, "static void dump_{name}({name} *v)\n{{");
    match &item.body {
        Body::Const(_) => {}
        Body::Typedef(kind) => value(schema, kind, "(*v)", name, out),
        Body::Enum(members) => {
            let _ = writeln!(out, "    switch (*v) {{");
            for m in members {
                let word = member(name, &m.name).to_lowercase();
                let _ = writeln!(out, "    case {}: printf(\"\\\"{word}\\\"\"); break;", m.name);
            }
            let _ = writeln!(out, "    default: printf(\"%d\", (int)*v);\n    }}");
        }
        Body::Struct(fields) => {
            let mut before = '{';
            for field in fields {
                let _ = writeln!(out, "    printf(\"{before}\\\"{}\\\":\");", field.name);
                value(schema, &field.kind, &format!("(v->{})", field.name), &field.name, out);
                before = ',';
            }
            let _ = writeln!(out, "    putchar('}}');");
        }
        Body::Union(union) => dump_union(schema, name, union, out),
    }
    out.push_str("}\n");
}

fn label(union: &Union, arm: &Arm) -> String {
    match &union.tag_type {
        Type::Named(name) => format!("{}{}", member_prefix(name), arm.case),
        Type::Uint => format!("{}u", arm.value),
        _ => arm.value.to_string(),
    }
}

fn dump_union(schema: &Schema, name: &str, union: &Union, out: &mut String) {
    let tag = &union.tag;
    let _ = writeln!(out, "    switch (v->{tag}) {{");
    for arm in &union.arms {
        let word = arm.case.to_lowercase();
        let _ = writeln!(out, "    case {}:", label(union, arm));
        let _ = writeln!(out, "    printf(\"{{\\\"{tag}\\\":\\\"{word}\\\"\");");
        let at = format!("(v->{name}_u.{})", arm.field.name);
        match arm.field.kind {
            Kind::Void => {}
            Kind::Held(None, _) => value(schema, &arm.field.kind, &at, &arm.field.name, out),
            _ => {
                let _ = writeln!(out, "    printf(\",\\\"value\\\":\");");
                value(schema, &arm.field.kind, &at, &arm.field.name, out);
            }
        }
        let _ = writeln!(out, "    putchar('}}'); break;");
    }
    let _ = writeln!(out, "    default:");
    if let Some(field) = &union.default {
        let _ =
            writeln!(out, "    printf(\"{{\\\"{tag}\\\":\\\"other\\\",\\\"value\\\":{{\\\"{tag}\\\":\");");
        value(schema, &Kind::Plain(union.tag_type.clone()), &format!("(v->{tag})"), tag, out);
        if field.kind != Kind::Void {
            let _ = writeln!(out, "    printf(\",\\\"{}\\\":\");", field.name);
            value(schema, &field.kind, &format!("(v->{name}_u.{})", field.name), &field.name, out);
        }
        let _ = writeln!(out, "    printf(\"}}}}\");");
    } else {
        let _ = writeln!(out, "    fail(\"{name}\");");
    }
    out.push_str("    }\n");
}

fn plain(t: &Type, at: &str, out: &mut String) {
    let _ = match t {
        Type::Int => writeln!(out, "    printf(\"%d\", {at});"),
        Type::Uint => writeln!(out, "    printf(\"%u\", {at});"),
        Type::Hyper => writeln!(out, "    printf(\"%lld\", (long long){at});"),
        Type::Uhyper => writeln!(out, "    printf(\"%llu\", (unsigned long long){at});"),
        Type::Float | Type::Double => writeln!(out, "    number({at});"),
        Type::Bool => writeln!(out, "    printf({at} ? \"true\" : \"false\");"),
        Type::Named(name) => writeln!(out, "    dump_{name}(&{at});"),
    };
}

/// `at` is the value; the members of a list are called after `name`.
fn value(schema: &Schema, kind: &Kind, at: &str, name: &str, out: &mut String) {
    let each = |count: &str, item: &str, t: &Type, out: &mut String| {
        let _ = writeln!(
            out,
            "    {{ u_int i; putchar('['); for (i = 0; i < {count}; i++) {{ if (i) putchar(',');"
        );
        plain(t, item, out);
        let _ = writeln!(out, "    }} putchar(']'); }}");
    };
    match kind {
        Kind::Void => {}
        Kind::Plain(t) => plain(t, at, out),
        Kind::Optional(t) => {
            let _ = writeln!(out, "    if (!{at}) printf(\"null\"); else {{");
            plain(t, &format!("(*{at})"), out);
            out.push_str("    }\n");
        }
        Kind::Array(t, n) => each(&n.to_string(), &format!("({at}[i])"), t, out),
        Kind::List(t, _) => each(&format!("{at}.{name}_len"), &format!("({at}.{name}_val[i])"), t, out),
        Kind::Fixed(n) => {
            let _ = writeln!(out, "    base64({at}, {n});");
        }
        Kind::Opaque(_) => {
            let _ = writeln!(out, "    base64({at}.{name}_val, {at}.{name}_len);");
        }
        Kind::Text(_) => {
            let _ = writeln!(out, "    text({at});");
        }
        Kind::Held(None, _) => {
            let _ = writeln!(out, "    if ({at}.{name}_len) fail(\"not empty\");");
        }
        Kind::Held(Some(Type::Named(held)), _) => {
            // What is held is read, shown, written again and put back where it was.
            let reference = reference(schema, held, "in");
            let _ = writeln!(
                out,
                "    {{ {held} in; XDR x; u_int len = {at}.{name}_len; char *old = {at}.{name}_val;"
            );
            let _ = writeln!(out, "    memset(&in, 0, sizeof in); xdrmem_create(&x, old, len, XDR_DECODE);");
            let _ = writeln!(
                out,
                "    if (!xdr_{held}(&x, {reference}) || xdr_getpos(&x) != len) fail(\"{held}\");"
            );
            let _ = writeln!(out, "    dump_{held}(&in); {at}.{name}_val = calloc(1, len);");
            let _ = writeln!(out, "    xdrmem_create(&x, {at}.{name}_val, len, XDR_ENCODE);");
            let _ = writeln!(
                out,
                "    if (!xdr_{held}(&x, {reference}) || xdr_getpos(&x) != len) fail(\"{held}\"); }}"
            );
        }
        Kind::Held(Some(t), _) => panic!("an opaque that holds {t:?}"),
    }
}

const PROLOGUE: &str = r"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <rpc/rpc.h>
";

const HELPERS: &str = r#"
static void fail(const char *why) { fflush(stdout); fprintf(stderr, "%s\n", why); exit(1); }

static void number(double n)
{
    char s[64];
    snprintf(s, sizeof s, "%.17g", n);
    printf("%s%s", s, strpbrk(s, ".e") ? "" : ".0");
}

static void text(const char *s)
{
    putchar('"');
    for (; *s; s++) {
        unsigned char c = (unsigned char)*s;
        if (c == '"' || c == '\\') printf("\\%c", c);
        else if (c < 32) printf("\\u%04x", c);
        else putchar(c);
    }
    putchar('"');
}

static void base64(const char *s, u_int len)
{
    static const char d[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const unsigned char *p = (const unsigned char *)s;
    putchar('"');
    for (; len; p += 3) {
        unsigned long n = (unsigned long)p[0] << 16 | (len > 1 ? p[1] : 0) << 8 | (len > 2 ? p[2] : 0);
        putchar(d[n >> 18]);
        putchar(d[n >> 12 & 63]);
        putchar(len > 1 ? d[n >> 6 & 63] : '=');
        putchar(len > 2 ? d[n & 63] : '=');
        len = len > 3 ? len - 3 : 0;
    }
    putchar('"');
}

static void hex(const char *s, u_int len)
{
    u_int i;
    for (i = 0; i < len; i++) printf("%02x", (unsigned char)s[i]);
    putchar('\n');
}
"#;

const MAIN: &str = r#"
static u_int word(void)
{
    unsigned char b[4];
    if (fread(b, 1, 4, stdin) != 4) { fflush(stdout); exit(0); }
    return (u_int)b[0] << 24 | (u_int)b[1] << 16 | (u_int)b[2] << 8 | b[3];
}

int main(void)
{
    for (;;) {
        u_int size = word(), len;
        char *name = calloc(1, size + 1), *data;
        if (fread(name, 1, size, stdin) != size) fail("name");
        len = word();
        data = calloc(1, len + 1);
        if (fread(data, 1, len, stdin) != len) fail("data");
        if (!message(name, data, len)) printf("refused\n");
        free(data);
        free(name);
    }
}
"#;
