//! Requests of others: from the rows of the service to commands and looks for the loop, and its answers back.
//!
//! What the messages mean is in `service::messages`.

use protocol::interface::Refusal;
use protocol::service::{
    ServiceAddresses, ServiceChecked, ServiceHealth, ServiceHistory, ServiceList, ServiceReport,
    ServiceSettled, ServiceStatus, ServiceWhich,
};
use protocol::services::service::{Serve, Served};
use runtime::driver;
use runtime::presence::Face;
use service::{Answer, Command, messages};

use super::numbers;
use super::shell::Shell;

/// Whoever asks the core on behalf of others.
#[derive(Clone, Debug)]
struct Desk(driver::Desk<Shell>);

/// What others see of the daemon.
pub(crate) fn face(desk: driver::Desk<Shell>) -> Face {
    let numbers = desk.numbers(numbers::look, numbers::enter);
    Face::new(Served(Desk(desk)), numbers)
}

impl Desk {
    async fn command(&self, command: Command) -> Result<Answer, Refusal> {
        match self.0.ask(command).await? {
            Answer::Refused(refusal) => Err(messages::refused(&refusal)),
            answer => Ok(answer),
        }
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
        self.0.look(messages::list).await
    }

    async fn status(&self, asked: ServiceWhich) -> Result<ServiceStatus, Refusal> {
        let which = messages::which(asked);
        self.0.look(move |services| messages::status(services, which.as_deref())).await?
    }

    async fn history(&self, asked: ServiceWhich) -> Result<ServiceHistory, Refusal> {
        let which = messages::which(asked);
        self.0.look(move |services| messages::history(services, which.as_deref())).await?
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
        self.0.look(|services| messages::health(&services.health())).await
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
