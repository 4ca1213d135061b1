//! Days, for facts that age. The one place of the commands that reads a date.

use std::time::SystemTime;

/// Days since the first of January 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Day(u64);

impl Day {
    /// Returns the day by the clock of the machine, in UTC.
    #[expect(clippy::disallowed_methods, reason = "how old a fact is depends on today")]
    pub(crate) fn today() -> Self {
        let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self(since.as_secs() / 86_400)
    }

    /// Reads `2026-11-23`; `None` if it is no day of the calendar from 1970 on.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, '-');
        let mut next = |len: usize| {
            let part = parts.next().filter(|part| part.len() == len)?;
            part.bytes().all(|byte| byte.is_ascii_digit()).then(|| part.parse::<u64>().ok())?
        };
        let (year, month, day) = (next(4)?, next(2)?, next(2)?);
        let is_date = year >= 1970 && (1..=12).contains(&month) && (1..=31).contains(&day);
        // The year is counted from March on, so that the leap day comes last.
        let (from_march, year) =
            if month > 2 { (month - 3, year) } else { (month + 9, year.checked_sub(1)?) };
        let leap_days = year / 4 - year / 100 + year / 400;
        let days = 365 * year + leap_days + (153 * from_march + 2) / 5 + day - 1;
        days.checked_sub(719_468).filter(|_| is_date).map(Self)
    }

    /// Returns the days from `earlier` to `self`, zero if it is later.
    pub(crate) fn days_since(self, earlier: Self) -> u64 {
        self.0.saturating_sub(earlier.0)
    }
}

/// Reads `120d`.
///
/// # Errors
///
/// One line that says what is wrong.
pub(crate) fn days(text: &str) -> Result<u64, String> {
    let number = text.strip_suffix('d').and_then(|number| number.parse().ok());
    number.ok_or_else(|| format!("age (`{text}`) must be a number of days, such as 120d"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_counted_over_leap_years() {
        let day = |text| Day::parse(text).expect("a day");
        assert_eq!(day("1970-01-01"), Day(0));
        assert_eq!(day("2000-02-29"), Day(11_016));
        assert_eq!(day("2026-01-01"), Day(20_454));
        assert_eq!(day("2027-03-25").days_since(day("2026-11-25")), 120);
        assert_eq!(day("2026-11-25").days_since(day("2027-03-25")), 0);
        for text in ["", "2026", "2026-1-01", "2026-13-01", "2026-00-10", "26-01-01", "x026-01-01"]
        {
            assert_eq!(Day::parse(text), None, "{text}");
        }
    }

    #[test]
    fn an_age_is_a_number_of_days() {
        assert_eq!(days("120d"), Ok(120));
        for text in ["", "120", "d", "4w", "-1d"] {
            assert!(days(text).is_err_and(|error| error.contains("number of days")), "{text}");
        }
    }
}
