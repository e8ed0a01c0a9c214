//! An event as it is told: what those on the bus read, and what programs get that are run on it.
//!
//! Made by a core from what happened to its machine, so that one place says how an event looks. Who hears it, and whether it
//! is written at all, is the business of whoever tells it.

use std::fmt;

use bytes::Bytes;
use serde_json::value::{RawValue, to_raw_value};

use crate::interface::Tell;
use crate::xdr::XdrError;

/// The event itself, in the forms in which it is told.
trait Written: Send {
    fn bytes(&self) -> Result<Bytes, XdrError>;
    fn json(&self) -> Result<Box<RawValue>, serde_json::Error>;
}

impl<E: Tell + Send> Written for E {
    fn bytes(&self) -> Result<Bytes, XdrError> {
        self.to_bytes()
    }

    fn json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        to_raw_value(self)
    }
}

/// An event, what it is about, and the arguments of programs that are run on it.
pub struct Announcement {
    /// Its topic.
    pub topic: &'static str,
    /// What it happened to; empty when that is the daemon. A program that wants only the latest gets the last one of these.
    pub subject: String,
    /// What a program gets behind the topic.
    pub arguments: Vec<String>,
    event: Box<dyn Written>,
}

impl fmt::Debug for Announcement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { topic, subject, arguments, .. } = self;
        f.debug_struct("Announcement")
            .field("topic", topic)
            .field("subject", subject)
            .field("arguments", arguments)
            .finish_non_exhaustive()
    }
}

impl Announcement {
    /// An event about something.
    pub fn new<E: Tell + Send + 'static>(subject: impl Into<String>, arguments: &[&str], event: E) -> Self {
        let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
        Self { topic: E::TOPIC, subject: subject.into(), arguments, event: Box::new(event) }
    }

    /// What travels on the bus.
    ///
    /// # Errors
    /// When the event breaks a bound of its own type.
    pub fn bytes(&self) -> Result<Bytes, XdrError> {
        self.event.bytes()
    }

    /// What a program reads.
    ///
    /// # Errors
    /// When the event cannot be put into JSON.
    pub fn json(&self) -> Result<Box<RawValue>, serde_json::Error> {
        self.event.json()
    }
}
