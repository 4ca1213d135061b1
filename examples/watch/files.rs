//! Open files: whoever asks over HTTP must not take those that the venues need.

/// How many clients are served over HTTP at once, where the limit of open files has room.
const HTTP_MAX: u64 = 64;

/// What the program needs besides its connections: standard streams, the runtime, listeners, name
/// look-ups.
const BASE: u64 = 32;

/// Raises the limit of open files as far as `sockets` of connections call for and the system lets
/// it, and returns how many clients can be served over HTTP beside them. Each socket is counted
/// twice: a connection is made while the one that it replaces is not yet gone.
///
/// # Errors
///
/// One line with both numbers, if there is no room for a single client.
pub(crate) fn room_for_http(sockets: u64) -> Result<usize, String> {
    let needed = sockets.saturating_mul(2).saturating_add(BASE);
    let limit = raised_to(needed.saturating_add(HTTP_MAX));
    let room = limit.saturating_sub(needed).min(HTTP_MAX);
    if room == 0 {
        return Err(format!(
            "--http needs open files beside those of the connections ({needed}), and the limit is \
             {limit}"
        ));
    }
    Ok(usize::try_from(room).unwrap_or(usize::MAX))
}

/// Raises the soft limit to `wanted` if it is lower, at most to the hard one; returns what it then
/// is.
#[cfg(unix)]
fn raised_to(wanted: u64) -> u64 {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    let before = getrlimit(Resource::Nofile);
    let Some(current) = before.current.filter(|current| *current < wanted) else {
        return before.current.unwrap_or(u64::MAX);
    };
    let reachable = before.maximum.map_or(wanted, |maximum| maximum.min(wanted));
    let raised = Rlimit { current: Some(reachable), ..before };
    if setrlimit(Resource::Nofile, raised).is_ok() { reachable } else { current }
}

#[cfg(not(unix))]
const fn raised_to(_wanted: u64) -> u64 {
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_limit_can_hold_is_refused_with_both_numbers() {
        assert_eq!(room_for_http(1), Ok(64));
        #[cfg(target_os = "linux")]
        {
            let error = room_for_http(1 << 40).unwrap_err();
            assert!(error.contains("(2199023255584)"), "{error}");
        }
    }
}
