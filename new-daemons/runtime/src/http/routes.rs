//! What is served at which path. Requests become the bytes that they are on the bus, and go to the same handler.
//!
//! Nothing is believed of what comes: its size, its time, its type and its names are checked before it is looked at.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use axum::body::Body;
use axum::extract::rejection::{PathRejection, QueryRejection};
use axum::extract::{Path, Query, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use bus::{Address, Daemon, Node};
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;
use protocol::interface::{Request as Row, Service};
use protocol::services;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use tokio::time::timeout;

use super::problem::Problem;
use super::{Shared, describe, events, metrics};

type Door = State<Shared>;
type Named<T> = Result<Path<T>, PathRejection>;
type Asked<T> = Result<Query<T>, QueryRejection>;

/// What a daemon says of itself.
#[derive(Debug, Serialize, JsonSchema)]
pub(crate) struct Condition {
    /// Nothing is wrong.
    healthy: bool,
    /// Who it is.
    daemon: String,
    /// Its node, once known.
    node: Option<u32>,
    /// What is wrong, under a word for what it is about.
    reasons: BTreeMap<String, String>,
}

#[derive(Debug, Deserialize)]
struct Patience {
    timeout: Option<f64>,
}

#[derive(Debug, Deserialize)]
struct TopicQuery {
    #[serde(default)]
    topic: String,
}

impl Patience {
    fn of(asked: Asked<Self>) -> Result<Duration, Problem> {
        let Query(Self { timeout }) = asked.map_err(|error| Problem::bad_request(error.body_text()))?;
        let seconds = timeout.unwrap_or(10.0);
        let wrong = || Problem::bad_request("timeout: seconds from 0.1 to 60 were expected");
        (0.1..=60.0).contains(&seconds).then(|| Duration::from_secs_f64(seconds)).ok_or_else(wrong)
    }
}

/// All paths. Behind TCP, `tcp`, more is asked of whoever comes.
pub(crate) fn router(door: Shared, tcp: bool) -> Router {
    Router::new()
        .route("/openapi.json", get(openapi))
        .route("/health", get(health))
        .route("/metrics", get(numbers))
        .route("/events", get(own_events))
        .route("/v1/{daemon}/{request}", post(ask))
        .route("/v1/nodes/{node}/{daemon}/events", get(other_events))
        .route("/v1/nodes/{node}/{daemon}/{request}", post(ask_other))
        .fallback(async || Problem::not_found("there is no such path; /openapi.json tells which there are"))
        .method_not_allowed_fallback(async || {
            let detail = "requests are POST, everything else is GET";
            Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
        })
        .layer(from_fn_with_state((door.clone(), tcp), guard))
        .with_state(door)
}

/// Pages of web sites must not reach the daemon through somebody's browser; answers are counted.
async fn guard(State((door, tcp)): State<(Shared, bool)>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let response = if headers.contains_key(header::ORIGIN) {
        Problem::new(StatusCode::FORBIDDEN, "denied", "pages of web sites are not served").into_response()
    } else if tcp && !headers.get(header::HOST).is_some_and(|host| is_address(host.as_bytes())) {
        let detail = "the host has to be an address or localhost";
        Problem::new(StatusCode::MISDIRECTED_REQUEST, "misdirected", detail).into_response()
    } else {
        next.run(request).await
    };
    door.0.counts.answers.get_or_create(&[("status", response.status().as_u16())]).inc();
    response
}

/// Names can be made to lead anywhere, so only an address says that this daemon is meant.
fn is_address(host: &[u8]) -> bool {
    let Ok(host) = std::str::from_utf8(host) else { return false };
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    let inner = name.strip_prefix('[').and_then(|name| name.strip_suffix(']')).unwrap_or(name);
    name.eq_ignore_ascii_case("localhost") || inner.parse::<IpAddr>().is_ok()
}

async fn openapi(State(door): Door) -> Json<Value> {
    Json(describe::describe(door.0.station.service()))
}

async fn health(State(door): Door) -> Response {
    let station = &door.0.station;
    let reasons = station.health().reasons();
    let condition = Condition {
        healthy: reasons.is_empty(),
        daemon: station.daemon().to_string(),
        node: station.bus().and_then(|bus| bus.node()).map(|node| node.0),
        reasons: reasons.into_iter().map(|(about, why)| (about.to_owned(), why)).collect(),
    };
    let status = if condition.healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(condition)).into_response()
}

