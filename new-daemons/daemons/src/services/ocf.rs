//! A service that is an OCF resource agent, run as Pacemaker runs it.
//!
//! Actions, environment and exit statuses are those of the OCF resource agent API 1.1; the variables with `CRM_meta` in their
//! names are what Pacemaker adds, and Debian's agents read. An agent that runs in vain says why in a line that begins with
//! `ocf-exit-reason:`. The parameter `OCF_CHECK_LEVEL` is the depth of checks, as it is an option of operations there.

use std::collections::BTreeMap;
use std::path::PathBuf;

use runtime::process::Program;
use service::{How, OperationOutcome, Spec, Work};

use super::Place;
use super::operation::{Operation, add_line, cannot, said};

/// An agent prints its reasons behind this.
const REASON: &str = "ocf-exit-reason:";

/// The depth of checks.
const CHECK_LEVEL: &str = "OCF_CHECK_LEVEL";

/// What agents find in `OCF_RESKEY_crm_feature_set`: that of the Pacemaker whose variables these are.
const FEATURE_SET: &str = "3.16.2";

/// Where agents look for programs, as Pacemaker has it.
const PATH: &str = "/sbin:/bin:/usr/sbin:/usr/bin";

const NOT_RUNNING: u8 = 7;

/// What Pacemaker calls the exit statuses.
const STATUSES: &[(u8, &str)] = &[
    (1, "generic error"),
    (2, "wrong arguments"),
    (3, "the agent does not know this action"),
    (4, "not permitted"),
    (5, "not installed"),
    (6, "wrong configuration"),
    (7, "not running"),
    (8, "running, promoted"),
    (9, "failed, promoted"),
    (190, "running, degraded"),
    (191, "running, promoted, degraded"),
];

/// An agent: where it is, and the parts of its name.
#[derive(Debug, PartialEq, Eq)]
struct Agent<'a> {
    path: PathBuf,
    provider: &'a str,
    name: &'a str,
}

impl<'a> Agent<'a> {
    fn find(place: &Place, agent: &'a str) -> Option<Self> {
        let mut parts = agent.split(':');
        let (class, provider, name) = (parts.next()?, parts.next()?, parts.next()?);
        let good = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.contains('/');
        if class != "ocf" || parts.next().is_some() || !good(provider) || !good(name) {
            return None;
        }
        let path = place.ocf_root.join("resource.d").join(provider).join(name);
        Some(Self { path, provider, name })
    }
}

/// The program of an action, with all that Pacemaker would say to it.
fn program(
    place: &Place,
    spec: &Spec,
    agent: &Agent<'_>,
    parameters: &BTreeMap<String, String>,
    action: &str,
    operation: &Operation,
) -> Program {
    let interval = if action == "monitor" { spec.check_interval.as_millis() } else { 0 };
    let node = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    let mut program = Program::new(&agent.path)
        .args([action])
        .env("PATH", PATH)
        .env("LC_ALL", "C")
        .env("OCF_ROOT", &place.ocf_root)
        .env("OCF_RA_VERSION_MAJOR", "1")
        .env("OCF_RA_VERSION_MINOR", "1")
        .env("OCF_RESOURCE_INSTANCE", &spec.name)
        .env("OCF_RESOURCE_PROVIDER", agent.provider)
        .env("OCF_RESOURCE_TYPE", agent.name)
        .env("__OCF_ACTION", action)
        .env("OCF_RESKEY_crm_feature_set", FEATURE_SET)
        .env("OCF_RESKEY_CRM_meta_name", action)
        .env("OCF_RESKEY_CRM_meta_timeout", operation.limit().as_millis().to_string())
        .env("OCF_RESKEY_CRM_meta_interval", interval.to_string())
        .env("OCF_RESKEY_CRM_meta_on_node", node.trim_end());
    for (name, value) in parameters {
        program = match name.as_str() {
            CHECK_LEVEL if action != "monitor" => program,
            CHECK_LEVEL => program.env(CHECK_LEVEL, value),
            name => program.env(format!("OCF_RESKEY_{name}"), value),
        };
    }
    program
}

