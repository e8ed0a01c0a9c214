//! Examples for the manual pages: what people type first. A test parses each of them, so none is out of date.

use crate::args::command;

/// A noun (empty: the program itself), and command lines with what they are for.
type Examples = (&'static str, &'static [(&'static str, &'static str)]);

const EXAMPLES: &[Examples] = &[
    (
        "",
        &[
            ("ctdbctl status", "The nodes of the cluster, the record map and the leader."),
            ("ctdbctl cluster health", "One line, and an exit status for monitoring."),
            ("ctdbctl ip list -n all -o json", "Where each public address is, for a script."),
            ("ctdbctl node ping -n all --watch", "Whether every ctdbd lives, again and again."),
            ("ctdbctl schema ip list", "The shape of that answer in JSON."),
        ],
    ),
    (
        "callback",
        &[
            (
                "ctdbctl callback list",
                "What is registered at the daemons of this node, and what would not be run.",
            ),
            ("ctdbctl callback history note", "The last runs of the callback \"note\" with what it printed."),
        ],
    ),
    (
        "capture",
        &[
            ("ctdbctl capture show nodes.pcap", "The packets of a recording, one a line."),
            (
                "ctdbctl capture record --listen relay --connect /run/ctdb/ctdbd.socket --out clients.pcapng",
                "Records clients that are started with CTDB_SOCKET=relay.",
            ),
            (
                "ctdbctl capture stats clients.pcapng",
                "How many packets of each kind, and how long answers took.",
            ),
        ],
    ),
    (
        "cluster",
        &[
            ("ctdbctl cluster list", "All nodes with their addresses and states."),
            ("ctdbctl cluster health", "Exit status 1 when the cluster is not healthy."),
        ],
    ),
    (
        "config",
        &[
            ("ctdbctl config check", "Mistakes as FILE:LINE, with what to write instead."),
            ("ctdbctl config show", "What holds, for whom, and which file and line say so."),
            (
                "ctdbctl config import /etc/sysconfig/ctdb",
                "The file of a CTDB of before Samba 4.9, as it would be today.",
            ),
        ],
    ),
    (
        "db",
        &[
            ("ctdbctl db list", "The databases of this node."),
            ("ctdbctl db key get locking.tdb 0x00ff", "One record, whichever node has it."),
            ("ctdbctl db backup registry.tdb /var/backups/registry", "Writes all records to a file."),
        ],
    ),
    (
        "event",
        &[
            ("ctdbctl event status monitor", "How the last monitor event went, script by script."),
            ("ctdbctl event history 50.samba", "The last runs of a script with what it printed."),
            ("ctdbctl event script disable 50.samba", "Has a script not run any more."),
        ],
    ),
    (
        "ip",
        &[
            ("ctdbctl ip list -n all -v", "Where each public address is, and where it could be."),
            (
                "ctdbctl ip move 10.0.2.132 1",
                "Moves an address to node 1, until addresses are handed out again.",
            ),
            (
                "ctdbctl ip connection list 10.0.2.132",
                "Connections whose clients are told when the address moves.",
            ),
        ],
    ),
    ("lvs", &[("ctdbctl lvs status", "The states of the nodes of the group.")]),
    (
        "migrate",
        &[
            ("ctdbctl migrate status", "Which daemon serves which function on this node."),
            ("ctdbctl migrate step", "What would take this node to the next rung; nothing is done."),
        ],
    ),
    ("natgw", &[("ctdbctl natgw leader", "The node that leads the others out.")]),
    (
        "node",
        &[
            ("ctdbctl node status -n all", "The state of every node."),
            ("ctdbctl node ping -n 0-2", "Whether three nodes answer."),
            ("ctdbctl node log get -n all", "How much each node logs."),
        ],
    ),
    (
        "service",
        &[
            ("ctdbctl service list", "Each service of this node with its state and the reason."),
            (
                "ctdbctl service health -n 2",
                "Whether node 2 may serve clients; exit status 1 when it may not.",
            ),
            ("ctdbctl service history web", "How the service \"web\" came into its states."),
        ],
    ),
    ("tunable", &[("ctdbctl tunable get MonitorInterval -n all", "One number of every node's ctdbd.")]),
    (
        "tunnel",
        &[
            ("ctdbctl tunnel status", "The tunneld of this node, its peers and its daemons."),
            ("ctdbctl tunnel ping 1", "Packets to the tunneld of node 1 and back."),
        ],
    ),
];

/// The examples of a noun.
pub(super) fn of(noun: &str) -> &'static [(&'static str, &'static str)] {
    EXAMPLES.iter().find(|(name, _)| *name == noun).map_or(&[], |(_, examples)| examples)
}

#[test]
fn every_noun_has_examples_that_the_command_line_takes() {
    let nouns = crate::commands::NOUNS.iter().filter(|noun| noun.path.len() == 1).map(|noun| noun.path[0]);
    for noun in nouns.chain([""]) {
        assert!(!of(noun).is_empty(), "{noun:?} has no example");
        for (line, what) in of(noun) {
            let words = line.split(' ');
            assert!(noun.is_empty() || words.clone().nth(1) == Some(noun), "{line} is not of {noun}");
            let taken = command().try_get_matches_from(words);
            assert!(taken.is_ok(), "{line}: {}", taken.unwrap_err());
            assert!(what.ends_with('.'), "{what}");
        }
    }
}
