//! The table of controls: number, C name, name here, the argument and where it travels, the reply and where it travels.
//!
//! `since` and `until` are minor versions of Samba 4 and stand where a control was not there in all of 4.8 to 4.25, or
//! was no longer answered. Obsolete controls are answered with status -1 by all of these versions. Source: `enum
//! ctdb_controls`, `ctdb_control_dispatch` and the `ctdb_req_control_*` functions, tag by tag.

use bytes::Bytes;

use crate::abi::Abi;
use crate::addr::SockAddr;
use crate::control::macros::{answer, argument, controls};
use crate::control::{Control, ControlRow, Exists, InFlags, InSrvid, InStatus};
use crate::describe::{Describe, Value, describe};
use crate::error::Error;
use crate::flags::{AttachFlags, Capabilities, ControlFlags, PublicIpFlags};
use crate::ids::{ClientId, DbId, DebugLevel, Pid, Pnn, RecMode, RunState, SrvId, TunnelId};
use crate::macros::version;
use crate::operation::{ReplyControl, ReqControl};
use crate::prim::CDouble;
use crate::text::Text;
use crate::types::{
    AddrInfo, BanState, Connection, DbMap, DbSeqnumArgs, DbStatistics, DbVacuumArgs, Echo, Iface, IfaceList,
    KeyData, NodeFlagChange, NodeMap, NotifyData, PidSrvid, PublicIp, PublicIpInfo, PublicIpList, PullDbArgs,
    PullDbExtArgs, PushedRecord, RecBuffer, Record, Statistics, StatisticsList, TickleList, TransDb,
    TraverseAllArgs, TraverseAllExtArgs, TraverseStartArgs, TraverseStartExtArgs, TunableName, TunableNames,
    TunableValue, Tunables, UptimeInfo, VnnMap,
};
use crate::wire::{Encoded, Payload};

