//! The table of messages: which payload belongs to which srvid, and who owns which range of srvids.
//!
//! One row per srvid or range; an id without a row is one that a process chose for itself. Payloads of ranges belong to
//! their owners and pass through as bytes, except those of recoveries. Records of a traverse and answers to tools
//! travel under ids that the asking client named, so only who saw the request can tell them: see [`crate::Record`].
//! Source: `CTDB_SRVID_*` of `protocol.h`, and what ctdbd, its helpers and smbd send, tag by tag.

use bytes::Bytes;

use crate::abi::Abi;
use crate::describe::{Describe, Value, describe};
use crate::error::Error;
use crate::ids::{DbId, Pnn, SrvId};
use crate::layout::{LaidOut, Layout};
use crate::macros::version;
use crate::text::Text;
use crate::types::{DisableMessage, ElectionMessage, NodeFlagChange, PublicIp, RecBuffer, SrvidMessage};
use crate::wire::{Encoded, Payload};

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The srvid; of a range the first.
    pub srvid: SrvId,
    /// The bits that tell the row; all for a single srvid.
    pub mask: u64,
    /// Name, in C without `CTDB_SRVID_`.
    pub c_name: &'static str,
    /// Name here.
    pub rust_name: &'static str,
    /// Type of the payload.
    pub payload: &'static str,
    /// Layout of the payload.
    pub layout: Layout,
    /// Minor version of the first Samba 4 that has it; 8 stands for 4.8 and before.
    pub since: u16,
    /// Minor version of the last Samba 4 that sends or takes it; `None` for "still".
    pub until: Option<u16>,
    /// What it tells.
    pub doc: &'static str,
}

impl MessageRow {
    /// The row of a srvid: its own, else that of its range.
    #[must_use]
    pub fn find(srvid: SrvId) -> Option<&'static Self> {
        MESSAGES.iter().find(|row| srvid.0 & row.mask == row.srvid.0)
    }

    /// Whether the row stands for more than one srvid.
    #[must_use]
    pub fn is_range(&self) -> bool {
        self.mask != u64::MAX
    }
}

