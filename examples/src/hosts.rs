//! For whom a request is: a page of anybody's can lead its own name to this machine and have a
//! browser ask here, but not under a name of ours.

use core::net::{IpAddr, SocketAddr};

use axum::http::uri::Authority;

/// The names under which the server may be asked.
#[derive(Clone, Debug)]
pub struct Hosts {
    bound: IpAddr,
    names: Vec<String>,
}

impl Hosts {
    /// Allows the loopback names and addresses, the address that was bound, any address if that is
    /// none in particular, and `names`.
    pub fn new(bound: SocketAddr, names: Vec<String>) -> Self {
        Self { bound: bound.ip(), names }
    }

    /// Tells whether a `Host` header is one of them.
    pub fn allow(&self, host: &str) -> bool {
        let Ok(authority) = host.parse::<Authority>() else { return false };
        let host = authority.host().trim_matches(&['[', ']'][..]);
        if let Ok(address) = host.parse::<IpAddr>() {
            return address.is_loopback() || address == self.bound || self.bound.is_unspecified();
        }
        let mut names = self.names.iter().map(String::as_str).chain(["localhost"]);
        names.any(|name| name.eq_ignore_ascii_case(host))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_somebody_else_leads_here_is_not_ours() {
        let bound = |address: &str| Hosts::new(address.parse().unwrap(), vec!["Desk-1".to_owned()]);
        let local = bound("127.0.0.1:9100");
        for ours in [
            "localhost",
            "LOCALHOST:9100",
            "127.0.0.1:9100",
            "127.0.0.2",
            "[::1]:9100",
            "desk-1:80",
        ] {
            assert!(local.allow(ours), "{ours}");
        }
        for theirs in
            ["evil.example", "localhost.evil.example", "10.0.0.5", "", "a b", "evil@", "desk-10"]
        {
            assert!(!local.allow(theirs), "{theirs}");
        }
        assert!(bound("10.0.0.5:9100").allow("10.0.0.5:9100"));
        assert!(!bound("10.0.0.5:9100").allow("10.0.0.6:9100"));
        // An address is nobody's name, so it cannot have been led here.
        assert!(bound("0.0.0.0:9100").allow("10.0.0.6:9100"));
        assert!(!bound("0.0.0.0:9100").allow("evil.example:9100"));
    }
}
