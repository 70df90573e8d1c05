//! What is wrong with a segmentation file, or with a mapping, and where.

use std::fmt;

use thiserror::Error;

/// A place in the file. Both count from 1; a column is a character.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

impl Position {
    /// The first character of a file.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A problem at one place: what was expected, what was found, and the nearest valid name for an unknown one.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Problem {
    /// The file's name, as the caller gave it.
    pub file: String,
    /// Where in the file.
    pub position: Position,
    /// In lower case, without a full stop.
    pub message: String,
}

/// `file:line:column: message`
impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Position { line, column } = self.position;
        write!(f, "{}:{line}:{column}: {}", self.file, self.message)
    }
}

/// Why a file was refused: one problem a line, in file order.
#[derive(Clone, PartialEq, Eq, Debug, Error)]
#[error("{}", one_a_line(problems))]
pub struct LoadError {
    /// At least one, at most [`LoadError::MAX_PROBLEMS`].
    pub problems: Vec<Problem>,
}

impl LoadError {
    /// The most problems that are listed.
    pub const MAX_PROBLEMS: usize = 100;
}

fn one_a_line(problems: &[Problem]) -> String {
    problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n")
}

/// The most problems that are collected. Problems are not found in file order, so more are collected than listed.
const MAX_COLLECTED: usize = 10 * LoadError::MAX_PROBLEMS;

/// Collects what is found while a file is read.
#[derive(Default, Debug)]
pub struct Problems(Vec<(Position, String)>);

impl Problems {
    /// Adds a problem at a place.
    pub fn add(&mut self, position: Position, message: impl Into<String>) {
        if self.0.len() < MAX_COLLECTED {
            self.0.push((position, message.into()));
        }
    }

    /// Whether nothing was found.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many were found.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// The first [`LoadError::MAX_PROBLEMS`] in file order; `file` is its name in messages.
    #[must_use]
    pub fn sorted(mut self, file: &str) -> Vec<Problem> {
        self.0.sort();
        // What stands once and is read for several places has its problem as often.
        self.0.dedup();
        self.0.truncate(LoadError::MAX_PROBLEMS);
        let named = |(position, message)| Problem { file: file.to_owned(), position, message };
        self.0.into_iter().map(named).collect()
    }
}
