//! Every message of the new protocol, and every construct of the language, between Rust, Python and C.
//!
//! C is what Debian's rpcgen makes of the same `.x` files, with libtirpc. Each message goes out from Rust, is shown field
//! by field by the other side, and comes back as that side writes it. Values are made by the generator's own reading of
//! the definitions, from seeds.

mod c_program;

#[allow(dead_code, unreachable_pub)]
#[rustfmt::skip]
#[path = "../../../new-daemons/protocol/tests/generated/all.rs"]
mod all;

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use bytes::Bytes;
use protocol::catalog::{self, Type};
use protocol_generator::ast::Schema;
use protocol_generator::project;
use protocol_generator::sample::sample;
use serde_json::Value;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().join("new-daemons/protocol")
}

/// All definitions: those of the protocol and those of the tests.
fn schema() -> Schema {
    let mut schema = project::load_folder(&root().join("spec")).unwrap_or_else(|e| panic!("{e}"));
    project::load(&mut schema, &root().join("tests/spec/all.x")).unwrap_or_else(|e| panic!("{e}"));
    schema
}

fn types() -> Vec<Type> {
    catalog::types().chain(all::TYPES).copied().collect()
}

/// Numbers that are the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, limit: usize) -> usize {
        usize::try_from(self.next() % u64::try_from(limit).unwrap()).unwrap()
    }

    fn choices(&mut self) -> Vec<u8> {
        let len = self.below(500);
        (0..len).map(|_| self.next().to_be_bytes()[3]).collect()
    }
}

/// A message and what it should look like.
struct Message {
    of: Type,
    bytes: Bytes,
    json: Value,
}

/// The smallest value of each type and `count` others.
fn messages(schema: &Schema, seed: u64, count: usize) -> Vec<Message> {
    let mut numbers = Numbers(seed);
    let mut all = Vec::new();
    for of in types() {
        for round in 0..=count {
            let choices = if round == 0 { Vec::new() } else { numbers.choices() };
            let made = sample(schema, of.name, &choices).unwrap();
            all.push(Message { of, bytes: made.bytes.into(), json: made.json });
        }
    }
    all
}

/// What the other side said of a message: its JSON and the bytes again, or that it refused them.
type Answer = Option<(Value, Vec<u8>)>;

fn unhex(text: &str) -> Vec<u8> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16).unwrap()).collect();
    digits.chunks(2).map(|pair| u8::try_from(pair[0] * 16 + pair[1]).unwrap()).collect()
}

/// Gives messages to a program, and takes what it says of each.
fn ask(mut program: Command, messages: &[Message]) -> Vec<Answer> {
    let mut child = program
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|e| panic!("{program:?}: {e}"));
    let mut stdin = child.stdin.take().unwrap();
    let mut input = Vec::new();
    for message in messages {
        for part in [message.of.name.as_bytes(), &message.bytes] {
            input.extend_from_slice(&u32::try_from(part.len()).unwrap().to_be_bytes());
            input.extend_from_slice(part);
        }
    }
    let writer = std::thread::spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "{program:?}: {}", output.status);
    let text = String::from_utf8(output.stdout).unwrap();
    let mut lines = text.lines();
    let mut answers = Vec::new();
    while let Some(line) = lines.next() {
        answers.push((line != "refused").then(|| {
            let json = serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
            (json, unhex(lines.next().unwrap()))
        }));
    }
    assert_eq!(answers.len(), messages.len());
    answers
}

/// They show the same and write the same, and what they wrote is what Rust reads.
fn compare(side: &str, messages: &[Message], answers: &[Answer]) {
    for (message, answer) in messages.iter().zip(answers) {
        let name = message.of.name;
        let ours = message.of.to_json(&message.bytes).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(ours, message.json, "{name} in Rust");
        let Some((json, bytes)) = answer else { panic!("{side} refuses {name}: {}", message.json) };
        assert_eq!(*json, ours, "{name} in {side}");
        assert_eq!(bytes, &message.bytes, "{name} as {side} writes it");
        let back = message.of.to_json(&Bytes::copy_from_slice(bytes)).unwrap();
        assert_eq!(back, ours, "{name} as {side} wrote it");
    }
}

fn run(program: &mut Command) {
    let output = program.output().unwrap_or_else(|e| {
        panic!("{program:?}: {e}. make packages installs what is missing (rpcsvc-proto, libtirpc-dev, gcc)")
    });
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{program:?}: {said}");
}

