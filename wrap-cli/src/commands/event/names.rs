//! The events that somebody asks for: ctdbd, and nobody else today.
//!
//! Scripts may know events of their own; an event with another name is run all the same, and told.

/// All events of ctdbd, up to Samba 4.23.
pub(crate) const EVENTS: [&str; 12] = [
    "init",
    "setup",
    "startup",
    "monitor",
    "startrecovery",
    "recovered",
    "takeip",
    "releaseip",
    "updateip",
    "startipreallocate",
    "ipreallocated",
    "shutdown",
];

/// What is to be said of an event that nobody asks for, with the name that may have been meant.
pub(super) fn remark(event: &str) -> Option<String> {
    if EVENTS.contains(&event) {
        return None;
    }
    let near = config::nearest(event, EVENTS.into_iter()).map(|near| format!("; is it {near}?"));
    Some(format!("ctdbd has no event '{event}'{}", near.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_event_is_told_with_the_nearest_one() {
        assert_eq!(EVENTS.into_iter().find_map(remark), None);
        assert_eq!(remark("mointor").as_deref(), Some("ctdbd has no event 'mointor'; is it monitor?"));
        assert_eq!(remark("greet").as_deref(), Some("ctdbd has no event 'greet'"));
    }
}
