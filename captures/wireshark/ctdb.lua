-- Wireshark dissector for CTDB, the protocol between the nodes of a Samba cluster and on ctdbd's socket.
-- Generated from the tables of legacy-codec; changes belong there, or in captures/src/dissector.
-- SPDX-License-Identifier: GPL-3.0-or-later

local T = {
    magic = 0x43544442, magic_le = "BDTC", magic_be = "CTDB",
    version = 1, limit = 268435448, fetch_with_header = 0xff000003,
}

T.named = {
    CDouble = { abbr = "c_double" },
    ClientId = { abbr = "client_id", hex = true },
    DbId = { abbr = "db_id", hex = true },
    Pid = { abbr = "pid" },
    ReqId = { abbr = "req_id", hex = true },
    SrvId = { abbr = "srv_id", hex = true },
    TunnelId = { abbr = "tunnel_id", hex = true },
    Pnn = { abbr = "pnn", sparse = true, names = { [4026531841] = "CURRENT", [4026531842] = "ALL", [4026531843] = "ACTIVE", [4026531844] = "CONNECTED", [4026531845] = "MULTICAST", [4294967295] = "UNKNOWN" } },
    Dest = { abbr = "dest", sparse = true, names = { [4026531841] = "CURRENT", [4026531842] = "ALL", [4026531843] = "ACTIVE", [4026531844] = "CONNECTED", [4026531845] = "MULTICAST", [4294967295] = "UNKNOWN" } },
    CallId = { abbr = "call_id", hex = true, sparse = true, names = { [4278190081] = "NULL", [4278190082] = "FETCH", [4278190083] = "FETCH_WITH_HEADER" } },
    Generation = { abbr = "generation", sparse = true, names = { [1] = "INVALID" } },
    RecMode = { abbr = "rec_mode", names = { [0] = "NORMAL", [1] = "RECOVERY" } },
    RunState = { abbr = "run_state", names = { [1] = "INIT", [2] = "SETUP", [3] = "FIRST_RECOVERY", [4] = "STARTUP", [5] = "RUNNING", [6] = "SHUTDOWN" } },
    DebugLevel = { abbr = "debug_level", names = { [0] = "ERROR", [1] = "WARNING", [2] = "WARNING", [3] = "NOTICE", [4] = "NOTICE", [5] = "INFO", [6] = "INFO", [7] = "INFO", [8] = "INFO", [9] = "INFO", [10] = "DEBUG" } },
    CBool = { abbr = "c_bool", names = { [0] = "no", [1] = "yes" } },
    Exists = { abbr = "exists", names = { [0] = "yes", [-1] = "no" } },
    AttachFlags = { abbr = "attach_flags", hex = true, flags = { { 0x20000, "RECOVERY" } } },
    CallFlags = { abbr = "call_flags", hex = true, flags = { { 0x1, "IMMEDIATE_MIGRATION" }, { 0x2, "VACUUM_MIGRATION" }, { 0x4, "WANT_READONLY" } } },
    Capabilities = { abbr = "capabilities", hex = true, flags = { { 0x1, "LEADER" }, { 0x2, "LMASTER" }, { 0x4, "LVS" }, { 0x8, "NATGW" }, { 0x10000, "PARALLEL_RECOVERY" }, { 0x20000, "FRAGMENTED_CONTROLS" } } },
    ControlFlags = { abbr = "control_flags", hex = true, flags = { { 0x1, "NOREPLY" } } },
    DbFlags = { abbr = "db_flags", hex = true, flags = { { 0x1, "PERSISTENT" }, { 0x2, "READONLY" }, { 0x4, "STICKY" }, { 0x8, "REPLICATED" } } },
    NodeFlags = { abbr = "node_flags", hex = true, flags = { { 0x1, "DISCONNECTED" }, { 0x2, "UNHEALTHY" }, { 0x4, "DISABLED" }, { 0x8, "BANNED" }, { 0x10, "DELETED" }, { 0x20, "STOPPED" } } },
    PublicIpFlags = { abbr = "public_ip_flags", hex = true, flags = { { 0x10000, "ONLY_AVAILABLE" } } },
    RecordFlags = { abbr = "record_flags", hex = true, flags = { { 0x1, "PERSISTENT" }, { 0x2, "PERSISTENT_IN_PROGRESS" }, { 0x10000, "MIGRATED_WITH_DATA" }, { 0x20000, "VACUUM_MIGRATED" }, { 0x40000, "AUTOMATIC" }, { 0x1000000, "RO_HAVE_DELEGATIONS" }, { 0x2000000, "RO_HAVE_READONLY" }, { 0x4000000, "RO_REVOKING_READONLY" }, { 0x8000000, "RO_REVOKE_COMPLETE" } } },
    TunnelFlags = { abbr = "tunnel_flags", hex = true, flags = { { 0x1, "REQUEST" }, { 0x2, "REPLY" }, { 0x10, "NOREPLY" } } },
}

