//! Values for controls about the daemon itself, its clients and its nodes.
//!
//! See `mod.rs` for what a value is.

use bytes::Bytes;

use super::{Hand, Sample, bare, hand, orders, v4};
use crate::ControlReply as A;
use crate::ControlRequest as Q;
use crate::*;

fn time(sec: i64) -> Timeval {
    Timeval { sec: CLong(sec), usec: CLong(5) }
}

/// A latency counter that is told by one number.
fn latency(num: i32) -> LatencyCounter {
    LatencyCounter { num, min: 0.5.into(), max: 2.5.into(), total: 3.0.into() }
}

impl Hand {
    pub(super) fn latency(self, num: u32) -> Self {
        self.u32(num).pad(4).f64(0.5).f64(2.5).f64(3.0)
    }

    /// `struct ctdb_statistics` with its first 25 counters 1, 2, 3 and so on.
    fn statistics(self) -> Self {
        self.u32s(1..=25)
            .pad(4)
            .latency(26)
            .latency(27)
            .u32s(28..=31)
            .latency(32)
            .u32s(33..=48)
            .u32s(49..=55)
            .u32s(56..=71)
            .pad(4)
            .latency(72)
            .latency(73)
            .u32(74)
            .pad(4)
            .u64(75)
            .u64(5)
            .u64(76)
            .u64(5)
            .u32s([77, 78])
    }
}

/// The numbers from `first` on.
fn buckets(first: u32) -> Buckets {
    std::array::from_fn(|i| first + u32::try_from(i).unwrap())
}

fn statistics() -> Statistics {
    Statistics {
        num_clients: 1,
        frozen: 2,
        recovering: 3,
        client_packets_sent: 4,
        client_packets_recv: 5,
        node_packets_sent: 6,
        node_packets_recv: 7,
        keepalive_packets_sent: 8,
        keepalive_packets_recv: 9,
        node: NodePackets {
            req_call: 10,
            reply_call: 11,
            req_dmaster: 12,
            reply_dmaster: 13,
            reply_error: 14,
            req_message: 15,
            req_control: 16,
            reply_control: 17,
            req_tunnel: 18,
        },
        client: ClientPackets { req_call: 19, req_message: 20, req_control: 21, req_tunnel: 22 },
        timeouts: TimeoutCounts { call: 23, control: 24, traverse: 25 },
        reclock: ReclockLatencies { ctdbd: latency(26), recd: latency(27) },
        locks: LockStatistics {
            num_calls: 28,
            num_current: 29,
            num_pending: 30,
            num_failed: 31,
            latency: latency(32),
            buckets: buckets(33),
        },
        total_calls: 49,
        pending_calls: 50,
        childwrite_calls: 51,
        pending_childwrite_calls: 52,
        memory_used: 53,
        last_counter: 54,
        max_hop_count: 55,
        hop_count_bucket: buckets(56),
        call_latency: latency(72),
        childwrite_latency: latency(73),
        num_recoveries: 74,
        start_time: time(75),
        current_time: time(76),
        total_ro_delegations: 77,
        total_ro_revokes: 78,
    }
}

fn nodes() -> (NodeMap, Hand) {
    let node = |pnn, flags, last| NodeAndFlags { pnn: Pnn(pnn), flags, addr: v4(last, 4379) };
    let nodes = vec![
        node(0, NodeFlags::empty(), 1),
        node(1, NodeFlags::DISCONNECTED | NodeFlags::UNHEALTHY, 2),
        NodeAndFlags {
            pnn: Pnn(2),
            flags: NodeFlags::DELETED,
            addr: SockAddr::V6("[fd00::1]:4379".parse().unwrap()),
        },
    ];
    let v6 = hand().u16(10).u8(0x11).u8(0x1b).u32(0).u16(0xfd).pad(13).u8(1).u32(0).bytes();
    let mut bytes = hand().u32(3).u32s([0, 0]).v4(1, 4379).u32s([1, 3]).v4(2, 4379).u32s([2, 0x10]);
    bytes.0.extend(v6);
    (NodeMap { nodes }, bytes)
}

