//! Records in the volatile databases of file servers that work meanwhile.

use std::process::Stdio;
use std::sync::atomic::{AtomicBool, Ordering};

use compat_tests::wait_until;

use super::holder::Running;
use super::{SOON, assert_calm, cluster, ctl, generation, json};

/// Databases of smbd where records come and go with every file that is opened.
const DATABASES: [&str; 6] = [
    "locking.tdb",
    "brlock.tdb",
    "g_lock.tdb",
    "smbXsrv_session_global.tdb",
    "smbXsrv_tcon_global.tdb",
    "smbXsrv_open_global.tdb",
];
const KEY: &str = "a key of tablecloth";
const ROUNDS: usize = 12;

#[test]
fn records_of_ours_come_and_go_in_the_databases_of_smbd_and_its_sessions_go_on() {
    let (cluster, smbds) = cluster();
    let before = generation(cluster.node(0));
    let databases = json(cluster.node(0), &["db", "list"]).to_string();
    // A session that has a file open from the beginning to the end.
    let mut session = smbds[0].client_command("put - held; put /etc/hostname last").unwrap();
    session.stderr(Stdio::null());
    let mut session = Running::start(session);
    session.write("begun, ");
    wait_until(SOON, "the file is open", || {
        let open = smbds[0].status(&["-L"]).unwrap();
        if open.contains("held") { Ok(()) } else { Err(open) }
    })
    .unwrap();
    let over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let ends = Ends(&over);
        let work: Vec<_> = (0..2)
            .map(|pnn| {
                let (smbd, over) = (&smbds[pnn], &over);
                let [here, back] = ["here", "back"].map(|name| cluster.dir().join(format!("{name}{pnn}")));
                scope.spawn(move || work(smbd, over, pnn, &here, &back))
            })
            .collect();
        for round in 0..ROUNDS {
            let [a, b] = [round % 3, (round + 1) % 3].map(|pnn| cluster.node(pnn));
            for database in DATABASES.iter().filter(|name| databases.contains(**name)) {
                let value = format!("{database} {round}");
                ctl(a, &["db", "key", "set", database, KEY, &value]);
                assert_eq!(ctl(b, &["db", "key", "get", database, KEY]), value);
                if round % 3 == 1 {
                    ctl(b, &["db", "key", "delete", database, KEY]);
                    assert_eq!(json(a, &["db", "key", "get", database, KEY])["found"], false);
                }
            }
            // It says nothing at all when it finds the databases busy.
            wait_until(SOON, "the file is open still", || {
                let open = smbds[round % 2].status(&["-L"]).unwrap();
                if open.contains("held") { Ok(()) } else { Err(open) }
            })
            .unwrap();
        }
        drop(ends);
        for worker in work {
            assert!(worker.join().unwrap() > 0);
        }
    });
    let used = DATABASES.iter().filter(|name| databases.contains(**name)).count();
    assert!(used >= 4, "databases of smbd in {databases}");
    session.write("and ended");
    session.let_go();
    let back = cluster.dir().join("back");
    smbds[1].client(&format!("get held {}", back.display())).unwrap();
    assert_eq!(std::fs::read_to_string(&back).unwrap(), "begun, and ended");
    wait_until(SOON, "nothing is open any more", || {
        let open = smbds[0].status(&["-L"]).unwrap();
        if open.contains("held") { Err(open) } else { Ok(()) }
    })
    .unwrap();
    assert_eq!(generation(cluster.node(0)), before, "no recovery");
    assert_calm(&smbds);
}

/// Ends the work of others, also when a test fails.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Files that are written, read, renamed and deleted through one file server, until it is over; counts the rounds.
fn work(
    smbd: &compat_tests::Smbd,
    over: &AtomicBool,
    pnn: usize,
    here: &std::path::Path,
    back: &std::path::Path,
) -> usize {
    let mut rounds = 0;
    while !over.load(Ordering::Relaxed) {
        let text = format!("round {rounds} through node {pnn}");
        std::fs::write(here, &text).unwrap();
        let (here, there) = (here.display(), back.display());
        smbd.client(&format!(
            "put {here} file{pnn}; rename file{pnn} other{pnn}; get other{pnn} {there}; del other{pnn}; ls"
        ))
        .unwrap();
        assert_eq!(std::fs::read_to_string(back).unwrap(), text);
        rounds += 1;
    }
    rounds
}
