//! Requests of others: from the rows of the service to commands and looks for the loop, and its answers back.
//!
//! Works beside the loop, which it reaches by a bounded queue: who finds it full waits. What the messages mean is in
//! `messages`.

use protocol::common::Code;
use protocol::interface::Refusal;
use protocol::service::{
    ServiceAddresses, ServiceChecked, ServiceHealth, ServiceHistory, ServiceList, ServiceReport,
    ServiceSettled, ServiceStatus, ServiceWhich,
};
use protocol::services::service::Serve;
use service::{Answer, Command, Phase, Services};
use tokio::sync::mpsc::Sender;
use tokio::sync::oneshot;

use super::messages;

/// A look at the core, with somebody who waits for what there is to be seen.
pub(crate) type Look = Box<dyn FnOnce(&Services) + Send>;

/// What came of a command, and what the daemon does now.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) answer: Answer,
    pub(crate) phase: Phase,
}

/// What others want of the loop.
pub(crate) enum Wish {
    Command(Command, oneshot::Sender<Answered>),
    Look(Look),
}

/// Whoever asks the core on behalf of others.
#[derive(Clone, Debug)]
pub(crate) struct Desk(Sender<Wish>);

fn stopping() -> Refusal {
    Refusal::new(Code::Stopping, "the service daemon is about to end")
}

fn lost() -> Refusal {
    Refusal::new(Code::Failed, "the service daemon had an internal error, or has ended")
}

impl Desk {
    pub(crate) fn new(wishes: Sender<Wish>) -> Self {
        Self(wishes)
    }

    async fn command(&self, command: Command) -> Result<Answered, Refusal> {
        let (to, answered) = oneshot::channel();
        self.0.send(Wish::Command(command, to)).await.map_err(|_| stopping())?;
        match answered.await.map_err(|_| lost())? {
            Answered { answer: Answer::Refused(refusal), .. } => Err(messages::refused(&refusal)),
            answered => Ok(answered),
        }
    }

    /// Looks at the core.
    pub(crate) async fn look<T: Send + 'static>(
        &self,
        look: impl FnOnce(&Services) -> T + Send + 'static,
    ) -> Result<T, Refusal> {
        let (to, seen) = oneshot::channel();
        let look: Look = Box::new(move |services| {
            let _ = to.send(look(services));
        });
        self.0.send(Wish::Look(look)).await.map_err(|_| stopping())?;
        seen.await.map_err(|_| lost())
    }

    async fn settle(&self, command: Command) -> Result<ServiceSettled, Refusal> {
        messages::settled(self.command(command).await?)
    }

    async fn do_it(&self, command: Command) -> Result<(), Refusal> {
        self.command(command).await.map(|_| ())
    }
}

impl Serve for Desk {
    async fn list(&self, (): ()) -> Result<ServiceList, Refusal> {
        self.look(messages::list).await
    }

    async fn status(&self, asked: ServiceWhich) -> Result<ServiceStatus, Refusal> {
        let which = messages::which(asked);
        self.look(move |services| messages::status(services, which.as_deref())).await?
    }

    async fn history(&self, asked: ServiceWhich) -> Result<ServiceHistory, Refusal> {
        let which = messages::which(asked);
        self.look(move |services| messages::history(services, which.as_deref())).await?
    }

    async fn check(&self, asked: ServiceWhich) -> Result<ServiceChecked, Refusal> {
        messages::checked(self.command(Command::Check(messages::which(asked))).await?)
    }

    async fn enable(&self, asked: ServiceWhich) -> Result<(), Refusal> {
        self.do_it(Command::Enable(messages::one(asked)?)).await
    }

    async fn disable(&self, asked: ServiceWhich) -> Result<(), Refusal> {
        self.do_it(Command::Disable(messages::one(asked)?)).await
    }

    async fn startup(&self, (): ()) -> Result<ServiceSettled, Refusal> {
        self.settle(Command::Startup).await
    }

    async fn shutdown(&self, (): ()) -> Result<ServiceSettled, Refusal> {
        self.settle(Command::Shutdown).await
    }

    async fn health(&self, (): ()) -> Result<ServiceHealth, Refusal> {
        self.look(|services| messages::health(&services.health())).await
    }

    async fn addresses(&self, asked: ServiceAddresses) -> Result<(), Refusal> {
        self.do_it(Command::Addresses(messages::addresses(asked)?)).await
    }

    async fn report(&self, asked: ServiceReport) -> Result<(), Refusal> {
        let ServiceReport { service, healthy, reason, .. } = asked;
        self.do_it(Command::Report { service: service.0, healthy, reason: reason.0 }).await
    }

    async fn restart(&self, asked: ServiceWhich) -> Result<ServiceSettled, Refusal> {
        self.settle(Command::Restart(messages::one(asked)?)).await
    }
}
