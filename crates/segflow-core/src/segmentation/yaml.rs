//! YAML as segmentations and mappings use it: one document of maps, lists and texts, each with its position.
//!
//! Every scalar is a text, also `no`, `1.10` and `2026-05-03`. Tags, anchors, aliases, duplicate
//! keys, keys that are not text and further documents are refused.

use std::collections::BTreeMap;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span, StrInput, Tag};

use super::error::{Position, Problems};
use super::nearest::shortened;

/// The most maps and lists within each other.
const MAX_DEPTH: usize = 16;

/// A node of a document.
#[derive(Debug)]
pub enum Yaml {
    /// A scalar.
    Text(Text),
    /// A list, and where it begins.
    List(Position, Vec<Yaml>),
    /// A map.
    Map(Map),
}

impl Yaml {
    /// Where it begins.
    #[must_use]
    pub fn position(&self) -> Position {
        match self {
            Self::Text(text) => text.position,
            Self::List(position, _) => *position,
            Self::Map(map) => map.position,
        }
    }

    /// As a message names it.
    #[must_use]
    pub fn found(&self) -> String {
        match self {
            Self::Text(text) => text.found(),
            Self::List(..) => "a list".to_owned(),
            Self::Map(..) => "a map".to_owned(),
        }
    }
}

/// A scalar, as text.
#[derive(Debug)]
pub struct Text {
    /// Without quotes and escapes.
    pub value: String,
    /// Where it begins.
    pub position: Position,
    /// The column of the value's first character; none if the value is escaped or stands on several lines.
    verbatim: Option<usize>,
}

impl Text {
    /// The place in the file of a character of the value, if it can be told.
    #[must_use]
    pub fn position_of(&self, character: usize) -> Option<Position> {
        self.verbatim.map(|column| Position { line: self.position.line, column: column + character })
    }

    /// As a message names it.
    #[must_use]
    pub fn found(&self) -> String {
        if self.value.is_empty() { "nothing".to_owned() } else { format!("`{}`", shortened(&self.value)) }
    }
}

/// A map with its entries in file order.
#[derive(Debug)]
pub struct Map {
    /// Where it begins.
    pub position: Position,
    /// No key stands twice.
    pub entries: Vec<(Text, Yaml)>,
}

impl Map {
    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&(Text, Yaml)> {
        self.entries.iter().find(|(name, _)| name.value == key)
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Yaml> {
        self.entry(key).map(|(_, value)| value)
    }
}

/// Reads the one document of a file; none if there are problems. `noun` says in messages what the file is: `segmentation`.
pub fn read(text: &str, noun: &'static str, problems: &mut Problems) -> Option<Yaml> {
    let mut reader = Reader { parser: Parser::new_from_str(text), lines: lines(text), noun, problems };
    let document = match reader.document() {
        Ok(document) => document,
        Err(error) => {
            reader.syntax(&error);
            return None;
        }
    };
    document.filter(|_| problems.is_empty())
}

/// The lines of a text, broken where YAML breaks them.
fn lines(text: &str) -> Vec<&str> {
    text.split('\n').flat_map(|line| line.strip_suffix('\r').unwrap_or(line).split('\r')).collect()
}

struct Reader<'a> {
    parser: Parser<'a, StrInput<'a>>,
    lines: Vec<&'a str>,
    noun: &'static str,
    problems: &'a mut Problems,
}

