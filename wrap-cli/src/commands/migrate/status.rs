//! `migrate status`: each function of this node, and who answers for it.

use bus::Node;
use protocol::daemons::{EVENT, SERVICE, TUNNEL};
use protocol::service::ServiceHealth;
use protocol::services::service::Health;
use protocol::tunnel::PeerState;
use schemars::JsonSchema;
use serde::Serialize;

use super::rungs;
use crate::backend::legacy::eventd::Eventd;
use crate::backend::native;
use crate::backend::native::service::Serviced;
use crate::backend::{Addresses, Events, Nodes};
use crate::commands::row::NoArgs;
use crate::commands::service::words::phase;
use crate::commands::{Shown, tunnel, view};
use crate::context::Context;
use crate::error::{Error, Failure};
use crate::exit::Exit;
use crate::host::paths;
use crate::render::table::table;

/// The functions of a node.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Status {
    pub(crate) functions: Vec<Function>,
}

/// One function.
#[derive(Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Function {
    /// `cluster`, `recovery`, `database`, `ip`, `event`, `service` or `tunnel`.
    pub(crate) name: &'static str,
    /// `ctdbd`, `ctdb_recoverd`, `ctdb-eventd`, `ctdb-serviced`, `ctdb-tunneld`; null when nobody answers.
    pub(crate) served_by: Option<&'static str>,
    /// What was seen.
    pub(crate) seen: String,
    /// Whether the node is not whole without it.
    #[serde(skip)]
    needed: bool,
}

impl Shown for Status {
    fn table(&self) -> String {
        let rows = self.functions.iter().map(|function| {
            vec![function.name.into(), function.served_by.unwrap_or("nobody").into(), function.seen.clone()]
        });
        table(&[("FUNCTION", false), ("SERVED BY", false), ("SEEN", false)], rows)
    }

    /// All that a node needs; the tunnel is extra, and of another node only new daemons can be asked.
    fn exit(&self) -> Exit {
        let lacks = |function: &Function| function.needed && function.served_by.is_none();
        if self.functions.iter().any(lacks) { Exit::No } else { Exit::Done }
    }
}

fn answer(name: &'static str, by: &'static str, seen: Result<String, Failure>) -> Function {
    match seen {
        Ok(seen) => Function { name, served_by: Some(by), seen, needed: true },
        Err(failure) => Function { name, served_by: None, seen: failure.to_string(), needed: true },
    }
}

pub(crate) async fn run(cx: &Context, _: NoArgs) -> Result<Status, Error> {
    let cluster = cx.nodes().await;
    let node = match (&cx.settings.nodes, cluster) {
        (None, _) => return here(cx).await,
        (Some(_), Err(error)) => return Err(error),
        (Some(_), Ok(cluster)) => {
            let nodes = view::node_map(&*cluster).await?;
            let node = view::one_node(&*cluster, &cx.settings, &nodes)?;
            if node == cluster.this_node() {
                return here(cx).await;
            }
            node
        }
    };
    there(cx, node).await
}

/// Of another node: ctdbd is asked through the one of this node, and new daemons on the bus. A daemon of C that is not ctdbd
/// answers on its own node only.
async fn there(cx: &Context, node: u32) -> Result<Status, Error> {
    let mut functions = of_ctdbd(&*cx.nodes().await?, &*cx.addresses().await?, node).await;
    let unknown = |name, error: String| Function { name, served_by: None, seen: error, needed: false };
    let event = async { native::Eventd::of(Node(node), cx)?.about().await.map_err(Error::Daemon) };
    functions.push(match event.await {
        Ok(about) => {
            let alone = if about.ctdbd { "" } else { ", beside the one of ctdbd" };
            let seen = format!("the new one, version {}{alone}", about.release);
            Function { name: EVENT.noun(), served_by: Some(EVENT.program), seen, needed: true }
        }
        Err(error) => {
            unknown(EVENT.noun(), format!("not known here, as C's is asked on its own node only: {error}"))
        }
    });
    let service = async { Serviced::of(Node(node), cx)?.ask::<Health>(&()).await };
    functions.push(match service.await {
        Ok(health) => {
            let (name, by) = (SERVICE.noun(), Some(SERVICE.program));
            Function { name, served_by: by, seen: services(&health), needed: true }
        }
        Err(error) => {
            unknown(SERVICE.noun(), format!("not known here, as C's is asked on its own node only: {error}"))
        }
    });
    functions.push(of_tunnel(&cx.at(node)).await);
    Ok(Status { functions })
}

