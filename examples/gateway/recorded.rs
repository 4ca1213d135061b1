//! What a bot has subscribed to, as far as that can be asked for again.

use std::collections::{HashMap, HashSet};

use heartbeat_testkit::{Meaning, StreamChange};

/// How many bytes are kept for one bot at most, and how many messages.
const BYTES_MAX: usize = 1 << 20;
const MESSAGES_MAX: usize = 4_096;

/// The messages by which a bot came to what it gets, without those that cancel each other out.
///
/// What cannot be said again, or what nobody can tell the meaning of, ends the record: a bot that
/// has logged in, or placed an order, has to begin anew itself.
#[derive(Debug, Default)]
pub(crate) struct Recorded {
    messages: Vec<Said>,
    bytes: usize,
    /// The last one that was taken.
    last: u64,
    /// The last one that the newest connection has been told of.
    replayed: u64,
    ended: Option<&'static str>,
}

#[derive(Debug)]
struct Said {
    id: u64,
    text: String,
    starts: Vec<String>,
    stops: Vec<String>,
    /// Whether it asks for something without saying in our words for what.
    is_opaque: bool,
}

impl Recorded {
    /// Takes a text message of the bot's that goes to the venue.
    pub(crate) fn note(&mut self, text: &str, meaning: &Meaning) {
        self.last += 1;
        let mut said = Said {
            id: self.last,
            text: text.to_owned(),
            starts: Vec::new(),
            stops: Vec::new(),
            is_opaque: false,
        };
        if let Err(why) = said.read(meaning) {
            self.ended.get_or_insert(why);
        }
        if said.starts.is_empty() && said.stops.is_empty() && !said.is_opaque {
            return;
        }
        self.bytes += text.len();
        self.messages.push(said);
        self.drop_what_is_over();
        if self.bytes > BYTES_MAX || self.messages.len() > MESSAGES_MAX {
            self.end("more was subscribed to than is recorded");
        }
    }

    /// Ends the record: what went to the venue cannot be said again.
    pub(crate) fn end(&mut self, why: &'static str) {
        self.ended.get_or_insert(why);
        self.messages = Vec::new();
        self.bytes = 0;
    }

    /// Tells why the bot has to begin anew itself, if it has to.
    pub(crate) const fn ended(&self) -> Option<&'static str> {
        self.ended
    }

    /// Returns what to say to a venue on a new connection, in this order.
    pub(crate) fn replay(&mut self) -> Vec<String> {
        self.replayed = 0;
        self.rest_of_replay()
    }

    /// Returns what the bot has said since the newest connection was told.
    pub(crate) fn rest_of_replay(&mut self) -> Vec<String> {
        let told = core::mem::replace(&mut self.replayed, self.last);
        let untold = self.messages.iter().filter(|said| said.id > told);
        untold.map(|said| said.text.clone()).collect()
    }

    /// Drops what was asked for and has been ended since, all of it, with what ended it.
    fn drop_what_is_over(&mut self) {
        if self.messages.last().is_none_or(|said| said.stops.is_empty()) {
            return;
        }
        let stops = self.messages.iter().flat_map(|said| said.stops.iter().map(|it| (it, said.id)));
        let stopped: HashMap<String, u64> =
            stops.map(|(stream, id)| (stream.clone(), id)).collect();
        let is_over = |id: u64, stream: &String| stopped.get(stream).is_some_and(|end| *end > id);
        self.messages.retain(|said| {
            said.is_opaque
                || said.starts.is_empty()
                || !said.starts.iter().all(|stream| is_over(said.id, stream))
        });
        let starts = self.messages.iter().flat_map(|said| said.starts.iter().cloned());
        let started: HashSet<String> = starts.collect();
        self.messages.retain(|said| {
            said.is_opaque
                || !said.starts.is_empty()
                || said.stops.iter().any(|stream| started.contains(stream))
        });
        self.bytes = self.messages.iter().map(|said| said.text.len()).sum();
    }
}

