//! Sizes and offsets against a C compiler, for 64-bit and 32-bit x86.
//!
//! `layout.h` is written from facts (the members of each struct), not taken from anywhere. It includes nothing, so
//! `gcc -m32` needs no 32-bit system headers. Structs made of length-prefixed members have no C struct to compare with.

use std::fmt::Write as _;
use std::io::Write as _;
use std::process::{Command, Stdio};

use crate::event::{EventHeader, StatusReply};
use crate::types::{DbStatisticsHead, HotKeySlot};
use crate::*;

const HEADER: &str = include_str!("layout.h");

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
    let two_parts = ["ReqDmaster", "ReplyDmaster"];
    macro_rules! structs {
        ($( $name:ident ),+) => { $(
            for (member, at, len) in $name::layout(abi) {
                let c_member = member.replace(' ', "_");
                // The second of two open parts has no place of its own in C.
                if ["error", "call_data"].contains(&member) || two_parts.contains(&stringify!($name)) && member == "data" {
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
    // Structs without an open end have a size.
    macro_rules! sizes {
        ($( $name:ident ),+) => { $(
            writeln!(
                out,
                r#"_Static_assert(sizeof(struct {0}) == {1}, "{0} is {1} bytes");"#,
                stringify!($name), <$name as Wire>::min_len(abi)
            ).unwrap();
        )+ };
    }
    structs!(
        AddrInfo,
        BanState,
        ClientPackets,
        Connection,
        DbIdAndFlags,
        DbMap,
        DbSeqnumArgs,
        DbStatisticsHead,
        DbVacuumArgs,
        DisableMessage,
        Echo,
        ElectionMessage,
        EventHeader,
        GLock,
        HotKeySlot,
        Iface,
        IfaceList,
        KeepaliveInfo,
        KeyData,
        LatencyCounter,
        LockStatistics,
        LtdbHeader,
        NodeAndFlags,
        NodeFlagChange,
        NodeMap,
        NodePackets,
        NotifyData,
        PidSrvid,
        PublicIp,
        PublicIpInfo,
        PublicIpList,
        PullDbArgs,
        PullDbExtArgs,
        RawHeader,
        ReclockLatencies,
        ReplyCall,
        ReplyControl,
        ReplyDmaster,
        ReplyError,
        ReqCall,
        ReqControl,
        ReqDmaster,
        ReqMessage,
        ReqTunnel,
        SambaGLock,
        SambaMessage,
        ServerId,
        SrvidMessage,
        Statistics,
        StatisticsList,
        StatusReply,
        TickleList,
        TimeoutCounts,
        Timeval,
        TransDb,
        TraverseAllArgs,
        TraverseAllExtArgs,
        TraverseStartArgs,
        TraverseStartExtArgs,
        TunableName,
        TunableNames,
        TunableValue,
        Tunables,
        UptimeInfo,
        VnnMap,
        WatchedRecord,
        Watcher
    );
    sizes!(
        BanState,
        ClientPackets,
        Connection,
        DbIdAndFlags,
        DbSeqnumArgs,
        DbStatisticsHead,
        DbVacuumArgs,
        DisableMessage,
        ElectionMessage,
        EventHeader,
        GLock,
        HotKeySlot,
        Iface,
        KeepaliveInfo,
        LatencyCounter,
        LockStatistics,
        LtdbHeader,
        NodeAndFlags,
        NodeFlagChange,
        NodePackets,
        PidSrvid,
        PublicIp,
        PullDbArgs,
        PullDbExtArgs,
        RawHeader,
        ReclockLatencies,
        ServerId,
        SrvidMessage,
        Statistics,
        TimeoutCounts,
        Timeval,
        TransDb,
        TraverseAllArgs,
        TraverseAllExtArgs,
        TraverseStartArgs,
        TraverseStartExtArgs,
        Tunables,
        UptimeInfo,
        Watcher
    );
    let (len, align) = (SockAddr::min_len(abi), <SockAddr as Wire>::align(abi));
    writeln!(
        out,
        "_Static_assert(sizeof(union SockAddr) == {len} && _Alignof(union SockAddr) == {align}, \"address\");"
    )
    .unwrap();
    out
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
    assert_eq!((DisableMessage::min_len(Abi::LP64_LE), DisableMessage::min_len(Abi::I386)), (24, 16));
    let value = DisableMessage { pnn: Pnn(1), srvid: SrvId(2), timeout: 3 };
    let encoded = value.encode(Abi::LP64_LE).unwrap();
    assert_eq!(encoded.padding, [4..8, 20..24]);
    assert_eq!(DisableMessage::decode_exact(&encoded.bytes, Abi::LP64_LE), Ok(value));
    let encoded = value.encode(Abi::I386).unwrap();
    assert_eq!(encoded.bytes, [1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0][..]);
    assert!(encoded.padding.is_empty());
    assert_eq!(DisableMessage::decode_exact(&encoded.bytes, Abi::I386), Ok(value));
}

#[test]
fn every_struct_is_compared_with_c_or_has_no_fixed_place_for_its_members() {
    // Their members follow one another behind their own lengths, or may all be missing.
    let without =
        ["PushedRecord", "ReqKeepalive", "RunRequest", "ScriptRequest", "ScriptResult", "StatusRequest"];
    for name in super::structs() {
        let compared = HEADER.contains(&format!("struct {name} {{"));
        assert_ne!(compared, without.contains(&name), "{name}");
    }
}
