//! Transactions of ours and of Samba on one persistent database at the same time.

use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use compat_tests::{Cluster, product};

use super::holder::{DATABASE, Running};
use super::{assert_calm, cluster, ctl, generation};

/// Transactions of ours in one batch, and of `net` on each of two nodes.
const OURS: usize = 100;
const THEIRS: usize = 20;

#[test]
fn hundreds_of_transactions_beside_those_of_net_lose_nothing_and_cost_no_recovery() {
    let (cluster, smbds) = cluster();
    smbds[0].net("conf addshare extra /tmp").unwrap();
    let before = generation(cluster.node(0));
    let begin = seqnum(&cluster);
    let over = AtomicBool::new(false);
    let rounds = thread::scope(|scope| {
        // One transaction follows the other: the lock is hardly ever free for long.
        let ours = [0, 2].map(|pnn| {
            let (cluster, over) = (&cluster, &over);
            scope.spawn(move || {
                let mut rounds = 0;
                while rounds == 0 || !over.load(Ordering::Relaxed) {
                    batch(cluster, pnn, rounds);
                    rounds += 1;
                }
                rounds
            })
        });
        let theirs = [0, 1].map(|pnn| {
            let smbd = &smbds[pnn];
            scope.spawn(move || {
                for n in 0..THEIRS {
                    smbd.net(&format!("conf addshare share{pnn}x{n} /tmp")).unwrap();
                    smbd.status(&["-L"]).unwrap();
                }
            })
        });
        for thread in theirs {
            thread.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
        ours.map(|thread| thread.join().unwrap())
    });
    let written: usize = rounds.iter().map(|rounds| rounds * OURS).sum();
    println!("{written} transactions of ours beside {} of net", 2 * THEIRS);
    for node in cluster.nodes() {
        for (pnn, rounds) in [0, 2].into_iter().zip(rounds) {
            let found = ctl(node, &["db", "key", "get", DATABASE, &format!("ours {pnn} {}", OURS - 1)]);
            assert_eq!(found, format!("round {}", rounds - 1));
        }
    }
    let shares = smbds[1].net("conf listshares").unwrap();
    for (pnn, n) in [0, 1].into_iter().flat_map(|pnn| (0..THEIRS).map(move |n| (pnn, n))) {
        let share = format!("share{pnn}x{n}");
        assert!(shares.lines().any(|line| line == share), "{share} in {shares}");
    }
    let grown = seqnum(&cluster) - begin;
    assert!(written >= 200 && grown >= written + 2 * THEIRS, "{grown} commits");
    assert_eq!(generation(cluster.node(0)), before, "no recovery");
    assert_calm(&smbds);
}

/// A transaction for each line of standard input, all by one process.
fn batch(cluster: &Cluster, pnn: usize, round: usize) {
    let node = cluster.node(pnn);
    let mut command = Command::new(product("ctdbctl").unwrap());
    command.args(["-t", "60", "db", "key", "set", "--batch", "--socket"]).arg(node.socket());
    let mut running = Running::start(command);
    for n in 0..OURS {
        running.write(&format!("{DATABASE} 'ours {pnn} {n}' 'round {round}'\n"));
    }
    running.let_go();
}

fn seqnum(cluster: &Cluster) -> usize {
    let text = cluster.node(1).ctdb(&["getdbseqnum", DATABASE]).unwrap();
    usize::from_str_radix(text.trim().trim_start_matches("0x"), 16).unwrap()
}