pub(super) fn samples() -> Vec<Sample> {
    let mut samples = bare!(
        StatisticsReset Shutdown Startup StartRecovery EndRecovery ReloadNodesFile RecdPing StopNode ContinueNode
        ReloadPublicIps IpReallocated DisableNode EnableNode StartIpReallocate
    );
    samples.extend(orders! {
        SetDebug DebugLevel(-1) => hand().u32(u32::MAX);
        SetRecMode RecMode::ACTIVE => hand().u32(1);
        SetRecMaster Pnn(2) => hand().u32(2);
        SetTunable TunableValue { value: 7, name: "A".into() } => hand().u32s([7, 2]).text("A\0");
        ModifyFlags NodeFlagChange {
            pnn: Pnn(1),
            new_flags: NodeFlags::STOPPED,
            old_flags: NodeFlags::BANNED,
        } => hand().u32s([1, 0x20, 0x08]);
        RecdReclockLatency 0.25.into() => hand().f64(0.25);
        SetLmasterRole 1 => hand().u32(1);
        SetRecMasterRole 0 => hand().u32(0);
        SetBanState BanState { pnn: Pnn(1), time: 300 } => hand().u32s([1, 300]);
        RegisterNotify NotifyData { srvid: SrvId::SAMBA_NOTIFY, data: Bytes::from_static(&[0]) }
            => hand().u64(0xFE << 56).u32(1).u8(0);
        DeregisterNotify SrvId::SAMBA_NOTIFY => hand().u64(0xFE << 56);
        StartPersistentUpdate Bytes::from_static(b"any") => hand().text("any");
        CancelPersistentUpdate Bytes::new() => hand();
    });
    let (map, map_bytes) = nodes();
    let (file, file_bytes) = nodes();
    let values = (1..=62).collect::<Vec<u32>>();
    let tunables = Tunables { values: values.clone().try_into().unwrap() };
    let echo = || Echo { timeout: 5, data: Bytes::from_static(b"hi") };
    let pid_srvid = PidSrvid { pid: Pid(4711), srvid: SrvId(9) };
    let uptime = UptimeInfo {
        current_time: time(4),
        ctdbd_start_time: time(1),
        last_recovery_started: time(2),
        last_recovery_finished: time(3),
    };
    samples.extend([
        Sample::new(Q::ProcessExists(Pid(4711)), hand().u32(4711), A::ProcessExists(Exists(true)), hand()),
        Sample::new(Q::ProcessExists(Pid(1)), hand().u32(1), A::ProcessExists(Exists(false)), hand())
            .status(-1),
        Sample::new(Q::GetStatistics(()), hand(), A::GetStatistics(statistics()), hand().statistics()),
        Sample::new(Q::Ping(()), hand(), A::Ping(6), hand()).status(6),
        Sample::new(Q::GetDebug(()), hand(), A::GetDebug(DebugLevel(3)), hand().u32(3)),
        Sample::new(Q::GetRecMode(()), hand(), A::GetRecMode(RecMode::ACTIVE), hand()).status(1),
        Sample::new(Q::RegisterSrvid(SrvId::LEADER), hand(), A::RegisterSrvid(()), hand())
            .srvid(0xF101 << 48),
        Sample::new(Q::DeregisterSrvid(SrvId(3)), hand(), A::DeregisterSrvid(()), hand()).srvid(3),
        Sample::new(
            Q::DumpMemory(()),
            hand(),
            A::DumpMemory(Bytes::from_static(b"full talloc report")),
            hand().text("full talloc report"),
        ),
        Sample::new(Q::GetPid(()), hand(), A::GetPid(Pid(4711)), hand()).status(4711),
        Sample::new(Q::GetRecMaster(()), hand(), A::GetRecMaster(Pnn(2)), hand()).status(2),
        Sample::new(Q::GetPnn(()), hand(), A::GetPnn(Pnn(2)), hand()).status(2),
        Sample::new(
            Q::GetTunable(TunableName { name: "A".into() }),
            hand().u32(2).text("A\0"),
            A::GetTunable(9),
            hand().u32(9),
        ),
        Sample::new(
            Q::ListTunables(()),
            hand(),
            A::ListTunables(TunableNames { names: "A:B".into() }),
            hand().u32(4).text("A:B\0"),
        ),
        Sample::new(Q::GetAllTunables(()), hand(), A::GetAllTunables(tunables), hand().u32s(values)),
        Sample::new(
            Q::Uptime(()),
            hand(),
            A::Uptime(uptime),
            hand().u64(4).u64(5).u64(1).u64(5).u64(2).u64(5).u64(3).u64(5),
        ),
        Sample::new(
            Q::GetCapabilities(()),
            hand(),
            A::GetCapabilities(
                Capabilities::LEADER
                    | Capabilities::LMASTER
                    | Capabilities::PARALLEL_RECOVERY
                    | Capabilities::FRAGMENTED_CONTROLS,
            ),
            hand().u32(0x0003_0003),
        ),
        Sample::new(Q::GetNodeMap(()), hand(), A::GetNodeMap(map), map_bytes),
        Sample::new(Q::GetNodesFile(()), hand(), A::GetNodesFile(file), file_bytes),
        Sample::new(
            Q::GetReclockFile(()),
            hand(),
            A::GetReclockFile(Some("/lock".into())),
            hand().text("/lock\0"),
        ),
        Sample::new(Q::GetReclockFile(()), hand(), A::GetReclockFile(None), hand()),
        Sample::new(
            Q::GetBanState(()),
            hand(),
            A::GetBanState(BanState { pnn: Pnn(1), time: 0 }),
            hand().u32s([1, 0]),
        ),
        Sample::new(
            Q::GetStatHistory(()),
            hand(),
            A::GetStatHistory(StatisticsList { stats: vec![statistics(); 2] }),
            hand().u32(2).pad(4).statistics().statistics(),
        ),
        Sample::new(Q::GetRunState(()), hand(), A::GetRunState(RunState::RUNNING), hand().u32(5)),
        Sample::new(
            Q::CheckPidSrvid(pid_srvid),
            hand().u32(4711).u64(9),
            A::CheckPidSrvid(Exists(true)),
            hand(),
        ),
        Sample::new(Q::TunnelRegister(TunnelId(7)), hand(), A::TunnelRegister(()), hand()).srvid(7),
        Sample::new(Q::TunnelDeregister(TunnelId(7)), hand(), A::TunnelDeregister(()), hand()).srvid(7),
        Sample::new(
            Q::EchoData(echo()),
            hand().u32s([5, 2]).text("hi"),
            A::EchoData(echo()),
            hand().u32s([5, 2]).text("hi"),
        ),
    ]);
    samples
}
