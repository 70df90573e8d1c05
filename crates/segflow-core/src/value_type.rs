//! The types of values: of features, of declared attributes, and of what rules compute.

/// The type of a value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ValueType {
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `string`
    Text,
    /// `ratio`: a double on the wire, read as the decimal that it is written as.
    Ratio,
    /// `money`: a long in minor units on the wire.
    Money,
    /// `date`: an ISO string on the wire.
    Date,
}

impl ValueType {
    /// Every one, in the order in which messages list them.
    pub const ALL: [Self; 6] = [Self::Bool, Self::Int, Self::Text, Self::Ratio, Self::Money, Self::Date];

    /// Its word in a segmentation.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Text => "string",
            Self::Ratio => "ratio",
            Self::Money => "money",
            Self::Date => "date",
        }
    }

    /// The one of this word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.word() == word)
    }
}
