/* The structs of the wire as a C compiler sees them, under the names that legacy-codec gives them and their members.
   Written for the layout test; nothing is included. A member "x_count" is the length of the open part "x". */
typedef unsigned char u8; typedef unsigned short u16; typedef unsigned int u32; typedef int i32;
typedef unsigned long long u64;
#define PACKED __attribute__((packed))

struct sock_in { u16 family, port; u32 addr; u8 zero[8]; };
struct sock_in6 { u16 family, port; u32 flow; u8 addr[16]; u32 scope; };
union SockAddr { struct { u16 family; u8 data[14]; } any; struct sock_in v4; struct sock_in6 v6; };

struct Timeval { long sec, usec; };
struct UptimeInfo { struct Timeval current_time, ctdbd_start_time, last_recovery_started, last_recovery_finished; };

/* packets, behind their header */
struct RawHeader { u32 length, magic, version, generation, operation, dest, src, reqid; };
struct ReqCall { u32 flags, db_id, call_id, hop_count, key_count, call_data_count; u8 key[1]; };
struct ReplyCall { i32 status; u32 data_count; u8 data[1]; };
struct ReqDmaster { u32 db_id; u64 rsn; u32 dmaster, key_count, data_count; u8 key[1]; };
struct ReplyDmaster { u32 db_id; u64 rsn; u32 key_count, data_count; u8 key[1]; };
struct ReplyError { i32 status; u32 message_count; u8 message[1]; };
struct ReqMessage { u64 srvid; u32 data_count; u8 data[1]; };
struct ReqControl { u32 opcode, pad; u64 srvid; u32 client_id, flags, data_count; u8 data[1]; };
struct ReplyControl { i32 status; u32 data_count, error_count; u8 data[1]; };
struct KeepaliveInfo { u32 version, uptime; };
struct ReqTunnel { u64 tunnel_id; u32 flags, data_count; u8 data[1]; };

/* nodes */
struct NodeAndFlags { u32 pnn, flags; union SockAddr addr; };
struct NodeMap { u32 nodes_count; struct NodeAndFlags nodes[1]; };
struct VnnMap { u32 generation, map_count; u32 map[1]; };
struct NodeFlagChange { u32 pnn, new_flags, old_flags; };
struct BanState { u32 pnn, time; };

/* addresses */
struct Iface { char name[18]; u16 link_state; u32 references; };
struct IfaceList { u32 ifaces_count; struct Iface ifaces[1]; };
struct PublicIp { u32 pnn; union SockAddr addr; };
struct PublicIpList { u32 ips_count; struct PublicIp ips[1]; };
struct PublicIpInfo { struct PublicIp ip; u32 active, ifaces_count; struct Iface ifaces[1]; };
struct AddrInfo { union SockAddr addr; u32 mask, iface_count; char iface[1]; };
struct Connection { union SockAddr src, dst; };
struct TickleList { union SockAddr addr; u32 connections_count; struct Connection connections[1]; };

/* databases */
struct DbIdAndFlags { u32 db_id; u8 flags; };
struct DbMap { u32 dbs_count; struct DbIdAndFlags dbs[1]; };
struct PullDbArgs { u32 db_id, lmaster; };
struct PullDbExtArgs { u32 db_id, lmaster; u64 srvid; };
struct TransDb { u32 db_id, transaction; };
struct DbSeqnumArgs { u32 db_id, unused; };
struct DbVacuumArgs { u32 db_id; _Bool full; } PACKED;
struct LtdbHeader { u64 rsn; u32 dmaster, reserved, flags; };
struct KeyData { u32 db_id; struct LtdbHeader header; u32 key_count; u8 key[1]; };
struct TraverseStartArgs { u32 db_id, reqid; u64 srvid; };
struct TraverseStartExtArgs { u32 db_id, reqid; u64 srvid; _Bool with_empty_records; };
struct TraverseAllArgs { u32 db_id, reqid, pnn, client_reqid; u64 srvid; };
struct TraverseAllExtArgs { u32 db_id, reqid, pnn, client_reqid; u64 srvid; _Bool with_empty_records; };

/* tunables */
struct TunableValue { u32 value, name_count; char name[1]; };
struct TunableName { u32 name_count; char name[1]; };
struct TunableNames { u32 names_count; char names[1]; };
struct Tunables { u32 values[62]; };

/* statistics */
struct LatencyCounter { i32 num; double min, max, total; };
struct NodePackets { u32 req_call, reply_call, req_dmaster, reply_dmaster, reply_error, req_message, req_control,
	reply_control, req_tunnel; };
struct ClientPackets { u32 req_call, req_message, req_control, req_tunnel; };
struct TimeoutCounts { u32 call, control, traverse; };
struct ReclockLatencies { struct LatencyCounter ctdbd, recd; };
struct LockStatistics { u32 num_calls, num_current, num_pending, num_failed; struct LatencyCounter latency;
	u32 buckets[16]; };
struct Statistics {
	u32 num_clients, frozen, recovering, client_packets_sent, client_packets_recv, node_packets_sent,
		node_packets_recv, keepalive_packets_sent, keepalive_packets_recv;
	struct NodePackets node;
	struct ClientPackets client;
	struct TimeoutCounts timeouts;
	struct ReclockLatencies reclock;
	struct LockStatistics locks;
	u32 total_calls, pending_calls, childwrite_calls, pending_childwrite_calls, memory_used, last_counter,
		max_hop_count, hop_count_bucket[16];
	struct LatencyCounter call_latency, childwrite_latency;
	u32 num_recoveries;
	struct Timeval start_time, current_time;
	u32 total_ro_delegations, total_ro_revokes;
};
struct StatisticsList { u32 stats_count; struct Statistics stats[1]; };
struct HotKeySlot { u32 count; void *address; unsigned long size; };
struct DbStatisticsHead {
	struct LockStatistics locks;
	struct LatencyCounter vacuum;
	u32 ro_delegations, ro_revokes, hop_count_bucket[16], num_hot_keys;
	struct HotKeySlot hot_keys[10];
};

/* notices */
struct ElectionMessage { u32 num_connected; struct Timeval priority_time; u32 pnn, flags; };
struct SrvidMessage { u32 pnn; u64 srvid; };
struct DisableMessage { u32 pnn; u64 srvid; u32 timeout; };
struct NotifyData { u64 srvid; u32 data_count; u8 data[1]; };
struct PidSrvid { i32 pid; u64 srvid; } PACKED;
struct Echo { u32 timeout, data_count; u8 data[1]; };

/* values */
struct ServerId { u64 pid; u32 task_id, pnn; u64 unique_id; };
struct GLock { u32 lock_type; struct ServerId holder; };
struct Watcher { struct ServerId server; u64 instance; } PACKED;
struct WatchedRecord { u32 watchers_count; struct Watcher watchers[1]; } PACKED;
struct SambaGLock { struct ServerId exclusive; u64 lock_epoch, data_epoch; u32 shared_count;
	struct ServerId shared[1]; } PACKED;
struct SambaMessage { struct ServerId to, from; u32 kind; u8 data[1]; } PACKED;

/* the event daemon */
struct EventHeader { u32 length, version, reqid; } PACKED;
struct StatusReply { i32 summary; u32 scripts_count; u8 scripts[1]; } PACKED;
