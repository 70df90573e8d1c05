//! A page of the documentation: its fenced blocks, and the calls of the command that stand there.

use std::io::Seek;
use std::path::Path;

use super::common::segflow;

/// A fenced block of the page.
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// The words behind the fence.
    pub info: Vec<String>,
    pub text: String,
}

/// The fenced blocks of a page; `name` is for messages.
pub fn blocks(name: &str, page: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut open = false;
    for (index, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open) {
            (Some(_), true) => open = false,
            (Some(info), false) => {
                let info = info.split_whitespace().map(str::to_owned).collect();
                blocks.push(Block { line: index + 1, info, text: String::new() });
                open = true;
            }
            (None, true) => blocks.last_mut().unwrap().text += &format!("{line}\n"),
            (None, false) => {}
        }
    }
    assert!(!open, "{name}: the last block does not end");
    blocks
}

/// Runs each call of a block beside some files: it must say what follows it; `...` stands for what is left out.
pub fn console(files: &Path, text: &str) -> Result<(), String> {
    for call in text.split("$ ").skip(1) {
        let (command, expected) = call.split_once('\n').ok_or("a call without a line's end")?;
        let arguments = command.strip_prefix("segflow ").ok_or_else(|| format!("`{command}` is not of segflow"))?;
        // Both streams into one file: in the order in which a terminal would show them.
        let mut shown = tempfile::tempfile().unwrap();
        let mut command_line = segflow();
        command_line.args(words(arguments)).current_dir(files);
        command_line.stdout(shown.try_clone().unwrap()).stderr(shown.try_clone().unwrap()).status().unwrap();
        shown.rewind().unwrap();
        let found = std::io::read_to_string(shown).unwrap();
        if !like(expected, &found) {
            return Err(format!("`{command}` was to say\n{expected}\nand says\n{found}"));
        }
    }
    Ok(())
}

/// As a shell splits a line: at spaces, but for those between single quotes.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut quoted) = (vec![String::new()], false);
    for letter in line.chars() {
        match letter {
            '\'' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            _ => words.last_mut().unwrap().push(letter),
        }
    }
    words
}

/// Whether a text reads as shown, `...` standing for anything; line by line, blank lines at the end apart.
fn like(shown: &str, found: &str) -> bool {
    let (shown, mut found) = (shown.trim_end(), found.trim_end());
    let parts: Vec<&str> = shown.split("...").collect();
    for (index, part) in parts.iter().enumerate() {
        let at = match index {
            0 => found.starts_with(part).then_some(0),
            last if last + 1 == parts.len() => found.ends_with(part).then(|| found.len() - part.len()),
            _ => found.find(part),
        };
        let Some(at) = at else { return false };
        found = &found[at + part.len()..];
    }
    parts.len() > 1 || found.is_empty()
}
