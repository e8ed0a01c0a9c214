//! Values for controls that a recovery is made of.
//!
//! See `mod.rs` for what a value is.

use super::databases::DB;
use super::{Sample, hand, orders};
use crate::ControlReply as A;
use crate::ControlRequest as Q;
use crate::*;

pub(super) fn samples() -> Vec<Sample> {
    let map = || VnnMap { generation: Generation(0x447d_99e0), map: vec![Pnn(0), Pnn(2)] };
    let map_bytes = || hand().u32s([0x447d_99e0, 2, 0, 2]);
    let transaction = || TransDb { db_id: DB, transaction: Generation(9) };
    let pull = || PullDbExtArgs { db_id: DB, lmaster: Pnn::UNKNOWN, srvid: SrvId(0xF001_0000_0000_0001) };
    let pull_bytes = || hand().u32s([DB.0, u32::MAX]).u64(0xF001_0000_0000_0001);
    let mut samples = orders! {
        SetVnnMap map() => map_bytes();
        WipeDatabase transaction() => hand().u32s([DB.0, 9]);
        DbFreeze DB => hand().u32(DB.0);
        DbThaw DB => hand().u32(DB.0);
        DbTransactionStart transaction() => hand().u32s([DB.0, 9]);
        DbTransactionCommit transaction() => hand().u32s([DB.0, 9]);
        DbTransactionCancel DB => hand().u32(DB.0);
        DbPushStart pull() => pull_bytes();
    };
    samples.extend([
        Sample::new(Q::GetVnnMap(()), hand(), A::GetVnnMap(map()), map_bytes()),
        Sample::new(Q::Freeze(3), hand(), A::Freeze(()), hand()).srvid(3),
        Sample::new(Q::DbPull(pull()), pull_bytes(), A::DbPull(17), hand().u32(17)),
        Sample::new(Q::DbPushConfirm(DB), hand().u32(DB.0), A::DbPushConfirm(17), hand().u32(17)),
    ]);
    samples
}
