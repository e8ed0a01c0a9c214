//! The table of messages: which payload belongs to which srvid.
//!
//! One row per srvid; whatever has no row passes through as bytes. Source: `CTDB_SRVID_*` of `protocol.h` and
//! `ctdb_message_data_pull`.

use bytes::Bytes;

use crate::abi::Abi;
use crate::error::Error;
use crate::ids::{Pnn, SrvId};
use crate::wire::Payload;

/// One line of the table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MessageRow {
    /// The srvid.
    pub srvid: SrvId,
    /// Name, in C without `CTDB_SRVID_`.
    pub c_name: &'static str,
    /// Type of the payload.
    pub payload: &'static str,
    /// What it tells.
    pub doc: &'static str,
}

macro_rules! messages {
    ($( #[doc = $doc:literal] $c_name:ident $name:ident ($ty:ty); )+) => {
        /// The payload of any message.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[non_exhaustive]
        pub enum Message {
            $( #[doc = $doc] $name($ty), )+
            /// A message without a row.
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
                    srvid => Ok(Self::Unknown { srvid, data: data.clone() }),
                }
            }

            /// The srvid and the payload.
            pub fn encode(&self, abi: Abi) -> Result<(SrvId, Bytes), Error> {
                Ok(match self {
                    $( Self::$name(value) => (SrvId::$c_name, value.to_payload(abi)?), )+
                    Self::Unknown { srvid, data } => (*srvid, data.clone()),
                })
            }
        }

        /// All rows.
        pub static MESSAGES: &[MessageRow] = &[ $(
            MessageRow {
                srvid: SrvId::$c_name,
                c_name: stringify!($c_name),
                payload: stringify!($ty),
                doc: $doc.trim_ascii(),
            },
        )+ ];
    };
}

messages! {
    /// The leader says that it leads: its node.
    LEADER Leader(Pnn);
    /// A packet of the new protocol; not a message of C CTDB.
    TUNNEL_NEW_PROTOCOL TunnelNewProtocol(Bytes);
}