async fn numbers(State(door): Door) -> Result<Response, Problem> {
    let page = metrics::read(&door.0.station, &door.0.counts, door.open()).await.map_err(|_| {
        Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", "the numbers cannot be written")
    })?;
    Ok(([(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], page).into_response())
}

async fn own_events(
    State(door): Door,
    wanted: Asked<TopicQuery>,
    headers: HeaderMap,
) -> Result<events::Events, Problem> {
    let Query(TopicQuery { topic }) = wanted.map_err(|error| Problem::bad_request(error.body_text()))?;
    let seen = headers.get("last-event-id").map(|id| id.to_str().unwrap_or_default());
    Ok(events::own(&door.0.station, topic, seen, door.stream()?))
}

async fn other_events(
    State(door): Door,
    path: Named<(String, String)>,
    wanted: Asked<TopicQuery>,
    headers: HeaderMap,
) -> Result<events::Events, Problem> {
    let Path((node, daemon)) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let Query(TopicQuery { topic }) = wanted.map_err(|error| Problem::bad_request(error.body_text()))?;
    let (to, service) = target(&node, &daemon)?;
    let subscription = bus(&door)?.subscribe(to, &topic);
    let subscription = subscription.map_err(|error| Problem::bad_request(error.to_string()))?;
    let back = headers.contains_key("last-event-id");
    Ok(events::other(subscription, to, service, back, door.stream()?))
}

async fn ask(
    State(door): Door,
    path: Named<(String, String)>,
    patience: Asked<Patience>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let Path((daemon, request)) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let service = door.0.station.service();
    if daemon != service.name {
        let detail = format!("this is {}; another daemon is at /v1/nodes/local/DAEMON/REQUEST", service.name);
        return Err(Problem::not_found(detail));
    }
    let row = row(service, &request)?;
    let patience = Patience::of(patience)?;
    let argument = argument(&door, row, &headers, body).await?;
    let answer = timeout(patience, door.0.station.handle(row.number, argument));
    let answer = answer.await.map_err(|_| Problem::timed_out())??;
    answered(row, &answer)
}

async fn ask_other(
    State(door): Door,
    path: Named<(String, String, String)>,
    patience: Asked<Patience>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Value>, Problem> {
    let Path((node, daemon, request)) = path.map_err(|error| Problem::bad_request(error.body_text()))?;
    let (to, service) = target(&node, &daemon)?;
    let row = row(service, &request)?;
    let patience = Patience::of(patience)?;
    let bus = bus(&door)?;
    let argument = argument(&door, row, &headers, body).await?;
    let answer = bus.call(to, row.number, argument, patience).await?;
    answered(row, &answer)
}

fn bus(door: &Shared) -> Result<crate::member::Bus, Problem> {
    let none = || Problem::new(StatusCode::SERVICE_UNAVAILABLE, "no_way", "this daemon is not on the bus");
    door.0.station.bus().ok_or_else(none)
}

fn row(service: &'static Service, request: &str) -> Result<&'static Row, Problem> {
    let none = || {
        let detail = format!("{} has no request of this name", service.name);
        Problem::new(StatusCode::NOT_FOUND, "unknown_request", detail)
    };
    service.request(request).or_else(|| services::COMMON.request(request)).ok_or_else(none)
}

/// `3` and `event.1` as an address, and what can be asked there.
fn target(node: &str, daemon: &str) -> Result<(Address, &'static Service), Problem> {
    let wrong = || Problem::bad_request("a node is a number or `local`, a daemon is NAME or NAME.INSTANCE");
    let node = match node {
        "local" => Node::LOCAL,
        number => Node(number.parse().map_err(|_| wrong())?),
    };
    let (name, instance) = match daemon.split_once('.') {
        Some((name, instance)) => (name, instance.parse().map_err(|_| wrong())?),
        None => (daemon, 0),
    };
    let daemon = Daemon { name: name.parse().map_err(|_| wrong())?, instance };
    let service = services::find(name).ok_or_else(|| {
        let detail = "this version knows no daemon of this kind";
        Problem::new(StatusCode::NOT_FOUND, "no_such_daemon", detail)
    })?;
    Ok((Address { node, daemon }, service))
}

fn answered(row: &Row, answer: &Bytes) -> Result<Json<Value>, Problem> {
    let bad = |error| {
        let detail = format!("the answer makes no sense: {error}");
        Problem::new(StatusCode::BAD_GATEWAY, "bad_answer", detail)
    };
    let value = row.answer.map(|t| t.to_json(answer)).transpose().map_err(bad)?;
    Ok(Json(value.unwrap_or(Value::Null)))
}

/// The bytes of a request's argument.
async fn argument(door: &Shared, row: &Row, headers: &HeaderMap, body: Body) -> Result<Bytes, Problem> {
    let limits = &door.0.limits;
    let late = || Problem::new(StatusCode::REQUEST_TIMEOUT, "timed_out", "the body did not come in time");
    let body = timeout(limits.body, collect(body, limits.body_size)).await.map_err(|_| late())??;
    let nothing = matches!(body.trim_ascii(), b"" | b"null" | b"{}");
    let Some(argument) = row.argument else {
        let detail = "nothing belongs to this request";
        return if nothing { Ok(Bytes::new()) } else { Err(Problem::bad_request(detail)) };
    };
    let json = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let json = json.and_then(|kind| kind.split(';').next()).map(str::trim);
    if !json.is_some_and(|kind| kind.eq_ignore_ascii_case("application/json")) {
        let detail = "a body has to be of the type application/json";
        return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "bad_request", detail));
    }
    let value: Value = serde_json::from_slice(&body)
        .map_err(|error| Problem::bad_request(format!("the body is no JSON: {error}")))?;
    argument.from_json(&value).map_err(|error| Problem::bad_request(error.to_string()))
}

/// A body, as long as it is within its bound.
async fn collect(body: Body, bound: usize) -> Result<Bytes, Problem> {
    let mut pieces = body.into_data_stream();
    let mut all = BytesMut::new();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::bad_request("the body is not what its headers say"))?;
        if all.len() + piece.len() > bound {
            let detail = format!("a body has at most {bound} bytes");
            return Err(Problem::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail));
        }
        all.extend_from_slice(&piece);
    }
    Ok(all.freeze())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_addresses_and_localhost_are_hosts() {
        for host in ["127.0.0.1", "127.0.0.1:80", "[::1]:4380", "[::1]", "localhost:1", "LOCALHOST"] {
            assert!(is_address(host.as_bytes()), "{host}");
        }
        for host in ["", "example.org", "127.0.0.1.example.org:80", "localhost.example.org", "a:b", "\u{ff}"]
        {
            assert!(!is_address(host.as_bytes()), "{host}");
        }
    }

    #[test]
    fn a_target_is_a_node_and_a_daemon_of_a_known_kind() {
        let (to, service) = target("3", "tunnel").unwrap();
        assert_eq!((to.to_string(), service.name), ("3/tunnel/0".to_owned(), "tunnel"));
        assert_eq!(target("local", "tunnel.7").unwrap().0.to_string(), "local/tunnel/7");
        for (node, daemon, status) in [
            ("", "tunnel", 400),
            ("-1", "tunnel", 400),
            ("4294967296", "tunnel", 400),
            ("1", "tunneld.", 400),
            ("1", "tunneld.x", 400),
            ("1", "../x", 400),
            ("1", "nobody", 404),
        ] {
            assert_eq!(target(node, daemon).unwrap_err().status().as_u16(), status, "{node}/{daemon}");
        }
    }
}
