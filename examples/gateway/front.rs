//! Where bots come in.

use core::num::NonZeroU32;
use core::sync::atomic::{AtomicU64, Ordering};
use core::time::Duration;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::{HeaderMap, HeaderName, Request, Response, StatusCode, header};
use heartbeat_examples::evidence::millis;
use heartbeat_examples::hosts::Hosts;
use heartbeat_tokio::tungstenite::handshake::derive_accept_key;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::upgrade::OnUpgrade;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};
use tokio::task::JoinSet;

use crate::args::Args;
use crate::bot::Bot;
use crate::mount::Mount;
use crate::report::{Event, Reporter};
use crate::session::{Session, Teller};
use crate::upstream::{Refused, Upstream};

/// How long a client may take to say what it wants.
const HEADER_WITHIN: Duration = Duration::from_secs(5);

/// How many clients may be saying what they want while as many bots as are allowed are there.
const VISITORS: usize = 32;

/// How long accepting rests after an error, such as too many open files.
const ACCEPT_REST: Duration = Duration::from_millis(100);

/// The settings of every session.
#[derive(Clone, Debug)]
pub(crate) struct Limits {
    pub(crate) bot_within: Duration,
    pub(crate) connect_within: Duration,
    pub(crate) stale_after: Duration,
    pub(crate) time_scale: NonZeroU32,
    gap: Arc<str>,
    stale: Arc<str>,
}

impl Limits {
    pub(crate) fn new(args: &Args) -> Self {
        Self {
            bot_within: args.bot_within,
            connect_within: args.connect_within,
            stale_after: args.stale_after,
            time_scale: args.time_scale,
            gap: args.gap_message.as_str().into(),
            stale: args.stale_message.as_str().into(),
        }
    }

    /// Returns what a bot is told of a gap.
    pub(crate) fn gap_message(&self, cause: &str, (from, to): (u64, u64), span_ms: u64) -> String {
        self.gap
            .replace("{cause}", cause)
            .replace("{from_ms}", &from.to_string())
            .replace("{to_ms}", &to.to_string())
            .replace("{span_ms}", &span_ms.to_string())
    }

    /// Returns what a bot is told before it gets what is so old, if anything.
    pub(crate) fn stale_message(&self, behind_ms: u64) -> Option<String> {
        let text = self.stale.replace("{behind_ms}", &behind_ms.to_string());
        (!text.is_empty()).then_some(text)
    }
}

/// What all bots share.
pub(crate) struct Gateway {
    pub(crate) mounts: Vec<Mount>,
    pub(crate) limits: Limits,
    pub(crate) hosts: Hosts,
    pub(crate) reporter: Reporter,
    pub(crate) stop: watch::Receiver<bool>,
    bots: Arc<Semaphore>,
    bots_max: NonZeroU32,
    numbers: AtomicU64,
}

impl Gateway {
    pub(crate) fn new(
        args: &Args,
        mounts: Vec<Mount>,
        hosts: Hosts,
        reporter: Reporter,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let room = usize::try_from(args.bots_max.get()).unwrap_or(usize::MAX);
        Self {
            mounts,
            limits: Limits::new(args),
            hosts,
            reporter,
            stop,
            bots: Arc::new(Semaphore::new(room.min(Semaphore::MAX_PERMITS))),
            bots_max: args.bots_max,
            numbers: AtomicU64::new(0),
        }
    }

    /// Lets bots in until it is told to stop, and waits until the last has left.
    pub(crate) async fn serve(self: Arc<Self>, listener: TcpListener) {
        let places = self.bots.available_permits().saturating_add(VISITORS);
        let mut clients = JoinSet::new();
        let mut stop = self.stop.clone();
        loop {
            tokio::select! {
                _ = stop.wait_for(|stopped| *stopped) => break,
                accepted = listener.accept(), if clients.len() < places => {
                    if let Ok((stream, _)) = accepted {
                        clients.spawn(self.clone().receive(stream));
                    } else {
                        let never = core::future::pending::<()>();
                        let _ = tokio::time::timeout(ACCEPT_REST, never).await;
                    }
                }
                Some(_) = clients.join_next() => {}
            }
        }
        while clients.join_next().await.is_some() {}
    }

