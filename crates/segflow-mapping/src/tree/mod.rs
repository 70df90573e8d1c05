//! The part of a foreign value that a mapping reads: a tree, borrowed from the record where it holds the bytes as they are.
//!
//! Numbers stay text here. A decoder is a module of its own; the rest of the crate does not know which one was used.

pub(crate) mod json;
pub(crate) mod shape;

use std::borrow::Cow;

/// A value, or the part of it that is read.
#[derive(Clone, PartialEq, Debug, Default)]
pub enum Tree<'a> {
    /// Null.
    #[default]
    Null,
    /// True or false.
    Bool(bool),
    /// A number as it is written.
    Number(Cow<'a, str>),
    /// A text.
    Text(Cow<'a, str>),
    /// A list, every item of it.
    List(Vec<Self>),
    /// The entries of an object that are read, under the names that the mapping has for them.
    Map(Vec<(&'a str, Self)>),
    /// An object or a list of which nothing is read.
    Unread(&'static str),
}

impl<'a> Tree<'a> {
    /// The entry of an object; none where there is none, or where this is no object.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(entries) = self else { return None };
        entries.iter().find(|(known, _)| *known == name).map(|(_, tree)| tree)
    }

    /// As [`Tree::get`], taken out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Tree<'a>> {
        let Self::Map(entries) = self else { return None };
        let place = entries.iter().position(|(known, _)| *known == name)?;
        Some(entries.swap_remove(place).1)
    }
}
