//! Threads that wait for locks, so that nobody else has to.
//!
//! Whoever wants a lock asks and goes on; when it is there, he is told by his ticket, marks his handle, works, and gives the
//! ticket back. A lock belongs to the thread that took it (FRZ-21), so a thread stays with its lock until then. Locks of
//! whole files go before others and have no limit (FRZ-12). A ticket can be given back at any time: a wait is called off.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::ffi;
use crate::outside::{Outside, Stop, WaitError, What};

/// A request for a lock, and the lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// A thread without work ends after so long.
const IDLE: Duration = Duration::from_secs(5);

/// Between two signals to a thread whose wait was called off: the first may have come before it slept.
const AGAIN: Duration = Duration::from_millis(10);

/// Stack of a thread: it calls the system and nothing else.
const STACK: usize = 64 << 10;

/// Ends a system call and does nothing else. By itself it is ignored, so nobody is hurt by it.
const WAKE: i32 = libc::SIGURG;

type Told = dyn Fn(Ticket, Result<(), WaitError>) + Send + Sync;

/// How far a request has come.
#[derive(Debug)]
enum Phase {
    Queued,
    /// This thread waits for it.
    Waiting(libc::pthread_t),
    Held,
    /// Given back; whoever has it ends it.
    Over,
}

#[derive(Debug)]
struct Request {
    outside: Outside,
    what: What,
    stop: Stop,
    phase: Mutex<Phase>,
    given_back: Condvar,
}

impl Request {
    fn phase(&self) -> MutexGuard<'_, Phase> {
        self.phase.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// It is not given back yet: this is how far it has come. False: it was.
    fn comes_to(&self, next: Phase) -> bool {
        let mut phase = self.phase();
        let goes_on = !matches!(*phase, Phase::Over);
        if goes_on {
            *phase = next;
        }
        goes_on
    }

    /// Wakes the thread that waits for it. False: none does any more.
    fn wake(&self, phase: &Phase) -> bool {
        let Phase::Waiting(thread) = phase else { return false };
        // SAFETY: the thread lives: it leaves this phase only with the lock under which it was looked at.
        #[expect(unsafe_code, reason = "calls the system")]
        unsafe {
            ffi::pthread_kill(*thread, WAKE);
        }
        true
    }
}

#[derive(Default)]
struct State {
    last: u64,
    requests: BTreeMap<Ticket, Arc<Request>>,
    /// Waiting for a thread: those for whole files, and the others.
    whole: VecDeque<Ticket>,
    chains: VecDeque<Ticket>,
    /// Threads that have a request of the second kind.
    busy: usize,
    idle: usize,
    /// Waits that were called off and have not ended yet, while somebody sees to them.
    called_off: Vec<Arc<Request>>,
    sees_to_them: bool,
    closed: bool,
}

struct Inner {
    state: Mutex<State>,
    work: Condvar,
    most: usize,
    told: Box<Told>,
}

/// Threads that wait for locks.
pub struct LockPool(Arc<Inner>);

impl std::fmt::Debug for LockPool {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let state = self.0.state();
        f.debug_struct("LockPool")
            .field("requests", &state.requests.len())
            .field("busy", &state.busy)
            .finish()
    }
}

impl LockPool {
    /// At most so many threads wait for chains at the same time. `told` is called in a thread of the pool, once for each
    /// lock that is there or cannot be had, and must not wait.
    #[must_use]
    pub fn new(most: usize, told: impl Fn(Ticket, Result<(), WaitError>) + Send + Sync + 'static) -> Self {
        catch_wakes();
        let (state, work) = (Mutex::default(), Condvar::new());
        Self(Arc::new(Inner { state, work, most: most.max(1), told: Box::new(told) }))
    }

    /// Asks for a lock.
    pub fn ask(&self, outside: &Outside, what: What) -> Ticket {
        let mut state = self.0.state();
        state.last += 1;
        let ticket = Ticket(state.last);
        let request = Request {
            outside: outside.clone(),
            what,
            stop: Stop::default(),
            phase: Mutex::new(Phase::Queued),
            given_back: Condvar::new(),
        };
        state.requests.insert(ticket, Arc::new(request));
        match what {
            What::Chain(_) | What::Freelist => state.chains.push_back(ticket),
            What::Whole | What::Transaction | What::Open => state.whole.push_back(ticket),
        }
        self.0.find_threads(&mut state);
        ticket
    }

    /// Gives a lock back, or calls the wait for it off. A word of it that is on its way may still come. What could not be
    /// had is given back, too.
    pub fn give_back(&self, ticket: Ticket) {
        let mut state = self.0.state();
        let Some(request) = state.requests.remove(&ticket) else { return };
        request.stop.set();
        let mut phase = request.phase();
        let waits = request.wake(&phase);
        if waits {
            state.called_off.push(request.clone());
            self.0.see_to_called_off(&mut state);
        } else {
            *phase = Phase::Over;
        }
        drop(phase);
        request.given_back.notify_all();
    }

