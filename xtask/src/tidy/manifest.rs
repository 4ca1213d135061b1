//! Rules for manifests: which crate may know which.

use super::{Kind, Rule, Source};

pub(super) const RULES: [Rule; 1] = [Rule {
    name: "arrows",
    why: "dependencies point down only: see the invariants in ARCHITECTURE.md",
    check: arrows,
}];

/// What of the workspace each crate may depend on when it is used, tests apart.
const ALLOWED: [(&str, &[&str]); 4] = [
    ("heartbeat-core", &[]),
    ("heartbeat-platforms", &["heartbeat-core"]),
    ("heartbeat-testkit", &["heartbeat-core", "heartbeat-platforms"]),
    ("heartbeat-tokio", &["heartbeat-core", "heartbeat-platforms"]),
];

fn arrows(source: &Source) -> Vec<usize> {
    let Some((folder, "Cargo.toml")) = source.path.split_once('/') else {
        return Vec::new();
    };
    let Some((_, allowed)) = ALLOWED.iter().find(|(package, _)| *package == folder) else {
        return Vec::new();
    };
    debug_assert_eq!(source.kind, Kind::Manifest, "{}", source.path);
    let mut in_dependencies = false;
    let mut broken = Vec::new();
    for (line, number) in source.text.lines().zip(1..) {
        if line.starts_with('[') {
            in_dependencies = line == "[dependencies]";
        }
        let package = line.split(['.', ' ', '=']).next().unwrap_or_default();
        let is_ours = package.starts_with("heartbeat-");
        if in_dependencies && is_ours && !allowed.contains(&package) {
            broken.push(number);
        }
    }
    broken
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_offences;

    #[test]
    fn an_arrow_that_points_up_is_found() {
        let path = "heartbeat-platforms/Cargo.toml";
        let down = "[dependencies]\nheartbeat-core.workspace = true\n";
        assert_offences(path, down, &[]);
        let up = "[dependencies]\nmemchr = \"2\"\nheartbeat-tokio = { workspace = true }\n";
        assert_offences(path, up, &[("arrows", 3)]);
    }

    #[test]
    fn tests_and_the_workspace_itself_may_know_everything() {
        let text = "[dev-dependencies]\nheartbeat-testkit.workspace = true\n";
        assert_offences("heartbeat-tokio/Cargo.toml", text, &[]);
        let text = "[dependencies]\nheartbeat-tokio.workspace = true\n";
        assert_offences("examples/Cargo.toml", text, &[]);
        assert_offences("Cargo.toml", text, &[]);
    }
}
