//! Values for controls about public addresses, interfaces and connections.
//!
//! See `mod.rs` for what a value is.

use super::{Sample, hand, orders, v4};
use crate::ControlReply as A;
use crate::ControlRequest as Q;
use crate::*;

fn eth0() -> Iface {
    Iface { name: CName::new("eth0"), link_state: 1, references: 2 }
}

fn info() -> AddrInfo {
    AddrInfo { addr: v4(9, 0), mask: 24, iface: "eth0".into() }
}

pub(super) fn samples() -> Vec<Sample> {
    let ends = Connection { src: v4(1, 445), dst: v4(2, 50000) };
    let both = || hand().v4(1, 445).v4(2, 50000);
    let info_bytes = || hand().v4(9, 0).u32s([24, 5]).text("eth0\0");
    let iface = || hand().text("eth0").pad(14).u16(1).u32(2);
    let ip = PublicIp { pnn: Pnn(1), addr: v4(9, 0) };
    let tickles = || TickleList { addr: v4(9, 0), connections: vec![ends] };
    let tickle_bytes = || hand().v4(9, 0).u32(1).v4(1, 445).v4(2, 50000);
    let mut samples = orders! {
        TcpClient ends => both();
        TcpAdd ends => both();
        TcpRemove ends => both();
        TcpAddDelayedUpdate ends => both();
        TcpClientDisconnected ends => both();
        TcpClientPassed ends => both();
        SetTcpTickleList tickles() => tickle_bytes();
        SendGratuitousArp info() => info_bytes();
        AddPublicIp info() => info_bytes();
        DelPublicIp info() => info_bytes();
        ReleaseIp ip.clone() => hand().u32(1).v4(9, 0);
        TakeoverIp ip.clone() => hand().u32(1).v4(9, 0);
        SetIfaceLinkState eth0() => iface();
    };
    samples.extend([
        Sample::new(
            Q::GetTcpTickleList(v4(9, 0)),
            hand().v4(9, 0),
            A::GetTcpTickleList(tickles()),
            tickle_bytes(),
        ),
        Sample::new(
            Q::GetPublicIps(PublicIpFlags::ONLY_AVAILABLE),
            hand(),
            A::GetPublicIps(PublicIpList { ips: vec![ip.clone()] }),
            hand().u32(1).u32(1).v4(9, 0),
        )
        .flags(0x0001_0000),
        Sample::new(
            Q::GetPublicIpInfo(v4(9, 0)),
            hand().v4(9, 0),
            A::GetPublicIpInfo(PublicIpInfo { ip, active: u32::MAX, ifaces: vec![eth0()] }),
            hand().u32(1).v4(9, 0).u32s([u32::MAX, 1]).text("eth0").pad(14).u16(1).u32(2),
        ),
        Sample::new(
            Q::GetIfaces(()),
            hand(),
            A::GetIfaces(IfaceList { ifaces: vec![eth0()] }),
            hand().u32(1).text("eth0").pad(14).u16(1).u32(2),
        ),
    ]);
    samples
}