    /// Serves one client: one request, and a session if it is let in.
    async fn receive(self: Arc<Self>, stream: TcpStream) {
        // Without it small messages wait for each other.
        let _ = stream.set_nodelay(true);
        let admitted = Admitted::default();
        let service = service_fn(|request| self.clone().answer(request, admitted.clone()));
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new()).header_read_timeout(HEADER_WITHIN);
        let answered = http.serve_connection(TokioIo::new(stream), service).with_upgrades();
        let within = HEADER_WITHIN + self.limits.connect_within + HEADER_WITHIN;
        let mut stop = self.stop.clone();
        tokio::select! {
            _ = stop.wait_for(|stopped| *stopped) => return,
            answered = tokio::time::timeout(within, answered) => {
                if !matches!(answered, Ok(Ok(()))) {
                    return;
                }
            }
        }
        if let Some(entry) = admitted.take() {
            entry.run(&self).await;
        }
    }

    async fn answer(
        self: Arc<Self>,
        request: Request<Incoming>,
        admitted: Admitted,
    ) -> io::Result<Response<Body>> {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed) + 1;
        let mount = self.mount_of(request.uri().path());
        let name = mount.as_ref().map(|(mount, _)| mount.name.clone());
        Ok(match self.admit(number, mount, request).await {
            Ok((entry, response)) => {
                admitted.put(entry);
                response
            }
            Err(refused) => {
                let Refused { status, why, .. } = &refused;
                let event = Event::Refused { status: status.as_u16(), why: why.clone() };
                self.reporter.tell(Some(number), name.as_deref(), event);
                refused.response()
            }
        })
    }

    async fn admit(
        &self,
        number: u64,
        mount: Option<(&Mount, String)>,
        mut request: Request<Incoming>,
    ) -> Result<(Entry, Response<Body>), Refused> {
        self.check_names(request.headers())?;
        let Some((mount, mut rest)) = mount else {
            let known = self.mounts.iter().map(|mount| format!("/{}", mount.name));
            let known = known.collect::<Vec<_>>().join(" ");
            let why = format!("nothing is here; there is {known}");
            return Err(Refused::new(StatusCode::NOT_FOUND, why));
        };
        if let Some(query) = request.uri().query() {
            rest.push('?');
            rest.push_str(query);
        }
        let accept = accept_key(request.headers())?;
        let place = self.bots.clone().try_acquire_owned().map_err(|_| {
            let why = format!("{0} bots are here, --bots-max is {0}", self.bots_max);
            Refused::new(StatusCode::SERVICE_UNAVAILABLE, why)
        })?;
        let clock = self.reporter.clock();
        let began = clock.now();
        let headers = for_venue(request.headers());
        let bot = format!("{}-{number}", mount.name);
        let within = self.limits.connect_within;
        let upstream = Upstream::connect(mount, &rest, headers, bot, within).await?;
        let connect_ms = millis(clock.now().saturating_since(began));
        let upgrade = hyper::upgrade::on(&mut request);
        let mount = mount.clone();
        let entry = Entry { upgrade, upstream, mount, number, connect_ms, _place: place };
        Ok((entry, switching(&accept)))
    }

    /// Splits a path into a mount and what is below it.
    fn mount_of(&self, path: &str) -> Option<(&Mount, String)> {
        let path = path.strip_prefix('/')?;
        let (name, rest) = path.split_at(path.find('/').unwrap_or(path.len()));
        let mount = self.mounts.iter().find(|mount| mount.name == name)?;
        Some((mount, rest.to_owned()))
    }

    /// A page in a browser can connect to loopback from anywhere, and says where it is from.
    fn check_names(&self, headers: &HeaderMap) -> Result<(), Refused> {
        let forbidden = |why: &str| Err(Refused::new(StatusCode::FORBIDDEN, why));
        let mut hosts = headers.get_all(header::HOST).iter();
        let host = hosts.next().and_then(|host| host.to_str().ok());
        let Some(host) = host.filter(|host| hosts.next().is_none() && self.hosts.allow(host))
        else {
            return forbidden("host must be a loopback name, what was bound, or one of --host");
        };
        let mut origins = headers.get_all(header::ORIGIN).iter();
        let is_same = origins.all(|origin| {
            let origin = origin.to_str().unwrap_or_default();
            origin.split_once("://").is_some_and(|(_, from)| from.eq_ignore_ascii_case(host))
        });
        if is_same { Ok(()) } else { forbidden("origin must be the host that was asked, or none") }
    }
}

