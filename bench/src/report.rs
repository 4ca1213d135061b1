//! What came of it: one line of JSON at the end.

use core::fmt::Write as _;

/// Measured values by their keys, in the order in which they were measured.
#[derive(Default)]
pub(crate) struct Report {
    values: Vec<(&'static str, f64)>,
}

impl Report {
    pub(crate) fn note(&mut self, key: &'static str, value: f64) {
        self.values.push((key, value));
    }

    /// Writes all of it as one object; what could not be measured is `null`.
    pub(crate) fn to_json(&self) -> String {
        let mut text = String::from("{");
        for (index, (key, value)) in self.values.iter().enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            let value = if value.is_finite() { digits(*value) } else { "null".to_owned() };
            // Writing to a string cannot fail.
            let _ = write!(text, "{comma}\"{key}\": {value}");
        }
        text.push('}');
        text
    }
}

/// As many digits as were measured.
fn digits(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        small if small < 10.0 => format!("{value:.3}"),
        middle if middle < 1_000.0 => format!("{value:.1}"),
        _ => format!("{value:.0}"),
    }
}
