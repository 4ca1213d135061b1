//! Opens a TCP connection to one of several addresses.

use core::net::SocketAddr;
use core::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::routes::Trial;
use super::{ConnectError, SocketOptions};

/// How long an address is tried before the next is tried beside it; what RFC 8305, section 5,
/// recommends.
const ATTEMPT_DELAY: Duration = Duration::from_millis(250);

/// How many addresses are tried in one attempt.
const ADDRESSES_MAX: usize = 16;

/// Connects to the first address that takes a connection (Happy Eyeballs, RFC 8305): both families
/// by turns, the next when one has failed or has not answered for 250 ms, and of those that failed
/// before the last. The caller bounds the time. At most 16 are tried.
pub(super) async fn race(
    mut addresses: Vec<SocketAddr>,
    options: &SocketOptions,
    trial: &Trial,
) -> Result<TcpStream, Lost> {
    interleave(&mut addresses);
    trial.sort(&mut addresses);
    addresses.truncate(ADDRESSES_MAX);
    let mut waiting = addresses.into_iter();
    let mut running = FuturesUnordered::new();
    let mut lost = None;
    loop {
        if let Some(addr) = waiting.next() {
            trial.try_address(addr);
            running.push(async move { (addr, options.connect(addr).await) });
        }
        let done = if waiting.len() > 0 {
            match timeout(ATTEMPT_DELAY, running.next()).await {
                Ok(done) => done,
                Err(_) => continue,
            }
        } else {
            running.next().await
        };
        match done {
            Some((addr, Ok(tcp))) => {
                trial.reach(addr);
                return Ok(tcp);
            }
            Some((_, Err(error))) => lost = Some(error),
            None => return Err(lost),
        }
    }
}

/// What became of the address that failed last; nothing if there was none.
pub(super) type Lost = Option<ConnectError>;

/// Has the families take turns, in the order of the resolver otherwise.
fn interleave(addresses: &mut Vec<SocketAddr>) {
    let Some(first) = addresses.first().map(SocketAddr::is_ipv4) else { return };
    let (ours, others): (Vec<_>, Vec<_>) =
        addresses.drain(..).partition(|addr| addr.is_ipv4() == first);
    let (mut ours, mut others) = (ours.into_iter(), others.into_iter());
    loop {
        let next = [ours.next(), others.next()];
        if next.iter().all(Option::is_none) {
            return;
        }
        addresses.extend(next.into_iter().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn families_take_turns() {
        let of = |text: &str| -> Vec<SocketAddr> {
            text.split(' ').map(|addr| addr.parse().unwrap()).collect()
        };
        for (found, tried) in [
            ("[::1]:1 [::2]:1 [::3]:1 1.1.1.1:1", "[::1]:1 1.1.1.1:1 [::2]:1 [::3]:1"),
            ("1.1.1.1:1 [::1]:1 1.1.1.2:1", "1.1.1.1:1 [::1]:1 1.1.1.2:1"),
            ("1.1.1.1:1 1.1.1.2:1", "1.1.1.1:1 1.1.1.2:1"),
        ] {
            let mut addresses = of(found);
            interleave(&mut addresses);
            assert_eq!(addresses, of(tried));
        }
    }
}
