//! Rules on how long things are.

use super::{Kind, Rule, Source, lines_where};

const FILE_MAX: usize = 400;
const FILE_WITH_TESTS_MAX: usize = 600;
const FUNCTION_MAX: usize = 60;
const COLUMNS_MAX: usize = 100;

pub(super) const RULES: [Rule; 3] = [
    Rule {
        name: "file-length",
        why: "a file has one subject and at most 400 lines, or 600 with its tests",
        check: file_length,
    },
    Rule {
        name: "function-length",
        why: "a function fits a screen: at most 60 lines",
        check: function_length,
    },
    Rule {
        name: "line-length",
        why: "two files fit side by side: at most 100 columns, in literals and comments too, \
              where the formatter does not look",
        check: |source| {
            // The row of a table cannot be broken.
            let is_row = |line: &str| line.starts_with("/// |") || line.starts_with("//! |");
            let is_long = |line: &str| line.chars().count() > COLUMNS_MAX && !is_row(line);
            rust_only(source, |source| lines_where(&source.text, is_long))
        },
    },
];

fn rust_only(source: &Source, check: impl Fn(&Source) -> Vec<usize>) -> Vec<usize> {
    if source.kind == Kind::Rust { check(source) } else { Vec::new() }
}

fn file_length(source: &Source) -> Vec<usize> {
    rust_only(source, |source| {
        let whole = source.text.lines().count();
        let tests_begin = source.code.find("#[cfg(test)]\nmod tests {");
        let without_tests = match tests_begin {
            _ if source.is_test() => 0,
            Some(at) => source.code[..at].lines().count(),
            None => whole,
        };
        if without_tests > FILE_MAX {
            vec![FILE_MAX + 1]
        } else if whole > FILE_WITH_TESTS_MAX {
            vec![FILE_WITH_TESTS_MAX + 1]
        } else {
            Vec::new()
        }
    })
}

fn function_length(source: &Source) -> Vec<usize> {
    rust_only(source, |source| {
        let code = source.code.as_str();
        let functions = function_starts(code).filter(|start| {
            let body = body_end(&code[*start..]).map(|length| &code[*start..*start + length]);
            body.is_some_and(|body| body.lines().count() > FUNCTION_MAX)
        });
        functions.map(|start| code[..start].matches('\n').count() + 1).collect()
    })
}

/// Returns where the keyword of each function with a name stands.
fn function_starts(code: &str) -> impl Iterator<Item = usize> + '_ {
    code.match_indices("fn ").filter_map(|(at, _)| {
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        let begins = !code[..at].ends_with(is_word);
        // `$` is a name still to come, in a macro.
        let is_named = code[at + 3..].starts_with(|c: char| is_word(c) || c == '$');
        (begins && is_named).then_some(at)
    })
}

/// Returns the length from the keyword to the brace that closes the body; `None` if there is no
/// body.
fn body_end(code: &str) -> Option<usize> {
    let mut braces = 0usize;
    let mut others = 0usize;
    for (at, byte) in code.bytes().enumerate() {
        match byte {
            b'(' | b'[' => others += 1,
            b')' | b']' => others = others.saturating_sub(1),
            b';' if braces == 0 && others == 0 => return None,
            b'{' => braces += 1,
            b'}' => {
                braces = braces.saturating_sub(1);
                if braces == 0 {
                    return Some(at + 1);
                }
            }
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::tests::assert_offences;

    fn file(lines: usize) -> String {
        "//! A subject.\n".repeat(lines)
    }

    /// A function that is `lines` lines long, from its keyword to its brace.
    fn function(lines: usize) -> String {
        let body = "    \"}\"; // }\n".repeat(lines - 2);
        format!("fn f(x: [u8; 2]) -> char {{\n{body}}}\n")
    }

    #[test]
    fn a_file_is_bounded_and_its_tests_are_too() {
        let path = "a/src/b.rs";
        assert_offences(path, &file(400), &[]);
        assert_offences(path, &file(401), &[("file-length", 401)]);
        assert_offences("a/tests/b.rs", &file(600), &[]);
        assert_offences("a/tests/b.rs", &file(601), &[("file-length", 601)]);

        let tests = "\n#[cfg(test)]\nmod tests {\n}\n";
        assert_offences(path, &format!("{}{tests}", file(399)), &[]);
        let comments = "// why\n".repeat(250);
        let whole = format!("{}\n#[cfg(test)]\nmod tests {{\n{comments}}}\n", file(380));
        assert_offences(path, &whole, &[("file-length", 601)]);
    }

    #[test]
    fn a_function_is_bounded_and_found_where_it_begins() {
        let path = "a/src/b.rs";
        let with = |lines| format!("//! A subject.\n\n{}", function(lines));
        assert_offences(path, &with(60), &[]);
        assert_offences(path, &with(61), &[("function-length", 3)]);
    }

    #[test]
    fn what_has_no_body_is_no_function() {
        let trait_and_rest = "trait A {\n    fn a(&self, b: [u8; 2]);\n}\n";
        let pointer = "type B = fn (u8) -> u8;\n";
        let filler = "const C: u8 = 1;\n".repeat(70);
        let text = format!("//! A subject.\n\n{trait_and_rest}{pointer}{filler}");
        assert_offences("a/src/b.rs", &text, &[]);
    }

    #[test]
    fn a_line_is_bounded_in_characters() {
        let line = |columns: usize| format!("//! {}\n", "x".repeat(columns - 4));
        assert_offences("a/src/b.rs", &line(100), &[]);
        assert_offences("a/src/b.rs", &line(101), &[("line-length", 1)]);
        assert_offences("a.md", &line(101), &[]);
        let row = line(101).replace("//! x", "//! |");
        assert_offences("a/src/b.rs", &row, &[]);
    }
}
