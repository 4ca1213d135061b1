//! Our own brake is nobody's fault.

use heartbeat_core::{Cause, Outlet, Timestamp};

use super::Oracle;
use crate::{Entry, Step};

/// Complains of a verdict that nothing could be written, although the line took everything: what
/// was not written was held back by the client's own message budget.
#[derive(Clone, Copy, Debug, Default)]
pub struct Brake {
    /// Whether the line takes nothing, and until when it last did not.
    is_blocked: bool,
    blocked_until: Option<Timestamp>,
}

impl Brake {
    /// Begins with a new connection, whose line takes frames.
    pub const fn new() -> Self {
        Self { is_blocked: false, blocked_until: None }
    }
}

impl Oracle for Brake {
    fn name(&self) -> &'static str {
        "brake"
    }

    fn see(&mut self, entry: &Entry) -> Result<(), String> {
        match entry.what {
            Step::Outlet(outlet) => {
                if self.is_blocked {
                    self.blocked_until = Some(entry.at);
                }
                self.is_blocked = outlet == Outlet::Blocked;
            }
            Step::Verdict(Cause::TransmitStalled { waited, .. }) => {
                let was_blocked = self.is_blocked
                    || self.blocked_until.is_some_and(|at| entry.at.saturating_since(at) < waited);
                if !was_blocked {
                    return Err(format!(
                        "a false verdict: for the {waited:?} in which nothing was written the line \
                         took frames, and our own budget let none out"
                    ));
                }
            }
            _ => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use core::time::Duration;

    use super::super::tests::judge;
    use super::*;

    #[test]
    fn a_verdict_over_our_own_brake_is_found_and_one_over_a_full_line_is_fair() {
        let cause = Cause::TransmitStalled { failures: 3, waited: Duration::from_secs(9) };
        let told = |outlets: &[(u64, Outlet)]| {
            let outlets = outlets.iter().map(|(at, outlet)| (*at, Step::Outlet(*outlet)));
            let story: Vec<_> = outlets.chain([(30_000, Step::Verdict(cause))]).collect();
            judge(Brake::new(), &story)
        };
        assert!(told(&[(20_000, Outlet::Held)]).is_err());
        assert!(told(&[]).is_err());
        assert_eq!(told(&[(20_000, Outlet::Blocked)]), Ok(()));
        let blocked = |until| [(10_000, Outlet::Blocked), (until, Outlet::Held)];
        assert_eq!(told(&blocked(21_001)), Ok(()));
        assert!(told(&blocked(21_000)).is_err(), "that was before");
    }
}