impl Said {
    fn read(&mut self, meaning: &Meaning) -> Result<(), &'static str> {
        match meaning {
            Meaning::Streams(changes) => {
                for change in changes {
                    match change {
                        StreamChange::Start { stream, .. } => self.starts.push(stream.clone()),
                        StreamChange::Stop { stream, .. } => self.stops.push(stream.clone()),
                        StreamChange::Refuse { .. } => return Err("a stream is not known"),
                        StreamChange::Reply { .. } => {}
                    }
                }
                Ok(())
            }
            Meaning::Subscribe { .. } | Meaning::Unsubscribe { .. } => {
                self.is_opaque = true;
                Ok(())
            }
            Meaning::Several(meanings) => meanings.iter().try_for_each(|it| self.read(it)),
            Meaning::Arm { .. } | Meaning::Query { .. } => Ok(()),
            Meaning::LoggedIn { .. } => Err("the bot has logged in"),
            _ => Err("a message is not known for a subscription"),
        }
    }
}

#[cfg(test)]
mod tests {
    use heartbeat_core::Timestamp;
    use heartbeat_platforms::Exchange;
    use heartbeat_testkit::RuleBook;

    use super::*;

    fn record(messages: &[String]) -> Recorded {
        let mut okx = RuleBook::from(Exchange::Okx).dialect();
        let mut recorded = Recorded::default();
        for text in messages {
            recorded.note(text, &okx.read(Timestamp::ZERO, text));
        }
        recorded
    }

    fn change(op: &str, instruments: &[&str]) -> String {
        let argument = |id: &&str| format!(r#"{{"channel":"tickers","instId":"{id}"}}"#);
        let arguments: Vec<_> = instruments.iter().map(argument).collect();
        format!(r#"{{"op":"{op}","args":[{}]}}"#, arguments.join(","))
    }

    #[test]
    fn what_is_wanted_is_asked_for_again_and_what_was_ended_is_not() {
        let both = change("subscribe", &["BTC-USDT", "ETH-USDT"]);
        let one = change("unsubscribe", &["BTC-USDT"]);
        let other = change("unsubscribe", &["ETH-USDT"]);
        assert_eq!(record(core::slice::from_ref(&both)).replay(), core::slice::from_ref(&both));
        assert_eq!(record(&[both.clone(), one.clone()]).replay(), [both.clone(), one.clone()]);
        assert!(record(&[both.clone(), one.clone(), other.clone()]).replay().is_empty());
        let again = change("subscribe", &["BTC-USDT"]);
        let mut kept = record(&[both, one, other, again.clone()]);
        assert_eq!((kept.replay(), kept.ended()), (vec![again], None));
    }

    #[test]
    fn what_is_said_while_a_connection_is_made_ready_is_told_to_it_afterwards() {
        let [first, second] = ["BTC-USDT", "ETH-USDT"].map(|id| change("subscribe", &[id]));
        let mut recorded = record(core::slice::from_ref(&first));
        assert_eq!(recorded.replay(), core::slice::from_ref(&first));
        let mut okx = RuleBook::from(Exchange::Okx).dialect();
        recorded.note(&second, &okx.read(Timestamp::ZERO, &second));
        assert_eq!(recorded.rest_of_replay(), core::slice::from_ref(&second));
        assert!(recorded.rest_of_replay().is_empty());
        assert_eq!(recorded.replay(), [first, second], "the next connection hears it all");
    }

    #[test]
    fn a_bot_that_churns_for_ever_holds_no_more_than_it_wants() {
        let churn = [change("subscribe", &["BTC-USDT"]), change("unsubscribe", &["BTC-USDT"])];
        let messages: Vec<_> = churn.iter().cycle().take(2_000).cloned().collect();
        let recorded = record(&messages);
        assert_eq!((recorded.messages.len(), recorded.bytes, recorded.ended()), (0, 0, None));
    }

    #[test]
    fn a_bot_that_said_more_than_that_has_to_begin_anew_itself() {
        let login =
            r#"{"op":"login","args":[{"apiKey":"k","passphrase":"p","timestamp":"1","sign":"s"}]}"#;
        assert!(record(&[login.to_owned()]).ended().is_some());
        assert!(record(&[r#"{"op":"order","id":"1","args":[{}]}"#.to_owned()]).ended().is_some());
        assert!(record(&[change("subscribe", &["NO-SUCH-THING"])]).ended().is_some());
        let endless: Vec<_> = (0..5_000)
            .map(|number| {
                let mut said = change("subscribe", &["BTC-USDT"]);
                said.extend(core::iter::repeat_n(' ', number % 7));
                said
            })
            .collect();
        assert!(record(&endless).ended().is_some_and(|why| why.contains("more was")));
    }
}
