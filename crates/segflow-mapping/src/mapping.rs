//! A mapping that may be used, and what it makes of a record.

use segflow_core::event::Kind;
use segflow_core::segmentation::Segmentation;
use segflow_core::time::Zone;

use crate::event::MappedEvent;
use crate::node::{Expression, Path, WordTable};
use crate::target::{FieldType, TargetField};
use crate::tree::shape::Shape;
use crate::unwrap::Wrapping;

/// A checked program from foreign records to events.
#[derive(Clone, Debug)]
pub struct Mapping {
    /// The file's `mapping`.
    pub name: String,
    /// SHA-256 of the file's bytes, in hexadecimal.
    pub hash: String,
    /// The file's bytes.
    pub text: Vec<u8>,
    pub(crate) zone: Option<Zone>,
    pub(crate) wrapping: Wrapping,
    /// Whether a record without a value is skipped.
    pub(crate) skips_tombstones: bool,
    /// The lists whose items are mapped one by one, outermost first.
    pub(crate) each: Vec<Path>,
    pub(crate) words: Vec<WordTable>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) otherwise: Otherwise,
    /// What of the record's value is read, as it stands there.
    pub(crate) shape: Shape,
    /// What of a CloudEvent's data is read, where it stands by itself.
    pub(crate) data_shape: Shape,
    /// What of the key is read, as JSON; none if nothing is.
    pub(crate) key_shape: Option<Shape>,
}

/// An entry of `events`.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    /// None: always.
    pub when: Option<Expression>,
    pub then: Then,
}

/// The outcome of an entry that applies.
#[derive(Clone, Debug)]
pub(crate) enum Then {
    Event(EventProgram),
    Skip(String),
    DeadLetter(String),
}

/// The outcome where no entry applies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Otherwise {
    Skip,
    DeadLetter,
}

/// How an event is made.
#[derive(Clone, Debug)]
pub(crate) struct EventProgram {
    pub kind: Kind,
    /// As mappings name the kind.
    pub name: String,
    /// In the order in which they are written; the currency before every amount.
    pub fields: Vec<FieldProgram>,
}

/// How a field is made.
#[derive(Clone, Debug)]
pub(crate) struct FieldProgram {
    pub name: &'static str,
    pub holds: FieldType,
    /// Whether the record must have a value for it.
    pub required: bool,
    pub source: Source,
}

/// Where a field comes from.
#[derive(Clone, Debug)]
pub(crate) enum Source {
    Expression(Expression),
    /// One expression per attribute.
    Attributes(Vec<(String, Expression)>),
    /// A list, and the fields that are made of each item.
    Allocations {
        list: Path,
        part: Vec<(TargetField, Expression)>,
    },
}

/// What a record became: at least one event, or at least one reason why there is none.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Mapped {
    /// In the order of the items, and of the file.
    pub events: Vec<MappedEvent>,
    /// The items that are deliberately no event.
    pub skipped: Vec<Skipped>,
    /// How many bytes the events have together.
    pub(crate) bytes: usize,
}

/// A record, or an item of it, that the mapping deliberately skips.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Skipped {
    /// Why, in the words of the mapping where it has some.
    pub reason: String,
}

impl Mapping {
    /// The largest file, in bytes; a segmentation may be as large.
    pub const MAX_BYTES: usize = Segmentation::MAX_BYTES;

    /// The kinds of events that it may make, as the file names them, each once and in its order.
    #[must_use]
    pub fn kinds(&self) -> Vec<Kind> {
        let mut kinds = Vec::new();
        for entry in &self.entries {
            if let Then::Event(program) = &entry.then
                && !kinds.contains(&program.kind)
            {
                kinds.push(program.kind);
            }
        }
        kinds
    }

    /// The parts of a record that it reads, as the file names them, each once.
    #[must_use]
    pub fn reads(&self) -> Vec<String> {
        let mut reads: Vec<String> = Vec::new();
        self.each_path(&mut |path| {
            if !reads.contains(&path.text) {
                reads.push(path.text.clone());
            }
        });
        reads
    }

    fn each_path(&self, see: &mut impl FnMut(&Path)) {
        each_path(&self.entries, &self.each, &mut |path, _, _| see(path));
    }
}

/// Shows `see` every path, with the lists whose items it may begin at, and whether it is a list of which every item is read.
pub(crate) fn each_path(entries: &[Entry], each: &[Path], see: &mut impl FnMut(&Path, &[Path], bool)) {
    each.iter().for_each(|list| see(list, each, true));
    for entry in entries {
        entry.when.iter().for_each(|when| when.node.each_path(&mut |path| see(path, each, false)));
        let Then::Event(program) = &entry.then else { continue };
        for field in &program.fields {
            match &field.source {
                Source::Expression(expression) => expression.node.each_path(&mut |path| see(path, each, false)),
                Source::Attributes(attributes) => attributes
                    .iter()
                    .for_each(|(_, expression)| expression.node.each_path(&mut |path| see(path, each, false))),
                Source::Allocations { list, part } => {
                    see(list, each, true);
                    let lists = [each, std::slice::from_ref(list)].concat();
                    part.iter().for_each(|(_, expression)| {
                        expression.node.each_path(&mut |path| see(path, &lists, false));
                    });
                }
            }
        }
    }
}
