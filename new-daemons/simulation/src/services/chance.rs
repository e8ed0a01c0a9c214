//! What happens by chance: services break and are repaired, people give commands, configurations change.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use service::{Address, Command, Config, How, Input, Kind, Program, Restart, Spec, Work};

use super::host::Running;
use super::{Serviced, Todo};

impl Serviced {
    pub(super) fn chance(&mut self) {
        let name = self.any_name();
        match self.stage.rng.random_range(0..100) {
            0..20 => self.host.services.entry(name).or_default().broken = true,
            20..45 => self.host.services.entry(name).or_default().broken = false,
            45..50 => {
                let busy = self.host.is_changing(&name);
                self.host.services.entry(name).or_default().runs &= busy;
            }
            50..56 => self.command(Command::Startup),
            56..58 => self.command(Command::Shutdown),
            58..62 => self.command(Command::Disable(name)),
            62..68 => self.command(Command::Enable(name)),
            68..72 => self.command(Command::Restart(name)),
            72..75 => self.command(Command::Check(None)),
            75..78 => self.command(Command::Check(Some(name))),
            78..84 => {
                let count = self.stage.rng.random_range(0..4_u8);
                let all = (0..count).map(|_| self.any_address()).collect();
                self.command(Command::Addresses(all));
            }
            84..86 => {
                let report = Command::Report { service: name, healthy: false, reason: "x".into() };
                self.command(report);
            }
            86..90 => self.input(Input::Look(name)),
            90..94 => {
                self.config = self.any_config();
                self.input(Input::Configure(self.config.clone()));
            }
            94..96 => {
                // Not taken: what was goes on.
                let mut wrong = self.config.clone();
                wrong.services.extend(wrong.services.first().cloned());
                wrong.history = 0;
                self.input(Input::Configure(wrong));
            }
            _ => self.kill(),
        }
        let after =
            if self.stage.rng.random_bool(0.3) { self.stage.millis(60_000) } else { self.stage.millis(3000) };
        self.stage.plan(after, Todo::Chance);
    }

    fn any_name(&mut self) -> String {
        self.names.choose(&mut self.stage.rng).cloned().unwrap_or_default()
    }

    fn any_address(&mut self) -> Address {
        let last = self.stage.rng.random_range(1..6);
        Address { address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, last)), bits: 24, interface: "eth0".into() }
    }

    pub(super) fn any_config(&mut self) -> Config {
        let names = self.names.clone();
        let mut services: Vec<Spec> = Vec::new();
        for name in &names {
            if self.stage.rng.random_bool(0.15) {
                continue;
            }
            // Those that stay are mostly as they were.
            let before = self.config.services.iter().find(|spec| spec.name == *name).cloned();
            let mut spec = match before {
                Some(spec) if self.stage.rng.random_bool(0.7) => spec,
                _ => self.any_spec(name),
            };
            let there: Vec<String> = services.iter().map(|spec| spec.name.clone()).collect();
            spec.requires.retain(|other| there.contains(other));
            spec.after.retain(|other| there.contains(other));
            services.push(spec);
        }
        // Not in their order.
        let turn = self.stage.rng.random_range(0..=services.len());
        services.rotate_left(turn);
        Config { settle: self.stage.millis(2000), services, ..Config::default() }
    }

    fn any_spec(&mut self, name: &str) -> Spec {
        let before: Vec<String> = self.names.iter().take_while(|other| *other != name).cloned().collect();
        let rng = &mut self.stage.rng;
        let kind = if rng.random_bool(0.5) {
            Kind::Script { component: name.to_owned() }
        } else {
            Kind::Systemd { unit: format!("{name}{}.service", rng.random_range(0..2)) }
        };
        let mut some = |p: f64| before.iter().filter(|_| rng.random_bool(p)).cloned().collect::<Vec<_>>();
        let (requires, after) = (some(0.35), some(0.2));
        let millis = Duration::from_millis;
        Spec {
            requires,
            after,
            counts: rng.random_bool(0.8),
            enabled: rng.random_bool(0.9),
            checked: rng.random_bool(0.95),
            start_limit: millis(rng.random_range(500..30_000)),
            stop_limit: millis(rng.random_range(500..30_000)),
            check_limit: millis(rng.random_range(500..20_000)),
            check_interval: millis(rng.random_range(1000..20_000)),
            fail_after: rng.random_range(1..4),
            recover_after: rng.random_range(1..4),
            restart: if rng.random_bool(0.6) { Restart::OnFailure } else { Restart::Never },
            restart_limit: rng.random_range(1..5),
            flap_limit: rng.random_range(2..8),
            reconfigure: rng
                .random_bool(0.5)
                .then(|| Program { path: "/bin/tell".into(), arguments: Vec::new() }),
            ..Spec::new(name, kind)
        }
    }

    /// How long an operation takes; none when it hangs until somebody ends it.
    pub(super) fn takes(&mut self, name: &str, limit: Duration) -> Option<Duration> {
        if self.calm {
            return Some(Duration::from_millis(5));
        }
        let broken = self.host.services.get(name).is_some_and(|service| service.broken);
        match self.stage.rng.random_range(0..20) {
            0 => None,
            1 => Some(limit),
            2 if broken => Some(limit * 2),
            3..6 => Some(self.stage.millis(5000)),
            _ => Some(self.stage.millis(200)),
        }
    }

    /// How a process ends. That a service does not run is only said when it does not.
    pub(super) fn result(&mut self, process: &Running) -> How {
        let service = self.host.services.get(&process.service).cloned().unwrap_or_default();
        if process.ending.is_some() {
            let luck = self.stage.rng.random_bool(0.1) && !matches!(process.work, Work::Check);
            return if luck { How::Ok } else { How::Killed(15) };
        }
        if process.work == Work::Check {
            return match (service.runs, service.broken) {
                (true, false) => How::Ok,
                (true, true) => How::Failed(1),
                // Some kinds cannot tell that it does not run.
                (false, _) if !self.calm && self.stage.rng.random_bool(0.5) => How::Failed(1),
                (false, _) => How::NotRunning,
            };
        }
        let bad = !self.calm && self.stage.rng.random_bool(if service.broken { 0.5 } else { 0.05 });
        match bad.then(|| self.stage.rng.random_range(0..4)) {
            None => How::Ok,
            Some(0) => How::Killed(11),
            Some(1) if process.began == self.stage.now => How::CannotRun("there is no such program".into()),
            Some(_) => How::Failed(self.stage.rng.random_range(1..=255)),
        }
    }
}
