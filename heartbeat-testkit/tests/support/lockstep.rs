//! The session and the model side by side: the same words to both, and the same deeds of both.

use heartbeat_core::{Action, Config, Disposition, Frame, Outlet, ProbeId, Session, Timestamp};
use heartbeat_testkit::{Does, OwnedFrame, Phrasebook, ProbeWord, Said};

use super::DRAIN_MAX;

/// The session, driven as a driver does: woken when it asked for it or was told something.
#[derive(Clone, Debug)]
pub(crate) struct Driven {
    pub(crate) session: Session<Phrasebook>,
    wake: Option<Timestamp>,
}

impl Driven {
    pub(crate) fn new(config: Config, must_arm: bool, start: Timestamp) -> Self {
        let platform = Phrasebook::new().arms(must_arm).probe_word(ProbeWord::Text);
        Self { session: Session::new(platform, config, start), wake: Some(start) }
    }

    /// Lives through one moment, as [`Model::tick`](heartbeat_testkit::Model::tick) does.
    pub(crate) fn tick(&mut self, now: Timestamp, said: &[Said], writes: bool) -> Vec<Does> {
        if writes {
            self.session.handle_sent(now);
        }
        for said in said {
            let _: Disposition = self.session.handle_frame(now, spoken(*said).as_frame());
        }
        let is_told = writes || !said.is_empty();
        if is_told || self.wake.is_some_and(|wake| wake <= now) {
            self.drain(now)
        } else {
            Vec::new()
        }
    }

    fn drain(&mut self, now: Timestamp) -> Vec<Does> {
        let mut does = Vec::new();
        for _ in 0..DRAIN_MAX {
            match self.session.poll_action(now, Outlet::Ready) {
                Action::Respond(_) => does.push(Does::Respond),
                Action::Transmit(Frame::Text("arm")) => does.push(Does::Arm),
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

/// Both must do the same; where several deadlines fall together either may be the cause.
pub(crate) fn agree(real: &[Does], model: &[Does]) -> bool {
    real.len() == model.len()
        && real.iter().zip(model).all(|(real, model)| match (real, model) {
            (Does::End(cause), Does::End(causes)) => causes.contains(&cause[0]),
            _ => real == model,
        })
}

fn spoken(said: Said) -> OwnedFrame {
    match said {
        Said::Data => OwnedFrame::text("data"),
        Said::Beat => OwnedFrame::text("beat"),
        Said::Challenge => OwnedFrame::text("challenge 7"),
        Said::Armed => OwnedFrame::text("armed"),
        Said::Answer(probe) => OwnedFrame::Text(format!("answer {probe}")),
        Said::Pong(probe) => {
            OwnedFrame::Pong(ProbeId::from_number(probe).payload().as_bytes().to_vec())
        }
        _ => unreachable!("the model knows no other word"),
    }
}
