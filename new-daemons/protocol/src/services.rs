//! The services: what each kind of daemon can be asked and tells.
//!
//! One module for each, made of rows by [`service!`](macro@crate::service). Numbers of requests and topics of events are
//! never used again for something else.

use crate::interface::Service;

pub mod callbacks;
pub mod event;
pub mod service;
pub mod tunnel;

/// All of them.
pub static ALL: &[&Service] = &[&event::SERVICE, &service::SERVICE, &tunnel::SERVICE];

/// What each of them can be asked besides.
pub static COMMON: &Service = &callbacks::SERVICE;

/// The service under this name.
#[must_use]
pub fn find(name: &str) -> Option<&'static Service> {
    ALL.iter().copied().find(|service| service.name == name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn is_word(text: &str) -> bool {
        text.starts_with(|c: char| c.is_ascii_lowercase())
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
    }

    #[test]
    fn no_number_and_no_name_is_used_twice() {
        let mut names = BTreeSet::new();
        for service in ALL.iter().copied().chain([COMMON]) {
            assert!(names.insert(service.name) && is_word(service.name) && service.name.len() <= 15);
            let (mut numbers, mut requests) = (BTreeSet::new(), BTreeSet::new());
            for request in service.requests {
                assert!(numbers.insert(request.number) && request.number > 0, "{}", request.name);
                assert!(requests.insert(request.name) && is_word(request.name), "{}", request.name);
                let common =
                    COMMON.requests.iter().any(|c| c.name == request.name || c.number == request.number);
                assert_eq!(common, service.name == COMMON.name, "{}", request.name);
            }
            let mut topics = BTreeSet::new();
            for event in service.events {
                assert!(topics.insert(event.topic) && event.topic.split('.').all(is_word), "{}", event.topic);
                assert!(event.topic.len() <= 128);
            }
        }
    }

    #[test]
    fn every_row_is_explained_and_has_a_schema() {
        let mut generator = schemars::SchemaGenerator::default();
        for service in ALL.iter().copied().chain([COMMON]) {
            assert!(!service.doc.trim().is_empty());
            for request in service.requests {
                assert!(request.doc.trim().ends_with('.'), "{}", request.name);
                let types = request.argument.iter().chain(&request.answer);
                types.for_each(|t| assert!(t.schema(&mut generator).as_object().is_some(), "{}", t.name));
            }
            service
                .events
                .iter()
                .for_each(|event| assert!(event.doc.trim().ends_with('.'), "{}", event.topic));
        }
    }
}