async fn here(cx: &Context) -> Result<Status, Error> {
    let functions = async {
        let cluster = cx.nodes().await?;
        Ok(of_ctdbd(&*cluster, &*cx.addresses().await?, cluster.this_node()).await)
    };
    let mut functions = match functions.await {
        Ok(functions) => functions,
        Err::<_, Error>(error) => {
            let silent = |name| Function { name, served_by: None, seen: error.to_string(), needed: true };
            ["cluster", "recovery", "database", "ip"].map(silent).into()
        }
    };
    let eventd = Eventd::at(&paths::eventd_socket(&cx.socket), cx.timeout);
    let (event, service) = match eventd.last_run("legacy", "monitor").await {
        Ok(run) => {
            let seen = match run.as_ref().map(|run| run.summary) {
                None => "services are not watched yet".to_owned(),
                Some(0) => "all watched services are well".to_owned(),
                Some(_) => "a watched service is not well; see 'service status'".to_owned(),
            };
            let whose = match rungs::new_eventd(cx).await {
                Some(release) => format!("the new one, version {release}"),
                None => "C's".to_owned(),
            };
            (Ok(whose), Ok(seen))
        }
        Err(error) => (Err(error.to_string()), Err(error.to_string())),
    };
    for (name, seen) in [(EVENT.noun(), event), (SERVICE.noun(), service)] {
        let served_by = seen.is_ok().then_some(EVENT.program);
        functions.push(Function { name, served_by, seen: seen.unwrap_or_else(|error| error), needed: true });
    }
    if let (Some(health), Some(service)) = (of_services(cx).await, functions.last_mut()) {
        *service =
            Function { name: SERVICE.noun(), served_by: Some(SERVICE.program), seen: health, needed: true };
    }
    functions.push(of_tunnel(cx).await);
    Ok(Status { functions })
}

async fn of_tunnel(cx: &Context) -> Function {
    let (name, needed) = (TUNNEL.noun(), false);
    match tunnel::status(cx, NoArgs {}).await {
        Ok(status) => {
            let up = status.peers.iter().filter(|peer| peer.state == PeerState::Up).count();
            let seen = format!("{up} of {} other nodes have one too", status.peers.len());
            Function { name, served_by: Some(TUNNEL.program), seen, needed }
        }
        Err(error) => Function { name, served_by: None, seen: error.to_string(), needed },
    }
}

/// What ctdb-serviced says of this node, if it is there.
async fn of_services(cx: &Context) -> Option<String> {
    let serviced = Serviced::of(Node::LOCAL, cx).ok()?;
    Some(services(&serviced.ask::<Health>(&()).await.ok()?))
}

fn services(health: &ServiceHealth) -> String {
    let word = if health.healthy { "is well" } else { "is not well; see 'service status'" };
    format!("services: {}; the node {word}", phase(health.phase))
}

async fn of_ctdbd(cluster: &dyn Nodes, ip: &dyn Addresses, here: u32) -> Vec<Function> {
    let state = cluster.run_state(here).await.map(|state| format!("node {here} is {state}"));
    let leader = match cluster.leader().await {
        Ok(Some(leader)) => Ok(format!("node {leader} leads")),
        Ok(None) => Err(Failure::Refused("nobody says that it leads".into())),
        Err(failure) => Err(failure),
    };
    let records =
        cluster.record_map(here).await.map(|map| format!("{} nodes hold records", map.lmasters.len()));
    let addresses = ip.addresses(here).await.map(|known| {
        let own = known.iter().filter(|address| address.node == Some(here)).count();
        format!("{own} of {} public addresses are here", known.len())
    });
    vec![
        answer("cluster", "ctdbd", state),
        answer("recovery", "ctdb_recoverd", leader),
        answer("database", "ctdbd", records),
        answer("ip", "ctdbd", addresses),
    ]
}
