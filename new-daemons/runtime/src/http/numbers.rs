//! What numbers for `/metrics` are made of, for whoever enters them anew at each reading.

use std::sync::atomic::AtomicU64;
use std::time::Duration;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::{Registry, Unit};

type By<const N: usize, M> = Family<[(&'static str, String); N], M>;

/// A number as the registry has it; the largest when it is larger than that.
fn signed(value: impl TryInto<i64>) -> i64 {
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

/// A word out of several: 1 for the one that holds, 0 for the others.
#[must_use]
pub fn one_of(label: &'static str, words: &[&'static str], now: &str) -> By<1, Gauge> {
    let all = By::<1, Gauge>::default();
    for word in words {
        all.get_or_create(&[(label, (*word).to_owned())]).set(i64::from(*word == now));
    }
    all
}

/// The numbers of several things of one kind. A label says whose number it is.
#[derive(Debug)]
pub struct Each<'a, T> {
    registry: &'a mut Registry,
    things: Vec<([(&'static str, String); 1], T)>,
}

impl<'a, T> Each<'a, T> {
    /// For these things, each with its name.
    pub fn new<N: ToString>(
        registry: &'a mut Registry,
        label: &'static str,
        things: impl IntoIterator<Item = (N, T)>,
    ) -> Self {
        let things = things.into_iter().map(|(name, thing)| ([(label, name.to_string())], thing)).collect();
        Self { registry, things }
    }

    /// What is so now with each, where it is known.
    pub fn gauge<V: TryInto<i64>>(
        &mut self,
        name: &str,
        help: &str,
        value: impl Fn(&T) -> Option<V>,
    ) -> &mut Self {
        let all = By::<1, Gauge>::default();
        for (of, thing) in &self.things {
            if let Some(value) = value(thing) {
                all.get_or_create(of).set(signed(value));
            }
        }
        self.registry.register(name, help, all);
        self
    }

    /// How long something has taken with each, where it is known.
    pub fn seconds(&mut self, name: &str, help: &str, value: impl Fn(&T) -> Option<Duration>) -> &mut Self {
        let all = By::<1, Gauge<f64, AtomicU64>>::default();
        for (of, thing) in &self.things {
            if let Some(value) = value(thing) {
                all.get_or_create(of).set(value.as_secs_f64());
            }
        }
        self.registry.register_with_unit(name, help, Unit::Seconds, all);
        self
    }

    /// What was counted of each.
    pub fn counter(&mut self, name: &str, help: &str, value: impl Fn(&T) -> u64) -> &mut Self {
        let all = By::<1, Counter>::default();
        for (of, thing) in &self.things {
            all.get_or_create(of).inc_by(value(thing));
        }
        self.registry.register(name, help, all);
        self
    }

    /// What was counted of each in several kinds, which a second label tells apart.
    pub fn counters<const N: usize>(
        &mut self,
        name: &str,
        help: &str,
        label: &'static str,
        values: impl Fn(&T) -> [(&'static str, u64); N],
    ) -> &mut Self {
        let all = By::<2, Counter>::default();
        for ([of], thing) in &self.things {
            for (kind, value) in values(thing) {
                all.get_or_create(&[of.clone(), (label, kind.to_owned())]).inc_by(value);
            }
        }
        self.registry.register(name, help, all);
        self
    }

    /// A word for each, out of several: 1 for the one that holds.
    pub fn one_of(
        &mut self,
        (name, help): (&str, &str),
        label: &'static str,
        words: &[&'static str],
        now: impl Fn(&T) -> &'static str,
    ) -> &mut Self {
        let all = By::<2, Gauge>::default();
        for ([of], thing) in &self.things {
            let now = now(thing);
            for word in words {
                let of = [of.clone(), (label, (*word).to_owned())];
                all.get_or_create(&of).set(i64::from(*word == now));
            }
        }
        self.registry.register(name, help, all);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_number_stands_under_the_name_of_its_thing_and_one_that_is_not_known_is_left_out() {
        let mut registry = Registry::default();
        let took = [("a", Some(Duration::from_millis(1500))), ("b", None)];
        Each::new(&mut registry, "of", took)
            .gauge("known", "Known", |took| took.map(|_| u64::MAX))
            .counter("all", "All", |_| 3)
            .counters("ends", "Ends", "end", |_| [("ok", 1), ("bad", 2)])
            .one_of(
                ("is", "Is"),
                "word",
                &["here", "gone"],
                |took| if took.is_some() { "here" } else { "gone" },
            )
            .seconds("took", "Took", |took| *took);
        registry.register("now", "Now", one_of("word", &["x", "y"], "y"));
        let mut page = String::new();
        prometheus_client::encoding::text::encode(&mut page, &registry).unwrap();
        let mut lines: Vec<_> = page.lines().filter(|line| !line.starts_with('#')).collect();
        lines.sort_unstable();
        let wanted = [
            r#"all_total{of="a"} 3"#,
            r#"all_total{of="b"} 3"#,
            r#"ends_total{of="a",end="bad"} 2"#,
            r#"ends_total{of="a",end="ok"} 1"#,
            r#"ends_total{of="b",end="bad"} 2"#,
            r#"ends_total{of="b",end="ok"} 1"#,
            r#"is{of="a",word="gone"} 0"#,
            r#"is{of="a",word="here"} 1"#,
            r#"is{of="b",word="gone"} 1"#,
            r#"is{of="b",word="here"} 0"#,
            r#"known{of="a"} 9223372036854775807"#,
            r#"now{word="x"} 0"#,
            r#"now{word="y"} 1"#,
            r#"took_seconds{of="a"} 1.5"#,
        ];
        assert_eq!(lines, wanted);
    }
}
