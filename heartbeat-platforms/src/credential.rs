//! Credentials that a venue wants to read in its heartbeats.

use core::fmt;

use heartbeat_core::OutboxError;

/// Supplies what a venue wants to read in each heartbeat: a token, a key, an account.
///
/// Asked anew for each heartbeat, so that what an application has renewed reaches the next. It may
/// be asked from whatever thread drives the connection, and must not block.
///
/// What it writes is put into the message as a JSON string, escaped as that needs it. It is shown
/// nowhere: the outgoing message is [a secret](heartbeat_core::Outbox::secret_text), evidence holds
/// no bytes, and a platform that holds one shows its own name alone.
///
/// ```
/// use core::fmt;
/// use heartbeat_platforms::Credential;
///
/// /// Where the application keeps its token and puts a new one.
/// struct Session;
/// # fn current() -> &'static str { "t-1" }
///
/// impl Credential for Session {
///     fn write(&self, field: &str, out: &mut dyn fmt::Write) -> fmt::Result {
///         match field {
///             "auth-token" => out.write_str(current()),
///             _ => Ok(()),
///         }
///     }
/// }
/// ```
pub trait Credential {
    /// Writes the value that the venue calls `field`; nothing if there is none (yet).
    ///
    /// # Errors
    ///
    /// Those of `out`, whose room is bounded, and any of its own: the heartbeat is then not sent,
    /// which ends the connection.
    fn write(&self, field: &str, out: &mut dyn fmt::Write) -> fmt::Result;
}

impl<C: Credential + ?Sized> Credential for &C {
    fn write(&self, field: &str, out: &mut dyn fmt::Write) -> fmt::Result {
        (**self).write(field, out)
    }
}

/// No credential: the platform then probes in a way that needs none.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[expect(clippy::exhaustive_structs, reason = "there is nothing to it")]
pub struct NoCredential;

impl Credential for NoCredential {
    fn write(&self, _field: &str, _out: &mut dyn fmt::Write) -> fmt::Result {
        Ok(())
    }
}

/// Puts a field of a credential into a message, as what stands between the quotes of a JSON string.
pub(crate) struct Field<'c, C: ?Sized> {
    credential: &'c C,
    field: &'static str,
}

impl<C: Credential + ?Sized> fmt::Display for Field<'_, C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.credential.write(self.field, &mut Escaped { out: f })
    }
}

/// Returns a field of a credential to be written into a message.
///
/// # Errors
///
/// [`OutboxError::NoCredential`] if there is none.
pub(crate) fn field<'c, C: Credential + ?Sized>(
    credential: &'c C,
    field: &'static str,
) -> Result<Field<'c, C>, OutboxError> {
    let mut written = Written(false);
    match credential.write(field, &mut written) {
        Ok(()) if written.0 => Ok(Field { credential, field }),
        Ok(()) | Err(fmt::Error) => Err(OutboxError::NoCredential),
    }
}

/// Takes note of whether anything is written.
struct Written(bool);

impl fmt::Write for Written {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 |= !text.is_empty();
        Ok(())
    }
}

/// Escapes what a JSON string must not hold as it is.
struct Escaped<'f, 'o> {
    out: &'f mut fmt::Formatter<'o>,
}

impl fmt::Write for Escaped<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        text.chars().try_for_each(|letter| match letter {
            '"' | '\\' => write!(self.out, "\\{letter}"),
            '\0'..='\x1f' => write!(self.out, "\\u{:04x}", u32::from(letter)),
            _ => self.out.write_char(letter),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::format;

    use heartbeat_core::{Frame, Outbox};

    use super::*;

    struct Fixed(&'static str);

    impl Credential for Fixed {
        fn write(&self, _field: &str, out: &mut dyn fmt::Write) -> fmt::Result {
            out.write_str(self.0)
        }
    }

    fn written(secret: &'static str) -> Result<Outbox, OutboxError> {
        let mut out = Outbox::new();
        let credential = Fixed(secret);
        let token = field(&credential, "token")?;
        out.secret_text(format_args!(r#"{{"token":"{token}"}}"#))?;
        Ok(out)
    }

    #[test]
    fn a_credential_is_written_as_a_json_string_and_shown_nowhere() {
        for (secret, expected) in [
            ("t-1", r#"{"token":"t-1"}"#),
            ("a\"b\\c\nd\u{e9}", "{\"token\":\"a\\\"b\\\\c\\u000ad\u{e9}\"}"),
        ] {
            let out = written(secret).unwrap();
            assert_eq!(out.frame(), Some(Frame::Text(expected)));
            let shown = format!("{out:?}");
            assert!(!shown.contains("t-1") && shown.contains("secret"), "{shown}");
        }
    }

    #[test]
    fn no_credential_and_one_without_end_are_errors_and_leave_nothing_behind() {
        assert_eq!(written("").unwrap_err(), OutboxError::NoCredential);
        let long: &'static str = std::string::String::leak("x".repeat(Outbox::CAPACITY));
        assert_eq!(written(long).unwrap_err(), OutboxError::TooLong { capacity: 2048 });
    }
}
