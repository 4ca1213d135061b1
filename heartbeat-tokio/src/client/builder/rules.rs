//! The rules between the settings of a client, those of its connections and those of its recovery:
//! what clashes is refused before anything runs.

use heartbeat_core::{
    Config, Frame, MessageLimit, Outbox, Platform, ProbeId, RecoveryConfig, RotationOrder,
};

use super::{ClientBuilder, ClientError, FRESH_MIN};
use crate::client::opening::Opening;
use crate::client::{Endpoint, Handler, VenueGate};

impl<P: Platform + Clone + Send + Sync + 'static, H: Handler> ClientBuilder<P, H> {
    /// Checks what needs nothing but the settings of the client.
    pub(super) fn check(&self, endpoint: &dyn Endpoint<P>) -> Result<(), ClientError> {
        endpoint.check()?;
        self.connect_options.check()?;
        if let (Some(overlap), None) = (self.overlap, &self.label) {
            return Err(ClientError::OverlapWithoutLabels { overlap });
        }
        let fresh_within = self.fresh_within;
        if fresh_within < FRESH_MIN {
            return Err(ClientError::NeverFresh { fresh_within });
        }
        Ok(())
    }

    /// Checks the recovery against everything else.
    pub(super) fn check_recovery(&self, recovery: &RecoveryConfig) -> Result<(), ClientError> {
        if let (Some(max_age), Some(venue_age)) = (recovery.max_age(), self.limits.age())
            && max_age > venue_age
        {
            return Err(ClientError::OlderThanVenue { max_age, venue_age });
        }
        if let (Some(overlap), Some(max_age)) = (self.overlap, recovery.max_age())
            && overlap >= max_age
        {
            return Err(ClientError::OverlapOutlivesAge { overlap, max_age });
        }
        let close_within = self.connection_options.closing_within();
        let spoken = self.before_close_within.saturating_add(close_within);
        let leaving = self.replies_within.saturating_add(spoken);
        let leave_within = recovery.leave_within();
        if recovery.rotation_order() == RotationOrder::BreakBeforeMake && leaving > leave_within {
            return Err(ClientError::LeavesTooSlowly { leave_within, leaving });
        }
        Ok(())
    }

    /// Checks that the heartbeat fits into what the venue lets us send, and returns what else has
    /// to.
    pub(super) fn check_limits(
        &self,
        gate: &VenueGate,
        config: &Config,
        recovery: &RecoveryConfig,
    ) -> Result<Opening, ClientError> {
        let own = self.connection_options.messages();
        let limits = [own, gate.messages().map(|shared| shared.limit())];
        for limit in limits.iter().flatten() {
            self.check_probes(limit, config)?;
        }
        let (messages, longest_ready) = (self.opening_messages, recovery.longest_ready());
        let opening = Opening { limits, messages, longest_ready };
        opening.check(0)?;
        Ok(opening)
    }

    /// What a limit holds back is not judged, so that probes beyond it would notice nothing.
    fn check_probes(&self, limit: &MessageLimit, config: &Config) -> Result<(), ClientError> {
        let Some(probing) = config.probing() else { return Ok(()) };
        let (probe_every, per, count) = (probing.every, limit.per(), limit.count());
        let probes = per.as_nanos().div_ceil(probe_every.as_nanos().max(1));
        if probes > u128::from(count) && self.probes_count(limit) {
            return Err(ClientError::ProbesBeyondLimit { probe_every, probes, per, count });
        }
        Ok(())
    }

    /// Tells whether a limit counts what this platform probes with.
    fn probes_count(&self, limit: &MessageLimit) -> bool {
        if limit.counts_control_frames() {
            return true;
        }
        let mut probe = Outbox::new();
        let written = self.platform.probe(ProbeId::from_number(1), &mut probe);
        written.is_ok() && !matches!(probe.frame(), Some(Frame::Ping(_)))
    }
}
