//! Where a server that redirects the upgrade may lead us.

use super::{ConnectError, Destination, redact};

/// How many redirects of one attempt are followed.
const FOLLOWED_MAX: u8 = 3;

/// The redirects of one attempt.
#[derive(Debug, Default)]
pub(crate) struct Redirects {
    followed: u8,
}

/// Why a redirect is not followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RedirectRefusal {
    /// There is no `Location`, or it cannot be read.
    #[error("nobody says where to")]
    Nowhere,
    /// It leads to another host, which is not to get our credentials.
    #[error("it leads to another host")]
    OtherHost,
    /// It leads from TLS to none.
    #[error("it leads from tls to none")]
    LessSafe,
    /// It is one of too many.
    #[error("{FOLLOWED_MAX} were followed already")]
    TooMany,
}

impl Redirects {
    /// Returns where to go on: to the same host, over TLS if it was TLS before, and no more than
    /// three times.
    pub(crate) fn follow(
        &mut self,
        from: &Destination,
        status: u16,
        location: Option<&str>,
    ) -> Result<Destination, ConnectError> {
        let refused = |why| ConnectError::Redirected {
            status,
            location: location.map(redact::url).unwrap_or_default(),
            why,
        };
        let to = location.and_then(|location| resolve(from, location));
        let to = to.ok_or_else(|| refused(RedirectRefusal::Nowhere))?;
        if !to.host().eq_ignore_ascii_case(from.host()) {
            return Err(refused(RedirectRefusal::OtherHost));
        }
        if from.is_tls() && !to.is_tls() {
            return Err(refused(RedirectRefusal::LessSafe));
        }
        if self.followed >= FOLLOWED_MAX {
            return Err(refused(RedirectRefusal::TooMany));
        }
        self.followed += 1;
        Ok(to.or_user_of(from))
    }
}

/// Reads a `Location`: a URL, one without its scheme, or a path from the root. Servers say it in
/// the words of HTTP.
fn resolve(from: &Destination, location: &str) -> Option<Destination> {
    let scheme = if from.is_tls() { "wss" } else { "ws" };
    let url = match location.split_once("://") {
        Some(("http" | "ws", rest)) => format!("ws://{rest}"),
        Some(("https" | "wss", rest)) => format!("wss://{rest}"),
        _ if location.starts_with("//") => format!("{scheme}:{location}"),
        _ if location.starts_with('/') => format!("{scheme}://{}{location}", from.authority()),
        _ => return None,
    };
    Destination::parse(&url).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(from: &str, location: &str) -> Result<(String, String), String> {
        let from = Destination::parse(from).unwrap();
        let to = Redirects::default().follow(&from, 301, Some(location));
        let to = to.map_err(|error| error.to_string())?;
        Ok((to.to_string(), to.path().to_owned()))
    }

    #[test]
    fn it_is_followed_to_the_same_host_and_no_less_safe() {
        let from = "ws://venue.example:81/old?token=s3cret";
        for (location, to, path) in [
            ("/new?b", "ws://venue.example:81/...", "/new?b"),
            ("//venue.example/new", "ws://venue.example/...", "/new"),
            ("http://VENUE.example:82/", "ws://VENUE.example:82/", "/"),
            ("https://venue.example/", "wss://venue.example/", "/"),
            ("wss://venue.example/a", "wss://venue.example/...", "/a"),
        ] {
            let to = Ok((to.to_owned(), path.to_owned()));
            assert_eq!(follow(from, location), to, "{location}");
        }
    }

    #[test]
    fn what_is_not_followed_says_where_it_would_lead_and_why() {
        let said = "server redirects the upgrade with http status 301";
        for (location, to, why) in [
            ("wss://other.example/s3cret", " to wss://other.example", "it leads to another host"),
            ("http://venue.example/", " to http://venue.example", "it leads from tls to none"),
            ("ftp://venue.example/", " to ftp://venue.example", "nobody says where to"),
            ("new", " to ...", "nobody says where to"),
            (
                "https://venue.example:99999/\u{1b}",
                " to https://venue.example:99999",
                "nobody says where to",
            ),
            ("", " to ...", "nobody says where to"),
        ] {
            let why = format!("{said}{to}, which is not followed: {why}");
            assert_eq!(follow("wss://venue.example/", location), Err(why), "{location}");
        }
    }

    #[test]
    fn credentials_go_along_and_a_loop_ends() {
        let mut at = Destination::parse("ws://me:s3cret@venue.example/").unwrap();
        let user = at.authorization().cloned();
        let mut redirects = Redirects::default();
        for _ in 0..FOLLOWED_MAX {
            at = redirects.follow(&at, 308, Some("/")).unwrap();
            assert_eq!(at.authorization(), user.as_ref());
        }
        let error = redirects.follow(&at, 308, Some("/")).unwrap_err().to_string();
        assert!(error.ends_with("3 were followed already"), "{error}");
    }
}
