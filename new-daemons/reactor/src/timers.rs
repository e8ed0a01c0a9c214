//! What is due and when: a wheel of wheels, in milliseconds.
//!
//! Setting, cancelling and taking a timer cost the same however many there are. A timer never fires early; of two within
//! the same millisecond either may come first. Times are counted from the start of the owner's clock.

use std::time::Duration;

/// Bits of a tick that one wheel looks at.
const BITS: usize = 6;

/// Slots of a wheel: as many as bits of its map.
const SLOTS: usize = 1 << BITS;

/// Wheels. Each turn of one is a slot of the next; together they span twelve days, and what lies beyond is sorted anew then.
const WHEELS: usize = 5;

/// A timer that was set. Of one that has fired or was cancelled it is never mistaken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimerId {
    index: usize,
    round: u64,
}

#[derive(Debug)]
struct Timer<T> {
    tick: u64,
    round: u64,
    /// Its slot, and its place in there.
    slot: usize,
    place: usize,
    what: T,
}

/// Timers, each with what it is for.
#[derive(Debug)]
pub struct Timers<T> {
    timers: Vec<Option<Timer<T>>>,
    free: Vec<usize>,
    rounds: u64,
    /// All before this tick has fired.
    now: u64,
    slots: Vec<Vec<usize>>,
    /// One bit for each slot that is not empty.
    used: [u64; WHEELS],
}

impl<T> Default for Timers<T> {
    fn default() -> Self {
        Self {
            timers: Vec::new(),
            free: Vec::new(),
            rounds: 0,
            now: 0,
            slots: std::iter::repeat_with(Vec::new).take(WHEELS * SLOTS).collect(),
            used: [0; WHEELS],
        }
    }
}

/// The wheel, slot and tick at which something is to be looked at next.
struct Next {
    slot: usize,
    tick: u64,
    exact: bool,
}

/// Ticks of one slot of a wheel.
const fn width(wheel: usize) -> u64 {
    1 << (BITS * wheel)
}

/// The slot of a wheel in which a tick lies.
fn digit(tick: u64, wheel: usize) -> u32 {
    u32::try_from(tick / width(wheel) % width(1)).unwrap_or(0)
}

fn slot_of(wheel: usize, digit: u32) -> usize {
    wheel * SLOTS + digit as usize
}

impl<T> Timers<T> {
    /// Sets a timer.
    pub fn set(&mut self, at: Duration, what: T) -> TimerId {
        let tick = u64::try_from(at.as_nanos().div_ceil(1_000_000)).unwrap_or(u64::MAX);
        self.rounds += 1;
        let round = self.rounds;
        let index = self.free.pop().unwrap_or_else(|| {
            self.timers.push(None);
            self.timers.len() - 1
        });
        self.timers[index] = Some(Timer { tick, round, slot: 0, place: 0, what });
        self.place(index);
        TimerId { index, round }
    }

    /// Takes a timer back that has not fired.
    pub fn cancel(&mut self, id: TimerId) -> Option<T> {
        let known = self.timers.get(id.index)?.as_ref()?.round == id.round;
        if known { self.remove(id.index) } else { None }
    }

    /// When to look again at the latest. It may be a little before the next timer when that is far away, never after it.
    #[must_use]
    pub fn next(&self) -> Option<Duration> {
        self.find().map(|next| Duration::from_millis(next.tick))
    }

    /// One that is due, the earliest first.
    pub fn pop(&mut self, now: Duration) -> Option<T> {
        let until = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
        loop {
            let Some(next) = self.find().filter(|next| next.tick <= until) else {
                self.now = self.now.max(until);
                return None;
            };
            self.now = self.now.max(next.tick);
            if next.exact {
                let index = *self.slots[next.slot].last()?;
                return self.remove(index);
            }
            // They fit into a smaller wheel now.
            for index in std::mem::take(&mut self.slots[next.slot]) {
                self.place(index);
            }
            self.mark(next.slot);
        }
    }

    /// How many are set.
    #[must_use]
    pub fn len(&self) -> usize {
        self.timers.len() - self.free.len()
    }

    /// Whether none is set.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    fn place(&mut self, index: usize) {
        let Some(timer) = self.timers.get_mut(index).and_then(Option::as_mut) else { return };
        // What lies beyond the last wheel waits in its last slot to be reached.
        let span = width(WHEELS) - width(WHEELS - 1);
        let tick = timer.tick.clamp(self.now, self.now.saturating_add(span));
        let apart = tick ^ self.now;
        let wheel = (0..WHEELS - 1).find(|wheel| apart < width(wheel + 1)).unwrap_or(WHEELS - 1);
        timer.slot = slot_of(wheel, digit(tick, wheel));
        timer.place = self.slots[timer.slot].len();
        let slot = timer.slot;
        self.slots[slot].push(index);
        self.mark(slot);
    }

    fn remove(&mut self, index: usize) -> Option<T> {
        let timer = self.timers.get_mut(index)?.take()?;
        self.free.push(index);
        let slot = &mut self.slots[timer.slot];
        slot.swap_remove(timer.place);
        if let Some(moved) = slot.get(timer.place)
            && let Some(Some(moved)) = self.timers.get_mut(*moved)
        {
            moved.place = timer.place;
        }
        self.mark(timer.slot);
        Some(timer.what)
    }

    /// Notes whether there is something in a slot.
    fn mark(&mut self, slot: usize) {
        let (wheel, bit) = (slot / SLOTS, 1 << (slot % SLOTS));
        if self.slots[slot].is_empty() {
            self.used[wheel] &= !bit;
        } else {
            self.used[wheel] |= bit;
        }
    }

    fn find(&self) -> Option<Next> {
        // What is in a smaller wheel comes before all that is in a larger one.
        let (wheel, used) = (0..WHEELS).zip(self.used).find(|(_, used)| *used != 0)?;
        let here = digit(self.now, wheel);
        let ahead = used.rotate_right(here).trailing_zeros();
        let begin = (self.now / width(wheel)).saturating_add(u64::from(ahead)).saturating_mul(width(wheel));
        let slot = slot_of(wheel, (here + ahead) % u64::BITS);
        Some(Next { slot, tick: begin.max(self.now), exact: wheel == 0 })
    }
}
