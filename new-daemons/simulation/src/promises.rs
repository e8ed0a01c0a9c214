//! What was promised of calls and events, and whether it was kept.
//!
//! A call ends once; its request runs at most once, and surely not when its end says so; an answer is that of its request.
//! A subscriber sees each event once and in order, or a gap of the right size stands where some are missing.

use std::collections::BTreeMap;

use bus::Address;
use bus::calls::{CallError, CallId, News, SubscriptionId};
use bytes::{BufMut, Bytes, BytesMut};

/// A run of a daemon.
pub(crate) type Run = (Address, u64);

#[derive(Debug)]
struct Call {
    to: Address,
    /// The run that was asked to do it.
    served: Option<u64>,
    ended: Option<Result<(), CallError>>,
}

#[derive(Debug, Default)]
struct Seen {
    up: bool,
    /// The publisher's run and the number of the last event, and how many were said to be lost since.
    last: Option<(u64, u64)>,
    lost: u64,
    /// The last event of all came.
    events: u64,
}

/// Every call and every subscription of a run of the world.
#[derive(Debug, Default)]
pub struct Promises {
    calls: BTreeMap<(Run, CallId), Call>,
    subscriptions: BTreeMap<(Run, SubscriptionId), Seen>,
    published: BTreeMap<(Run, usize), u64>,
    /// Calls that were answered.
    pub answered: u64,
    /// Calls that failed, in doubt or not.
    pub failed: u64,
    /// Events that came.
    pub events: u64,
    /// Events that were lost, and that was said.
    pub lost: u64,
}

/// The topics of the model, and what subscribers ask for.
pub(crate) const TOPICS: [&str; 3] = ["", "a", "b"];

/// The body of a request says whose it is.
pub(crate) fn question((caller, run): Run, id: CallId, len: usize) -> Bytes {
    let mut body = BytesMut::new();
    body.put_u32(caller.node.0);
    body.put_u32(caller.daemon.instance);
    body.put_u64(run);
    body.put_u64(id.0);
    body.resize(body.len() + len, 0x5a);
    body.freeze()
}

fn words<const N: usize>(body: &[u8]) -> [u64; N] {
    std::array::from_fn(|at| u64::from_be_bytes(body[at * 8..at * 8 + 8].try_into().expect("a whole word")))
}

impl Promises {
    pub(crate) fn called(&mut self, caller: Run, id: CallId, to: Address) {
        let call = Call { to, served: None, ended: None };
        assert!(self.calls.insert((caller, id), call).is_none(), "{id:?} twice");
    }

    /// A request came to a daemon.
    pub(crate) fn served(&mut self, server: Run, from: Address, body: &[u8]) {
        let [place, run, id] = words::<3>(body);
        let caller = (from, run);
        let place_of = u64::from(from.node.0) << 32 | u64::from(from.daemon.instance);
        assert_eq!(place, place_of, "a request of {from} is not its own");
        let key = (caller, CallId(id));
        let call = self.calls.get_mut(&key).unwrap_or_else(|| panic!("{key:?} was never called"));
        assert_eq!(call.to, server.0, "{key:?} came to another daemon");
        assert_eq!(call.served, None, "{key:?} was done twice");
        if let Some(Err(why)) = &call.ended {
            assert!(why.in_doubt(), "{key:?} was done, and ended with {why:?}");
        }
        call.served = Some(server.1);
    }

    pub(crate) fn ended(&mut self, caller: Run, id: CallId, result: Result<Bytes, CallError>, len: usize) {
        let key = (caller, id);
        let call = self.calls.get_mut(&key).unwrap_or_else(|| panic!("{key:?} was never called"));
        assert!(call.ended.is_none(), "{key:?} ended twice: {:?}, {result:?}", call.ended);
        match &result {
            Ok(body) => {
                let [run, theirs] = words::<2>(body);
                assert_eq!(theirs, id.0, "{key:?} got the answer of another call");
                assert_eq!(call.served, Some(run), "{key:?} was answered by a run that was not asked");
                assert!(body.len() >= 16 + len, "{key:?} got half an answer");
                self.answered += 1;
            }
            Err(CallError::Refused(_) | CallError::NoSuchRequest) => self.failed += 1,
            Err(why) => {
                let done = call.served.is_some() && !why.in_doubt();
                assert!(!done, "{key:?} was done, and ended with {why:?}");
                self.failed += 1;
            }
        }
        call.ended = Some(result.map(drop));
    }

    pub(crate) fn withdrawn(&mut self, caller: Run, id: CallId) {
        if let Some(call) = self.calls.get_mut(&(caller, id)) {
            assert!(call.ended.is_none(), "{id:?} was withdrawn after its end");
            call.ended = Some(Err(CallError::Closed));
        }
    }

    /// A daemon ended: it waits for nothing any more.
    pub(crate) fn daemon_ended(&mut self, run: Run) {
        let mine = |caller: &Run| *caller == run;
        for ((_, _), call) in self.calls.iter_mut().filter(|((caller, _), _)| mine(caller)) {
            call.ended.get_or_insert(Err(CallError::Closed));
        }
        self.subscriptions.retain(|(subscriber, _), _| !mine(subscriber));
    }

    /// The next event of a topic: its body has the publisher's run, and its number for each of the prefixes.
    pub(crate) fn publish(&mut self, publisher: Run, topic: usize) -> Bytes {
        let mut body = BytesMut::new();
        body.put_u64(publisher.1);
        for (at, prefix) in TOPICS.iter().enumerate() {
            let number = self.published.entry((publisher, at)).or_default();
            *number += u64::from(TOPICS[topic].starts_with(prefix));
            body.put_u64(*number);
        }
        body.freeze()
    }

    pub(crate) fn subscribed(&mut self, subscriber: Run, id: SubscriptionId) {
        self.subscriptions.insert((subscriber, id), Seen::default());
    }

    pub(crate) fn unsubscribed(&mut self, subscriber: Run, id: SubscriptionId) {
        self.subscriptions.remove(&(subscriber, id));
    }

    pub(crate) fn news(&mut self, subscriber: Run, id: SubscriptionId, prefix: usize, news: &News) {
        let seen = self.subscriptions.get_mut(&(subscriber, id)).expect("a subscription that stands");
        match news {
            News::Up => {
                assert!(!seen.up, "{id:?} is up twice");
                seen.up = true;
            }
            News::Down(_) => seen.up = false,
            News::Gap(None) => {
                seen.last = None;
                seen.lost = 0;
            }
            News::Gap(Some(more)) => {
                seen.lost += more;
                self.lost += more;
            }
            News::Event { topic, body } => {
                assert!(seen.up && topic.starts_with(TOPICS[prefix]), "{id:?} got {topic:?}");
                let all = words::<4>(body);
                let (run, number) = (all[0], all[1 + prefix]);
                if let Some((known, last)) = seen.last {
                    assert_eq!(known, run, "{id:?}: another run of the publisher without a gap");
                    assert_eq!(number, last + 1 + seen.lost, "{id:?}: after {last} with {} lost", seen.lost);
                }
                seen.last = Some((run, number));
                seen.lost = 0;
                seen.events += 1;
                self.events += 1;
            }
        }
    }

    /// Events that a subscription brought.
    pub(crate) fn events_of(&self, subscriber: Run, id: SubscriptionId) -> u64 {
        self.subscriptions.get(&(subscriber, id)).map_or(0, |seen| seen.events)
    }

    /// At the end, when everything has had time to settle.
    pub(crate) fn settle(&self) {
        for (key, call) in &self.calls {
            assert!(call.ended.is_some(), "{key:?} to {} has no end", call.to);
        }
    }
}
