//! What docs/services.md says is so: its configuration is taken, and its words are those of the daemon.

use std::path::Path;

use config::{Anywhere, Role, Sources};
use service::{Config, Operation, Phase, State};

fn page() -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/services.md")).unwrap()
}

#[test]
fn the_first_configuration_is_taken_as_it_stands() {
    let page = page();
    let block = page.split("```ini\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let mut sources = Sources::default();
    sources.add("60-services.conf", Role::Part, block);
    let (settings, doubts) = sources.settings(&["serviced", "service"], &Anywhere::default()).unwrap();
    assert_eq!(doubts, []);
    let config = Config::from_settings(&settings).unwrap();
    assert_eq!(config.problems(), []);
    let made_of: Vec<_> = config.services.iter().map(|spec| spec.kind.made_of()).collect();
    assert_eq!(made_of, ["files", "nginx.service"]);
}

#[test]
fn every_state_phase_and_cause_is_explained() {
    let page = page();
    for state in State::ALL {
        assert!(page.contains(&format!("\n| `{state}` | ")), "{state}");
    }
    assert!(Phase::ALL.iter().all(|phase| page.contains(&format!("`{phase}`"))));
    let causes = [
        Operation::Start,
        Operation::Check,
        Operation::Stop,
        Operation::Report,
        Operation::Command,
        Operation::Required,
        Operation::Configuration,
        Operation::Damping,
        Operation::Adoption,
    ];
    assert!(causes.iter().all(|cause| page.contains(&format!("`{cause}`"))));
}
