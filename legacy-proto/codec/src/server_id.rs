//! Values of records that more than one program reads: who holds a lock, named by its server id.
//!
//! g_lock.tdb is written by two programs in two ways. ctdb's own client library writes a bare list of locks in the
//! machine's byte order (`ctdb_g_lock_list_push`). Samba writes its own struct, always little endian and without
//! alignment (`g_lock_store`, `server_id_put`), behind the list of watchers that every watched record has
//! (`dbwrap_watch_rec_parse`). Whether a holder still lives is not said here.

use bytes::Bytes;

use crate::abi::Abi;
use crate::describe::{Describe, Value};
use crate::error::Error;
use crate::ids::Pnn;
use crate::macros::wire;
use crate::wire::{Encoded, Payload, Reader, Wire, Writer};

wire! {
    /// `struct server_id`, `struct ctdb_server_id`: a task of a process on a node.
    #[derive(Copy, Default, PartialOrd, Ord)]
    ServerId {
        /// The process; 0 for nobody.
        pid: u64,
        /// The task inside it.
        task_id: u32,
        /// The node.
        pnn: Pnn,
        /// Tells it from earlier processes with the same number; all ones when that is not to be checked.
        unique_id: u64,
    }
}

wire! {
    /// `struct ctdb_g_lock`: one lock, as ctdb's client library writes it.
    #[derive(Copy)]
    GLock {
        /// 0 to read, 1 to write.
        lock_type: u32,
        /// Who holds it.
        holder: ServerId,
    }
}

/// `struct ctdb_g_lock_list`: the locks on one key, without a count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GLockList(pub Vec<GLock>);

impl Payload for GLockList {
    fn from_payload(data: &Bytes, abi: Abi) -> Result<Self, Error> {
        let mut reader = Reader::new(data, abi);
        let mut locks = Vec::with_capacity(data.len() / GLock::min_len(abi));
        while reader.left() > 0 {
            locks.push(GLock::get(&mut reader).map_err(|e| e.at(locks.len()).within("GLockList"))?);
        }
        Ok(Self(locks))
    }

    fn to_payload(&self, abi: Abi) -> Result<Encoded, Error> {
        let mut writer = Writer::new(abi);
        for lock in &self.0 {
            lock.put(&mut writer);
        }
        writer.finish()
    }
}

impl Describe for GLockList {
    fn describe(&self, abi: Abi) -> Value {
        self.0.describe(abi)
    }
}

wire! {
    /// A process that waits for a record to change. Little endian.
    #[derive(Copy)]
    Watcher packed {
        /// Who waits.
        server: ServerId,
        /// Which of its waits.
        instance: u64,
    }
}

wire! {
    /// A record of a database that Samba watches. Little endian.
    WatchedRecord packed {}
    counted {
        /// Who waits for it to change.
        watchers: Vec<Watcher>,
    }
    rest {
        /// The record itself.
        data,
    }
}

wire! {
    /// `struct g_lock` of Samba as it is stored. Little endian.
    SambaGLock packed {
        /// Who holds it alone.
        exclusive: ServerId,
        /// Changes with the lock.
        lock_epoch: u64,
        /// Changes with the data.
        data_epoch: u64,
    }
    counted {
        /// Who holds it together with others.
        shared: Vec<ServerId>,
    }
    rest {
        /// What the lock protects.
        data,
    }
}

wire! {
    /// A message of one process of Samba to another, in a ctdb message to the srvid that is the receiver's pid. Little
    /// endian.
    SambaMessage packed {
        /// Who shall have it.
        to: ServerId,
        /// Who sends it.
        from: ServerId,
        /// `MSG_*`.
        kind: u32,
    }
    rest {
        /// As the kind says.
        data,
    }
}

/// Samba stores and sends numbers in this order on every machine.
const STORED: Abi = Abi::LP64_LE;

impl WatchedRecord {
    /// From the data of a record; an empty record has no watchers.
    pub fn stored(data: &Bytes) -> Result<Self, Error> {
        if data.is_empty() {
            return Ok(Self { watchers: Vec::new(), data: Bytes::new() });
        }
        Self::decode_exact(data, STORED)
    }

    /// The data of the record.
    pub fn to_stored(&self) -> Result<Bytes, Error> {
        self.encode(STORED).map(|encoded| encoded.bytes)
    }
}

impl SambaGLock {
    /// From the data of a watched record. Less than the fixed part is a lock that nobody has.
    pub fn stored(data: &Bytes) -> Result<Option<Self>, Error> {
        if data.len() < Self::min_len(STORED) {
            return Ok(None);
        }
        Self::decode_exact(data, STORED).map(Some)
    }

