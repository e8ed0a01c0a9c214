//! What a daemon can be asked and what it tells, as a table: the bus and the HTTP door serve from the same rows.
//!
//! A row of [`service!`](macro@crate::service) is a request with its number, name, argument and answer, or an event with its
//! topic and body. From the rows come the trait that the daemon implements, the way from bytes to it and back, typed
//! questions for whoever asks, and the description of the JSON. It knows nothing of who asks, nor on which way.

use std::future::Future;
use std::pin::Pin;

use bytes::Bytes;

use crate::catalog::Type;
use crate::common::Code;
use crate::xdr::{Xdr, XdrError};

/// Why a request was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text}")]
pub struct Refusal {
    /// For a program.
    pub code: Code,
    /// For a person: one line.
    pub text: String,
}

impl Refusal {
    /// A refusal.
    pub fn new(code: Code, text: impl Into<String>) -> Self {
        Self { code, text: text.into() }
    }

    /// There is no request of this number.
    #[must_use]
    pub fn unknown(service: &Service, number: u32) -> Self {
        Self::new(Code::UnknownRequest, format!("{} has no request {number}", service.name))
    }

    /// The argument cannot be read.
    #[must_use]
    pub fn unreadable(error: &XdrError) -> Self {
        Self::new(Code::BadRequest, format!("the request cannot be read: {error}"))
    }

    /// The answer breaks a bound of its own type.
    #[must_use]
    pub fn too_large(error: &XdrError) -> Self {
        Self::new(Code::TooLarge, format!("the answer cannot be written: {error}"))
    }
}

/// A request of a daemon.
#[derive(Clone, Copy, Debug)]
pub struct Request {
    /// Its number on the bus.
    pub number: u32,
    /// Its name, in a path of the HTTP door.
    pub name: &'static str,
    /// What it does.
    pub doc: &'static str,
    /// What belongs to it; none when nothing does.
    pub argument: Option<Type>,
    /// What comes back; none when that it was done is all.
    pub answer: Option<Type>,
}

/// An event of a daemon.
#[derive(Clone, Copy, Debug)]
pub struct Event {
    /// Its topic.
    pub topic: &'static str,
    /// When it is told.
    pub doc: &'static str,
    /// What belongs to it.
    pub body: Type,
}

/// All that a kind of daemon can be asked and tells.
#[derive(Clone, Copy, Debug)]
pub struct Service {
    /// The name under which the daemon is reached.
    pub name: &'static str,
    /// What it is.
    pub doc: &'static str,
    /// What it can be asked.
    pub requests: &'static [Request],
    /// What it tells.
    pub events: &'static [Event],
}

impl Service {
    /// The request of this name.
    #[must_use]
    pub fn request(&self, name: &str) -> Option<&'static Request> {
        self.requests.iter().find(|request| request.name == name)
    }

    /// The event of this topic.
    #[must_use]
    pub fn event(&self, topic: &str) -> Option<&'static Event> {
        self.events.iter().find(|event| event.topic == topic)
    }
}

/// An answer on its way.
pub type Answering<'a> = Pin<Box<dyn Future<Output = Result<Bytes, Refusal>> + Send + 'a>>;

/// Whoever does what the rows of a service say. Made by [`service!`](macro@crate::service) from the trait of the service.
pub trait Handler: Send + Sync + 'static {
    /// Its rows.
    fn service(&self) -> &'static Service;

    /// Does what the row of this number says.
    fn handle<'a>(&'a self, number: u32, argument: Bytes) -> Answering<'a>;
}

/// A request as a type, for whoever asks.
pub trait Ask {
    /// The service that has the request.
    const SERVICE: &'static Service;
    /// Its number.
    const NUMBER: u32;
    /// What belongs to it.
    type Argument: Xdr;
    /// What comes back.
    type Answer: Xdr;
}

/// An event that a daemon tells.
pub trait Tell: Xdr + serde::Serialize {
    /// Of this topic.
    const TOPIC: &'static str;
}

/// The row of a type, or none for nothing.
#[doc(hidden)]
#[macro_export]
macro_rules! row_type {
    (()) => {
        None
    };
    ($type:path) => {
        Some($crate::catalog::Type::of::<$type>(stringify!($type)))
    };
}

/// Declares what a kind of daemon can be asked and what it tells.
///
/// ```
/// mod clock {
///     use protocol::common::{Span, Time};
///     protocol::service! {
///         /// Knows what time it is.
///         "clock" {
///             /// Tells the time.
///             1 "now" now Now (()) -> Time;
///             /// Tells the time after a while.
///             2 "later" later Later (Span) -> Time;
///         }
///         events {}
///     }
/// }
/// assert_eq!(clock::SERVICE.request("later").unwrap().number, 2);
/// ```
#[macro_export]
macro_rules! service {
    (
        $( #[doc = $about:literal] )+
        $name:literal {
            $(
                $( #[doc = $doc:literal] )+
                $number:literal $path:literal $method:ident $ask:ident ($argument:tt) -> $answer:tt;
            )*
        }
        events {
            $(
                $( #[doc = $event_doc:literal] )+
                $topic:literal $body:ty;
            )*
        }
    ) => {
        $( #[doc = $about] )+
        pub static SERVICE: $crate::interface::Service = $crate::interface::Service {
            name: $name,
            doc: concat!($( $about ),+),
            requests: &[ $( $crate::interface::Request {
                number: $number,
                name: $path,
                doc: concat!($( $doc ),+),
                argument: $crate::row_type!($argument),
                answer: $crate::row_type!($answer),
            }, )* ],
            events: &[ $( $crate::interface::Event {
                topic: $topic,
                doc: concat!($( $event_doc ),+),
                body: $crate::catalog::Type::of::<$body>(stringify!($body)),
            }, )* ],
        };

        /// Does what can be asked.
        pub trait Serve: Send + Sync + 'static {
            $(
                $( #[doc = $doc] )+
                fn $method(
                    &self,
                    argument: $argument,
                ) -> impl ::std::future::Future<Output = Result<$answer, $crate::interface::Refusal>> + Send;
            )*
        }

        /// The way from bytes to a [`Serve`] and back.
        #[derive(Debug)]
        pub struct Served<S>(pub S);

        impl<S: Serve> $crate::interface::Handler for Served<S> {
            fn service(&self) -> &'static $crate::interface::Service {
                &SERVICE
            }

            fn handle<'a>(&'a self, number: u32, argument: ::bytes::Bytes) -> $crate::interface::Answering<'a> {
                use $crate::interface::Refusal;
                use $crate::xdr::Xdr;
                Box::pin(async move {
                    match number {
                        $( $number => {
                            let argument = <$argument>::from_bytes(&argument);
                            let argument = argument.map_err(|error| Refusal::unreadable(&error))?;
                            let answer = self.0.$method(argument).await?;
                            answer.to_bytes().map_err(|error| Refusal::too_large(&error))
                        } )*
                        _ => Err(Refusal::unknown(&SERVICE, number)),
                    }
                })
            }
        }

        $(
            $( #[doc = $doc] )+
            #[derive(Clone, Copy, Debug)]
            pub struct $ask;

            impl $crate::interface::Ask for $ask {
                const SERVICE: &'static $crate::interface::Service = &SERVICE;
                const NUMBER: u32 = $number;
                type Argument = $argument;
                type Answer = $answer;
            }
        )*

        $(
            impl $crate::interface::Tell for $body {
                const TOPIC: &'static str = $topic;
            }
        )*
    };
}
