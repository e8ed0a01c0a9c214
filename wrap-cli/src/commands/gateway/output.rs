//! What the helper scripts print, read line by line. Anything else than what is expected is no answer.

use std::net::IpAddr;

use super::{Leader, List, Member, State, States};
use crate::host::helper::Ended;

/// What the helpers end with when no node can lead: awk's, and that of a shell function.
const NOBODY: [i32; 2] = [2, 255];

fn lines(ended: &Ended) -> Option<impl Iterator<Item = &str>> {
    (ended.status == Some(0)).then(|| ended.stdout.lines().filter(|line| !line.trim().is_empty()))
}

fn address(word: &str) -> Option<String> {
    word.parse::<IpAddr>().ok().map(|ip| ip.to_string())
}

/// `PNN`, or `PNN ADDRESS`; nothing and an exit status of its own for nobody.
pub(super) fn leader(ended: &Ended) -> Option<Leader> {
    let silent = ended.stdout.trim().is_empty() && ended.stderr.trim().is_empty();
    if silent && ended.status.is_some_and(|status| NOBODY.contains(&status)) {
        return Some(Leader { pnn: None, address: None });
    }
    let mut lines = lines(ended)?;
    let mut words = lines.next()?.split_ascii_whitespace();
    let pnn = words.next()?.parse().ok()?;
    let address = match words.next() {
        Some(word) => Some(address(word)?),
        None => None,
    };
    (words.next().is_none() && lines.next().is_none()).then_some(Leader { pnn: Some(pnn), address })
}

/// `ADDRESS`, and behind a tab what is special about the node. Lines of the file that are comments are printed as well.
pub(super) fn natgw_list(ended: &Ended) -> Option<List> {
    let member = |line: &str| {
        let (word, options) = line.split_once('\t').unwrap_or((line, ""));
        let has = |names: [&str; 2]| options.split(',').any(|option| names.contains(&option));
        // The second names are those of Samba before 4.14.
        Some(Member {
            pnn: None,
            address: address(word.trim())?,
            leader: Some(has(["LEADER", "MASTER"])),
            follower_only: Some(has(["follower-only", "slave-only"])),
        })
    };
    let nodes = lines(ended)?.filter(|line| !line.starts_with('#')).map(member);
    Some(List { nodes: nodes.collect::<Option<_>>()? })
}

/// `PNN ADDRESS`.
pub(super) fn lvs_list(ended: &Ended) -> Option<List> {
    let member = |line: &str| {
        let (pnn, word) = line.trim().split_once(' ')?;
        Some(Member {
            pnn: Some(pnn.parse().ok()?),
            address: address(word)?,
            leader: None,
            follower_only: None,
        })
    };
    Some(List { nodes: lines(ended)?.map(member).collect::<Option<_>>()? })
}

/// `pnn:PNN ADDRESS STATE`, and `(THIS NODE)`: lines of `ctdb nodestatus`.
pub(super) fn states(ended: &Ended) -> Option<States> {
    let state = |line: &str| {
        let mut words = line.strip_prefix("pnn:")?.split_ascii_whitespace();
        Some(State {
            pnn: words.next()?.parse().ok()?,
            address: address(words.next()?)?,
            state: words.next()?.to_owned(),
            this_node: line.ends_with("(THIS NODE)"),
        })
    };
    Some(States { nodes: lines(ended)?.map(state).collect::<Option<_>>()? })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ended(status: i32, stdout: &str) -> Ended {
        Ended { status: Some(status), stdout: stdout.into(), stderr: String::new() }
    }

    #[test]
    fn leaders_are_read_with_and_without_address() {
        let found = |pnn, address: Option<&str>| Some(Leader { pnn, address: address.map(Into::into) });
        for (status, text, answer) in [
            (0, "1 10.0.0.2\n", found(Some(1), Some("10.0.0.2"))),
            (0, "1\n", found(Some(1), None)),
            (2, "", found(None, None)),
            (255, "", found(None, None)),
            (1, "", None),
            (0, "", None),
            (0, "one 10.0.0.2\n", None),
            (0, "1 nowhere\n", None),
            (0, "1 10.0.0.2\n2 10.0.0.3\n", None),
        ] {
            assert_eq!(leader(&ended(status, text)), answer, "{status} {text:?}");
        }
        let died = Ended { stderr: "ctdb_natgw: no file\n".into(), ..ended(2, "") };
        assert_eq!(leader(&died), None);
    }

    #[test]
    fn the_nodes_of_a_group_are_read() {
        let list =
            natgw_list(&ended(0, "10.0.0.1\tLEADER\n# a comment\n10.0.0.2\n10.0.0.3\tfollower-only\n"))
                .unwrap();
        let seen: Vec<_> = list.nodes.iter().map(|n| (&*n.address, n.leader, n.follower_only)).collect();
        let (yes, no) = (Some(true), Some(false));
        assert_eq!(seen, [("10.0.0.1", yes, no), ("10.0.0.2", no, no), ("10.0.0.3", no, yes)]);
        let list = lvs_list(&ended(0, "0 10.0.0.1\n2 10.0.0.3\n")).unwrap();
        assert_eq!(list.nodes.iter().map(|n| n.pnn).collect::<Vec<_>>(), [Some(0), Some(2)]);
        assert_eq!(lvs_list(&ended(0, "")), Some(List { nodes: vec![] }));
        assert_eq!((lvs_list(&ended(0, "usage: x\n")), natgw_list(&ended(0, "usage: x\n"))), (None, None));
        assert_eq!(lvs_list(&ended(10, "0 10.0.0.1\n")), None);
    }

    #[test]
    fn the_states_of_a_group_are_read() {
        let text = "pnn:0 10.0.0.1         OK (THIS NODE)\npnn:1 10.0.0.2         DISCONNECTED|INACTIVE\n";
        let nodes = states(&ended(0, text)).unwrap().nodes;
        assert_eq!((nodes[0].this_node, nodes[1].this_node), (true, false));
        assert_eq!((&*nodes[0].state, &*nodes[1].state), ("OK", "DISCONNECTED|INACTIVE"));
        assert_eq!(states(&ended(0, "Number of nodes:3\n")), None);
    }
}
