//! One direction of a TCP connection: segments in capture order in, the bytes in stream order out.
//!
//! Retransmissions and overlaps are cut away, reordered segments wait for the one before them. What the capture
//! lost is reported as a gap and never made up. The truth is RFC 9293; windows and acknowledgements are not looked at,
//! because a recording shows what was sent, not what a receiver may accept.

use std::collections::BTreeMap;

use bytes::Bytes;

use crate::Timestamp;

/// What comes out of a stream.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A connection starts here: the next byte is its first.
    Start,
    /// Bytes are missing here, or the recording starts in mid-stream.
    Gap,
    /// The next bytes, with the time of the record that carried them.
    Data(Timestamp, Bytes),
}

/// Bytes that may wait for a missing segment before it is given up.
const MAX_HELD_BYTES: usize = 4 << 20;
/// Segments that may wait for a missing segment before it is given up.
const MAX_HELD_SEGMENTS: usize = 4096;
/// The largest window of TCP with scaling: a sequence number farther away belongs to another connection.
const MAX_WINDOW: u32 = 1 << 30;

/// The state of one direction.
#[derive(Debug, Default)]
pub(crate) struct Stream {
    /// The sequence number of the next byte; `None` before the first segment.
    next: Option<u32>,
    /// Bytes passed since the last start: the offset that belongs to `next`.
    offset: u64,
    /// Segments that came too early, by offset.
    held: BTreeMap<u64, (Timestamp, Bytes)>,
    held_bytes: usize,
    events: Vec<Event>,
}

impl Stream {
    /// Takes one segment.
    pub(crate) fn segment(&mut self, time: Timestamp, seq: u32, syn: bool, payload: &[u8]) {
        if syn {
            self.open(seq.wrapping_add(1));
        }
        if payload.is_empty() {
            return;
        }
        let seq = if syn { seq.wrapping_add(1) } else { seq };
        let next = match self.next {
            Some(next) => next,
            None => self.restart(seq, Event::Gap),
        };
        let (ahead, behind) = (seq.wrapping_sub(next), next.wrapping_sub(seq));
        if ahead < MAX_WINDOW {
            self.hold(self.offset.saturating_add(u64::from(ahead)), time, payload);
        } else if behind < MAX_WINDOW {
            let fresh = usize::try_from(behind).ok().and_then(|seen| payload.get(seen..)).unwrap_or_default();
            self.hold(self.offset, time, fresh);
        } else {
            self.flush();
            self.restart(seq, Event::Gap);
            self.hold(0, time, payload);
        }
        self.release();
        while self.held_bytes > MAX_HELD_BYTES || self.held.len() > MAX_HELD_SEGMENTS {
            self.skip_gap();
        }
    }

    /// Gives out what waits for segments that will not come any more.
    pub(crate) fn flush(&mut self) {
        while !self.held.is_empty() {
            self.skip_gap();
        }
    }

    /// Takes out what is ready, oldest first.
    pub(crate) fn take_events(&mut self) -> Vec<Event> {
        std::mem::take(&mut self.events)
    }

    fn open(&mut self, first: u32) {
        // The same SYN again, sent before any data passed.
        if self.next == Some(first) && self.offset == 0 {
            return;
        }
        self.flush();
        self.restart(first, Event::Start);
    }

    fn restart(&mut self, first: u32, event: Event) -> u32 {
        self.next = Some(first);
        self.offset = 0;
        self.events.push(event);
        first
    }

    fn hold(&mut self, offset: u64, time: Timestamp, payload: &[u8]) {
        let longer = self.held.get(&offset).is_none_or(|(_, held)| held.len() < payload.len());
        if payload.is_empty() || !longer {
            return;
        }
        self.held_bytes += payload.len();
        if let Some((_, old)) = self.held.insert(offset, (time, Bytes::copy_from_slice(payload))) {
            self.held_bytes = self.held_bytes.saturating_sub(old.len());
        }
    }

    /// Moves everything that continues the stream from `held` to the events.
    fn release(&mut self) {
        while let Some(entry) = self.held.first_entry() {
            if *entry.key() > self.offset {
                return;
            }
            let (offset, (time, bytes)) = entry.remove_entry();
            self.held_bytes = self.held_bytes.saturating_sub(bytes.len());
            let seen = usize::try_from(self.offset.saturating_sub(offset)).unwrap_or(usize::MAX);
            if seen >= bytes.len() {
                continue;
            }
            let fresh = bytes.slice(seen..);
            self.advance(u64::try_from(fresh.len()).unwrap_or(u64::MAX));
            self.events.push(Event::Data(time, fresh));
        }
    }

    fn skip_gap(&mut self) {
        if let Some((&offset, _)) = self.held.first_key_value() {
            self.advance(offset.saturating_sub(self.offset));
            self.events.push(Event::Gap);
            self.release();
        }
    }

