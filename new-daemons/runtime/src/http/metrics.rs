//! Numbers about a daemon and its door, in the text form of OpenMetrics.
//!
//! What is counted here is the door's own; the rest comes from whoever knows it ([`Observed`]), asked at each reading.

use prometheus_client::encoding::text;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::Registry;

use super::numbers::{counter, gauge};
use crate::station::Station;

/// What the answer is.
pub(crate) const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// What the door counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Counts {
    /// Answers by their status.
    pub(crate) answers: Family<[(&'static str, u16); 1], Counter>,
    /// Connections that were closed at once because there were too many.
    pub(crate) turned_away: Counter,
    /// Connections of other users.
    pub(crate) refused: Counter,
}

/// All numbers, as they are now.
pub(crate) async fn read(
    station: &Station,
    counts: &Counts,
    [connections, streams]: [usize; 2],
) -> Result<String, std::fmt::Error> {
    let mut registry = Registry::with_prefix("tablecloth");
    let build = Info::new([("version", env!("CARGO_PKG_VERSION")), ("daemon", station.service().name)]);
    registry.register("build", "The daemon and its version", build);
    let well = gauge(usize::from(station.health().reasons().is_empty()));
    registry.register("healthy", "1 when nothing is wrong", well);
    let told = counter(*station.events().changes().borrow());
    registry.register("events", "Events told since the start", told);
    let door = registry.sub_registry_with_prefix("http");
    door.register("answers", "Answers by their status", counts.answers.clone());
    door.register("connections", "Connections that are open", gauge(connections));
    door.register(
        "turned_away",
        "Connections closed because there were too many",
        counts.turned_away.clone(),
    );
    door.register("refused", "Connections of other users", counts.refused.clone());
    door.register("streams", "Streams of events that are open", gauge(streams));
    if let Some(callbacks) = station.callbacks() {
        callbacks.observe(&mut registry);
    }
    if let Some(observed) = station.observed() {
        observed.observe(&mut registry).await;
    }
    let mut page = String::new();
    text::encode(&mut page, &registry)?;
    Ok(page)
}
