//! Dates for messages that carry one. Here a time is one since the first of January 1970.

use core::time::Duration;

use heartbeat_core::{Timestamp, WallTime};

const DAY: u64 = 86_400;

/// What a venue's clock says when its axis begins, where nothing else is said:
/// 2026-01-01T00:00:00Z.
pub(super) const BEGINS: Duration = Duration::from_secs(20_454 * DAY);

fn since_epoch(now: Timestamp) -> Duration {
    now.saturating_since(Timestamp::ZERO)
}

/// Returns what a clock on the wall reads that is right, at a time of the axis where nothing else
/// is said of its beginning.
pub(crate) fn wall_time(now: Timestamp) -> WallTime {
    WallTime::since_unix_epoch(BEGINS.saturating_add(since_epoch(now)))
}

/// Returns the milliseconds since 1970.
pub(super) fn unix_millis(now: Timestamp) -> u64 {
    u64::try_from(since_epoch(now).as_millis()).unwrap_or(u64::MAX)
}

/// Returns the time as `2026-01-01T00:00:00.000000Z`.
pub(super) fn iso_micros(now: Timestamp) -> String {
    let micros = since_epoch(now).subsec_micros();
    format!("{}.{micros:06}Z", seconds(now))
}

/// Returns the time as `2026-01-01T00:00:00Z`, its fraction cut off.
pub(super) fn iso_seconds(now: Timestamp) -> String {
    let mut time = seconds(now);
    time.push('Z');
    time
}

fn seconds(now: Timestamp) -> String {
    let since_epoch = since_epoch(now);
    let (year, month, day) = civil(since_epoch.as_secs() / DAY);
    let second = since_epoch.as_secs() % DAY;
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}",
        second / 3_600,
        second / 60 % 60,
        second % 60,
    )
}

/// Turns days since 1970 into year, month and day, by counting four-hundred-year cycles that
/// begin in March, so that the leap day comes last.
const fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (cycle, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, carry) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    (cycle * 400 + year + carry, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        assert_eq!(civil(0), (1970, 1, 1));
        assert_eq!(civil(11_016), (2000, 2, 29));
        let begins = Timestamp::ZERO.checked_add(BEGINS).unwrap();
        assert_eq!(iso_micros(begins), "2026-01-01T00:00:00.000000Z");
        assert_eq!(iso_seconds(Timestamp::ZERO), "1970-01-01T00:00:00Z");
        let later = begins.checked_add(Duration::from_millis(31 * 86_400_000 + 3_661_001)).unwrap();
        assert_eq!(iso_micros(later), "2026-02-01T01:01:01.001000Z");
        assert_eq!(iso_seconds(later), "2026-02-01T01:01:01Z");
        assert_eq!(unix_millis(begins), 1_767_225_600_000);
    }
}
