//! What the door says when it cannot do something: a status and `{"error", "detail"}`.
//!
//! `error` is a word for programs, `detail` a line for people. Words of the protocol's codes stay what they are there.

use std::borrow::Cow;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use bus::Failure;
use bus::calls::CallError;
use protocol::common::Code;
use protocol::interface::Refusal;
use schemars::JsonSchema;
use serde::Serialize;

/// The longest detail, in characters.
const DETAIL: usize = 1024;

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub(crate) struct Problem {
    /// A word for programs.
    error: Cow<'static, str>,
    /// A line for people.
    detail: String,
    /// It may have been done all the same: it was under way to another daemon, and no answer came.
    #[serde(skip_serializing_if = "Option::is_none")]
    in_doubt: Option<bool>,
    #[serde(skip)]
    status: StatusCode,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        error: impl Into<Cow<'static, str>>,
        detail: impl AsRef<str>,
    ) -> Self {
        let one_line = |c: char| if c.is_control() { ' ' } else { c };
        let detail = detail.as_ref().chars().map(one_line).take(DETAIL).collect();
        Self { error: error.into(), detail, in_doubt: None, status }
    }

    pub(crate) fn bad_request(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "bad_request", detail)
    }

    pub(crate) fn not_found(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", detail)
    }

    pub(crate) fn timed_out() -> Self {
        Self::new(StatusCode::GATEWAY_TIMEOUT, "timed_out", "no answer in time (it may have been done)")
            .in_doubt(true)
    }

    const fn in_doubt(mut self, in_doubt: bool) -> Self {
        self.in_doubt = Some(in_doubt);
        self
    }

    #[cfg(test)]
    pub(crate) const fn status(&self) -> StatusCode {
        self.status
    }
}

const fn status_of(code: Code) -> StatusCode {
    match code {
        Code::UnknownRequest | Code::NotFound => StatusCode::NOT_FOUND,
        Code::BadRequest => StatusCode::BAD_REQUEST,
        Code::Denied => StatusCode::FORBIDDEN,
        Code::Busy | Code::Stopping => StatusCode::SERVICE_UNAVAILABLE,
        Code::TimedOut => StatusCode::GATEWAY_TIMEOUT,
        Code::Unsupported => StatusCode::NOT_IMPLEMENTED,
        Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Code::Cancelled | Code::Stale => StatusCode::CONFLICT,
        Code::Ok | Code::Failed | Code::Unknown(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Refusal> for Problem {
    fn from(Refusal { code, text }: Refusal) -> Self {
        Self::new(status_of(code), code.to_string(), text)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        let (status, word) = match &error {
            CallError::Refused(refusal) => return refusal.clone().into(),
            CallError::NoSuchDaemon => (StatusCode::NOT_FOUND, "no_such_daemon"),
            CallError::NoSuchRequest => (StatusCode::NOT_FOUND, "unknown_request"),
            CallError::Timeout => (StatusCode::GATEWAY_TIMEOUT, "timed_out"),
            CallError::PeerGone => (StatusCode::BAD_GATEWAY, "daemon_gone"),
            CallError::Undelivered(why) => match why.reason {
                Failure::NoSuchNode => (StatusCode::NOT_FOUND, "no_such_node"),
                Failure::NoSuchDaemon => (StatusCode::NOT_FOUND, "no_such_daemon"),
                Failure::NoCtdbd | Failure::TunneldGone | Failure::QueueFull | Failure::TooManyDaemons => {
                    (StatusCode::SERVICE_UNAVAILABLE, "no_way")
                }
                _ => (StatusCode::BAD_GATEWAY, "undelivered"),
            },
            CallError::Incompatible(_) => (StatusCode::BAD_GATEWAY, "incompatible"),
            CallError::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "too_large"),
            CallError::TooMany => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
            CallError::Closed => (StatusCode::SERVICE_UNAVAILABLE, "stopping"),
            _ => (StatusCode::BAD_GATEWAY, "failed"),
        };
        Self::new(status, word, error.to_string()).in_doubt(error.in_doubt())
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Json(self)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use bus::Undelivered;

    #[test]
    fn a_refusal_keeps_its_word_and_its_text_and_has_a_fitting_status() {
        for (code, word) in Code::NAMED {
            let problem = Problem::from(Refusal::new(*code, "why\nnot"));
            assert_eq!((&*problem.error, &*problem.detail, problem.in_doubt), (*word, "why not", None));
            assert!(problem.status.is_client_error() || problem.status.is_server_error());
        }
    }

    #[test]
    fn what_was_under_way_says_whether_it_may_have_been_done() {
        let undelivered = |reason, in_doubt| CallError::Undelivered(Undelivered { reason, in_doubt });
        let cases = [
            (CallError::Timeout, 504, "timed_out", true),
            (CallError::NoSuchDaemon, 404, "no_such_daemon", false),
            (undelivered(Failure::NoSuchNode, false), 404, "no_such_node", false),
            (undelivered(Failure::NodeUnreachable, true), 502, "undelivered", true),
            (undelivered(Failure::TunneldGone, false), 503, "no_way", false),
        ];
        for (error, status, word, in_doubt) in cases {
            let problem = Problem::from(error);
            assert_eq!((problem.status.as_u16(), &*problem.error), (status, word));
            assert_eq!(problem.in_doubt, Some(in_doubt));
        }
    }

    #[test]
    fn a_detail_is_one_line_of_bounded_length() {
        let problem = Problem::bad_request("\u{1b}[2J\n".repeat(4000));
        assert_eq!(problem.detail.chars().count(), DETAIL);
        assert!(!problem.detail.contains(char::is_control));
    }
}
