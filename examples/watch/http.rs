//! `/` for people, `/health` for supervisors, `/metrics` for Prometheus.
//!
//! The routes are axum's; each connection is hyper's own, since axum's server has no bound of time
//! or number: one request a connection, in at most ten seconds, and of too many clients the one
//! that has been there longest goes.

use core::fmt::Write as _;
use core::net::SocketAddr;
use core::time::Duration;
use std::collections::VecDeque;
use std::io;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::get;
use heartbeat_examples::evidence::millis;
use heartbeat_examples::hosts::Hosts;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};

use crate::board::{Board, Entry};
use crate::metrics;

/// How long a client may take to say what it wants.
const HEADER_WITHIN: Duration = Duration::from_secs(5);

/// How long it may take in all, with reading the answer.
const CLIENT_WITHIN: Duration = Duration::from_secs(10);

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// A bound server that has yet to run.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
    /// How many clients there are at once; of more, the oldest goes.
    clients_max: usize,
}

impl Server {
    /// Binds `place`, host and port, and answers whoever asks under a loopback name, under what was
    /// bound, or under one of `names`.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) async fn bind(
        place: &str,
        mut names: Vec<String>,
        clients_max: usize,
        board: Board,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(place).await?;
        names.extend(place.rsplit_once(':').map(|(name, _)| name.to_owned()));
        let hosts = Hosts::new(listener.local_addr()?, names);
        let router = Router::new()
            .route("/", get(index))
            .route("/health", get(health))
            .route("/metrics", get(scrape))
            .with_state(board)
            .layer(from_fn_with_state(hosts, only_here));
        Ok(Self { listener, router, clients_max })
    }

    /// Returns where it listens.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Serves until it is dropped.
    pub(crate) async fn run(self) {
        let mut clients = JoinSet::new();
        let mut ends = VecDeque::new();
        loop {
            tokio::select! {
                accepted = self.listener.accept() => if let Ok((stream, _)) = accepted {
                    ends.retain(|end: &AbortHandle| !end.is_finished());
                    if ends.len() >= self.clients_max
                        && let Some(oldest) = ends.pop_front()
                    {
                        oldest.abort();
                    }
                    ends.push_back(clients.spawn(serve(stream, self.router.clone())));
                } else {
                    let never = core::future::pending::<()>();
                    let _ = tokio::time::timeout(ACCEPT_REST, never).await;
                },
                Some(_) = clients.join_next() => {}
            }
        }
    }
}

/// Serves one client. What goes wrong is between it and the network.
async fn serve(stream: TcpStream, router: Router) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(HEADER_WITHIN).keep_alive(false);
    let answer = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(router));
    let _ = tokio::time::timeout(CLIENT_WITHIN, answer).await;
}

/// Answers nobody who asks under another name than ours.
async fn only_here(State(hosts): State<Hosts>, request: Request, next: Next) -> Response {
    let mut named = request.headers().get_all(header::HOST).iter();
    let host = named.next().and_then(|host| host.to_str().ok());
    if named.next().is_none() && host.is_some_and(|host| hosts.allow(host)) {
        return next.run(request).await;
    }
    let why = "host must be a loopback name, what was bound, or one that --http-host allows\n";
    (StatusCode::FORBIDDEN, why).into_response()
}

async fn health(State(board): State<Board>) -> impl IntoResponse {
    let entries = board.snapshot();
    let healthy = board.is_healthy();
    let connections: Vec<_> = entries.iter().map(connection).collect();
    let body = serde_json::json!({ "healthy": healthy, "connections": connections });
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}

/// Returns what is known of a connection, also for who asks over the control socket.
pub(crate) fn connection(entry: &Entry) -> serde_json::Value {
    serde_json::json!({
        "name": entry.name,
        "exchange": entry.exchange,
        "url": entry.url,
        "healthy": entry.healthy,
        "paused": entry.paused,
        "detection_bound_ms": millis(entry.detection_bound),
        "failure": entry.failure,
        "reconnects": entry.reconnects,
        "gaps": entry.gaps,
        "breaker": entry.breaker.as_str(),
        "health": entry.health,
    })
}

async fn scrape(State(board): State<Board>) -> impl IntoResponse {
    match metrics::encode(&board) {
        Ok(text) => (StatusCode::OK, [(header::CONTENT_TYPE, metrics::CONTENT_TYPE)], text),
        Err(error) => (
            StatusCode::INTERNAL_SERVER_ERROR,
            [(header::CONTENT_TYPE, "text/plain; charset=utf-8")],
            error.to_string(),
        ),
    }
}

async fn index(State(board): State<Board>) -> Html<String> {
    let mut rows = String::new();
    for entry in board.snapshot() {
        let state = entry.failure.as_deref().unwrap_or(entry.health.phase);
        let class = if entry.healthy { "good" } else { "bad" };
        let health = &entry.health;
        let _ = write!(
            rows,
            "<tr><td>{}<td class={class}>{}<td>{}<td>{} / {}<td>{} / {}<td>{} / {}<td>{}<td>{:?}\
             <td>{}",
            escape(&entry.name),
            escape(state),
            health.beats,
            health.challenges,
            health.responses,
            health.probes,
            health.answers,
            entry.reconnects,
            entry.gaps,
            entry.breaker.as_str(),
            entry.detection_bound,
            escape(&entry.last),
        );
    }
    Html(format!(
        "<!doctype html><meta charset=utf-8><meta http-equiv=refresh content=1>\
         <title>watch</title><style>body{{font:15px system-ui;margin:2em}}\
         td,th{{padding:.3em 1em;text-align:left}}.good{{color:#087f23}}.bad{{color:#b00020}}\
         </style><h1>Connections</h1><table><tr><th>Connection<th>State<th>Beats\
         <th>Challenged / answered<th>Probed / answered<th>Reconnects / gaps<th>Breaker\
         <th>Detection bound<th>Last{rows}</table>"
    ))
}

/// A venue's close reason can end up in a page: it stays text.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
