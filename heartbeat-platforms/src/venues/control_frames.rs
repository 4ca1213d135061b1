//! What the venues share that speak by ping and pong frames alone.

/// Gives a venue the dialect of RFC 6455, section 5.5: a ping is a challenge, a pong that echoes
/// a probe is its answer, and every message is data.
///
/// Such venues differ in their rules and in the settings that follow from them; those stand in
/// the file of each.
macro_rules! speaks_by_control_frames {
    ($venue:ty) => {
        impl heartbeat_core::Detector for $venue {
            fn classify(&self, frame: heartbeat_core::Frame<'_>) -> heartbeat_core::Signal {
                heartbeat_core::Signal::of_control(frame)
            }
        }

        impl heartbeat_core::Responder for $venue {
            fn respond(
                &self,
                _token: &[u8],
                _out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                Ok(()) // Ping frames are answered for every venue alike.
            }
        }
    };
}

pub(super) use speaks_by_control_frames;