impl<'a> Reader<'a> {
    fn document(&mut self) -> Result<Option<Yaml>, ScanError> {
        let mut document = None;
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            match event {
                Event::StreamStart | Event::DocumentEnd | Event::Nothing => {}
                Event::StreamEnd => break,
                Event::DocumentStart(_) if document.is_some() => {
                    let message = format!("expected one document, found another: a file is one {}", self.noun);
                    self.problems.add(position(span), message);
                    return Ok(None);
                }
                Event::DocumentStart(_) => {}
                event => document = self.node(event, span, 0)?,
            }
        }
        if document.is_none() && self.problems.is_empty() {
            self.problems.add(Position::START, format!("expected a {}, found an empty file", self.noun));
        }
        Ok(document)
    }

    /// A node that begins with `event`; none if it was refused.
    fn node(&mut self, event: Event<'a>, span: Span, depth: usize) -> Result<Option<Yaml>, ScanError> {
        if depth > MAX_DEPTH {
            return Err(ScanError::new(
                span.start,
                format!("expected at most {MAX_DEPTH} maps and lists within each other"),
            ));
        }
        match event {
            Event::Scalar(value, style, anchor, tag) => {
                let clean = self.plain(anchor, tag.as_deref(), span);
                Ok(clean.then(|| Yaml::Text(self.text(value.into_owned(), style, span))))
            }
            Event::SequenceStart(anchor, tag) => {
                let clean = self.plain(anchor, tag.as_deref(), span);
                let items = self.list(depth)?;
                Ok(clean.then(|| Yaml::List(position(span), items)))
            }
            Event::MappingStart(anchor, tag) => {
                let clean = self.plain(anchor, tag.as_deref(), span);
                let map = Map { position: position(span), entries: self.map(depth)? };
                Ok(clean.then_some(Yaml::Map(map)))
            }
            Event::Alias(_) => {
                let message = format!("aliases (`*name`) are not used in a {}: repeat the value", self.noun);
                self.problems.add(position(span), message);
                Ok(None)
            }
            other => unreachable!("not the beginning of a node: {other:?}"),
        }
    }

    fn list(&mut self, depth: usize) -> Result<Vec<Yaml>, ScanError> {
        let mut items = Vec::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if event == Event::SequenceEnd {
                break;
            }
            items.extend(self.node(event, span, depth + 1)?);
        }
        Ok(items)
    }

    fn map(&mut self, depth: usize) -> Result<Vec<(Text, Yaml)>, ScanError> {
        let mut entries = Vec::new();
        let mut lines = BTreeMap::new();
        while let Some(next) = self.parser.next_event() {
            let (event, span) = next?;
            if event == Event::MappingEnd {
                break;
            }
            let key = self.node(event, span, depth + 1)?;
            let Some(next) = self.parser.next_event() else { break };
            let (event, value_span) = next?;
            let value = self.node(event, value_span, depth + 1)?;
            match (key, value) {
                (Some(Yaml::Text(key)), Some(value)) => {
                    if let Some(line) = lines.insert(key.value.clone(), key.position.line) {
                        let message = format!("duplicate key {}: it stands on line {line} already", key.found());
                        self.problems.add(key.position, message);
                    }
                    entries.push(entry(key, value));
                }
                (Some(Yaml::Text(_)) | None, _) => {}
                (Some(other), _) => {
                    self.problems.add(position(span), format!("expected a key, found {}", other.found()));
                }
            }
        }
        Ok(entries)
    }

    /// Whether a node has neither tag nor anchor, which are not allowed. It reports them.
    fn plain(&mut self, anchor: usize, tag: Option<&Tag>, span: Span) -> bool {
        if let Some(tag) = tag {
            let at = self.tag_position(tag, position(span));
            self.problems.add(at, tag_message(tag, self.noun));
        } else if anchor != 0 {
            let message = format!("anchors (`&name`) are not used in a {}: repeat the value", self.noun);
            self.problems.add(position(span), message);
        }
        tag.is_none() && anchor == 0
    }

    /// The parser places a tagged node after its tag: look for the tag on the node's line, or on the nearest one above.
    fn tag_position(&self, tag: &Tag, node: Position) -> Position {
        let written = written(tag);
        let above = self.lines.iter().enumerate().take(node.line).rev().take(3);
        for (index, line) in above {
            if let Some(byte) = line.find(&written) {
                return Position { line: index + 1, column: line[..byte].chars().count() + 1 };
            }
        }
        node
    }

    fn text(&self, value: String, style: ScalarStyle, span: Span) -> Text {
        let position = position(span);
        let quote = usize::from(matches!(style, ScalarStyle::SingleQuoted | ScalarStyle::DoubleQuoted));
        let column = position.column + quote;
        let line = self.lines.get(position.line - 1).copied().unwrap_or_default();
        let start = line.char_indices().nth(column - 1).map_or(line.len(), |(byte, _)| byte);
        let verbatim = line[start..].starts_with(value.as_str()).then_some(column);
        Text { value, position, verbatim }
    }

    fn syntax(&mut self, error: &ScanError) {
        let at = Position { line: error.marker().line().max(1), column: error.marker().col() + 1 };
        let hint = self.lines.get(at.line - 1).map_or("", |line| hint(line));
        self.problems.add(at, format!("not YAML: {}{hint}", error.info()));
    }
}

/// A key with its value. An empty value has the key's place.
fn entry(key: Text, mut value: Yaml) -> (Text, Yaml) {
    if let Yaml::Text(text) = &mut value
        && text.value.is_empty()
    {
        text.position = key.position;
    }
    (key, value)
}

/// Advice on a line with a rule that is not YAML.
fn hint(line: &str) -> &'static str {
    let Some((_, rule)) = ["when:", "stay:", "bypass:"].iter().find_map(|key| line.split_once(key)) else {
        return "";
    };
    if rule.contains(" ? ") && rule.contains(" : ") {
        "; there is no `? :` in a rule: write `(a && b) || (!a && c)`, or two segments"
    } else if rule.trim_start().starts_with(['!', '&', '*', '"', '\'', '[', '{', '%', '@', '`', '|', '>']) {
        "; quote the whole rule, since YAML reads its first character as its own"
    } else if line.contains('{') {
        "; quote a rule that stands within {..} and contains a comma, a bracket or a colon"
    } else {
        "; quote the whole rule"
    }
}

fn position(span: Span) -> Position {
    Position { line: span.start.line().max(1), column: span.start.col() + 1 }
}

fn written(tag: &Tag) -> String {
    if tag.is_yaml_core_schema() { format!("!!{}", tag.suffix) } else { format!("!{}", tag.suffix) }
}

fn tag_message(tag: &Tag, noun: &str) -> String {
    let written = written(tag);
    match tag.suffix.strip_prefix("known(") {
        Some(argument) => format!("`{written}` is a YAML tag here: write `unknown({argument}`, or quote the rule"),
        None if tag.is_yaml_core_schema() => {
            format!("tags such as `{written}` are not used in a {noun}: leave it out")
        }
        None => {
            format!("`{written}` is a YAML tag here: to negate, quote the rule; tags are not used in a {noun}")
        }
    }
}