T.structs = {
    AddrInfo = { abbr = "ctdbx.addr_info", packed = false, open = true,
        members = { { "addr", { "sockaddr" } }, { "mask", { "num", 4 } } },
        counted = { { "iface", { "text" } } },
        optional = {},
        rest = {},
    },
    BanState = { abbr = "ctdbx.ban_state", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "time", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    ClientPackets = { abbr = "ctdbx.client_packets", packed = false, open = false,
        members = { { "req_call", { "num", 4 } }, { "req_message", { "num", 4 } }, { "req_control", { "num", 4 } }, { "req_tunnel", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    Connection = { abbr = "ctdbx.connection", packed = false, open = false,
        members = { { "src", { "sockaddr" } }, { "dst", { "sockaddr" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    DbIdAndFlags = { abbr = "ctdbx.db_id_and_flags", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "flags", { "num", 1, as = "DbFlags" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    DbMap = { abbr = "ctdbx.db_map", packed = false, open = true,
        members = {},
        counted = { { "dbs", { "list", { "struct", "DbIdAndFlags" } } } },
        optional = {},
        rest = {},
    },
    DbSeqnumArgs = { abbr = "ctdbx.db_seqnum_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "unused", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    DbStatisticsHead = { abbr = "ctdbx.db_statistics_head", packed = false, open = false,
        members = { { "locks", { "struct", "LockStatistics" } }, { "vacuum", { "struct", "LatencyCounter" } }, { "ro_delegations", { "num", 4 } }, { "ro_revokes", { "num", 4 } }, { "hop_count_bucket", { "array", { "num", 4 }, 16 } }, { "num_hot_keys", { "num", 4 } }, { "hot_keys", { "array", { "struct", "HotKeySlot" }, 10 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    DbVacuumArgs = { abbr = "ctdbx.db_vacuum_args", packed = true, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "full", { "num", 1, as = "CBool" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    DisableMessage = { abbr = "ctdbx.disable_message", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "srvid", { "num", 8, as = "SrvId" } }, { "timeout", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    Echo = { abbr = "ctdbx.echo", packed = false, open = true,
        members = { { "timeout", { "num", 4 } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ElectionMessage = { abbr = "ctdbx.election_message", packed = false, open = false,
        members = { { "num_connected", { "num", 4 } }, { "priority_time", { "struct", "Timeval" } }, { "pnn", { "num", 4, as = "Pnn" } }, { "flags", { "num", 4, as = "NodeFlags" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    EventHeader = { abbr = "ctdbx.event_header", packed = true, open = false,
        members = { { "length", { "num", 4 } }, { "version", { "num", 4 } }, { "reqid", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    HotKeySlot = { abbr = "ctdbx.hot_key_slot", packed = false, open = false,
        members = { { "count", { "num", 4 } }, { "address", { "pointer" } }, { "size", { "size" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    Iface = { abbr = "ctdbx.iface", packed = false, open = false,
        members = { { "name", { "name", 18 } }, { "link_state", { "num", 2 } }, { "references", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    IfaceList = { abbr = "ctdbx.iface_list", packed = false, open = true,
        members = {},
        counted = { { "ifaces", { "list", { "struct", "Iface" } } } },
        optional = {},
        rest = {},
    },
    KeepaliveInfo = { abbr = "ctdbx.keepalive_info", packed = false, open = false,
        members = { { "version", { "num", 4 } }, { "uptime", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    KeyData = { abbr = "ctdbx.key_data", packed = false, open = true,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "header", { "struct", "LtdbHeader" } } },
        counted = { { "key", { "bytes" } } },
        optional = {},
        rest = {},
    },
    LatencyCounter = { abbr = "ctdbx.latency_counter", packed = false, open = false,
        members = { { "num", { "num", 4, signed = true } }, { "min", { "num", 8, as = "CDouble" } }, { "max", { "num", 8, as = "CDouble" } }, { "total", { "num", 8, as = "CDouble" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    LockStatistics = { abbr = "ctdbx.lock_statistics", packed = false, open = false,
        members = { { "num_calls", { "num", 4 } }, { "num_current", { "num", 4 } }, { "num_pending", { "num", 4 } }, { "num_failed", { "num", 4 } }, { "latency", { "struct", "LatencyCounter" } }, { "buckets", { "array", { "num", 4 }, 16 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    LtdbHeader = { abbr = "ctdbx.ltdb_header", packed = false, open = false,
        members = { { "rsn", { "num", 8 } }, { "dmaster", { "num", 4, as = "Pnn" } }, { "reserved", { "num", 4 } }, { "flags", { "num", 4, as = "RecordFlags" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    NodeAndFlags = { abbr = "ctdbx.node_and_flags", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "flags", { "num", 4, as = "NodeFlags" } }, { "addr", { "sockaddr" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    NodeFlagChange = { abbr = "ctdbx.node_flag_change", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "new_flags", { "num", 4, as = "NodeFlags" } }, { "old_flags", { "num", 4, as = "NodeFlags" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    NodeMap = { abbr = "ctdbx.node_map", packed = false, open = true,
        members = {},
        counted = { { "nodes", { "list", { "struct", "NodeAndFlags" } } } },
        optional = {},
        rest = {},
    },
    NodePackets = { abbr = "ctdbx.node_packets", packed = false, open = false,
        members = { { "req_call", { "num", 4 } }, { "reply_call", { "num", 4 } }, { "req_dmaster", { "num", 4 } }, { "reply_dmaster", { "num", 4 } }, { "reply_error", { "num", 4 } }, { "req_message", { "num", 4 } }, { "req_control", { "num", 4 } }, { "reply_control", { "num", 4 } }, { "req_tunnel", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    NotifyData = { abbr = "ctdbx.notify_data", packed = false, open = true,
        members = { { "srvid", { "num", 8, as = "SrvId" } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    PidSrvid = { abbr = "ctdbx.pid_srvid", packed = true, open = false,
        members = { { "pid", { "num", 4, signed = true, as = "Pid" } }, { "srvid", { "num", 8, as = "SrvId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    PublicIp = { abbr = "ctdbx.public_ip", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "addr", { "sockaddr" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    PublicIpInfo = { abbr = "ctdbx.public_ip_info", packed = false, open = true,
        members = { { "ip", { "struct", "PublicIp" } }, { "active", { "num", 4 } } },
        counted = { { "ifaces", { "list", { "struct", "Iface" } } } },
        optional = {},
        rest = {},
    },
    PublicIpList = { abbr = "ctdbx.public_ip_list", packed = false, open = true,
        members = {},
        counted = { { "ips", { "list", { "struct", "PublicIp" } } } },
        optional = {},
        rest = {},
    },
    PullDbArgs = { abbr = "ctdbx.pull_db_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "lmaster", { "num", 4, as = "Pnn" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    PullDbExtArgs = { abbr = "ctdbx.pull_db_ext_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "lmaster", { "num", 4, as = "Pnn" } }, { "srvid", { "num", 8, as = "SrvId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    PushedRecord = { abbr = "ctdbx.pushed_record", packed = true, open = false,
        members = { { "generation", { "num", 4, as = "Generation" } }, { "db_id", { "num", 4, as = "DbId" } }, { "header", { "struct", "LtdbHeader" } }, { "key", { "prefixed", { "bytes" } } }, { "value", { "prefixed", { "bytes" } } } },
        counted = {},
        optional = {},
        rest = {},
    },
    RawHeader = { abbr = "ctdbx", packed = false, open = false,
        members = { { "length", { "num", 4 } }, { "magic", { "num", 4 } }, { "version", { "num", 4 } }, { "generation", { "num", 4, as = "Generation" } }, { "operation", { "num", 4 } }, { "dest", { "num", 4, as = "Dest" } }, { "src", { "num", 4, as = "Pnn" } }, { "reqid", { "num", 4, as = "ReqId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    ReclockLatencies = { abbr = "ctdbx.reclock_latencies", packed = false, open = false,
        members = { { "ctdbd", { "struct", "LatencyCounter" } }, { "recd", { "struct", "LatencyCounter" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    ReplyCall = { abbr = "ctdbx.reply_call", packed = false, open = true,
        members = { { "status", { "num", 4, signed = true } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ReplyControl = { abbr = "ctdbx.reply_control", packed = false, open = true,
        members = { { "status", { "num", 4, signed = true } } },
        counted = { { "data", { "bytes" } }, { "error", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ReplyDmaster = { abbr = "ctdbx.reply_dmaster", packed = false, open = true,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "rsn", { "num", 8 } } },
        counted = { { "key", { "bytes" } }, { "data", { "bytes" } } },
        optional = { { "record_flags", { "num", 4, as = "RecordFlags" } } },
        rest = {},
    },
    ReplyError = { abbr = "ctdbx.reply_error", packed = false, open = true,
        members = { { "status", { "num", 4, signed = true } } },
        counted = { { "message", { "text" } } },
        optional = {},
        rest = {},
    },
    ReqCall = { abbr = "ctdbx.req_call", packed = false, open = true,
        members = { { "flags", { "num", 4, as = "CallFlags" } }, { "db_id", { "num", 4, as = "DbId" } }, { "call_id", { "num", 4, as = "CallId" } }, { "hop_count", { "num", 4 } } },
        counted = { { "key", { "bytes" } }, { "call_data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ReqControl = { abbr = "ctdbx.req_control", packed = false, open = true,
        members = { { "opcode", { "num", 4 } }, { "pad", { "num", 4 } }, { "srvid", { "num", 8, as = "SrvId" } }, { "client_id", { "num", 4, as = "ClientId" } }, { "flags", { "num", 4, as = "ControlFlags" } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ReqDmaster = { abbr = "ctdbx.req_dmaster", packed = false, open = true,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "rsn", { "num", 8 } }, { "dmaster", { "num", 4, as = "Pnn" } } },
        counted = { { "key", { "bytes" } }, { "data", { "bytes" } } },
        optional = { { "record_flags", { "num", 4, as = "RecordFlags" } } },
        rest = {},
    },
    ReqKeepalive = { abbr = "ctdbx.req_keepalive", packed = false, open = true,
        members = {},
        counted = {},
        optional = { { "info", { "struct", "KeepaliveInfo" } } },
        rest = {},
    },
    ReqMessage = { abbr = "ctdbx.req_message", packed = false, open = true,
        members = { { "srvid", { "num", 8, as = "SrvId" } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    ReqTunnel = { abbr = "ctdbx.req_tunnel", packed = false, open = true,
        members = { { "tunnel_id", { "num", 8, as = "TunnelId" } }, { "flags", { "num", 4, as = "TunnelFlags" } } },
        counted = { { "data", { "bytes" } } },
        optional = {},
        rest = {},
    },
    RunRequest = { abbr = "ctdbx.run_request", packed = true, open = false,
        members = { { "component", { "prefixed", { "text" } } }, { "event", { "prefixed", { "text" } } }, { "args", { "prefixed", { "text" } } }, { "timeout", { "num", 4 } }, { "flags", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    ScriptRequest = { abbr = "ctdbx.script_request", packed = true, open = false,
        members = { { "component", { "prefixed", { "text" } } }, { "script", { "prefixed", { "text" } } }, { "action", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    ScriptResult = { abbr = "ctdbx.script_result", packed = true, open = false,
        members = { { "name", { "prefixed", { "text" } } }, { "begin", { "struct", "Timeval" } }, { "end", { "struct", "Timeval" } }, { "result", { "num", 4, signed = true } }, { "output", { "prefixed", { "text" } } } },
        counted = {},
        optional = {},
        rest = {},
    },
    SrvidMessage = { abbr = "ctdbx.srvid_message", packed = false, open = false,
        members = { { "pnn", { "num", 4, as = "Pnn" } }, { "srvid", { "num", 8, as = "SrvId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    Statistics = { abbr = "ctdbx.statistics", packed = false, open = false,
        members = { { "num_clients", { "num", 4 } }, { "frozen", { "num", 4 } }, { "recovering", { "num", 4 } }, { "client_packets_sent", { "num", 4 } }, { "client_packets_recv", { "num", 4 } }, { "node_packets_sent", { "num", 4 } }, { "node_packets_recv", { "num", 4 } }, { "keepalive_packets_sent", { "num", 4 } }, { "keepalive_packets_recv", { "num", 4 } }, { "node", { "struct", "NodePackets" } }, { "client", { "struct", "ClientPackets" } }, { "timeouts", { "struct", "TimeoutCounts" } }, { "reclock", { "struct", "ReclockLatencies" } }, { "locks", { "struct", "LockStatistics" } }, { "total_calls", { "num", 4 } }, { "pending_calls", { "num", 4 } }, { "childwrite_calls", { "num", 4 } }, { "pending_childwrite_calls", { "num", 4 } }, { "memory_used", { "num", 4 } }, { "last_counter", { "num", 4 } }, { "max_hop_count", { "num", 4 } }, { "hop_count_bucket", { "array", { "num", 4 }, 16 } }, { "call_latency", { "struct", "LatencyCounter" } }, { "childwrite_latency", { "struct", "LatencyCounter" } }, { "num_recoveries", { "num", 4 } }, { "start_time", { "struct", "Timeval" } }, { "current_time", { "struct", "Timeval" } }, { "total_ro_delegations", { "num", 4 } }, { "total_ro_revokes", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    StatisticsList = { abbr = "ctdbx.statistics_list", packed = false, open = true,
        members = {},
        counted = { { "stats", { "list", { "struct", "Statistics" } } } },
        optional = {},
        rest = {},
    },
    StatusReply = { abbr = "ctdbx.status_reply", packed = true, open = true,
        members = { { "summary", { "num", 4, signed = true } } },
        counted = { { "scripts", { "list", { "struct", "ScriptResult" } } } },
        optional = {},
        rest = {},
    },
    StatusRequest = { abbr = "ctdbx.status_request", packed = true, open = false,
        members = { { "component", { "prefixed", { "text" } } }, { "event", { "prefixed", { "text" } } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TickleList = { abbr = "ctdbx.tickle_list", packed = false, open = true,
        members = { { "addr", { "sockaddr" } } },
        counted = { { "connections", { "list", { "struct", "Connection" } } } },
        optional = {},
        rest = {},
    },
    TimeoutCounts = { abbr = "ctdbx.timeout_counts", packed = false, open = false,
        members = { { "call", { "num", 4 } }, { "control", { "num", 4 } }, { "traverse", { "num", 4 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    Timeval = { abbr = "ctdbx.timeval", packed = false, open = false,
        members = { { "sec", { "long" } }, { "usec", { "long" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TransDb = { abbr = "ctdbx.trans_db", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "transaction", { "num", 4, as = "Generation" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TraverseAllArgs = { abbr = "ctdbx.traverse_all_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "reqid", { "num", 4 } }, { "pnn", { "num", 4, as = "Pnn" } }, { "client_reqid", { "num", 4 } }, { "srvid", { "num", 8, as = "SrvId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TraverseAllExtArgs = { abbr = "ctdbx.traverse_all_ext_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "reqid", { "num", 4 } }, { "pnn", { "num", 4, as = "Pnn" } }, { "client_reqid", { "num", 4 } }, { "srvid", { "num", 8, as = "SrvId" } }, { "with_empty_records", { "num", 1, as = "CBool" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TraverseStartArgs = { abbr = "ctdbx.traverse_start_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "reqid", { "num", 4 } }, { "srvid", { "num", 8, as = "SrvId" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TraverseStartExtArgs = { abbr = "ctdbx.traverse_start_ext_args", packed = false, open = false,
        members = { { "db_id", { "num", 4, as = "DbId" } }, { "reqid", { "num", 4 } }, { "srvid", { "num", 8, as = "SrvId" } }, { "with_empty_records", { "num", 1, as = "CBool" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    TunableName = { abbr = "ctdbx.tunable_name", packed = false, open = true,
        members = {},
        counted = { { "name", { "text" } } },
        optional = {},
        rest = {},
    },
    TunableNames = { abbr = "ctdbx.tunable_names", packed = false, open = true,
        members = {},
        counted = { { "names", { "text" } } },
        optional = {},
        rest = {},
    },
    TunableValue = { abbr = "ctdbx.tunable_value", packed = false, open = true,
        members = { { "value", { "num", 4 } } },
        counted = { { "name", { "text" } } },
        optional = {},
        rest = {},
    },
    Tunables = { abbr = "ctdbx.tunables", packed = false, open = false,
        members = { { "values", { "array", { "num", 4 }, 62 } } },
        counted = {},
        optional = {},
        rest = {},
    },
    UptimeInfo = { abbr = "ctdbx.uptime_info", packed = false, open = false,
        members = { { "current_time", { "struct", "Timeval" } }, { "ctdbd_start_time", { "struct", "Timeval" } }, { "last_recovery_started", { "struct", "Timeval" } }, { "last_recovery_finished", { "struct", "Timeval" } } },
        counted = {},
        optional = {},
        rest = {},
    },
    VnnMap = { abbr = "ctdbx.vnn_map", packed = false, open = true,
        members = { { "generation", { "num", 4, as = "Generation" } } },
        counted = { { "map", { "list", { "num", 4, as = "Pnn" } } } },
        optional = {},
        rest = {},
    },
}

T.labels = {
    ["ctdbx.tunables.values"] = {
        "MaxRedirectCount",
        "SeqnumInterval",
        "ControlTimeout",
        "TraverseTimeout",
        "KeepaliveInterval",
        "KeepaliveLimit",
        "RecoverTimeout",
        "RecoverInterval",
        "ElectionTimeout",
        "TakeoverTimeout",
        "MonitorInterval",
        "TickleUpdateInterval",
        "EventScriptTimeout",
        "MonitorTimeoutCount",
        "EventScriptUnhealthyOnTimeout",
        "RecoveryGracePeriod",
        "RecoveryBanPeriod",
        "DatabaseHashSize",
        "DatabaseMaxDead",
        "RerecoveryTimeout",
        "EnableBans",
        "DeterministicIPs",
        "ReclockPingPeriod",
        "NoIPFailback",
        "DisableIPFailover",
        "VerboseMemoryNames",
        "RecdPingTimeout",
        "RecdFailCount",
        "LogLatencyMs",
        "RecLockLatencyMs",
        "RecoveryDropAllIPs",
        "VerifyRecoveryLock",
        "VacuumInterval",
        "VacuumMaxRunTime",
        "RepackLimit",
        "VacuumLimit",
        "MaxQueueDropMsg",
        "AllowUnhealthyDBRead",
        "StatHistoryInterval",
        "DeferredAttachTO",
        "VacuumFastPathCount",
        "LCP2PublicIPs",
        "AllowClientDBAttach",
        "RecoverPDBBySeqNum",
        "DeferredRebalanceOnNodeAdd",
        "FetchCollapse",
        "HopcountMakeSticky",
        "StickyDuration",
        "StickyPindown",
        "NoIPTakeover",
        "DBRecordCountWarn",
        "DBRecordSizeWarn",
        "DBSizeWarn",
        "PullDBPreallocation",
        "NoIPHostOnAllDisabled",
        "Samba3AvoidDeadlocks",
        "TDBMutexEnabled",
        "LockProcessesPerDB",
        "RecBufferSizeLimit",
        "QueueBufferSize",
        "IPAllocAlgorithm",
        "AllowMixedVersions",
    },
}

T.operations = {
    [0] = { name = "REQ_CALL", body = "ReqCall", half = "request", pair = "call" },
    [1] = { name = "REPLY_CALL", body = "ReplyCall", half = "reply", pair = "call" },
    [2] = { name = "REQ_DMASTER", body = "ReqDmaster" },
    [3] = { name = "REPLY_DMASTER", body = "ReplyDmaster", half = "reply", pair = "call" },
    [4] = { name = "REPLY_ERROR", body = "ReplyError", half = "reply", pair = "call" },
    [5] = { name = "REQ_MESSAGE", body = "ReqMessage" },
    [7] = { name = "REQ_CONTROL", body = "ReqControl", half = "request", pair = "control" },
    [8] = { name = "REPLY_CONTROL", body = "ReplyControl", half = "reply", pair = "control" },
    [9] = { name = "REQ_KEEPALIVE", body = "ReqKeepalive" },
    [10] = { name = "REQ_TUNNEL", body = "ReqTunnel" },
}

T.controls = {
    [0] = { name = "PROCESS_EXISTS", argument = { { "Data", { "num", 4, signed = true, as = "Pid" }, "pid" } }, reply = { "Status", { "num", 4, signed = true, as = "Exists" }, "exists" } },
    [1] = { name = "STATISTICS", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "Statistics" }, "statistics" } },
    [3] = { name = "PING", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Status", { "num", 4 }, "u32" } },
    [4] = { name = "GETDBPATH", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "text" }, "text" } },
    [5] = { name = "GETVNNMAP", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "VnnMap" }, "vnn_map" } },
    [6] = { name = "SETVNNMAP", argument = { { "Data", { "struct", "VnnMap" }, "vnn_map" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [7] = { name = "GET_DEBUG", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "num", 4, signed = true, as = "DebugLevel" }, "debug_level" } },
    [8] = { name = "SET_DEBUG", argument = { { "Data", { "num", 4, signed = true, as = "DebugLevel" }, "debug_level" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [9] = { name = "GET_DBMAP", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "DbMap" }, "db_map" } },
    [10] = { name = "GET_NODEMAPv4" },
    [11] = { name = "SET_DMASTER" },
    [13] = { name = "PULL_DB", argument = { { "Data", { "struct", "PullDbArgs" }, "pull_db_args" } }, reply = { "Data", { "recbuffer" }, "rec_buffer" } },
    [14] = { name = "PUSH_DB", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [15] = { name = "GET_RECMODE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Status", { "num", 4, as = "RecMode" }, "rec_mode" } },
    [16] = { name = "SET_RECMODE", argument = { { "Data", { "num", 4, as = "RecMode" }, "rec_mode" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [17] = { name = "STATISTICS_RESET", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [18] = { name = "DB_ATTACH", argument = { { "Data", { "text" }, "text" }, { "Flags", { "num", 4, as = "AttachFlags" }, "attach_flags" } }, reply = { "Data", { "num", 4, as = "DbId" }, "db_id" } },
    [19] = { name = "SET_CALL" },
    [20] = { name = "TRAVERSE_START", argument = { { "Data", { "struct", "TraverseStartArgs" }, "traverse_start_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [21] = { name = "TRAVERSE_ALL", argument = { { "Data", { "struct", "TraverseAllArgs" }, "traverse_all_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [22] = { name = "TRAVERSE_DATA", argument = { { "Data", { "record" }, "record" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [23] = { name = "REGISTER_SRVID", argument = { { "Srvid", { "num", 8, as = "SrvId" }, "srv_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [24] = { name = "DEREGISTER_SRVID", argument = { { "Srvid", { "num", 8, as = "SrvId" }, "srv_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [25] = { name = "GET_DBNAME", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "text" }, "text" } },
    [26] = { name = "ENABLE_SEQNUM", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [27] = { name = "UPDATE_SEQNUM", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [29] = { name = "DUMP_MEMORY", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "bytes" }, "bytes" } },
    [30] = { name = "GET_PID", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Status", { "num", 4, signed = true, as = "Pid" }, "pid" } },
    [31] = { name = "GET_RECMASTER", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Status", { "num", 4, as = "Pnn" }, "pnn" } },
    [32] = { name = "SET_RECMASTER", argument = { { "Data", { "num", 4, as = "Pnn" }, "pnn" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [33] = { name = "FREEZE", argument = { { "Srvid", { "num", 8 }, "u64" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [34] = { name = "THAW" },
    [35] = { name = "GET_PNN", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Status", { "num", 4, as = "Pnn" }, "pnn" } },
    [36] = { name = "SHUTDOWN", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [37] = { name = "GET_MONMODE" },
    [42] = { name = "TAKEOVER_IPv4" },
    [43] = { name = "RELEASE_IPv4" },
    [44] = { name = "TCP_CLIENT", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [45] = { name = "TCP_ADD", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [46] = { name = "TCP_REMOVE", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [47] = { name = "STARTUP", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [48] = { name = "SET_TUNABLE", argument = { { "Data", { "struct", "TunableValue" }, "tunable_value" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [49] = { name = "GET_TUNABLE", argument = { { "Data", { "struct", "TunableName" }, "tunable_name" } }, reply = { "Data", { "num", 4 }, "u32" } },
    [50] = { name = "LIST_TUNABLES", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "TunableNames" }, "tunable_names" } },
    [51] = { name = "GET_PUBLIC_IPSv4" },
    [52] = { name = "MODIFY_FLAGS", argument = { { "Data", { "struct", "NodeFlagChange" }, "node_flag_change" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [53] = { name = "GET_ALL_TUNABLES", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "Tunables" }, "tunables" } },
    [54] = { name = "KILL_TCP" },
    [55] = { name = "GET_TCP_TICKLE_LIST", argument = { { "Data", { "sockaddr" }, "sock_addr" } }, reply = { "Data", { "struct", "TickleList" }, "tickle_list" } },
    [56] = { name = "SET_TCP_TICKLE_LIST", argument = { { "Data", { "struct", "TickleList" }, "tickle_list" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [57] = { name = "REGISTER_SERVER_ID" },
    [58] = { name = "UNREGISTER_SERVER_ID" },
    [59] = { name = "CHECK_SERVER_ID" },
    [60] = { name = "GET_SERVER_ID_LIST" },
    [61] = { name = "DB_ATTACH_PERSISTENT", argument = { { "Data", { "text" }, "text" }, { "Flags", { "num", 4, as = "AttachFlags" }, "attach_flags" } }, reply = { "Data", { "num", 4, as = "DbId" }, "db_id" } },
    [62] = { name = "PERSISTENT_STORE" },
    [63] = { name = "UPDATE_RECORD", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [64] = { name = "SEND_GRATUITOUS_ARP", argument = { { "Data", { "struct", "AddrInfo" }, "addr_info" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [65] = { name = "TRANSACTION_START" },
    [66] = { name = "TRANSACTION_COMMIT" },
    [67] = { name = "WIPE_DATABASE", argument = { { "Data", { "struct", "TransDb" }, "trans_db" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [69] = { name = "UPTIME", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "UptimeInfo" }, "uptime_info" } },
    [70] = { name = "START_RECOVERY", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [71] = { name = "END_RECOVERY", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [72] = { name = "RELOAD_NODES_FILE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [74] = { name = "TRY_DELETE_RECORDS", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "recbuffer" }, "rec_buffer" } },
    [75] = { name = "ENABLE_MONITOR" },
    [76] = { name = "DISABLE_MONITOR" },
    [77] = { name = "ADD_PUBLIC_IP", argument = { { "Data", { "struct", "AddrInfo" }, "addr_info" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [78] = { name = "DEL_PUBLIC_IP", argument = { { "Data", { "struct", "AddrInfo" }, "addr_info" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [79] = { name = "RUN_EVENTSCRIPTS" },
    [80] = { name = "GET_CAPABILITIES", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "num", 4, as = "Capabilities" }, "capabilities" } },
    [81] = { name = "START_PERSISTENT_UPDATE", argument = { { "Data", { "bytes" }, "bytes" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [82] = { name = "CANCEL_PERSISTENT_UPDATE", argument = { { "Data", { "bytes" }, "bytes" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [83] = { name = "TRANS2_COMMIT" },
    [84] = { name = "TRANS2_FINISHED" },
    [85] = { name = "TRANS2_ERROR" },
    [86] = { name = "TRANS2_COMMIT_RETRY" },
    [87] = { name = "RECD_PING", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [88] = { name = "RELEASE_IP", argument = { { "Data", { "struct", "PublicIp" }, "public_ip" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [89] = { name = "TAKEOVER_IP", argument = { { "Data", { "struct", "PublicIp" }, "public_ip" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [90] = { name = "GET_PUBLIC_IPS", argument = { { "Flags", { "num", 4, as = "PublicIpFlags" }, "public_ip_flags" } }, reply = { "Data", { "struct", "PublicIpList" }, "public_ip_list" } },
    [91] = { name = "GET_NODEMAP", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "NodeMap" }, "node_map" } },
    [96] = { name = "GET_EVENT_SCRIPT_STATUS" },
    [97] = { name = "TRAVERSE_KILL", argument = { { "Data", { "struct", "TraverseStartArgs" }, "traverse_start_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [98] = { name = "RECD_RECLOCK_LATENCY", argument = { { "Data", { "num", 8, as = "CDouble" }, "c_double" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [99] = { name = "GET_RECLOCK_FILE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "optional", { "text" } }, "text" } },
    [100] = { name = "SET_RECLOCK_FILE" },
    [101] = { name = "STOP_NODE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [102] = { name = "CONTINUE_NODE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [103] = { name = "SET_NATGWSTATE" },
    [104] = { name = "SET_LMASTERROLE", argument = { { "Data", { "num", 4 }, "u32" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [105] = { name = "SET_RECMASTERROLE", argument = { { "Data", { "num", 4 }, "u32" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [107] = { name = "ENABLE_SCRIPT" },
    [108] = { name = "DISABLE_SCRIPT" },
    [109] = { name = "SET_BAN_STATE", argument = { { "Data", { "struct", "BanState" }, "ban_state" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [110] = { name = "GET_BAN_STATE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "BanState" }, "ban_state" } },
    [111] = { name = "SET_DB_PRIORITY" },
    [112] = { name = "GET_DB_PRIORITY" },
    [113] = { name = "TRANSACTION_CANCEL" },
    [114] = { name = "REGISTER_NOTIFY", argument = { { "Data", { "struct", "NotifyData" }, "notify_data" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [115] = { name = "DEREGISTER_NOTIFY", argument = { { "Data", { "num", 8, as = "SrvId" }, "srv_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [116] = { name = "TRANS2_ACTIVE" },
    [117] = { name = "GET_LOG" },
    [118] = { name = "CLEAR_LOG" },
    [119] = { name = "TRANS3_COMMIT", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [120] = { name = "GET_DB_SEQNUM", argument = { { "Data", { "struct", "DbSeqnumArgs" }, "db_seqnum_args" } }, reply = { "Data", { "num", 8 }, "u64" } },
    [121] = { name = "DB_SET_HEALTHY", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [122] = { name = "DB_GET_HEALTH", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "optional", { "text" } }, "text" } },
    [123] = { name = "GET_PUBLIC_IP_INFO", argument = { { "Data", { "sockaddr" }, "sock_addr" } }, reply = { "Data", { "struct", "PublicIpInfo" }, "public_ip_info" } },
    [124] = { name = "GET_IFACES", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "IfaceList" }, "iface_list" } },
    [125] = { name = "SET_IFACE_LINK_STATE", argument = { { "Data", { "struct", "Iface" }, "iface" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [126] = { name = "TCP_ADD_DELAYED_UPDATE", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [127] = { name = "GET_STAT_HISTORY", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "StatisticsList" }, "statistics_list" } },
    [128] = { name = "SCHEDULE_FOR_DELETION", argument = { { "Data", { "struct", "KeyData" }, "key_data" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [129] = { name = "SET_DB_READONLY", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [130] = { name = "CHECK_SRVIDS" },
    [131] = { name = "TRAVERSE_START_EXT", argument = { { "Data", { "struct", "TraverseStartExtArgs" }, "traverse_start_ext_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [132] = { name = "GET_DB_STATISTICS", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "keyed", "DbStatistics", { "struct", "DbStatisticsHead" } }, "db_statistics" } },
    [133] = { name = "SET_DB_STICKY", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [134] = { name = "RELOAD_PUBLIC_IPS", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [135] = { name = "TRAVERSE_ALL_EXT", argument = { { "Data", { "struct", "TraverseAllExtArgs" }, "traverse_all_ext_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [136] = { name = "RECEIVE_RECORDS", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "recbuffer" }, "rec_buffer" } },
    [137] = { name = "IPREALLOCATED", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [138] = { name = "GET_RUNSTATE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "num", 4, as = "RunState" }, "run_state" } },
    [139] = { name = "DB_DETACH", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [140] = { name = "GET_NODES_FILE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "struct", "NodeMap" }, "node_map" } },
    [141] = { name = "DB_FREEZE", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [142] = { name = "DB_THAW", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [143] = { name = "DB_TRANSACTION_START", argument = { { "Data", { "struct", "TransDb" }, "trans_db" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [144] = { name = "DB_TRANSACTION_COMMIT", argument = { { "Data", { "struct", "TransDb" }, "trans_db" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [145] = { name = "DB_TRANSACTION_CANCEL", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [146] = { name = "DB_PULL", argument = { { "Data", { "struct", "PullDbExtArgs" }, "pull_db_ext_args" } }, reply = { "Data", { "num", 4 }, "u32" } },
    [147] = { name = "DB_PUSH_START", argument = { { "Data", { "struct", "PullDbExtArgs" }, "pull_db_ext_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [148] = { name = "DB_PUSH_CONFIRM", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "num", 4 }, "u32" } },
    [149] = { name = "DB_OPEN_FLAGS", argument = { { "Data", { "num", 4, as = "DbId" }, "db_id" } }, reply = { "Data", { "num", 4, signed = true }, "i32" } },
    [150] = { name = "DB_ATTACH_REPLICATED", argument = { { "Data", { "text" }, "text" }, { "Flags", { "num", 4, as = "AttachFlags" }, "attach_flags" } }, reply = { "Data", { "num", 4, as = "DbId" }, "db_id" } },
    [151] = { name = "CHECK_PID_SRVID", argument = { { "Data", { "struct", "PidSrvid" }, "pid_srvid" } }, reply = { "Status", { "num", 4, signed = true, as = "Exists" }, "exists" } },
    [152] = { name = "TUNNEL_REGISTER", argument = { { "Srvid", { "num", 8, as = "TunnelId" }, "tunnel_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [153] = { name = "TUNNEL_DEREGISTER", argument = { { "Srvid", { "num", 8, as = "TunnelId" }, "tunnel_id" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [154] = { name = "VACUUM_FETCH", argument = { { "Data", { "recbuffer" }, "rec_buffer" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [155] = { name = "DB_VACUUM", argument = { { "Data", { "struct", "DbVacuumArgs" }, "db_vacuum_args" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [156] = { name = "ECHO_DATA", argument = { { "Data", { "struct", "Echo" }, "echo" } }, reply = { "Data", { "struct", "Echo" }, "echo" } },
    [157] = { name = "DISABLE_NODE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [158] = { name = "ENABLE_NODE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [159] = { name = "TCP_CLIENT_DISCONNECTED", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [160] = { name = "TCP_CLIENT_PASSED", argument = { { "Data", { "struct", "Connection" }, "connection" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [161] = { name = "START_IPREALLOCATE", argument = { { "Data", { "nothing" }, "nothing" } }, reply = { "Data", { "nothing" }, "nothing" } },
    [162] = { name = "PUSH_RECORD", argument = { { "Data", { "struct", "PushedRecord" }, "pushed_record" } }, reply = { "Data", { "nothing" }, "nothing" } },
}

T.messages = {
    ["ffffffffffffffff"] = { name = "ALL", payload = { "bytes" }, type = "bytes" },
    ["f002000000000000"] = { name = "BANNING", payload = { "num", 4, as = "Pnn" }, type = "pnn" },
    ["f100000000000000"] = { name = "ELECTION", payload = { "struct", "ElectionMessage" }, type = "election_message" },
    ["f101000000000000"] = { name = "LEADER", payload = { "num", 4, as = "Pnn" }, type = "pnn" },
    ["f200000000000000"] = { name = "RECONFIGURE", payload = { "nothing" }, type = "nothing" },
    ["f300000000000000"] = { name = "RELEASE_IP", payload = { "text" }, type = "text" },
    ["f301000000000000"] = { name = "TAKE_IP", payload = { "text" }, type = "text" },
    ["f302000000000000"] = { name = "IPREALLOCATED", payload = { "nothing" }, type = "nothing" },
    ["f303000000000000"] = { name = "START_IPREALLOCATE", payload = { "nothing" }, type = "nothing" },
    ["f400000000000000"] = { name = "SET_NODE_FLAGS", payload = { "struct", "NodeFlagChange" }, type = "node_flag_change" },
    ["f500000000000000"] = { name = "RECD_UPDATE_IP", payload = { "struct", "PublicIp" }, type = "public_ip" },
    ["f700000000000000"] = { name = "VACUUM_FETCH", payload = { "recbuffer" }, type = "rec_buffer" },
    ["f701000000000000"] = { name = "DETACH_DATABASE", payload = { "num", 4, as = "DbId" }, type = "db_id" },
    ["f800000000000000"] = { name = "MEM_DUMP", payload = { "struct", "SrvidMessage" }, type = "srvid_message" },
    ["f801000000000000"] = { name = "GETLOG", payload = { "nothing" }, type = "nothing" },
    ["f802000000000000"] = { name = "CLEARLOG", payload = { "nothing" }, type = "nothing" },
    ["f900000000000000"] = { name = "PUSH_NODE_FLAGS", payload = { "struct", "NodeFlagChange" }, type = "node_flag_change" },
    ["fa00000000000000"] = { name = "RELOAD_NODES", payload = { "nothing" }, type = "nothing" },
    ["fb00000000000000"] = { name = "TAKEOVER_RUN", payload = { "struct", "SrvidMessage" }, type = "srvid_message" },
    ["fb01000000000000"] = { name = "REBALANCE_NODE", payload = { "num", 4, as = "Pnn" }, type = "pnn" },
    ["fb03000000000000"] = { name = "DISABLE_TAKEOVER_RUNS", payload = { "struct", "DisableMessage" }, type = "disable_message" },
    ["fb04000000000000"] = { name = "DISABLE_RECOVERIES", payload = { "struct", "DisableMessage" }, type = "disable_message" },
    ["fc00000000000000"] = { name = "DISABLE_IP_CHECK", payload = { "num", 4 }, type = "u32" },
    ["fe00000000000000"] = { name = "SAMBA_NOTIFY", payload = { "bytes" }, type = "bytes" },
    ["7c544e4c00000000"] = { name = "TUNNEL_NEW_PROTOCOL", payload = { "bytes" }, type = "bytes" },
}

T.ranges = {
    { prefix = "f001", name = "RECOVERY", payload = { "recbuffer" }, type = "rec_buffer" },
    { prefix = "00", name = "PID_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "fe", name = "SAMBA_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "ee", name = "NFSD_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "de", name = "ISCSID_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "ce", name = "TOOL_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "be", name = "CLIENT_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "ae", name = "TEST_RANGE", payload = { "bytes" }, type = "bytes" },
    { prefix = "9e", name = "SERVER_RANGE", payload = { "bytes" }, type = "bytes" },
}

T.events = {
    [1] = { name = "RUN", request = { "struct", "RunRequest" } },
    [2] = { name = "STATUS", request = { "struct", "StatusRequest" }, reply = { "struct", "StatusReply" } },
    [3] = { name = "SCRIPT", request = { "struct", "ScriptRequest" } },
}

T.payloads = {
    attach_flags = { "num", 4, as = "AttachFlags" },
    bytes = { "bytes" },
    c_double = { "num", 8, as = "CDouble" },
    capabilities = { "num", 4, as = "Capabilities" },
    db_id = { "num", 4, as = "DbId" },
    db_statistics = { "keyed", "DbStatistics", { "struct", "DbStatisticsHead" } },
    debug_level = { "num", 4, signed = true, as = "DebugLevel" },
    exists = { "num", 4, signed = true, as = "Exists" },
    i32 = { "num", 4, signed = true },
    nothing = { "nothing" },
    pid = { "num", 4, signed = true, as = "Pid" },
    pnn = { "num", 4, as = "Pnn" },
    public_ip_flags = { "num", 4, as = "PublicIpFlags" },
    rec_buffer = { "recbuffer" },
    rec_mode = { "num", 4, as = "RecMode" },
    record = { "record" },
    run_state = { "num", 4, as = "RunState" },
    sock_addr = { "sockaddr" },
    srv_id = { "num", 8, as = "SrvId" },
    text = { "text" },
    tunnel_id = { "num", 8, as = "TunnelId" },
    u32 = { "num", 4 },
    u64 = { "num", 8 },
}

-- The engine: registers a field for everything the tables name, cuts streams into packets and walks over them.
--
-- It knows the rules of C structs (alignment, lengths in front of open ends) and no struct by name but those of
-- records. Every length is compared with the bytes that are there before it is used; what does not fit is reported as
-- an expert item and shown as bytes. Loops are bounded by bytes, and the items of a frame by MAX_ITEMS.

local proto = Proto("tablecloth_ctdb", "Clustered TDB Protocol")
local F, fields = {}, {}
local HEADER = 32
local MAX_ITEMS = 200000

local expert = {
    malformed = ProtoExpert.new("ctdbx.malformed", "Packet does not fit its layout", expert.group.MALFORMED,
        expert.severity.ERROR),
    stream = ProtoExpert.new("ctdbx.no_packet", "Bytes that are no packet", expert.group.PROTOCOL,
        expert.severity.WARN),
    failed = ProtoExpert.new("ctdbx.failed", "The daemon refused or failed", expert.group.RESPONSE_CODE,
        expert.severity.NOTE),
    unknown = ProtoExpert.new("ctdbx.unknown", "No row in the tables", expert.group.UNDECODED,
        expert.severity.NOTE),
}
proto.experts = { expert.malformed, expert.stream, expert.failed, expert.unknown }

-- Fields -------------------------------------------------------------------------------------------------------------

local function field(abbr, make, ...)
    if not F[abbr] then
        F[abbr] = make(abbr, ...)
        fields[#fields + 1] = F[abbr]
    end
end

local function register_number(abbr, name, size, signed, as)
    local meaning = as and T.named[as] or {}
    local show = meaning.hex and base.HEX or base.DEC
    if as == "CDouble" then
        field(abbr, ProtoField.double, name)
    elseif size == 8 then
        field(abbr, signed and ProtoField.int64 or ProtoField.uint64, name, show)
    else
        local make = { ProtoField.uint8, ProtoField.uint16, [4] = signed and ProtoField.int32 or ProtoField.uint32 }
        -- Where few values of many have a name, it is added to the text instead: others are not unknown.
        field(abbr, make[size], name, show, not meaning.sparse and meaning.names or nil)
    end
    for _, flag in ipairs(meaning.flags or {}) do
        field("ctdbx.flag." .. meaning.abbr .. "." .. flag[2]:lower(), ProtoField.bool, flag[2], size * 8, nil, flag[1])
    end
end

local function register(abbr, name, kind)
    local k = kind[1]
    if k == "num" then
        register_number(abbr, name, kind[2], kind.signed, kind.as)
    elseif k == "long" then
        register_number(abbr, name, 8, true)
    elseif k == "size" then
        register_number(abbr, name, 8, false)
    elseif k == "sockaddr" or k == "name" or k == "text" then
        field(abbr, ProtoField.string, name)
    elseif k == "bytes" or k == "pointer" then
        field(abbr, ProtoField.bytes, name)
    elseif k == "array" or k == "optional" then
        register(abbr, name, kind[2])
    elseif k == "list" then
        register(abbr, name, kind[2])
        field(abbr .. ".count", ProtoField.uint32, name .. " count", base.DEC)
    elseif k == "prefixed" then
        register(abbr, name, kind[2])
        field(abbr .. ".len", ProtoField.uint32, name .. " length", base.DEC)
    elseif k ~= "nothing" then
        field(abbr, ProtoField.none, name)
    end
end

for _, layout in pairs(T.structs) do
    for _, part in ipairs({ layout.members, layout.optional, layout.rest }) do
        for _, member in ipairs(part) do
            register(layout.abbr .. "." .. member[1], member[1], member[2])
        end
    end
    for _, member in ipairs(layout.counted) do
        register(layout.abbr .. "." .. member[1], member[1], member[2])
        if member[2][1] ~= "list" then
            field(layout.abbr .. "." .. member[1] .. ".len", ProtoField.uint32, member[1] .. " length", base.DEC)
        end
    end
end
for _, row in pairs(T.operations) do
    field(T.structs[row.body].abbr, ProtoField.none, row.body)
    row.kind = { "struct", row.body }
end
for name, kind in pairs(T.payloads) do
    register("ctdbx.payload." .. name, name, kind)
end
field("ctdbx.rec_buffer.db_id", ProtoField.uint32, "db_id", base.HEX)
field("ctdbx.rec_buffer.records.count", ProtoField.uint32, "records count", base.DEC)
field("ctdbx.rec_buffer.records", ProtoField.none, "record")
field("ctdbx.record.length", ProtoField.uint32, "length", base.DEC)
field("ctdbx.record.reqid", ProtoField.uint32, "reqid", base.HEX)
field("ctdbx.record.key.len", ProtoField.uint32, "key length", base.DEC)
field("ctdbx.record.data.len", ProtoField.uint32, "data length", base.DEC)
field("ctdbx.record.key", ProtoField.bytes, "key")
field("ctdbx.record.header", ProtoField.none, "header")
field("ctdbx.record.data", ProtoField.bytes, "data")
field("ctdbx.keyed.key", ProtoField.bytes, "key")
field("ctdbx.sockaddr.family", ProtoField.uint16, "family", base.DEC)
field("ctdbx.sockaddr.port", ProtoField.uint16, "port", base.DEC)
field("ctdbx.sockaddr.ipv4", ProtoField.ipv4, "IPv4 address")
field("ctdbx.sockaddr.ipv6", ProtoField.ipv6, "IPv6 address")
field("ctdbx.control", ProtoField.string, "Control")
field("ctdbx.control.number", ProtoField.uint32, "Control number", base.DEC)
field("ctdbx.message", ProtoField.string, "Message")
field("ctdbx.event", ProtoField.string, "Event command")
field("ctdbx.event.command", ProtoField.uint32, "command", base.DEC)
field("ctdbx.event.result", ProtoField.int32, "result", base.DEC)
field("ctdbx.request_in", ProtoField.framenum, "Answers the request in", base.NONE, frametype.REQUEST)
field("ctdbx.reply_in", ProtoField.framenum, "Answered in", base.NONE, frametype.RESPONSE)
field("ctdbx.time", ProtoField.double, "Seconds since the request")
field("ctdbx.undecoded", ProtoField.bytes, "Bytes not decoded")
proto.fields = fields

-- Machine types ------------------------------------------------------------------------------------------------------

local ABIS = {
    { long = 8, align8 = 8, lens = {}, aligns = {} },
    { long = 4, align8 = 4, lens = {}, aligns = {} },
}

local function number_size(abi, kind)
    return kind[1] == "num" and kind[2] or abi.long
end

local align_of, min_len

local function compute_align(abi, kind)
    local k = kind[1]
    if k == "num" or k == "long" or k == "size" or k == "pointer" then
        local size = number_size(abi, kind)
        return size == 8 and abi.align8 or size
    elseif k == "sockaddr" or k == "prefixed" or k == "recbuffer" then
        return 4
    elseif k == "array" or k == "list" then
        return align_of(abi, kind[2])
    elseif k == "keyed" then
        return align_of(abi, kind[3])
    elseif k == "struct" then
        local layout, most = T.structs[kind[2]], 1
        if layout.packed then return 1 end
        for _, member in ipairs(layout.members) do most = math.max(most, align_of(abi, member[2])) end
        for _, member in ipairs(layout.counted) do most = math.max(most, 4, align_of(abi, member[2])) end
        return most
    end
    return 1
end

local function round_up(at, align)
    return at + (-at) % align
end

local function compute_len(abi, kind)
    local k = kind[1]
    if k == "num" or k == "long" or k == "size" or k == "pointer" then
        return number_size(abi, kind)
    elseif k == "sockaddr" then
        return 28
    elseif k == "name" then
        return kind[2]
    elseif k == "array" then
        return min_len(abi, kind[2]) * kind[3]
    elseif k == "prefixed" then
        return 4
    elseif k == "record" then
        return 16
    elseif k == "recbuffer" then
        return 8
    elseif k == "keyed" then
        return min_len(abi, kind[3])
    elseif k == "struct" then
        local layout, at = T.structs[kind[2]], 0
        local function place(align) if not layout.packed then at = round_up(at, align) end end
        for _, member in ipairs(layout.members) do
            place(align_of(abi, member[2]))
            at = at + min_len(abi, member[2])
        end
        for _ in ipairs(layout.counted) do
            place(4)
            at = at + 4
        end
        if not layout.open then place(align_of(abi, kind)) end
        return at
    end
    return 0
end

align_of = function(abi, kind)
    local known = abi.aligns[kind]
    if not known then
        known = compute_align(abi, kind)
        abi.aligns[kind] = known
    end
    return known
end

min_len = function(abi, kind)
    local known = abi.lens[kind]
    if not known then
        known = compute_len(abi, kind)
        abi.lens[kind] = known
    end
    return known
end

-- Walking ------------------------------------------------------------------------------------------------------------

-- What is thrown where bytes do not fit; anything else that is thrown is a mistake of this file and not caught.
local Misfit = {}

local function misfit(text)
    error(setmetatable({ text = text }, Misfit), 0)
end

local function guarded(item, run, ...)
    local fine, thrown = pcall(run, ...)
    if fine then return true end
    if getmetatable(thrown) ~= Misfit then error(thrown, 0) end
    item:add_proto_expert_info(expert.malformed, thrown.text)
    return false
end

local items = { frame = -1, count = 0 }

local function need(r, len, what)
    if len > r.limit - r.at then
        misfit(string.format("%s: %d bytes left, %.0f needed", what, r.limit - r.at, len))
    end
end

local function align_to(r, align, what)
    local over = (r.base - r.at) % align
    need(r, over, what)
    r.at = r.at + over
end

-- Adds a field for the next bytes and steps over them. Its value is in the bytes, or `text`, or in the bytes `utf8`.
local function take(r, tree, abbr, len, text, utf8)
    need(r, len, abbr)
    items.count = items.count + 1
    if items.count > MAX_ITEMS then misfit("the rest is not shown: too many items in this frame") end
    local range, item = r.tvb(r.at, len), nil
    if utf8 then
        item = tree:add_packet_field(F[abbr], utf8, ENC_UTF_8)
    elseif text then
        item = tree:add(F[abbr], range, text)
    elseif r.le then
        item = tree:add_le(F[abbr], range)
    else
        item = tree:add(F[abbr], range)
    end
    r.seen[abbr] = { item = item, at = r.at, len = len }
    r.at = r.at + len
    return item, range
end

local function take_bytes(r, tree, abbr, len)
    local item = take(r, tree, abbr, len)
    if len == 0 then item:set_text(abbr:match("[^.]*$") .. ": (empty)") end
end

local function number(r, range, size)
    if size == 8 then
        return (r.le and range:le_uint64() or range:uint64()):tonumber()
    end
    return r.le and range:le_uint() or range:uint()
end

local function append_flags(item, meaning, value)
    local set = {}
    for _, flag in ipairs(meaning.flags) do
        if math.floor(value / flag[1]) % 2 == 1 then set[#set + 1] = flag[2] end
    end
    if #set > 0 then item:append_text(" (" .. table.concat(set, " | ") .. ")") end
end

-- The bits of a number, each below it; names of those that are set behind it.
local function take_flags(r, item, range, meaning, value)
    for _, flag in ipairs(meaning.flags) do
        local bit = F["ctdbx.flag." .. meaning.abbr .. "." .. flag[2]:lower()]
        if r.le then item:add_le(bit, range) else item:add(bit, range) end
    end
    append_flags(item, meaning, value)
end

local function take_number(r, tree, abbr, size, as)
    align_to(r, size == 8 and r.abi.align8 or size, abbr)
    local item, range = take(r, tree, abbr, size)
    local value = number(r, range, size)
    r.seen[abbr].value = value
    local meaning = as and T.named[as] or {}
    if meaning.flags then
        take_flags(r, item, range, meaning, value)
    elseif meaning.sparse and meaning.names[value] then
        item:append_text(" (" .. meaning.names[value] .. ")")
    end
    return value, item
end

-- The text before the first NUL of the next bytes.
local function take_text(r, tree, abbr, len)
    need(r, len, abbr)
    local zero = r.tvb(r.at, len):raw():find("\0", 1, true)
    local shown = zero and zero - 1 or len
    if shown == 0 then return take(r, tree, abbr, len, "") end
    -- Not TvbRange:string(), which cuts off what bytes that are no UTF-8 are longer by when replaced.
    local item = take(r, tree, abbr, 0, false, r.tvb(r.at, shown))
    item:set_len(len)
    r.at = r.at + len
end

local function endpoint(r)
    local range = r.tvb(r.at, 28)
    local family = number(r, range(0, 2), 2)
    local port = range(2, 2):uint()
    if family == 2 then
        return family, string.format("%s:%d", tostring(range(4, 4):ipv4()), port)
    elseif family == 10 then
        local scope = number(r, range(24, 4), 4)
        local zone = scope ~= 0 and "%" .. string.format("%.0f", scope) or ""
        return family, string.format("[%s%s]:%d", tostring(range(8, 16):ipv6()), zone, port)
    end
    return family, "family-" .. family
end

local function take_sockaddr(r, tree, abbr)
    align_to(r, 4, abbr)
    need(r, 28, abbr)
    local family, text = endpoint(r)
    local item, range = take(r, tree, abbr, 28, text)
    if r.le then
        item:add_le(F["ctdbx.sockaddr.family"], range(0, 2))
    else
        item:add(F["ctdbx.sockaddr.family"], range(0, 2))
    end
    if family == 2 or family == 10 then
        item:add(F["ctdbx.sockaddr.port"], range(2, 2))
    end
    if family == 2 then
        item:add(F["ctdbx.sockaddr.ipv4"], range(4, 4))
    elseif family == 10 then
        item:add(F["ctdbx.sockaddr.ipv6"], range(8, 16))
    end
end

local walk, walk_members

-- A branch whose length is known when `run` has filled it.
local function branch(r, tree, abbr, label, run)
    local start = r.at
    local item = take(r, tree, abbr, 0)
    if label then item:append_text(" " .. label) end
    run(item)
    item:set_len(r.at - start)
    return item
end

-- A record: lengths, key, and data with the record's header where there is room for one.
local function walk_record(r, tree, header)
    local outer = r.base
    r.base = r.at
    local length = take_number(r, tree, "ctdbx.record.length", 4)
    take_number(r, tree, "ctdbx.record.reqid", 4)
    local key = take_number(r, tree, "ctdbx.record.key.len", 4)
    local data = take_number(r, tree, "ctdbx.record.data.len", 4)
    if length ~= 16 + key + data then
        misfit(string.format("record: %.0f bytes stated, %.0f in the parts", length, 16 + key + data))
    end
    take_bytes(r, tree, "ctdbx.record.key", key)
    need(r, data, "ctdbx.record.data")
    local stop = r.at + data
    if data >= min_len(r.abi, header) then
        local limit = r.limit
        r.limit = stop
        r.base = r.at
        branch(r, tree, "ctdbx.record.header", nil, function(item) walk_members(r, item, header) end)
        r.limit = limit
    end
    take_bytes(r, tree, "ctdbx.record.data", stop - r.at)
    r.base = outer
end

local LTDB_HEADER = { "struct", "LtdbHeader" }

local function walk_recbuffer(r, tree)
    take_number(r, tree, "ctdbx.rec_buffer.db_id", 4, "DbId")
    local count = take_number(r, tree, "ctdbx.rec_buffer.records.count", 4)
    for i = 1, count do
        need(r, 16, "ctdbx.rec_buffer.records")
        branch(r, tree, "ctdbx.rec_buffer.records", "[" .. (i - 1) .. "]", function(item)
            walk_record(r, item, LTDB_HEADER)
        end)
    end
end

local function walk_keyed(r, tree, head)
    r.sizes = {}
    walk_members(r, tree, head)
    for _, size in ipairs(r.sizes) do
        take_bytes(r, tree, "ctdbx.keyed.key", size)
    end
end

-- One value of any kind, with the padding before it and, for a struct without an open end, behind it.
walk = function(r, tree, abbr, kind, label)
    local k = kind[1]
    if k == "num" then
        local _, item = take_number(r, tree, abbr, kind[2], kind.as)
        if label then item:prepend_text(label .. " ") end
    elseif k == "long" or k == "size" then
        local value = take_number(r, tree, abbr, r.abi.long)
        if k == "size" and r.sizes then r.sizes[#r.sizes + 1] = value end
    elseif k == "pointer" then
        align_to(r, r.abi.long == 8 and r.abi.align8 or 4, abbr)
        take(r, tree, abbr, r.abi.long)
    elseif k == "sockaddr" then
        take_sockaddr(r, tree, abbr)
    elseif k == "name" then
        take_text(r, tree, abbr, kind[2])
    elseif k == "text" then
        take_text(r, tree, abbr, r.limit - r.at)
    elseif k == "bytes" then
        take_bytes(r, tree, abbr, r.limit - r.at)
    elseif k == "optional" then
        if r.at < r.limit then walk(r, tree, abbr, kind[2]) end
    elseif k == "array" then
        local names = T.labels[abbr] or {}
        for i = 1, kind[3] do
            walk(r, tree, abbr, kind[2], names[i] or "[" .. (i - 1) .. "]")
        end
    elseif k == "prefixed" then
        align_to(r, 4, abbr)
        local len = take_number(r, tree, abbr .. ".len", 4)
        need(r, len, abbr)
        local limit = r.limit
        r.limit = r.at + len
        walk(r, tree, abbr, kind[2])
        r.limit = limit
    elseif k == "struct" or k == "record" or k == "recbuffer" or k == "keyed" then
        align_to(r, align_of(r.abi, kind), abbr)
        branch(r, tree, abbr, label, function(item) walk_members(r, item, kind) end)
    end
end

local function walk_counted(r, tree, layout)
    local counts = {}
    for i, member in ipairs(layout.counted) do
        if layout.packed then r.base = r.at end
        local abbr = layout.abbr .. "." .. member[1]
        counts[i] = take_number(r, tree, abbr .. (member[2][1] == "list" and ".count" or ".len"), 4)
    end
    for i, member in ipairs(layout.counted) do
        if layout.packed then r.base = r.at end
        local abbr, kind, count = layout.abbr .. "." .. member[1], member[2], counts[i]
        if kind[1] == "list" then
            need(r, count * math.max(1, min_len(r.abi, kind[2])), abbr)
            for n = 1, count do walk(r, tree, abbr, kind[2], "[" .. (n - 1) .. "]") end
        else
            need(r, count, abbr)
            local limit = r.limit
            r.limit = r.at + count
            walk(r, tree, abbr, kind)
            r.limit = limit
        end
    end
end

-- The inside of a value that has parts.
walk_members = function(r, tree, kind)
    if kind[1] == "record" then return walk_record(r, tree, LTDB_HEADER) end
    if kind[1] == "recbuffer" then return walk_recbuffer(r, tree) end
    if kind[1] == "keyed" then return walk_keyed(r, tree, kind[3]) end
    local layout, outer = T.structs[kind[2]], r.base
    align_to(r, align_of(r.abi, kind), layout.abbr)
    for _, member in ipairs(layout.members) do
        if layout.packed then r.base = r.at end
        walk(r, tree, layout.abbr .. "." .. member[1], member[2])
    end
    walk_counted(r, tree, layout)
    for _, member in ipairs(layout.optional) do
        if r.limit - r.at >= min_len(r.abi, member[2]) then
            r.base = r.at
            walk(r, tree, layout.abbr .. "." .. member[1], member[2])
        end
    end
    for _, member in ipairs(layout.rest) do
        walk(r, tree, layout.abbr .. "." .. member[1], member[2])
    end
    r.base = outer
    if not layout.open then align_to(r, align_of(r.abi, kind), layout.abbr) end
end

-- A value that fills the bytes from `at` on.
local function walk_payload(r, tree, kind, name, at, len)
    if kind[1] == "optional" then
        if len == 0 then return end
        kind = kind[2]
    end
    local inner = { tvb = r.tvb, at = at, base = at, limit = at + len, le = r.le, abi = r.abi, seen = {} }
    guarded(tree, function()
        local k = kind[1]
        if k == "struct" or k == "record" or k == "recbuffer" or k == "keyed" then
            walk_members(inner, tree, kind)
        elseif k == "fetched" then
            walk_members(inner, tree, LTDB_HEADER)
            take_bytes(inner, tree, "ctdbx.payload.bytes", inner.limit - inner.at)
        elseif k ~= "nothing" and k ~= "bytes" then
            walk(inner, tree, "ctdbx.payload." .. name, kind)
        end
        if k == "text" and not r.tvb(at, len):raw():find("\0", 1, true) then
            misfit("no NUL behind the text")
        end
        if k ~= "bytes" and inner.at < inner.limit then
            misfit(string.format("%d bytes follow the value", inner.limit - inner.at))
        end
    end)
end

-- Requests and their replies -----------------------------------------------------------------------------------------

-- Between nodes a reply comes on another connection than its request; so a control is found again by both addresses, a
-- call, which a third node may answer, by the node that asked, and what a client asks by the client's end of its socket.
local waiting, pairs_by_reply, pairs_by_request = {}, {}, {}

function proto.init()
    waiting, pairs_by_reply, pairs_by_request = {}, {}, {}
    items.frame, items.count = -1, 0
end

local sources = { Field.new("ip.src"), Field.new("ipv6.src") }
local targets = { Field.new("ip.dst"), Field.new("ipv6.dst") }

local function address(extractors, otherwise)
    for _, extract in ipairs(extractors) do
        local found = { extract() }
        if #found > 0 then return tostring(found[#found].range:bytes()) end
    end
    return tostring(otherwise)
end

local function asker(head, row, is_request, ends)
    if ends then
        return "client " .. (is_request and ends.src or ends.dst)
    elseif row.pair == "call" then
        return "call " .. (is_request and head.src or head.dest)
    end
    local src, dst = address(sources, head.pinfo.src), address(targets, head.pinfo.dst)
    return is_request and "control " .. src .. " " .. dst or "control " .. dst .. " " .. src
end

local function remember(head, key, asked, ends)
    local from = ends and "" or address(sources, head.pinfo.src)
    local known = waiting[key]
    -- A call that another node passes on is still the same call.
    if known and head.row.pair == "call" and not ends and known.from ~= from then return end
    waiting[key] = { frame = head.pinfo.number, time = head.pinfo.rel_ts, asked = asked, from = from, mark = head.mark }
end

-- What was asked is the number of a control, or what a call does. The pair that this packet belongs to, as far as it is known by now.
local function pair(head, asked, ends)
    local row = head.row
    if not row.half then return nil end
    local key = asker(head, row, row.half == "request", ends) .. " " .. head.reqid
    if row.half == "request" then
        if not head.pinfo.visited then remember(head, key, asked, ends) end
        return pairs_by_request[head.mark]
    end
    if not head.pinfo.visited and waiting[key] then
        local request = waiting[key]
        waiting[key] = nil
        local made = {
            request = request.frame,
            reply = head.pinfo.number,
            asked = request.asked,
            time = head.pinfo.rel_ts - request.time,
        }
        pairs_by_reply[head.mark] = made
        pairs_by_request[request.mark] = made
    end
    return pairs_by_reply[head.mark]
end

local function show_pair(r, tree, found, is_reply)
    if found and is_reply then
        tree:add(F["ctdbx.request_in"], r.tvb(0, 0), found.request):set_generated()
        tree:add(F["ctdbx.time"], r.tvb(0, 0), found.time):set_generated()
    elseif found then
        tree:add(F["ctdbx.reply_in"], r.tvb(0, 0), found.reply):set_generated()
    end
end

-- Packets ------------------------------------------------------------------------------------------------------------

local function control_row(number)
    return T.controls[number] or { name = "CONTROL_" .. string.format("%.0f", number), unknown = true }
end

local function show_control(tree, tvb, number, row)
    tree:add(F["ctdbx.control"], tvb(0, 0), row.name):set_generated()
    tree:add(F["ctdbx.control.number"], tvb(0, 0), number):set_generated()
    if row.unknown then tree:add_proto_expert_info(expert.unknown) end
end

-- A payload at the member of the operation where the table says that it travels.
local function place_payload(r, place, prefix)
    local seen = r.seen[prefix .. place[1]:lower()]
    if not seen then return end
    if place[1] == "Flags" then
        -- Only the upper half belongs to the control.
        local field, value = F["ctdbx.payload." .. place[3]], math.floor(seen.value / 0x10000) * 0x10000
        local item = seen.item:add(field, r.tvb(seen.at, seen.len), value)
        append_flags(item, T.named[place[2].as], value)
    elseif place[2].as ~= "SrvId" or place[1] == "Data" then
        walk_payload(r, seen.item, place[2], place[3], seen.at, seen.len)
    end
end

-- What travels elsewhere leaves nothing for the data.
local function expect_empty(r, place, abbr)
    local data = r.seen[abbr]
    if place[1] ~= "Data" then walk_payload(r, data.item, { "nothing" }, "nothing", data.at, data.len) end
end

local function request_control(r, tree)
    local opcode = r.seen["ctdbx.req_control.opcode"].value
    local row = control_row(opcode)
    r.seen["ctdbx.req_control.opcode"].item:append_text(" (" .. row.name .. ")")
    show_control(tree, r.tvb, opcode, row)
    for _, place in ipairs(row.argument or {}) do
        place_payload(r, place, "ctdbx.req_control.")
    end
    if row.argument then expect_empty(r, row.argument[1], "ctdbx.req_control.data") end
    return row.name, opcode
end

local function reply_control(r, tree, found)
    if not found then return "(request not seen)" end
    local row = control_row(found.asked)
    show_control(tree, r.tvb, found.asked, row)
    local place = row.reply
    if not place then return row.name end
    local seen = r.seen["ctdbx.reply_control.status"]
    local status = seen.value < 0x80000000 and seen.value or seen.value - 0x100000000
    local failed = status ~= 0
    if place[1] == "Status" then
        failed = status < (place[2].as == "Exists" and -1 or 0) or (place[2].as == "Exists" and status > 0)
    end
    if failed then
        seen.item:add_proto_expert_info(expert.failed, string.format("%s failed with %d", row.name, status))
        return string.format("%s failed (%d)", row.name, status)
    end
    place_payload(r, place, "ctdbx.reply_control.")
    expect_empty(r, place, "ctdbx.reply_control.data")
    return row.name
end

-- The answer to a call that wanted the record with its header.
local function reply_call(r, found)
    local data = r.seen["ctdbx.reply_call.data"]
    if not found or found.asked ~= T.fetch_with_header or r.seen["ctdbx.reply_call.status"].value ~= 0 then return "" end
    walk_payload(r, data.item, { "fetched" }, "bytes", data.at, data.len)
    return ""
end

-- A row whose srvids begin with the same hexadecimal digits.
local function message_row(id)
    local single = T.messages[id]
    if single then return single, single.name end
    for _, row in ipairs(T.ranges) do
        if id:sub(1, #row.prefix) == row.prefix then
            return row, row.name .. "-0x" .. id:sub(#row.prefix + 1):gsub("^0+(.)", "%1")
        end
    end
    return nil, "0x" .. id
end

local function request_message(r, tree)
    local place = r.seen["ctdbx.req_message.srvid"]
    local raw = r.tvb(place.at, 8):raw()
    if r.le then raw = raw:reverse() end
    local id = raw:gsub(".", function(byte) return string.format("%02x", byte:byte()) end)
    local row, name = message_row(id)
    tree:add(F["ctdbx.message"], r.tvb(place.at, 8), name):set_generated()
    place.item:append_text(" (" .. name .. ")")
    local data = r.seen["ctdbx.req_message.data"]
    if row then walk_payload(r, data.item, row.payload, row.type, data.at, data.len) end
    return name
end

local RAW_HEADER = { "struct", "RawHeader" }

-- The body, and what the packet is about.
local function body(r, tree, head, ends)
    local row = head.row
    local abbr = T.structs[row.body].abbr
    local whole = guarded(tree, function()
        branch(r, tree, abbr, nil, function(item) walk_members(r, item, row.kind) end)
    end)
    local asked = r.seen["ctdbx.req_control.opcode"] or r.seen["ctdbx.req_call.call_id"]
    local found = pair(head, asked and asked.value, ends)
    show_pair(r, tree, found, row.half == "reply")
    if not whole then return "(malformed)" end
    if row.body == "ReqControl" then return (request_control(r, tree)) end
    if row.body == "ReplyControl" then return reply_control(r, tree, found) end
    if row.body == "ReplyCall" then return reply_call(r, found) end
    if row.body == "ReqMessage" then return request_message(r, tree) end
    return ""
end

local function node(number)
    return T.named.Dest.names[number] or string.format("%.0f", number)
end

-- One packet of at least a header, or what was captured of it.
local function packet(tvb, pinfo, root, ends)
    if items.frame ~= pinfo.number then items.frame, items.count = pinfo.number, 0 end
    local tree = root:add(proto, tvb())
    local r = {
        tvb = tvb, at = 0, base = 0, limit = tvb:len(), seen = {},
        le = tvb(4, 4):le_uint() == T.magic, abi = ABIS[proto.prefs.machine] or ABIS[1],
    }
    local what
    guarded(tree, function()
        walk_members(r, tree, RAW_HEADER)
        local value = function(name) return r.seen["ctdbx." .. name].value end
        local number = value("operation")
        local row = T.operations[number] or { name = "OPERATION_" .. string.format("%.0f", number) }
        r.seen["ctdbx.operation"].item:append_text(" (" .. row.name .. ")")
        local head = {
            row = row, pinfo = pinfo, src = value("src"), dest = value("dest"), reqid = value("reqid"),
            mark = string.format("%d %.0f %.0f", pinfo.number, number, value("reqid")),
        }
        if value("length") ~= tvb:reported_len() then
            local text = string.format("%.0f bytes stated, %d are there", value("length"), tvb:reported_len())
            r.seen["ctdbx.length"].item:add_proto_expert_info(expert.malformed, text)
        end
        r.base = r.at
        if row.body then
            what = row.name .. " " .. body(r, tree, head, ends)
        else
            tree:add_proto_expert_info(expert.unknown)
            take(r, tree, "ctdbx.undecoded", r.limit - r.at)
            what = row.name
        end
        what = what:gsub(" $", "") .. " " .. node(head.src) .. " > " .. node(head.dest)
    end)
    tree:append_text(", " .. (what or "(malformed)"))
    return what or "(malformed)"
end

-- Events -------------------------------------------------------------------------------------------------------------

-- The event daemon's own protocol, in recordings of its socket only. It has no magic: the byte order is the one in which
-- the stated length is that of the packet. No node takes part, so a pair is a client and the number of its request.
local EVENT_HEADER = { "struct", "EventHeader" }
local EVENT_PAIR = { request = { half = "request" }, reply = { half = "reply" } }

local function event_result(r, tree, row)
    local result, item = take_number(r, tree, "ctdbx.event.result", 4)
    if result ~= 0 then
        local signed = result < 0x80000000 and result or result - 0x100000000
        item:add_proto_expert_info(expert.failed, string.format("%s failed with %d", row.name, signed))
    end
    return result
end

local function event_body(r, tree, is_reply)
    walk_members(r, tree, EVENT_HEADER)
    local length, there = r.seen["ctdbx.event_header.length"].value, r.tvb:reported_len()
    if length ~= there then misfit(string.format("%.0f bytes stated, %d are there", length, there)) end
    r.base = r.at
    local command, item = take_number(r, tree, "ctdbx.event.command", 4)
    local row = T.events[command] or { name = "COMMAND_" .. string.format("%.0f", command), unknown = true }
    item:append_text(" (" .. row.name .. ")")
    tree:add(F["ctdbx.event"], r.tvb(0, 0), row.name):set_generated()
    local kind = row.request
    if is_reply then
        kind = event_result(r, tree, row) == 0 and row.reply or nil
    end
    if row.unknown then
        tree:add_proto_expert_info(expert.unknown)
        take(r, tree, "ctdbx.undecoded", r.limit - r.at)
    elseif kind then
        walk_members(r, tree, kind)
    end
    if r.at < r.limit then misfit(string.format("%d bytes follow the value", r.limit - r.at)) end
    return row.name
end

-- One packet of the event daemon's socket. `ends` says who sent it to whom.
local function event_packet(tvb, pinfo, root, ends)
    if items.frame ~= pinfo.number then items.frame, items.count = pinfo.number, 0 end
    local is_reply = ends.from_daemon
    local tree = root:add(proto, tvb())
    local le = tvb:len() < 4 or tvb(0, 4):le_uint() == tvb:reported_len() or tvb(0, 4):uint() ~= tvb:reported_len()
    local r = {
        tvb = tvb, at = 0, base = 0, limit = tvb:len(), seen = {}, le = le,
        abi = ABIS[proto.prefs.machine] or ABIS[1],
    }
    local name
    guarded(tree, function() name = event_body(r, tree, is_reply) end)
    if name then
        local reqid = string.format("event %.0f", r.seen["ctdbx.event_header.reqid"].value)
        local head = {
            row = EVENT_PAIR[is_reply and "reply" or "request"], pinfo = pinfo, reqid = reqid,
            mark = string.format("%d %s", pinfo.number, reqid),
        }
        show_pair(r, tree, pair(head, name, ends), is_reply)
    end
    local what = (is_reply and "EVENT_REPLY " or "EVENT_REQUEST ") .. (name or "(malformed)")
    tree:append_text(", " .. what)
    return what
end

-- Streams ------------------------------------------------------------------------------------------------------------

local function order(tvb, at)
    local magic = tvb(at + 4, 4)
    if magic:le_uint() == T.magic then return true, true end
    return magic:uint() == T.magic, false
end

-- The length of the packet whose header may stand at `at`; nil when no node would accept it.
local function plausible(tvb, at)
    local ours, le = order(tvb, at)
    if not ours then return nil end
    local function word(offset)
        local range = tvb(at + offset, 4)
        return le and range:le_uint() or range:uint()
    end
    local len = word(0)
    local fits = len >= HEADER and len <= T.limit and len % 8 == 0 and word(8) == T.version
    return fits and len or nil
end

-- Where the next header may stand; the end less 31 bytes when there is none.
local function search(tvb, at)
    local raw, from = tvb:raw(), at + 1
    while true do
        local little, big = raw:find(T.magic_le, from + 5, true), raw:find(T.magic_be, from + 5, true)
        local next = math.min(little or math.huge, big or math.huge) - 5
        if next + HEADER > tvb:len() then return math.max(at + 1, tvb:len() - HEADER + 1) end
        if plausible(tvb, next) then return next end
        from = next + 1
    end
end

local function no_packet(tvb, root, at, len)
    local tree = root:add(proto, tvb(at, len))
    tree:append_text(", bytes that are no packet")
    tree:add(F["ctdbx.undecoded"], tvb(at, len))
    tree:add_proto_expert_info(expert.stream)
    return len
end

local function column(pinfo, first, text)
    pinfo.cols.protocol = "CTDB"
    if first then pinfo.cols.info:set(text) else pinfo.cols.info:append("; " .. text) end
end

-- A segment of a stream: all packets in it, and a wish for more bytes when the last one is cut.
function proto.dissector(tvb, pinfo, root)
    local at, first, len = 0, true, tvb:len()
    local complete = tvb:reported_len() == len
    while at < len do
        local size = len - at >= HEADER and plausible(tvb, at)
        local wanted = size or HEADER
        if not size and len - at >= HEADER then
            local next = search(tvb, at)
            no_packet(tvb, root, at, next - at)
            column(pinfo, first, "(no packet)")
            at = next
        elseif wanted > len - at then
            if complete and pinfo.can_desegment > 0 then
                pinfo.desegment_offset = at
                pinfo.desegment_len = size and size - (len - at) or DESEGMENT_ONE_MORE_SEGMENT
                return len
            end
            if len - at >= HEADER then
                column(pinfo, first, packet(tvb(at):tvb(), pinfo, root))
            else
                no_packet(tvb, root, at, len - at)
            end
            return len
        else
            column(pinfo, first, packet(tvb(at, size):tvb(), pinfo, root))
            at = at + size
        end
        first = false
    end
    pinfo.cols.info:fence()
    return len
end

-- Exported packets ---------------------------------------------------------------------------------------------------

-- Recordings of a Unix socket hold one packet a record, behind tags that name Wireshark's own heuristic dissector. The
-- tags go to the dissector of exported packets as ever, which shows the ends; the packet comes here.
local exported = Proto("tablecloth_exported", "Exported packets of CTDB")
local original = Dissector.get("exported_pdu")

local TAG = { END = 0, NAME = 12, HEURISTIC = 13, IPV4_SRC = 20, IPV4_DST = 21, IPV6_SRC = 22, IPV6_DST = 23,
    PORT_TYPE = 24, SRC_PORT = 25, DST_PORT = 26, PROTOCOL = 33, TCP_DATA = 34 }

-- What the tags say: whether the packet is of CTDB or of the event daemon, its ends, where it starts.
local function tags(tvb)
    local said, at = { src = "", dst = "" }, 0
    while at + 4 <= tvb:len() do
        local tag, len = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
        local value = at + 4
        at = value + round_up(len, 4)
        if at > tvb:len() then return nil end
        local raw = len > 0 and tvb(value, len):raw() or ""
        if tag == TAG.END then
            said.start = at
            return said.of and said or nil
        elseif tag == TAG.NAME or tag == TAG.HEURISTIC then
            said.of = raw:sub(1, 4) == "ctdb" and "ctdbd" or nil
        elseif tag == TAG.PROTOCOL and raw:sub(1, (raw:find("\0", 1, true) or #raw + 1) - 1) == "CTDB-EVENTD" then
            said.of = "eventd"
        elseif tag == TAG.IPV4_SRC or tag == TAG.IPV6_SRC or tag == TAG.SRC_PORT then
            said.src = said.src .. tostring(tvb(value, len):bytes()) .. "."
            if tag == TAG.SRC_PORT then said.from_daemon = len == 4 and tvb(value, len):uint() == 4379 end
        elseif tag == TAG.IPV4_DST or tag == TAG.IPV6_DST or tag == TAG.DST_PORT then
            said.dst = said.dst .. tostring(tvb(value, len):bytes()) .. "."
        end
    end
    return nil
end

-- Whether Wireshark itself survives the tags: for a port type or TCP data that it does not know it throws what passes
-- through Lua without being caught, and Lua does not stand that often. It steps by the stated lengths.
local function harmless(tvb)
    local at = 0
    while at + 8 <= tvb:len() do
        local tag, len = tvb(at, 2):uint(), tvb(at + 2, 2):uint()
        if tag == TAG.END then return true end
        if tag == TAG.PORT_TYPE and tvb(at + 4, 4):uint() > 12 then return false end
        if tag == TAG.TCP_DATA and tvb(at + 4, 2):uint() ~= 1 then return false end
        at = at + 4 + len
    end
    return true
end

-- Other tags that Wireshark does not take it shows as malformed; what it throws then is not an error of ours.
local function show_tags(tvb, pinfo, root)
    if original and harmless(tvb) then
        pcall(original.call, original, tvb, pinfo, root)
    else
        no_packet(tvb, root, 0, tvb:len())
    end
end

function exported.dissector(tvb, pinfo, root)
    local said = tags(tvb)
    show_tags(said and tvb(0, said.start):tvb() or tvb, pinfo, root)
    if not said then return tvb:len() end
    local len = tvb:len() - said.start
    if len == 0 then return tvb:len() end
    local pdu = tvb(said.start):tvb()
    if said.of == "eventd" then
        column(pinfo, true, event_packet(pdu, pinfo, root, said))
        return tvb:len()
    end
    if len < HEADER or not (order(pdu, 0)) then
        no_packet(pdu, root, 0, len)
        column(pinfo, true, "(no packet)")
        return tvb:len()
    end
    column(pinfo, true, packet(pdu, pinfo, root, said))
    return tvb:len()
end

-- Registration -------------------------------------------------------------------------------------------------------

proto.prefs.ports = Pref.range("TCP ports", "4379", "Ports of the nodes", 65535)
proto.prefs.machine = Pref.enum("Machine type", 1, "What the nodes run on; byte order is told by each packet", {
    { 1, "64-bit", 1 },
    { 2, "32-bit x86", 2 },
}, false)

local ports = DissectorTable.get("tcp.port")
local taken = proto.prefs.ports
ports:add(taken, proto)

function proto.prefs_changed()
    if taken ~= proto.prefs.ports then
        ports:remove(taken, proto)
        taken = proto.prefs.ports
        ports:add(taken, proto)
    end
end

local encapsulations = wtap_encaps or wtap
if encapsulations and encapsulations.WIRESHARK_UPPER_PDU then
    DissectorTable.get("wtap_encap"):add(encapsulations.WIRESHARK_UPPER_PDU, exported)
end