/// A bot that is let in.
struct Entry {
    upgrade: OnUpgrade,
    upstream: Upstream,
    mount: Mount,
    number: u64,
    connect_ms: u64,
    _place: OwnedSemaphorePermit,
}

impl Entry {
    async fn run(self, gateway: &Gateway) {
        let Ok(upgraded) = self.upgrade.await else { return };
        let bot = Bot::new(TokioIo::new(upgraded)).await;
        let teller = Teller {
            reporter: gateway.reporter.clone(),
            bot: self.number,
            mount: self.mount.name.clone(),
        };
        teller.tell(Event::Connected { connect_ms: self.connect_ms });
        let limits = gateway.limits.clone();
        let session = Session::new(bot, self.upstream, &self.mount, limits, teller);
        session.run(gateway.stop.clone()).await;
    }
}

/// Where a request leaves the session that it leads to, for the task that owns the socket.
#[derive(Clone, Default)]
struct Admitted(Arc<Mutex<Option<Entry>>>);

impl Admitted {
    fn put(&self, entry: Entry) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(entry);
    }

    fn take(&self) -> Option<Entry> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// Checks that a request asks for a WebSocket, as RFC 6455, section 4.2.1, has it, and returns what
/// accepts it.
fn accept_key(headers: &HeaderMap) -> Result<String, Refused> {
    let has = |name: HeaderName, token: &str| {
        let values = headers.get_all(name).into_iter().filter_map(|value| value.to_str().ok());
        values.flat_map(|value| value.split(',')).any(|it| it.trim().eq_ignore_ascii_case(token))
    };
    if !has(header::CONNECTION, "upgrade") || !has(header::UPGRADE, "websocket") {
        return Err(Refused::new(StatusCode::UPGRADE_REQUIRED, "this is for websockets"));
    }
    if !has(header::SEC_WEBSOCKET_VERSION, "13") {
        return Err(Refused::new(StatusCode::UPGRADE_REQUIRED, "version must be 13"));
    }
    let key = headers.get(header::SEC_WEBSOCKET_KEY).filter(|key| key.len() == KEY_LENGTH);
    let key = key.ok_or_else(|| {
        Refused::new(StatusCode::BAD_REQUEST, "sec-websocket-key must be 16 bytes in base64")
    })?;
    Ok(derive_accept_key(key.as_bytes()))
}

/// 16 bytes in base64.
const KEY_LENGTH: usize = 24;

/// Returns the headers that are for the venue: not those of this one connection.
fn for_venue(headers: &HeaderMap) -> HeaderMap {
    let own = [
        header::HOST,
        header::ORIGIN,
        header::CONNECTION,
        header::UPGRADE,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::TE,
        header::TRAILER,
    ];
    let is_own = |name: &HeaderName| {
        let text = name.as_str();
        own.contains(name)
            || ["sec-websocket-", "proxy-", "keep-alive"].iter().any(|it| text.starts_with(it))
    };
    let kept = headers.iter().filter(|(name, _)| !is_own(name));
    kept.map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn switching(accept: &str) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(header::CONNECTION, const { header::HeaderValue::from_static("Upgrade") });
    headers.insert(header::UPGRADE, const { header::HeaderValue::from_static("websocket") });
    if let Ok(accept) = accept.parse() {
        headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
    }
    response
}

impl Refused {
    fn response(self) -> Response<Body> {
        let mut response = Response::new(Body::from(format!("{}\n", self.why)));
        *response.status_mut() = self.status;
        let headers = response.headers_mut();
        // One request a connection.
        headers.insert(header::CONNECTION, const { header::HeaderValue::from_static("close") });
        if self.status == StatusCode::UPGRADE_REQUIRED {
            headers.insert(header::SEC_WEBSOCKET_VERSION, 13.into());
            headers
                .insert(header::UPGRADE, const { header::HeaderValue::from_static("websocket") });
        }
        if let Some(pause) = self.retry_after {
            // Whole seconds, and none too few.
            let seconds = pause.as_secs() + u64::from(pause.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}
