//! Rows of callbacks, from the configuration and from the bus.

use std::time::Duration;

use callback::{Order, Row};
use config::{Mistake, Settings};
use protocol::callback::{CallbackOrder, CallbackRow};

/// The callbacks of a configuration.
///
/// # Errors
/// What is wrong in it.
pub fn from_settings(settings: &Settings) -> Result<Vec<Row>, Mistake> {
    let sections = settings.sections::<config::Callback>()?;
    Ok(sections.into_iter().filter_map(|(name, section)| from_section(name, section)).collect())
}

/// None when a pattern or an order is none, which the check of the configuration has found before.
fn from_section(name: String, section: config::Callback) -> Option<Row> {
    Some(Row {
        name,
        events: section.events.iter().map(|pattern| pattern.parse().ok()).collect::<Option<_>>()?,
        program: section.program.path,
        arguments: section.program.arguments,
        user: section.user,
        time_limit: section.time_limit,
        order: section.order.parse().ok()?,
        retries: u32::try_from(section.retries).ok()?,
        backoff: section.backoff,
    })
}

/// A callback as somebody on the bus describes it.
///
/// # Errors
/// What is wrong, in words.
pub fn from_wire(row: CallbackRow) -> Result<Row, String> {
    let order = match row.order {
        CallbackOrder::Serial => Order::Serial,
        CallbackOrder::Parallel => Order::Parallel,
        CallbackOrder::Coalesce => Order::Coalesce,
        CallbackOrder::Unknown(number) => return Err(format!("there is no order {number}")),
    };
    let pattern = |text: &str| text.parse().map_err(|error| format!("'{text}': {error}"));
    let row = Row {
        name: row.name.0,
        events: row.events.iter().map(|text| pattern(&text.0)).collect::<Result<_, _>>()?,
        program: row.path.0.into(),
        arguments: row.arguments.into_iter().map(|text| text.0).collect(),
        user: row.user.map(|user| user.0),
        time_limit: Duration::from_micros(row.time_limit.0),
        order,
        retries: row.retries,
        backoff: Duration::from_micros(row.backoff.0),
    };
    row.check().map_err(|error| error.to_string())?;
    Ok(row)
}
