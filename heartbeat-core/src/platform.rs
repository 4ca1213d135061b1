//! The seam between the machine, which knows no venue, and the platforms, which know no state.

use core::time::Duration;

use crate::{ConfigBuilder, Frame, Outbox, OutboxError, ProbeId, Signal};

/// Says what a frame means.
///
/// `classify` is total and pure, allocates nothing, never panics on a peer's bytes, and
/// rejects ordinary market data in time that does not grow with the frame: length bound
/// first, then a short scan, then a strict parse.
pub trait Detector {
    /// Returns the meaning of `frame`.
    ///
    /// A frame that only looks like a heartbeat is [`Signal::Data`]; when in doubt, so is
    /// every other.
    fn classify(&self, frame: Frame<'_>) -> Signal;
}

/// Writes the frames that keep a connection alive.
///
/// Each method writes at most one frame. A method that writes none has nothing to say.
pub trait Responder {
    /// Writes the response to a challenge whose [token](Signal::Challenge) was `token`.
    ///
    /// Never called for a ping control frame: its pong is the same for every venue.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if no response can be written; the challenge then counts as failed.
    fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError>;

    /// Writes the message that makes the venue start its heartbeat; none by default.
    ///
    /// A platform that writes one must recognise the venue's reply as [`Signal::Armed`], as
    /// [`Signal::Terms`] that arm, or as [`Signal::ArmRefused`].
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the message does not fit.
    fn arm(&self, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    /// Writes a probe that the venue must answer; by default a ping control frame.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the probe does not fit.
    fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
        out.ping(id.payload().as_bytes())
    }

    /// Writes what the venue wants to hear from time to time and answers with nothing; nothing by
    /// default. Asked for where the settings say [how often](ConfigBuilder::keepalive_every).
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the message does not fit.
    fn keepalive(&self, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    /// Writes the message that winds up the venue's dead-man switch, so that it cancels the
    /// orders `timeout` from now, or switches it off if `timeout` is zero; none by default.
    ///
    /// A platform that writes one says so with
    /// [`dead_man_range`](ConfigBuilder::dead_man_range) in its defaults, and recognises the
    /// venue's reply as [`Signal::SafeguardSet`] or [`Signal::SafeguardRefused`]. A message
    /// that needs a signature or a token is not a platform's to write.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the message does not fit.
    fn dead_man(&self, _timeout: Duration, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    /// Writes the message that asks the venue to cancel the orders when the connection ends;
    /// none by default.
    ///
    /// A platform that writes one recognises the venue's reply as [`Signal::SafeguardSet`] or
    /// [`Signal::SafeguardRefused`].
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the message does not fit.
    fn cancel_on_disconnect(&self, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }

    /// Writes the last message before a close that we begin; none by default.
    ///
    /// # Errors
    ///
    /// [`OutboxError`] if the message does not fit.
    fn farewell(&self, _out: &mut Outbox) -> Result<(), OutboxError> {
        Ok(())
    }
}

/// A venue's dialect: how to read its heartbeat and how to speak it.
///
/// Usable as a generic parameter, as `&dyn Platform`, and with the `alloc` feature as
/// `Box<dyn Platform>`, and as `Arc<dyn Platform>`, which can be cloned.
pub trait Platform: Detector + Responder {
    /// Returns the name of the venue.
    fn name(&self) -> &str;

    /// Returns settings that are safe for this venue, to be adjusted and built.
    fn defaults(&self) -> ConfigBuilder;
}

macro_rules! forward {
    ($pointer:ty) => {
        impl<P: Detector + ?Sized> Detector for $pointer {
            fn classify(&self, frame: Frame<'_>) -> Signal {
                (**self).classify(frame)
            }
        }

        impl<P: Responder + ?Sized> Responder for $pointer {
            fn respond(&self, token: &[u8], out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).respond(token, out)
            }

            fn arm(&self, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).arm(out)
            }

            fn probe(&self, id: ProbeId, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).probe(id, out)
            }

            fn keepalive(&self, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).keepalive(out)
            }

            fn dead_man(&self, timeout: Duration, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).dead_man(timeout, out)
            }

            fn cancel_on_disconnect(&self, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).cancel_on_disconnect(out)
            }

            fn farewell(&self, out: &mut Outbox) -> Result<(), OutboxError> {
                (**self).farewell(out)
            }
        }

        impl<P: Platform + ?Sized> Platform for $pointer {
            fn name(&self) -> &str {
                (**self).name()
            }

            fn defaults(&self) -> ConfigBuilder {
                (**self).defaults()
            }
        }
    };
}

forward!(&P);
#[cfg(feature = "alloc")]
forward!(alloc::boxed::Box<P>);
#[cfg(feature = "alloc")]
forward!(alloc::sync::Arc<P>);
