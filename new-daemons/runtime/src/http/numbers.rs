//! What numbers for `/metrics` are made of, for whoever enters them anew at each reading.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;

/// Numbers of one kind, by one label.
pub type Of<L, M> = Family<[(&'static str, L); 1], M>;

/// A number as the registry has it; the largest when it is larger than that.
pub fn signed(value: impl TryInto<i64>) -> i64 {
    value.try_into().unwrap_or(i64::MAX)
}

/// What is so now.
#[must_use]
pub fn gauge(value: impl TryInto<i64>) -> Gauge {
    let gauge = Gauge::default();
    gauge.set(signed(value));
    gauge
}

/// What was counted.
#[must_use]
pub fn counter(value: u64) -> Counter {
    let counter = Counter::default();
    counter.inc_by(value);
    counter
}
