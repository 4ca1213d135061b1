//! The session and the model side by side: the same words to both, and the same deeds of both.

use core::time::Duration;

use heartbeat_core::{
    Action, Config, Disposition, Frame, Outlet, ProbeId, Safeguard, Session, Timestamp,
};
use heartbeat_testkit::{Does, Model, OwnedFrame, Phrasebook, ProbeWord, Says};

use super::DRAIN_MAX;

/// What happens in one moment.
#[derive(Clone, Debug, Default)]
pub(crate) struct Happening {
    pub(crate) said: Vec<Says>,
    pub(crate) application_writes: bool,
    pub(crate) asks_for_safety: bool,
}

/// What the dialect demands of the client, and what it can ask for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Dialect {
    pub(crate) must_arm: bool,
    pub(crate) cancels: bool,
    /// Whether it probes by ping frames.
    pub(crate) pings: bool,
}

/// The session, driven as a driver does: woken when it asked for it or was told something.
#[derive(Clone, Debug)]
pub(crate) struct Driven {
    pub(crate) session: Session<Phrasebook>,
    wake: Option<Timestamp>,
}

impl Driven {
    pub(crate) fn new(config: Config, dialect: Dialect, start: Timestamp) -> Self {
        let platform = Phrasebook::new().arms(dialect.must_arm).cancels(dialect.cancels);
        let word = if dialect.pings { ProbeWord::Ping } else { ProbeWord::Text };
        let platform = platform.probe_word(word);
        Self { session: Session::new(platform, config, start), wake: Some(start) }
    }

    /// Lives through one moment, as [`Modelled::tick`] does.
    pub(crate) fn tick(&mut self, now: Timestamp, moment: Option<&Happening>) -> Vec<Does> {
        if let Some(moment) = moment {
            if moment.application_writes {
                self.session.handle_sent(now);
            }
            if moment.asks_for_safety {
                self.session.request_order_safety(now);
            }
            for said in &moment.said {
                if *said == Says::Part {
                    self.session.handle_receiving(now);
                } else {
                    let _: Disposition = self.session.handle_frame(now, spoken(*said).as_frame());
                }
            }
        }
        if moment.is_some() || self.wake.is_some_and(|wake| wake <= now) {
            self.drain(now)
        } else {
            Vec::new()
        }
    }

    /// When the venue cancels the orders at the earliest, by what it acknowledged.
    pub(crate) fn orders_live_until(&self) -> Option<Timestamp> {
        self.session.health().dead_man.and_then(|switch| switch.until)
    }

    fn drain(&mut self, now: Timestamp) -> Vec<Does> {
        let mut does = Vec::new();
        for _ in 0..DRAIN_MAX {
            match self.session.poll_action(now, Outlet::Ready) {
                Action::Respond(_) => does.push(Does::Respond),
                Action::Transmit(Frame::Text("arm")) => does.push(Does::Arm),
                Action::Transmit(Frame::Text("cancel")) => does.push(Does::Cancel),
                Action::Transmit(Frame::Text("keepalive")) => does.push(Does::Keepalive),
                Action::Transmit(Frame::Text(text)) if text.starts_with("dead-man ") => {
                    does.push(Does::DeadMan);
                }
                Action::Transmit(Frame::Ping(payload)) => {
                    does.push(Does::Ping(ProbeId::from_payload(payload).unwrap().number()));
                }
                Action::Transmit(frame) => {
                    let Frame::Text(text) = frame else { panic!("nobody says {frame:?}") };
                    let probe = text.strip_prefix("probe ").unwrap();
                    does.push(Does::Probe(probe.parse().unwrap()));
                }
                Action::Disconnect(cause) => does.push(Does::End(vec![cause.as_str()])),
                Action::Wait(deadline) => {
                    self.wake = deadline;
                    return does;
                }
                Action::Notify(_) | Action::RecordLatency(_) => continue,
            }
            self.session.handle_transmitted(now);
        }
        panic!("a drain must end within {DRAIN_MAX} polls");
    }
}

/// The model, and the number of its last probe.
#[derive(Clone, Debug)]
pub(crate) struct Modelled {
    model: Model,
    cancels: bool,
    pub(crate) probes: u32,
}

impl Modelled {
    pub(crate) fn new(config: Config, dialect: Dialect, start: Timestamp) -> Self {
        let model = Model::new(config, dialect.must_arm, start);
        let model = if dialect.pings { model.probing_by_frames() } else { model };
        Self { model, cancels: dialect.cancels, probes: 0 }
    }

    pub(crate) fn tick(&mut self, now: Timestamp, moment: Option<&Happening>) -> Vec<Does> {
        let (said, writes) =
            moment.map_or((&[][..], false), |moment| (&moment.said, moment.application_writes));
        if moment.is_some_and(|moment| moment.asks_for_safety) {
            self.model.request_order_safety(now, self.cancels);
        }
        let does = self.model.tick(now, said, writes);
        let is_probe = |does: &Does| matches!(does, Does::Probe(_) | Does::Ping(_));
        self.probes += u32::from(does.iter().any(is_probe));
        does
    }

    pub(crate) fn orders_live_until(&self) -> Option<Timestamp> {
        self.model.orders_live_until()
    }
}

/// Both must do the same; where several deadlines fall together either may be the cause.
pub(crate) fn agree(real: &[Does], model: &[Does]) -> bool {
    real.len() == model.len()
        && real.iter().zip(model).all(|(real, model)| match (real, model) {
            (Does::End(cause), Does::End(causes)) => causes.contains(&cause[0]),
            _ => real == model,
        })
}

fn spoken(said: Says) -> OwnedFrame {
    match said {
        Says::Data => OwnedFrame::text("data"),
        Says::Beat => OwnedFrame::text("beat"),
        Says::Challenge => OwnedFrame::text("challenge 7"),
        Says::Mixed => OwnedFrame::text("mixed challenge 7"),
        Says::Armed => OwnedFrame::text("armed"),
        Says::Answer(probe) => OwnedFrame::Text(format!("answer {probe}")),
        Says::Pong(probe) => {
            OwnedFrame::Pong(ProbeId::from_number(probe).payload().as_bytes().to_vec())
        }
        Says::Granted(safeguard) => OwnedFrame::Text(format!("granted {}", word(safeguard))),
        Says::Denied(safeguard) => OwnedFrame::Text(format!("denied {}", word(safeguard))),
        Says::Terms { terms, arms } => {
            let span = |span: Option<Duration>| match span {
                Some(span) => span.as_millis().to_string(),
                None => "-".to_owned(),
            };
            let word = if arms { "agreed" } else { "terms" };
            let clock = terms.heard.map_or("session", |heard| heard.clock.as_str());
            let heard = span(terms.heard.map(|heard| heard.within));
            let (response, silence) = (span(terms.patience.response), span(terms.patience.silence));
            OwnedFrame::Text(format!("{word} {clock} {heard} {response} {silence}"))
        }
        Says::Part | _ => unreachable!("the model knows no other word"),
    }
}

const fn word(safeguard: Safeguard) -> &'static str {
    match safeguard {
        Safeguard::DeadMan => "dead-man",
        Safeguard::CancelOnDisconnect => "cancel",
    }
}
