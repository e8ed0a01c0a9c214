//! What happened, told: to the daemon's callbacks always, and on the bus and at the door while there is a station.
//!
//! Gives an event its words for callbacks: what it is about, and the arguments of their programs, which `docs/callbacks.md`
//! lists. What an event is stands in `event::messages`.

use event::messages::Told;
use protocol::event::EventTold;
use protocol::interface::Tell;
use runtime::Station;
use runtime::callbacks::Callbacks;

/// Tells it.
pub(crate) fn tell(callbacks: &Callbacks, station: Option<&Station>, told: &Told) {
    match told {
        Told::Started(event) => say(callbacks, station, &event.told, &[], event),
        Told::Finished(event) => say(callbacks, station, &event.told, &[&event.result.to_string()], event),
        Told::Script(event) => {
            let words = [event.line.script.as_str(), &event.line.ending.outcome.to_string()];
            say(callbacks, station, &event.told, &words, event);
        }
        Told::Hung(event) => say(callbacks, station, &event.told, &[&event.script], event),
    }
}

/// Of two events with the same subject the later one says all that still holds; the last word is what came of it.
fn say<E: Tell>(callbacks: &Callbacks, station: Option<&Station>, of: &EventTold, more: &[&str], event: &E) {
    let mut words = vec![of.component.as_str(), of.event.as_str()];
    words.extend(more.iter().copied());
    let script = if E::TOPIC.starts_with("event.script.") { more.first().copied() } else { None };
    let subject = [&of.component, of.event.as_str(), script.unwrap_or_default()].join(" ");
    let subject = subject.trim_end();
    match station {
        Some(station) => station.tell_about(subject, &words, event),
        None => callbacks.event(E::TOPIC, subject, &words, event),
    }
}