    /// Requests that were not given back yet.
    #[must_use]
    pub fn open(&self) -> usize {
        self.0.state().requests.len()
    }
}

impl Drop for LockPool {
    fn drop(&mut self) {
        let tickets: Vec<Ticket> = self.0.state().requests.keys().copied().collect();
        tickets.into_iter().for_each(|ticket| self.give_back(ticket));
        self.0.state().closed = true;
        self.0.work.notify_all();
    }
}

impl Inner {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A thread for each request that may have one.
    fn find_threads(self: &Arc<Self>, state: &mut State) {
        let for_chains = state.chains.len().min(self.most.saturating_sub(state.busy));
        let wanted = state.whole.len() + for_chains;
        if state.idle > 0 {
            self.work.notify_all();
        }
        for _ in state.idle..wanted {
            let inner = self.clone();
            let thread = std::thread::Builder::new().name("tdb-lock".to_owned()).stack_size(STACK);
            // Without a thread it stays in its queue, and the next one that is free takes it.
            if thread.spawn(move || inner.work()).is_err() {
                return;
            }
            state.idle += 1;
        }
    }

    /// What a thread does.
    fn work(self: Arc<Self>) {
        loop {
            let mut state = self.state();
            let (ticket, chain) = loop {
                if let Some(ticket) = state.whole.pop_front() {
                    break (ticket, false);
                }
                if state.busy < self.most
                    && let Some(ticket) = state.chains.pop_front()
                {
                    break (ticket, true);
                }
                if state.closed {
                    state.idle -= 1;
                    return;
                }
                let (again, timeout) =
                    self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
                state = again;
                let nothing = state.whole.is_empty() && (state.chains.is_empty() || state.busy >= self.most);
                if timeout.timed_out() && nothing {
                    state.idle -= 1;
                    return;
                }
            };
            let request = state.requests.get(&ticket).cloned();
            state.idle -= 1;
            state.busy += usize::from(chain);
            drop(state);
            if let Some(request) = request {
                self.serve(ticket, &request);
            }
            let mut state = self.state();
            state.idle += 1;
            state.busy -= usize::from(chain);
        }
    }

    /// Waits for a lock, tells of it, and keeps it until it is given back.
    fn serve(&self, ticket: Ticket, request: &Request) {
        // SAFETY: takes nothing.
        #[expect(unsafe_code, reason = "calls the system")]
        let me = unsafe { libc::pthread_self() };
        if !request.comes_to(Phase::Waiting(me)) {
            return;
        }
        let held = request.outside.lock(request.what, &request.stop);
        let got = held.is_ok();
        // From here on nobody sends signals to this thread.
        let wanted = {
            let mut phase = request.phase();
            let wanted = !request.stop.is_set();
            *phase = if wanted { Phase::Held } else { Phase::Over };
            wanted
        };
        if wanted {
            (self.told)(ticket, held.as_ref().map(|_| ()).map_err(WaitError::again));
        }
        if got {
            let mut phase = request.phase();
            while !matches!(*phase, Phase::Over) {
                phase = request.given_back.wait(phase).unwrap_or_else(PoisonError::into_inner);
            }
        }
    }

    /// One thread repeats the signals until no such wait is left.
    fn see_to_called_off(self: &Arc<Self>, state: &mut State) {
        if state.sees_to_them {
            return;
        }
        let inner = self.clone();
        let thread = std::thread::Builder::new().name("tdb-wake".to_owned()).stack_size(STACK);
        state.sees_to_them = thread.spawn(move || inner.wake_until_they_end()).is_ok();
    }

    fn wake_until_they_end(&self) {
        loop {
            std::thread::sleep(AGAIN);
            let mut state = self.state();
            state.called_off.retain(|request| request.wake(&request.phase()));
            if state.called_off.is_empty() {
                state.sees_to_them = false;
                return;
            }
        }
    }
}

/// A handler that does nothing, so that the signal ends a system call instead of being ignored.
fn catch_wakes() {
    extern "C" fn nothing(_: i32) {}
    static ONCE: std::sync::Once = std::sync::Once::new();
    ONCE.call_once(|| {
        // SAFETY: all bytes zero is a value of it: no flags, no other signal blocked.
        #[expect(unsafe_code, reason = "makes a structure of C")]
        let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
        let handler: extern "C" fn(i32) = nothing;
        action.sa_sigaction = handler as libc::sighandler_t;
        // SAFETY: the handler touches nothing; the structure outlives the call.
        #[expect(unsafe_code, reason = "calls the system")]
        unsafe {
            libc::sigaction(WAKE, &raw const action, std::ptr::null_mut());
        }
    });
}
