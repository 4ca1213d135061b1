//! What a socket is set to, and which of several addresses it goes to, over real sockets.

#![allow(clippy::unwrap_used, reason = "a test that unwraps says what it expects")]

use core::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use core::time::Duration;

use heartbeat_tokio::{
    ConnectError, ConnectOptions, MaybeTls, Metered, SocketOptions, chain, connect,
};
use socket2::SockRef;
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::{WebSocketStream, accept_async};

/// No test takes longer, unless it fails.
const GUARD: Duration = Duration::from_secs(30);

const URL: &str = "ws://venue.example/";

/// A venue that upgrades whoever comes, and says from where they came.
async fn venue() -> (SocketAddr, JoinSet<()>, tokio::sync::mpsc::Receiver<SocketAddr>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let addr = listener.local_addr().unwrap();
    let (say, said) = tokio::sync::mpsc::channel(8);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut held = Vec::new();
        while let Ok((tcp, from)) = listener.accept().await {
            held.push(accept_async(tcp).await);
            say.send(from).await.unwrap();
        }
    });
    (addr, tasks, said)
}

async fn open(
    options: &ConnectOptions,
) -> Result<WebSocketStream<Metered<MaybeTls<TcpStream>>>, ConnectError> {
    timeout(GUARD, connect(URL, options)).await.expect("an answer in time")
}

#[tokio::test]
async fn a_socket_is_set_to_what_was_asked_for() {
    let (venue, _tasks, mut from) = venue().await;
    let secs = Duration::from_secs;
    let source = IpAddr::from([127, 0, 0, 2]);
    let socket = SocketOptions::default().source(source).nodelay(false);
    let socket = socket.keepalive(secs(30), secs(10), 3).unwrap().user_timeout(secs(60)).unwrap();
    let options = ConnectOptions::default().resolver(vec![venue]);
    let ws = open(&options.clone().socket(socket)).await.unwrap();
    assert_eq!(from.recv().await.unwrap().ip(), source);
    let tcp = ws.get_ref().get_ref().get_ref();
    let set = SockRef::from(tcp);
    assert!(!tcp.nodelay().unwrap() && set.keepalive().unwrap());
    assert_eq!(set.tcp_keepalive_time().unwrap(), secs(30));
    assert_eq!(set.tcp_keepalive_interval().unwrap(), secs(10));
    assert_eq!(set.tcp_keepalive_retries().unwrap(), 3);
    assert_eq!(set.tcp_user_timeout().unwrap(), Some(secs(60)));
    // Unasked, all is the system's but Nagle's algorithm.
    let ws = open(&options).await.unwrap();
    let tcp = ws.get_ref().get_ref().get_ref();
    let set = SockRef::from(tcp);
    assert!(tcp.nodelay().unwrap() && !set.keepalive().unwrap());
    assert_eq!(set.tcp_user_timeout().unwrap(), None);
}

#[tokio::test]
async fn a_source_address_leaves_out_the_other_family_and_must_be_ours() {
    let (venue, _tasks, _from) = venue().await;
    let sixth = SocketAddr::from((Ipv6Addr::LOCALHOST, venue.port()));
    let from = |source: IpAddr, to: Vec<SocketAddr>| {
        let socket = SocketOptions::default().source(source);
        ConnectOptions::default().resolver(to).socket(socket)
    };
    let here = Ipv4Addr::LOCALHOST.into();
    open(&from(here, vec![sixth, venue])).await.unwrap();
    let error = open(&from(here, vec![sixth])).await.unwrap_err();
    let said = "cannot connect from 127.0.0.1: venue has no address of this family";
    assert_eq!(chain(&error).to_string(), said);
    // RFC 5737: nobody has this address.
    let error = open(&from(IpAddr::from([192, 0, 2, 1]), vec![venue])).await.unwrap_err();
    assert!(matches!(error, ConnectError::Source { .. }), "{error}");
}

/// A port that is bound and whose system answers nobody any more, as behind a firewall.
async fn black_hole() -> (SocketAddr, TcpListener, Vec<TcpStream>) {
    let socket = TcpSocket::new_v4().unwrap();
    socket.bind(([127, 0, 0, 1], 0).into()).unwrap();
    let listener = socket.listen(1).unwrap();
    let addr = listener.local_addr().unwrap();
    let mut waiting = Vec::new();
    while let Ok(tcp) = timeout(Duration::from_millis(100), TcpStream::connect(addr)).await {
        waiting.push(tcp.unwrap());
        assert!(waiting.len() < 64, "the backlog has a bound");
    }
    (addr, listener, waiting)
}

#[tokio::test]
async fn an_address_that_swallows_what_it_is_sent_costs_a_moment_and_that_once() {
    let ((hole, _listener, _waiting), (venue, _tasks, _from)) = (black_hole().await, venue().await);
    let options = ConnectOptions::default().resolver(vec![hole, venue]);
    let ws = open(&options).await.unwrap();
    assert_eq!(ws.get_ref().get_ref().get_ref().peer_addr().unwrap(), venue);
    // Not even the moment is left to the next that comes.
    let at_once = options.connect_within(Duration::from_millis(200));
    assert!(open(&at_once).await.is_ok());
}

#[tokio::test]
async fn an_address_that_fails_the_upgrade_is_not_where_the_next_call_begins() {
    let (venue, _tasks, mut from) = venue().await;
    let sick = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let options = ConnectOptions::default().resolver(vec![sick.local_addr().unwrap(), venue]);
    let hangs_up = async { drop(sick.accept().await.unwrap()) };
    let (failed, ()) = tokio::join!(open(&options), hangs_up);
    assert!(matches!(failed, Err(ConnectError::Upgrade { .. })), "{failed:?}");
    assert!(open(&options).await.is_ok(), "a clone shares what is remembered");
    from.recv().await.unwrap();
}
