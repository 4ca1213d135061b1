//! What to say about a name that is no venue's.

use core::fmt;

use super::Exchange;

/// A name that no venue has.
///
/// Holds the venues whose names come nearest to it, at most [`SUGGESTIONS`](Self::SUGGESTIONS),
/// and not the name itself, so that it needs no heap.
///
/// ```
/// use heartbeat_platforms::Exchange;
///
/// let error = "deribt".parse::<Exchange>().unwrap_err();
/// assert!(error.to_string().starts_with("unknown exchange, did you mean deribit"));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnknownExchange {
    nearest: [Option<Exchange>; Self::SUGGESTIONS],
}

impl UnknownExchange {
    /// How many venues are suggested at most.
    pub const SUGGESTIONS: usize = 3;

    pub(super) fn new(name: &str) -> Self {
        let mut ranked: [Option<(usize, Exchange)>; Self::SUGGESTIONS] = [None; Self::SUGGESTIONS];
        for exchange in Exchange::all().iter().copied() {
            let Some(distance) = distance(name, exchange.name()) else {
                continue;
            };
            // More than three edits for five letters is no slip of the finger any more.
            let longer = name.len().max(exchange.name().len());
            if distance.saturating_mul(5) > longer.saturating_mul(3) {
                continue;
            }
            let mut candidate = (distance, exchange);
            for place in &mut ranked {
                match place {
                    Some(holder) if candidate.0 < holder.0 => {
                        core::mem::swap(holder, &mut candidate);
                    }
                    Some(_) => {}
                    None => {
                        *place = Some(candidate);
                        break;
                    }
                }
            }
        }
        // Beside one that differs by a letter, one that differs by three is no help.
        let least = ranked[0].map_or(0, |(distance, _)| distance);
        let is_near = |(distance, _): &(usize, Exchange)| *distance <= least.saturating_add(1);
        Self { nearest: ranked.map(|place| place.filter(is_near).map(|(_, exchange)| exchange)) }
    }

    /// Returns the venues whose names come nearest, the nearest first.
    pub fn nearest(&self) -> impl Iterator<Item = Exchange> + '_ {
        self.nearest.iter().copied().flatten()
    }
}

impl fmt::Display for UnknownExchange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("unknown exchange")?;
        for (index, exchange) in self.nearest().enumerate() {
            f.write_str(if index == 0 { ", did you mean " } else { " or " })?;
            f.write_str(exchange.name())?;
        }
        f.write_str(match self.nearest().next() {
            Some(_) => "? known are ",
            None => ": known are ",
        })?;
        for (index, exchange) in Exchange::all().iter().enumerate() {
            f.write_str(if index == 0 { "" } else { ", " })?;
            f.write_str(exchange.name())?;
        }
        Ok(())
    }
}

impl core::error::Error for UnknownExchange {}

/// The longest name that is compared, in bytes.
const LONGEST: usize = 32;

/// Counts the bytes to insert, delete or replace to make `from` into `to`, ignoring case;
/// `None` if either is longer than [`LONGEST`].
fn distance(from: &str, to: &str) -> Option<usize> {
    if from.len() > LONGEST || to.len() > LONGEST {
        return None;
    }
    // One row of the textbook table: `row[i]` edits make the first i bytes of `to`.
    let mut row: [usize; LONGEST + 1] = core::array::from_fn(|index| index);
    for (line, a) in from.bytes().enumerate() {
        let mut diagonal = line;
        let mut left = line.saturating_add(1);
        row[0] = left;
        for (cell, b) in row.iter_mut().skip(1).zip(to.bytes()) {
            let replaced = diagonal.saturating_add(usize::from(!a.eq_ignore_ascii_case(&b)));
            diagonal = *cell;
            left = replaced.min(left.saturating_add(1)).min(cell.saturating_add(1));
            *cell = left;
        }
    }
    row.get(to.len()).copied()
}

#[cfg(test)]
mod tests {
    use std::string::ToString;

    use super::*;

    #[test]
    fn a_distance_counts_edits() {
        assert_eq!(distance("", ""), Some(0));
        assert_eq!(distance("okx", ""), Some(3));
        assert_eq!(distance("", "okx"), Some(3));
        assert_eq!(distance("OKX", "okx"), Some(0));
        assert_eq!(distance("deribt", "deribit"), Some(1));
        assert_eq!(distance("kitten", "sitting"), Some(3));
        assert_eq!(distance(&"x".repeat(33), "okx"), None);
    }

    #[test]
    fn the_error_suggests_the_nearest_first_and_names_all() {
        let error = "kraken-2".parse::<Exchange>().unwrap_err();
        assert_eq!(error.nearest().next(), Some(Exchange::KrakenV2));
        for name in ["kraken", "binance-advanced"] {
            let error = name.parse::<Exchange>().unwrap_err();
            assert!(error.nearest().count() >= 1, "{name}");
            assert!(error.nearest().is_sorted_by_key(|found| distance(name, found.name())));
        }
        let text = error.to_string();
        for exchange in Exchange::all() {
            assert!(text.contains(exchange.name()), "{text}");
        }
    }

    #[test]
    fn the_error_suggests_nothing_for_a_name_like_no_other() {
        for name in ["", "zzzzzzzz", &"deribit".repeat(10)] {
            let error = name.parse::<Exchange>().unwrap_err();
            assert_eq!(error.nearest().count(), 0, "{name}");
            assert!(error.to_string().starts_with("unknown exchange: known are "), "{error}");
        }
    }
}
