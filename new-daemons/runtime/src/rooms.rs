//! What may be under way to one destination: whoever wants more waits.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use bus::{Address, charge};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Room for one destination: one message of the largest size, or many small ones. In KiB.
const KIB: usize = 17 << 10;

/// Rooms that are kept without a look for those that nobody is in.
const FEW: usize = 16;

/// The room of each destination that has something under way.
#[derive(Debug, Default)]
pub(crate) struct Rooms(Mutex<All>);

#[derive(Debug, Default)]
struct All {
    rooms: BTreeMap<Address, Arc<Semaphore>>,
    /// With so many the empty ones go. Twice what was left the last time: a look at all of them costs each of them little.
    many: usize,
}

impl All {
    fn room(&mut self, to: Address) -> &Arc<Semaphore> {
        if self.rooms.len() >= self.many {
            self.rooms.retain(|known, room| *known == to || room.available_permits() < KIB);
            self.many = (2 * self.rooms.len()).max(FEW);
        }
        self.rooms.entry(to).or_insert_with(|| Arc::new(Semaphore::new(KIB)))
    }
}

impl Rooms {
    /// Waits for room for a message, which counts at least `least` KiB.
    pub(crate) async fn enter(&self, to: Address, len: usize, least: usize) -> Option<OwnedSemaphorePermit> {
        let room = {
            let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(all.room(to))
        };
        let kib = (charge(len) >> 10).clamp(least, KIB);
        room.acquire_many_owned(u32::try_from(kib).unwrap_or(u32::MAX)).await.ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(node: u32) -> Address {
        Address::new(bus::Node(node), "ip".parse().unwrap())
    }

    #[tokio::test]
    async fn rooms_that_are_in_use_stay_and_of_the_others_there_are_few() {
        let rooms = Rooms::default();
        let whole = rooms.enter(to(0), 64 << 20, 1).await.unwrap();
        for node in 1..10_000 {
            drop(rooms.enter(to(node), 1, 1).await);
        }
        assert!(rooms.0.lock().unwrap().rooms.len() <= FEW);
        let second = tokio::time::timeout(std::time::Duration::ZERO, rooms.enter(to(0), 1, 1)).await;
        assert!(second.is_err(), "the room is full still");
        drop(whole);
        assert!(rooms.enter(to(0), 1, 1).await.is_some());
    }

    #[tokio::test]
    async fn very_many_destinations_at_once_are_not_all_looked_at_for_each() {
        // Were they, this would take hours.
        let rooms = Rooms::default();
        let mut inside = Vec::new();
        for node in 0..300_000 {
            inside.push(rooms.enter(to(node), 1, 1).await.unwrap());
        }
        assert_eq!(rooms.0.lock().unwrap().rooms.len(), inside.len());
    }
}
