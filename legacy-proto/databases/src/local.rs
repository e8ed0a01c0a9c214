//! The file of this node, record by record, whatever the other nodes have.
//!
//! All records are copied first and handed out then: while the file is walked its chains are locked, and no transaction
//! can be committed, so nothing slow may happen. The copy is as large as the records are.

use std::ops::ControlFlow;

use bytes::Bytes;
use legacy_codec::{Abi, LtdbHeader, Record};

use super::Database;
use super::error::DbError;

/// A record as one node has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Its key.
    pub key: Bytes,
    /// What stands before the data.
    pub header: LtdbHeader,
    /// Empty when the record is deleted.
    pub data: Bytes,
}

impl Local {
    /// From a record with its header before its data.
    pub fn split(record: &Record, abi: Abi) -> Result<Self, DbError> {
        let (header, data) =
            record.split(abi).map_err(|source| DbError::Malformed { what: "a record", source })?;
        Ok(Self { key: record.key.clone(), header, data })
    }
}

impl Database {
    /// All records of this node's file, headers before the data, in the file's order.
    pub async fn local_records(&self) -> Result<Vec<Record>, DbError> {
        let id = self.id();
        self.shared
            .owner
            .run(self.deadline(), move |files, waiting| {
                let mut records = Vec::new();
                files.get(id)?.traverse(|key, data| {
                    let (key, data) = (Bytes::copy_from_slice(key), Bytes::copy_from_slice(data));
                    records.push(Record { reqid: 0, key, data });
                    if waiting.is_over() { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
                })?;
                Ok(records)
            })
            .await
    }
}
