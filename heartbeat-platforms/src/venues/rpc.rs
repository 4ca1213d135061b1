//! Pings that carry an id, so that the answer names the probe that it answers.

use heartbeat_core::{ProbeId, Signal};

use super::RESERVED_IDS;
use crate::json::{Json, Text};

/// The longest name of a probe in bytes: `hb-` and ten digits.
const NAME_MAX: usize = 13;

/// Returns the id of a probe at a venue that numbers its requests.
pub(super) fn number_of(probe: ProbeId) -> u64 {
    RESERVED_IDS.saturating_add(u64::from(probe.number()))
}

/// Returns the probe that has this number for an id, or `None` if the id is not one of ours.
pub(super) fn numbered(id: Json<'_>) -> Option<ProbeId> {
    let number = id.as_u64()?.checked_sub(RESERVED_IDS)?;
    u32::try_from(number).ok().map(ProbeId::from_number)
}

/// Returns the probe that has this text for an id, `hb-` and its number as in the payload of a
/// ping frame, or `None` if the id is not one of ours.
pub(super) fn named(id: Text<'_>) -> Option<ProbeId> {
    let mut name = [0; NAME_MAX];
    let mut len = 0usize;
    for letter in id.chars() {
        *name.get_mut(len)? = u8::try_from(letter).ok()?;
        len = len.saturating_add(1);
    }
    ProbeId::from_payload(name.get(..len)?)
}

/// Returns what a pong means that names `probe`. One that names none of ours answers a ping of
/// the application's.
pub(super) const fn pong(probe: Option<ProbeId>) -> Signal {
    match probe {
        Some(_) => Signal::Answer { probe },
        None => Signal::Unsolicited,
    }
}

/// Reads `{"id":7,"result":"pong","error":null}`. Every other request has a result under the
/// same keys; an error is an object.
pub(super) fn read_result(message: Json<'_>) -> Option<Signal> {
    let [id, result, error] = message.pick(["id", "result", "error"])?;
    if !result?.is("pong") || error.is_some_and(Json::is_object) {
        return None;
    }
    Some(pong(id.and_then(numbered)))
}

#[cfg(test)]
mod tests {
    use std::format;
    use std::string::ToString;

    use super::*;

    fn json(text: &str) -> Json<'_> {
        Json::parse(text).unwrap()
    }

    #[test]
    fn a_number_is_its_probe_and_no_other_is_one() {
        for number in [0, 7, u32::MAX] {
            let probe = ProbeId::from_number(number);
            assert_eq!(numbered(json(&number_of(probe).to_string())), Some(probe));
        }
        for id in [
            "101",
            "79448305041407",
            "79452600008704",
            "79448305041415.0",
            "-7",
            r#""79448305041415""#,
            "null",
        ] {
            assert_eq!(numbered(json(id)), None, "{id}");
        }
    }

    #[test]
    fn a_name_is_its_probe_however_it_is_escaped_and_no_other_is_one() {
        let probe_in = |text: &str| json(text).text().and_then(named);
        for number in [0, 7, u32::MAX] {
            let probe = Some(ProbeId::from_number(number));
            assert_eq!(probe_in(&format!(r#""hb-{number}""#)), probe);
            assert_eq!(probe_in(&format!(r#""\u0068b-{number}""#)), probe);
        }
        for id in ["", "7", "hb-", "hb-07", "HB-7", "hb-4294967296", "hb-42949672950", "hb-\u{e9}"]
        {
            assert_eq!(probe_in(&format!(r#""{id}""#)), None, "{id}");
        }
    }
}
