//! What others on the bus ask of a daemon's callbacks, answered; and the end of registrations whose makers have ended.
//!
//! A daemon hands over each request whose number is one of these and serves the others itself.

use std::time::Duration;

use bus::calls::Presence;
use bus::{Address, Node};
use bytes::Bytes;
use callback::Owner;
use protocol::callback as wire;
use protocol::callback::CallbackRequest;
use protocol::common::{Code, Span};
use protocol::interface::{Handler, Refusal};
use protocol::services::callbacks::{Serve, Served};
use protocol::xdr::{Xdr, XdrError};
use tokio::time::timeout;

use super::rows::from_wire;
use super::{Callbacks, Refused};
use crate::member::{Bus, Request};

/// Between two looks whether a registrant has anything registered.
const LOOK: Duration = Duration::from_secs(10);

/// Why a request was not done.
type No = (Code, String);

impl From<Refused> for No {
    fn from(refused: Refused) -> Self {
        let code = match &refused {
            Refused::Program(_) => Code::Denied,
            Refused::Unheard(_) => Code::BadRequest,
            Refused::Callback(refusal) => match refusal {
                callback::Refusal::Unknown => Code::NotFound,
                callback::Refusal::Configured | callback::Refusal::Taken(_) => Code::Denied,
                callback::Refusal::TooMany => Code::Busy,
                callback::Refusal::Stopping => Code::Stopping,
                _ => Code::BadRequest,
            },
        };
        (code, refused.to_string())
    }
}

fn unreadable(error: XdrError) -> No {
    (Code::BadRequest, error.to_string())
}

fn read<T: Xdr>(body: &Bytes) -> Result<T, No> {
    T::from_bytes(body).map_err(unreadable)
}

fn time(span: Span) -> Duration {
    Duration::from_micros(span.0)
}

fn owner(from: Address) -> Owner {
    Owner(if from.node == Node::LOCAL { from.daemon.to_string() } else { from.to_string() })
}

/// Whether a request of this number is one about callbacks.
#[must_use]
pub fn is_about_callbacks(number: u32) -> bool {
    i32::try_from(number)
        .is_ok_and(|number| !matches!(CallbackRequest::from_value(number), CallbackRequest::Unknown(_)))
}

impl Serve for Callbacks {
    async fn callbacks(&self, (): ()) -> Result<wire::CallbackList, Refusal> {
        Ok(self.list().await)
    }

    async fn callback_status(&self, which: wire::CallbackWhich) -> Result<wire::CallbackStatus, Refusal> {
        Ok(self.status(self.known(which)?.as_deref()))
    }

    async fn callback_history(&self, which: wire::CallbackWhich) -> Result<wire::CallbackHistory, Refusal> {
        Ok(self.history(self.known(which)?.as_deref()))
    }
}

impl Callbacks {
    /// Answers a request of which [`is_about_callbacks`] is true. The bus is where its sender is watched.
    pub async fn answer(&self, bus: &Bus, request: Request) {
        let Request { from, number, body, reply, .. } = request;
        match self.done(bus, from, number, body).await {
            Ok(answer) => reply.done(answer),
            Err((code, text)) => reply.refuse(code, text),
        }
    }

    async fn done(&self, bus: &Bus, from: Address, number: u32, body: Bytes) -> Result<Bytes, No> {
        let unknown = || (Code::UnknownRequest, format!("there is no request {number}"));
        let number = i32::try_from(number).map_err(|_| unknown())?;
        match CallbackRequest::from_value(number) {
            CallbackRequest::List | CallbackRequest::Status | CallbackRequest::History => {
                let asked = Served(self.clone());
                let answer = asked.handle(number.unsigned_abs(), body).await;
                answer.map_err(|Refusal { code, text }| (code, text))
            }
            CallbackRequest::Register => {
                let wire::CallbackRegister { row, lease } = read(&body)?;
                let row = from_wire(row).map_err(|why| (Code::BadRequest, why))?;
                self.register(owner(from), row, time(lease)).await?;
                self.follow(bus, from);
                Ok(Bytes::new())
            }
            CallbackRequest::Renew => {
                let wire::CallbackRenew { name, lease } = read(&body)?;
                self.renew(owner(from), name.0, time(lease)).await.map_err(Refused::from)?;
                Ok(Bytes::new())
            }
            CallbackRequest::Remove => {
                let wire::CallbackWhich { name } = read(&body)?;
                let name = name.ok_or_else(|| (Code::BadRequest, "which one?".to_owned()))?;
                self.remove(owner(from), name.0).await.map_err(Refused::from)?;
                Ok(Bytes::new())
            }
            CallbackRequest::Unknown(_) => Err(unknown()),
        }
    }

    /// The name that somebody asks for, if there is such a callback.
    fn known(&self, which: wire::CallbackWhich) -> Result<Option<String>, Refusal> {
        let Some(name) = which.name.map(|name| name.0) else { return Ok(None) };
        let there = self.0.state().machine.callback(&name).is_some();
        if there {
            Ok(Some(name))
        } else {
            Err(Refusal::new(Code::NotFound, format!("there is no callback '{name}' here")))
        }
    }

    /// Watches a registrant, so that what it has registered ends with it.
    fn follow(&self, bus: &Bus, registrant: Address) {
        let owner = owner(registrant);
        if !self.0.state().followed.insert(owner.clone()) {
            return;
        }
        let (callbacks, mut watch) = (self.clone(), bus.watch(registrant));
        tokio::spawn(async move {
            let mut run = None;
            loop {
                match timeout(LOOK, watch.changed()).await {
                    Ok(Some(Presence::Up { incarnation })) if run.is_none_or(|run| run == incarnation) => {
                        run = Some(incarnation);
                    }
                    Ok(Some(Presence::Up { .. } | Presence::Down(_)) | None) => break,
                    // Under the lock, so that a registration meanwhile is seen here or starts a watch of its own.
                    Err(_) => {
                        let mut state = callbacks.0.state();
                        if !state.machine.owns(&owner) {
                            state.followed.remove(&owner);
                            return;
                        }
                    }
                }
            }
            callbacks.0.state().followed.remove(&owner);
            callbacks.owner_gone(owner);
        });
    }
}
