//! What the process of the venue does.

use std::io::{self, BufRead};
use std::sync::Arc;

use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::accept_hdr_async_with_config;
use tokio_tungstenite::tungstenite::handshake::server::{Request, Response};

use super::lines::{self, Duty, Ledger, Order};
use crate::measure::pin_to;
use crate::rivals::buffers;

/// Serves until its standard input ends.
pub(crate) fn run(tls: bool) -> io::Result<()> {
    pin_to(1);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(serve(tls))
}

async fn serve(tls: bool) -> io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    say(&listener.local_addr()?.port().to_string());
    let acceptor = if tls { Some(acceptor()?) } else { None };
    let ledger = Arc::new(Ledger::default());
    let (orders, _) = broadcast::channel(16);
    let mut tasks = JoinSet::new();
    let mut words = words();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (tcp, _) = accepted?;
                tcp.set_nodelay(true)?;
                let (acceptor, ledger) = (acceptor.clone(), Arc::clone(&ledger));
                let orders = orders.subscribe();
                tasks.spawn(async move { greet(tcp, acceptor, orders, ledger).await });
            }
            word = words.recv() => {
                let Some(word) = word else { return Ok(()) };
                match Order::parse(&word) {
                    Some(Order::Report) => say(&ledger.report()),
                    Some(order) => {
                        ledger.begin(orders.receiver_count());
                        // Nobody is connected: then nobody does it.
                        let _ = orders.send(order);
                    }
                    None => say("what?"),
                }
            }
            Some(_) = tasks.join_next() => {}
        }
    }
}

/// Reads what the process that started this one wants done, a line each.
pub(crate) fn words() -> tokio::sync::mpsc::Receiver<String> {
    let (sender, receiver) = tokio::sync::mpsc::channel(16);
    std::thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

async fn greet(
    tcp: TcpStream,
    acceptor: Option<TlsAcceptor>,
    orders: broadcast::Receiver<Order>,
    ledger: Arc<Ledger>,
) {
    match acceptor {
        None => upgrade(tcp, orders, &ledger).await,
        Some(acceptor) => {
            if let Ok(tls) = acceptor.accept(tcp).await {
                upgrade(tls, orders, &ledger).await;
            }
        }
    }
}

async fn upgrade<S: lines::Io>(io: S, orders: broadcast::Receiver<Order>, ledger: &Ledger) {
    let mut path = String::new();
    #[expect(clippy::result_large_err, reason = "it is tungstenite's callback")]
    let note = |request: &Request, response: Response| {
        request.uri().path().clone_into(&mut path);
        Ok(response)
    };
    let accepted = accept_hdr_async_with_config(io, note, Some(buffers())).await;
    let (Ok(ws), Some(duty)) = (accepted, Duty::parse(&path)) else { return };
    lines::serve(ws, duty, orders, ledger).await;
}

fn acceptor() -> io::Result<TlsAcceptor> {
    let names = vec!["localhost".to_owned()];
    let made = rcgen::generate_simple_self_signed(names).map_err(io::Error::other)?;
    let certificate = made.cert.der().clone();
    say(&certificate.iter().map(|byte| format!("{byte:02x}")).collect::<String>());
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(made.signing_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .and_then(|it| it.with_no_client_auth().with_single_cert(vec![certificate], key))
        .map_err(io::Error::other)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Says something to the process that started this one.
pub(super) fn say(what: &str) {
    println!("{what}");
}
