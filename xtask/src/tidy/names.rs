//! Names of public types: another rule that needs to know every file.

use std::collections::BTreeMap;

use super::{Kind, Offence, Source};

const NAME: &str = "shared-name";

/// The crates that a program may import everything of, side by side.
const LIBRARIES: [&str; 4] = [
    "heartbeat-core/src/",
    "heartbeat-platforms/src/",
    "heartbeat-testkit/src/",
    "heartbeat-tokio/src/",
];

/// Where each public type is declared, by its name. What is `pub` can be reached, or the lint
/// `unreachable_pub` would complain.
#[derive(Default)]
pub(super) struct Names(BTreeMap<String, Vec<(String, usize)>>);

impl Names {
    pub(super) fn note(&mut self, source: &Source) {
        let is_library = LIBRARIES.iter().any(|library| source.path.starts_with(library));
        if source.kind != Kind::Rust || !is_library {
            return;
        }
        for (line, number) in source.code.lines().zip(1..) {
            if let Some(name) = declared(line) {
                self.0.entry(name.into()).or_default().push((source.path.clone(), number));
            }
        }
    }

    /// Finds the names that more than one public type has.
    pub(super) fn check(self) -> Vec<Offence> {
        let mut offences = Vec::new();
        for (name, places) in self.0.into_iter().filter(|(_, places)| places.len() > 1) {
            for (path, line) in places {
                let why = format!(
                    "`{name}` is the name of another public type: one has to be told \
                                   from the other by its path, and not by a glance"
                );
                offences.push(Offence { path, line, rule: NAME, why });
            }
        }
        offences
    }
}

/// Returns the name of the public type that is declared on a line.
fn declared(line: &str) -> Option<&str> {
    let mut words = line.trim_start().strip_prefix("pub ")?.split_whitespace();
    let kind = words.by_ref().find(|word| !matches!(*word, "unsafe" | "auto"))?;
    if !matches!(kind, "struct" | "enum" | "union" | "trait" | "type") {
        return None;
    }
    let name = words.next()?;
    let end = name.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(name.len());
    name.get(..end).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn offences(files: &[(&str, &str)]) -> Vec<(String, usize)> {
        let mut names = Names::default();
        for (path, text) in files {
            names.note(&Source::new(path, text));
        }
        names.check().into_iter().map(|offence| (offence.path, offence.line)).collect()
    }

    #[test]
    fn a_name_that_two_public_types_share_is_found_at_both() {
        let found = offences(&[
            ("heartbeat-core/src/gate.rs", "//! A.\n\npub trait Budget: Window {}\n"),
            ("heartbeat-platforms/src/facts.rs", "//! B.\npub struct Budget<T>(T);\n"),
        ]);
        let expected = [("heartbeat-core/src/gate.rs", 3), ("heartbeat-platforms/src/facts.rs", 2)];
        assert_eq!(found, expected.map(|(path, line)| (path.into(), line)));
    }

    #[test]
    fn what_is_not_public_or_no_library_or_only_talked_about_shares_no_name() {
        let found = offences(&[
            ("heartbeat-core/src/gate.rs", "//! A.\npub struct Budget;\npub struct BudgetError;\n"),
            (
                "heartbeat-tokio/src/driver.rs",
                "//! B.\npub(crate) struct Budget;\nstruct Budget;\n",
            ),
            ("heartbeat-tokio/src/lib.rs", "//! C.\n// pub struct Budget;\npub fn budget() {}\n"),
            ("examples/watch/main.rs", "//! D.\npub struct Budget;\n"),
        ]);
        assert_eq!(found, []);
    }
}
