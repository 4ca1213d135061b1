//! A venue that sends what it is asked for, by a protocol of its own.

use core::fmt;
use std::collections::BTreeSet;

use heartbeat_core::Frame;
use heartbeat_platforms::subscriptions::{
    Ask, ReplyScope, Said, SubscriptionLimits, SubscriptionProtocol, SubscriptionRequest,
};

use super::{Peer, heard, say};

/// `sub:7:a,b` and `unsub:8:a`, replied to by `ok:7` or `no:8`; data as `data:a`. Four topics a
/// message.
pub(crate) struct Topics;

impl SubscriptionProtocol for Topics {
    fn limits(&self) -> SubscriptionLimits {
        SubscriptionLimits { topics_per_message: 4, ..SubscriptionLimits::ONE_BY_ONE }
    }

    fn write(&self, request: &SubscriptionRequest<'_>, out: &mut dyn fmt::Write) -> fmt::Result {
        let verb = if request.ask == Ask::Subscribe { "sub" } else { "unsub" };
        write!(out, "{verb}:{}:{}", request.id, request.topics.join(","))
    }

    fn read(&self, frame: Frame<'_>, names: &mut dyn fmt::Write) -> Said {
        let Frame::Text(text) = frame else { return Said::Other };
        let (kind, rest) = text.split_once(':').unwrap_or_default();
        let (ask, id, covers) = (None, rest.parse().ok(), ReplyScope::Request);
        match kind {
            "ok" => Said::Accepted { ask, id, covers },
            "no" => Said::Refused { ask, id, covers },
            "data" => names.write_str(rest).map_or(Said::Other, |()| Said::Data),
            _ => Said::Other,
        }
    }
}

/// One connection's subscriptions, as the venue has them.
#[derive(Debug, Default)]
pub(crate) struct Desk {
    pub(crate) streams: BTreeSet<String>,
    /// The requests, in their order.
    pub(crate) requests: Vec<String>,
}

impl Desk {
    /// Carries a request out. Topics that begin with `x` are refused.
    pub(crate) fn take(&mut self, text: &str) -> Option<String> {
        let mut parts = text.splitn(3, ':');
        let (verb, id, topics) = (parts.next()?, parts.next()?, parts.next()?);
        self.requests.push(format!("{verb}:{topics}"));
        let topics: Vec<_> = topics.split(',').map(str::to_owned).collect();
        if topics.iter().any(|topic| topic.starts_with('x')) {
            return Some(format!("no:{id}"));
        }
        for topic in topics {
            match verb {
                "sub" => self.streams.insert(topic),
                _ => self.streams.remove(&topic),
            };
        }
        Some(format!("ok:{id}"))
    }

    /// Carries out whatever is asked, until the client says goodbye.
    pub(crate) async fn serve(&mut self, peer: &mut Peer) {
        while let Some(text) = heard(peer).await {
            if let Some(reply) = self.take(&text) {
                say(peer, &reply).await;
            }
        }
    }
}
