//! Network interfaces that carry public addresses: `ctdb_iface`, `ctdb_iface_list_old`.
//!
//! A node with some of its interfaces down is "partially online" in `ctdb status`.

use crate::macros::wire;
use crate::prim::CName;

wire! {
    /// `struct ctdb_iface`. The name's array is `IFNAMSIZ + 2` bytes.
    Iface {
        /// The name of the interface.
        name: CName<18>,
        /// 0 = link down.
        link_state: u16,
        /// Public addresses on it now.
        references: u32,
    }
}

wire! {
    /// `struct ctdb_iface_list_old`.
    IfaceList {}
    counted {
        /// The interfaces.
        ifaces: Vec<Iface>,
    }
}