/// Lets rpcgen and gcc make a program of the `.x` files.
fn c_program(schema: &Schema, dir: &Path) -> PathBuf {
    let mut sources = vec![dir.join("exchange.c")];
    for file in &schema.files {
        let name = format!("{}.x", file.module);
        let ours = root().join("spec").join(&name);
        let from = if ours.exists() { ours } else { root().join("tests/spec").join(&name) };
        fs::copy(from, dir.join(&name)).unwrap();
        let (header, code) = (format!("{}.h", file.module), format!("{}_xdr.c", file.module));
        run(Command::new("rpcgen").current_dir(dir).args(["-h", "-o", &header, &name]));
        run(Command::new("rpcgen").current_dir(dir).args(["-c", "-o", &code, &name]));
        sources.push(dir.join(code));
    }
    fs::write(&sources[0], c_program::source(schema)).unwrap();
    let program = dir.join("exchange");
    let mut gcc = Command::new("gcc");
    // The code that rpcgen writes has variables that it does not use.
    gcc.args([
        "-O1",
        "-Wall",
        "-Werror",
        "-Wno-unused-variable",
        "-Wno-format",
        "-I/usr/include/tirpc",
        "-I",
    ]);
    gcc.arg(dir).args(&sources).arg("-o").arg(&program).arg("-ltirpc");
    run(&mut gcc);
    program
}

fn python() -> Command {
    let mut python = Command::new("python3");
    let driver = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/protocol_interop/driver.py");
    python.arg("-B").arg(driver).arg(root().join("python")).arg(root().join("tests/generated"));
    python.env("PYTHONIOENCODING", "utf-8");
    python
}

#[test]
fn c_code_of_rpcgen_reads_shows_and_writes_every_message_as_we_do() {
    let schema = schema();
    let dir = tempfile::tempdir().unwrap();
    let program = c_program(&schema, dir.path());
    let messages = messages(&schema, 0x9E37_79B9_7F4A_7C15, 60);
    let answers = ask(Command::new(program), &messages);
    compare("C", &messages, &answers);
}

#[test]
fn python_reads_shows_and_writes_every_message_as_we_do() {
    let schema = schema();
    let messages = messages(&schema, 0xD1B5_4A32_D192_ED03, 60);
    let answers = ask(python(), &messages);
    compare("Python", &messages, &answers);
}

/// Messages of which one byte or the length is wrong.
fn damaged(schema: &Schema) -> Vec<Message> {
    let mut numbers = Numbers(0xA076_1D64_78BD_642F);
    let mut messages = messages(schema, 0xE703_7ED1_A0B4_28DB, 60);
    for message in &mut messages {
        let mut bytes = message.bytes.to_vec();
        let at = numbers.below(bytes.len());
        match numbers.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.extend([0; 4]),
            2 => bytes[at] ^= 1 << numbers.below(8),
            _ => bytes[at] = numbers.next().to_be_bytes()[5],
        }
        message.bytes = bytes.into();
    }
    messages
}

#[test]
fn python_refuses_the_same_damaged_messages_as_we_do() {
    let messages = damaged(&schema());
    let mut refused = 0;
    for (message, answer) in messages.iter().zip(ask(python(), &messages)) {
        let name = message.of.name;
        match (message.of.again(&message.bytes), answer) {
            (Ok(again), Some((_, bytes))) => assert_eq!(again.bytes, bytes, "{name}"),
            (Err(_), None) => refused += 1,
            (ours, theirs) => panic!("{name}, {:02x?}: {ours:?}, in Python {theirs:?}", message.bytes),
        }
    }
    assert!(refused > messages.len() / 4, "only {refused} of {} were damaged", messages.len());
}

#[test]
fn python_refuses_to_write_what_nobody_would_read() {
    let script = r#"
import sys
sys.path.insert(0, sys.argv[1])
from tablecloth import common, probe, xdr
bad = [
    lambda: common.Daemon("x" * 16, 0).encode(),
    lambda: common.Daemon("a\0b", 0).encode(),
    lambda: common.Daemon(None, 0).encode(),
    lambda: common.Daemon(b"bytes", 0).encode(),
    lambda: common.Daemon("a", "one").encode(),
    lambda: common.Daemon("a", -1).encode(),
    lambda: common.Daemon("a", 1 << 32).encode(),
    lambda: common.Error(common.Code.OK, "", [common.Addition(1, b"")] * 17).encode(),
    lambda: common.Error(common.Code.OK, "", ["no addition"]).encode(),
    lambda: probe.ProbeBody(1, probe.ProbeWhat(probe.ProbeVerb.STATUS, b"x")).encode(),
    lambda: probe.ProbeBody(1, probe.ProbeWhat(probe.ProbeVerb.ECHO, 5)).encode(),
]
for number, write in enumerate(bad):
    try:
        write()
    except xdr.XdrError:
        continue
    sys.exit(f"number {number} was written")
"#;
    run(Command::new("python3").args(["-B", "-c", script]).arg(root().join("python")));
}