    fn advance(&mut self, by: u64) {
        self.offset = self.offset.saturating_add(by);
        let wrapped = u32::try_from(by & u64::from(u32::MAX)).unwrap_or(0);
        self.next = self.next.map(|next| next.wrapping_add(wrapped));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const T: Timestamp = Timestamp::from_nanos(0);

    /// The events as text: `^` start, `?` gap, the bytes themselves.
    fn text(stream: &mut Stream) -> String {
        stream.flush();
        let mut out = String::new();
        for event in stream.take_events() {
            match event {
                Event::Start => out.push('^'),
                Event::Gap => out.push('?'),
                Event::Data(_, bytes) => out.push_str(std::str::from_utf8(&bytes).unwrap()),
            }
        }
        out
    }

    fn run(segments: &[(u32, bool, &str)]) -> String {
        let mut stream = Stream::default();
        for (seq, syn, payload) in segments {
            stream.segment(T, *seq, *syn, payload.as_bytes());
        }
        text(&mut stream)
    }

    #[test]
    fn segments_in_order_pass_through_also_over_the_wrap_of_the_sequence_number() {
        let isn = u32::MAX - 3;
        assert_eq!(
            run(&[(isn, true, ""), (isn.wrapping_add(1), false, "abcd"), (isn.wrapping_add(5), false, "ef")]),
            "^abcdef"
        );
    }

    #[test]
    fn retransmissions_and_overlaps_appear_once() {
        assert_eq!(
            run(&[
                (0, true, ""),
                (0, true, ""),
                (1, false, "abc"),
                (1, false, "abc"),
                (2, false, "bcde"),
                (3, false, "c")
            ]),
            "^abcde"
        );
    }

    #[test]
    fn reordered_segments_are_put_in_order() {
        assert_eq!(run(&[(0, true, ""), (4, false, "def"), (7, false, "g"), (1, false, "abc")]), "^abcdefg");
        assert_eq!(run(&[(0, true, ""), (5, false, "ef"), (3, false, "cde"), (1, false, "ab")]), "^abcdef");
    }

    #[test]
    fn what_the_capture_lost_is_a_gap() {
        assert_eq!(run(&[(0, true, ""), (1, false, "ab"), (5, false, "ef"), (8, false, "h")]), "^ab?ef?h");
    }

    #[test]
    fn a_recording_that_starts_in_mid_stream_starts_with_a_gap() {
        assert_eq!(run(&[(1000, false, "ab"), (1002, false, "cd"), (999, false, "x")]), "?abcd");
    }

    #[test]
    fn a_new_connection_on_the_same_ports_starts_afresh() {
        assert_eq!(run(&[(0, true, ""), (1, false, "ab"), (900, true, ""), (901, false, "cd")]), "^ab^cd");
        assert_eq!(run(&[(0, true, ""), (1, false, "ab"), (0x7000_0000, false, "cd")]), "^ab?cd");
    }

    #[test]
    fn a_keepalive_probe_is_not_data() {
        assert_eq!(
            run(&[(0, true, ""), (1, false, "ab"), (2, false, "b"), (2, false, ""), (3, false, "c")]),
            "^abc"
        );
    }

    #[test]
    fn a_segment_that_never_comes_holds_up_only_so_much() {
        let mut stream = Stream::default();
        stream.segment(T, 0, true, b"");
        let chunk = vec![b'x'; 1 << 20];
        for i in 0..8 {
            stream.segment(T, 100 + i * (1 << 20), false, &chunk);
            assert!(stream.held_bytes <= MAX_HELD_BYTES);
        }
        assert!(stream.take_events().contains(&Event::Gap));
    }

    proptest! {
        #[test]
        fn any_cut_with_any_overlap_in_nearly_any_order_gives_the_stream(
            isn: u32,
            cuts in prop::collection::vec((0_usize..200, 1_usize..50), 0..60),
        ) {
            let whole: String = ('a'..='z').cycle().take(200).collect();
            let mut stream = Stream::default();
            stream.segment(T, isn, true, b"");
            for (from, len) in cuts {
                let to = whole.len().min(from + len);
                stream.segment(T, isn.wrapping_add(1).wrapping_add(u32::try_from(from).unwrap()), false, &whole.as_bytes()[from..to]);
            }
            stream.segment(T, isn.wrapping_add(1), false, whole.as_bytes());
            prop_assert_eq!(text(&mut stream), format!("^{whole}"));
        }

        #[test]
        fn any_segments_at_all_keep_the_state_sound(
            segments in prop::collection::vec((any::<u32>(), any::<bool>(), prop::collection::vec(any::<u8>(), 0..20)), 0..100),
        ) {
            let mut stream = Stream::default();
            for (seq, syn, payload) in &segments {
                stream.segment(T, *seq, *syn, payload);
                prop_assert_eq!(stream.held_bytes, stream.held.values().map(|(_, b)| b.len()).sum::<usize>());
            }
            stream.flush();
            let out: usize = stream.take_events().iter().map(|e| if let Event::Data(_, b) = e { b.len() } else { 0 }).sum();
            prop_assert!(out <= segments.iter().map(|(_, _, p)| p.len()).sum());
        }
    }
}
