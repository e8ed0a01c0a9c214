//! Values for controls about databases and their records, as clients send them.
//!
//! See `mod.rs` for what a value is.

use bytes::Bytes;

use super::{Hand, Sample, hand, orders};
use crate::ControlReply as A;
use crate::ControlRequest as Q;
use crate::*;

pub(super) const DB: DbId = DbId(0x4d2a_432b);

fn header() -> LtdbHeader {
    LtdbHeader { rsn: 7, dmaster: Pnn(1), reserved: 0, flags: RecordFlags::MIGRATED_WITH_DATA }
}

fn records() -> RecBuffer {
    let record = |key: &'static [u8], data| Record { reqid: 0, key: Bytes::from_static(key), data };
    let with_header: Bytes = hand().header().text("v").bytes();
    RecBuffer::new(DB, &[record(b"key", with_header), record(b"", Bytes::new())]).unwrap()
}

impl Hand {
    /// `struct ctdb_ltdb_header`.
    fn header(self) -> Self {
        self.u64(7).u32s([1, 0, 0x0001_0000]).pad(4)
    }

    /// The records above: none of them is aligned.
    fn records(self) -> Self {
        self.u32s([DB.0, 2]).u32s([44, 0, 3, 25]).text("key").header().text("v").u32s([16, 0, 0, 0])
    }
}

fn statistics() -> (DbStatistics, Hand) {
    let latency = |num| LatencyCounter { num, min: 0.5.into(), max: 2.5.into(), total: 3.0.into() };
    let mut hot_keys = <[HotKey; 10]>::default();
    hot_keys[0] = HotKey { count: 3, key: Bytes::from_static(b"hot") };
    hot_keys[2] = HotKey { count: 1, key: Bytes::from_static(b"warm") };
    let value = DbStatistics {
        locks: LockStatistics {
            num_calls: 1,
            num_current: 2,
            num_pending: 3,
            num_failed: 4,
            latency: latency(5),
            buckets: [6; 16],
        },
        vacuum: latency(7),
        ro_delegations: 8,
        ro_revokes: 9,
        hop_count_bucket: [10; 16],
        num_hot_keys: 10,
        hot_keys,
    };
    let mut bytes =
        hand().u32s(1..=4).latency(5).u32s([6; 16]).latency(7).u32s([8, 9]).u32s([10; 16]).u32(10).pad(4);
    for (count, len) in [(3, 3), (0, 0), (1, 4)].into_iter().chain([(0, 0); 7]) {
        bytes = bytes.u32(count).pad(4 + 8).u64(len);
    }
    (value, bytes.text("hotwarm"))
}

