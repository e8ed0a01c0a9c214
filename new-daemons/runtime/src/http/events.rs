//! Events as server-sent events: those of this daemon out of its ring, those of another one through the bus.
//!
//! A stream begins with `up`. What is lost is said by `gap` at the place where it is missing; `down` says that another
//! daemon is not there now, and why. Events themselves have no name, so that plain readers get them.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::sse::{Event, KeepAlive, Sse};
use bus::Address;
use bus::calls::{Absence, News};
use bytes::Bytes;
use futures_util::Stream;
use futures_util::stream::unfold;
use protocol::interface::Service;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::{OwnedSemaphorePermit, watch};

use super::ring::Next;
use crate::member::Subscription;
use crate::station::Station;

/// A reader that hears nothing else hears this, and a connection that is gone is noticed.
const HEARTBEAT: Duration = Duration::from_secs(10);

/// After a lost connection a reader may come back so soon.
const RETRY: Duration = Duration::from_secs(1);

/// Something has happened.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Told {
    /// The name of the event.
    topic: String,
    /// The daemon that tells it.
    from: String,
    /// What belongs to it.
    body: Value,
}

/// Some events are missing here.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Gap {
    /// At most so many, or null when nobody knows.
    lost: Option<u64>,
}

/// From now on events come, or none come any more.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct State {
    /// The daemon.
    from: String,
    /// Why none come.
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<String>,
}

fn data(name: &str, content: &impl Serialize) -> Event {
    // Invariant: structures of texts and numbers always have a JSON form.
    let text = serde_json::to_string(content).unwrap_or_default();
    Event::default().event(name).data(text)
}

fn told(service: &Service, topic: String, from: String, body: &Bytes) -> Event {
    let row = service.event(&topic);
    let known = row.and_then(|row| row.body.to_json(body).ok());
    // A newer daemon tells what this one does not know: its bytes, as opaque data is written.
    let body = known.unwrap_or_else(|| protocol::json::opaque(body));
    let text = serde_json::to_string(&Told { topic, from, body }).unwrap_or_default();
    Event::default().data(text)
}

fn up(from: String) -> Event {
    data("up", &State { from, why: None }).retry(RETRY)
}

fn gap(lost: Option<u64>) -> Event {
    data("gap", &Gap { lost })
}

/// Where a stream gets its events from.
enum Source {
    /// This daemon.
    Own { station: Station, prefix: String, cursor: u64, changes: watch::Receiver<u64> },
    /// Another one.
    Other { subscription: Subscription, from: Address, service: &'static Service },
}

/// One stream; it holds its place among the streams of the door.
struct Reader {
    source: Source,
    first: VecDeque<Event>,
    _place: OwnedSemaphorePermit,
}

impl Reader {
    async fn next(&mut self) -> Option<Event> {
        if let Some(event) = self.first.pop_front() {
            return Some(event);
        }
        match &mut self.source {
            Source::Own { station, prefix, cursor, changes } => loop {
                changes.borrow_and_update();
                match station.events().next(cursor, prefix) {
                    Next::Lost(lost) => return Some(gap(Some(lost))),
                    Next::Event(event) => {
                        let (topic, from) = (event.topic.to_owned(), station.daemon().to_string());
                        let id = station.events().id(event.number);
                        return Some(told(station.service(), topic, from, &event.body).id(id));
                    }
                    Next::Nothing => changes.changed().await.ok()?,
                }
            },
            Source::Other { subscription, from, service } => Some(match subscription.next().await {
                News::Up => up(from.to_string()),
                News::Gap(lost) => gap(lost),
                News::Event { topic, body } => told(service, topic, from.to_string(), &body),
                News::Down(why) => {
                    let why = match why {
                        Absence::NoSuchDaemon => "no such daemon on that node".to_owned(),
                        Absence::Unreachable(failure) => failure.to_string(),
                        Absence::Refuses(text) => text,
                        _ => "it is not there".to_owned(),
                    };
                    data("down", &State { from: from.to_string(), why: Some(why) })
                }
            }),
        }
    }
}

/// A body of server-sent events.
pub(crate) type Events = Sse<axum::response::sse::KeepAliveStream<Boxed>>;

type Boxed = std::pin::Pin<Box<dyn Stream<Item = Result<Event, Infallible>> + Send>>;

fn stream(reader: Reader) -> Events {
    let events = unfold(reader, |mut reader| async move {
        let event = reader.next().await?;
        Some((Ok(event), reader))
    });
    let events: Boxed = Box::pin(events);
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT).text("still here"))
}

/// The events of this daemon, from where the reader was.
pub(crate) fn own(
    station: &Station,
    prefix: String,
    seen: Option<&str>,
    place: OwnedSemaphorePermit,
) -> Events {
    let ring = station.events();
    let start = ring.start(seen);
    let mut first = VecDeque::from([up(station.daemon().to_string())]);
    if start.lost {
        first.push_back(gap(None));
    }
    let (changes, station) = (ring.changes(), station.clone());
    let source = Source::Own { station, prefix, cursor: start.cursor, changes };
    stream(Reader { source, first, _place: place })
}

/// The events of another daemon, from now on. Whoever comes back has missed some.
pub(crate) fn other(
    subscription: Subscription,
    from: Address,
    service: &'static Service,
    back: bool,
    place: OwnedSemaphorePermit,
) -> Events {
    let first = back.then(|| gap(None)).into_iter().collect();
    stream(Reader { source: Source::Other { subscription, from, service }, first, _place: place })
}
