//! A client that takes a lock and is killed: this test program again, in a process of its own, so that nothing of it is
//! left but what the others see.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};

use bytes::Bytes;
use compat_tests::Node;
use legacy_client::{Client, Options};
use legacy_codec::{
    Abi, AttachFlags, CallFlags, CallId, Control, DbAttach, DbId, DbOpenFlags, Dest, GLock, GLockList,
    GetDbPath, LtdbHeader, Payload, ReqCall, ServerId, Text, Wire,
};
use tdb::{OpenFlags, Store, Tdb};

const ROLE: &str = "DB_HOLDER_ROLE";
const DATABASE: &str = "DB_HOLDER_DATABASE";
const SOCKET: &str = "DB_HOLDER_SOCKET";
/// Tells its line from those of the test framework.
const READY: &str = "holder is ready";

pub(crate) struct Holder(Child);

impl Holder {
    pub(crate) fn kill(&mut self) {
        // Killed already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Starts it, and returns when it has what it is to have.
pub(crate) fn start(node: &Node, role: &str, database: &str) -> Holder {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "db::holder::holder_process", "--ignored", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DATABASE, database)
        .env(SOCKET, node.socket())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let holder = Holder(child);
    for line in lines {
        if line.unwrap().ends_with(READY) {
            return holder;
        }
    }
    panic!("the holder ended before it held anything");
}

async fn open(client: &Client, name: &str) -> (DbId, Tdb) {
    let here = Dest::CURRENT_NODE;
    let id = client.call::<DbAttach>(here, (Text::new(name), AttachFlags::empty())).await.unwrap();
    let path = client.call::<GetDbPath>(here, id).await.unwrap().to_string();
    let flags = OpenFlags::from_bits_retain(client.call::<DbOpenFlags>(here, id).await.unwrap());
    (id, Tdb::open(path, flags).unwrap())
}

async fn move_here(client: &Client, db_id: DbId, key: &[u8]) {
    let call = ReqCall {
        flags: CallFlags::IMMEDIATE_MIGRATION,
        db_id,
        call_id: CallId::NULL,
        hop_count: 0,
        key: Bytes::copy_from_slice(key),
        call_data: Bytes::new(),
    };
    assert_eq!(client.record_call(call, super::SOON).await.unwrap().status, 0);
}

fn ready_until_killed() {
    println!("{READY}");
    std::io::stdout().flush().unwrap();
    // Nothing is ever written to it: it ends with the test.
    let _ = std::io::stdin().read_line(&mut String::new());
}

#[tokio::test]
#[ignore = "run by other tests as a process of its own"]
async fn holder_process() {
    let role = std::env::var(ROLE).expect("a role");
    let (database, socket) = (std::env::var(DATABASE).unwrap(), std::env::var(SOCKET).unwrap());
    let client = Client::connect(socket, Options::default()).await.unwrap();
    match role.as_str() {
        "chain" => {
            let (_, tdb) = open(&client, &database).await;
            let _lock = tdb.lock(b"key").unwrap();
            ready_until_killed();
        }
        "transaction" => {
            let (id, tdb) = open(&client, "g_lock.tdb").await;
            let attach =
                legacy_codec::DbAttachPersistent::request((Text::new(&database), AttachFlags::empty()));
            let reply = client.raw_call(Dest::CURRENT_NODE, attach, super::SOON).await.unwrap();
            let locked = reply.decode::<legacy_codec::DbAttachPersistent>().unwrap();
            let key = format!("transaction_db_0x{:08x}\0", locked.0);
            move_here(&client, id, key.as_bytes()).await;
            let lock = tdb.lock(key.as_bytes()).unwrap();
            let stored = tdb.fetch(key.as_bytes()).unwrap().unwrap();
            let (header, _) = LtdbHeader::split(&stored.into(), Abi::NATIVE).unwrap();
            let pid = u64::from(std::process::id());
            let holder = ServerId { pid, task_id: 1, pnn: client.pnn().unwrap(), unique_id: 1 };
            let list = GLockList(vec![GLock { lock_type: 1, holder }]);
            let list = list.to_payload(Abi::NATIVE).unwrap().bytes;
            let header = header.encode(Abi::NATIVE).unwrap().bytes;
            tdb.store(key.as_bytes(), &[&header, &list], Store::Replace).unwrap();
            drop(lock);
            ready_until_killed();
        }
        other => panic!("no role {other}"),
    }
}
