//! Requests under way: request ids, tokens and deadlines.
//!
//! Invariant: the three maps hold the same requests. A request leaves all of them at once, so it can end only once.

use std::collections::{BTreeMap, BTreeSet};

use legacy_codec::{Operation, ReqId, SrvId};
use machine::Time;

use crate::io::Token;

/// Who waits for a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiter {
    Call(Token),
    Record(Token),
    Pnn,
    Register(SrvId),
    Deregister,
}

impl Waiter {
    /// The caller's name for it, when it is the caller's.
    fn token(self) -> Option<Token> {
        match self {
            Self::Call(token) | Self::Record(token) => Some(token),
            Self::Pnn | Self::Register(_) | Self::Deregister => None,
        }
    }

    /// Whether a packet of this kind answers it.
    pub(crate) fn takes(self, body: &Operation) -> bool {
        match body {
            Operation::ReplyControl(_) => !matches!(self, Self::Record(_)),
            Operation::ReplyCall(_) | Operation::ReplyError(_) => matches!(self, Self::Record(_)),
            _ => false,
        }
    }
}

#[derive(Clone, Copy, Debug)]
struct Pending {
    waiter: Waiter,
    deadline: Time,
}

#[derive(Debug, Default)]
pub(crate) struct Calls {
    last: u32,
    pending: BTreeMap<ReqId, Pending>,
    by_token: BTreeMap<Token, ReqId>,
    by_deadline: BTreeSet<(Time, ReqId)>,
}

impl Calls {
    /// Files a request under an id of its own, never 0.
    pub(crate) fn insert(&mut self, waiter: Waiter, deadline: Time) -> ReqId {
        loop {
            self.last = self.last.wrapping_add(1);
            let reqid = ReqId(self.last);
            if self.last == 0 || self.pending.contains_key(&reqid) {
                continue;
            }
            self.pending.insert(reqid, Pending { waiter, deadline });
            self.by_deadline.insert((deadline, reqid));
            if let Some(token) = waiter.token() {
                self.by_token.insert(token, reqid);
            }
            return reqid;
        }
    }

    pub(crate) fn remove(&mut self, reqid: ReqId) -> Option<Waiter> {
        let Pending { waiter, deadline } = self.pending.remove(&reqid)?;
        self.by_deadline.remove(&(deadline, reqid));
        if let Some(token) = waiter.token() {
            self.by_token.remove(&token);
        }
        Some(waiter)
    }

    pub(crate) fn remove_token(&mut self, token: Token) -> Option<Waiter> {
        let reqid = self.by_token.get(&token).copied()?;
        self.remove(reqid)
    }

    pub(crate) fn waiter(&self, reqid: ReqId) -> Option<Waiter> {
        self.pending.get(&reqid).map(|pending| pending.waiter)
    }

    pub(crate) fn contains_token(&self, token: Token) -> bool {
        self.by_token.contains_key(&token)
    }

    /// One request whose time is over.
    pub(crate) fn remove_due(&mut self, now: Time) -> Option<(ReqId, Waiter)> {
        let (deadline, reqid) = *self.by_deadline.first()?;
        if deadline > now {
            return None;
        }
        self.remove(reqid).map(|waiter| (reqid, waiter))
    }

    pub(crate) fn next_deadline(&self) -> Option<Time> {
        self.by_deadline.first().map(|(deadline, _)| *deadline)
    }

    /// All requests, by id; none is under way afterwards.
    pub(crate) fn take_all(&mut self) -> Vec<Waiter> {
        self.by_token.clear();
        self.by_deadline.clear();
        std::mem::take(&mut self.pending).into_values().map(|p| p.waiter).collect()
    }

    pub(crate) fn check(&self) {
        assert_eq!(self.pending.len(), self.by_deadline.len(), "every request has its deadline");
        let calls = self.pending.values().filter(|p| p.waiter.token().is_some()).count();
        assert_eq!(calls, self.by_token.len(), "every call has its token");
        assert!(!self.pending.contains_key(&ReqId(0)), "request id 0 is not used");
    }

    #[cfg(test)]
    pub(crate) fn start_ids_at(&mut self, last: u32) {
        self.last = last;
    }
}
