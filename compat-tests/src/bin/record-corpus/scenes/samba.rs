//! A clustered file server as the client: its transactions, its locks, its session with ctdbd.

use anyhow::ensure;

use compat_tests::{Smbd, rehearsal};

use super::Scene;
use crate::stage::Stage;

pub(super) const TRANSACTIONS: Scene = Scene {
    name: "transactions",
    what: "clustered smbd on two nodes, files put and read on both, shares written to the registry, pstore and ptrans through a relay",
    shows: &["TRANS3_COMMIT", "DB_ATTACH_PERSISTENT", "REQ_DMASTER", "UPDATE_RECORD"],
    cluster: rehearsal::TRANSACTIONS.cluster,
    play: transactions,
};

fn transactions(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::TRANSACTIONS)?;
    stage.through(&relay, "attach kept.tdb persistent")?.ok()?;
    stage.through(&relay, "pstore kept.tdb one first")?.ok()?;
    stage.ctdb(1, "pstore kept.tdb two second")?;
    let changes = stage.directory.path().join("changes");
    std::fs::write(&changes, "\"one\" \"changed\"\n\"three\" \"third\"\n\"two\" \"\"\n")?;
    stage.through(&relay, &format!("ptrans kept.tdb {}", changes.display()))?.ok()?;
    ensure!(stage.ctdb(1, "pfetch kept.tdb three")?.contains("third"));
    stage.ctdb(1, "pdelete kept.tdb three")?;
    // The file servers come last: their databases are not there when the transactions are played again.
    let smbds: Vec<Smbd> = (0..2)
        .map(|pnn| Smbd::start(&stage.cluster, pnn, &stage.cluster.node(pnn).socket()))
        .collect::<compat_tests::Result<_>>()?;
    put_and_get(stage, &smbds)?;
    smbds[0].net("conf addshare extra /tmp")?;
    smbds[1].net("conf setparm extra comment written_by_a_transaction")?;
    ensure!(smbds[0].net("conf showshare extra")?.contains("written_by_a_transaction"));
    smbds[1].net("conf delshare extra")?;
    Ok(())
}

/// A file that both file servers have had open.
fn put_and_get(stage: &Stage, smbds: &[Smbd]) -> anyhow::Result<()> {
    let (here, back) = (stage.directory.path().join("here"), stage.directory.path().join("back"));
    for (round, text) in ["first", "second"].into_iter().enumerate() {
        std::fs::write(&here, text)?;
        for smbd in smbds {
            smbd.client(&format!(
                "put {} file{round}; ls; mkdir dir{round}; rmdir dir{round}",
                here.display()
            ))?;
        }
        for smbd in smbds {
            smbd.client(&format!("get file{round} {}", back.display()))?;
            ensure!(std::fs::read_to_string(&back)? == text);
        }
    }
    smbds[0].client("del file0; rename file1 file2; allinfo file2")?;
    Ok(())
}

pub(super) const SMBD_SOCKET: Scene = Scene {
    name: "smbd-socket",
    what: "a clustered smbd behind a relay, alone on its cluster: its session with ctdbd while files are put and read",
    shows: &["REGISTER_SRVID", "REQ_CALL", "REPLY_CALL", "TCP_CLIENT"],
    cluster: rehearsal::SMBD_SOCKET.cluster,
    play: smbd_socket,
};

fn smbd_socket(stage: &Stage) -> anyhow::Result<()> {
    let relay = stage.rehearse(&rehearsal::SMBD_SOCKET)?;
    let smbd = Smbd::start(&stage.cluster, 0, &relay.socket)?;
    put_and_get(stage, std::slice::from_ref(&smbd))?;
    smbd.daemon.stop()?;
    Ok(())
}
