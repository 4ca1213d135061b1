//! Blanks out what is not code, so that rules on code can be simple searches.

/// Returns `text` with every byte of comments and of the insides of string and character
/// literals replaced by a space. Line breaks and offsets stay.
///
/// Knows as much of Rust's grammar as that takes: nested comments, escapes, raw strings, and
/// that a lifetime is no character. What is left open at the end is blanked to the end.
pub(super) fn mask(text: &str) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let mut at = 0;
    while at < bytes.len() {
        let length = opaque_len(&text.as_bytes()[at..]);
        if length == 0 {
            at += 1;
            continue;
        }
        let end = (at + length).min(bytes.len());
        for byte in &mut bytes[at..end] {
            if *byte != b'\n' {
                *byte = b' ';
            }
        }
        at = end;
    }
    // Whole tokens were blanked and everything else copied, so this is still UTF-8.
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Returns the length of the comment or literal that `rest` begins with, or 0.
fn opaque_len(rest: &[u8]) -> usize {
    match rest {
        [b'/', b'/', ..] => line_comment_len(rest),
        [b'/', b'*', ..] => block_comment_len(rest),
        [b'"', ..] => string_len(rest),
        [b'r', b'"' | b'#', ..] => raw_string_len(rest),
        [b'\'', ..] => character_len(rest),
        _ => 0,
    }
}

fn line_comment_len(rest: &[u8]) -> usize {
    let end = rest.iter().position(|byte| *byte == b'\n');
    end.unwrap_or(rest.len())
}

fn block_comment_len(rest: &[u8]) -> usize {
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(pair) = rest.get(at..at + 2) {
        match pair {
            b"/*" => depth += 1,
            b"*/" => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            return at;
        }
    }
    rest.len()
}

fn string_len(rest: &[u8]) -> usize {
    let mut at = 1;
    while let Some(byte) = rest.get(at) {
        match byte {
            b'\\' => at += 2,
            b'"' => return at + 1,
            _ => at += 1,
        }
    }
    rest.len()
}

/// The length of `r#"..."#` with any number of hashes; 0 for a raw identifier.
fn raw_string_len(rest: &[u8]) -> usize {
    let hashes = rest[1..].iter().take_while(|byte| **byte == b'#').count();
    let opening = 1 + hashes + 1;
    if rest.get(opening - 1) != Some(&b'"') {
        return 0;
    }
    let closing = [b"\"".as_slice(), &rest[1..=hashes]].concat();
    let inside = rest[opening..].windows(closing.len()).position(|window| window == closing);
    inside.map_or(rest.len(), |length| opening + length + closing.len())
}

/// The length of `'x'`; 0 for a lifetime.
fn character_len(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        let after = rest.get(3..).unwrap_or_default();
        let inside = after.iter().position(|byte| *byte == b'\'');
        return inside.map_or(rest.len(), |length| 3 + length + 1);
    }
    // A character is at most four bytes long; those after the first have the top bits 10.
    let is_inner = |byte: &&u8| **byte & 0b1100_0000 == 0b1000_0000;
    let inner = rest.iter().skip(2).take_while(is_inner).count();
    let closing = 2 + inner;
    if rest.get(closing) == Some(&b'\'') { closing + 1 } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn assert_masked(text: &str, expected: &str) {
        assert_eq!(mask(text), expected);
    }

    #[test]
    fn comments_go_and_lines_stay() {
        assert_masked("a // b\nc", "a     \nc");
        assert_masked("a /* b /* c */ d\n*/ e", "a               \n   e");
        assert_masked("a /* open", "a        ");
    }

    #[test]
    fn strings_go_whatever_they_hold() {
        assert_masked(r#"a("{ \" //") b"#, r"a(         ) b");
        assert_masked(r##"a(r#"{"x"}"#) b"##, "a(          ) b");
        assert_masked("a(b\"{\") b", "a(b   ) b");
        assert_masked("a(\"open", "a(     ");
    }

    #[test]
    fn characters_go_and_lifetimes_stay() {
        assert_masked("['{', '\\'', '\\u{7b}', 'x']", "[   ,     ,         ,    ]");
        assert_masked("fn f<'a>(x: &'a str) {}", "fn f<'a>(x: &'a str) {}");
        assert_masked("('\u{20ac}')", "(     )");
    }

    #[test]
    fn a_raw_identifier_is_code() {
        assert_masked("r#type { }", "r#type { }");
    }
}
