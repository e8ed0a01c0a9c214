//! `ip`: public addresses, the interfaces that carry them, and the connections to them.

mod add;
mod connection;
mod iface;
mod info;
pub(crate) mod list;
mod moving;
mod run;
mod tickle;

use super::asked::Answers;
use super::node::done::Done;
use super::row::{NoArgs, rows};
use super::said::Said;

rows! {
    "ip" "list": Many Asks, "List public addresses with their nodes; -n all puts together what all nodes say, -v adds interfaces",
        ["ip"], NoArgs => list::List = list::run;
    "ip" "info": Many Asks, "Show the interfaces that a public address may be on", ["ipinfo"],
        info::InfoArgs => Answers<info::Info> = info::run;
    "ip" "add": Many Changes, "Have nodes know a public address, until they are restarted", ["addip"],
        add::Addition => Answers<Done> = add::add;
    "ip" "del": Many Changes, "Have nodes forget a public address, until they are restarted", ["delip"],
        info::InfoArgs => Answers<Done> = add::delete;
    "ip" "move": One Changes, "Move a public address to a node, until addresses are handed out again", ["moveip"],
        moving::Move => moving::Moved = moving::run;
    "ip" "reload": Many Changes, "Have nodes read their file of public addresses again", ["reloadips"],
        NoArgs => Answers<Done> = run::reload;
    "ip" "reallocate": None Changes, "Hand public addresses out again, and wait until that is done", ["ipreallocate", "sync"],
        NoArgs => Said = run::reallocate;
    "ip" "announce": Many Changes, "Tell the network that an address is on an interface (gratuitous ARP, neighbour advertisement)",
        ["gratarp"], run::Announcement => Answers<Done> = run::announce;
    "ip" "iface" "list": Many Asks, "List the interfaces that may carry public addresses", ["ifaces"],
        NoArgs => Answers<iface::Interfaces> = iface::list;
    "ip" "iface" "set": Many Changes, "Tell ctdbd whether an interface has a link", ["setifacelink"],
        iface::Link => Answers<Done> = iface::set;
    "ip" "connection" "list": Many Asks, "List connections whose clients are told when the address moves", ["gettickles"],
        connection::Filter => Answers<connection::Connections> = connection::list;
    "ip" "connection" "add": Many Changes, "Remember a connection: its client will be told when the address moves", ["addtickle"],
        connection::Ends => Answers<Done> = connection::add;
    "ip" "connection" "del": Many Changes, "Forget a connection", ["deltickle"],
        connection::Ends => Answers<Done> = connection::delete;
    "ip" "connection" "tickle": None Changes, "Have a client look whether its connection still lives, by a packet from this machine",
        ["tickle"], connection::Ends => Said = tickle::run;
}
