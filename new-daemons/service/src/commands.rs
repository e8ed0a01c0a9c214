//! Commands: what somebody wants of all services or of one.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::time::Duration;

use machine::{Level, RequestId, Time, Wall};

use crate::addresses::Addresses;
use crate::answers::{Awaited, Waiters};
use crate::course::Course;
use crate::fleet::Fleet;
use crate::io::{Address, Answer, Command, Refusal};
use crate::limits::{ADDRESSES_MAX, INTERFACE_MAX, SERVICES_MAX};
use crate::out::Out;
use crate::outcome::Operation;
use crate::saved::Reported;
use crate::words::cut;

/// What a command may change.
pub(crate) struct Commands<'a> {
    pub(crate) now: Time,
    pub(crate) today: Wall,
    /// How long changes of addresses are gathered.
    pub(crate) settle: Duration,
    pub(crate) course: &'a mut Course,
    pub(crate) all: &'a mut Fleet,
    /// Which services are enabled and disabled by command.
    pub(crate) choices: &'a mut BTreeMap<String, bool>,
    pub(crate) addresses: &'a mut Addresses,
    pub(crate) waiters: &'a mut Waiters,
    pub(crate) out: &'a mut Out,
}

impl Commands<'_> {
    pub(crate) fn command(&mut self, id: RequestId, command: Command) {
        match self.carry_out(id, command) {
            Ok(None) => {}
            Ok(Some(answer)) => self.out.answer(id, answer),
            Err(refusal) => self.out.answer(id, Answer::Refused(refusal)),
        }
    }

    /// None when the answer comes later.
    fn carry_out(&mut self, id: RequestId, command: Command) -> Result<Option<Answer>, Refusal> {
        let outside = self.course.is_outside();
        match command {
            Command::Startup | Command::Shutdown if outside => {
                Ok(Some(Answer::Settled(self.course.phase(), Vec::new())))
            }
            Command::Startup => self.startup(id).map(|()| None),
            Command::Shutdown => self.shutdown(id).map(|()| None),
            Command::Check(name) => self.ask_check(id, name.as_deref()).map(|()| None),
            Command::Enable(name) => self.enable(&name, true).map(Some),
            Command::Disable(name) => self.enable(&name, false).map(Some),
            Command::Restart(_) if outside => Err(Refusal::Outside),
            Command::Restart(name) => self.restart(id, name).map(|()| None),
            Command::Addresses(all) => self.set_addresses(all).map(Some),
            Command::Report { .. } if !outside => Err(Refusal::NotOutside),
            Command::Report { service, healthy, reason } => {
                let of = self.all.find(&service)?;
                let reason = if reason.trim().is_empty() { "without a reason" } else { reason.trim() };
                of.report(Reported { healthy, reason: cut(reason), at: self.today });
                Ok(Some(Answer::Done))
            }
        }
    }

    fn startup(&mut self, id: RequestId) -> Result<(), Refusal> {
        self.waiters.wait(id, Awaited::Startup)?;
        if self.course.start() {
            self.out.log(Level::Notice, "services are being started".to_owned());
            self.all.iter_mut().for_each(|service| service.presence.ask_again());
        } else {
            for service in self.all.iter_mut().filter(|service| service.presence.start_failed()) {
                service.restarting.forget();
                service.cycle(Operation::Command);
            }
        }
        self.waiters.overtake(&Awaited::Shutdown, "startup", self.out);
        Ok(())
    }

    fn shutdown(&mut self, id: RequestId) -> Result<(), Refusal> {
        self.waiters.wait(id, Awaited::Shutdown)?;
        if self.course.stop() {
            self.out.log(Level::Notice, "services are being stopped".to_owned());
            self.all.iter_mut().for_each(|service| service.presence.ask_again());
        }
        self.waiters.overtake(&Awaited::Startup, "shutdown", self.out);
        Ok(())
    }

    fn ask_check(&mut self, id: RequestId, name: Option<&str>) -> Result<(), Refusal> {
        let chosen: BTreeSet<String> = match name {
            Some(name) => {
                if !self.all.find(name)?.spec.checked {
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
        self.waiters.wait(id, Awaited::Check { left: chosen.clone(), checked: Vec::new() })?;
        for service in self.all.iter_mut().filter(|service| chosen.contains(&service.spec.name)) {
            service.checking.ask(true);
        }
        Ok(())
    }

    fn enable(&mut self, name: &str, on: bool) -> Result<Answer, Refusal> {
        self.all.find(name)?;
        if self.choices.insert(name.to_owned(), on) != Some(on) {
            // A service that was configured once may come back, but not any number of them.
            if self.choices.len() > 4 * SERVICES_MAX {
                let names: BTreeSet<_> = self.all.iter().map(|service| service.spec.name.clone()).collect();
                self.choices.retain(|name, _| names.contains(name));
            }
            self.out.keep(self.choices.clone());
        }
        let fresh = on && self.course.is_under_way();
        let service = self.all.find(name)?;
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
        let service = self.all.find(&name)?;
        if !service.enabled {
            return Err(Refusal::Disabled(name));
        }
        if !self.course.is_active() {
            return Err(Refusal::Phase(self.course.phase().word()));
        }
        self.waiters.wait(id, Awaited::Restart(name))?;
        service.restarting.forget();
        service.damping.forget();
        service.judgement.forgive();
        // One that is on its way already comes up by itself.
        if service.presence.is_there() {
            service.cycle(Operation::Command);
        }
        Ok(())
    }

    fn set_addresses(&mut self, all: Vec<Address>) -> Result<Answer, Refusal> {
        if all.len() > ADDRESSES_MAX || !all.iter().all(is_good) {
            return Err(Refusal::Addresses);
        }
        let all: BTreeSet<Address> = all.into_iter().collect();
        self.addresses.name(self.now, all, self.settle);
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