controls! {
    live {
        /// Whether a process is a client of the daemon and alive.
        0 PROCESS_EXISTS ProcessExists (Data Pid) -> Status Exists;
        /// What the daemon has done so far.
        1 STATISTICS GetStatistics (Data ()) -> Data Statistics;
        /// Whether the daemon lives; answers the number of its clients.
        3 PING Ping (Data ()) -> Status u32;
        /// Where the file of a database is.
        4 GETDBPATH GetDbPath (Data DbId) -> Data Text;
        /// The nodes that hold records.
        5 GETVNNMAP GetVnnMap (Data ()) -> Data VnnMap;
        /// Sets the nodes that hold records; during a recovery.
        6 SETVNNMAP SetVnnMap (Data VnnMap) -> Data ();
        /// How much the daemon logs.
        7 GET_DEBUG GetDebug (Data ()) -> Data DebugLevel;
        /// Sets how much the daemon logs.
        8 SET_DEBUG SetDebug (Data DebugLevel) -> Data ();
        /// The databases of the node.
        9 GET_DBMAP GetDbMap (Data ()) -> Data DbMap;
        /// All records of a database in one reply.
        13 PULL_DB PullDb (Data PullDbArgs) -> Data RecBuffer, until 13;
        /// Stores records during a recovery.
        14 PUSH_DB PushDb (Data RecBuffer) -> Data (), until 13;
        /// Whether a recovery is going on.
        15 GET_RECMODE GetRecMode (Data ()) -> Status RecMode;
        /// Begins or ends the recovery of a node; the end is refused while the cluster lock can be taken.
        16 SET_RECMODE SetRecMode (Data RecMode) -> Data ();
        /// Sets all counters to 0.
        17 STATISTICS_RESET StatisticsReset (Data ()) -> Data ();
        /// Creates or opens a volatile database by its name.
        18 DB_ATTACH DbAttach (Data Text, Flags AttachFlags) -> Data DbId;
        /// A client wants all records of a database; they come as messages, the last one empty.
        20 TRAVERSE_START TraverseStart (Data TraverseStartArgs) -> Data ();
        /// A daemon wants the records that a node has.
        21 TRAVERSE_ALL TraverseAll (Data TraverseAllArgs) -> Data ();
        /// One record for a traverse; one without key and data ends it.
        22 TRAVERSE_DATA TraverseData (Data Record) -> Data ();
        /// Sends the caller the messages for a srvid from now on; once more for each time it is asked.
        23 REGISTER_SRVID RegisterSrvid (Srvid SrvId) -> Data ();
        /// Ends one registration; status 2 when there is none.
        24 DEREGISTER_SRVID DeregisterSrvid (Srvid SrvId) -> Data ();
        /// The name of a database.
        25 GET_DBNAME GetDbName (Data DbId) -> Data Text;
        /// Counts changes of a database in its file from now on.
        26 ENABLE_SEQNUM EnableSeqnum (Data DbId) -> Data ();
        /// Tells other nodes that a database has changed.
        27 UPDATE_SEQNUM UpdateSeqnum (Data DbId) -> Data ();
        /// What talloc has allocated, as text without a NUL.
        29 DUMP_MEMORY DumpMemory (Data ()) -> Data Bytes;
        /// Process id of the daemon.
        30 GET_PID GetPid (Data ()) -> Status Pid;
        /// The leader as the daemon knows it.
        31 GET_RECMASTER GetRecMaster (Data ()) -> Status Pnn, until 15;
        /// Sets the leader.
        32 SET_RECMASTER SetRecMaster (Data Pnn) -> Data (), until 15;
        /// Locks all databases. The number is a priority of long ago that nobody looks at.
        33 FREEZE Freeze (Srvid u64) -> Data ();
        /// Number of the node.
        35 GET_PNN GetPnn (Data ()) -> Status Pnn;
        /// Ends the daemon.
        36 SHUTDOWN Shutdown (Data ()) -> Data ();
        /// A client took a connection to a public address.
        44 TCP_CLIENT TcpClient (Data Connection) -> Data ();
        /// A connection to a public address, for the nodes that may take over the address.
        45 TCP_ADD TcpAdd (Data Connection) -> Data ();
        /// A connection that is gone.
        46 TCP_REMOVE TcpRemove (Data Connection) -> Data ();
        /// A daemon has started; others send it what it has to know.
        47 STARTUP Startup (Data ()) -> Data ();
        /// Sets a tunable; status 1 when it is obsolete.
        48 SET_TUNABLE SetTunable (Data TunableValue) -> Data ();
        /// The value of a tunable.
        49 GET_TUNABLE GetTunable (Data TunableName) -> Data u32;
        /// The names of all tunables.
        50 LIST_TUNABLES ListTunables (Data ()) -> Data TunableNames;
        /// Changes the flags of a node.
        52 MODIFY_FLAGS ModifyFlags (Data NodeFlagChange) -> Data ();
        /// The values of all tunables.
        53 GET_ALL_TUNABLES GetAllTunables (Data ()) -> Data Tunables;
        /// The connections to a public address.
        55 GET_TCP_TICKLE_LIST GetTcpTickleList (Data SockAddr) -> Data TickleList;
        /// Sets the connections to a public address.
        56 SET_TCP_TICKLE_LIST SetTcpTickleList (Data TickleList) -> Data ();
        /// Creates or opens a persistent database by its name.
        61 DB_ATTACH_PERSISTENT DbAttachPersistent (Data Text, Flags AttachFlags) -> Data DbId;
        /// Stores the records of a persistent transaction.
        63 UPDATE_RECORD UpdateRecord (Data RecBuffer) -> Data ();
        /// Tells the network where an address is.
        64 SEND_GRATUITOUS_ARP SendGratuitousArp (Data AddrInfo) -> Data ();
        /// Removes all records of a database; during a recovery.
        67 WIPE_DATABASE WipeDatabase (Data TransDb) -> Data ();
        /// When the daemon started, and when it last recovered.
        69 UPTIME Uptime (Data ()) -> Data UptimeInfo;
        /// A recovery begins; runs an event.
        70 START_RECOVERY StartRecovery (Data ()) -> Data ();
        /// A recovery ended; runs an event.
        71 END_RECOVERY EndRecovery (Data ()) -> Data ();
        /// Reads the nodes file again.
        72 RELOAD_NODES_FILE ReloadNodesFile (Data ()) -> Data ();
        /// Deletes records that no node needs; answers those that had to stay.
        74 TRY_DELETE_RECORDS TryDeleteRecords (Data RecBuffer) -> Data RecBuffer;
        /// Adds a public address to the node.
        77 ADD_PUBLIC_IP AddPublicIp (Data AddrInfo) -> Data ();
        /// Takes a public address from the node.
        78 DEL_PUBLIC_IP DelPublicIp (Data AddrInfo) -> Data ();
        /// What the node may be asked to do.
        80 GET_CAPABILITIES GetCapabilities (Data ()) -> Data Capabilities;
        /// Counts a client's changes of persistent databases; C calls it obsolete and still answers it.
        81 START_PERSISTENT_UPDATE StartPersistentUpdate (Data Bytes) -> Data ();
        /// Counts one less; C calls it obsolete and still answers it.
        82 CANCEL_PERSISTENT_UPDATE CancelPersistentUpdate (Data Bytes) -> Data ();
        /// The recovery daemon lives.
        87 RECD_PING RecdPing (Data ()) -> Data ();
        /// The node gives up a public address; the argument names the node that gets it.
        88 RELEASE_IP ReleaseIp (Data PublicIp) -> Data ();
        /// The node takes a public address.
        89 TAKEOVER_IP TakeoverIp (Data PublicIp) -> Data ();
        /// The public addresses that the node knows, and where they are.
        90 GET_PUBLIC_IPS GetPublicIps (Flags PublicIpFlags) -> Data PublicIpList;
        /// All nodes and what is wrong with them.
        91 GET_NODEMAP GetNodeMap (Data ()) -> Data NodeMap;
        /// Ends a traverse before its end.
        97 TRAVERSE_KILL TraverseKill (Data TraverseStartArgs) -> Data ();
        /// How many seconds the cluster lock took.
        98 RECD_RECLOCK_LATENCY RecdReclockLatency (Data CDouble) -> Data ();
        /// The cluster lock as it is configured; nothing when there is none.
        99 GET_RECLOCK_FILE GetReclockFile (Data ()) -> Data Option<Text>;
        /// The node takes no more part in the cluster.
        101 STOP_NODE StopNode (Data ()) -> Data ();
        /// The node takes part again.
        102 CONTINUE_NODE ContinueNode (Data ()) -> Data ();
        /// Whether the node may be location master: 0 or 1.
        104 SET_LMASTERROLE SetLmasterRole (Data u32) -> Data ();
        /// Whether the node may be leader: 0 or 1.
        105 SET_RECMASTERROLE SetRecMasterRole (Data u32) -> Data ();
        /// Bans or unbans the node.
        109 SET_BAN_STATE SetBanState (Data BanState) -> Data ();
        /// Whether the node is banned.
        110 GET_BAN_STATE GetBanState (Data ()) -> Data BanState;
        /// What is sent to all nodes when this client is gone.
        114 REGISTER_NOTIFY RegisterNotify (Data NotifyData) -> Data ();
        /// Takes that back.
        115 DEREGISTER_NOTIFY DeregisterNotify (Data SrvId) -> Data ();
        /// Commits a transaction on a persistent database, on all nodes.
        119 TRANS3_COMMIT Trans3Commit (Data RecBuffer) -> Data ();
        /// The sequence number that a persistent database keeps in a record.
        120 GET_DB_SEQNUM GetDbSeqnum (Data DbSeqnumArgs) -> Data u64;
        /// A database is in order.
        121 DB_SET_HEALTHY DbSetHealthy (Data DbId) -> Data ();
        /// What is wrong with a database; nothing when it is in order.
        122 DB_GET_HEALTH DbGetHealth (Data DbId) -> Data Option<Text>;
        /// A public address, and the interfaces it may be on.
        123 GET_PUBLIC_IP_INFO GetPublicIpInfo (Data SockAddr) -> Data PublicIpInfo;
        /// The interfaces that may carry public addresses.
        124 GET_IFACES GetIfaces (Data ()) -> Data IfaceList;
        /// Whether an interface has a link, as an event script found it.
        125 SET_IFACE_LINK_STATE SetIfaceLinkState (Data Iface) -> Data ();
        /// As TCP_ADD, but told to other nodes later.
        126 TCP_ADD_DELAYED_UPDATE TcpAddDelayedUpdate (Data Connection) -> Data ();
        /// The counters of the last intervals.
        127 GET_STAT_HISTORY GetStatHistory (Data ()) -> Data StatisticsList;
        /// A client emptied a record; it may be vacuumed.
        128 SCHEDULE_FOR_DELETION ScheduleForDeletion (Data KeyData) -> Data ();
        /// Read-only copies of records are given out from now on.
        129 SET_DB_READONLY SetDbReadonly (Data DbId) -> Data ();
        /// As TRAVERSE_START, with a choice about empty records.
        131 TRAVERSE_START_EXT TraverseStartExt (Data TraverseStartExtArgs) -> Data ();
        /// What was done to a database.
        132 GET_DB_STATISTICS GetDbStatistics (Data DbId) -> Data DbStatistics;
        /// Contended records stay on a node for a while from now on.
        133 SET_DB_STICKY SetDbSticky (Data DbId) -> Data ();
        /// Reads the file of public addresses again.
        134 RELOAD_PUBLIC_IPS ReloadPublicIps (Data ()) -> Data ();
        /// As TRAVERSE_ALL, with a choice about empty records.
        135 TRAVERSE_ALL_EXT TraverseAllExt (Data TraverseAllExtArgs) -> Data ();
        /// Stores empty records on the way to deleting them; answers those that could not be stored.
        136 RECEIVE_RECORDS ReceiveRecords (Data RecBuffer) -> Data RecBuffer, until 9;
        /// Public addresses were handed out anew; runs an event.
        137 IPREALLOCATED IpReallocated (Data ()) -> Data ();
        /// How far the daemon's start has come.
        138 GET_RUNSTATE GetRunState (Data ()) -> Data RunState;
        /// Closes a volatile database on all nodes.
        139 DB_DETACH DbDetach (Data DbId) -> Data ();
        /// The nodes as they are in the nodes file now.
        140 GET_NODES_FILE GetNodesFile (Data ()) -> Data NodeMap;
        /// Locks a database.
        141 DB_FREEZE DbFreeze (Data DbId) -> Data ();
        /// Unlocks a database.
        142 DB_THAW DbThaw (Data DbId) -> Data ();
        /// Begins the part of a recovery that changes a database.
        143 DB_TRANSACTION_START DbTransactionStart (Data TransDb) -> Data ();
        /// Ends it and keeps the changes.
        144 DB_TRANSACTION_COMMIT DbTransactionCommit (Data TransDb) -> Data ();
        /// Ends it and drops the changes.
        145 DB_TRANSACTION_CANCEL DbTransactionCancel (Data DbId) -> Data ();
        /// Sends the records of a database as messages; answers how many.
        146 DB_PULL DbPull (Data PullDbExtArgs) -> Data u32;
        /// Records of a database will come as messages.
        147 DB_PUSH_START DbPushStart (Data PullDbExtArgs) -> Data ();
        /// They were all sent; answers how many came.
        148 DB_PUSH_CONFIRM DbPushConfirm (Data DbId) -> Data u32;
        /// The flags of libtdb a client has to open the file of a database with.
        149 DB_OPEN_FLAGS DbOpenFlags (Data DbId) -> Data i32;
        /// Creates or opens a replicated database by its name.
        150 DB_ATTACH_REPLICATED DbAttachReplicated (Data Text, Flags AttachFlags) -> Data DbId;
        /// Whether a process is a client of the daemon and listens to a srvid.
        151 CHECK_PID_SRVID CheckPidSrvid (Data PidSrvid) -> Status Exists;
        /// Sends the caller the packets of a tunnel; one client a tunnel.
        152 TUNNEL_REGISTER TunnelRegister (Srvid TunnelId) -> Data ();
        /// Ends that.
        153 TUNNEL_DEREGISTER TunnelDeregister (Srvid TunnelId) -> Data ();
        /// The location master fetches empty records to delete them.
        154 VACUUM_FETCH VacuumFetch (Data RecBuffer) -> Data (), since 12;
        /// Vacuums a database now.
        155 DB_VACUUM DbVacuum (Data DbVacuumArgs) -> Data (), since 12;
        /// Answers with its argument at once; the delay in it is not kept.
        156 ECHO_DATA EchoData (Data Echo) -> Data Echo, since 13;
        /// Disables the node.
        157 DISABLE_NODE DisableNode (Data ()) -> Data (), since 15;
        /// Enables the node.
        158 ENABLE_NODE EnableNode (Data ()) -> Data (), since 15;
        /// A client's connection is gone.
        159 TCP_CLIENT_DISCONNECTED TcpClientDisconnected (Data Connection) -> Data (), since 20;
        /// A client handed its connection to another process.
        160 TCP_CLIENT_PASSED TcpClientPassed (Data Connection) -> Data (), since 20;
        /// Public addresses are about to be handed out anew; runs an event.
        161 START_IPREALLOCATE StartIpReallocate (Data ()) -> Data (), since 21;
        /// Stores a copy of a record on the other nodes.
        162 PUSH_RECORD PushRecord (Data PushedRecord) -> Data (), since 25;
    }
    obsolete {
        /// Listed the nodes with IPv4 addresses only.
        10 GET_NODEMAPv4;
        /// Set the data master of all records of a database.
        11 SET_DMASTER;
        /// Made a function of the daemon known under a call id.
        19 SET_CALL;
        /// Unlocked all databases.
        34 THAW;
        /// Told whether monitoring was on.
        37 GET_MONMODE;
        /// TAKEOVER_IP with IPv4 addresses only.
        42 TAKEOVER_IPv4;
        /// RELEASE_IP with IPv4 addresses only.
        43 RELEASE_IPv4;
        /// GET_PUBLIC_IPS with IPv4 addresses only.
        51 GET_PUBLIC_IPSv4;
        /// Reset a TCP connection.
        54 KILL_TCP;
        /// Entered a process in a list of servers.
        57 REGISTER_SERVER_ID;
        /// Took a process from the list of servers.
        58 UNREGISTER_SERVER_ID;
        /// Told whether a process was in the list of servers.
        59 CHECK_SERVER_ID;
        /// The list of servers.
        60 GET_SERVER_ID_LIST;
        /// Stored one record of a persistent database.
        62 PERSISTENT_STORE;
        /// Began a transaction on all databases for a recovery.
        65 TRANSACTION_START;
        /// Committed it.
        66 TRANSACTION_COMMIT;
        /// Switched monitoring on.
        75 ENABLE_MONITOR;
        /// Switched monitoring off.
        76 DISABLE_MONITOR;
        /// Ran event scripts.
        79 RUN_EVENTSCRIPTS;
        /// Committed a persistent transaction, as the second generation of them did.
        83 TRANS2_COMMIT;
        /// Ended it.
        84 TRANS2_FINISHED;
        /// Reported that it failed.
        85 TRANS2_ERROR;
        /// Tried it again.
        86 TRANS2_COMMIT_RETRY;
        /// The results of the event scripts.
        96 GET_EVENT_SCRIPT_STATUS;
        /// Set the path of the cluster lock.
        100 SET_RECLOCK_FILE;
        /// Whether the node could be a NAT gateway.
        103 SET_NATGWSTATE;
        /// Made an event script executable.
        107 ENABLE_SCRIPT;
        /// Took that back.
        108 DISABLE_SCRIPT;
        /// Set the priority of a database for freezing.
        111 SET_DB_PRIORITY;
        /// Told it.
        112 GET_DB_PRIORITY;
        /// Dropped a transaction on all databases.
        113 TRANSACTION_CANCEL;
        /// Told whether a transaction of the second generation was going on.
        116 TRANS2_ACTIVE;
        /// The log that the daemon kept in memory.
        117 GET_LOG;
        /// Emptied it.
        118 CLEAR_LOG;
        /// Told which srvids had a listener.
        130 CHECK_SRVIDS;
    }
}

/// All 149 controls, by number.
pub static CONTROLS: &[ControlRow] = &ControlRow::sorted::<149>(ROWS);
