//! Sizes and offsets against a C compiler, for 64-bit and 32-bit x86.
//!
//! The header below is written from facts (the members of each struct), not taken from anywhere. It includes nothing,
//! so `gcc -m32` needs no 32-bit system headers.

#![allow(unreachable_pub, reason = "wire! makes public structs; the one here is for this test only")]

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::*;

const HEADER: &str = r"
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef int i32;
typedef unsigned long long u64;
struct sock_in { u16 family, port; u32 addr; u8 zero[8]; };
struct sock_in6 { u16 family, port; u32 flow; u8 addr[16]; u32 scope; };
union SockAddr { struct { u16 family; u8 data[14]; } any; struct sock_in v4; struct sock_in6 v6; };
struct Timeval { long sec, usec; };
struct UptimeInfo { struct Timeval current_time, ctdbd_start_time, last_recovery_started, last_recovery_finished; };
struct NodeAndFlags { u32 pnn, flags; union SockAddr addr; };
struct NodeMap { u32 nodes_count; struct NodeAndFlags nodes[1]; };
struct VnnMap { u32 generation, map_count; u32 map[1]; };
struct Iface { char name[18]; u16 link_state; u32 references; };
struct IfaceList { u32 ifaces_count; struct Iface ifaces[1]; };
struct RawHeader { u32 length, magic, version, generation, operation, dest, src, reqid; };
struct ReqControl { u32 opcode, pad; u64 srvid; u32 client_id, flags, data_count; u8 data[1]; };
struct ReplyControl { i32 status; u32 data_count, error_count; u8 data[1]; u8 error[1]; };
struct ReqMessage { u64 srvid; u32 data_count; u8 data[1]; };
/* Not on this list for its own sake: 24 bytes on x86-64, 16 on i386, so it tells the alignment of u64. */
struct Disable { u32 pnn; u64 srvid; u32 timeout; };
";

fn compile(flag: &str, source: &str) {
    let child = Command::new("gcc")
        .args([flag, "-std=c11", "-fsyntax-only", "-x", "c", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = child.expect("the layout test needs gcc: apt-get install gcc");
    child.stdin.take().unwrap().write_all(source.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "gcc {flag}:\n{}", String::from_utf8_lossy(&output.stderr));
}

fn assertions(abi: Abi) -> String {
    let mut out = String::new();
    macro_rules! structs {
        ($( $name:ident ),+) => { $(
            for (member, at, len) in $name::layout(abi) {
                let c_member = member.replace(' ', "_");
                // The second of two open parts has no place of its own in C.
                if stringify!($name) == "ReplyControl" && member == "error" {
                    continue;
                }
                writeln!(
                    out,
                    r#"_Static_assert(__builtin_offsetof(struct {0}, {1}) == {at}, "{0}.{1} at {at}");"#,
                    stringify!($name), c_member
                ).unwrap();
                if len > 0 {
                    writeln!(
                        out,
                        r#"_Static_assert(sizeof(((struct {0} *)0)->{1}) == {len}, "{0}.{1} is {len}");"#,
                        stringify!($name), c_member
                    ).unwrap();
                }
            }
            writeln!(
                out,
                r#"_Static_assert(_Alignof(struct {0}) == {1}, "{0} aligned to {1}");"#,
                stringify!($name), <$name as Wire>::align(abi)
            ).unwrap();
        )+ };
    }
    structs!(
        Timeval,
        UptimeInfo,
        NodeAndFlags,
        NodeMap,
        VnnMap,
        Iface,
        IfaceList,
        RawHeader,
        ReqControl,
        ReplyControl,
        ReqMessage,
        Disable
    );
    for (name, len) in [
        ("struct Timeval", Timeval::min_len(abi)),
        ("struct UptimeInfo", UptimeInfo::min_len(abi)),
        ("struct NodeAndFlags", NodeAndFlags::min_len(abi)),
        ("struct Iface", Iface::min_len(abi)),
        ("struct RawHeader", RawHeader::min_len(abi)),
        ("union SockAddr", SockAddr::min_len(abi)),
        ("struct Disable", Disable::min_len(abi)),
    ] {
        writeln!(out, r#"_Static_assert(sizeof({name}) == {len}, "{name} is {len} bytes");"#).unwrap();
    }
    out
}

crate::macros::wire! {
    /// `struct ctdb_disable_message`, whose size differs between the two.
    Disable {
        /// Who is answered.
        pnn: Pnn,
        /// At which srvid.
        srvid: SrvId,
        /// Seconds.
        timeout: u32,
    }
}

#[test]
fn every_struct_lies_in_memory_as_a_64_bit_c_compiler_puts_it() {
    compile("-m64", &(HEADER.to_owned() + &assertions(Abi::LP64_LE)));
}

#[test]
fn every_struct_lies_in_memory_as_a_32_bit_c_compiler_puts_it() {
    compile("-m32", &(HEADER.to_owned() + &assertions(Abi::I386)));
}

#[test]
fn the_alignment_of_eight_byte_scalars_is_derived() {
    assert_eq!((Disable::min_len(Abi::LP64_LE), Disable::min_len(Abi::I386)), (24, 16));
    let value = Disable { pnn: Pnn(1), srvid: SrvId(2), timeout: 3 };
    let encoded = value.encode(Abi::LP64_LE).unwrap();
    assert_eq!(encoded.padding, [4..8, 20..24]);
    assert_eq!(Disable::decode_exact(&encoded.bytes, Abi::LP64_LE), Ok(value.clone()));
    let encoded = value.encode(Abi::I386).unwrap();
    assert_eq!(encoded.bytes, [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0][..]);
    assert!(encoded.padding.is_empty());
    assert_eq!(Disable::decode_exact(&encoded.bytes, Abi::I386), Ok(value));
}
