//! Requests that wait for their replies, whichever connection brings them.

mod error;
mod key;
mod pending;
mod table;

pub use error::RequestError;
pub use key::RequestKey;
pub(super) use pending::Route;
pub use pending::{PendingRequest, Reply};
pub(super) use table::{Replies, RequestTable};

use core::time::Duration;

use tokio_tungstenite::tungstenite::Message;

/// How long a reply may take, unless the application says otherwise.
pub(super) const REPLY_WITHIN: Duration = Duration::from_secs(5);

/// Says which request a message replies to, if it is a reply.
pub(super) type ReplyKeyOf = dyn Fn(&Message) -> Option<RequestKey> + Send + Sync;
