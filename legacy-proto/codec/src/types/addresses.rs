//! Public addresses, and the TCP connections to them.
//!
//! Sources: `ctdb_public_ip`, `ctdb_public_ip_list_old`, `ctdb_public_ip_info_old`, `ctdb_addr_info_old`,
//! `ctdb_connection`, `ctdb_tickle_list_old`.

use crate::addr::SockAddr;
use crate::ids::Pnn;
use crate::macros::wire;
use crate::text::Text;
use crate::types::Iface;

wire! {
    /// `struct ctdb_public_ip`: an address and its node.
    PublicIp {
        /// Where it is, or is to be; [`Pnn::UNKNOWN`] for nowhere.
        pnn: Pnn,
        /// The address.
        addr: SockAddr,
    }
}

wire! {
    /// `struct ctdb_public_ip_list_old`: the addresses that a node knows.
    PublicIpList {}
    counted {
        /// The addresses.
        ips: Vec<PublicIp>,
    }
}

wire! {
    /// `struct ctdb_public_ip_info_old`: an address and the interfaces it may be on.
    PublicIpInfo {
        /// The address and its node.
        ip: PublicIp,
        /// Which interface it is on, by index; all ones for none.
        active: u32,
    }
    counted {
        /// The interfaces.
        ifaces: Vec<Iface>,
    }
}

wire! {
    /// `struct ctdb_addr_info_old`: an address with its network and interface.
    AddrInfo {
        /// The address.
        addr: SockAddr,
        /// Bits of the network.
        mask: u32,
    }
    counted {
        /// Name of the interface, or several with commas between them.
        iface: Text,
    }
}

wire! {
    /// `struct ctdb_connection`: both ends of a TCP connection.
    #[derive(Copy)]
    Connection {
        /// The server's end where a client is named; the source where it is taken as a pair of ends.
        src: SockAddr,
        /// The other end.
        dst: SockAddr,
    }
}

wire! {
    /// `struct ctdb_tickle_list_old`: the connections to a public address.
    TickleList {
        /// The address.
        addr: SockAddr,
    }
    counted {
        /// The connections.
        connections: Vec<Connection>,
    }
}
