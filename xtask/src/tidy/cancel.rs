//! What becomes of a future that is dropped is part of what a function promises.

use super::{Kind, Rule, Source};

pub(super) const RULES: [Rule; 1] = [Rule {
    name: "cancel-safety",
    why: "a public `async fn` says under `# Cancel safety` what is lost when its future is \
          dropped: `select!` and timeouts do that all the time",
    check: silent_futures,
}];

/// Finds the public async functions of the libraries whose documentation does not say it.
fn silent_futures(source: &Source) -> Vec<usize> {
    let is_library = source.path.starts_with("heartbeat-") && source.path.contains("/src/");
    if source.kind != Kind::Rust || !is_library {
        return Vec::new();
    }
    let lines: Vec<&str> = source.text.lines().collect();
    let code = source.code.lines().enumerate();
    let begun = code.filter(|(_, line)| line.trim_start().starts_with("pub async fn "));
    begun.filter(|(at, _)| !is_said(&lines[..*at])).map(|(at, _)| at + 1).collect()
}

/// Tells whether the documentation and attributes that `lines` end in have the section.
fn is_said(lines: &[&str]) -> bool {
    let before = lines.iter().rev().map(|line| line.trim_start());
    let mut own = before.take_while(|line| line.starts_with("///") || line.starts_with("#["));
    own.any(|line| line == "/// # Cancel safety")
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_offences;

    #[test]
    fn a_future_of_which_nothing_is_said_is_found() {
        let text = "//! A.\n\n/// Waits.\n#[must_use]\npub async fn wait() {}\n";
        assert_offences("heartbeat-tokio/src/a.rs", text, &[("cancel-safety", 5)]);
        let said = "//! A.\n\n/// Waits.\n///\n/// # Cancel safety\n///\n/// Safe.\n\
                    pub async fn a() {}\n\
                    pub async fn b() {}\n";
        assert_offences("heartbeat-tokio/src/a.rs", said, &[("cancel-safety", 9)]);
    }

    #[test]
    fn what_is_not_public_or_only_an_example_need_not_say_it() {
        let text = "//! A.\n//! pub async fn a() {}\npub(crate) async fn b() {}\nasync fn c() {}\n";
        assert_offences("heartbeat-tokio/src/a.rs", text, &[]);
        assert_offences("heartbeat-tokio/tests/a.rs", "//! A.\npub async fn a() {}\n", &[]);
    }
}
