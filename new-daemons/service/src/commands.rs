//! Commands: what somebody wants of all services or of one.

use std::collections::BTreeSet;
use std::net::IpAddr;

use machine::{Level, RequestId, Time};

use crate::answers::{Waiter, Wanted};
use crate::io::{Address, Answer, Command, Refusal};
use crate::limits::{ADDRESSES_MAX, INTERFACE_MAX, SERVICES_MAX, WAITERS_MAX};
use crate::outcome::Operation;
use crate::saved::Reported;
use crate::services::Services;
use crate::spec::Manager;
use crate::view::Phase;
use crate::words::cut;

impl Services {
    pub(crate) fn command(&mut self, now: Time, id: RequestId, command: Command) {
        match self.carry_out(now, id, command) {
            Ok(None) => {}
            Ok(Some(answer)) => self.out.answer(id, answer),
            Err(refusal) => self.out.answer(id, Answer::Refused(refusal)),
        }
    }

    /// None when the answer comes later.
    fn carry_out(&mut self, now: Time, id: RequestId, command: Command) -> Result<Option<Answer>, Refusal> {
        let outside = self.manager() == Manager::Outside;
        match command {
            Command::Startup | Command::Shutdown if outside => {
                Ok(Some(Answer::Settled(self.phase, Vec::new())))
            }
            Command::Startup => self.startup(id).map(|()| None),
            Command::Shutdown => self.shutdown(id).map(|()| None),
            Command::Check(name) => self.ask_check(id, name.as_deref()).map(|()| None),
            Command::Enable(name) => self.enable(&name, true).map(Some),
            Command::Disable(name) => self.enable(&name, false).map(Some),
            Command::Restart(_) if outside => Err(Refusal::Outside),
            Command::Restart(name) => self.restart(id, name).map(|()| None),
            Command::Addresses(all) => self.set_addresses(now, all).map(Some),
            Command::Report { .. } if !outside => Err(Refusal::NotOutside),
            Command::Report { service, healthy, reason } => {
                let at = self.find(&service)?;
                let reason = if reason.trim().is_empty() { "without a reason" } else { reason.trim() };
                let at_wall = self.calendar.wall(now);
                self.all[at].report(Reported { healthy, reason: cut(reason), at: at_wall });
                Ok(Some(Answer::Done))
            }
        }
    }

    fn find(&self, name: &str) -> Result<usize, Refusal> {
        let there = self.at(name).filter(|at| !self.all[*at].leaving);
        there.ok_or_else(|| Refusal::Unknown(cut(name)))
    }

    fn wait(&mut self, id: RequestId, wanted: Wanted) -> Result<(), Refusal> {
        if self.waiters.len() >= WAITERS_MAX {
            return Err(Refusal::Busy);
        }
        self.waiters.push(Waiter { id, wanted });
        Ok(())
    }

    fn startup(&mut self, id: RequestId) -> Result<(), Refusal> {
        self.wait(id, Wanted::Startup)?;
        if self.is_active() {
            for service in self.all.iter_mut().filter(|service| service.presence.start_failed()) {
                service.restarting.forget();
                service.cycle(Operation::Command);
            }
        } else {
            self.out.log(Level::Notice, "services are being started".to_owned());
            self.phase = Phase::Starting;
            for service in &mut self.all {
                service.presence.ask_again();
            }
        }
        self.overtake(&Wanted::Shutdown, "startup");
        Ok(())
    }

    fn shutdown(&mut self, id: RequestId) -> Result<(), Refusal> {
        self.wait(id, Wanted::Shutdown)?;
        if self.phase != Phase::Stopping {
            self.out.log(Level::Notice, "services are being stopped".to_owned());
            for service in &mut self.all {
                service.presence.ask_again();
            }
            self.phase = Phase::Stopping;
        }
        self.overtake(&Wanted::Startup, "shutdown");
        Ok(())
    }

    fn ask_check(&mut self, id: RequestId, name: Option<&str>) -> Result<(), Refusal> {
        let chosen: BTreeSet<String> = match name {
            Some(name) => {
                let service = &self.all[self.find(name)?];
                if !service.spec.checked {
                    return Err(Refusal::NotChecked(name.to_owned()));
                }
                [name.to_owned()].into()
            }
            None => {
                let checked = self
                    .all
                    .iter()
                    .filter(|service| service.spec.checked && service.enabled && !service.leaving);
                checked.map(|service| service.spec.name.clone()).collect()
            }
        };
        self.wait(id, Wanted::Check { left: chosen.clone(), checked: Vec::new() })?;
        for service in self.all.iter_mut().filter(|service| chosen.contains(&service.spec.name)) {
            service.checking.ask(true);
        }
        Ok(())
    }

    fn enable(&mut self, name: &str, on: bool) -> Result<Answer, Refusal> {
        let at = self.find(name)?;
        if self.choices.insert(name.to_owned(), on) != Some(on) {
            // A service that was configured once may come back, but not any number of them.
            if self.choices.len() > 4 * SERVICES_MAX {
                let names: BTreeSet<_> = self.all.iter().map(|service| service.spec.name.clone()).collect();
                self.choices.retain(|name, _| names.contains(name));
            }
            self.out.keep(self.choices.clone());
        }
        let fresh = on && self.phase == Phase::Running && self.manager() == Manager::Ctdb;
        let service = &mut self.all[at];
        if service.enabled != on {
            service.enabled = on;
            service.fresh = fresh;
            service.shown.because(Operation::Command);
        }
        service.presence.ask_again();
        service.restarting.forget();
        Ok(Answer::Done)
    }

    fn restart(&mut self, id: RequestId, name: String) -> Result<(), Refusal> {
        let at = self.find(&name)?;
        if !self.all[at].enabled {
            return Err(Refusal::Disabled(name));
        }
        if !self.is_active() {
            return Err(Refusal::Phase(self.phase.word()));
        }
        self.wait(id, Wanted::Restart(name))?;
        let service = &mut self.all[at];
        service.restarting.forget();
        service.damping.forget();
        service.judgement.forgive();
        // One that is on its way already comes up by itself.
        if service.presence.is_there() {
            service.cycle(Operation::Command);
        }
        Ok(())
    }

    fn set_addresses(&mut self, now: Time, all: Vec<Address>) -> Result<Answer, Refusal> {
        if all.len() > ADDRESSES_MAX || !all.iter().all(is_good) {
            return Err(Refusal::Addresses);
        }
        let all: BTreeSet<Address> = all.into_iter().collect();
        let settle = self.config.as_ref().map(|config| config.settle).unwrap_or_default();
        self.addresses.name(now, all, settle);
        Ok(Answer::Done)
    }
}

fn is_good(address: &Address) -> bool {
    let most = match address.address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    };
    let name = |b: u8| b.is_ascii_graphic() && b != b'/';
    address.bits <= most && address.interface.len() <= INTERFACE_MAX && address.interface.bytes().all(name)
}