    /// The data of the watched record.
    pub fn to_stored(&self) -> Result<Bytes, Error> {
        self.encode(STORED).map(|encoded| encoded.bytes)
    }
}

impl Watcher {
    /// From the bytes of a record, which other readers may take for something else.
    pub fn stored(bytes: [u8; 32]) -> Result<Self, Error> {
        Self::decode_exact(&Bytes::copy_from_slice(&bytes), STORED)
    }

    /// What wakes it (`MSG_DBWRAP_MODIFIED`): its record has changed.
    pub fn alert(&self, from: ServerId) -> Result<Bytes, Error> {
        const MODIFIED: u32 = 4003;
        let data = Bytes::copy_from_slice(&self.instance.to_le_bytes());
        let message = SambaMessage { to: self.server, from, kind: MODIFIED, data };
        message.encode(STORED).map(|encoded| encoded.bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(pid: u64) -> ServerId {
        ServerId { pid, task_id: 2, pnn: Pnn(3), unique_id: 4 }
    }

    #[test]
    fn a_lock_of_samba_lies_behind_the_watchers_of_its_record() {
        let lock = SambaGLock {
            exclusive: server(1),
            lock_epoch: 5,
            data_epoch: 6,
            shared: vec![server(7), server(8)],
            data: Bytes::from_static(b"abc"),
        };
        let stored = lock.to_stored().unwrap();
        assert_eq!(stored.len(), 24 + 8 + 8 + 4 + 2 * 24 + 3);
        assert_eq!(stored[40..44], [2, 0, 0, 0]);
        assert_eq!(stored[44..52], [7, 0, 0, 0, 0, 0, 0, 0]);
        let watcher = Watcher { server: server(9), instance: 10 };
        let record = WatchedRecord { watchers: vec![watcher], data: stored };
        let bytes = record.to_stored().unwrap();
        assert_eq!(bytes.len(), 4 + 32 + 95);
        assert_eq!(WatchedRecord::stored(&bytes).unwrap(), record);
        assert_eq!(SambaGLock::stored(&record.data).unwrap(), Some(lock));
    }

    #[test]
    fn a_watcher_is_alerted_with_the_number_of_its_wait() {
        let watcher = Watcher { server: server(9), instance: 10 };
        let bytes = watcher.alert(server(1)).unwrap();
        assert_eq!(bytes.len(), 24 + 24 + 4 + 8);
        assert_eq!((bytes[0], bytes[24]), (9, 1), "the receiver comes first");
        assert_eq!(bytes[48..52], [0xa3, 0x0f, 0, 0]);
        assert_eq!(bytes[52..], [10, 0, 0, 0, 0, 0, 0, 0]);
        let mut stored = [0; 32];
        stored.copy_from_slice(&watcher.encode(STORED).unwrap().bytes);
        assert_eq!(Watcher::stored(stored), Ok(watcher));
    }

    #[test]
    fn an_empty_record_is_a_lock_that_nobody_has() {
        assert_eq!(WatchedRecord::stored(&Bytes::new()).unwrap().watchers, []);
        assert_eq!(SambaGLock::stored(&Bytes::from_static(&[0; 43])), Ok(None));
    }

    #[test]
    fn counts_of_watchers_and_holders_must_fit_the_record() {
        let error = WatchedRecord::stored(&Bytes::from_static(&[0xFF; 40])).unwrap_err();
        assert_eq!(
            error.to_string(),
            "WatchedRecord.watchers[1].server.pid: 4 bytes left, 8 needed",
            "a count costs no memory"
        );
        let mut bytes = vec![0; 44];
        bytes[40] = 1;
        let error = SambaGLock::stored(&bytes.into()).unwrap_err();
        assert_eq!(error.to_string(), "SambaGLock.shared[0].pid: 0 bytes left, 8 needed");
    }

    #[test]
    fn the_locks_of_ctdb_are_a_list_without_a_count() {
        let list = GLockList(vec![GLock { lock_type: 1, holder: server(1) }; 2]);
        for abi in [Abi::LP64_LE, Abi::LP64_BE] {
            let bytes = list.to_payload(abi).unwrap().bytes;
            assert_eq!(bytes.len(), 64);
            assert_eq!(GLockList::from_payload(&bytes, abi), Ok(list.clone()));
            let error = GLockList::from_payload(&bytes.slice(..50), abi).unwrap_err();
            assert_eq!(error.to_string(), "GLockList[1].holder.task_id: 2 bytes left, 4 needed");
        }
        assert_eq!(GLockList::from_payload(&Bytes::new(), Abi::NATIVE), Ok(GLockList::default()));
    }
}
