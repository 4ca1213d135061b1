//! What a client's application asks of the venue, and what it hears, in the mock's own protocol.

use core::time::Duration;

use serde_json::Value;

use crate::mock::is_mocks_own;

/// What is asked. Orders are known by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Request {
    Login,
    Subscribe,
    CancelOnDisconnect(bool),
    DeadMan(Duration),
    List,
    Place(u64),
    Cancel(u64),
}

/// What is heard, with the number of the request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Reply {
    Subscribed,
    Done(u64),
    Open(u64, Vec<u64>),
    Refused(u64),
}

impl Request {
    pub(super) fn write(self, id: u64) -> String {
        let (kind, rest) = match self {
            Self::Login => ("login", r#","key":"right""#.to_owned()),
            Self::Subscribe => ("subscribe", r#","channel":"book""#.to_owned()),
            Self::CancelOnDisconnect(on) => ("cancel_on_disconnect", format!(r#","on":{on}"#)),
            Self::DeadMan(timeout) => {
                ("dead_man", format!(r#","timeout_ms":{}"#, timeout.as_millis()))
            }
            Self::List => ("orders", String::new()),
            Self::Place(order) => ("place", format!(r#","order":"{order}""#)),
            Self::Cancel(order) => ("cancel", format!(r#","order":"{order}""#)),
        };
        format!(r#"{{"mock":"{kind}","id":{id}{rest}}}"#)
    }
}

impl Reply {
    /// Reads a reply; `None` for anything else.
    pub(super) fn read(text: &str) -> Option<Self> {
        if !is_mocks_own(text) {
            return None;
        }
        let reply: Value = serde_json::from_str(text).ok()?;
        let id = reply["id"].as_u64()?;
        Some(match reply["mock"].as_str()? {
            "subscribed" => Self::Subscribed,
            "error" => Self::Refused(id),
            "orders" => {
                let names = reply["open"].as_array()?.iter();
                let numbers = names.filter_map(|name| name.as_str()?.parse().ok());
                Self::Open(id, numbers.collect())
            }
            _ => Self::Done(id),
        })
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::{Frame, Timestamp};
    use heartbeat_platforms::Exchange;

    use super::*;
    use crate::{MockAction, MockExchange, MockOptions, OwnedFrame};

    #[test]
    fn the_mock_takes_what_is_asked_and_what_it_says_is_read() {
        let now = Timestamp::ZERO;
        let mut mock = MockExchange::new(Exchange::Okx, MockOptions::default(), now);
        let mut ask = |id, request: Request| {
            mock.handle_frame(now, Frame::Text(&request.write(id)));
            loop {
                let action = mock.poll(now);
                if let MockAction::Send(OwnedFrame::Text(text)) = action {
                    return Reply::read(&text);
                } else if matches!(action, MockAction::Wait(_)) {
                    return None;
                }
            }
        };
        assert_eq!(ask(1, Request::Login), Some(Reply::Done(1)));
        assert_eq!(ask(2, Request::Subscribe), Some(Reply::Subscribed));
        assert_eq!(ask(3, Request::Place(7)), Some(Reply::Done(3)));
        assert_eq!(ask(4, Request::Place(7)), Some(Reply::Refused(4)));
        assert_eq!(ask(5, Request::List), Some(Reply::Open(5, vec![7])));
        assert_eq!(ask(6, Request::Cancel(7)), Some(Reply::Done(6)));
        assert_eq!(ask(7, Request::CancelOnDisconnect(true)), Some(Reply::Done(7)));
        assert_eq!(ask(8, Request::DeadMan(Duration::from_secs(120))), Some(Reply::Done(8)));
        assert_eq!(Reply::read(r#"{"data":1}"#), None);
    }
}
