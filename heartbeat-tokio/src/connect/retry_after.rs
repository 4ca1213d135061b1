//! When a server wants to be asked again.

use core::time::Duration;

use tokio_tungstenite::tungstenite::http::{HeaderMap, header};

/// Reads a `Retry-After` (RFC 9110, section 10.2.3).
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let value = |name| headers.get(name)?.to_str().ok().map(str::trim);
    let after = value(header::RETRY_AFTER)?;
    if !after.is_empty() && after.bytes().all(|byte| byte.is_ascii_digit()) {
        // More than can be counted is as long as it gets; whoever obeys has a bound.
        return Some(Duration::from_secs(after.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(after).ok()?;
    let now = httpdate::parse_http_date(value(header::DATE)?).ok()?;
    // A date that has passed asks for nothing.
    Some(until.duration_since(now).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn retry_after_of(value: &'static str) -> Option<Duration> {
        let mut headers = HeaderMap::new();
        headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(value));
        retry_after(&headers)
    }

    #[test]
    fn a_date_is_read_beside_the_servers_own() {
        let of = |after: &'static str, date: &'static str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::RETRY_AFTER, header::HeaderValue::from_static(after));
            headers.insert(header::DATE, header::HeaderValue::from_static(date));
            retry_after(&headers)
        };
        let (noon, later) = ("Wed, 21 Oct 2026 12:00:00 GMT", "Wed, 21 Oct 2026 12:01:30 GMT");
        assert_eq!(of(later, noon), Some(Duration::from_secs(90)));
        assert_eq!(of(noon, later), Some(Duration::ZERO));
        assert_eq!(of("7", "nonsense"), Some(Duration::from_secs(7)));
        assert_eq!(of(later, "nonsense"), None);
        assert_eq!(of("Wed, 99 Oct 2026 12:00:00 GMT", noon), None);
    }

    #[test]
    fn without_a_date_of_the_servers_it_is_read_in_seconds_alone() {
        assert_eq!(retry_after_of("120"), Some(Duration::from_secs(120)));
        assert_eq!(retry_after_of(" 0 "), Some(Duration::ZERO));
        assert_eq!(retry_after_of("99999999999999999999"), Some(Duration::from_secs(u64::MAX)));
        for other in ["", "-1", "+1", "1.5", "1 s", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(retry_after_of(other), None, "{other:?}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