pub(super) fn samples() -> Vec<Sample> {
    let start = || TraverseStartArgs { db_id: DB, reqid: 2, srvid: SrvId(3) };
    let start_bytes = || hand().u32s([DB.0, 2]).u64(3);
    let mut samples = orders! {
        TraverseStart start() => start_bytes();
        TraverseKill start() => start_bytes();
        TraverseStartExt TraverseStartExtArgs {
            db_id: DB, reqid: 2, srvid: SrvId(3), with_empty_records: true.into(),
        } => start_bytes().u8(1).pad(7);
        TraverseAll TraverseAllArgs {
            db_id: DB, reqid: 2, pnn: Pnn(1), client_reqid: 4, srvid: SrvId(3),
        } => hand().u32s([DB.0, 2, 1, 4]).u64(3);
        TraverseAllExt TraverseAllExtArgs {
            db_id: DB, reqid: 2, pnn: Pnn(1), client_reqid: 4, srvid: SrvId(3), with_empty_records: false.into(),
        } => hand().u32s([DB.0, 2, 1, 4]).u64(3).u8(0).pad(7);
        TraverseData Record { reqid: 9, key: Bytes::from_static(b"k"), data: Bytes::from_static(b"vv") }
            => hand().u32s([19, 9, 1, 2]).text("kvv");
        EnableSeqnum DB => hand().u32(DB.0);
        UpdateSeqnum DB => hand().u32(DB.0);
        UpdateRecord records() => hand().records();
        Trans3Commit records() => hand().records();
        VacuumFetch records() => hand().records();
        PushDb records() => hand().records();
        DbSetHealthy DB => hand().u32(DB.0);
        ScheduleForDeletion KeyData { db_id: DB, header: header(), key: Bytes::from_static(b"key") }
            => hand().u32(DB.0).pad(4).header().u32(3).text("key");
        SetDbReadonly DB => hand().u32(DB.0);
        SetDbSticky DB => hand().u32(DB.0);
        DbDetach DB => hand().u32(DB.0);
        DbVacuum DbVacuumArgs { db_id: DB, full: true.into() } => hand().u32(DB.0).u8(1);
        PushRecord PushedRecord {
            generation: Generation(5),
            db_id: DB,
            header: header(),
            key: Bytes::from_static(b"key").into(),
            value: Bytes::from_static(b"v").into(),
        } => hand().u32s([5, DB.0]).header().u32(3).text("key").u32(1).text("v");
    };
    let name = || hand().text("g_lock.tdb\0");
    let id = || hand().u32(DB.0);
    let arg = |flags| (Text::new("g_lock.tdb"), flags);
    let (statistics, statistics_bytes) = statistics();
    samples.extend([
        Sample::new(
            Q::GetDbPath(DB),
            id(),
            A::GetDbPath("/var/g_lock.tdb.0".into()),
            hand().text("/var/g_lock.tdb.0\0"),
        ),
        Sample::new(
            Q::GetDbMap(()),
            hand(),
            A::GetDbMap(DbMap {
                dbs: vec![
                    DbIdAndFlags { db_id: DB, flags: DbFlags::PERSISTENT },
                    DbIdAndFlags { db_id: DbId(2), flags: DbFlags::READONLY | DbFlags::STICKY },
                ],
            }),
            hand().u32s([2, DB.0]).u8(1).pad(3).u32(2).u8(6).pad(3),
        ),
        Sample::new(Q::DbAttach(arg(AttachFlags::empty())), name(), A::DbAttach(DB), id()),
        Sample::new(
            Q::DbAttachPersistent(arg(AttachFlags::empty())),
            name(),
            A::DbAttachPersistent(DB),
            id(),
        ),
        Sample::new(
            Q::DbAttachReplicated(arg(AttachFlags::RECOVERY)),
            name(),
            A::DbAttachReplicated(DB),
            id(),
        )
        .flags(0x0002_0000),
        Sample::new(Q::GetDbName(DB), id(), A::GetDbName("g_lock.tdb".into()), name()),
        Sample::new(
            Q::PullDb(PullDbArgs { db_id: DB, lmaster: Pnn::UNKNOWN }),
            hand().u32s([DB.0, u32::MAX]),
            A::PullDb(records()),
            hand().records(),
        ),
        Sample::new(
            Q::TryDeleteRecords(records()),
            hand().records(),
            A::TryDeleteRecords(RecBuffer::new(DB, []).unwrap()),
            hand().u32s([DB.0, 0]),
        ),
        Sample::new(
            Q::ReceiveRecords(records()),
            hand().records(),
            A::ReceiveRecords(records()),
            hand().records(),
        ),
        Sample::new(
            Q::GetDbSeqnum(DbSeqnumArgs { db_id: DB, unused: 0 }),
            id().u32(0),
            A::GetDbSeqnum(1 << 40),
            hand().u64(1 << 40),
        ),
        Sample::new(Q::DbGetHealth(DB), id(), A::DbGetHealth(None), hand()),
        Sample::new(Q::DbGetHealth(DB), id(), A::DbGetHealth(Some("bad".into())), hand().text("bad\0")),
        Sample::new(Q::GetDbStatistics(DB), id(), A::GetDbStatistics(statistics), statistics_bytes),
        Sample::new(Q::DbOpenFlags(DB), id(), A::DbOpenFlags(0x1c41), hand().u32(0x1c41)),
    ]);
    samples
}
