//! Rules for every file.

use super::{Kind, Rule, Source, lines_where};

pub(super) const RULES: [Rule; 6] = [
    Rule {
        name: "white-space",
        why: "no tabs, no space at the end of a line, one line break at the end of the file: \
              a diff shows what changed and nothing else",
        check: white_space,
    },
    Rule {
        name: "unfinished",
        why: "what is not finished is not merged, and what is planned does not live in the code",
        check: unfinished,
    },
    Rule {
        name: "ascii",
        why: "a look-alike character in code or settings cannot be seen in review",
        check: ascii,
    },
    Rule {
        name: "machine-path",
        why: "an absolute path is true on one machine only",
        check: machine_path,
    },
    Rule {
        name: "registry-host",
        why: "where packages come from is the business of whoever builds: some use a mirror",
        check: registry_host,
    },
    Rule {
        name: "conflict-marker",
        why: "a merge was not finished",
        check: |source| {
            lines_where(&source.text, |line| {
                line.starts_with("<<<<<<< ") || line.starts_with(">>>>>>> ")
            })
        },
    },
];

fn white_space(source: &Source) -> Vec<usize> {
    let text = &source.text;
    let mut broken = lines_where(text, |line| line.contains(['\t', '\r']) || line.ends_with(' '));
    let last = text.lines().count();
    if !text.is_empty() && (!text.ends_with('\n') || text.ends_with("\n\n")) {
        broken.push(last);
    }
    broken
}

fn unfinished(source: &Source) -> Vec<usize> {
    // Split, so that this file does not break its own rule.
    const MARKS: [&str; 3] = [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")];
    lines_where(&source.text, |line| {
        let mut words = line.split(|c: char| !c.is_ascii_alphanumeric());
        words.any(|word| MARKS.contains(&word))
    })
}

fn ascii(source: &Source) -> Vec<usize> {
    if source.kind == Kind::Markdown {
        return Vec::new();
    }
    // Arrows, lines and boxes draw diagrams and look like nothing that a program is made of.
    let is_drawing = |c: char| matches!(c, '\u{2190}'..='\u{21ff}' | '\u{2500}'..='\u{25ff}');
    lines_where(&source.text, |line| !line.chars().all(|c| c.is_ascii() || is_drawing(c)))
}

fn machine_path(source: &Source) -> Vec<usize> {
    const ROOTS: [&str; 5] = [
        concat!("/", "work/"),
        concat!("/", "tmp/"),
        concat!("/", "root/"),
        concat!("/", "home/"),
        concat!("/", "Users/"),
    ];
    // Inside a longer path or a URL it is no root.
    let is_root = |before: &str| !before.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '.');
    lines_where(&source.text, |line| {
        ROOTS.iter().any(|root| {
            let mut found = line.match_indices(root);
            found.any(|(at, _)| is_root(&line[..at]))
        })
    })
}

fn registry_host(source: &Source) -> Vec<usize> {
    const HOSTS: [&str; 4] = [
        concat!("crates", ".io"),
        concat!("pypi", ".org"),
        concat!("pythonhosted", ".org"),
        concat!("npmjs", ".org"),
    ];
    lines_where(&source.text, |line| HOSTS.iter().any(|host| line.contains(host)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_offences;

    #[test]
    fn white_space_is_as_it_should_be() {
        assert_offences("a.sh", "a \nb\n\tc\nd\n", &[("white-space", 1), ("white-space", 3)]);
        assert_offences("a.sh", "a\nb", &[("white-space", 2)]);
        assert_offences("a.sh", "a\n\n", &[("white-space", 2)]);
        assert_offences("a.sh", "", &[]);
    }

    #[test]
    fn unfinished_work_is_found_and_words_that_contain_a_mark_are_not() {
        let mark = concat!("TO", "DO");
        assert_offences("a.md", &format!("a\n- {mark}: b\n"), &[("unfinished", 2)]);
        assert_offences("a.md", &format!("MAS{mark}N\n"), &[]);
    }

    #[test]
    fn characters_beyond_ascii_belong_in_documents_only() {
        assert_offences("a.toml", "a = \"\u{2013}\"\n", &[("ascii", 1)]);
        assert_offences("a.md", "a \u{2013} b\n", &[]);
        assert_offences("a.toml", "# a \u{2500}\u{25ba} b\n", &[]);
    }

    #[test]
    fn a_path_of_one_machine_is_found_and_the_path_of_a_url_is_not() {
        let path = concat!("/", "tmp/");
        assert_offences("a.sh", &format!("cd {path}x\n"), &[("machine-path", 1)]);
        assert_offences("a.sh", &format!("see https://example.org{path}x\n"), &[]);
    }

    #[test]
    fn a_registry_is_not_named() {
        let host = concat!("index.crates", ".io");
        assert_offences("a.sh", &format!("get {host}\n"), &[("registry-host", 1)]);
    }

    #[test]
    fn a_merge_that_was_not_finished_is_found() {
        let text = format!("a\n{} HEAD\nb\n", "<".repeat(7));
        assert_offences("a.md", &text, &[("conflict-marker", 2)]);
    }
}
