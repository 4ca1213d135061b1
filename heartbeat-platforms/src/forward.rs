//! A type that stands for a platform says what that says.

/// Implements `Detector` and `Responder` by way of a method `platform`.
macro_rules! forward {
    ($to:ty) => {
        impl heartbeat_core::Detector for $to {
            fn classify(&self, frame: heartbeat_core::Frame<'_>) -> heartbeat_core::Signal {
                self.platform().classify(frame)
            }
        }

        $crate::forward::forward!($to:
            respond(token: &[u8]),
            arm(),
            probe(id: heartbeat_core::ProbeId),
            keepalive(),
            dead_man(timeout: core::time::Duration),
            cancel_on_disconnect(),
            farewell(),
        );
    };
    ($to:ty: $($method:ident($($name:ident: $type:ty)?),)+) => {
        impl heartbeat_core::Responder for $to {
            $(fn $method(
                &self,
                $($name: $type,)?
                out: &mut heartbeat_core::Outbox,
            ) -> Result<(), heartbeat_core::OutboxError> {
                self.platform().$method($($name,)? out)
            })+
        }
    };
}

pub(crate) use forward;