/// What an end means for an action, and the agent's reason as the last line.
fn judge(action: &str, mut outcome: OperationOutcome) -> OperationOutcome {
    let How::Failed(status) = outcome.how else { return outcome };
    outcome.how = match (action, status) {
        ("monitor", NOT_RUNNING) => How::NotRunning,
        ("stop", NOT_RUNNING) | ("monitor", 8 | 190 | 191) => How::Ok,
        (_, status) => How::Failed(status),
    };
    let mut reasons = outcome.output.text.lines().filter_map(|line| line.trim().strip_prefix(REASON));
    let meaning = STATUSES.iter().find(|(number, _)| *number == status).map(|(_, meaning)| *meaning);
    if let Some(reason) =
        reasons.next_back().filter(|reason| !reason.is_empty()).or(meaning).map(str::to_owned)
        && outcome.output.text.lines().last() != Some(&reason)
    {
        add_line(&mut outcome.output, &reason);
    }
    outcome
}

/// Whether an agent says in its description that it has an action.
fn has_action(description: &str, wanted: &str) -> bool {
    description.split("<action").skip(1).any(|rest| {
        let tag = rest.split('>').next().unwrap_or_default();
        let name = tag.split_once("name=").map(|(_, name)| name.trim_start());
        let quote = name.and_then(|name| name.chars().next()).filter(|quote| "\"'".contains(*quote));
        quote.is_some_and(|quote| name.is_some_and(|name| name.split(quote).nth(1) == Some(wanted)))
    })
}

/// Does something with a service.
pub(super) async fn run(
    place: &Place,
    spec: &Spec,
    agent: &str,
    parameters: &BTreeMap<String, String>,
    work: &Work,
    operation: &mut Operation,
) -> OperationOutcome {
    let Some(agent) = Agent::find(place, agent) else {
        return cannot(format!("'{agent}' is no name of an agent: write ocf:PROVIDER:TYPE"));
    };
    let action = match work {
        Work::Start => "start",
        Work::Stop => "stop",
        Work::Check => "monitor",
        Work::Reconfigure(_) => "reload",
    };
    if action == "reload" {
        let description = program(place, spec, &agent, parameters, "meta-data", operation);
        let told = operation.program(description).await;
        if !told.how.is_ok() {
            return told;
        }
        if !has_action(&told.output.text, action) {
            return said(How::Ok, "the agent has no reload: nothing was done\n");
        }
    }
    let program = program(place, spec, &agent, parameters, action, operation);
    judge(action, operation.program(program).await)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judged(action: &str, status: u8, output: &str) -> (How, String) {
        let outcome = judge(action, said(How::Failed(status), output));
        (outcome.how, outcome.output.text)
    }

    #[test]
    fn statuses_mean_what_they_mean_to_pacemaker() {
        assert_eq!(judged("monitor", 7, "").0, How::NotRunning);
        assert_eq!(judged("start", 7, "").0, How::Failed(7));
        assert_eq!(judged("stop", 7, "").0, How::Ok);
        assert_eq!(judged("stop", 1, "").0, How::Failed(1));
        for running in [8, 190, 191] {
            assert_eq!(judged("monitor", running, "").0, How::Ok);
        }
        assert_eq!(judged("monitor", 9, "").0, How::Failed(9));
        assert_eq!(judge("monitor", said(How::Ok, "fine")), said(How::Ok, "fine"));
    }

    #[test]
    fn the_last_line_says_why_in_the_agents_words_or_in_those_of_the_status() {
        let (_, text) = judged("start", 5, "x\nocf-exit-reason:no apache\nINFO: bye");
        assert_eq!(text, "x\nocf-exit-reason:no apache\nINFO: bye\nno apache\n");
        assert_eq!(judged("start", 5, "x").1, "x\nnot installed\n");
        assert_eq!(judged("start", 99, "x\n").1, "x\n");
    }

    #[test]
    fn a_name_of_an_agent_cannot_lead_out_of_the_directory_of_agents() {
        let place = Place::new("/etc/ctdb".into());
        let agent = Agent::find(&place, "ocf:heartbeat:Dummy").unwrap();
        assert_eq!(agent.path, PathBuf::from("/usr/lib/ocf/resource.d/heartbeat/Dummy"));
        for bad in ["Dummy", "ocf:Dummy", "lsb:x:y", "ocf:a:b:c", "ocf::b", "ocf:..:b", "ocf:a:../../x"] {
            assert_eq!(Agent::find(&place, bad), None, "{bad}");
        }
    }

    #[test]
    fn an_action_is_found_in_a_description_however_it_is_quoted() {
        let text = "<action timeout='5' name='reload' />\n<action name=\"meta-data\" timeout=\"5s\"/>";
        assert!(has_action(text, "reload") && has_action(text, "meta-data"));
        assert!(!has_action(text, "start") && !has_action("<actions>reload</actions>", "reload"));
    }
}
