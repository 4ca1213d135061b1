//! `cargo xtask guide`: does what docs/adding-a-platform.md says, in a copy, and sees it pass.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use crate::copy::lay_out;
use crate::process::{cargo, root, run};
use crate::{Command, Failed};

pub(crate) const COMMAND: Command = Command {
    name: "guide",
    about: "Adds the venues of docs/adding-a-platform.md to a copy, and tests them there",
    help: "\
A code block of the page is a file or some lines of one, as the comment above it says:

  <!-- file: PATH -->               the block is the whole file
  <!-- lines: PATH, before: TEXT -->  the block goes before the first line that begins with TEXT

They are applied to a copy of the workspace in target/guide, which is then compiled, tests and all,
and whose table of conformance is run.

  --check   sees that every block finds its place, without building anything",
    takes_options: true,
    run: |words| match words {
        [] => check_all(),
        [word] if word == "--check" => blocks().map(|_| ()),
        [word, ..] => Err(Failed(format!("unexpected argument `{word}`"))),
    },
};

const PAGE: &str = "docs/adding-a-platform.md";

/// A code block, and what is to be done with it.
#[derive(Debug, PartialEq, Eq)]
struct Block {
    path: String,
    /// The beginning of the line before which it goes; `None` if it is the whole file.
    before: Option<String>,
    text: String,
}

pub(crate) fn check_all() -> Result<(), Failed> {
    let blocks = blocks()?;
    let tree = root().join("target/guide/tree");
    lay_out(&tree).map_err(|error| Failed(format!("target/guide/tree: {error}")))?;
    for block in &blocks {
        apply(block, &tree)?;
    }
    let words = ["--package", "heartbeat-platforms", "--package", "heartbeat-testkit"];
    call(&tree, &[&["check", "--quiet", "--tests"][..], &words].concat())?;
    let words = ["test", "--quiet", "--package", "heartbeat-platforms", "--test", "dialects"];
    call(&tree, &[&words[..], &["conformance"]].concat())?;
    println!("{PAGE}: {} blocks applied, compiled and tested", blocks.len());
    Ok(())
}

fn call(tree: &Path, words: &[&str]) -> Result<(), Failed> {
    let mut command = cargo(words);
    command.current_dir(tree).env("CARGO_TARGET_DIR", root().join("target/guide/build"));
    run(&mut command)
}

fn blocks() -> Result<Vec<Block>, Failed> {
    let page = fs::read_to_string(root().join(PAGE))
        .map_err(|error| Failed(format!("{PAGE}: {error}")))?;
    let blocks = read_blocks(&page)?;
    let mut written = BTreeSet::new();
    for block in &blocks {
        if block.before.is_some() && !written.contains(&block.path) {
            let text = read(&root().join(&block.path))?;
            place_of(block, &text)?;
        } else {
            written.insert(&block.path);
        }
    }
    Ok(blocks)
}

/// Reads the blocks that have a comment above them, in the order of the page. A block of Rust
/// without one would be a promise that nobody keeps.
fn read_blocks(page: &str) -> Result<Vec<Block>, Failed> {
    let mut blocks = Vec::new();
    let mut comment = None;
    let mut lines = page.lines().zip(1..);
    while let Some((line, number)) = lines.next() {
        let Some(kind) = line.strip_prefix("```") else {
            if !line.is_empty() {
                comment = line.strip_prefix("<!-- ").and_then(|rest| rest.strip_suffix(" -->"));
            }
            continue;
        };
        let text = lines.by_ref().map(|(line, _)| line).take_while(|line| !line.starts_with("```"));
        let text = text.fold(String::new(), |text, line| text + line + "\n");
        match comment.take().map(instruction) {
            Some(Some((path, before))) => blocks.push(Block { path, before, text }),
            Some(None) => {
                return Err(Failed(format!("{PAGE}:{number}: the comment above is neither")));
            }
            None if kind.starts_with("rust") || kind == "json" => {
                return Err(Failed(format!("{PAGE}:{number}: nothing says what this block is")));
            }
            None => {}
        }
    }
    Ok(blocks)
}

/// Reads `file: PATH` or `lines: PATH, before: TEXT`.
fn instruction(comment: &str) -> Option<(String, Option<String>)> {
    if let Some(path) = comment.strip_prefix("file: ") {
        return Some((path.to_owned(), None));
    }
    let (path, before) = comment.strip_prefix("lines: ")?.split_once(", before: ")?;
    Some((path.to_owned(), Some(before.to_owned())))
}

fn apply(block: &Block, tree: &Path) -> Result<(), Failed> {
    let path = tree.join(&block.path);
    let text = if block.before.is_some() {
        let text = read(&path)?;
        let place = place_of(block, &text)?;
        let (before, after) = text.split_at(place);
        [before, block.text.as_str(), after].concat()
    } else {
        // A frame of a venue's ends with its last byte.
        let is_text = path.extension().is_some_and(|kind| kind == "txt");
        let is_frame = is_text && block.path.contains("/fixtures/");
        let text = block.text.as_str();
        if is_frame { text.trim_end_matches('\n').to_owned() } else { text.to_owned() }
    };
    let folder = path.parent().unwrap_or(tree);
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&path, text))
        .map_err(|error| Failed(format!("{}: {error}", block.path)))
}

/// Returns where the lines go.
fn place_of(block: &Block, text: &str) -> Result<usize, Failed> {
    let before = block.before.as_deref().unwrap_or_default();
    let mut place = 0;
    for line in text.split_inclusive('\n') {
        if line.starts_with(before) {
            return Ok(place);
        }
        place += line.len();
    }
    Err(Failed(format!("{}: no line begins with `{before}`, as {PAGE} says", block.path)))
}

fn read(path: &Path) -> Result<String, Failed> {
    fs::read_to_string(path).map_err(|error| Failed(format!("{}: {error}", path.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn block(path: &str, before: Option<&str>, text: &str) -> Block {
        Block { path: path.to_owned(), before: before.map(str::to_owned), text: text.to_owned() }
    }

    #[test]
    fn every_block_of_the_page_finds_its_place() {
        blocks().unwrap_or_else(|Failed(what)| panic!("{what}"));
    }

    #[test]
    fn a_block_is_a_file_or_lines_of_one_as_the_comment_says() {
        let page = "\
text
<!-- file: a/b.rs -->

```rust,ignore
one
```
<!-- lines: a.rs, before: mod c -->
```rust,ignore
two
three
```
```sh
cargo test
```
";
        let read = read_blocks(page).unwrap_or_default();
        assert_eq!(
            read,
            [block("a/b.rs", None, "one\n"), block("a.rs", Some("mod c"), "two\nthree\n")],
        );
        for page in ["```rust\na\n```\n", "<!-- see a.rs -->\n```rust\na\n```\n"] {
            assert!(read_blocks(page).is_err(), "{page}");
        }
    }

    #[test]
    fn lines_go_before_the_line_that_is_named() {
        let lines = block("a.rs", Some("    b::B"), "    a::A,\n");
        assert_eq!(place_of(&lines, "list {\n    b::B,\n}\n").ok(), Some(7));
        let Err(Failed(what)) = place_of(&lines, "list {\n}\n") else { panic!("it fits") };
        assert!(what.starts_with("a.rs: no line begins with `    b::B`"), "{what}");
    }
}
