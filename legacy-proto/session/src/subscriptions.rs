//! Which messages the session's owner wants, and what ctdbd has been told about it.
//!
//! ctdbd delivers one copy per registration (CLI-11), so a srvid is registered once however often it is asked for.

use std::collections::BTreeMap;

use legacy_codec::{ReqId, SrvId};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// To be registered with the next connection.
    Wanted,
    /// ctdbd has been asked with this request; `answer` = the owner waits to hear about it.
    Asked { reqid: ReqId, answer: bool },
    /// In force.
    Registered,
}

#[derive(Debug, Default)]
pub(crate) struct Subscriptions(BTreeMap<SrvId, State>);

impl Subscriptions {
    pub(crate) fn state(&self, srvid: SrvId) -> Option<State> {
        self.0.get(&srvid).copied()
    }

    /// If this request is the one that asked for `srvid`: whether the owner waits to hear about it.
    pub(crate) fn asked_with(&self, srvid: SrvId, by: ReqId) -> Option<bool> {
        match self.0.get(&srvid) {
            Some(State::Asked { reqid, answer }) if *reqid == by => Some(*answer),
            _ => None,
        }
    }

    pub(crate) fn set(&mut self, srvid: SrvId, state: State) {
        self.0.insert(srvid, state);
    }

    pub(crate) fn remove(&mut self, srvid: SrvId) -> Option<State> {
        self.0.remove(&srvid)
    }

    pub(crate) fn srvids(&self) -> Vec<SrvId> {
        self.0.keys().copied().collect()
    }

    /// Whether a message for `srvid` has a reader. Messages may overtake the answer to the registration.
    pub(crate) fn wants(&self, srvid: SrvId) -> bool {
        self.0.contains_key(&srvid) || self.0.contains_key(&SrvId::ALL)
    }

    pub(crate) fn all_registered(&self) -> bool {
        self.0.values().all(|state| *state == State::Registered)
    }

    /// The connection is gone: everything has to be registered again. Names those whose owner still waits.
    pub(crate) fn forget_connection(&mut self) -> Vec<SrvId> {
        let mut waiting = Vec::new();
        for (srvid, state) in &mut self.0 {
            if matches!(state, State::Asked { answer: true, .. }) {
                waiting.push(*srvid);
            }
            *state = State::Wanted;
        }
        waiting
    }
}
