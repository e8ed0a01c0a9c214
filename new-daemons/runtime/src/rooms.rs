//! What may be under way to one destination: whoever wants more waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bus::{Address, charge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for one destination: one message of the largest size, or many small ones. In KiB.
const KIB: usize = 17 << 10;

/// The room of each destination that has something under way.
#[derive(Debug, Default)]
pub(crate) struct Rooms(Mutex<BTreeMap<Address, Arc<Semaphore>>>);

impl Rooms {
    /// Waits for room for a message, which counts at least `least` KiB.
    pub(crate) async fn enter(&self, to: Address, len: usize, least: usize) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            all.retain(|known, room| *known == to || room.available_permits() < KIB);
            all.entry(to).or_insert_with(|| Arc::new(Semaphore::new(KIB))).clone()
        };
        let kib = (charge(len) >> 10).clamp(least, KIB);
        room.acquire_many_owned(u32::try_from(kib).unwrap_or(u32::MAX)).await.ok()
    }
}
