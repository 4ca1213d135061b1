//! `/` for people, `/health` for supervisors, `/metrics` for Prometheus.

use core::fmt::Write as _;
use core::net::SocketAddr;
use std::io;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::routing::get;
use tokio::net::TcpListener;

use crate::board::{Board, Entry};
use crate::event::millis;
use crate::metrics;

/// A bound server that has yet to run.
pub(crate) struct Server {
    listener: TcpListener,
    router: Router,
}

impl Server {
    /// Binds the address.
    ///
    /// # Errors
    ///
    /// What the system said.
    pub(crate) async fn bind(address: SocketAddr, board: Board) -> io::Result<Self> {
        let router = Router::new()
            .route("/", get(index))
            .route("/health", get(health))
            .route("/metrics", get(scrape))
            .with_state(board);
        Ok(Self { listener: TcpListener::bind(address).await?, router })
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
    pub(crate) async fn run(self) -> io::Result<()> {
        axum::serve(self.listener, self.router).await
    }
}

async fn health(State(board): State<Board>) -> impl IntoResponse {
    let entries = board.snapshot();
    let healthy = board.is_healthy();
    let connections: Vec<_> = entries.iter().map(connection).collect();
    let body = serde_json::json!({ "healthy": healthy, "connections": connections });
    let status = if healthy { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(header::CONTENT_TYPE, "application/json")], body.to_string())
}

fn connection(entry: &Entry) -> serde_json::Value {
    serde_json::json!({
        "name": entry.name,
        "exchange": entry.exchange,
        "url": entry.url,
        "healthy": entry.healthy,
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
