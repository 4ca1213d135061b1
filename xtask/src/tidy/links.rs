//! Links between documents: a rule of its own kind, because it needs to know every file.

use super::{Kind, Offence, Source};

const NAME: &str = "dead-link";

/// Finds the links of a document that lead to no file of the project.
pub(super) fn check(source: &Source, paths: &[String]) -> Vec<Offence> {
    if source.kind != Kind::Markdown {
        return Vec::new();
    }
    let mut offences = Vec::new();
    for (line, number) in source.text.lines().zip(1..) {
        for target in targets(line).filter(|target| !leads_somewhere(target, source, paths)) {
            offences.push(Offence {
                path: source.path.clone(),
                line: number,
                rule: NAME,
                why: format!("`{target}` is no file of the project"),
            });
        }
    }
    offences
}

/// Returns the targets of the links on a line.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split_once(')').map(|(target, _)| target))
}

fn leads_somewhere(target: &str, source: &Source, paths: &[String]) -> bool {
    let (file, _anchor) = target.split_once('#').unwrap_or((target, ""));
    if file.is_empty() || file.contains("://") {
        return true;
    }
    let mut folders: Vec<&str> = source.path.split('/').collect();
    folders.pop();
    for step in file.trim_end_matches('/').split('/') {
        match step {
            "." => {}
            ".." => {
                folders.pop();
            }
            name => folders.push(name),
        }
    }
    let path = folders.join("/");
    let folder = format!("{path}/");
    paths.iter().any(|known| *known == path || known.starts_with(&folder))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn dead(path: &str, text: &str) -> usize {
        let paths = ["README.md", "docs/a.md", "core/src/lib.rs"].map(String::from);
        check(&Source::new(path, text), &paths).len()
    }

    #[test]
    fn a_link_to_nowhere_is_found() {
        assert_eq!(dead("README.md", "[a](docs/a.md) and [b](docs/b.md)\n"), 1);
        assert_eq!(dead("docs/a.md", "[back](README.md)\n"), 1);
    }

    #[test]
    fn files_folders_anchors_and_the_web_are_fine() {
        let text = "[a](docs/a.md#b), [c](core/src/), [d](#e), [f](https://example.org)\n";
        assert_eq!(dead("README.md", text), 0);
        assert_eq!(dead("docs/a.md", "[back](../README.md)\n"), 0);
        assert_eq!(dead("core/src/lib.rs", "//! [x](nowhere)\n"), 0);
    }
}