macro_rules! messages {
    (
        single { $(
            #[doc = $doc:literal]
            $srvid:literal $c_name:ident $name:ident($ty:ty)
            $( , since $since:literal )? $( , until $until:literal )? ;
        )+ }
        ranges { $(
            #[doc = $rdoc:literal]
            $first:literal / $mask:literal $rc_name:ident $rname:ident($rty:ty)
            $( , since $rsince:literal )? ;
        )+ }
    ) => {
        impl SrvId {
            $( #[doc = $doc] pub const $c_name: Self = Self($srvid); )+
            $( #[doc = $rdoc] pub const $rc_name: Self = Self($first); )+
        }

        /// The payload of any message.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Message {
            $( #[doc = $doc] $name($ty), )+
            $( #[doc = $rdoc] $rname(SrvId, $rty), )+
            /// A message for an id that a process chose for itself.
            Unknown {
                /// Its srvid.
                srvid: SrvId,
                /// Its payload.
                data: Bytes,
            },
        }

        impl Message {
            /// What the payload says.
            pub fn decode(srvid: SrvId, data: &Bytes, abi: Abi) -> Result<Self, Error> {
                match srvid {
                    $( SrvId::$c_name => <$ty as Payload>::from_payload(data, abi)
                        .map(Self::$name)
                        .map_err(|e| e.within(stringify!($name))), )+
                    $( SrvId(id) if id & $mask == $first => <$rty as Payload>::from_payload(data, abi)
                        .map(|payload| Self::$rname(srvid, payload))
                        .map_err(|e| e.within(stringify!($rname))), )+
                    srvid => Ok(Self::Unknown { srvid, data: data.clone() }),
                }
            }

            /// The srvid, and the payload with its padding.
            pub fn encode_masked(&self, abi: Abi) -> Result<(SrvId, Encoded), Error> {
                Ok(match self {
                    $( Self::$name(value) => (SrvId::$c_name, value.to_payload(abi)?), )+
                    $( Self::$rname(srvid, value) => (*srvid, value.to_payload(abi)?), )+
                    Self::Unknown { srvid, data } => (*srvid, data.to_payload(abi)?),
                })
            }
        }

        impl Describe for Message {
            /// The payload alone.
            fn describe(&self, abi: Abi) -> Value {
                match self {
                    $( Self::$name(value) => describe!(value, abi), )+
                    $( Self::$rname(_, value) => describe!(value, abi), )+
                    Self::Unknown { data, .. } => data.describe(abi),
                }
            }
        }

        /// All rows: single srvids, then ranges.
        pub static MESSAGES: &[MessageRow] = &[
            $( MessageRow {
                srvid: SrvId::$c_name,
                mask: u64::MAX,
                c_name: stringify!($c_name),
                rust_name: stringify!($name),
                payload: stringify!($ty),
                layout: <$ty as LaidOut>::LAYOUT,
                since: version!($($since)? or 8),
                until: version!(some $($until)?),
                doc: $doc.trim_ascii(),
            }, )+
            $( MessageRow {
                srvid: SrvId::$rc_name,
                mask: $mask,
                c_name: stringify!($rc_name),
                rust_name: stringify!($rname),
                payload: stringify!($rty),
                layout: <$rty as LaidOut>::LAYOUT,
                since: version!($($rsince)? or 8),
                until: None,
                doc: $rdoc.trim_ascii(),
            }, )+
        ];
    };
}

messages! {
    single {
        /// Not sent: who registers it gets every message.
        0xFFFF_FFFF_FFFF_FFFF ALL All(Bytes);
        /// A node did badly: the recovery daemon counts it against this node.
        0xF002_0000_0000_0000 BANNING Banning(Pnn);
        /// A node wants to lead.
        0xF100_0000_0000_0000 ELECTION Election(ElectionMessage);
        /// The leader says that it leads: its node.
        0xF101_0000_0000_0000 LEADER Leader(Pnn), since 16;
        /// A recovery has ended.
        0xF200_0000_0000_0000 RECONFIGURE Reconfigure(());
        /// The node has given up a public address: clients close their connections to it.
        0xF300_0000_0000_0000 RELEASE_IP ReleasedIp(Text);
        /// The node has taken a public address.
        0xF301_0000_0000_0000 TAKE_IP TookIp(Text);
        /// The event of IPREALLOCATED has finished.
        0xF302_0000_0000_0000 IPREALLOCATED IpReallocated(()), since 20;
        /// The event of START_IPREALLOCATE has finished.
        0xF303_0000_0000_0000 START_IPREALLOCATE StartIpReallocated(()), since 21;
        /// The flags of a node have changed.
        0xF400_0000_0000_0000 SET_NODE_FLAGS SetNodeFlags(NodeFlagChange), until 14;
        /// A public address is to be counted as being on another node.
        0xF500_0000_0000_0000 RECD_UPDATE_IP RecdUpdateIp(PublicIp);
        /// The location master is to fetch empty records.
        0xF700_0000_0000_0000 VACUUM_FETCH VacuumFetch(RecBuffer), until 11;
        /// A database has been closed.
        0xF701_0000_0000_0000 DETACH_DATABASE DetachDatabase(DbId);
        /// The recovery daemon is to answer what talloc has allocated.
        0xF800_0000_0000_0000 MEM_DUMP MemDump(SrvidMessage);
        /// The recovery daemon was to answer its log.
        0xF801_0000_0000_0000 GETLOG GetLog(());
        /// The recovery daemon was to empty its log.
        0xF802_0000_0000_0000 CLEARLOG ClearLog(());
        /// The flags of a node have changed and all nodes are to know.
        0xF900_0000_0000_0000 PUSH_NODE_FLAGS PushNodeFlags(NodeFlagChange);
        /// The nodes file was read again.
        0xFA00_0000_0000_0000 RELOAD_NODES ReloadNodes(());
        /// The leader is to hand out public addresses.
        0xFB00_0000_0000_0000 TAKEOVER_RUN TakeoverRun(SrvidMessage);
        /// The next run is to move addresses to this node.
        0xFB01_0000_0000_0000 REBALANCE_NODE RebalanceNode(Pnn);
        /// No addresses are handed out for a while.
        0xFB03_0000_0000_0000 DISABLE_TAKEOVER_RUNS DisableTakeoverRuns(DisableMessage);
        /// No recovery begins for a while.
        0xFB04_0000_0000_0000 DISABLE_RECOVERIES DisableRecoveries(DisableMessage);
        /// Addresses are not checked for this many seconds.
        0xFC00_0000_0000_0000 DISABLE_IP_CHECK DisableIpCheck(u32);
        /// A process of Samba is gone.
        0xFE00_0000_0000_0000 SAMBA_NOTIFY SambaNotify(Bytes);
        /// A packet of the new protocol; not a message of C CTDB.
        0x7C54_4E4C_0000_0000 TUNNEL_NEW_PROTOCOL TunnelNewProtocol(Bytes);
    }
    ranges {
        /// Records of a recovery, to the helper or to a daemon; a new id for each transfer.
        0xF001_0000_0000_0000 / 0xFFFF_0000_0000_0000 RECOVERY Recovery(RecBuffer);
        /// Belongs to the process with this id.
        0x0000_0000_0000_0000 / 0xFF00_0000_0000_0000 PID_RANGE PidRange(Bytes);
        /// Belongs to Samba.
        0xFE00_0000_0000_0000 / 0xFF00_0000_0000_0000 SAMBA_RANGE SambaRange(Bytes);
        /// Belongs to an NFS server.
        0xEE00_0000_0000_0000 / 0xFF00_0000_0000_0000 NFSD_RANGE NfsdRange(Bytes);
        /// Belongs to an iSCSI server.
        0xDE00_0000_0000_0000 / 0xFF00_0000_0000_0000 ISCSID_RANGE IscsidRange(Bytes);
        /// Belongs to the command line tool: answers to it, and the records of its traverses and restores.
        0xCE00_0000_0000_0000 / 0xFF00_0000_0000_0000 TOOL_RANGE ToolRange(Bytes);
        /// Belongs to clients that use the library of ctdb: the records of their traverses.
        0xBE00_0000_0000_0000 / 0xFF00_0000_0000_0000 CLIENT_RANGE ClientRange(Bytes);
        /// Belongs to tests.
        0xAE00_0000_0000_0000 / 0xFF00_0000_0000_0000 TEST_RANGE TestRange(Bytes);
        /// Belongs to daemons: answers to them.
        0x9E00_0000_0000_0000 / 0xFF00_0000_0000_0000 SERVER_RANGE ServerRange(Bytes), since 23;
    }
}

impl Message {
    /// The srvid and the payload.
    pub fn encode(&self, abi: Abi) -> Result<(SrvId, Bytes), Error> {
        self.encode_masked(abi).map(|(srvid, data)| (srvid, data.bytes))
    }

    /// Whether a packet's srvid and payload say just this. Padding is not looked at.
    pub fn matches(&self, srvid: SrvId, data: &[u8], abi: Abi) -> Result<bool, Error> {
        let (own, encoded) = self.encode_masked(abi)?;
        Ok(own == srvid && encoded.matches(data))
    }
}
